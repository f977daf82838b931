//! `parse-kv`: the values of keys that stand in a text.

use crate::library::table::{Columns, TableCall, TableFunction, TableParameter, Takes};
use crate::library::{convert, regex as patterns};
use crate::value::{Batch, Schema, Type, Value, dynamic};
use regex::Regex;
use std::collections::HashMap;

const TEXT: &[Type] = &[Type::String];

/// `parse-kv text as (keys) with (...)`: the columns of the keys are the last ones of the schema, or stand in the place of
/// columns of their names; the call names them.
pub static PARSE_KV: TableFunction = TableFunction::new(
    "parse-kv",
    &[
        TableParameter::new("value", Takes::Column(TEXT)),
        TableParameter::new("key", Takes::Constant(TEXT)).repeats(),
        TableParameter::new("pair_delimiter", Takes::Constant(TEXT)).optional(),
        TableParameter::new("kv_delimiter", Takes::Constant(TEXT)).optional(),
        TableParameter::new("quote", Takes::Constant(TEXT)).repeats(),
        TableParameter::new("escape", Takes::Constant(TEXT)).repeats(),
        TableParameter::new("greedy", Takes::Constant(&[Type::Bool])).optional(),
        TableParameter::new("regex", Takes::Constant(TEXT)).optional(),
    ],
    Columns::Bound(|_| Ok(Schema::default())),
    parse,
    "The values of keys that stand in a text, as columns.",
)
.remarks(
    "The first value of a key counts; white space around keys and values goes. A key that is not there, or a text that is no \
     value of the type, gives null (an empty string). Without delimiters every character that is no letter, digit or \
     underscore divides.",
);

/// Checks the regex of keys and values.
///
/// # Errors
/// Why it is none, or that it has not two groups.
pub fn check_kv_regex(pattern: &str) -> Result<(), String> {
    patterns::check(pattern)?;
    match patterns::compiled(pattern) {
        Some(regex) if regex.captures_len() == 3 => Ok(()),
        _ => Err("`regex` needs two groups: the key and the value".to_owned()),
    }
}

/// How keys and values stand in the text.
struct Format {
    mode: Mode,
    quotes: Vec<(char, char)>,
    escapes: Vec<char>,
}

enum Mode {
    Delimited { pair: String, kv: String, greedy: bool },
    Words,
    Regex(Regex),
}

impl Format {
    fn of(call: &TableCall) -> Result<Format, String> {
        let text = |name: &str| call.constant(name).and_then(Value::as_str).map(str::to_owned);
        let greedy = call.constant("greedy").and_then(Value::as_bool) == Some(true);
        let mode = match (text("regex"), text("pair_delimiter"), text("kv_delimiter")) {
            (Some(regex), ..) => Mode::Regex(patterns::compiled(&regex).ok_or("`regex` is no regular expression")?),
            (None, Some(pair), Some(kv)) => Mode::Delimited { pair, kv, greedy },
            _ => Mode::Words,
        };
        let quotes = call.constants("quote").filter_map(Value::as_str).filter_map(|quote| {
            let open = quote.chars().next()?;
            Some((open, quote.chars().nth(1).unwrap_or(open)))
        });
        let escapes = call.constants("escape").filter_map(Value::as_str).filter_map(|e| e.chars().next());
        Ok(Format { mode, quotes: quotes.collect(), escapes: escapes.collect() })
    }

    /// Keys and values in order.
    fn pairs(&self, text: &str, keys: &[&str]) -> Vec<(String, String)> {
        match &self.mode {
            Mode::Regex(regex) => {
                let group = |c: &regex::Captures<'_>, n| c.get(n).map_or("", |m| m.as_str()).trim().to_owned();
                regex.captures_iter(text).map(|c| (group(&c, 1), group(&c, 2))).collect()
            }
            Mode::Delimited { pair, kv, greedy } => self.delimited(text, keys, pair, kv, *greedy),
            Mode::Words => {
                let words = self.words(text);
                words.iter().zip(words.iter().skip(1)).map(|(key, value)| (key.clone(), value.clone())).collect()
            }
        }
    }

    /// The text in quotes at the start, without them and their escapes, and what follows.
    fn quoted<'t>(&self, text: &'t str) -> Option<(String, &'t str)> {
        let mut chars = text.char_indices();
        let (_, first) = chars.next()?;
        let (_, close) = self.quotes.iter().find(|(open, _)| *open == first)?;
        let mut inside = String::new();
        while let Some((at, c)) = chars.next() {
            if c == *close {
                return text.get(at + c.len_utf8()..).map(|rest| (inside, rest));
            }
            match self.escapes.contains(&c) {
                true => inside.extend(chars.next().map(|(_, c)| c)),
                false => inside.push(c),
            }
        }
        None
    }

    fn delimited(&self, text: &str, keys: &[&str], pair: &str, kv: &str, greedy: bool) -> Vec<(String, String)> {
        let mut pairs = vec![];
        let mut rest = text;
        loop {
            rest = without_prefixes(rest, pair);
            if rest.is_empty() {
                return pairs;
            }
            let (key, after) = match self.quoted(rest) {
                Some((key, after)) => (key, after.trim_start()),
                None => {
                    let end = [rest.find(kv), rest.find(pair)].into_iter().flatten().min().unwrap_or(rest.len());
                    let (key, after) = rest.split_at(end);
                    (key.trim().to_owned(), after)
                }
            };
            let Some(after) = after.strip_prefix(kv) else {
                // no key after all: on behind the next delimiter
                rest = after.find(pair).and_then(|at| after.get(at..)).unwrap_or_default();
                continue;
            };
            let start = if pair.trim().is_empty() { after } else { after.trim_start() };
            let (value, after) = match self.quoted(start) {
                Some(quoted) => quoted,
                None => {
                    let end = if greedy { self.next_key(after, keys, pair, kv) } else { after.find(pair) };
                    let (value, after) = after.split_at(end.unwrap_or(after.len()));
                    (value.trim().to_owned(), after)
                }
            };
            pairs.push((key, value));
            rest = after;
        }
    }

    /// Where the delimiter before the next known key stands.
    fn next_key(&self, text: &str, keys: &[&str], pair: &str, kv: &str) -> Option<usize> {
        let is_key = |at: &usize| {
            let after = text.get(at + pair.len()..).map(|t| without_prefixes(t, pair)).unwrap_or_default();
            let (key, after) = match self.quoted(after) {
                Some((key, after)) => (key, after.trim_start()),
                None => {
                    let (key, after) = after.split_at(after.find(kv).unwrap_or(after.len()));
                    (key.trim().to_owned(), after)
                }
            };
            after.starts_with(kv) && keys.contains(&key.as_str())
        };
        text.match_indices(pair).map(|(at, _)| at).find(is_key)
    }

    /// The words and the texts in quotes.
    fn words(&self, text: &str) -> Vec<String> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let mut words = vec![];
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if let Some((inside, after)) = self.quoted(rest) {
                words.push(inside);
                rest = after;
            } else if is_word(first) {
                let (word, after) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
                words.push(word.to_owned());
                rest = after;
            } else {
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
        words
    }
}

/// The text without delimiters and white space before it.
fn without_prefixes<'t>(mut text: &'t str, delimiter: &str) -> &'t str {
    loop {
        let shorter = text.trim_start();
        let shorter = shorter.strip_prefix(delimiter).unwrap_or(shorter);
        if shorter.len() == text.len() {
            return text;
        }
        text = shorter;
    }
}

/// A text as a value of a column.
fn typed(text: &str, ty: Type) -> Value {
    match ty {
        Type::Dynamic => Value::Dynamic(dynamic::parse(text)),
        ty => convert::to(ty, Value::String(text.to_owned())),
    }
}

fn parse(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let format = Format::of(call)?;
    let value = call.required("value")?;
    let keys: Vec<&str> = call.constants("key").filter_map(Value::as_str).collect();
    let own: HashMap<&str, _> = call.input_columns().map(|c| (c.name, c)).collect();
    let rows = (0..call.rows()).map(|row| {
        let mut found: HashMap<String, String> = HashMap::new();
        for (key, text) in format.pairs(value.values.value(row).as_str().unwrap_or_default(), &keys) {
            found.entry(key).or_insert(text);
        }
        let cell = |field: &crate::value::Field| match keys.contains(&&*field.name) {
            true => found.get(&*field.name).map_or(Value::missing(field.ty), |text| typed(text, field.ty)),
            false => own.get(&*field.name).map_or(Value::missing(field.ty), |c| c.values.value(row)),
        };
        schema.fields().iter().map(cell).collect()
    });
    Ok(Batch::from_rows(schema, rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(format: &Format, text: &str, keys: &[&str]) -> Vec<(String, String)> {
        let pairs = format.pairs(text, keys).into_iter();
        pairs.filter(|(key, _)| keys.contains(&key.as_str())).collect()
    }

    fn delimited(pair: &str, kv: &str, greedy: bool, quotes: &[(char, char)]) -> Format {
        let mode = Mode::Delimited { pair: pair.to_owned(), kv: kv.to_owned(), greedy };
        Format { mode, quotes: quotes.to_vec(), escapes: vec!['\\'] }
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn quotes_may_hold_delimiters() {
        let format = delimited(" ", "=", false, &[('(', ')')]);
        let text = r"a=(one \) two) noise (b c)=3";
        assert_eq!(found(&format, text, &["a", "b c"]), [pair("a", "one ) two"), pair("b c", "3")]);
    }

    #[test]
    fn greedy_values_end_at_the_next_key() {
        let text = "a=x y=z b=2";
        assert_eq!(found(&delimited(" ", "=", true, &[]), text, &["a", "b"]), [pair("a", "x y=z"), pair("b", "2")]);
        assert_eq!(found(&delimited(" ", "=", false, &[]), text, &["a", "b"]), [pair("a", "x"), pair("b", "2")]);
    }

    #[test]
    fn words_follow_their_keys() {
        let format = Format { mode: Mode::Words, quotes: vec![('"', '"')], escapes: vec![] };
        assert_eq!(found(&format, "[a: 1] b: \"x, y\"", &["a", "b"]), [pair("a", "1"), pair("b", "x, y")]);
    }
}
