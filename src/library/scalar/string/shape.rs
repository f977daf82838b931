//! Size, case, parts and joins of texts.

use super::{byte_of, length, long, string};
use crate::library::arguments::{any, json, long as long_at, or_null, real, text};
use crate::library::text::{lower_char, upper_char};
use crate::library::{Accepts, Example, Function, Native, Parameter, ResultName, Returns, Signature, convert};
use crate::value::{Json, Type, Value};

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("strlen", TEXT_TO_LONG, strlen, "The number of code points of a text.")
        .result_name(ResultName::Prefix("strlen"))
        .examples(&[Example::new("strlen('naïve')", "5")])
        .native(Native::Strlen),
    Function::new("string_size", TEXT_TO_LONG, string_size, "The number of bytes of a text in UTF-8.")
        .result_name(ResultName::Prefix("string_size"))
        .examples(&[Example::new("string_size('naïve')", "6")]),
    Function::new("tolower", TEXT_TO_TEXT, tolower, "A text in small letters.")
        .remarks("Letter by letter: no letter becomes several.")
        .examples(&[Example::new("tolower('C:\\\\Windows')", "'c:\\\\windows'")])
        .native(Native::ToLower),
    Function::new("toupper", TEXT_TO_TEXT, toupper, "A text in capitals.")
        .remarks("Letter by letter: no letter becomes several.")
        .examples(&[Example::new("toupper('élan')", "'ÉLAN'")])
        .native(Native::ToUpper),
    Function::new("reverse", ANY_TO_TEXT, reverse, "The text of a value backwards.")
        .examples(&[Example::new("reverse('abc')", "'cba'"), Example::new("reverse(120)", "'021'")])
        .sees_nulls(),
    Function::new(
        "substring",
        &[Signature::new(&[string("source"), long("startingIndex"), long("length").optional()], TEXT)],
        substring,
        "A part of a text, from a position on.")
        .remarks(
            "Positions count from 0, negative ones from the end. A start in front of the text, or behind it, gives an empty \
             text; so does a length that is not positive.",
        )
        .examples(&[
            Example::new("substring('abcdef', 2)", "'cdef'"),
            Example::new("substring('abcdef', 1, 3)", "'bcd'"),
            Example::new("substring('abcdef', -3, 2)", "'de'"),
        ]),
    Function::new("strcat", &[Signature::new(&[VALUES], TEXT)], strcat, "Texts of values, joined.")
        .remarks("Null counts as an empty text.")
        .examples(&[Example::new("strcat('port ', 443, '/', 'tcp')", "'port 443/tcp'")])
        .sees_nulls()
        .native(Native::Strcat),
    Function::new(
        "strcat_delim",
        &[Signature::new(&[string("delimiter"), VALUES], TEXT)],
        strcat_delim,
        "Texts of values, joined with something between them.")
        .examples(&[Example::new("strcat_delim(':', 'host', 8080)", "'host:8080'")])
        .sees_nulls(),
    Function::new(
        "strcat_array",
        &[Signature::new(&[Parameter::new("array", Accepts::Type(Type::Dynamic)), string("delimiter")], TEXT)],
        strcat_array,
        "The elements of a dynamic array, joined with something between them.")
        .aliases(&["array_strcat"])
    .examples(&[Example::new("strcat_array(dynamic(['a', 1, true]), ', ')", "'a, 1, true'")]),
    Function::new(
        "strrep",
        &[Signature::new(
            &[Parameter::new("value", Accepts::Any), long("multiplier"), string("delimiter").optional()],
            TEXT,
        )],
        strrep,
        "The text of a value, again and again.")
        .remarks("At most 1024 times.")
        .examples(&[Example::new("strrep('ab', 3)", "'ababab'"), Example::new("strrep(0, 2, '-')", "'0-0'")]),
    Function::new(
        "strcmp",
        &[Signature::new(&[string("string1"), string("string2")], Returns::Type(Type::Long))],
        strcmp,
        "The order of two texts by code point: -1, 0 or 1.")
        .examples(&[Example::new("strcmp('a', 'b')", "-1"), Example::new("strcmp('a', 'A')", "1")]),
    Function::new(
        "split",
        &[Signature::new(
            &[string("source"), string("delimiter"), long("requestedIndex").optional()],
            Returns::Type(Type::Dynamic),
        )],
        split,
        "The parts of a text between delimiters, as a dynamic array.").result_name(ResultName::FirstArgument)
        .remarks("With an index, an array of that part only, empty where there is none. An empty delimiter parts nothing.")
        .examples(&[
            Example::new("split('a,b,,c', ',')", "dynamic(['a', 'b', '', 'c'])"),
            Example::new("split('a,b,c', ',', 1)", "dynamic(['b'])"),
        ]),
    Function::new(
        "translate",
        &[Signature::new(&[string("searchList"), string("replacementList"), string("source")], TEXT)],
        translate,
        "A text whose characters are exchanged one for one.")
        .remarks("A shorter list of replacements goes on with its last character; an empty one deletes.")
        .examples(&[
            Example::new("translate('abc', 'xyz', 'aabbcc')", "'xxyyzz'"),
            Example::new("translate('0123456789', '#', 'id 407')", "'id ###'"),
        ]),
    Function::new("isascii", TEXT_TO_BOOL, isascii, "Whether a text is all ASCII.")
        .examples(&[Example::new("isascii('cmd.exe')", "true"), Example::new("isascii('сmd.exe')", "false")]),
    Function::new("isutf8", TEXT_TO_BOOL, isutf8, "Whether a text is valid UTF-8; texts here always are.")
        .examples(&[Example::new("isutf8('любой')", "true")]),
    Function::new(
        "format_bytes",
        &[Signature::new(
            &[
                Parameter::new("size", Accepts::Number),
                long("precision").optional(),
                string("units").optional(),
                long("base").optional(),
            ],
            TEXT,
        )],
        format_bytes,
        "A number of bytes, with the unit that suits it.").result_name(ResultName::FirstArgument)
        .remarks("Without a unit, the largest in which the number is at least 1. A unit holds 1024 of the one below, or `base`.")
        .examples(&[
            Example::new("format_bytes(2048)", "'2 KB'"),
            Example::new("format_bytes(1600000, 1)", "'1.5 MB'"),
            Example::new("format_bytes(1536, 1, 'Bytes')", "'1536 Bytes'"),
        ]),
];

const TEXT: Returns = Returns::Type(Type::String);
const VALUES: Parameter = Parameter::new("value", Accepts::Any).repeats();
const TEXT_TO_LONG: &[Signature] = &[Signature::new(&[string("source")], Returns::Type(Type::Long))];
const TEXT_TO_TEXT: &[Signature] = &[Signature::new(&[string("source")], TEXT)];
const TEXT_TO_BOOL: &[Signature] = &[Signature::new(&[string("text")], Returns::Type(Type::Bool))];
const ANY_TO_TEXT: &[Signature] = &[Signature::new(&[Parameter::new("value", Accepts::Any)], TEXT)];

/// The most that `strrep` repeats.
const MOST_REPEATS: i64 = 1024;

fn string_of(text: impl Into<String>) -> Value {
    Value::String(text.into())
}

fn long_of(count: usize) -> Value {
    or_null(i64::try_from(count).ok(), Value::Long)
}

fn strlen(arguments: &[Value]) -> Value {
    long_of(length(text(arguments, 0)))
}

fn string_size(arguments: &[Value]) -> Value {
    long_of(text(arguments, 0).len())
}

fn tolower(arguments: &[Value]) -> Value {
    Value::String(text(arguments, 0).chars().map(lower_char).collect())
}

fn toupper(arguments: &[Value]) -> Value {
    Value::String(text(arguments, 0).chars().map(upper_char).collect())
}

fn reverse(arguments: &[Value]) -> Value {
    Value::String(convert::text(any(arguments, 0)).chars().rev().collect())
}

fn substring(arguments: &[Value]) -> Value {
    let source = text(arguments, 0);
    let start = long_at(arguments, 1).unwrap_or(0);
    let wanted = if arguments.len() > 2 { long_at(arguments, 2).unwrap_or(0) } else { i64::MAX };
    let from = if start < 0 { i64::try_from(length(source)).unwrap_or(0).saturating_add(start) } else { start };
    let Ok(from) = usize::try_from(from) else { return string_of("") };
    let rest = source.get(byte_of(source, from)..).unwrap_or_default();
    let count = usize::try_from(wanted).unwrap_or(0);
    string_of(rest.get(..byte_of(rest, count)).unwrap_or_default())
}

/// The texts of values with something between them.
fn join(values: &[Value], delimiter: &str) -> Value {
    let mut joined = String::new();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            joined.push_str(delimiter);
        }
        joined.push_str(&convert::text(value));
    }
    Value::String(joined)
}

fn strcat(arguments: &[Value]) -> Value {
    join(arguments, "")
}

fn strcat_delim(arguments: &[Value]) -> Value {
    join(arguments.get(1..).unwrap_or_default(), text(arguments, 0))
}

fn strcat_array(arguments: &[Value]) -> Value {
    let Some(Json::Array(items)) = json(arguments, 0) else { return string_of("") };
    let parts: Vec<_> = items.iter().map(convert::json_text).collect();
    Value::String(parts.join(text(arguments, 1)))
}

fn strrep(arguments: &[Value]) -> Value {
    let part = convert::text(any(arguments, 0));
    let count = long_at(arguments, 1).unwrap_or(0).clamp(0, MOST_REPEATS);
    let parts = vec![part.as_ref(); usize::try_from(count).unwrap_or(0)];
    Value::String(parts.join(text(arguments, 2)))
}

fn strcmp(arguments: &[Value]) -> Value {
    Value::Long(text(arguments, 0).cmp(text(arguments, 1)) as i64)
}

fn split(arguments: &[Value]) -> Value {
    let (source, delimiter) = (text(arguments, 0), text(arguments, 1));
    let part = |text: &str| Json::String(text.to_owned());
    let mut parts: Vec<Json> =
        if delimiter.is_empty() { vec![part(source)] } else { source.split(delimiter).map(part).collect() };
    if let Some(index) = long_at(arguments, 2) {
        let chosen = usize::try_from(index).ok().and_then(|index| parts.into_iter().nth(index));
        parts = chosen.into_iter().collect();
    }
    Value::Dynamic(Json::Array(parts))
}

fn translate(arguments: &[Value]) -> Value {
    let (search, replacement) = (text(arguments, 0), text(arguments, 1));
    let replaced = |c: char| match search.chars().position(|s| s == c) {
        Some(at) => replacement.chars().nth(at).or_else(|| replacement.chars().next_back()),
        None => Some(c),
    };
    Value::String(text(arguments, 2).chars().filter_map(replaced).collect())
}

fn isascii(arguments: &[Value]) -> Value {
    Value::Bool(text(arguments, 0).is_ascii())
}

fn isutf8(_: &[Value]) -> Value {
    Value::Bool(true)
}

fn format_bytes(arguments: &[Value]) -> Value {
    const UNITS: [&str; 7] = ["Bytes", "KB", "MB", "GB", "TB", "PB", "EB"];
    let size = real(arguments, 0).unwrap_or(0.0);
    let precision = usize::try_from(long_at(arguments, 1).unwrap_or(0)).unwrap_or(0).min(15);
    let base = long_at(arguments, 3).filter(|base| *base > 1).unwrap_or(1024) as f64;
    let wanted = UNITS.iter().position(|unit| unit.eq_ignore_ascii_case(text(arguments, 2)));
    let (mut value, mut unit) = (size, 0);
    while wanted.map_or(value.abs() >= base && unit + 1 < UNITS.len(), |wanted| unit < wanted) {
        value /= base;
        unit += 1;
    }
    let number = format!("{value:.precision$}");
    let number = if precision > 0 { number.trim_end_matches('0').trim_end_matches('.') } else { &number };
    Value::String(format!("{number} {}", UNITS.get(unit).unwrap_or(&"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sub(source: &str, start: i64, length: i64) -> Value {
        substring(&[string_of(source), Value::Long(start), Value::Long(length)])
    }

    #[test]
    fn parts_of_texts() {
        assert_eq!(sub("größer", 2, 2), string_of("öß"));
        assert_eq!(sub("größer", -2, 9), string_of("er"));
        assert_eq!(sub("ab", -3, 3), string_of(""));
        assert_eq!(sub("ab", 1, -1), string_of(""));
        assert_eq!(sub("ab", 7, 1), string_of(""));
    }

    #[test]
    fn bytes_in_units() {
        let bytes = |n, precision| format_bytes(&[Value::Long(n), Value::Long(precision)]);
        assert_eq!(bytes(1023, 0), string_of("1023 Bytes"));
        assert_eq!(bytes(1 << 20, 2), string_of("1 MB"));
        assert_eq!(bytes(-1536, 1), string_of("-1.5 KB"));
    }
}
