//! `diffpatterns_text`: patterns of words that match one part of the texts more than the other.

use super::{REAL, WHOLE, number, percent};
use crate::library::Example;
use crate::library::table::{Columns, TableCall, TableFunction, TableParameter, Takes, rolling};
use crate::value::{Batch, Schema, Type, Value};
use std::collections::{BTreeMap, HashMap};

/// The record.
pub static FUNCTIONS: &[TableFunction] = &[TableFunction::new(
    "diffpatterns_text",
    &[
        TableParameter::new("TextColumn", Takes::Expression(&[Type::String])),
        TableParameter::new("BooleanCondition", Takes::Expression(&[Type::Bool])),
        TableParameter::new("MinTokens", Takes::Constant(WHOLE)).optional(),
        TableParameter::new("Threshold", Takes::Constant(REAL)).optional(),
        TableParameter::new("MaxTokens", Takes::Constant(WHOLE)).optional(),
    ],
    Columns::Bound(|call| {
        settings(call)?;
        let counts = ["Count_of_True", "Count_of_False"].map(|name| (name, Type::Long));
        let shares = ["Percent_of_True", "Percent_of_False"].map(|name| (name, Type::Real));
        Ok(Schema::of(counts.into_iter().chain(shares).chain([("Pattern", Type::String)])))
    }),
    differ,
    "Patterns of words that match the texts of one part of the rows more than those of the other.",
)
.remarks(
    "A word is what stands between white space. Words that the texts of one part have at the same places, from the first \
     word on, make a pattern with `*` for the others; it ends with its last word. Its shares of the two parts differ by \
     `Threshold` (0.05 by default) at least. `MinTokens` (1) and `MaxTokens` (20) count the words. Kusto's own search is not \
     published: its patterns may differ.",
)
.examples(&[Example::new(
    "datatable(s: string, bad: bool) [\"disk a full\", true, \"disk b full\", true, \"all is well\", false] | evaluate \
     diffpatterns_text(s, bad, 2, 0.9) | where Count_of_True > 0 | project Count_of_True, Pattern",
    "print Count_of_True = 2, Pattern = \"disk * full\"",
)])];

/// Words at their places.
type Words = Vec<(usize, String)>;

struct Settings {
    least: usize,
    most: usize,
    threshold: f64,
}

fn settings(call: &TableCall) -> Result<Settings, String> {
    let count = |name: &str, default: usize, limit: usize| match rolling::count(call, name)? {
        Some(n) if n > limit => Err(format!("`{name}` lies between 0 and {limit}")),
        n => Ok(n.unwrap_or(default)),
    };
    let threshold = number(call, "Threshold", 0.05, 0.015..=1.0)?;
    Ok(Settings { least: count("MinTokens", 1, 200)?, most: count("MaxTokens", 20, 20)?, threshold })
}

fn differ(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let settings = settings(call)?;
    let column = |name: &str| call.required(name);
    let (text, condition) = (column("TextColumn")?, column("BooleanCondition")?);
    let rows = (0..call.rows()).map(|row| {
        let words = text.values.value(row).as_str().unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        (condition.values.value(row) == Value::Bool(true), words)
    });
    let rows: Vec<(bool, Vec<String>)> = rows.collect();
    let all = |side: bool| rows.iter().filter(|(s, _)| *s == side).count() as f64;
    let (all_true, all_false) = (all(true), all(false));
    let count = |words: &Words| {
        let matches = |text: &[String]| words.iter().all(|(place, word)| text.get(*place) == Some(word));
        let of = |side: bool| rows.iter().filter(|(s, text)| *s == side && matches(text)).count() as f64;
        (of(true), of(false))
    };
    let difference = |(a, b): (f64, f64)| (share(a, all_true) - share(b, all_false)).abs();
    let mut found: Vec<(f64, (f64, f64), Words)> = candidates(&rows, [all_true, all_false], &settings)
        .into_iter()
        .map(|words| (difference(count(&words)), count(&words), words))
        .filter(|(difference, _, words)| *difference >= settings.threshold && words.len() >= settings.least)
        .collect();
    found.sort_by(|x, y| y.0.total_cmp(&x.0).then_with(|| y.2.len().cmp(&x.2.len())).then_with(|| x.2.cmp(&y.2)));
    let rows = found.into_iter().map(|(_, (a, b), words)| {
        let counts = [a, b].map(|n| Value::Long(n as i64));
        let shares = [percent(a, all_true), percent(b, all_false)].map(Value::Real);
        counts.into_iter().chain(shares).chain([Value::String(pattern(&words))]).collect()
    });
    Ok(Batch::from_rows(schema, rows))
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// Patterns of either part: from each frequent word at its place, with all the words that most of its texts have. Longer
/// patterns of the same texts come once.
fn candidates(rows: &[(bool, Vec<String>)], all: [f64; 2], settings: &Settings) -> Vec<Words> {
    let mut found: BTreeMap<Words, ()> = BTreeMap::new();
    for (side, all) in [true, false].into_iter().zip(all) {
        let texts: Vec<&Vec<String>> = rows.iter().filter(|(s, _)| *s == side).map(|(_, text)| text).collect();
        let mut places: HashMap<(usize, &str), Vec<usize>> = HashMap::new();
        for (row, text) in texts.iter().enumerate() {
            for (place, word) in text.iter().enumerate() {
                places.entry((place, word)).or_default().push(row);
            }
        }
        for rows in places.into_values().filter(|rows| rows.len() as f64 >= settings.threshold * all) {
            let mut common: Option<Words> = None;
            for text in rows.iter().filter_map(|row| texts.get(*row)) {
                let words = common.unwrap_or_else(|| text.iter().cloned().enumerate().collect());
                common = Some(words.into_iter().filter(|(place, word)| text.get(*place) == Some(word)).collect());
            }
            let words: Words = common.unwrap_or_default().into_iter().take(settings.most).collect();
            if !words.is_empty() {
                found.insert(words, ());
            }
        }
    }
    found.into_keys().collect()
}

/// The words with `*` where others stand; nothing behind the last.
fn pattern(words: &Words) -> String {
    let end = words.last().map_or(0, |(place, _)| place + 1);
    let word = |place| words.iter().find(|(p, _)| *p == place).map_or("*", |(_, word)| word);
    (0..end).map(word).collect::<Vec<_>>().join(" ")
}
