//! Looking at tables: previews, schemas made one, counts of what sets share.

use super::rolling::{count, own_row, own_schema};
use super::{Columns, TableCall, TableFunction, TableParameter, Takes};
use crate::library::Example;
use crate::library::digest::Distinct;
use crate::value::{Batch, Field, Schema, Type, Value};
use indexmap::IndexMap;

const BOOL: &[Type] = &[Type::Bool];
const WHOLE: &[Type] = &[Type::Long, Type::Int];
/// What stands in the type of a column whose places differ.
const OUT_OF_ORDER: &str = "columns are out of order";

/// The records.
pub static FUNCTIONS: &[TableFunction] = &[
    TableFunction::new(
        "preview",
        &[TableParameter::new("NumberOfRows", Takes::Constant(WHOLE))],
        Columns::Bound(|call| {
            count(call, "NumberOfRows")?;
            Ok(own_schema(call))
        }),
        |call, schema| {
            let most = count(call, "NumberOfRows")?.unwrap_or(0).min(call.rows());
            Ok(Batch::from_rows(schema, (0..most).map(|row| own_row(call, row))))
        },
        "The first rows, and the number of all.",
    )
    .also(COUNT)
    .remarks("Two tables: some rows, and a table `Count`.")
    .examples(&[Example::new("range n from 1 to 1 step 1 | evaluate preview(5)", "print n = 1; print Count = 1")]),
    TableFunction::new(
        "identity",
        &[],
        Columns::Bound(|call| Ok(own_schema(call))),
        |call, schema| Ok(Batch::from_rows(schema, (0..call.rows()).map(|row| own_row(call, row)))),
        "The rows as they are.",
    )
    .examples(&[Example::new("print n = 1 | evaluate identity()", "print n = 1")]),
    TableFunction::new(
        "estimate_rows_count",
        &[],
        Columns::Bound(|_| Ok(Schema::of([("EstimatedRowsCount", Type::Long)]))),
        row_count,
        "The number of rows.",
    )
    .remarks("Exact here.")
    .examples(&[Example::new("print n = 1 | evaluate estimate_rows_count()", "print EstimatedRowsCount = 1")]),
    TableFunction::new(
        "schema_merge",
        &[TableParameter::new("PreserveOrder", Takes::Constant(BOOL)).optional()],
        Columns::Bound(merged_schema),
        merge,
        "One schema of several, as `getschema` lists them.",
    )
    .remarks(
        "A column of `int` and `long` is `long`, of whole numbers and `real` it is `real`, of numbers and `decimal` it is \
         `decimal`; other types together are an error in the row of the column. Unless `PreserveOrder` is false, a column \
         must have the same place in every schema; one that has not gets the place -1 and an error for its type.",
    )
    .examples(&[Example::new(
        "union (print a = int(1) | getschema), (print a = 1 | getschema) | evaluate schema_merge() | project ColumnName, \
         ColumnType",
        "print ColumnName = \"a\", ColumnType = \"long\"",
    )]),
    TableFunction::new(
        "dcount_intersect",
        &[TableParameter::new("hll", Takes::Expression(&[Type::Dynamic])).repeats()],
        Columns::Bound(shared_schema),
        shared,
        "How many values sets of `hll` states share: the first, the first two, the first three and so on.",
    )
    .remarks(
        "Columns `s0`, `s1` and so on behind those of the table; null from a value on that is no state. From 2 to 16 states. \
         Exact here.",
    )
    .examples(&[Example::new(
        "range x from 1 to 12 step 1 | summarize a = hll(iff(x % 2 == 0, x, 0)), b = hll(iff(x % 3 == 0, x, 0)) | evaluate \
         dcount_intersect(a, b) | project s0, s1",
        "print s0 = 7, s1 = 3",
    )]),
];

static COUNT: &[TableFunction] = &[TableFunction::new(
    "preview",
    &[],
    Columns::Bound(|_| Ok(Schema::of([("Count", Type::Long)]))),
    row_count,
    "The number of rows.",
)];

fn row_count(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let rows = i64::try_from(call.rows()).unwrap_or(i64::MAX);
    Ok(Batch::from_rows(schema, [vec![Value::Long(rows)]]))
}

fn merged_schema(call: &TableCall) -> Result<Schema, String> {
    for (name, types) in
        [("ColumnName", &[Type::String] as &[Type]), ("ColumnOrdinal", WHOLE), ("ColumnType", &[Type::String])]
    {
        if !call.input_columns().any(|c| c.name == name && types.contains(&c.ty)) {
            return Err(format!("the rows have no column `{name}`: make them with `getschema`"));
        }
    }
    let texts = ["DataType", "ColumnType"].map(|name| (name, Type::String));
    Ok(Schema::of([("ColumnName", Type::String), ("ColumnOrdinal", Type::Int)].into_iter().chain(texts)))
}

/// The type that two types of a column have in common.
fn common(a: Type, b: Type) -> Option<Type> {
    match (a, b) {
        (a, b) if a == b => Some(a),
        (Type::Int | Type::Long, Type::Int | Type::Long) => Some(Type::Long),
        (a, b) if !a.is_numeric() || !b.is_numeric() => None,
        (Type::Decimal, _) | (_, Type::Decimal) => Some(Type::Decimal),
        _ => Some(Type::Real),
    }
}

fn merge(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let column = |name: &str| call.input_columns().find(|c| c.name == name).ok_or_else(|| format!("no `{name}`"));
    let (names, places, types) = (column("ColumnName")?, column("ColumnOrdinal")?, column("ColumnType")?);
    let in_order = call.constant("PreserveOrder").and_then(Value::as_bool) != Some(false);
    let mut merged: IndexMap<String, (Vec<i64>, Result<Type, String>)> = IndexMap::new();
    for row in 0..call.rows() {
        let text = |v: Value| v.as_str().unwrap_or_default().to_owned();
        let (name, ty) = (text(names.values.value(row)), text(types.values.value(row)));
        let ty = Type::from_name(&ty).ok_or_else(|| format!("`{ty}` is no type"));
        let place = places.values.value(row).as_i64().unwrap_or(-1);
        let (seen, known) = merged.entry(name).or_insert_with(|| (vec![], ty.clone()));
        seen.push(place);
        if let (Ok(a), Ok(b)) = (&*known, &ty) {
            *known = common(*a, *b).ok_or_else(|| format!("`{a}` and `{b}` have no common type"));
        }
    }
    let mut columns: Vec<(String, i64, bool, Result<Type, String>)> = merged
        .into_iter()
        .map(|(name, (seen, ty))| {
            let moved = in_order && seen.iter().any(|place| Some(place) != seen.first());
            (name, seen.into_iter().max().unwrap_or(0), moved, ty)
        })
        .collect();
    columns.sort_by_key(|(_, place, moved, _)| (*moved, *place));
    let rows = columns.into_iter().enumerate().map(|(place, (name, _, moved, ty))| {
        let place = if moved { -1 } else { i32::try_from(place).unwrap_or(i32::MAX) };
        let ty = if moved { Err(OUT_OF_ORDER.to_owned()) } else { ty };
        let (data, ty) = match ty {
            Ok(ty) => (ty.net_name().to_owned(), ty.name().to_owned()),
            Err(why) => (format!("ERROR(unknown CSL type:ERROR({why}))"), format!("ERROR({why})")),
        };
        vec![Value::String(name), Value::Int(place), Value::String(data), Value::String(ty)]
    });
    Ok(Batch::from_rows(schema, rows))
}

fn shared_schema(call: &TableCall) -> Result<Schema, String> {
    let states = call.columns("hll").len();
    if !(2..=16).contains(&states) {
        return Err(format!("it takes from 2 to 16 `hll` states, not {states}"));
    }
    let made = (0..states).map(|n| Field { name: format!("s{n}").into(), ty: Type::Long }).collect();
    Ok(super::joined_fields(own_schema(call).fields().to_vec(), made))
}

fn shared(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let states = call.columns("hll");
    let rows = (0..call.rows()).map(|row| {
        let mut common: Option<Distinct> = None;
        let mut broken = false;
        let counts = states.iter().map(|column| {
            let state = match column.values.value(row) {
                Value::Dynamic(json) => Distinct::from_json(&json),
                _ => None,
            };
            let Some(state) = state.filter(|_| !broken) else {
                broken = true;
                return Value::Null;
            };
            let set = match common.take() {
                Some(before) => before.intersection(&state),
                None => state,
            };
            let count = set.count();
            common = Some(set);
            Value::Long(count)
        });
        let counts: Vec<Value> = counts.collect();
        own_row(call, row).into_iter().chain(counts).collect()
    });
    let rows: Vec<Vec<Value>> = rows.collect();
    Ok(Batch::from_rows(schema, rows))
}
