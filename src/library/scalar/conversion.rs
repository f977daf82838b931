//! Conversions between types, and questions about types.

use crate::library::arguments::{any, long, or_null};
use crate::library::{Accepts, Example, Function, Native, Parameter, ResultName, Returns, Signature, convert};
use crate::value::{Json, Type, Value};

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("tostring", &[ANY_TO_STRING], tostring, "The text of a value.")
        .result_name(ResultName::FirstArgument)
        .remarks(
            "`\"\"` for null. A bool gives `True` or `False`, a real always has a point, a dynamic string gives itself and \
             other dynamic values their JSON.",
        )
        .examples(&[
            Example::new("tostring(42)", "'42'"),
            Example::new("tostring(1.0)", "'1.0'"),
            Example::new("tostring(dynamic({'a': [1, 2]}))", "'{\"a\":[1,2]}'"),
        ])
        .sees_nulls()
        .native(Native::ToString),
    Function::new("tolong", &[any_to(Type::Long)], tolong, "A value as a whole number of 64 bits.")
        .result_name(ResultName::FirstArgument)
        .remarks("Reals are cut towards zero. A text must be a whole number, in decimal or `0x` hex; others give null.")
        .examples(&[
            Example::new("tolong('42')", "42"),
            Example::new("tolong(-2.9)", "-2"),
            Example::new("tolong('2.9')", "long(null)"),
        ])
        .native(Native::ToLong),
    Function::new("toint", &[any_to(Type::Int)], toint, "A value as a whole number of 32 bits.")
        .result_name(ResultName::FirstArgument)
        .remarks("Reals are cut towards zero. A text that does not fit, or is no whole number, gives null.")
        .examples(&[Example::new("toint('7')", "int(7)"), Example::new("toint('99999999999')", "int(null)")])
        .native(Native::ToInt),
    Function::new("toreal", &[any_to(Type::Real)], toreal, "A value as a real.")
        .result_name(ResultName::FirstArgument)
        .aliases(&["todouble"])
        .remarks("A datetime or timespan gives its ticks. A text that is no number gives null.")
        .examples(&[Example::new("toreal('2.5')", "2.5"), Example::new("toreal(true)", "1.0")])
        .native(Native::ToReal),
    Function::new("todecimal", &[any_to(Type::Decimal)], todecimal, "A value as a decimal.")
        .result_name(ResultName::FirstArgument)
        .examples(&[Example::new("todecimal('12.50') == decimal(12.5)", "true")]),
    Function::new("tobool", &[any_to(Type::Bool)], tobool, "A value as true or false.")
        .result_name(ResultName::FirstArgument)
        .aliases(&["toboolean"])
        .remarks("Texts: `true`, `false` in any case, and whole numbers; others give null. A number is true unless zero.")
        .examples(&[
            Example::new("tobool('TRUE')", "true"),
            Example::new("tobool(0)", "false"),
            Example::new("tobool('maybe')", "bool(null)"),
        ]),
    Function::new("todatetime", &[any_to(Type::Datetime)], todatetime, "A value as a datetime.")
        .result_name(ResultName::FirstArgument)
        .remarks(
            "Texts in ISO 8601, RFC 822, RFC 850 and US order; without a zone they are UTC. A number counts ticks of 100 ns \
             since 0001-01-01. What is no datetime gives null.",
        )
        .examples(&[
            Example::new("todatetime('2024-03-01 12:30')", "datetime(2024-03-01T12:30:00Z)"),
            Example::new("todatetime('2024-03-01T12:30:00+02:00')", "datetime(2024-03-01 10:30)"),
            Example::new("todatetime('soon')", "datetime(null)"),
        ])
        .native(Native::ToDatetime),
    Function::new("totimespan", &[any_to(Type::Timespan)], totimespan, "A value as a timespan.")
        .result_name(ResultName::FirstArgument)
        .aliases(&["totime"])
        .remarks("Texts as `1.02:03:04.5` (days, hours, minutes, seconds), or as a number with a unit. A number counts ticks.")
        .examples(&[
            Example::new("totimespan('1.06:00:00')", "30h"),
            Example::new("totimespan('90m')", "1.5h"),
            Example::new("totimespan('later')", "timespan(null)"),
        ]),
    Function::new("toguid", &[any_to(Type::Guid)], toguid, "A text as a guid.")
        .result_name(ResultName::FirstArgument)
        .remarks("Hyphens may be missing or stand anywhere. What has no 32 hex digits gives null.")
        .examples(&[Example::new(
            "toguid('00112233445566778899AABBCCDDEEFF')",
            "guid(00112233-4455-6677-8899-aabbccddeeff)",
        )]),
    Function::new("parse_json", &[any_to(Type::Dynamic)], parse_json, "A text read as JSON.")
        .result_name(ResultName::FirstArgument)
        .aliases(&["todynamic", "parsejson", "toobject"])
        .remarks("A text that is no JSON stands for itself, as a dynamic string. Other values become dynamic as they are.")
        .examples(&[
            Example::new("parse_json('{\"a\": [1, 2]}').a[1]", "dynamic(2)"),
            Example::new("parse_json('no JSON')", "dynamic('no JSON')"),
        ])
        .native(Native::ParseJson),
    Function::new(
        "dynamic_to_json",
        &[Signature::new(&[Parameter::new("expr", Accepts::Type(Type::Dynamic))], Returns::Type(Type::String))],
        dynamic_to_json,
        "The JSON of a dynamic value, with the keys of bags sorted.",
    )
    .remarks("Two dynamic values are the same when these texts are.")
    .examples(&[Example::new("dynamic_to_json(dynamic({'b': 1, 'a': [2]}))", "'{\"a\":[2],\"b\":1}'")]),
    Function::new("gettype", &[ANY_TO_STRING], gettype, "The name of a value's type.")
        .result_name(ResultName::Prefix("type"))
        .remarks("For a dynamic value the kind of what it holds: `array`, `dictionary`, `null`, or a scalar type.")
        .examples(&[
            Example::new("gettype(1)", "'long'"),
            Example::new("gettype(dynamic([1]))", "'array'"),
            Example::new("gettype(dynamic({'a': 1}))", "'dictionary'"),
        ])
        .sees_nulls(),
    Function::new(
        "tohex",
        &[Signature::new(
            &[
                Parameter::new("value", Accepts::OneOf(&[Type::Long, Type::Int])),
                Parameter::new("minLength", Accepts::Type(Type::Long)).optional(),
            ],
            Returns::Type(Type::String),
        )],
        tohex,
        "A whole number in hex, in small letters.",
    )
    .result_name(ResultName::FirstArgument)
    .remarks("Negative numbers as their two's complement, of 8 digits for an int and 16 for a long.")
    .examples(&[
        Example::new("tohex(255)", "'ff'"),
        Example::new("tohex(255, 6)", "'0000ff'"),
        Example::new("tohex(-1)", "'ffffffffffffffff'"),
    ]),
    Function::new(
        "estimate_data_size",
        &[Signature::new(&[Parameter::new("column", Accepts::Any).repeats()], Returns::Type(Type::Long))],
        estimate_data_size,
        "About how many bytes some values take.",
    )
    .remarks("Strings and dynamic values by their text in UTF-8, other values by their width.")
    .examples(&[Example::new("estimate_data_size(1, 'abc')", "11")])
    .sees_nulls(),
];

const ANY: &[Parameter] = &[Parameter::new("value", Accepts::Any)];
const ANY_TO_STRING: Signature = any_to(Type::String);

const fn any_to(ty: Type) -> Signature {
    Signature::new(ANY, Returns::Type(ty))
}

fn tostring(arguments: &[Value]) -> Value {
    Value::String(convert::text(any(arguments, 0)).into_owned())
}

fn tolong(arguments: &[Value]) -> Value {
    or_null(convert::long(any(arguments, 0)), Value::Long)
}

fn toint(arguments: &[Value]) -> Value {
    or_null(convert::int(any(arguments, 0)), Value::Int)
}

fn toreal(arguments: &[Value]) -> Value {
    or_null(convert::double(any(arguments, 0)), Value::Real)
}

fn todecimal(arguments: &[Value]) -> Value {
    or_null(convert::decimal(any(arguments, 0)), Value::Decimal)
}

fn tobool(arguments: &[Value]) -> Value {
    or_null(convert::boolean(any(arguments, 0)), Value::Bool)
}

fn todatetime(arguments: &[Value]) -> Value {
    or_null(convert::time(any(arguments, 0)), Value::Datetime)
}

fn totimespan(arguments: &[Value]) -> Value {
    or_null(convert::span(any(arguments, 0)), Value::Timespan)
}

fn toguid(arguments: &[Value]) -> Value {
    or_null(convert::guid(any(arguments, 0)), Value::Guid)
}

fn parse_json(arguments: &[Value]) -> Value {
    or_null(convert::json(any(arguments, 0)), Value::Dynamic)
}

fn dynamic_to_json(arguments: &[Value]) -> Value {
    let mut json = convert::json(any(arguments, 0)).unwrap_or(Json::Null);
    json.sort_all_objects();
    Value::String(json.to_string())
}

fn gettype(arguments: &[Value]) -> Value {
    let name = match any(arguments, 0) {
        Value::Null | Value::Dynamic(Json::Null) => "null",
        Value::Dynamic(Json::Array(_)) => "array",
        Value::Dynamic(Json::Object(_)) => "dictionary",
        Value::Dynamic(json) => convert::unwrap(json).type_of().map_or("null", Type::name),
        value => value.type_of().map_or("null", Type::name),
    };
    Value::String(name.to_owned())
}

fn tohex(arguments: &[Value]) -> Value {
    let width = long(arguments, 1).and_then(|n| usize::try_from(n).ok()).unwrap_or(0).min(64);
    Value::String(match any(arguments, 0) {
        Value::Int(n) => format!("{n:0width$x}"),
        other => other.as_i64().map_or_else(String::new, |n| format!("{n:0width$x}")),
    })
}

fn estimate_data_size(arguments: &[Value]) -> Value {
    let size = |value: &Value| match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Int(_) => 4,
        Value::Long(_) | Value::Real(_) | Value::Datetime(_) | Value::Timespan(_) => 8,
        Value::Decimal(_) | Value::Guid(_) => 16,
        Value::String(text) => text.len(),
        Value::Dynamic(json) => json.to_string().len(),
    };
    let total: usize = arguments.iter().map(size).sum();
    or_null(i64::try_from(total).ok(), Value::Long)
}
