//! Patterns: values that many rows share, found by the table alone.
//!
//! A pattern holds a value for some columns; a row matches when it has all of them. In: rows of few different values. Out: a
//! row for each pattern, a wildcard in the columns that it leaves open. Microsoft documents what its plugins look for, not
//! how they search: these search exhaustively, so that the patterns found may differ from Kusto's.

mod basket;
mod cluster;
mod differ;
mod text;

use super::{InputColumn, TableCall, TableFunction, TableParameter, Takes};
use crate::library::compare::{Key, key};
use crate::value::{Field, Schema, Type, Value};
use std::collections::HashMap;

const REAL: &[Type] = &[Type::Real, Type::Long, Type::Int];
const WHOLE: &[Type] = &[Type::Long, Type::Int];
const WEIGHTS: &[Type] = &[Type::Long, Type::Int, Type::Real];

const WEIGHT: TableParameter = TableParameter::new("WeightColumn", Takes::Column(WEIGHTS)).optional();
const MOST_DIMENSIONS: TableParameter = TableParameter::new("MaxDimensions", Takes::Constant(WHOLE)).optional();
const WILDCARD: TableParameter = TableParameter::new("CustomWildcard", Takes::Constant(&[])).repeats();

/// The records by file.
pub static FAMILIES: [&[TableFunction]; 4] =
    [basket::FUNCTIONS, cluster::FUNCTIONS, differ::FUNCTIONS, text::FUNCTIONS];

/// An item: a column of the table and one of its values, by number.
type Item = (usize, u32);

/// The cells of a table as numbers, and what each row counts.
struct Coded {
    /// For each column, what its numbers stand for.
    values: Vec<Vec<Value>>,
    /// For each row, the number of its value in each column.
    rows: Vec<Vec<u32>>,
    weights: Vec<f64>,
}

impl Coded {
    /// The table without the columns that are no part of patterns. Equal rows are one, with their weights added.
    fn of(columns: &[InputColumn<'_>], weight: Option<InputColumn<'_>>, rows: impl Iterator<Item = usize>) -> Coded {
        let mut numbers: Vec<HashMap<Key, u32>> = vec![HashMap::new(); columns.len()];
        let mut coded = Coded { values: vec![vec![]; columns.len()], rows: vec![], weights: vec![] };
        let mut places: HashMap<Vec<u32>, usize> = HashMap::new();
        for row in rows {
            let mut codes = Vec::with_capacity(columns.len());
            for ((column, numbers), values) in columns.iter().zip(&mut numbers).zip(&mut coded.values) {
                let value = column.values.value(row);
                let next = u32::try_from(values.len()).unwrap_or(u32::MAX);
                codes.push(*numbers.entry(key(&value)).or_insert_with(|| {
                    values.push(value);
                    next
                }));
            }
            let weight = weight.map_or(1.0, |w| w.values.value(row).as_f64().unwrap_or(0.0).max(0.0));
            let place = *places.entry(codes).or_insert_with_key(|codes| {
                coded.rows.push(codes.clone());
                coded.weights.push(0.0);
                coded.rows.len() - 1
            });
            if let Some(sum) = coded.weights.get_mut(place) {
                *sum += weight;
            }
        }
        coded
    }

    fn total(&self) -> f64 {
        // a sum of nothing is negative zero
        self.weights.iter().sum::<f64>() + 0.0
    }

    /// The value of an item.
    fn value(&self, (column, code): Item) -> Option<&Value> {
        self.values.get(column)?.get(usize::try_from(code).ok()?)
    }

    /// Whether a row has an item.
    fn has(&self, row: usize, (column, code): Item) -> bool {
        self.rows.get(row).and_then(|codes| codes.get(column)) == Some(&code)
    }

    /// The items that rows have, with those rows; a missing value is none, since a wildcard looks like it.
    fn items(&self) -> HashMap<Item, Vec<usize>> {
        let mut items: HashMap<Item, Vec<usize>> = HashMap::new();
        for (row, codes) in self.rows.iter().enumerate() {
            for item in codes.iter().copied().enumerate().filter(|item| self.value(*item).is_some_and(is_given)) {
                items.entry(item).or_default().push(row);
            }
        }
        items
    }

    /// The weight of some rows.
    fn weight(&self, rows: &[usize]) -> f64 {
        rows.iter().filter_map(|row| self.weights.get(*row)).sum::<f64>() + 0.0
    }
}

fn is_given(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("")
}

/// Items in the order of their columns, and the rows that have all of them.
#[derive(Clone)]
struct Pattern {
    items: Vec<Item>,
    rows: Vec<usize>,
}

/// What a search for patterns may do at most, lest it never end.
const MOST_PATTERNS: usize = 200_000;

/// All patterns of up to so many items that weigh enough: those of one item, then each of them with one more, column by
/// column. A subset of a pattern weighs no less, so that what does not weigh enough is not made longer.
///
/// # Errors
/// When there are too many.
fn frequent(coded: &Coded, most_items: usize, enough: impl Fn(&[usize]) -> bool) -> Result<Vec<Pattern>, String> {
    let single = coded.items().into_iter().filter(|(_, rows)| enough(rows));
    let mut single: Vec<Pattern> = single.map(|(item, rows)| Pattern { items: vec![item], rows }).collect();
    single.sort_by(|a, b| a.items.cmp(&b.items));
    let mut all = single.clone();
    let mut last = single.clone();
    for _ in 1..most_items.max(1) {
        let mut longer: Vec<Pattern> = vec![];
        for pattern in &last {
            let end = pattern.items.last().map_or(0, |(column, _)| column + 1);
            let start = single.partition_point(|p| p.items.first().is_some_and(|(column, _)| *column < end));
            for item in single.iter().skip(start).filter_map(|p| p.items.first()) {
                let rows: Vec<usize> = pattern.rows.iter().copied().filter(|row| coded.has(*row, *item)).collect();
                if enough(&rows) {
                    longer.push(Pattern { items: pattern.items.iter().copied().chain([*item]).collect(), rows });
                }
            }
            if all.len() + longer.len() > MOST_PATTERNS {
                return Err(format!("more than {MOST_PATTERNS} patterns: raise the threshold or take fewer columns"));
            }
        }
        if longer.is_empty() {
            break;
        }
        all.extend(longer.iter().cloned());
        last = longer;
    }
    Ok(all)
}

/// The pattern with every item that all its rows have.
fn closed(coded: &Coded, pattern: &Pattern) -> Pattern {
    let Some(first) = pattern.rows.first().and_then(|row| coded.rows.get(*row)) else { return pattern.clone() };
    let items = first.iter().copied().enumerate().filter(|item| coded.value(*item).is_some_and(is_given));
    let items = items.filter(|item| pattern.rows.iter().all(|row| coded.has(*row, *item)));
    Pattern { items: items.collect(), rows: pattern.rows.clone() }
}

/// What stands in an open column of a type: the last wildcard given for it, else the missing value.
fn wildcard(call: &TableCall, ty: Type) -> Value {
    let fits = |v: &&Value| v.type_of() == Some(ty) || (ty.is_numeric() && v.type_of() == Some(Type::Int));
    let fits = |v: &&Value| fits(v) && !matches!(v, Value::String(text) if text == "~");
    call.constants("CustomWildcard").filter(fits).last().cloned().unwrap_or(Value::missing(ty))
}

/// The cells of a pattern: its values, wildcards elsewhere.
fn cells(call: &TableCall, columns: &[InputColumn<'_>], coded: &Coded, items: &[Item]) -> Vec<Value> {
    let cell = |(place, column): (usize, &InputColumn<'_>)| {
        let item = items.iter().find(|(column, _)| *column == place);
        item.and_then(|item| coded.value(*item).cloned()).unwrap_or_else(|| wildcard(call, column.ty))
    };
    columns.iter().enumerate().map(cell).collect()
}

/// The user's columns, and those that patterns are about: not the weight.
fn pattern_columns(call: &TableCall) -> Vec<InputColumn<'_>> {
    let weight = call.column("WeightColumn").map(|c| c.index);
    call.input_columns().filter(|c| Some(c.index) != weight).collect()
}

/// Counts of patterns, and the columns of the patterns.
fn schema(counts: &[(&str, Type)], columns: &[InputColumn<'_>]) -> Schema {
    let counts = counts.iter().map(|(name, ty)| Field { name: (*name).into(), ty: *ty }).collect();
    let columns = columns.iter().map(|c| Field { name: c.name.into(), ty: c.ty }).collect();
    super::joined_fields(counts, columns)
}

/// A number within bounds, or the default where it was left out.
///
/// # Errors
/// When it lies outside.
fn number(call: &TableCall, name: &str, default: f64, bounds: std::ops::RangeInclusive<f64>) -> Result<f64, String> {
    match call.constant(name).map(Value::as_f64) {
        None => Ok(default),
        Some(Some(x)) if bounds.contains(&x) => Ok(x),
        Some(_) => Err(format!("`{name}` lies between {} and {}", bounds.start(), bounds.end())),
    }
}

/// A count of one or more, or the default where it was left out.
fn whole(call: &TableCall, name: &str, default: usize) -> Result<usize, String> {
    match super::rolling::count(call, name)? {
        Some(0) => Err(format!("`{name}` must be above zero")),
        given => Ok(given.unwrap_or(default)),
    }
}

/// A weight as a count.
fn rounded(weight: f64) -> Value {
    Value::Long(weight.round() as i64)
}

/// A part in per cent, with two decimals at most; nothing of nothing.
fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole * 10_000.0).round() / 100.0 } else { 0.0 }
}
