//! `diffpatterns`: patterns that match one part of the rows more than the other.

use super::{
    Coded, Item, MOST_DIMENSIONS, Pattern, REAL, WEIGHT, WILDCARD, cells, frequent, number, pattern_columns, percent,
};
use super::{rounded, schema, whole};
use crate::library::table::{Columns, InputColumn, TableCall, TableFunction, TableParameter, Takes};
use crate::library::{Example, convert};
use crate::value::{Batch, Schema, Type, Value};
use std::collections::HashSet;

const TEXT: &[Type] = &[Type::String];
/// So many patterns are looked at for the result.
const MOST_RESULTS: usize = 50;

/// The record.
pub static FUNCTIONS: &[TableFunction] = &[TableFunction::new(
    "diffpatterns",
    &[
        TableParameter::new("SplitColumn", Takes::Column(&[])),
        TableParameter::new("SplitValueA", Takes::Constant(TEXT)),
        TableParameter::new("SplitValueB", Takes::Constant(TEXT)),
        WEIGHT,
        TableParameter::new("Threshold", Takes::Constant(REAL)).optional(),
        MOST_DIMENSIONS,
        WILDCARD,
    ],
    Columns::Bound(|call| {
        settings(call)?;
        let counts = [
            ("SegmentId", Type::Long),
            ("CountA", Type::Long),
            ("CountB", Type::Long),
            ("PercentA", Type::Real),
            ("PercentB", Type::Real),
            ("PercentDiffAB", Type::Real),
        ];
        Ok(schema(&counts, &pattern_columns(call)))
    }),
    differ,
    "Patterns that match one part of the rows more than another.",
)
.remarks(
    "The parts are the rows whose `SplitColumn`, as text, is `SplitValueA` or `SplitValueB`. A pattern's shares of the two \
     differ by `Threshold` (0.05 by default, 0.015 to 1) at least; the greatest difference comes first. A pattern that \
     matches mostly the same rows as a better one, or only has more values, is left out. Without `MaxDimensions` a pattern has up to 8 values. Kusto's \
     own choice among overlapping patterns is not published: it may differ.",
)
.examples(&[Example::new(
    "datatable(s: string, v: string) [\"a\", \"x\", \"a\", \"x\", \"b\", \"y\", \"b\", \"x\"] | evaluate diffpatterns(s, \
     \"a\", \"b\", '~', 0.6) | count",
    "print Count = 0",
)])];

fn settings(call: &TableCall) -> Result<(f64, usize), String> {
    Ok((number(call, "Threshold", 0.05, 0.015..=1.0)?, whole(call, "MaxDimensions", 8)?))
}

/// The rows of each part.
struct Parts {
    a: HashSet<usize>,
    b: HashSet<usize>,
    coded: Coded,
}

fn differ(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let (threshold, most) = settings(call)?;
    let split = call.required("SplitColumn")?;
    let columns = pattern_columns(call);
    let place = columns.iter().position(|c| c.index == split.index).unwrap_or(0);
    let parts = parts(call, &columns, &split, place);
    let (coded, all_a, all_b) = (&parts.coded, weight(&parts, &parts.a), weight(&parts, &parts.b));
    if call.rows() == 0 {
        return Ok(Batch::empty(schema));
    }
    for (all, name) in [(all_a, "SplitValueA"), (all_b, "SplitValueB")] {
        if all <= 0.0 {
            let value = call.constant(name).map(|v| convert::text(v).into_owned()).unwrap_or_default();
            return Err(format!("`{name}`: no row of `{}` is `{value}`", split.name));
        }
    }
    let shares = |rows: &[usize]| {
        let of = |part: &HashSet<usize>| {
            coded.weight(&rows.iter().copied().filter(|r| part.contains(r)).collect::<Vec<_>>())
        };
        (of(&parts.a), of(&parts.b))
    };
    // a share that is smaller than the difference on both sides cannot differ enough, nor can any longer pattern
    let patterns = frequent(coded, most, |rows| {
        let (a, b) = shares(rows);
        a / all_a >= threshold || b / all_b >= threshold
    })?;
    let by_difference = patterns.into_iter().filter(|p| !p.items.iter().any(|(column, _)| *column == place)).map(|p| {
        let (a, b) = shares(&p.rows);
        ((a / all_a - b / all_b).abs(), a, b, p)
    });
    let mut found: Vec<_> = by_difference.filter(|(difference, ..)| *difference >= threshold).collect();
    found.sort_by(|x, y| y.0.total_cmp(&x.0).then_with(|| y.3.items.len().cmp(&x.3.items.len())));
    let mut chosen: Vec<(HashSet<usize>, Vec<Item>)> = vec![];
    let mut rows = vec![];
    for (difference, a, b, pattern) in found {
        let narrower = |items: &[Item]| items.iter().all(|item| pattern.items.contains(item));
        let told = chosen.iter().any(|(rows, items)| narrower(items) || mostly_same(coded, &pattern, rows));
        if rows.len() == MOST_RESULTS || told {
            continue;
        }
        chosen.push((pattern.rows.iter().copied().collect(), pattern.items.clone()));
        let id = Value::Long(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        let shares = [percent(a, all_a), percent(b, all_b), percent(difference, 1.0)].map(Value::Real);
        let counts = [id, rounded(a), rounded(b)].into_iter().chain(shares);
        rows.push(counts.chain(cells(call, &columns, coded, &pattern.items)).collect());
    }
    Ok(Batch::from_rows(schema, rows))
}

/// The two parts of the rows, coded without the others.
fn parts(call: &TableCall, columns: &[InputColumn<'_>], split: &InputColumn<'_>, place: usize) -> Parts {
    let text = |name: &str| call.constant(name).map(|v| convert::text(v).into_owned()).unwrap_or_default();
    let (first, second) = (text("SplitValueA"), text("SplitValueB"));
    let side = |row: &usize| convert::text(&split.values.value(*row)).into_owned();
    let rows = (0..call.rows()).filter(|row| [&first, &second].contains(&&side(row)));
    let coded = Coded::of(columns, call.column("WeightColumn"), rows);
    let of = |wanted: &str| {
        let is = |codes: &Vec<u32>| {
            let value = codes.get(place).and_then(|code| coded.value((place, *code)));
            value.is_some_and(|v| convert::text(v) == wanted)
        };
        coded.rows.iter().enumerate().filter(|(_, codes)| is(codes)).map(|(row, _)| row).collect()
    };
    Parts { a: of(&first), b: of(&second), coded }
}

fn weight(parts: &Parts, rows: &HashSet<usize>) -> f64 {
    parts.coded.weight(&rows.iter().copied().collect::<Vec<_>>())
}

/// Whether two patterns share more than four fifths of the rows of either.
fn mostly_same(coded: &Coded, pattern: &Pattern, other: &HashSet<usize>) -> bool {
    let both: Vec<usize> = pattern.rows.iter().copied().filter(|row| other.contains(row)).collect();
    let other: Vec<usize> = other.iter().copied().collect();
    coded.weight(&both) > 0.8 * coded.weight(&pattern.rows).max(coded.weight(&other))
}
