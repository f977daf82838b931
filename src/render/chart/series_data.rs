//! Results that hold a whole series in each row (`make-series`, `make_list`): arrays become rows.

use crate::value::{Batch, Column, Field, Json, QueryResult, Schema, Type, Value, datetime, dynamic};

/// The same data with a row for each element, when the result holds arrays in place of numbers; `None` when it does not.
///
/// The columns of arrays are walked in step; the others repeat their value. An array's type is that of its elements:
/// numbers, datetimes (as `make-series` writes them), or texts.
pub fn expanded(result: &QueryResult) -> Option<QueryResult> {
    let fields = result.schema.fields();
    let arrays: Vec<Option<Type>> = (0..fields.len()).map(|i| array_type(result, i)).collect();
    arrays.contains(&Some(Type::Real)).then_some(())?;
    let schema =
        Schema::new(fields.iter().zip(&arrays).map(|(f, ty)| Field { name: f.name.clone(), ty: ty.unwrap_or(f.ty) }));
    let rows = result.iter_rows().flat_map(|row| expand_row(row, &arrays));
    let batches = vec![Batch::from_rows(&schema, rows)];
    Some(QueryResult {
        schema,
        batches,
        ordered: result.ordered,
        visualization: result.visualization.clone(),
        ..Default::default()
    })
}

fn expand_row(row: Vec<Value>, arrays: &[Option<Type>]) -> Vec<Vec<Value>> {
    let length = row.iter().zip(arrays).filter(|(_, ty)| ty.is_some()).map(|(v, _)| elements(v).len()).max();
    let element = |i: usize, (value, ty): (&Value, &Option<Type>)| match ty {
        None => value.clone(),
        Some(ty) => elements(value).get(i).map_or(Value::missing(*ty), |json| typed(json, *ty)),
    };
    (0..length.unwrap_or(0)).map(|i| row.iter().zip(arrays).map(|cell| element(i, cell)).collect()).collect()
}

fn elements(value: &Value) -> &[Json] {
    match value {
        Value::Dynamic(Json::Array(items)) => items,
        _ => &[],
    }
}

fn typed(json: &Json, ty: Type) -> Value {
    match (ty, json) {
        (Type::Real, Json::Number(n)) => n.as_f64().map_or(Value::Null, Value::Real),
        (Type::Datetime, Json::String(text)) => datetime::parse(text).map_or(Value::Null, Value::Datetime),
        (Type::String, Json::String(text)) => Value::String(text.clone()),
        _ => Value::missing(ty),
    }
}

/// The type of the elements, when every value of the column is an array and all elements agree.
fn array_type(result: &QueryResult, column: usize) -> Option<Type> {
    let mut seen = None;
    for batch in &result.batches {
        let Some(Column::Dynamic(texts)) = batch.columns.get(column) else { return None };
        for text in texts.iter().flatten() {
            let Json::Array(items) = dynamic::parse(text) else { return None };
            for item in items.iter().filter(|i| !i.is_null()) {
                let ty = element_type(item)?;
                if *seen.get_or_insert(ty) != ty {
                    return None;
                }
            }
        }
    }
    seen
}

fn element_type(item: &Json) -> Option<Type> {
    match item {
        Json::Number(_) => Some(Type::Real),
        Json::String(text) if datetime::parse(text).is_some() => Some(Type::Datetime),
        Json::String(_) => Some(Type::String),
        _ => None,
    }
}
