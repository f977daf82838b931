//! Rows and their neighbours: percentiles over bins in a row, rows near others.

use super::activity::{axis, axis_value, distance};
use super::{Columns, TableCall, TableFunction, TableParameter, Takes};
use crate::library::Example;
use crate::library::compare::{Key, compare, key};
use crate::value::{Batch, Field, Schema, Type, Value};
use std::collections::{BTreeMap, HashMap};

const SUMMED: &[Type] = &[Type::Long, Type::Int, Type::Real, Type::Decimal, Type::Datetime, Type::Timespan];
const TIMES: &[Type] = &[Type::Datetime, Type::Timespan, Type::Long, Type::Int];
const DISTANCES: &[Type] = &[Type::Timespan, Type::Long, Type::Int];
const WHOLE: &[Type] = &[Type::Long, Type::Int];

/// The records.
pub static FUNCTIONS: &[TableFunction] = &[
    TableFunction::new(
        "rolling_percentile",
        &[
            TableParameter::new("ValueColumn", Takes::Column(SUMMED)),
            TableParameter::new("Percentile", Takes::Constant(&[Type::Real, Type::Long, Type::Int])),
            TableParameter::new("IndexColumn", Takes::Column(TIMES)),
            TableParameter::new("BinSize", Takes::Constant(DISTANCES)),
            TableParameter::new("BinsPerWindow", Takes::Constant(WHOLE)),
            TableParameter::new("dim", Takes::Column(&[])).repeats(),
        ],
        Columns::Bound(rolling_schema),
        rolling,
        "A percentile of the values of each bin and the bins before it.",
    )
    .remarks(
        "The value of the nearest rank, exact where Kusto estimates. Bins are multiples of `BinSize`; a bin without rows has \
         no row. Nulls are left out.",
    )
    .examples(&[Example::new(
        "datatable(v: long, t: long) [1, 0, 5, 1, 9, 2] | evaluate rolling_percentile(v, 50, t, 1, 3)",
        "datatable(t: long, rolling_3_percentile_v_50: long) [0, 1, 1, 1, 2, 5]",
    )]),
    TableFunction::new(
        "rows_near",
        &[
            TableParameter::new("Condition", Takes::Expression(&[Type::Bool])),
            TableParameter::new("NumRows", Takes::Constant(WHOLE)),
            TableParameter::new("RowsAfter", Takes::Constant(WHOLE)).optional(),
        ],
        Columns::Bound(|call| {
            near_counts(call)?;
            Ok(own_schema(call))
        }),
        near,
        "The rows that stand near one for which a condition is true.",
    )
    .remarks("The order is that of the rows before. Without `RowsAfter` it is `NumRows` on both sides.")
    .examples(&[Example::new(
        "datatable(n: long) [1, 2, 3, 4, 5] | order by n asc | evaluate rows_near(n == 3, 1)",
        "datatable(n: long) [2, 3, 4]",
    )]),
];

/// The user's columns as they are.
pub(super) fn own_schema(call: &TableCall) -> Schema {
    Schema::new(call.input_columns().map(|c| Field { name: c.name.into(), ty: c.ty }))
}

/// The user's values of a row.
pub(super) fn own_row(call: &TableCall, row: usize) -> Vec<Value> {
    call.input_columns().map(|c| c.values.value(row)).collect()
}

/// A count that cannot be negative.
pub(super) fn count(call: &TableCall, name: &str) -> Result<Option<usize>, String> {
    let Some(value) = call.constant(name) else { return Ok(None) };
    let count = value.as_i64().and_then(|n| usize::try_from(n).ok());
    count.map(Some).ok_or_else(|| format!("`{name}` cannot be negative"))
}

fn near_counts(call: &TableCall) -> Result<(usize, usize), String> {
    let before = count(call, "NumRows")?.ok_or("`NumRows` is missing")?;
    Ok((before, count(call, "RowsAfter")?.unwrap_or(before)))
}

fn near(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let (before, after) = near_counts(call)?;
    let condition = call.required("Condition")?;
    let holds = |row: usize| condition.values.value(row) == Value::Bool(true);
    // the first row behind the last stretch
    let mut end = 0;
    let mut rows = vec![];
    for hit in (0..call.rows()).filter(|row| holds(*row)) {
        let (first, last) = (hit.saturating_sub(before).max(end), hit.saturating_add(after).min(call.rows() - 1));
        rows.extend((first..=last).map(|row| own_row(call, row)));
        end = last + 1;
    }
    Ok(Batch::from_rows(schema, rows))
}

fn rolling_schema(call: &TableCall) -> Result<Schema, String> {
    let (value, index) = (call.required("ValueColumn")?, call.required("IndexColumn")?);
    distance(call, "BinSize", index.ty)?;
    let bins = count(call, "BinsPerWindow")?.filter(|n| *n > 0).ok_or("`BinsPerWindow` must be above zero")?;
    let asked = call.constant("Percentile").filter(|p| p.as_f64().is_some_and(|p| (0.0..=100.0).contains(&p)));
    let asked = asked.ok_or("`Percentile` lies between 0 and 100")?;
    let asked = crate::library::convert::text(asked).replace('.', "_");
    let name = format!("rolling_{bins}_percentile_{}_{asked}", value.name);
    let keys = std::iter::once(index).chain(call.columns("dim"));
    let keys = keys.map(|c| Field { name: c.name.into(), ty: c.ty });
    let fields: Vec<Field> = keys.chain([Field { name: name.into(), ty: value.ty }]).collect();
    Ok(Schema::new(fields))
}

/// The values of each bin.
type Bins = BTreeMap<i64, Vec<Value>>;

fn rolling(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let (value, index) = (call.required("ValueColumn")?, call.required("IndexColumn")?);
    let step = distance(call, "BinSize", index.ty)?;
    let bins = count(call, "BinsPerWindow")?.unwrap_or(1);
    let window = step.saturating_mul(i64::try_from(bins).unwrap_or(i64::MAX));
    let asked = call.constant("Percentile").and_then(Value::as_f64).unwrap_or(50.0);
    let dimensions = call.columns("dim");
    let mut groups: Vec<(Vec<Value>, Bins)> = vec![];
    let mut places: HashMap<Vec<Key>, usize> = HashMap::new();
    for row in 0..call.rows() {
        let Some(at) = axis(&index.values.value(row)) else { continue };
        let values: Vec<Value> = dimensions.iter().map(|c| c.values.value(row)).collect();
        let place = *places.entry(values.iter().map(key).collect()).or_insert_with(|| {
            groups.push((values, BTreeMap::new()));
            groups.len() - 1
        });
        let Some((_, bins)) = groups.get_mut(place) else { continue };
        let bin = bins.entry(at.div_euclid(step).saturating_mul(step)).or_default();
        bin.extend(Some(value.values.value(row)).filter(|v| !v.is_null()));
    }
    let mut rows = vec![];
    for (dimensions, bins) in &groups {
        // the values of the window in order: each bin is put in once and taken out once
        let mut within: Vec<&Value> = vec![];
        let mut leaving = bins.iter().peekable();
        for (bin, values) in bins {
            while let Some((_, gone)) = leaving.next_if(|(old, _)| **old <= bin.saturating_sub(window)) {
                for v in gone {
                    within.remove(within.partition_point(|w| compare(w, v).is_lt()));
                }
            }
            values.iter().for_each(|v| within.insert(within.partition_point(|w| compare(w, v).is_lt()), v));
            let found = nearest_rank(&within, asked).cloned().unwrap_or(Value::missing(value.ty));
            let time = axis_value(index.ty, *bin);
            rows.push(std::iter::once(time).chain(dimensions.iter().cloned()).chain([found]).collect());
        }
    }
    Ok(Batch::from_rows(schema, rows))
}

/// The smallest of some values in order at or below which a percentage of them lies.
fn nearest_rank<'v>(values: &[&'v Value], percentage: f64) -> Option<&'v Value> {
    let rank = (percentage / 100.0 * values.len() as f64).ceil() as usize;
    values.get(rank.max(1) - 1).or(values.last()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::digest::{Weighted, percentile};

    #[test]
    fn the_nearest_rank_is_that_of_weighted_values() {
        let values: Vec<Value> = (1..=7).map(Value::Long).collect();
        let sorted: Vec<&Value> = values.iter().collect();
        let weighted = Weighted::new(values.iter().map(|v| (v.clone(), 1)));
        for asked in [0.0, 1.0, 14.0, 50.0, 85.8, 99.9, 100.0] {
            assert_eq!(nearest_rank(&sorted, asked).cloned(), percentile(&weighted, asked));
        }
        assert_eq!(nearest_rank(&[], 50.0), None);
    }
}
