//! What must be in a block for any of its rows to satisfy a condition.
//!
//! In: the needles of a condition on one column. Out: keys, joined by "any" and "all". A probe may promise too much, never
//! too little: every text that satisfies the condition has the keys of its probe.

use super::needles::Needles;
use super::part::Part;
use super::token;
use super::words::Words;
use crate::library::text::{Edge, Place};
use std::borrow::Cow;
use std::cmp::Reverse;

/// Keys of one needle that are asked for at most: its longest terms.
const MOST: usize = 8;

/// A condition on one column, as far as filters can answer it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// Every block may have such a row.
    Always,
    /// This key.
    Key(u64),
    /// A term that holds this piece.
    Part(Part),
    /// All of these. The first ones are the rarest.
    All(Vec<Probe>),
    /// One of these.
    Any(Vec<Probe>),
    /// One of these needles; they may be hundreds of thousands.
    OneOf(Needles),
}

impl Probe {
    /// A needle in its place (`has`, `startswith`, ...), with or without case: every term that lies whole within the needle,
    /// and the pieces of terms at its edges. A term at an edge is whole where nothing can go on there.
    pub fn needle(needle: &str, place: Place) -> Probe {
        Probe::term_needle(needle, place.left != Edge::Free, place.right != Edge::Free)
    }

    /// The same, with the edges told apart: whether a term at that end of the needle is whole.
    pub fn term_needle(needle: &str, left_complete: bool, right_complete: bool) -> Probe {
        let folded = token::fold(needle);
        let starts = |term: &token::Term| left_complete || term.start > 0;
        let ends = |term: &token::Term| right_complete || term.end < folded.len();
        let (whole, cut): (Vec<_>, Vec<_>) =
            token::terms(&folded).into_iter().partition(|term| starts(term) && ends(term));
        let part = |term: &token::Term| Part::new(folded.get(term.start..term.end)?, starts(term), ends(term));
        let parts = cut.iter().filter_map(part).map(Probe::Part);
        Probe::all(std::iter::once(all(None, whole)).chain(parts))
    }

    /// A text that equals this one, with or without case.
    pub fn equals(text: &str) -> Probe {
        let folded = token::fold(text);
        let terms = token::terms(&folded);
        let whole = if terms.len() > 1 { token::whole(&folded) } else { None };
        all(whole, terms)
    }

    /// A text that equals one of these, with or without case.
    pub fn one_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Probe {
        Probe::any(texts.into_iter().map(Probe::equals))
    }

    /// One of these conditions.
    pub fn any(probes: impl IntoIterator<Item = Probe>) -> Probe {
        let (mut needles, mut others) = (Needles::default(), vec![]);
        for probe in probes {
            match probe {
                Probe::Always => return Probe::Always,
                Probe::Key(key) => needles.push([key]),
                Probe::All(all) => match all.iter().map(Probe::key).collect::<Option<Vec<u64>>>() {
                    Some(keys) => needles.push(keys),
                    None => others.push(Probe::All(all)),
                },
                Probe::OneOf(more) => needles.append(&more),
                Probe::Any(more) => others.extend(more),
                Probe::Part(part) => others.push(Probe::Part(part)),
            }
        }
        if !others.is_empty() {
            if !needles.is_empty() {
                others.push(Probe::OneOf(needles));
            }
            return if others.len() > 1 { Probe::Any(others) } else { others.pop().unwrap_or(Probe::Always) };
        }
        match needles.only() {
            Some(keys) => Probe::all(keys.into_iter().map(Probe::Key)),
            None => Probe::OneOf(needles),
        }
    }

    fn key(&self) -> Option<u64> {
        match self {
            Probe::Key(key) => Some(*key),
            _ => None,
        }
    }

    /// All of these conditions. Of two conditions on one row, the block need not have both in one row.
    pub fn all(probes: impl IntoIterator<Item = Probe>) -> Probe {
        let mut flat = vec![];
        for probe in probes {
            match probe {
                Probe::Always => {}
                Probe::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Probe::Always,
            1 => flat.pop().unwrap_or(Probe::Always),
            _ => Probe::All(flat),
        }
    }

    /// The same, each piece replaced by the words that hold it.
    pub(super) fn with_words(&self, words: &Words) -> Cow<'_, Probe> {
        let inner =
            |probes: &[Probe]| probes.iter().map(|probe| probe.with_words(words).into_owned()).collect::<Vec<_>>();
        match self {
            _ if !self.has_parts() => Cow::Borrowed(self),
            Probe::Part(part) => Cow::Owned(words.probe(part)),
            Probe::All(probes) => Cow::Owned(Probe::all(inner(probes))),
            Probe::Any(probes) => Cow::Owned(Probe::any(inner(probes))),
            Probe::Always | Probe::Key(_) | Probe::OneOf(_) => Cow::Borrowed(self),
        }
    }

    fn has_parts(&self) -> bool {
        match self {
            Probe::Part(_) => true,
            Probe::All(probes) | Probe::Any(probes) => probes.iter().any(Probe::has_parts),
            Probe::Always | Probe::Key(_) | Probe::OneOf(_) => false,
        }
    }
}

/// All of these keys, the whole and then the longest terms first.
fn all(whole: Option<u64>, mut terms: Vec<token::Term>) -> Probe {
    if let (None, [term]) = (whole, terms.as_slice()) {
        return Probe::Key(term.key);
    }
    terms.sort_by_key(|term| Reverse(term.end - term.start));
    let mut keys: Vec<u64> = whole.into_iter().collect();
    for term in terms {
        if keys.len() == MOST {
            break;
        }
        if !keys.contains(&term.key) {
            keys.push(term.key);
        }
    }
    Probe::all(keys.into_iter().map(Probe::Key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::terms::words::WordsBuilder;

    fn term(text: &str) -> Probe {
        let terms = token::terms(text);
        assert_eq!(terms.len(), 1);
        Probe::Key(terms[0].key)
    }

    fn keys_of(probes: &[&Probe]) -> Needles {
        let mut needles = Needles::default();
        probes.iter().for_each(|probe| needles.push(probe.key()));
        needles
    }

    fn terms(texts: &[&str]) -> Probe {
        Probe::All(texts.iter().map(|text| term(text)).collect())
    }

    /// A term that starts or ends so, or has it anywhere.
    fn piece(text: &str, starts: bool, ends: bool) -> Probe {
        Probe::Part(Part::new(text, starts, ends).unwrap())
    }

    #[test]
    fn terms_at_free_edges_are_pieces() {
        let and = |texts: &[&str], pieces: &[Probe]| {
            Probe::All(texts.iter().map(|text| term(text)).chain(pieces.iter().cloned()).collect())
        };
        let (left, right) = (piece("net", false, true), piece("ping", true, false));
        assert_eq!(Probe::needle("net", Place::TERM), term("net"));
        assert_eq!(Probe::needle("net.exe-ping", Place::TERM), terms(&["ping", "net", "exe"]));
        for place in [Place::TERM_START, Place::START] {
            assert_eq!(Probe::needle("net.exe-ping", place), and(&["net", "exe"], std::slice::from_ref(&right)));
            assert_eq!(Probe::needle("net", place), piece("net", true, false));
        }
        for place in [Place::TERM_END, Place::END] {
            assert_eq!(Probe::needle("net.exe-ping", place), and(&["ping", "exe"], std::slice::from_ref(&left)));
            assert_eq!(Probe::needle("net", place), left);
        }
        assert_eq!(Probe::needle("net.exe-ping", Place::ANYWHERE), and(&["exe"], &[left, right]));
        assert_eq!(Probe::needle("Net", Place::ANYWHERE), piece("net", false, false));
    }

    #[test]
    fn pieces_that_are_short_or_look_like_numbers_are_left_out() {
        assert_eq!(Probe::needle("ne", Place::ANYWHERE), Probe::Always);
        assert_eq!(Probe::needle("7ffe", Place::ANYWHERE), Probe::Always);
        assert_eq!(Probe::needle("x64.exe-a", Place::ANYWHERE), term("exe"));
        assert_eq!(Probe::needle("éſayé", Place::ANYWHERE), term("say"));
        assert_eq!(Probe::needle("ſay", Place::ANYWHERE), piece("say", false, false));
    }

    #[test]
    fn pieces_in_lists() {
        let (a, net, ping) = (term("a"), piece("net", true, false), piece("ping", false, false));
        assert_eq!(Probe::any([net.clone()]), net);
        assert_eq!(Probe::any([net.clone(), Probe::Always]), Probe::Always);
        let either = Probe::Any(vec![net.clone(), ping.clone(), Probe::OneOf(keys_of(&[&a]))]);
        assert_eq!(Probe::any([net.clone(), a.clone(), ping.clone()]), either);
        assert_eq!(Probe::any([Probe::any([net.clone(), ping.clone()]), a.clone()]), either);
        let both = Probe::All(vec![a.clone(), net.clone()]);
        assert_eq!(Probe::any([both.clone(), ping.clone()]), Probe::Any(vec![both.clone(), ping.clone()]));
        assert_eq!(Probe::all([Probe::Always, both, ping.clone()]), Probe::All(vec![a, net, ping]));
    }

    #[test]
    fn words_take_the_place_of_pieces() {
        let mut words = WordsBuilder::new();
        for word in ["netsh", "network", "planet"] {
            let Probe::Key(key) = term(word) else { panic!() };
            words.insert(key, word.as_bytes());
        }
        let words = words.finish();
        let (a, net) = (term("a"), piece("net", true, false));
        let both = Probe::OneOf(keys_of(&[&term("netsh"), &term("network")]));
        let with = |probe: &Probe| probe.with_words(&words).into_owned();
        assert_eq!(with(&net), both);
        assert_eq!(with(&piece("net", false, true)), term("planet"));
        assert_eq!(with(&piece("ping", false, false)), Probe::one_of([]));
        assert_eq!(with(&Probe::All(vec![a.clone(), net.clone()])), Probe::All(vec![a.clone(), both.clone()]));
        let either = Probe::OneOf(keys_of(&[&term("netsh"), &term("network"), &a]));
        assert_eq!(with(&Probe::any([a.clone(), net.clone()])), either);
        assert_eq!(net.with_words(&Words::default()).into_owned(), Probe::Always, "words that nobody knows");
        assert_eq!(Probe::any([a.clone(), net]).with_words(&Words::default()).into_owned(), Probe::Always);
        assert!(matches!(both.with_words(&words), Cow::Borrowed(_)), "nothing is copied");
    }

    #[test]
    fn an_edge_that_is_no_letter_ends_a_term() {
        assert_eq!(Probe::needle("-abc-", Place::ANYWHERE), term("abc"));
        assert_eq!(Probe::needle("éabcé", Place::ANYWHERE), term("abc"));
        assert_eq!(Probe::needle("ſabc", Place::TERM), term("sabc"));
        assert_eq!(Probe::needle("--", Place::TERM), Probe::Always);
        assert_eq!(Probe::needle("", Place::TERM), Probe::Always);
    }

    #[test]
    fn the_longest_terms_come_first_and_no_term_twice() {
        assert_eq!(Probe::needle("a powershell bc A", Place::TERM), terms(&["powershell", "bc", "a"]));
        let Probe::All(keys) = Probe::needle("a b c d e f g h i j k l m", Place::TERM) else { panic!() };
        assert_eq!(keys.len(), MOST);
    }

    #[test]
    fn short_texts_are_asked_for_as_a_whole() {
        let whole = Probe::Key(token::whole("10.0.0.1").unwrap());
        assert_eq!(Probe::equals("10.0.0.1"), Probe::All(vec![whole, term("10"), term("0"), term("1")]));
        assert_eq!(Probe::equals("PowerShell"), term("powershell"));
        assert_eq!(Probe::equals(""), Probe::Always);
        assert_eq!(Probe::equals("straße 1"), Probe::equals("STRAßE 1"));
    }

    #[test]
    fn lists_are_flat() {
        let (a, b, c) = (term("a"), term("b"), term("c"));
        let list = |keys: &[&Probe]| Probe::OneOf(keys_of(keys));
        assert_eq!(Probe::one_of(["a", "b"]), list(&[&a, &b]));
        assert_eq!(Probe::one_of(["a", ""]), Probe::Always);
        assert_eq!(Probe::one_of(["a"]), a);
        assert_eq!(Probe::one_of([]), list(&[]));
        assert_eq!(Probe::any([Probe::one_of(["a", "b"]), c.clone()]), list(&[&a, &b, &c]));
        let both = Probe::All(vec![Probe::one_of(["a", "b"]), c.clone()]);
        assert_eq!(Probe::any([both.clone(), a.clone()]), Probe::Any(vec![both, list(&[&a])]));
    }

    #[test]
    fn conditions_that_must_all_hold() {
        let (a, b) = (term("a"), term("b"));
        assert_eq!(Probe::all([Probe::All(vec![a.clone(), b.clone()]), Probe::Always]), Probe::All(vec![a.clone(), b]));
        assert_eq!(Probe::all([Probe::Always, a.clone()]), a);
        assert_eq!(Probe::all([]), Probe::Always);
    }
}
