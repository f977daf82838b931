//! Needles, found in many texts at once.
//!
//! In: needles, then the bytes of many texts, side by side. Out: the places where a needle starts, in either case. A needle
//! that reaches from one text into the next is found as well: a place is only a reason to ask.

use crate::backend::polars::function::{Needle, Needles};
use aho_corasick::{AhoCorasick, Input, MatchKind, Span, packed};
use memchr::memmem;

/// Bytes whose letters are made small in one go: they and their copy stay in the processor's cache.
const PART: usize = 128 << 10;

/// Finds needles.
pub(super) struct Finder {
    way: Box<Way>,
    /// The needles, where more than their bytes is asked for.
    bounded: Vec<Needle>,
    /// Whether the case of letters matters.
    letters: bool,
    /// The length of the longest needle.
    longest: usize,
}

enum Way {
    /// The only one.
    One(memmem::Finder<'static>),
    /// Few enough to be compared side by side, where the machine can do that.
    Few(packed::Searcher),
    Many(AhoCorasick),
}

impl Finder {
    /// A finder of these needles; none where it cannot be built.
    pub(super) fn new(needles: &Needles) -> Option<Finder> {
        let any = needles.any();
        let bytes = any.iter().map(Needle::bytes);
        let way = match any {
            [one] => Way::One(memmem::Finder::new(one.bytes()).into_owned()),
            _ => match packed::Searcher::new(bytes.clone()) {
                Some(searcher) => Way::Few(searcher),
                None => {
                    Way::Many(AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(bytes.clone()).ok()?)
                }
            },
        };
        let letters = bytes.clone().flatten().any(u8::is_ascii_lowercase);
        let bounded = if any.iter().any(Needle::is_bounded) { any.to_vec() } else { vec![] };
        // What follows a needle may be asked for as well.
        let longest = bytes.map(<[u8]>::len).max()? + usize::from(!bounded.is_empty());
        Some(Finder { way: Box::new(way), bounded, letters, longest })
    }

    /// A search over these bytes, with room for some of them.
    pub(super) fn search<'s>(&'s self, bytes: &'s [u8], room: &'s mut Vec<u8>) -> Search<'s> {
        room.clear();
        Search { finder: self, bytes, small: room, start: 0 }
    }

    /// The first place, from a place on, at which a needle starts, all letters being small.
    fn find(&self, small: &[u8], mut from: usize) -> Option<usize> {
        loop {
            let place = self.way.find(small, from)?;
            if self.bounded.is_empty() || self.bounded.iter().any(|needle| needle.is_at(place, small)) {
                return Some(place);
            }
            from = place + 1;
        }
    }
}

impl Way {
    fn find(&self, small: &[u8], from: usize) -> Option<usize> {
        let rest = small.get(from..)?;
        match self {
            Way::One(finder) => finder.find(rest).map(|at| from + at),
            Way::Few(searcher) => searcher.find_in(small, Span::from(from..small.len())).map(|found| found.start()),
            Way::Many(automaton) => automaton.find(Input::new(small).range(from..)).map(|found| found.start()),
        }
    }
}

/// A search over bytes, from their start to their end.
pub(super) struct Search<'s> {
    finder: &'s Finder,
    bytes: &'s [u8],
    /// A part of the bytes, its letters made small.
    small: &'s mut Vec<u8>,
    /// Where that part starts.
    start: usize,
}

impl Search<'_> {
    /// The first place, from a place on, at which a needle starts. Places that are asked for may only grow.
    pub(super) fn next(&mut self, mut from: usize) -> Option<usize> {
        if !self.finder.letters {
            return self.finder.find(self.bytes, from);
        }
        loop {
            let end = self.start + self.small.len();
            // Needles that start later may reach out of the part.
            let limit = if end < self.bytes.len() { (end + 1).saturating_sub(self.finder.longest) } else { end };
            let found = self.finder.find(self.small, from.saturating_sub(self.start)).map(|at| self.start + at);
            if let Some(found) = found.filter(|found| *found < limit) {
                return Some(found);
            }
            if end >= self.bytes.len() {
                return None;
            }
            from = from.max(limit);
            // With what precedes it.
            self.fill(from.saturating_sub(1));
        }
    }

    /// Takes the part that starts there.
    fn fill(&mut self, start: usize) {
        let rest = self.bytes.get(start..).unwrap_or_default();
        let part = rest.get(..PART + self.finder.longest).unwrap_or(rest);
        self.small.clear();
        self.small.extend_from_slice(part);
        self.small.make_ascii_lowercase();
        self.start = start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::polars::function::text_test;
    use crate::backend::polars::operand::Operand;
    use crate::library::Native;
    use crate::value::{Json, Type, Value};
    use ::polars::prelude::col;

    fn finder(texts: &[String]) -> Finder {
        let list = Operand::Constant(Value::Dynamic(Json::from(texts)), Type::Dynamic);
        let operands = [Operand::Column(col("C"), Type::String), list];
        let (_, test) = text_test(Native::HasAny, &operands).unwrap();
        Finder::new(&test.needles().unwrap().needles).unwrap()
    }

    #[test]
    fn every_place_is_found_from_anywhere_on() {
        let words: Vec<String> = (0..60).map(|n| format!("w{n}x")).collect();
        for count in [1, 3, 60] {
            let (finder, mut room) = (finder(&words[..count]), vec![]);
            let text = format!("{}w0xw0x {} w0x", "-".repeat(100), "w1 ".repeat(30));
            let mut search = finder.search(text.as_bytes(), &mut room);
            let mut places = Vec::new();
            let mut from = 0;
            while let Some(at) = search.next(from) {
                places.push(at);
                from = at + 1;
            }
            assert_eq!(places, [100, 103, text.len() - 3], "{count}");
            assert_eq!(search.next(text.len()), None);
            assert_eq!(search.next(text.len() + 1), None);
            assert_eq!(finder.search(b"", &mut room).next(0), None);
        }
    }

    #[test]
    fn no_place_is_lost_where_parts_meet() {
        let finder = finder(&["powershell".to_owned(), "wer".to_owned(), "10.0".to_owned()]);
        for from in PART - 12..PART + 12 {
            for text in ["PowerShell", "WER", "10.0"] {
                let mut bytes = vec![b'-'; 3 * PART];
                for at in [5, from, from + PART] {
                    bytes.splice(at..at + text.len(), text.bytes());
                }
                let mut room = Vec::new();
                let mut search = finder.search(&bytes, &mut room);
                let places = [0, 15, from + 10].map(|from| search.next(from));
                assert_eq!(places, [Some(5), Some(from), Some(from + PART)], "{text}");
                assert_eq!(search.next(from + PART + 10), None);
            }
        }
    }

    #[test]
    fn needles_with_bounds_are_found_between_other_characters_only() {
        let constant = Operand::Constant(Value::String(r"(?i)\W-e(nc)?\W".into()), Type::String);
        let operands = [Operand::Column(col("C"), Type::String), constant];
        let (_, test) = text_test(Native::MatchesRegex, &operands).unwrap();
        let finder = Finder::new(&test.needles().unwrap().needles).unwrap();
        for from in PART - 8..PART + 8 {
            let mut bytes = vec![b'x'; 2 * PART];
            bytes.splice(from..from + 21, *b"a-e -ex -en --ENC  -E");
            let mut room = vec![];
            let mut search = finder.search(&bytes, &mut room);
            assert_eq!(search.next(0), Some(from + 13));
            assert_eq!(search.next(from + 14), None);
        }
        // What lies outside may be anything.
        assert_eq!(finder.search(b"-e", &mut vec![]).next(0), Some(0));
    }

    #[test]
    fn numbers_have_no_letters() {
        assert!(!finder(&["10.0.0.1".to_owned()]).letters);
        assert!(finder(&["10.0.0.1".to_owned(), "a1".to_owned()]).letters);
    }
}
