//! `basket`: all patterns that enough rows have (apriori).

use super::{
    Coded, MOST_DIMENSIONS, REAL, WEIGHT, WILDCARD, cells, frequent, number, pattern_columns, percent, rounded,
};
use super::{schema, whole};
use crate::library::Example;
use crate::library::table::{Columns, TableCall, TableFunction, TableParameter, Takes};
use crate::value::{Batch, Schema, Type, Value};

/// The record.
pub static FUNCTIONS: &[TableFunction] = &[TableFunction::new(
    "basket",
    &[
        TableParameter::new("Threshold", Takes::Constant(REAL)).optional(),
        WEIGHT,
        MOST_DIMENSIONS,
        WILDCARD,
    ],
    Columns::Bound(|call| {
        settings(call)?;
        let counts = [("SegmentId", Type::Long), ("Count", Type::Long), ("Percent", Type::Real)];
        Ok(schema(&counts, &pattern_columns(call)))
    }),
    basket,
    "All patterns that enough rows match.",
)
.remarks(
    "`Threshold` is a share of the rows from 0.015 to 1, 0.05 by default; a pattern has up to `MaxDimensions` values, 5 by \
     default. The heaviest pattern comes first. Exact, where Kusto takes samples first. A missing value is no part of a \
     pattern. The wildcards hold for the columns of their types.",
)
.examples(&[Example::new(
    "datatable(a: string, b: string) [\"x\", \"p\", \"x\", \"q\", \"y\", \"r\"] | evaluate basket(0.5)",
    "print SegmentId = 0, Count = 2, Percent = 66.67, a = \"x\", b = \"\"",
)])];

/// The share of the rows, and the most values.
fn settings(call: &TableCall) -> Result<(f64, usize), String> {
    Ok((number(call, "Threshold", 0.05, 0.015..=1.0)?, whole(call, "MaxDimensions", 5)?))
}

fn basket(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let (threshold, most) = settings(call)?;
    let columns = pattern_columns(call);
    let coded = Coded::of(&columns, call.column("WeightColumn"), 0..call.rows());
    let total = coded.total();
    let patterns = frequent(&coded, most, |rows| {
        let weight = coded.weight(rows);
        weight > 0.0 && weight >= threshold * total
    })?;
    let mut found: Vec<_> = patterns.into_iter().map(|p| (coded.weight(&p.rows), p)).collect();
    found.sort_by(|(a, p), (b, q)| b.total_cmp(a).then_with(|| q.items.len().cmp(&p.items.len())));
    let rows = found.into_iter().enumerate().map(|(id, (weight, pattern))| {
        let id = Value::Long(i64::try_from(id).unwrap_or(i64::MAX));
        let counts = [id, rounded(weight), Value::Real(percent(weight, total))];
        counts.into_iter().chain(cells(call, &columns, &coded, &pattern.items)).collect()
    });
    Ok(Batch::from_rows(schema, rows))
}
