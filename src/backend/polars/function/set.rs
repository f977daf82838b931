//! Membership in lists: `in`, `in~`, `has_any`, `has_all`. The list is constant and is prepared once for a query.

use super::needles::Needles;
use super::question::TextTest;
use super::starts::Starts;
use super::text::{same, test};
use crate::backend::polars::kernel;
use crate::backend::polars::operand::Operand;
use crate::library::convert::json_text;
use crate::library::text::{Matcher, Place, fold};
use crate::mirror::terms;
use crate::value::{Json, Type, Value, datetime, timespan};
use ::polars::prelude::{Expr, PlHashMap, PlHashSet};
use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use std::collections::HashSet;

/// So few texts are compared one by one.
const FEW: usize = 8;

/// A value as it is compared: equal keys for equal values.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Bits(i64),
    Wide(u128),
    Text(String),
}

/// Whether a value is one of the values.
pub(in crate::backend::polars) fn in_values(
    value: &Operand,
    values: &[Value],
    case_sensitive: bool,
    negated: bool,
) -> Operand {
    if let (Operand::Column(expr, Type::String), true) = (value, values.iter().all(|v| v.as_str().is_some())) {
        let texts = values.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let found = in_texts(texts, case_sensitive, negated);
        return Operand::Column(test(expr.clone(), "in table", found), Type::Bool);
    }
    let fold = !case_sensitive;
    let keys: HashSet<Key> = values.iter().filter_map(|v| key(v, fold)).collect();
    let found = move |row: &[Value]| {
        let found = row.first().and_then(|v| key(v, fold)).is_some_and(|k| keys.contains(&k));
        Value::Bool(found != negated)
    };
    match value {
        Operand::Constant(value, _) => Operand::Constant(found(std::slice::from_ref(value)), Type::Bool),
        Operand::Column(expr, ty) => {
            Operand::Column(kernel::map_rows(vec![(expr.clone(), *ty)], Type::Bool, found), Type::Bool)
        }
    }
}

/// The key of a value; none for null and NaN, which equal nothing.
fn key(value: &Value, folded: bool) -> Option<Key> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(b) => Key::Bits(i64::from(*b)),
        Value::Int(n) => Key::Bits(i64::from(*n)),
        Value::Long(n) | Value::Datetime(n) | Value::Timespan(n) => Key::Bits(*n),
        Value::Real(x) if x.is_nan() => return None,
        // Both zeros are one value.
        Value::Real(x) => Key::Bits((x + 0.0).to_bits().cast_signed()),
        Value::Guid(g) => Key::Wide(*g),
        Value::Decimal(d) => Key::Text(d.normalize().to_string()),
        Value::String(text) if folded => Key::Text(fold(text)),
        Value::String(text) => Key::Text(text.clone()),
        Value::Dynamic(json) => Key::Text(json.to_string()),
    })
}

/// The value and the constant items of a list.
fn parts(operands: &[Operand]) -> Option<(&Operand, Vec<&Value>)> {
    let (value, items) = operands.split_first()?;
    Some((value, items.iter().map(Operand::constant).collect::<Option<Vec<&Value>>>()?))
}

/// The elements of a dynamic array; another dynamic value is a list of itself.
fn elements(json: &Json) -> &[Json] {
    match json {
        Json::Array(items) => items,
        Json::Null => &[],
        other => std::slice::from_ref(other),
    }
}

/// `in` over texts.
pub(super) fn is_in_texts(operands: &[Operand], negated: bool) -> Option<TextTest> {
    let (value, items) = parts(operands)?;
    (value.ty() == Type::String).then(|| in_texts(exact_texts(&items), true, negated))
}

/// `in` over whole numbers and times.
pub(super) fn is_in(operands: &[Operand], negated: bool) -> Option<Expr> {
    let (value, items) = parts(operands)?;
    let ty = value.ty();
    if !matches!(ty, Type::Int | Type::Long | Type::Datetime | Type::Timespan) {
        return None;
    }
    let mut whole: HashSet<i64> = HashSet::new();
    for item in items {
        match item {
            Value::Dynamic(list) => {
                for json in elements(list) {
                    whole.extend(whole_of(json, ty)?);
                }
            }
            other => whole.extend(other.as_i64().or_else(|| other.as_ticks())),
        }
    }
    Some(super::time::test_whole(value.expr(), move |n| n.is_some_and(|n| whole.contains(&n)) != negated))
}

/// The whole number or ticks that an element stands for; the outer none where only the kernel can tell.
fn whole_of(json: &Json, ty: Type) -> Option<Option<i64>> {
    match (ty, json) {
        (Type::Datetime, Json::String(text)) => Some(datetime::parse(text)),
        (Type::Timespan, Json::String(text)) => Some(timespan::parse(text)),
        (Type::Int | Type::Long, Json::Number(n)) => n.as_i64().map(Some),
        (Type::Int | Type::Long, Json::String(_) | Json::Bool(_) | Json::Null) => Some(None),
        _ => None,
    }
}

/// The texts that `in` compares a text with: only texts.
fn exact_texts(items: &[&Value]) -> Vec<String> {
    let mut texts = Vec::new();
    for item in items {
        match item {
            Value::String(text) => texts.push(text.clone()),
            Value::Dynamic(list) => {
                texts.extend(elements(list).iter().filter_map(Json::as_str).map(str::to_owned));
            }
            _ => {}
        }
    }
    texts
}

/// The texts of a list whose elements count as their text.
fn all_texts(items: &[&Value]) -> Vec<String> {
    let mut texts = Vec::new();
    for item in items {
        match item {
            Value::String(text) => texts.push(text.clone()),
            Value::Dynamic(list) => texts.extend(elements(list).iter().map(|json| json_text(json).into_owned())),
            _ => {}
        }
    }
    texts
}

/// Whether a text is one of these.
pub(in crate::backend::polars) fn in_texts(texts: Vec<String>, case_sensitive: bool, negated: bool) -> TextTest {
    if case_sensitive {
        let needles = Needles::exact(&texts);
        let starts = Starts::exact(&texts);
        let texts: HashSet<String> = texts.into_iter().collect();
        let test = TextTest::new(move |text| texts.contains(text) != negated);
        return test.without(needles, negated).otherwise(starts, negated);
    }
    let folded: Vec<String> = texts.iter().map(|text| fold(text)).collect();
    let needles = Needles::folded(&folded);
    if folded.len() <= FEW {
        let test = TextTest::new(move |text| folded.iter().any(|known| same(text, known)) != negated);
        return test.without(needles, negated);
    }
    let starts = Starts::folded(&folded);
    let folded: PlHashSet<Vec<u8>> = folded.into_iter().map(String::into_bytes).collect();
    let longest = folded.iter().map(Vec::len).max().unwrap_or(0);
    let test = TextTest::new(move |text| folded_in(text, &folded, longest) != negated);
    test.without(needles, negated).otherwise(starts, negated)
}

/// Whether a text is one of some folded ones.
fn folded_in(text: &str, folded: &PlHashSet<Vec<u8>>, longest: usize) -> bool {
    // Folding an ASCII text keeps its length; a letter beyond may change it.
    if !text.is_ascii() {
        return folded.contains(fold(text).as_bytes());
    }
    let mut buffer = [0_u8; 128];
    match buffer.get_mut(..text.len()) {
        _ if text.len() > longest => false,
        Some(copy) => {
            copy.copy_from_slice(text.as_bytes());
            copy.make_ascii_uppercase();
            folded.contains(&*copy)
        }
        None => folded.contains(text.to_ascii_uppercase().as_bytes()),
    }
}

/// `in~` over texts.
pub(super) fn is_in_tilde(operands: &[Operand], negated: bool) -> Option<TextTest> {
    let (value, items) = parts(operands)?;
    if value.ty() != Type::String || items.iter().any(|item| item.is_null()) {
        return None;
    }
    Some(in_texts(all_texts(&items), false, negated))
}

/// `has_any`: one automaton finds all terms in one pass.
pub(super) fn has_any(operands: &[Operand]) -> Option<TextTest> {
    let (value, items) = parts(operands)?;
    if value.ty() != Type::String || items.iter().any(|item| item.is_null()) {
        return None;
    }
    let texts = all_texts(&items);
    let needles = Needles::matched(&texts);
    let terms = Terms::new(texts)?;
    Some(TextTest::new(move |text| terms.any(text)).without(needles, false))
}

/// So many terms, and more, are found by the keys of a text's own terms: an automaton of them takes long to build.
const MANY: usize = 200;

/// Terms, to be found in one pass.
struct Terms {
    /// Terms of ASCII, in the automaton's order; no other letter matches one of theirs, whatever the case.
    ascii: Vec<Matcher<'static>>,
    finder: Finder,
    /// Terms to be looked for one by one: those with other letters, and those without letter and digit.
    others: Vec<Matcher<'static>>,
}

/// How terms of ASCII are found.
enum Finder {
    Automaton(AhoCorasick),
    /// The numbers of those whose longest part of letters and digits has this key.
    Keys(PlHashMap<u64, Vec<u32>>),
}

impl Terms {
    fn new(terms: Vec<String>) -> Option<Terms> {
        if terms.len() >= MANY {
            let (ascii, others): (Vec<String>, Vec<String>) =
                terms.into_iter().partition(|term| term.is_ascii() && longest_key(term).is_some());
            let mut keys: PlHashMap<u64, Vec<u32>> = PlHashMap::default();
            for (number, term) in ascii.iter().enumerate() {
                keys.entry(longest_key(term)?).or_default().push(number as u32);
            }
            return Some(Terms { ascii: matchers(ascii), finder: Finder::Keys(keys), others: matchers(others) });
        }
        let (ascii, others): (Vec<String>, Vec<String>) = terms.into_iter().partition(|term| term.is_ascii());
        let automaton = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(&ascii).ok()?;
        Some(Terms { ascii: matchers(ascii), finder: Finder::Automaton(automaton), others: matchers(others) })
    }

    fn any(&self, text: &str) -> bool {
        let found = match &self.finder {
            Finder::Automaton(automaton) => automaton.find_overlapping_iter(text).any(|at| {
                self.ascii.get(at.pattern().as_usize()).is_some_and(|term| term.is_match_at(text, at.start()))
            }),
            Finder::Keys(keys) => {
                let mut found = false;
                terms::keys(text, |key| {
                    let numbers = keys.get(&key).into_iter().flatten();
                    let mut terms = numbers.filter_map(|number| self.ascii.get(*number as usize));
                    found = found || terms.any(|term| term.is_match(text));
                });
                found
            }
        };
        found || self.others.iter().any(|term| term.is_match(text))
    }
}

/// The key of the longest part of letters and digits.
fn longest_key(term: &str) -> Option<u64> {
    let longest = term.split(|c: char| !c.is_ascii_alphanumeric()).max_by_key(|part| part.len())?;
    let mut found = None;
    terms::keys(longest, |key| found = Some(key));
    found
}

fn matchers(terms: Vec<String>) -> Vec<Matcher<'static>> {
    terms.into_iter().map(|term| Matcher::owned(term, Place::TERM, false)).collect()
}

/// `has_all`, over few terms.
pub(super) fn has_all(operands: &[Operand]) -> Option<TextTest> {
    let (value, items) = parts(operands)?;
    if value.ty() != Type::String || items.iter().any(|item| item.is_null()) {
        return None;
    }
    let texts = all_texts(&items);
    let needles = texts.iter().filter_map(|text| Needles::matched([text])).reduce(Needles::rarer);
    let terms = matchers(texts);
    Some(TextTest::new(move |text| terms.iter().all(|term| term.is_match(text))).without(needles, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_terms_are_found_as_few_are() {
        let many = |terms: &[&str]| {
            let fill = (0..MANY).map(|n| format!("nowhere{n}.example"));
            Terms::new(fill.chain(terms.iter().map(|t| (*t).to_owned())).collect()).unwrap()
        };
        let wanted = ["ab-cd", "Evil.Example", "ärger", "--", "x1"];
        let (few, many) = (Terms::new(wanted.map(str::to_owned).to_vec()).unwrap(), many(&wanted));
        let texts = [
            "an AB-CD here",
            "xab-cd",
            "ab-cdx",
            "ab cd",
            "evil.example",
            "http://evil.EXAMPLE/x",
            "evil.examples",
            "ÄRGER",
            "ärgern",
            "a--b",
            "X1",
            "x12",
            "éx1",
            "x1é",
            "",
            "nothing",
            "ſx1",
        ];
        for text in texts {
            assert_eq!(many.any(text), few.any(text), "{text}");
        }
        assert!(many.any("see nowhere7.EXAMPLE") && !many.any("see nowhere7000.example"));
    }

    #[test]
    fn folded_texts_are_found_whatever_their_case_and_length() {
        let long = "x".repeat(200);
        let folded: PlHashSet<Vec<u8>> = ["abc", "ärger", &long].iter().map(|t| fold(t).into_bytes()).collect();
        let longest = folded.iter().map(Vec::len).max().unwrap();
        for text in ["ABC", "aBc", "ÄRGER", &long.to_uppercase()] {
            assert!(folded_in(text, &folded, longest), "{text}");
        }
        for text in ["", "abcd", "arger", &"y".repeat(200), &"x".repeat(300)] {
            assert!(!folded_in(text, &folded, longest), "{text}");
        }
    }
}
