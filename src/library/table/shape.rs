//! Tables turned: properties, values and columns that become columns and rows.

use super::{Argument, Columns, TableCall, TableFunction, TableParameter, Takes};
use crate::library::Example;
use crate::library::convert;
use crate::value::{Batch, Field, Json, Schema, Type, Value};
use indexmap::IndexMap;
use std::collections::{BTreeMap, HashMap, HashSet};

const DYNAMIC: &[Type] = &[Type::Dynamic];
const TEXT: &[Type] = &[Type::String];

/// The records.
pub static FUNCTIONS: &[TableFunction] = &[
    TableFunction::new(
        "bag_unpack",
        &[
            TableParameter::new("Column", Takes::Column(DYNAMIC)),
            TableParameter::new("OutputColumnPrefix", Takes::Constant(TEXT)).optional(),
            TableParameter::new("columnsConflict", Takes::Constant(TEXT)).optional(),
            TableParameter::new("ignoredProperties", Takes::Constant(DYNAMIC)).optional(),
        ],
        Columns::FromRows(unpacked_schema),
        unpack,
        "The properties of a bag as columns of their own.",
    )
    .remarks(
        "The column goes; the properties come in the order of their names. A property whose values have one type is a column of \
         it, else `dynamic`. `columnsConflict` says what happens to a column of the same name: `error`, `replace_source` or \
         `keep_source`. Which columns there are is known when the rows are, unless `: (schema)` declares them.",
    )
    .examples(&[Example::new(
        "print d = dynamic({\"n\": 1, \"t\": \"x\"}) | evaluate bag_unpack(d)",
        "print n = 1, t = \"x\"",
    )]),
    TableFunction::new(
        "narrow",
        &[],
        Columns::Bound(|_| Ok(narrow_schema())),
        narrow,
        "A row for each cell: wide tables made readable.",
    )
    .remarks("`Row` counts from 0, `Value` is the cell as text.")
    .examples(&[Example::new(
        "print a = 1, b = \"x\" | evaluate narrow()",
        "datatable(Row: long, Column: string, Value: string) [0, \"a\", \"1\", 0, \"b\", \"x\"]",
    )]),
];

/// `pivot`, whose rows the binder groups first: `pivotColumn` holds the new columns' names, `aggregationFunction` their
/// values, the columns before them stay. The constant `empty` fills a group that has no value of the column.
pub static PIVOT: TableFunction = TableFunction::new(
    "pivot",
    &[
        TableParameter::new("pivotColumn", Takes::Column(&[])),
        TableParameter::new("aggregationFunction", Takes::Column(&[])),
        TableParameter::new("column", Takes::Column(&[])).repeats(),
    ],
    Columns::FromRows(pivoted_schema),
    pivot,
    "Values of a column as columns, with an aggregation in each cell.",
)
.remarks(
    "Without an aggregation it counts. All other columns stay unless some are named. Which columns there are is known when the \
     rows are, unless `: (schema)` declares them.",
)
.examples(&[Example::new(
    "datatable(k: string, v: string) [\"a\", \"x\", \"a\", \"y\", \"b\", \"x\"] | evaluate pivot(v)",
    "datatable(k: string, x: long, y: long) [\"a\", 1, 1, \"b\", 1, 0]",
)]);

fn bag(column: &crate::value::Column, row: usize) -> Option<serde_json::Map<String, Json>> {
    match column.value(row) {
        Value::Dynamic(Json::Object(bag)) => Some(bag),
        _ => None,
    }
}

/// The type of a property's value; `None` for null, which decides nothing.
fn property_type(json: &Json) -> Option<Type> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(_) => Type::Bool,
        Json::Number(n) if n.is_f64() => Type::Real,
        Json::Number(_) => Type::Long,
        Json::String(_) => Type::String,
        Json::Array(_) | Json::Object(_) => Type::Dynamic,
    })
}

fn prefix(call: &TableCall) -> &str {
    call.constant("OutputColumnPrefix").and_then(Value::as_str).unwrap_or_default()
}

fn ignored(call: &TableCall) -> HashSet<&str> {
    match call.constant("ignoredProperties") {
        Some(Value::Dynamic(Json::Array(names))) => names.iter().filter_map(Json::as_str).collect(),
        _ => HashSet::new(),
    }
}

fn unpacked_schema(call: &TableCall) -> Result<Schema, String> {
    let column = call.required("Column")?;
    let ignored = ignored(call);
    let mut found: BTreeMap<String, Option<Type>> = BTreeMap::new();
    for row in 0..column.values.len() {
        for (key, value) in bag(column.values, row).unwrap_or_default() {
            if ignored.contains(&*key) {
                continue;
            }
            let ty = property_type(&value);
            let seen = found.entry(format!("{}{key}", prefix(call))).or_insert(ty);
            if let Some(ty) = ty {
                *seen = Some(if seen.is_none_or(|s| s == ty) { ty } else { Type::Dynamic });
            }
        }
    }
    let conflict = call.constant("columnsConflict").and_then(Value::as_str).unwrap_or("error");
    if !["error", "replace_source", "keep_source"].contains(&conflict) {
        return Err(format!("`columnsConflict` is `error`, `replace_source` or `keep_source`, not `{conflict}`"));
    }
    let mut fields: Vec<Field> = Vec::new();
    for input in call.input_columns() {
        let made = found.get(input.name).copied();
        let of = |ty: Type| Field { name: input.name.into(), ty };
        match (input.index == column.index, made, conflict) {
            (true, Some(ty), _) | (false, Some(ty), "replace_source") => {
                found.remove(input.name);
                fields.push(of(ty.unwrap_or(Type::Dynamic)));
            }
            (true, None, _) => {}
            (false, None, _) => fields.push(of(input.ty)),
            (false, Some(_), "keep_source") => {
                found.remove(input.name);
                fields.push(of(input.ty));
            }
            (false, Some(_), _) => {
                let name = input.name;
                return Err(format!(
                    "the property `{name}` has the name of a column; say `columnsConflict='replace_source'` or 'keep_source'"
                ));
            }
        }
    }
    let made = found.into_iter().map(|(name, ty)| Field { name: name.into(), ty: ty.unwrap_or(Type::Dynamic) });
    Ok(Schema::new(fields.into_iter().chain(made)))
}

fn unpack(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let column = call.required("Column")?;
    let (prefix, ignored) = (prefix(call), ignored(call));
    let keep = call.constant("columnsConflict").and_then(Value::as_str) == Some("keep_source");
    let own: HashMap<&str, _> = call.input_columns().filter(|c| c.index != column.index).map(|c| (c.name, c)).collect();
    let rows = (0..column.values.len()).map(|row| {
        let bag = bag(column.values, row).unwrap_or_default();
        let cell = |field: &Field| {
            let own = own.get(&*field.name).map(|c| c.values.value(row));
            let key = field.name.strip_prefix(prefix).filter(|key| !ignored.contains(key));
            let property = key.and_then(|key| bag.get(key)).map(|json| typed(json, field.ty));
            let first = if keep { own.clone().or(property) } else { property.or(own) };
            first.unwrap_or_else(|| Value::missing(field.ty))
        };
        schema.fields().iter().map(cell).collect()
    });
    Ok(Batch::from_rows(schema, rows))
}

fn text(value: &Value) -> String {
    convert::text(value).into_owned()
}

/// A property's value as its column's type.
fn typed(json: &Json, ty: Type) -> Value {
    convert::to(ty, Value::Dynamic(json.clone()))
}

fn narrow_schema() -> Schema {
    Schema::of([("Row", Type::Long), ("Column", Type::String), ("Value", Type::String)])
}

fn narrow(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let rows = (0..call.rows()).flat_map(|row| {
        call.input_columns().map(move |c| {
            let number = Value::Long(i64::try_from(row).unwrap_or(i64::MAX));
            vec![number, Value::String(c.name.to_owned()), Value::String(text(&c.values.value(row)))]
        })
    });
    Ok(Batch::from_rows(schema, rows))
}

fn pivoted_schema(call: &TableCall) -> Result<Schema, String> {
    let (names, values) = (call.required("pivotColumn")?, call.required("aggregationFunction")?);
    let stays: Vec<Field> = staying(call).map(|c| Field { name: c.name.into(), ty: c.ty }).collect();
    let made: BTreeMap<String, ()> = (0..call.rows()).map(|row| (text(&names.values.value(row)), ())).collect();
    if let Some(name) = made.keys().find(|name| stays.iter().any(|s| *s.name == ***name)) {
        return Err(format!(
            "`pivotColumn` has the value `{name}`, which is the name of a column that stays: rename that"
        ));
    }
    let made: Vec<Field> = made.into_keys().map(|name| Field { name: name.into(), ty: values.ty }).collect();
    Ok(Schema::new(stays.into_iter().chain(made)))
}

/// The columns beside the pivoted and the aggregated one.
fn staying(call: &TableCall) -> impl Iterator<Item = super::InputColumn<'_>> {
    let used: Vec<usize> = call
        .arguments
        .iter()
        .filter_map(|(_, argument)| match argument {
            Argument::Column { index, .. } => Some(*index),
            _ => None,
        })
        .collect();
    call.input_columns().filter(move |c| !used.contains(&c.index))
}

fn pivot(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let (names, values) = (call.required("pivotColumn")?, call.required("aggregationFunction")?);
    let stays: Vec<_> = staying(call).collect();
    let empty = call.constant("empty").cloned().unwrap_or(Value::Null);
    let mut groups: IndexMap<String, (usize, HashMap<String, Value>)> = IndexMap::new();
    for row in 0..call.rows() {
        let key: Vec<String> = stays.iter().map(|c| format!("{:?}", c.values.value(row))).collect();
        let (_, cells) = groups.entry(key.join("\u{1f}")).or_insert_with(|| (row, HashMap::new()));
        cells.insert(text(&names.values.value(row)), values.values.value(row));
    }
    let rows = groups.into_values().map(|(row, cells)| {
        let cell = |field: &Field| match stays.iter().find(|c| c.name == &*field.name) {
            Some(column) => column.values.value(row),
            None => cells.get(&*field.name).cloned().unwrap_or_else(|| empty.clone()),
        };
        schema.fields().iter().map(cell).collect()
    });
    Ok(Batch::from_rows(schema, rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::table::TableData;
    use serde_json::json;

    fn call(values: &[Json], arguments: Vec<(&'static str, Argument)>) -> TableCall {
        let schema = Schema::of([("d", Type::Dynamic), ("n", Type::Long)]);
        let rows = values.iter().map(|json| vec![Value::Dynamic(json.clone()), Value::Long(7)]);
        let batch = Batch::from_rows(&schema, rows);
        let column = ("Column", Argument::Column { table: 0, index: 0, name: "d".to_owned() });
        let arguments = std::iter::once(column).chain(arguments).collect();
        TableCall { tables: vec![TableData { schema, batch }], own_columns: 2, arguments }
    }

    #[test]
    fn properties_of_one_type_keep_it() {
        let bags = [json!({"b": 1, "a": "x"}), json!({"b": 2, "a": 3, "d": true}), json!(null)];
        let call = call(&bags, vec![]);
        let schema = unpacked_schema(&call).unwrap();
        let expected = [("d", Type::Bool), ("n", Type::Long), ("a", Type::Dynamic), ("b", Type::Long)];
        assert_eq!(schema, Schema::of(expected));
        let batch = unpack(&call, &schema).unwrap();
        assert_eq!(batch.row(1), [Value::Bool(true), Value::Long(7), Value::Dynamic(json!(3)), Value::Long(2)]);
        assert_eq!(batch.row(2), [Value::Null, Value::Long(7), Value::Null, Value::Null]);
    }

    #[test]
    fn a_column_of_the_same_name_is_an_error_unless_told() {
        let bags = [json!({"n": 1})];
        assert!(unpacked_schema(&call(&bags, vec![])).is_err());
        let told = |text: &str| vec![("columnsConflict", Argument::Constant(Value::String(text.to_owned())))];
        let value = |text: &str| {
            let call = call(&bags, told(text));
            unpack(&call, &unpacked_schema(&call).unwrap()).unwrap().row(0)
        };
        assert_eq!(value("keep_source"), [Value::Long(7)]);
        assert_eq!(value("replace_source"), [Value::Long(1)]);
    }
}
