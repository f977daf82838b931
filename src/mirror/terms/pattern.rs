//! What a regular expression needs, as far as terms can tell.
//!
//! In: the pattern. Out: a probe, or the texts themselves that a match has. The pattern is written out as the texts that it may
//! match, with marks for a place where a term ends and for a part that is not known. Of each text the terms count that lie
//! whole between marks; of terms at its ends, which may go on outside of the match, the pieces.

use super::probe::Probe;
use super::token;
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look, Repetition};

/// Any text, also the empty one. As a letter of a pattern it only tells less.
const ANY: char = '\u{1}';

/// A character that parts terms.
const PART: char = '\0';

/// A place where a term starts or ends, if there is one.
const END: char = '\u{2}';

/// A pattern that can be written out in more texts is not known at that place.
const MOST_TEXTS: usize = 64;

/// Nor is one with a longer text.
const LONGEST: usize = 256;

/// A class of more characters is not written out.
const WIDEST_CLASS: usize = 8;

/// Copies that a counted repetition is written out in.
const MOST_COPIES: u32 = 8;

/// Characters beyond ASCII that count as ASCII letters.
const STRANGERS: [char; 3] = ['ı', 'ſ', '\u{212a}'];

impl Probe {
    /// A text in which this pattern, in the terms of the crate `regex`, matches somewhere.
    pub fn regex(pattern: &str) -> Probe {
        match regex_syntax::parse(pattern) {
            Ok(hir) => Probe::any(texts(&hir).iter().map(|text| known(text))),
            Err(_) => Probe::Always,
        }
    }
}

/// What is known of a written-out text.
fn known(text: &str) -> Probe {
    Probe::all(text.split(ANY).map(|part| Probe::term_needle(part, false, false)))
}

/// A part of every match of a pattern: ASCII letters, which are small and stand for capitals as well, digits and marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The part.
    pub text: String,
    /// Whether a character comes before it that is no letter or digit of ASCII.
    pub starts: bool,
    /// Whether such a character follows.
    pub ends: bool,
}

/// The ways in which a pattern may match, and for each what such a match has, all of it. For `i`, `k` and `s` there may stand
/// `ı`, the Kelvin sign and `ſ`. A way of which nothing is known has none.
pub fn literals(pattern: &str) -> Vec<Vec<Literal>> {
    let Ok(hir) = regex_syntax::parse(pattern) else { return vec![vec![]] };
    texts(&hir).iter().map(|text| parts(text)).collect()
}

/// The parts of a written-out text that are known.
fn parts(text: &str) -> Vec<Literal> {
    let is_open = |c: char| !c.is_ascii() || [ANY, PART, END].contains(&c);
    let (mut parts, mut before, mut rest) = (vec![], None, text);
    while let Some(first) = rest.chars().next() {
        let length = rest.find(is_open).unwrap_or(rest.len());
        let (part, after) = rest.split_at(length);
        if !part.is_empty() {
            let (starts, ends) = (before == Some(PART), after.starts_with(PART));
            parts.push(Literal { text: part.to_ascii_lowercase(), starts, ends });
        }
        before = after.chars().next().or(Some(first));
        rest = after.strip_prefix(is_open).unwrap_or(after);
    }
    parts
}

fn texts(hir: &Hir) -> Vec<String> {
    let texts = match hir.kind() {
        HirKind::Empty => vec![String::new()],
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => vec![text.to_owned()],
            Err(_) => any(),
        },
        HirKind::Class(Class::Unicode(class)) => class_texts(class),
        HirKind::Class(Class::Bytes(_)) => any(),
        HirKind::Look(look) => vec![look_text(*look)],
        HirKind::Repetition(repetition) => repeated(repetition),
        HirKind::Capture(capture) => texts(&capture.sub),
        HirKind::Concat(parts) => parts.iter().fold(vec![String::new()], |all, part| joined(all, &texts(part))),
        HirKind::Alternation(choices) => choices.iter().flat_map(texts).take(MOST_TEXTS + 1).collect(),
    };
    let too_many = texts.len() > MOST_TEXTS || texts.iter().any(|text| text.len() > LONGEST);
    if too_many { any() } else { texts }
}

fn any() -> Vec<String> {
    vec![ANY.to_string()]
}

/// Each text followed by each of the others.
fn joined(texts: Vec<String>, more: &[String]) -> Vec<String> {
    if texts.len() * more.len() > MOST_TEXTS {
        return texts.into_iter().map(|text| format!("{text}{ANY}")).collect();
    }
    texts.iter().flat_map(|text| more.iter().map(move |end| format!("{text}{end}"))).collect()
}

/// Ends of lines and words: next to a letter or digit, no other one goes on there. Boundaries of ASCII words say nothing of
/// letters beyond ASCII; like all others they take no room.
fn look_text(look: Look) -> String {
    match look {
        Look::Start | Look::End | Look::StartLF | Look::EndLF | Look::StartCRLF | Look::EndCRLF | Look::WordUnicode => {
            END.to_string()
        }
        _ => String::new(),
    }
}

/// One character: a term's, one of few, or one that parts terms.
fn class_texts(class: &ClassUnicode) -> Vec<String> {
    let has = |c: char| class.iter().any(|range| (range.start()..=range.end()).contains(&c));
    let in_terms = ('0'..='9').chain('A'..='Z').chain('a'..='z').chain(STRANGERS);
    if !in_terms.clone().any(has) {
        return vec![PART.to_string()];
    }
    let size: usize = class.iter().map(regex_syntax::hir::ClassUnicodeRange::len).sum();
    if size > WIDEST_CLASS {
        return any();
    }
    let members = class.iter().flat_map(|range| range.start()..=range.end());
    let mut texts: Vec<String> =
        members.map(|c| token::fold(c.encode_utf8(&mut [0; 4])).to_ascii_lowercase()).collect();
    texts.sort();
    texts.dedup();
    texts
}

fn repeated(repetition: &Repetition) -> Vec<String> {
    let once = texts(&repetition.sub);
    if repetition.max == Some(repetition.min) && repetition.min <= MOST_COPIES {
        return (0..repetition.min).fold(vec![String::new()], |all, _| joined(all, &once));
    }
    let is_mark = |mark: char| once.len() == 1 && once.iter().all(|text| text.chars().eq([mark]));
    if is_mark(ANY) {
        return once;
    }
    // The first copy follows what comes before, the last one precedes what comes after.
    let mut texts =
        if repetition.max == Some(1) || is_mark(PART) { once } else { joined(joined(once.clone(), &any()), &once) };
    if repetition.min == 0 {
        texts.push(String::new());
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::terms::tests::column_with;
    use proptest::prelude::*;

    /// Terms, and pieces of terms: `exe~` goes on at its end.
    fn terms(terms: &[&str]) -> Probe {
        Probe::all(terms.iter().map(|term| {
            let piece = term.trim_matches('~');
            Probe::term_needle(piece, !term.starts_with('~'), !term.ends_with('~'))
        }))
    }

    #[test]
    fn terms_within_the_match_and_pieces_at_its_ends_are_needed() {
        for (pattern, needed) in [
            (r"\bpowershell\b", &["powershell"][..]),
            (r"(?i)\\system32\\cmd\.exe", &["system32", "cmd", "exe~"]),
            (r"^net\s+user\s.*/add$", &["user", "net", "add"]),
            (r"FromBase64Str", &["~frombase64str~"]),
            (r"\bhttps?\b", &[]),
            (r"(?-u:\b)xyz(?-u:\b)", &["~xyz~"]),
            (r"nothere.*whatever/", &["~nothere~", "~whatever"]),
            (r"(?i)kiss\.me\.", &["me", "~kiss"]),
            (r"-enc(odedcommand)? ", &[]),
            (r"a(bc-)+d", &[]),
            (r"-(bc-)+d", &["bc"]),
            (r"x.{2}abc.{3}y", &[]),
            (r"(?-u:\b)abc(?-u:\b)", &[]),
            ("(", &[]),
            ("", &[]),
        ] {
            let probe = Probe::regex(pattern);
            if pattern.contains('?') && !pattern.starts_with("(?") {
                assert!(matches!(probe, Probe::OneOf(_)), "{pattern}: {probe:?}");
            } else {
                assert_eq!(probe, terms(needed), "{pattern}");
            }
        }
    }

    #[test]
    fn literals_of_each_way() {
        // What follows or precedes `|` is a character that is no letter or digit.
        let told = |literal: Literal| {
            let bound = |is_there| if is_there { "|" } else { "" };
            format!("{}{}{}", bound(literal.starts), literal.text, bound(literal.ends))
        };
        let literals = |pattern| -> Vec<Vec<String>> {
            super::literals(pattern).into_iter().map(|way| way.into_iter().map(told).collect()).collect()
        };
        assert_eq!(
            literals(r"(?i)\\cmd\.exe\s+/c (net|sc)\b"),
            [vec!["\\cmd.exe|", "|/c net"], vec!["\\cmd.exe|", "|/c sc"],]
        );
        assert_eq!(literals(r"\s-e(nc)?\s"), [vec!["|-enc|"], vec!["|-e|"]]);
        assert_eq!(literals(r"^a\W.b$"), [vec!["a|", "b"]]);
        assert_eq!(literals("abä(cd)?"), [vec!["ab", "cd"], vec!["ab"]]);
        assert_eq!(literals("x?"), [vec!["x"], vec![]]);
        assert_eq!(literals("("), [Vec::<String>::new()]);
    }

    #[test]
    fn choices_are_written_out() {
        let either = |all: &[&[&str]]| Probe::any(all.iter().map(|one| terms(one)));
        assert_eq!(Probe::regex(r"\b(cmd|powershell)\.exe\b"), either(&[&["cmd", "exe"], &["powershell", "exe"]]));
        assert_eq!(Probe::regex(r"\bport[12]\b"), either(&[&["port1"], &["port2"]]));
        let either_url = either(&[&["example", "evil", "~https"], &["example", "evil", "~http"]]);
        assert_eq!(Probe::regex(r"https?://evil\.example/"), either_url);
        let many: Vec<String> = (0..100).map(|n| format!("x{n}")).collect();
        assert_eq!(Probe::regex(&format!(r"\\a\\({})\\b\b", many.join("|"))), terms(&["a", "b"]));
        assert_eq!(Probe::regex(r"(((((((((a+)+)+)+)+)+)+)+)+)+"), Probe::Always);
    }

    /// Parts of patterns, each with texts that it matches.
    const PARTS: &[(&str, &[&str])] = &[
        ("ab", &["ab", "AB", "Ab"]),
        ("k1", &["k1", "K1", "\u{212a}1"]),
        ("sı", &["sı", "Sı", "ſı"]),
        ("wxy", &["wxy", "WXY"]),
        ("yz(w|x)", &["yzw", "YZx"]),
        ("-", &["-"]),
        (r"\.", &["."]),
        (r"\b", &[""]),
        (r"\B", &[""]),
        (r"(?-u:\b)", &[""]),
        (r"\s*", &["", " ", " \n"]),
        (r"\W+", &["-", "- ."]),
        (r"\w?", &["", "é", "a", "_"]),
        (".*", &["", "b", "-b-", "ſ"]),
        ("[ab]", &["a", "b", "A"]),
        ("[^a]", &["b", "-", "é", "ſ"]),
        ("(ab|a-)+", &["ab", "a-", "aba-", "a-a-ab"]),
        ("(?:b-)+", &["b-", "b-b-"]),
        ("[ſé-]", &["ſ", "é", "-"]),
        ("(a-|b){1,2}", &["a-", "b", "a-b", "ba-"]),
        ("(b.){2}", &["b-b.", "bbbb", "b.bk"]),
        ("(-a)?", &["", "-a"]),
        ("(?:a|-b-|.)", &["a", "-b-", "k"]),
        ("^", &["", "\n"]),
        ("$", &["", "\n"]),
    ];

    /// A pattern, and a text around what its parts match.
    fn pattern_and_text() -> impl Strategy<Value = (String, String)> {
        let part = (0..PARTS.len(), 0..12_usize);
        let outside = "[abkzſé.-]{0,2}";
        ("(\\(\\?i\\))?(\\(\\?m\\))?", proptest::collection::vec(part, 1..5), outside, outside).prop_map(
            |(flags, parts, before, after)| {
                let pattern: String = parts.iter().map(|(at, _)| PARTS[*at].0).collect();
                let matched: String =
                    parts.iter().map(|(at, which)| PARTS[*at].1[which % PARTS[*at].1.len()]).collect();
                (format!("{flags}{pattern}"), format!("{before}{matched}{after}"))
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn no_matching_text_is_left_out((pattern, text) in pattern_and_text()) {
            if regex::Regex::new(&pattern).unwrap().is_match(&text) {
                let blocks = column_with(&text).candidates(0, &Probe::regex(&pattern));
                prop_assert!(blocks.contains(0), "{:?} {:?}", pattern, text);
            }
        }
    }
}
