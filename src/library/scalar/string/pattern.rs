//! Extracting, replacing and trimming by regular expressions.

use super::string;
use crate::library::arguments::{any, constant_text, json, long, or_null, text};
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature, convert, regex};
use crate::value::{Json, Type, Value};
use ::regex::{Captures, Regex};

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "extract",
        &[Signature::new(
            &[
                string("regex"),
                Parameter::new("captureGroup", Accepts::Type(Type::Long)),
                string("source"),
                string("typeLiteral").optional().constant(),
            ],
            Returns::Custom(extracted_type),
        )],
        extract,
        "What a group of a regular expression matched in a text.",
    )
    .remarks(
        "Group 0 is the whole match. Without a match, an empty text. A type as the last argument converts the result, to null \
         where it does not fit.",
    )
    .examples(&[
        Example::new("extract(@'port=(\\d+)', 1, 'host=a port=443')", "'443'"),
        Example::new("extract(@'port=(\\d+)', 1, 'host=a port=443', typeof(long))", "443"),
        Example::new("extract('x', 0, 'abc')", "''"),
    ])
    .check(check_first),
    Function::new(
        "extract_all",
        &[
            Signature::new(&[string("regex"), string("source")], Returns::Type(Type::Dynamic)),
            Signature::new(
                &[string("regex"), Parameter::new("captureGroups", Accepts::Type(Type::Dynamic)), string("source")],
                Returns::Type(Type::Dynamic),
            ),
        ],
        extract_all,
        "What the groups of a regular expression matched, for each match.",
    )
    .aliases(&["extractall"])
    .remarks(
        "With one group an array of texts, with several an array of arrays. Groups may be chosen by number or name. Null \
         without a match.",
    )
    .examples(&[
        Example::new("extract_all(@'(\\d+)', 'a1b22')", "dynamic(['1', '22'])"),
        Example::new("extract_all(@'(\\w)=(\\d)', 'a=1;b=2')", "dynamic([['a', '1'], ['b', '2']])"),
        Example::new("extract_all(@'(\\w)=(\\d)', dynamic([2]), 'a=1;b=2')", "dynamic(['1', '2'])"),
    ])
    .check(check_extract_all),
    Function::new(
        "replace_regex",
        &[Signature::new(&[string("source"), string("lookup_regex"), string("rewrite_pattern")], TEXT)],
        replace_regex,
        "A text with all matches of a regular expression replaced.",
    )
    .remarks("In the replacement `\\1` to `\\9` stand for groups, `\\0` for the match.")
    .examples(&[Example::new("replace_regex('user@host', @'(\\w+)@(\\w+)', @'\\2/\\1')", "'host/user'")])
    .check(|constants| constant_text(constants, 1).map_or(Ok(()), regex::check)),
    Function::new(
        "replace",
        &[Signature::new(&[string("regex"), string("rewrite"), string("text")], TEXT)],
        replace,
        "The old form of `replace_regex`, with the text last.",
    )
    .examples(&[Example::new("replace(@'\\d+', '#', 'a1b22')", "'a#b#'")])
    .check(check_first),
    Function::new("trim", TRIM, trim, "A text without a match of a regular expression at its start and its end.")
        .remarks("One match is cut at each end.")
        .examples(&[
            Example::new("trim(@'\\s+', '  a b ')", "'a b'"),
            Example::new("trim('\"', '\"\"quoted\"\"')", "'\"quoted\"'"),
        ])
        .check(check_first),
    Function::new("trim_start", TRIM, trim_start, "A text without a match of a regular expression at its start.")
        .examples(&[Example::new("trim_start('https?://', 'https://a.example')", "'a.example'")])
        .check(check_first),
    Function::new("trim_end", TRIM, trim_end, "A text without a match of a regular expression at its end.")
        .examples(&[Example::new("trim_end(@'[.\\s]+', 'done. ')", "'done'")])
        .check(check_first),
    Function::new(
        "regex_quote",
        &[Signature::new(&[string("string")], TEXT)],
        regex_quote,
        "A text as the regular expression that matches it.",
    )
    .examples(&[Example::new("regex_quote('a.b')", "@'a\\.b'")]),
];

const TEXT: Returns = Returns::Type(Type::String);
const TRIM: &[Signature] = &[Signature::new(&[string("regex"), string("source")], TEXT)];

/// The first argument must be a regular expression.
fn check_first(constants: &[Option<Value>]) -> Result<(), String> {
    constant_text(constants, 0).map_or(Ok(()), regex::check)
}

fn check_extract_all(constants: &[Option<Value>]) -> Result<(), String> {
    check_first(constants)?;
    match constant_text(constants, 0).and_then(regex::compiled) {
        Some(regex) if regex.captures_len() < 2 => Err(format!("`{regex}` has no group in parentheses to extract")),
        _ => Ok(()),
    }
}

fn extracted_type(_: &[Type], constants: &[Option<Value>]) -> Type {
    constant_text(constants, 3).and_then(Type::from_name).unwrap_or(Type::String)
}

fn extract(arguments: &[Value]) -> Value {
    let group = long(arguments, 1).and_then(|n| usize::try_from(n).ok());
    let found = regex::compiled(text(arguments, 0)).zip(group).and_then(|(regex, group)| {
        let captures = regex.captures(text(arguments, 2))?;
        Some(captures.get(group)?.as_str().to_owned())
    });
    let ty = any(arguments, 3).as_str().and_then(Type::from_name).unwrap_or(Type::String);
    convert::to(ty, Value::String(found.unwrap_or_default()))
}

fn extract_all(arguments: &[Value]) -> Value {
    let (groups, source) = match arguments {
        [_, source] => (None, source),
        [_, _, source] => (json(arguments, 1), source),
        _ => return Value::Null,
    };
    let Some(regex) = regex::compiled(text(arguments, 0)) else { return Value::Null };
    let groups = match groups {
        Some(Json::Array(chosen)) => chosen.iter().filter_map(|group| group_number(&regex, group)).collect(),
        _ => (1..regex.captures_len()).collect::<Vec<_>>(),
    };
    let source = source.as_str().unwrap_or_default();
    let matches: Vec<Json> = regex.captures_iter(source).map(|captures| groups_of(&captures, &groups)).collect();
    if matches.is_empty() || groups.is_empty() { Value::Null } else { Value::Dynamic(Json::Array(matches)) }
}

/// A group given by number or name.
fn group_number(regex: &Regex, group: &Json) -> Option<usize> {
    match group {
        Json::String(name) => regex.capture_names().position(|n| n == Some(name)),
        other => other.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| *n < regex.captures_len()),
    }
}

/// The texts of the chosen groups: of one its text, of several an array.
fn groups_of(captures: &Captures<'_>, groups: &[usize]) -> Json {
    let text = |group: &usize| Json::String(captures.get(*group).map_or("", |m| m.as_str()).to_owned());
    match groups {
        [one] => text(one),
        several => Json::Array(several.iter().map(text).collect()),
    }
}

fn replace_regex(arguments: &[Value]) -> Value {
    rewrite(text(arguments, 0), text(arguments, 1), text(arguments, 2))
}

fn replace(arguments: &[Value]) -> Value {
    rewrite(text(arguments, 2), text(arguments, 0), text(arguments, 1))
}

fn rewrite(source: &str, pattern: &str, template: &str) -> Value {
    let Some(regex) = regex::compiled(pattern) else { return Value::String(source.to_owned()) };
    let replaced = regex.replace_all(source, |captures: &Captures<'_>| fill(template, captures));
    Value::String(replaced.into_owned())
}

/// A template with its groups filled in. A backslash in front of anything but a digit stands for itself, two for one.
fn fill(template: &str, captures: &Captures<'_>) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek().copied()) {
            ('\\', Some('\\')) => {
                rest.next();
                filled.push('\\');
            }
            ('\\', Some(digit @ '0'..='9')) => {
                rest.next();
                let group = digit.to_digit(10).and_then(|n| captures.get(n as usize));
                filled.push_str(group.map_or("", |m| m.as_str()));
            }
            _ => filled.push(c),
        }
    }
    filled
}

/// A text without one match at its start.
fn cut_start<'t>(pattern: &str, source: &'t str) -> &'t str {
    let found = regex::compiled(&format!(r"\A(?:{pattern})")).and_then(|regex| regex.find(source).map(|m| m.end()));
    source.get(found.unwrap_or(0)..).unwrap_or_default()
}

/// A text without one match at its end, the longest.
fn cut_end<'t>(pattern: &str, source: &'t str) -> &'t str {
    let found = regex::compiled(&format!(r"(?:{pattern})\z")).and_then(|regex| regex.find(source).map(|m| m.start()));
    source.get(..found.unwrap_or(source.len())).unwrap_or_default()
}

fn trim(arguments: &[Value]) -> Value {
    let pattern = text(arguments, 0);
    Value::String(cut_end(pattern, cut_start(pattern, text(arguments, 1))).to_owned())
}

fn trim_start(arguments: &[Value]) -> Value {
    Value::String(cut_start(text(arguments, 0), text(arguments, 1)).to_owned())
}

fn trim_end(arguments: &[Value]) -> Value {
    Value::String(cut_end(text(arguments, 0), text(arguments, 1)).to_owned())
}

fn regex_quote(arguments: &[Value]) -> Value {
    or_null(any(arguments, 0).as_str().map(::regex::escape), Value::String)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<const N: usize>(texts: [&str; N]) -> [Value; N] {
        texts.map(|text| Value::String(text.to_owned()))
    }

    #[test]
    fn groups_and_backslashes_in_replacements() {
        assert_eq!(replace_regex(&texts(["k=v", r"(\w)=(\w)", r"\2\\\1\9\q"])), Value::String(r"v\k\q".into()));
        assert_eq!(replace_regex(&texts(["aa", "b*", "-"])), Value::String("-a-a-".into()));
    }

    #[test]
    fn unmatched_groups_are_empty() {
        let found = extract_all(&texts([r"(x)(y)?", "xyx"]));
        assert_eq!(found, Value::Dynamic(serde_json::json!([["x", "y"], ["x", ""]])));
        assert_eq!(extract_all(&texts(["(x)", "abc"])), Value::Null);
        let named = [
            Value::String("(?P<k>[a-z])(?P<v>[0-9])".into()),
            Value::Dynamic(serde_json::json!(["v", 1])),
            Value::String("a1".into()),
        ];
        assert_eq!(extract_all(&named), Value::Dynamic(serde_json::json!([["1", "a"]])));
    }

    #[test]
    fn one_match_is_trimmed_at_each_end() {
        assert_eq!(trim(&texts(["[-_]", "--a__"])), Value::String("-a_".into()));
        assert_eq!(trim_end(&texts(["x", "x"])), Value::String(String::new()));
        assert_eq!(trim(&texts(["a|b", "ab"])), Value::String(String::new()));
    }

    #[test]
    fn constants_are_checked() {
        let constant = |text: &str| [Some(Value::String(text.to_owned()))];
        assert!(check_first(&constant("(")).is_err());
        assert!(check_extract_all(&constant("a")).is_err());
        assert!(check_extract_all(&constant("(a)")).is_ok());
    }
}
