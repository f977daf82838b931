//! A question to one text, and what is known of the texts that pass it.
//!
//! In: closures, and the needles of their constants. Out: a [`TextTest`], alone or joined by `and`, `or` and `not`.

use super::needles::Needles;
use super::starts::Starts;
use std::ops::Not;
use std::sync::Arc;

/// A question to one text. A missing text is `""`.
#[derive(Clone)]
pub(in crate::backend::polars) struct TextTest {
    passes: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    without: Option<Without>,
    /// The answer for every text that starts otherwise.
    otherwise: Option<(Arc<Starts>, bool)>,
}

/// The answer for every text that has none of some needles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::backend::polars) struct Without {
    /// The needles.
    pub(in crate::backend::polars) needles: Needles,
    /// Whether a text without them passes.
    pub(in crate::backend::polars) passes: bool,
}

impl TextTest {
    /// The texts for which this holds.
    pub(in crate::backend::polars) fn new(passes: impl Fn(&str) -> bool + Send + Sync + 'static) -> TextTest {
        TextTest { passes: Arc::new(passes), without: None, otherwise: None }
    }

    /// The same, where every text without these needles has this answer.
    pub(super) fn without(self, needles: Option<Needles>, passes: bool) -> TextTest {
        TextTest { without: needles.map(|needles| Without { needles, passes }), ..self }
    }

    /// The same, where every text that starts otherwise has this answer.
    pub(super) fn otherwise(self, starts: Option<Starts>, passes: bool) -> TextTest {
        TextTest { otherwise: starts.map(|starts| (Arc::new(starts), passes)), ..self }
    }

    /// The answer for a text where its first bytes tell.
    pub(in crate::backend::polars) fn at_a_glance(&self, text: &[u8]) -> Option<bool> {
        self.otherwise.as_ref().and_then(|(starts, passes)| (!starts.admit(text)).then_some(*passes))
    }

    /// Whether a text passes.
    pub(in crate::backend::polars) fn passes(&self, text: &str) -> bool {
        (self.passes)(text)
    }

    /// What is known of texts that lack some needles.
    pub(in crate::backend::polars) fn needles(&self) -> Option<&Without> {
        self.without.as_ref()
    }

    /// The texts that pass both.
    pub(in crate::backend::polars) fn and(self, other: TextTest) -> TextTest {
        let without = joined(self.without, other.without, false);
        let otherwise = decisive(self.otherwise, other.otherwise, false);
        let (a, b) = (self.passes, other.passes);
        TextTest { without, otherwise, ..TextTest::new(move |text| a(text) && b(text)) }
    }

    /// The texts that pass one of them.
    pub(in crate::backend::polars) fn or(self, other: TextTest) -> TextTest {
        let without = joined(self.without, other.without, true);
        let otherwise = decisive(self.otherwise, other.otherwise, true);
        let (a, b) = (self.passes, other.passes);
        TextTest { without, otherwise, ..TextTest::new(move |text| a(text) || b(text)) }
    }
}

impl Not for TextTest {
    type Output = TextTest;

    fn not(self) -> TextTest {
        let without = self.without.map(|without| Without { passes: !without.passes, ..without });
        let otherwise = self.otherwise.map(|(starts, passes)| (starts, !passes));
        TextTest { without, otherwise, ..TextTest::new(move |text| !(self.passes)(text)) }
    }
}

/// What starts tell of two tests joined: the answer of one side, if it decides.
fn decisive(
    a: Option<(Arc<Starts>, bool)>,
    b: Option<(Arc<Starts>, bool)>,
    decisive: bool,
) -> Option<(Arc<Starts>, bool)> {
    a.into_iter().chain(b).find(|(_, passes)| *passes == decisive)
}

/// What is known of texts for two tests joined, where one side with the decisive answer decides.
fn joined(a: Option<Without>, b: Option<Without>, decisive: bool) -> Option<Without> {
    let decides = |side: &Option<Without>| side.as_ref().is_some_and(|side| side.passes == decisive);
    match (decides(&a), decides(&b)) {
        (true, true) => Some(Without { needles: a?.needles.rarer(b?.needles), passes: decisive }),
        (true, false) => a,
        (false, true) => b,
        (false, false) => Some(Without { needles: a?.needles.or(&b?.needles)?, passes: !decisive }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(known: &'static str, negated: bool) -> TextTest {
        TextTest::new(move |text| (text == known) != negated).otherwise(Starts::exact(&[known]), negated)
    }

    #[test]
    fn starts_of_joined_tests_tell_what_the_tests_tell() {
        let (a, b) = (|negated| test("alpha", negated), || test("beta", false));
        let tests =
            [a(false), a(true), a(false).and(b()), a(true).and(b()), a(true).or(b()), a(false).or(b()), !a(false)];
        for (place, test) in tests.iter().enumerate() {
            for text in ["alpha", "beta", "gamma", ""] {
                let told = test.at_a_glance(text.as_bytes());
                assert!(told.is_none_or(|told| told == test.passes(text)), "{place} {text}");
            }
            assert_eq!(test.at_a_glance(b"gamma").is_some(), place != 5, "{place}");
        }
    }
}
