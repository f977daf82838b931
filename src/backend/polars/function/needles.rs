//! What a text must have for a test to be worth asking: one of a few byte strings, ASCII letters in either case.
//!
//! In: the constants of a condition, by the way in which it compares them. Out: [`Needles`], which a search finds in many
//! texts in one pass. For a text without any of them the condition does not hold; one that has some is still to be asked.

use crate::mirror::terms;
use std::cmp::Reverse;

/// A shorter needle is in every other text.
const SHORTEST: usize = 2;

/// More needles are not found much faster than texts are asked.
const MOST: usize = 64;

/// So long a needle is rare enough to be looked for alone.
const RARE: usize = 4;

/// ASCII letters, and the letter beyond ASCII that may stand for each where case is left aside.
const STRANGERS: [(u8, &str); 3] = [(b'i', "ı"), (b'k', "\u{212a}"), (b's', "ſ")];

/// A byte string. Its ASCII letters are small, and stand for capitals as well.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::backend::polars) struct Needle {
    bytes: Vec<u8>,
    /// Whether a character comes before it that is no letter or digit of ASCII.
    starts: bool,
    /// Whether such a character follows.
    ends: bool,
}

impl Needle {
    /// The byte string.
    pub(in crate::backend::polars) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether more than the byte string is asked for.
    pub(in crate::backend::polars) fn is_bounded(&self) -> bool {
        self.starts || self.ends
    }

    /// Whether it may be at that place of some bytes, all letters being small; what is outside of them may be anything.
    pub(in crate::backend::polars) fn is_at(&self, place: usize, bytes: &[u8]) -> bool {
        let apart = |place: Option<usize>| {
            let byte = place.and_then(|place| bytes.get(place));
            byte.is_none_or(|byte| !byte.is_ascii_alphanumeric())
        };
        bytes.get(place..).is_some_and(|rest| rest.starts_with(&self.bytes))
            && (!self.starts || apart(place.checked_sub(1)))
            && (!self.ends || apart(Some(place + self.bytes.len())))
    }

    /// How rare it is, as far as one can guess.
    fn rarity(&self) -> usize {
        self.bytes.len() + usize::from(self.starts) + usize::from(self.ends)
    }
}

impl From<Vec<u8>> for Needle {
    fn from(bytes: Vec<u8>) -> Needle {
        Needle { bytes, starts: false, ends: false }
    }
}

/// Of these, every text has one for which a condition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::backend::polars) struct Needles {
    any: Vec<Needle>,
}

impl Needles {
    /// One of these texts, as it stands.
    pub(super) fn exact<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Option<Needles> {
        Needles::each(texts, |text| vec![whole(text)])
    }

    /// One of these texts as a [`Matcher`](crate::library::text::Matcher) finds it without case: one of ASCII matches ASCII
    /// only, others are folded.
    pub(super) fn matched<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Option<Needles> {
        Needles::each(texts, |text| if text.is_ascii() { vec![whole(text)] } else { piece(text) })
    }

    /// One of these texts, both sides being folded.
    pub(super) fn folded<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Option<Needles> {
        Needles::each(texts, piece)
    }

    /// A match of a pattern in the terms of the crate `regex`.
    pub(super) fn regex(pattern: &str) -> Option<Needles> {
        let mut any = Vec::new();
        for way in terms::literals(pattern) {
            let literal = way.iter().max_by_key(|literal| literal.text.len())?;
            any.extend(piece(&literal.text).into_iter().map(|bytes| {
                let whole = bytes == literal.text.as_bytes();
                Needle { bytes, starts: whole && literal.starts, ends: whole && literal.ends }
            }));
        }
        Needles::new(any)
    }

    fn each<T: AsRef<str>>(
        texts: impl IntoIterator<Item = T>,
        needles: impl Fn(&str) -> Vec<Vec<u8>>,
    ) -> Option<Needles> {
        let needles = texts.into_iter().take(MOST + 1).flat_map(|text| needles(text.as_ref()));
        Needles::new(needles.map(Needle::from).collect())
    }

    fn new(mut any: Vec<Needle>) -> Option<Needles> {
        any.sort();
        any.dedup();
        let usable = !any.is_empty() && any.len() <= MOST && any.iter().all(|needle| needle.bytes.len() >= SHORTEST);
        usable.then_some(Needles { any })
    }

    /// Of two that tell the same: those that fewer texts have.
    pub(super) fn rarer(self, other: Needles) -> Needles {
        let rarity = |needles: &Needles| (needles.any.iter().map(Needle::rarity).min(), Reverse(needles.any.len()));
        if rarity(&self) >= rarity(&other) { self } else { other }
    }

    /// These or those.
    pub(super) fn or(&self, other: &Needles) -> Option<Needles> {
        Needles::new(self.any.iter().chain(&other.any).cloned().collect())
    }

    /// The needles.
    pub(in crate::backend::polars) fn any(&self) -> &[Needle] {
        &self.any
    }
}

fn whole(text: &str) -> Vec<u8> {
    text.to_ascii_lowercase().into_bytes()
}

/// A part of a text that a text equal to it without case has: one without letters that others may stand for, or one beside
/// these others.
fn piece(text: &str) -> Vec<Vec<u8>> {
    let has_other = |c: char| STRANGERS.iter().any(|(letter, _)| char::from(*letter) == c.to_ascii_lowercase());
    let own = longest(text.split(|c: char| !c.is_ascii() || has_other(c)));
    if own.len() >= RARE {
        return vec![own];
    }
    let part = longest(text.split(|c: char| !c.is_ascii()));
    let others = STRANGERS.iter().filter(|(letter, _)| part.contains(letter)).map(|(_, other)| whole(other));
    let others: Vec<Vec<u8>> = others.collect();
    std::iter::once(part).chain(others).collect()
}

fn longest<'t>(parts: impl Iterator<Item = &'t str>) -> Vec<u8> {
    parts.max_by_key(|part| part.len()).map(whole).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::polars::function::{TextTest, text_test};
    use crate::backend::polars::operand::Operand;
    use crate::library::Native;
    use crate::value::{Json, Type, Value};
    use ::polars::prelude::col;
    use proptest::prelude::*;

    fn any(needles: Option<Needles>) -> Vec<String> {
        let needles = needles.map(|needles| needles.any).unwrap_or_default();
        let told = |needle: Needle| {
            let bound = |is_there| if is_there { "|" } else { "" };
            format!("{}{}{}", bound(needle.starts), String::from_utf8(needle.bytes).unwrap(), bound(needle.ends))
        };
        needles.into_iter().map(told).collect()
    }

    fn test(native: Native, constants: &[&str]) -> TextTest {
        let constant = |text: &&str| Operand::Constant(Value::String((*text).into()), Type::String);
        let column = Operand::Column(col("C"), Type::String);
        let operands: Vec<Operand> = std::iter::once(column).chain(constants.iter().map(constant)).collect();
        text_test(native, &operands).unwrap().1
    }

    #[test]
    fn needles_of_conditions() {
        let of = |native, constants: &[&str]| any(test(native, constants).needles().map(|known| known.needles.clone()));
        assert_eq!(of(Native::Contains, &["PowerShell"]), ["powershell"]);
        assert_eq!(of(Native::HasCs, &["Ärger"]), ["Ärger"]);
        assert_eq!(of(Native::Has, &["Ärger"]), ["rger"]);
        assert_eq!(of(Native::EqualTilde, &["PowerShell"]), ["power"]);
        assert_eq!(of(Native::EqualTilde, &["kiss"]), ["kiss", "ı", "ſ", "\u{212a}"]);
        assert_eq!(of(Native::HasAny, &["cmd", "MSHTA", "cmd"]), ["cmd", "mshta"]);
        assert_eq!(of(Native::HasAll, &["cmd", "mshta"]), ["mshta"]);
        assert_eq!(of(Native::MatchesRegex, &[r"(?i)(evil|good)\.example/\d+"]), ["good.example/", "l.example/"]);
        assert_eq!(of(Native::MatchesRegex, &[r"\s-e(nc)?\s"]), ["|-e|", "|-enc|"]);
        assert_eq!(of(Native::MatchesRegex, &[r"\W(kb|abcdes)\W"]), ["abcde", "|kb|", "\u{212a}"]);
        for (native, constants) in [
            (Native::Contains, &[""][..]),
            (Native::Contains, &["x"]),
            (Native::HasAny, &["power", "x"]),
            (Native::MatchesRegex, &["(evil)?"]),
            (Native::IsEmpty, &[]),
        ] {
            assert!(of(native, constants).is_empty(), "{native:?} {constants:?}");
        }
        let many: Vec<String> = (0..=MOST).map(|n| format!("word{n}")).collect();
        assert_eq!(Needles::exact(&many), None);
        assert_eq!(any(Needles::exact(&many[1..])).len(), MOST);
    }

    #[test]
    fn conditions_that_are_joined() {
        let (long, short) = (|| test(Native::Has, &["powershell"]), || test(Native::Has, &["cmd"]));
        let (not, empty) = (|| test(Native::NotHas, &["mshta"]), || test(Native::IsEmpty, &[]));
        let of = |test: TextTest| {
            let known = test.needles().cloned();
            (known.as_ref().is_some_and(|known| known.passes), any(known.map(|known| known.needles)).join(" "))
        };
        let (fails, passes) = (|needles: &str| (false, needles.to_owned()), |needles: &str| (true, needles.to_owned()));
        assert_eq!(of(long().and(short())), fails("powershell"));
        assert_eq!(of(short().and(long())), fails("powershell"));
        assert_eq!(of(not().and(short())), fails("cmd"));
        assert_eq!(of(short().and(empty())), fails("cmd"));
        assert_eq!(of(not().and(!short())), passes("cmd mshta"));
        assert_eq!(of(not().and(empty())), fails(""));
        assert_eq!(of(long().or(short())), fails("cmd powershell"));
        assert_eq!(of(long().or(empty())), fails(""));
        assert_eq!(of(long().or(not())), passes("mshta"));
        assert_eq!(of(!long()), passes("powershell"));
        assert!(long().or(empty()).passes("") && (!long()).passes("") && !long().and(empty()).passes("powershell"));
    }

    /// Whether a needle is in a text, as a search over small letters finds it.
    fn has(needles: &Needles, text: &str) -> bool {
        let small = text.to_ascii_lowercase();
        needles.any().iter().any(|needle| (0..small.len()).any(|place| needle.is_at(place, small.as_bytes())))
    }

    const NATIVES: [Native; 24] = [
        Native::Equal,
        Native::EqualTilde,
        Native::In,
        Native::InTilde,
        Native::Has,
        Native::HasCs,
        Native::HasPrefix,
        Native::HasPrefixCs,
        Native::HasSuffix,
        Native::HasSuffixCs,
        Native::Contains,
        Native::ContainsCs,
        Native::StartsWith,
        Native::StartsWithCs,
        Native::EndsWith,
        Native::EndsWithCs,
        Native::HasAny,
        Native::HasAll,
        Native::NotHas,
        Native::NotContains,
        Native::NotEqual,
        Native::NotEqualTilde,
        Native::NotIn,
        Native::NotInTilde,
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn a_text_with_the_other_answer_has_a_needle(
            native in 0..NATIVES.len(),
            constants in proptest::collection::vec("[aAkKsSiIıſ\u{212a}äÄ.-]{1,5}", 1..3),
            text in "[aAkKsSiIıſ\u{212a}äÄ.-]{0,4}",
            within in 0..5_usize,
        ) {
            let native = NATIVES[native];
            let pair = matches!(native, Native::In | Native::InTilde | Native::NotIn | Native::NotInTilde | Native::HasAny | Native::HasAll);
            let list: Vec<&str> = constants.iter().take(if pair { 2 } else { 1 }).map(String::as_str).collect();
            let test = test(native, &list);
            // Often the constant itself, its case changed, and letters in the place of others.
            let first = &constants[0];
            let strange: String = first.chars().map(|c| match c {
                'i' | 'I' => 'ı',
                's' | 'S' => 'ſ',
                'k' | 'K' => '\u{212a}',
                other => other,
            }).collect();
            let text = match within {
                0 => text,
                1 => first.clone(),
                2 => first.to_uppercase(),
                3 => format!("{text}.{}", first.to_lowercase()),
                _ => strange,
            };
            if let Some(known) = test.needles() && test.passes(&text) != known.passes {
                prop_assert!(has(&known.needles, &text), "{:?} {:?} {:?} {:?}", native, list, text, known);
            }
        }

        #[test]
        fn a_text_that_matches_a_pattern_has_a_needle(
            parts in proptest::collection::vec(0..PARTS.len(), 1..5),
            which in proptest::collection::vec(0..6_usize, 5),
            flags in "(\\(\\?i\\))?",
            outside in "[aksıſ.-]{0,2}",
        ) {
            let pattern: String = parts.iter().map(|part| PARTS[*part].0).collect();
            let matched = parts.iter().zip(&which).map(|(part, which)| PARTS[*part].1[which % PARTS[*part].1.len()]);
            let text = format!("{outside}{}", matched.collect::<String>());
            let test = test(Native::MatchesRegex, &[&format!("{flags}{pattern}")]);
            if let Some(known) = test.needles() && test.passes(&text) != known.passes {
                prop_assert!(has(&known.needles, &text), "{:?} {:?} {:?}", pattern, text, known);
            }
        }
    }

    /// Parts of patterns, each with texts that it may match.
    const PARTS: &[(&str, &[&str])] = &[
        ("acd", &["acd", "ACD"]),
        ("kis", &["kis", "KIS", "\u{212a}ıſ"]),
        (r"\.exe", &[".exe", ".EXE"]),
        ("[ſé-]a", &["ſa", "éa", "-a"]),
        ("(ab|cd)+", &["ab", "cd", "abcdab", "AB"]),
        ("(ab|cd){2}", &["abcd", "cdcd"]),
        ("x?", &["", "x"]),
        (".*", &["", "abc", "ä"]),
        (r"\s", &[" "]),
        (r"\W+", &["-", "é.", "é"]),
        (r"\b", &[""]),
        ("[k1]bc", &["kbc", "1bc", "\u{212a}bc"]),
        ("ä", &["ä", "Ä"]),
        ("^", &[""]),
    ];

    #[test]
    fn lists_of_dynamic_values_count() {
        let list = Operand::Constant(Value::Dynamic(Json::from(vec!["Evil", "worse"])), Type::Dynamic);
        let operands = [Operand::Column(col("C"), Type::String), list];
        let (_, test) = text_test(Native::HasAny, &operands).unwrap();
        assert_eq!(any(test.needles().map(|known| known.needles.clone())), ["evil", "worse"]);
    }
}
