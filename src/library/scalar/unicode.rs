//! Code points and punycode.

use crate::library::arguments::text;
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature};
use crate::value::{Json, Type, Value};
use idna::punycode;

const STRING: Returns = Returns::Type(Type::String);
const TEXT: &[Signature] = &[Signature::new(&[Parameter::new("source", Accepts::Type(Type::String))], STRING)];

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "unicode_codepoints_from_string",
        &[Signature::new(&[Parameter::new("source", Accepts::Type(Type::String))], Returns::Type(Type::Dynamic))],
        |a| Value::Dynamic(text(a, 0).chars().map(|c| Json::from(u32::from(c))).collect()),
        "Array of the code points of a text.",
    )
    .aliases(&["to_utf8"])
    .examples(&[Example::new("unicode_codepoints_from_string('KQL')", "dynamic([75, 81, 76])")]),
    Function::new(
        "unicode_codepoints_to_string",
        &[Signature::new(
            &[Parameter::new("codepoint", Accepts::OneOf(&[Type::Dynamic, Type::Int, Type::Long])).repeats()],
            STRING,
        )],
        from_codepoints,
        "The text of code points, or of arrays of them.",
    )
    .aliases(&["make_string"])
    .remarks("What is no code point is left out.")
    .examples(&[
        Example::new("unicode_codepoints_to_string(75, 81, 76)", "'KQL'"),
        Example::new("unicode_codepoints_to_string(dynamic([75, 81]), 76)", "'KQL'"),
    ]),
    Function::new(
        "punycode_from_string",
        TEXT,
        |a| Value::String(punycode::encode_str(text(a, 0)).unwrap_or_default()),
        "A text in punycode, without the `xn--` of domain names.",
    )
    .examples(&[Example::new("punycode_from_string('münchen')", "'mnchen-3ya'")]),
    Function::new(
        "punycode_to_string",
        TEXT,
        |a| Value::String(punycode::decode_to_string(text(a, 0)).unwrap_or_default()),
        "The text that is written in punycode, without the `xn--` of domain names.",
    )
    .examples(&[Example::new("punycode_to_string('mnchen-3ya')", "'münchen'")]),
    Function::new(
        "punycode_domain_to_string",
        TEXT,
        |a| Value::String(each_label(text(a, 0), encode_label)),
        "A domain name in ASCII: labels with other characters in punycode after `xn--`.",
    )
    .remarks("Case and blanks stay as they are; ideographic full stops become dots.")
    .examples(&[Example::new("punycode_domain_to_string('münchen.example')", "'xn--mnchen-3ya.example'")]),
    Function::new(
        "punycode_domain_from_string",
        TEXT,
        |a| Value::String(each_label(text(a, 0), decode_label)),
        "A domain name whose punycode labels are written out.",
    )
    .remarks("A label whose punycode is broken stays as it is.")
    .examples(&[Example::new("punycode_domain_from_string('xn--mnchen-3ya.example')", "'münchen.example'")]),
];

fn from_codepoints(arguments: &[Value]) -> Value {
    let points = arguments.iter().flat_map(|argument| match argument {
        Value::Dynamic(Json::Array(items)) => items.iter().filter_map(Json::as_i64).collect(),
        Value::Dynamic(json) => json.as_i64().into_iter().collect::<Vec<i64>>(),
        number => number.as_i64().into_iter().collect(),
    });
    Value::String(points.filter_map(|point| char::from_u32(u32::try_from(point).ok()?)).collect())
}

/// Rewrites the labels of a domain name; the full stops of other scripts separate labels too.
fn each_label(domain: &str, rewrite: fn(&str) -> String) -> String {
    domain.split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}']).map(rewrite).collect::<Vec<_>>().join(".")
}

fn encode_label(label: &str) -> String {
    if label.is_ascii() {
        return label.to_owned();
    }
    punycode::encode_str(label).map_or_else(|| label.to_owned(), |encoded| format!("xn--{encoded}"))
}

fn decode_label(label: &str) -> String {
    label.strip_prefix("xn--").and_then(punycode::decode_to_string).unwrap_or_else(|| label.to_owned())
}
