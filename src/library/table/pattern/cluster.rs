//! `autocluster`: few patterns that together say most about the rows.

use super::{
    Coded, Item, Pattern, REAL, WEIGHT, WHOLE, WILDCARD, cells, closed, number, pattern_columns, percent, rounded,
};
use super::{schema, whole};
use crate::library::Example;
use crate::library::table::{Columns, TableCall, TableFunction, TableParameter, Takes};
use crate::value::{Batch, Schema, Type, Value};
use std::collections::HashSet;

/// A pattern must cover this share of the rows.
const SMALLEST: f64 = 0.05;

/// The record.
pub static FUNCTIONS: &[TableFunction] = &[TableFunction::new(
    "autocluster",
    &[
        TableParameter::new("SizeWeight", Takes::Constant(REAL)).optional(),
        WEIGHT,
        TableParameter::new("NumSeeds", Takes::Constant(WHOLE)).optional(),
        WILDCARD,
    ],
    Columns::Bound(|call| {
        settings(call)?;
        let counts = [("SegmentId", Type::Long), ("Count", Type::Long), ("Percent", Type::Real)];
        Ok(schema(&counts, &pattern_columns(call)))
    }),
    autocluster,
    "A small set of patterns that many rows match and that hold many values.",
)
.remarks(
    "A pattern is worth the share of the rows that it matches to the power of `SizeWeight` (0.5 by default), times the share \
     of the columns that it fills to the power of the rest. From each of the `NumSeeds` most frequent values (25) a pattern \
     grows by the value that makes it worth most; of these the best is taken, as long as it matches a twentieth of the rows, \
     and mostly rows that none before did. Kusto's own search is not published: its patterns may differ.",
)
.examples(&[Example::new(
    "datatable(a: string, b: string) [\"x\", \"p\", \"x\", \"p\", \"x\", \"p\"] | evaluate autocluster()",
    "print SegmentId = 0, Count = 3, Percent = 100.0, a = \"x\", b = \"p\"",
)])];

fn settings(call: &TableCall) -> Result<(f64, usize), String> {
    Ok((number(call, "SizeWeight", 0.5, 0.0..=1.0)?, whole(call, "NumSeeds", 25)?))
}

/// What a pattern is worth: the weighted geometric mean of its size and of how much it says.
fn worth(coded: &Coded, items: usize, rows: &[usize], size: f64) -> f64 {
    let share = coded.weight(rows) / coded.total();
    let filled = items as f64 / coded.values.len().max(1) as f64;
    share.powf(size) * filled.powf(1.0 - size)
}

/// Grows a pattern, value by value, as long as it becomes worth more.
fn grown(coded: &Coded, seed: Pattern, candidates: &[(Item, Vec<usize>)], size: f64) -> Pattern {
    let mut pattern = closed(coded, &seed);
    loop {
        let now = worth(coded, pattern.items.len(), &pattern.rows, size);
        let free = candidates.iter().filter(|((c, _), _)| !pattern.items.iter().any(|(column, _)| column == c));
        let longer = free.map(|(item, _)| {
            let rows: Vec<usize> = pattern.rows.iter().copied().filter(|row| coded.has(*row, *item)).collect();
            (worth(coded, pattern.items.len() + 1, &rows, size), *item, rows)
        });
        let best = longer.max_by(|a, b| a.0.total_cmp(&b.0));
        match best {
            Some((better, item, rows)) if better > now => {
                let items = pattern.items.iter().copied().chain([item]).collect();
                pattern = closed(coded, &Pattern { items, rows });
            }
            _ => return pattern,
        }
    }
}

fn autocluster(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let (size, seeds) = settings(call)?;
    let columns = pattern_columns(call);
    let coded = Coded::of(&columns, call.column("WeightColumn"), 0..call.rows());
    let total = coded.total();
    let least = |weight: f64| weight > 0.0 && weight >= SMALLEST * total;
    let mut items: Vec<(Item, Vec<usize>)> =
        coded.items().into_iter().filter(|(_, r)| least(coded.weight(r))).collect();
    items.sort_by(|(a, p), (b, q)| coded.weight(q).total_cmp(&coded.weight(p)).then_with(|| a.cmp(b)));
    let seeds = items.iter().take(seeds);
    let seeds = seeds.map(|(item, rows)| Pattern { items: vec![*item], rows: rows.clone() });
    let mut grown: Vec<(f64, Pattern)> = seeds
        .map(|seed| grown(&coded, seed, &items, size))
        .map(|p| (worth(&coded, p.items.len(), &p.rows, size), p))
        .collect();
    grown.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let mut covered: HashSet<usize> = HashSet::new();
    let mut rows = vec![];
    for (_, pattern) in grown {
        let fresh: Vec<usize> = pattern.rows.iter().copied().filter(|row| !covered.contains(row)).collect();
        // rows that are explained already are no reason for another pattern
        if !least(coded.weight(&fresh)) || coded.weight(&fresh) * 2.0 < coded.weight(&pattern.rows) {
            continue;
        }
        covered.extend(&pattern.rows);
        let id = Value::Long(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        let weight = coded.weight(&pattern.rows);
        let counts = [id, rounded(weight), Value::Real(percent(weight, total))];
        rows.push(counts.into_iter().chain(cells(call, &columns, &coded, &pattern.items)).collect());
    }
    Ok(Batch::from_rows(schema, rows))
}
