//! Relations between texts: what `has`, `contains`, `startswith` and their kin mean.
//!
//! In: a needle, the relation, and texts one at a time. Out: whether the relation holds. A matcher prepares its needle once;
//! a text is searched without copying as long as needle or case allow it. Nothing here knows of null: a string has none.

use memchr::memmem;
use std::borrow::Cow;

/// What must hold at an end of the needle's occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Anything.
    Free,
    /// The end of a term: no letter or digit goes on there. An end that is itself no letter or digit is always free.
    Term,
    /// The end of the text.
    Anchor,
}

/// Where a needle must occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// At its start.
    pub left: Edge,
    /// At its end.
    pub right: Edge,
}

impl Place {
    /// `contains`
    pub const ANYWHERE: Place = Place { left: Edge::Free, right: Edge::Free };
    /// `has`
    pub const TERM: Place = Place { left: Edge::Term, right: Edge::Term };
    /// `hasprefix`
    pub const TERM_START: Place = Place { left: Edge::Term, right: Edge::Free };
    /// `hassuffix`
    pub const TERM_END: Place = Place { left: Edge::Free, right: Edge::Term };
    /// `startswith`
    pub const START: Place = Place { left: Edge::Anchor, right: Edge::Free };
    /// `endswith`
    pub const END: Place = Place { left: Edge::Free, right: Edge::Anchor };
}

/// A needle prepared for many texts.
#[derive(Clone, Debug)]
pub struct Matcher<'n> {
    needle: Cow<'n, str>,
    place: Place,
    case: Case,
    /// The byte of the needle that is rarest in texts: the search looks for it first.
    anchor: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Sensitive,
    /// The needle is ASCII: no other byte than its letters, in either case, can match.
    Ascii,
    /// Needle and text are folded.
    Folded,
}

impl<'n> Matcher<'n> {
    /// Prepares a needle. The empty needle occurs in every text, wherever it is looked for.
    pub fn new(needle: &'n str, place: Place, case_sensitive: bool) -> Self {
        Matcher::prepared(Cow::Borrowed(needle), place, case_sensitive)
    }

    /// As [`Matcher::new`], with a needle of its own.
    pub fn owned(needle: String, place: Place, case_sensitive: bool) -> Matcher<'static> {
        Matcher::prepared(Cow::Owned(needle), place, case_sensitive)
    }

    fn prepared(needle: Cow<'n, str>, place: Place, case_sensitive: bool) -> Self {
        let case = match (case_sensitive, needle.is_ascii()) {
            (true, _) => Case::Sensitive,
            (false, true) => Case::Ascii,
            (false, false) => Case::Folded,
        };
        let needle = if case == Case::Folded { Cow::Owned(fold(&needle)) } else { needle };
        let anchor = anchor(needle.as_bytes());
        Matcher { needle, place, case, anchor }
    }

    /// Whether the needle occurs in the text, in its place.
    pub fn is_match(&self, text: &str) -> bool {
        if self.needle.is_empty() {
            return true;
        }
        if self.case == Case::Folded {
            return self.occurs(&fold(text));
        }
        self.occurs(text)
    }

    fn occurs(&self, text: &str) -> bool {
        let (hay, needle) = (text.as_bytes(), self.needle.as_bytes());
        let Some(last) = hay.len().checked_sub(needle.len()) else { return false };
        match (self.place.left, self.place.right) {
            (Edge::Anchor, _) => self.fits(text, 0),
            (_, Edge::Anchor) => self.fits(text, last),
            _ if self.case == Case::Ascii => {
                let Some(rare) = needle.get(self.anchor) else { return true };
                let places = hay.get(self.anchor..=last + self.anchor).unwrap_or_default();
                let (small, capital) = (rare.to_ascii_lowercase(), rare.to_ascii_uppercase());
                if small == capital {
                    return memchr::memchr_iter(small, places).any(|at| self.fits(text, at));
                }
                memchr::memchr2_iter(small, capital, places).any(|at| self.fits(text, at))
            }
            // Occurrences may overlap: a term may start inside of one that fails.
            _ => {
                let finder = memmem::Finder::new(needle);
                let mut from = 0;
                while let Some(found) = hay.get(from..).and_then(|rest| finder.find(rest)) {
                    if self.fits(text, from + found) {
                        return true;
                    }
                    from += found + 1;
                }
                false
            }
        }
    }

    /// Whether the needle stands at that byte, and both edges hold: for callers that search for several needles at once.
    /// A needle beyond ASCII, looked for without case, is found by [`Matcher::is_match`] only.
    pub fn is_match_at(&self, text: &str, at: usize) -> bool {
        self.fits(text, at)
    }

    fn fits(&self, text: &str, at: usize) -> bool {
        let end = at + self.needle.len();
        let Some(part) = text.as_bytes().get(at..end) else { return false };
        let same = match self.case {
            Case::Ascii => part.eq_ignore_ascii_case(self.needle.as_bytes()),
            Case::Sensitive | Case::Folded => part == self.needle.as_bytes(),
        };
        same && self.left_holds(text, at) && self.right_holds(text, end)
    }

    fn left_holds(&self, text: &str, at: usize) -> bool {
        self.place.left != Edge::Term
            || !self.needle.starts_with(char::is_alphanumeric)
            || !text.get(..at).is_some_and(|before| before.ends_with(char::is_alphanumeric))
    }

    fn right_holds(&self, text: &str, end: usize) -> bool {
        self.place.right != Edge::Term
            || !self.needle.ends_with(char::is_alphanumeric)
            || !text.get(end..).is_some_and(|after| after.starts_with(char::is_alphanumeric))
    }
}

/// Bytes of command lines, paths and addresses, the most frequent first.
const FREQUENT: &[u8] = b"e.stoinracl \\mdpuhw-fg0x1y/2:bvk3546789_j=q\"";

/// The place of the byte of a needle that is rarest in texts, its case left aside.
fn anchor(needle: &[u8]) -> usize {
    let rarity = |byte: u8| FREQUENT.iter().position(|b| *b == byte.to_ascii_lowercase()).unwrap_or(FREQUENT.len());
    let rarest = needle.iter().enumerate().max_by_key(|(at, byte)| (rarity(**byte), usize::MAX - at));
    rarest.map_or(0, |(at, _)| at)
}

/// Equality without case (`=~`): letter by letter, so that `ß` is not `ss`.
pub fn equal_ignore_case(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    a.chars().map(fold_char).eq(b.chars().map(fold_char))
}

/// A text whose case is gone: two texts are equal without case if and only if their folds are equal.
pub fn fold(text: &str) -> String {
    text.chars().map(fold_char).collect()
}

/// Every letter that has one capital becomes it.
fn fold_char(c: char) -> char {
    upper_char(c)
}

/// The one capital of a letter; the letter itself where there is none or it has several characters.
pub fn upper_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_uppercase();
    }
    single(c.to_uppercase()).unwrap_or(c)
}

/// The one small letter of a letter; the letter itself where there is none or it has several characters.
pub fn lower_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    single(c.to_lowercase()).unwrap_or(c)
}

fn single(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    let first = mapped.next();
    if mapped.next().is_none() { first } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, needle: &str, place: Place) -> bool {
        Matcher::new(needle, place, false).is_match(text)
    }

    #[test]
    fn terms_end_where_letters_and_digits_end() {
        for text in ["net.exe", "a net b", "x_net_y", "NET", "net/1", "(net)"] {
            assert!(holds(text, "net", Place::TERM), "{text}");
        }
        for text in ["netsh.exe", "dotnet", "net1", "énet", ""] {
            assert!(!holds(text, "net", Place::TERM), "{text}");
        }
        assert!(holds("netsh net", "net", Place::TERM), "a later occurrence counts");
        assert!(holds("a-enc", "-enc", Place::TERM), "an edge that is no letter is free");
        assert!(holds("1.2.3", "2.3", Place::TERM));
        assert!(!holds("1.12.3", "2.3", Place::TERM));
    }

    #[test]
    fn edges_of_terms_and_texts() {
        assert!(holds("run dotnet.exe", "dot", Place::TERM_START));
        assert!(!holds("run dotnet.exe", "net", Place::TERM_START));
        assert!(holds("run dotnet.exe", "net", Place::TERM_END));
        assert!(holds("Dotnet", "dot", Place::START));
        assert!(holds("Dotnet", "NET", Place::END));
        assert!(!holds("net", "dotnet", Place::END));
        assert!(holds("", "", Place::TERM));
    }

    #[test]
    fn case_goes_beyond_ascii() {
        assert!(holds("ein ÄRGER", "ärger", Place::TERM));
        assert!(equal_ignore_case("Ärger", "äRGER"));
        assert!(!equal_ignore_case("Straße", "STRASSE"));
        assert!(!Matcher::new("ärger", Place::TERM, true).is_match("ÄRGER"));
    }
}
