//! Searching texts for other texts, and replacing them.

use super::{byte_of, length, long, point_of, string};
use crate::library::arguments::{any, constant_text, json, long as long_at, or_null, text};
use crate::library::text::{Matcher, Place};
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature, convert, regex};
use crate::value::{Json, Type, Value};
use aho_corasick::{AhoCorasick, MatchKind};

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "indexof",
        &[Signature::new(
            &[
                Parameter::new("string", Accepts::Any),
                Parameter::new("match", Accepts::Any),
                long("start").optional(),
                long("length").optional(),
                long("occurrence").optional(),
            ],
            Returns::Type(Type::Long),
        )],
        indexof,
        "The position of a text in another; -1 where it does not occur.",
    )
    .remarks(
        "Positions count from 0; a negative start counts from the end. An occurrence must start within `length` code points \
         (-1: all). Null for an empty `match`, or an occurrence below 1.",
    )
    .examples(&[
        Example::new("indexof('banana', 'an')", "1"),
        Example::new("indexof('banana', 'an', 0, -1, 2)", "3"),
        Example::new("indexof('banana', 'x')", "-1"),
    ]),
    Function::new(
        "indexof_regex",
        &[Signature::new(
            &[
                Parameter::new("string", Accepts::Any),
                string("match"),
                long("start").optional(),
                long("length").optional(),
                long("occurrence").optional(),
            ],
            Returns::Type(Type::Long),
        )],
        indexof_regex,
        "The position at which a regular expression matches; -1 where it does not.",
    )
    .remarks("Matches do not overlap, and must lie within `length` code points (-1: all). Null for a negative start.")
    .examples(&[
        Example::new("indexof_regex('id=42;id=7', @'\\d+')", "3"),
        Example::new("indexof_regex('id=42;id=7', @'\\d+', 0, -1, 2)", "9"),
    ])
    .check(|constants| constant_text(constants, 1).map_or(Ok(()), regex::check)),
    Function::new(
        "countof",
        &[Signature::new(
            &[string("source"), string("search"), string("kind").optional().constant()],
            Returns::Type(Type::Long),
        )],
        countof,
        "How often a text, or a match of a regular expression, occurs.",
    )
    .remarks("The kind is `normal` (occurrences may overlap) or `regex` (they do not).")
    .examples(&[
        Example::new("countof('aaa', 'aa')", "2"),
        Example::new("countof('a1b22', @'\\d+', 'regex')", "2"),
    ])
    .check(check_countof),
    Function::new(
        "has_any_index",
        &[Signature::new(
            &[string("source"), Parameter::new("values", Accepts::Type(Type::Dynamic))],
            Returns::Type(Type::Long),
        )],
        has_any_index,
        "The position in an array of the first term that a text has; -1 where it has none.",
    )
    .remarks("Terms as in `has`, whatever their case.")
    .examples(&[Example::new("has_any_index('net user /add', dynamic(['whoami', 'user', 'net']))", "1")]),
    Function::new(
        "replace_string",
        &[Signature::new(&[string("text"), string("lookup"), string("rewrite")], TEXT)],
        replace_string,
        "A text with all occurrences of another replaced.",
    )
    .remarks("With regard to case. An empty lookup replaces nothing.")
    .examples(&[Example::new("replace_string('a.b.c', '.', '/')", "'a/b/c'")]),
    Function::new(
        "replace_strings",
        &[Signature::new(
            &[
                string("text"),
                Parameter::new("lookups", Accepts::Type(Type::Dynamic)),
                Parameter::new("rewrites", Accepts::Type(Type::Dynamic)),
            ],
            TEXT,
        )],
        replace_strings,
        "A text with occurrences of several others replaced, each by its own.",
    )
    .remarks("In one pass: what was put in is not replaced again. A replacement that is no string keeps the text.")
    .examples(&[Example::new("replace_strings('a-b', dynamic(['a', 'b']), dynamic(['b', 'c']))", "'b-c'")]),
];

const TEXT: Returns = Returns::Type(Type::String);

/// Where to look, from the optional arguments of `indexof` and `indexof_regex`.
struct Window {
    /// Byte at which the search starts.
    from: usize,
    /// Code points that it spans; `None`: up to the end.
    length: Option<usize>,
    /// The wanted occurrence, from 0.
    occurrence: usize,
}

/// `None` where the arguments make no sense.
fn window(arguments: &[Value], source: &str, start: i64) -> Option<Window> {
    let length = match long_at(arguments, 3) {
        None | Some(-1) => None,
        Some(n) => Some(usize::try_from(n).ok()?),
    };
    let occurrence = usize::try_from(long_at(arguments, 4).unwrap_or(1)).ok()?.checked_sub(1)?;
    Some(Window { from: byte_of(source, usize::try_from(start).ok()?), length, occurrence })
}

/// A found byte as a code point, or -1.
fn position(source: &str, found: Option<usize>) -> Value {
    let point = found.map(|byte| point_of(source, byte)).and_then(|point| i64::try_from(point).ok());
    Value::Long(point.unwrap_or(-1))
}

fn indexof(arguments: &[Value]) -> Value {
    let source = convert::text(any(arguments, 0));
    let needle = convert::text(any(arguments, 1));
    let start = match long_at(arguments, 2).unwrap_or(0) {
        start if start < 0 => i64::try_from(length(&source)).unwrap_or(0).saturating_add(start).max(0),
        start => start,
    };
    let Some(window) = window(arguments, &source, start).filter(|_| !needle.is_empty()) else { return Value::Null };
    let rest = source.get(window.from..).unwrap_or_default();
    let mut found = rest.match_indices(needle.as_ref()).map(|(byte, _)| byte);
    let within = |byte: &usize| window.length.is_none_or(|length| point_of(rest, *byte) < length);
    position(&source, found.nth(window.occurrence).filter(within).map(|byte| window.from + byte))
}

fn indexof_regex(arguments: &[Value]) -> Value {
    let source = convert::text(any(arguments, 0));
    let start = long_at(arguments, 2).unwrap_or(0);
    let (Some(window), Some(regex)) = (window(arguments, &source, start), regex::compiled(text(arguments, 1))) else {
        return Value::Null;
    };
    let rest = source.get(window.from..).unwrap_or_default();
    let end = window.length.map_or(rest.len(), |length| byte_of(rest, length));
    let found = rest.get(..end).and_then(|part| regex.find_iter(part).nth(window.occurrence).map(|m| m.start()));
    position(&source, found.map(|byte| window.from + byte))
}

fn check_countof(constants: &[Option<Value>]) -> Result<(), String> {
    match constant_text(constants, 2) {
        None | Some("normal") => Ok(()),
        Some("regex") => constant_text(constants, 1).map_or(Ok(()), regex::check),
        Some(other) => Err(format!("`{other}` is no kind of search: it is `normal` or `regex`")),
    }
}

fn countof(arguments: &[Value]) -> Value {
    let (source, search) = (text(arguments, 0), text(arguments, 1));
    let count = match text(arguments, 2) {
        _ if search.is_empty() => Some(0),
        "" | "normal" => Some(overlapping(source, search)),
        "regex" => regex::compiled(search).map(|regex| regex.find_iter(source).count()),
        _ => None,
    };
    or_null(count.and_then(|count| i64::try_from(count).ok()), Value::Long)
}

/// Occurrences that may overlap.
fn overlapping(source: &str, search: &str) -> usize {
    let finder = memchr::memmem::Finder::new(search);
    let (mut from, mut count) = (0, 0);
    while let Some(found) = source.as_bytes().get(from..).and_then(|rest| finder.find(rest)) {
        count += 1;
        from += found + 1;
    }
    count
}

fn has_any_index(arguments: &[Value]) -> Value {
    let source = text(arguments, 0);
    let has = |item: &Json| Matcher::new(&convert::json_text(item), Place::TERM, false).is_match(source);
    let found = match json(arguments, 1) {
        Some(Json::Array(items)) => items.iter().position(has),
        _ => None,
    };
    Value::Long(found.and_then(|index| i64::try_from(index).ok()).unwrap_or(-1))
}

fn replace_string(arguments: &[Value]) -> Value {
    let (source, lookup) = (text(arguments, 0), text(arguments, 1));
    let unchanged = lookup.is_empty();
    Value::String(if unchanged { source.to_owned() } else { source.replace(lookup, text(arguments, 2)) })
}

fn replace_strings(arguments: &[Value]) -> Value {
    let source = text(arguments, 0);
    let (Some(Json::Array(lookups)), Some(Json::Array(rewrites))) = (json(arguments, 1), json(arguments, 2)) else {
        return Value::String(source.to_owned());
    };
    let patterns: Vec<_> = lookups.iter().map(convert::json_text).collect();
    // An empty lookup would match between all characters.
    let usable = !patterns.iter().any(|pattern| pattern.is_empty());
    let mut builder = AhoCorasick::builder();
    let finder = builder.match_kind(MatchKind::LeftmostFirst).build(patterns.iter().map(|p| p.as_bytes())).ok();
    let Some(finder) = finder.filter(|_| usable) else { return Value::String(source.to_owned()) };
    let mut replaced = String::with_capacity(source.len());
    finder.replace_all_with(source, &mut replaced, |found, matched, out| {
        let rewrite = rewrites.get(found.pattern().as_usize()).and_then(Json::as_str);
        out.push_str(rewrite.unwrap_or(matched));
        true
    });
    Value::String(replaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_value(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    #[test]
    fn windows_of_a_search() {
        let find = |rest: &[i64]| {
            let mut arguments = vec![text_value("ßabcab"), text_value("ab")];
            arguments.extend(rest.iter().map(|n| Value::Long(*n)));
            indexof(&arguments)
        };
        assert_eq!(find(&[]), Value::Long(1));
        assert_eq!(find(&[2]), Value::Long(4));
        assert_eq!(find(&[-2]), Value::Long(4));
        assert_eq!(find(&[0, 4, 2]), Value::Long(-1), "it starts at 4, behind the window");
        assert_eq!(find(&[0, 5, 2]), Value::Long(4), "its end may lie behind the window");
        assert_eq!(find(&[0, -1, 0]), Value::Null);
        assert_eq!(find(&[0, -2]), Value::Null);
    }

    #[test]
    fn replacements_are_not_replaced_again() {
        let json = |json| Value::Dynamic(json);
        let replaced = replace_strings(&[
            text_value("one two one"),
            json(serde_json::json!(["one", "two"])),
            json(serde_json::json!(["two", 2])),
        ]);
        assert_eq!(replaced, text_value("two two two"));
    }
}
