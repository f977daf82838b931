//! `reduce`: texts of a kind as one pattern (log clustering by frequent words, after Vaarandi's SLCT).

use crate::library::table::{Columns, InputColumn, TableCall, TableFunction, TableParameter, Takes, rolling};
use crate::value::{Batch, Field, Schema, Type, Value};
use std::collections::HashMap;

const PARAMETERS: &[TableParameter] = &[
    TableParameter::new("value", Takes::Column(&[Type::String])),
    TableParameter::new("threshold", Takes::Constant(&[Type::Real])).optional(),
    TableParameter::new("characters", Takes::Constant(&[Type::String])).optional(),
];
const REMARKS: &str = "A word is frequent at its place in the text when at least `threshold` (0.1) of the rows have it there, two \
                       rows at least; numbers are never frequent. Texts with the same frequent words are a pattern when \
                       they are that many, else they are `others`. Words are divided by what is no letter or digit, or by \
                       `characters`; of the latter none stands beside a `*`. Kusto's own patterns may differ.";

/// `reduce by x`: a row for each pattern.
pub static REDUCE: TableFunction = TableFunction::new(
    "reduce",
    PARAMETERS,
    Columns::Bound(|call| {
        threshold(call)?;
        Ok(Schema::of([("Pattern", Type::String), ("Count", Type::Long), ("Representative", Type::String)]))
    }),
    reduce,
    "Patterns of texts, and how many texts are of each.",
)
.remarks(REMARKS);

/// `reduce kind=source by x`: the rows with their patterns.
pub static REDUCE_SOURCE: TableFunction = TableFunction::new(
    "reduce",
    PARAMETERS,
    Columns::Bound(|call| {
        threshold(call)?;
        let pattern = Field { name: "Pattern".into(), ty: Type::String };
        Ok(super::super::joined_fields(rolling::own_schema(call).fields().to_vec(), vec![pattern]))
    }),
    with_pattern,
    "The rows, and the pattern of a text of each.",
)
.remarks(REMARKS);

const OTHERS: &str = "others";

fn threshold(call: &TableCall) -> Result<f64, String> {
    match call.constant("threshold").map(Value::as_f64) {
        None => Ok(0.1),
        Some(Some(x)) if (0.0..=1.0).contains(&x) => Ok(x),
        Some(_) => Err("`threshold` lies between 0 and 1".to_owned()),
    }
}

/// A text in words, and the separators after each; the first element stands before the first word.
struct Words<'t> {
    words: Vec<&'t str>,
    /// One more than words.
    gaps: Vec<&'t str>,
}

fn cut<'t>(text: &'t str, separates: &dyn Fn(char) -> bool) -> Words<'t> {
    let mut cut = Words { words: vec![], gaps: vec![] };
    let mut rest = text;
    loop {
        let gap = rest.find(|c| !separates(c)).unwrap_or(rest.len());
        let (before, after) = rest.split_at(gap);
        cut.gaps.push(before);
        if after.is_empty() {
            return cut;
        }
        let (word, after) = after.split_at(after.find(separates).unwrap_or(after.len()));
        cut.words.push(word);
        rest = after;
    }
}

/// The frequent words of a text at their places.
type Fixed<'t> = Vec<(usize, &'t str)>;

/// The patterns, and the pattern of each row; the last one is that of the others, if there are some.
struct Reduced {
    /// Pattern, number of rows, first row; heaviest first.
    patterns: Vec<(String, usize, Option<usize>)>,
    of_rows: Vec<usize>,
}

fn reduced(call: &TableCall) -> Result<Reduced, String> {
    let value = call.required("value")?;
    let texts = texts(&value);
    let own = call.constant("characters").and_then(Value::as_str);
    let separates = |c: char| own.map_or(!c.is_alphanumeric(), |own| own.contains(c));
    let cut: Vec<Words<'_>> = texts.iter().map(|text| cut(text, &separates)).collect();
    let least = ((threshold(call)? * texts.len() as f64).ceil() as usize).max(2);
    let mut counts: HashMap<(usize, &str), usize> = HashMap::new();
    for word in cut.iter().flat_map(|text| text.words.iter().copied().enumerate()) {
        *counts.entry(word).or_default() += 1;
    }
    let frequent = |word: &(usize, &str)| {
        let number = word.1.chars().all(|c| c.is_ascii_digit());
        !number && counts.get(word).is_some_and(|n| *n >= least)
    };
    let mut clusters: HashMap<Fixed<'_>, Vec<usize>> = HashMap::new();
    for (row, text) in cut.iter().enumerate() {
        let fixed = text.words.iter().copied().enumerate().filter(frequent).collect();
        clusters.entry(fixed).or_default().push(row);
    }
    let (kept, rest): (Vec<_>, Vec<_>) =
        clusters.into_iter().partition(|(fixed, rows)| !fixed.is_empty() && rows.len() >= least);
    let mut kept: Vec<(Fixed<'_>, Vec<usize>)> = kept;
    kept.sort_by(|(_, a), (_, b)| b.len().cmp(&a.len()).then_with(|| a.first().cmp(&b.first())));
    let mut reduced = Reduced { patterns: vec![], of_rows: vec![kept.len(); texts.len()] };
    for (place, (fixed, rows)) in kept.iter().enumerate() {
        rows.iter().filter_map(|row| reduced.of_rows.get_mut(*row).map(|slot| *slot = place)).count();
        let first = rows.first().copied();
        let text = first.and_then(|row| cut.get(row)).map(|text| pattern(text, fixed, own.is_some()));
        reduced.patterns.push((text.unwrap_or_default(), rows.len(), first));
    }
    let others: usize = rest.iter().map(|(_, rows)| rows.len()).sum();
    if others > 0 {
        reduced.patterns.push((OTHERS.to_owned(), others, None));
    }
    Ok(reduced)
}

fn texts(value: &InputColumn<'_>) -> Vec<String> {
    let text = |row| value.values.value(row).as_str().unwrap_or_default().to_owned();
    (0..value.values.len()).map(text).collect()
}

/// A text with `*` for the words that are not fixed. What follows the last fixed word is one `*`.
fn pattern(text: &Words<'_>, fixed: &[(usize, &str)], own_separators: bool) -> String {
    let is_fixed = |place: usize| fixed.iter().any(|(at, _)| *at == place);
    let last = fixed.last().map_or(0, |(at, _)| *at);
    let mut out = String::new();
    for (place, gap) in text.gaps.iter().enumerate() {
        let beside = (place == 0 || is_fixed(place - 1)) && (place == text.words.len() || is_fixed(place));
        if place <= last + 1 && (beside || !own_separators) {
            out.push_str(gap);
        }
        match text.words.get(place) {
            Some(word) if is_fixed(place) => out.push_str(word),
            Some(_) if place <= last + 1 && !out.ends_with('*') => out.push('*'),
            _ => {}
        }
    }
    out
}

fn reduce(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let value = call.required("value")?;
    let rows = reduced(call)?.patterns.into_iter().map(|(pattern, count, first)| {
        let count = Value::Long(i64::try_from(count).unwrap_or(i64::MAX));
        let first = first.map_or(Value::String(String::new()), |row| value.values.value(row));
        vec![Value::String(pattern), count, first]
    });
    Ok(Batch::from_rows(schema, rows))
}

fn with_pattern(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let reduced = reduced(call)?;
    let rows = reduced.of_rows.iter().enumerate().map(|(row, place)| {
        let pattern = reduced.patterns.get(*place).map(|(pattern, ..)| pattern.clone());
        let pattern = Value::String(pattern.unwrap_or_default());
        rolling::own_row(call, row).into_iter().chain([pattern]).collect()
    });
    Ok(Batch::from_rows(schema, rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::table::{Argument, TableData};

    fn patterns(texts: &[&str], characters: Option<&str>) -> Vec<(String, usize)> {
        let schema = Schema::of([("t", Type::String)]);
        let batch = Batch::from_rows(&schema, texts.iter().map(|t| vec![Value::String((*t).to_owned())]));
        let column = ("value", Argument::Column { table: 0, index: 0, name: "t".to_owned() });
        let own = characters.map(|c| ("characters", Argument::Constant(Value::String(c.to_owned()))));
        let arguments = std::iter::once(column).chain(own).collect();
        let call = TableCall { tables: vec![TableData { schema, batch }], own_columns: 1, arguments };
        reduced(&call).unwrap().patterns.into_iter().map(|(pattern, count, _)| (pattern, count)).collect()
    }

    #[test]
    fn frequent_words_stay_others_are_stars() {
        let texts = ["user ann logged in", "user bob logged in", "user eve logged in", "disk full"];
        assert_eq!(patterns(&texts, None), [("user * logged in".to_owned(), 3), ("others".to_owned(), 1)]);
    }

    #[test]
    fn own_separators_go_beside_a_star() {
        assert_eq!(patterns(&["abX1", "abX2"], Some("X")), [("ab*".to_owned(), 2)]);
        assert_eq!(patterns(&["abX1", "abX2"], None), [("others".to_owned(), 2)]);
    }
}
