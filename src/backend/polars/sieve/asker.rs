//! A test, asked of texts as parquet has them: each after its length, one after the other.
//!
//! In: a [`Question`], and pages of plain texts. Out: a bit for each text. Where texts without a needle all have the same
//! answer, a search over the whole page names those that are asked at all; where it names too many, each is asked.

use super::finder::Finder;
use crate::backend::polars::function::TextTest;
use ::polars::prelude::{PolarsError, PolarsResult};
use polars_arrow::bitmap::{Bitmap, BitmapBuilder};

/// After so many texts the search is given up if it often stops in vain.
const TRIAL: usize = 2048;

/// How many texts there must be for each stop.
const PAYS: usize = 4;

/// The search reads all texts: asking does better where but one of so many is wanted.
const WANTED: usize = 8;

/// What a condition asks of each text.
pub(super) struct Question {
    test: TextTest,
    /// Finds the needles without which texts have this answer.
    finder: Option<(Finder, bool)>,
}

impl Question {
    /// The question that a test asks.
    pub(super) fn new(test: TextTest) -> Question {
        let finder = test.needles().and_then(|known| Some((Finder::new(&known.needles)?, known.passes)));
        Question { test, finder }
    }

    /// The test itself.
    pub(super) fn test(&self) -> &TextTest {
        &self.test
    }

    /// Whether a text passes.
    pub(super) fn passes(&self, text: &str) -> bool {
        self.test.passes(text)
    }

    /// Whether the text of these bytes passes.
    fn passes_bytes(&self, text: &[u8]) -> PolarsResult<bool> {
        match self.test.at_a_glance(text) {
            Some(passes) => Ok(passes),
            None => Ok(self.passes(checked(text)?)),
        }
    }
}

/// Asks a question of the pages of a column, and remembers whether the search pays.
pub(super) struct Asker<'q> {
    question: &'q Question,
    /// Room for texts with small letters.
    small: Vec<u8>,
    /// Texts that were searched.
    texts: usize,
    /// How often the search stopped.
    stops: usize,
}

impl<'q> Asker<'q> {
    /// Asks this question. `small` is room for a part of a page.
    pub(super) fn new(question: &'q Question, small: Vec<u8>) -> Asker<'q> {
        Asker { question, small, texts: 0, stops: 0 }
    }

    /// Gives the room back.
    pub(super) fn into_room(self) -> Vec<u8> {
        self.small
    }

    /// Adds a bit for each of so many texts: whether it passes. Those that are not wanted are not asked, and theirs say
    /// nothing.
    pub(super) fn ask(
        &mut self,
        texts: &[u8],
        count: usize,
        wanted: Option<&Bitmap>,
        passing: &mut BitmapBuilder,
    ) -> PolarsResult<()> {
        let before = passing.len();
        let mut end = 0;
        let few = wanted.is_some_and(|wanted| wanted.set_bits() < count / WANTED);
        if !few && self.pays() && self.question.finder.is_some() {
            end = self.ask_found(texts, count, wanted, passing)?;
        }
        for row in passing.len() - before..count {
            let text = text_after(texts, &mut end)?;
            passing.push(is_wanted(wanted, row) && self.question.passes_bytes(text)?);
        }
        Ok(())
    }

    fn pays(&self) -> bool {
        self.texts < TRIAL || self.stops * PAYS <= self.texts
    }

    /// The same, as long as the search pays, asking only texts in which it stops. Gives the end of the last text.
    fn ask_found(
        &mut self,
        texts: &[u8],
        count: usize,
        wanted: Option<&Bitmap>,
        passing: &mut BitmapBuilder,
    ) -> PolarsResult<usize> {
        let Some((finder, answer)) = &self.question.finder else { return Ok(0) };
        let mut small = std::mem::take(&mut self.small);
        let mut search = finder.search(texts, &mut small);
        let (mut place, mut row, mut end) = (search.next(0), 0, 0);
        while row < count && self.pays() {
            let Some(found) = place else {
                passing.extend_constant(count - row, *answer);
                self.texts += count - row;
                break;
            };
            let text = text_after(texts, &mut end)?;
            let start = end - text.len();
            if found < start {
                // That one was in a text before, or in the length of this one.
                place = search.next(start);
                self.stops += 1;
            }
            let asks = place.is_some_and(|found| found < end) && is_wanted(wanted, row);
            passing.push(if asks { self.question.passes_bytes(text)? } else { *answer });
            self.texts += 1;
            row += 1;
        }
        self.small = small;
        Ok(end)
    }
}

fn is_wanted(wanted: Option<&Bitmap>, row: usize) -> bool {
    wanted.is_none_or(|wanted| wanted.get(row) == Some(true))
}

/// The text whose length stands at that place, which moves to its end.
pub(super) fn text_after<'t>(texts: &'t [u8], place: &mut usize) -> PolarsResult<&'t [u8]> {
    let text = texts.get(*place..).and_then(|rest| rest.split_first_chunk::<4>()).and_then(|(length, rest)| {
        let length = u32::from_le_bytes(*length) as usize;
        *place += 4 + length;
        rest.get(..length)
    });
    text.ok_or_else(|| broken("a page ends within a text"))
}

fn checked(text: &[u8]) -> PolarsResult<&str> {
    std::str::from_utf8(text).map_err(|_| broken("a text is not in UTF-8"))
}

/// The file is not what its footer says.
pub(super) fn broken(what: &str) -> PolarsError {
    PolarsError::ComputeError(format!("the file is damaged: {what}").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::polars::function::text_test;
    use crate::backend::polars::operand::Operand;
    use crate::library::Native;
    use crate::value::{Type, Value};
    use ::polars::prelude::col;
    use proptest::prelude::*;

    fn question(native: Native, constant: &str) -> Question {
        let constant = Operand::Constant(Value::String(constant.into()), Type::String);
        let operands = [Operand::Column(col("C"), Type::String), constant];
        Question::new(text_test(native, &operands).unwrap().1)
    }

    fn page(texts: &[String]) -> Vec<u8> {
        let with_length = |text: &String| [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
        texts.iter().flat_map(with_length).collect()
    }

    fn asked(question: &Question, texts: &[String], wanted: Option<&Bitmap>) -> Vec<bool> {
        let mut passing = BitmapBuilder::new();
        Asker::new(question, vec![]).ask(&page(texts), texts.len(), wanted, &mut passing).unwrap();
        let passing = passing.freeze();
        (0..texts.len()).map(|row| is_wanted(wanted, row) && passing.get_bit(row)).collect()
    }

    proptest! {
        #[test]
        fn the_search_changes_no_answer(
            texts in proptest::collection::vec("[abABſkK\u{212a}.]{0,9}", 0..60),
            constant in "[abAB.k]{1,4}",
            bits in proptest::collection::vec(any::<bool>(), 60),
        ) {
            let wanted: Bitmap = bits.iter().copied().take(texts.len()).collect();
            for native in [Native::Contains, Native::HasCs, Native::EqualTilde, Native::NotContains, Native::EndsWith] {
                let question = question(native, &constant);
                let each: Vec<bool> = texts.iter().map(|text| question.passes(text)).collect();
                prop_assert_eq!(&asked(&question, &texts, None), &each);
                let some: Vec<bool> = each.iter().zip(wanted.iter()).map(|(passes, wanted)| *passes && wanted).collect();
                prop_assert_eq!(&asked(&question, &texts, Some(&wanted)), &some);
            }
        }
    }

    #[test]
    fn lengths_are_no_letters() {
        // The length of the second text, 97, is an "a", and the first one ends with "b".
        let texts = ["xb".to_owned(), "c".repeat(97), "ba".to_owned()];
        assert_eq!(asked(&question(Native::Contains, "ba"), &texts, None), [false, false, true]);
    }

    #[test]
    fn a_search_that_stops_everywhere_is_given_up() {
        let question = question(Native::Contains, "ab");
        let texts: Vec<String> = (0..TRIAL).map(|n| format!("ab{n}")).collect();
        let mut asker = Asker::new(&question, vec![]);
        for pages in 1..3 {
            let mut passing = BitmapBuilder::new();
            asker.ask(&page(&texts), texts.len(), None, &mut passing).unwrap();
            assert_eq!(passing.freeze().set_bits(), TRIAL);
            assert!(asker.texts <= TRIAL, "{pages}");
        }
    }

    #[test]
    fn long_pages_are_searched_to_their_end() {
        let text = |n: usize| if n % 100 == 99 { format!("{}AB", "x".repeat(n % 3000)) } else { "c".repeat(n % 300) };
        let texts: Vec<String> = (0..4000).map(text).collect();
        let wanted: Bitmap = (0..texts.len()).map(|n| n % 200 != 99).collect();
        let answers = asked(&question(Native::Contains, "ab"), &texts, Some(&wanted));
        assert!(answers.iter().enumerate().all(|(n, passes)| *passes == (n % 200 == 199)));
    }

    #[test]
    fn damage_is_an_error() {
        let ask = |bytes: &[u8], count| {
            // Without a needle each text is asked.
            let question = question(Native::NotContains, "x");
            Asker::new(&question, vec![]).ask(bytes, count, None, &mut BitmapBuilder::new())
        };
        assert!(ask(&[2, 0, 0, 0, b'a', b'b'], 1).is_ok());
        for (bytes, count) in [(&[3, 0, 0, 0, b'a', b'b'][..], 1), (&[0, 0, 0], 1), (&[0, 0, 0, 0], 2)] {
            assert!(ask(bytes, count).unwrap_err().to_string().contains("ends within a text"));
        }
        assert!(ask(&[1, 0, 0, 0, 0xFF], 1).unwrap_err().to_string().contains("UTF-8"));
    }
}
