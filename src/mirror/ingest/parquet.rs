//! Rows in other people's parquet files.
//!
//! In: a file. Out: frames in the mirror's types. Columns of a documented table are brought to its types; further ones keep
//! theirs. A value that does not fit fails the file: such files come from programs, where one bad value means that all are
//! misread.

use super::cell::{self, Cell};
use super::output::{Failure, Output};
use super::rows::{Builder, Frame, TIMES, Taken, known_column};
use super::time::Clock;
use super::token::Reason;
use crate::catalog::device;
use crate::mirror::layout::{self, physical, tick_column};
use crate::value::{Field, Schema, Type, datetime};
use polars::prelude as pl;
use polars::prelude::{AnyValue, Column, DataFrame, DataType, IntoColumn, PolarsResult, SerReader, TimeUnit};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Rows that are read at once, at most; smaller row groups are read whole.
const ROWS: usize = layout::ROW_GROUP;

/// Reads a whole file.
///
/// # Errors
/// When it is damaged, a column cannot be taken, or nobody wants the rows.
pub fn read<R>(open: impl Fn() -> std::io::Result<R>, output: &mut Output<'_>) -> Result<(), Failure>
where
    R: polars::io::mmap::MmapBytesReader,
{
    let table = output.table_of(None)?;
    let mut first = pl::ParquetReader::new(open().map_err(|e| Failure::Broken(e.to_string().into()))?);
    let groups: Vec<usize> = first.get_metadata().map_err(broken)?.row_groups.iter().map(|g| g.num_rows()).collect();
    for piece in pieces(&groups) {
        let file = open().map_err(|e| Failure::Broken(e.to_string().into()))?;
        let slice = Some((piece.start, piece.len()));
        let frame = pl::ParquetReader::new(file).with_slice(slice).finish().map_err(broken)?;
        output.frame(adapt(&table, &frame).map_err(Failure::Broken)?)?;
    }
    Ok(())
}

/// The rows that are read together: whole row groups as long as they are small.
fn pieces(groups: &[usize]) -> Vec<Range<usize>> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    for rows in groups {
        let end = from + rows;
        match pieces.last_mut() {
            Some(last) if last.len() + rows <= ROWS => last.end = end,
            _ => pieces.extend((from..end).step_by(ROWS).map(|at| at..(at + ROWS).min(end))),
        }
        from = end;
    }
    pieces
}

fn broken(e: pl::PolarsError) -> Failure {
    Failure::Broken(e.to_string().into())
}

/// The columns of a table that a file's columns stand for.
pub fn schema(table: &str, file: &pl::Schema) -> Schema {
    let known = device::known_table(table);
    let companions: Vec<String> = file.iter_names().map(|n| tick_column(n)).collect();
    let of_file = file.iter().filter(|(name, _)| !companions.iter().any(|c| c == name.as_str()));
    let found = of_file.map(|(name, dtype)| {
        let documented = known.and_then(|t| known_column(t, name)).map(|(name, ty)| (name.to_owned(), ty));
        documented.unwrap_or_else(|| (name.to_string(), type_of(dtype)))
    });
    let found: Vec<Field> = found.map(|(name, ty)| Field { name: name.into(), ty }).collect();
    let documented = known.map(device::KnownTable::schema).unwrap_or_default();
    Schema::new(documented.fields().iter().cloned().chain(found))
}

/// Kusto's type of a column of a file.
pub fn type_of(dtype: &DataType) -> Type {
    match dtype {
        DataType::Boolean => Type::Bool,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => Type::Int,
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => Type::Long,
        DataType::Float32 | DataType::Float64 => Type::Real,
        DataType::Decimal(..) => Type::Decimal,
        DataType::Date | DataType::Datetime(..) => Type::Datetime,
        DataType::Duration(_) => Type::Timespan,
        DataType::List(_) | DataType::Struct(_) => Type::Dynamic,
        _ => Type::String,
    }
}

fn adapt(table: &Arc<str>, frame: &DataFrame) -> Result<Frame, Reason> {
    let known = device::known_table(table);
    let mut columns: Vec<Column> = Vec::with_capacity(frame.width() + 1);
    let mut typed = Vec::new();
    for column in frame.columns() {
        let name = column.name().as_str();
        let documented = known.and_then(|t| known_column(t, name));
        let is_companion = name.strip_suffix("__tick").is_some_and(|base| frame.column(base).is_ok());
        if is_companion {
            columns.push(column.cast(&DataType::Int8).map_err(|e| e.to_string())?);
            continue;
        }
        let (target, ty) = documented.unwrap_or((name, type_of(column.dtype())));
        if columns.iter().any(|c| c.name() == target) {
            continue;
        }
        if documented.is_none() {
            typed.push((target.to_owned(), ty));
        }
        let adapted = convert(column, target, ty).map_err(|why| format!("column `{name}`: {why}"))?;
        columns.extend(adapted);
    }
    let both = known.is_some_and(|t| TIMES.iter().all(|c| t.column(c).is_some()));
    if both {
        fill_times(&mut columns).map_err(|e| e.to_string())?;
    }
    let data = DataFrame::new(frame.height(), columns).map_err(|e| e.to_string())?;
    Ok(Frame { table: table.clone(), data, raw: vec![], typed })
}

/// Lets the two time columns, with their companions, fill each other.
fn fill_times(columns: &mut Vec<Column>) -> PolarsResult<()> {
    for (mine, other) in [(TIMES[0], TIMES[1]), (TIMES[1], TIMES[0])] {
        let find = |name: &str| columns.iter().find(|c| c.name() == name).cloned();
        let (own, full) = (find(mine), find(other));
        let (own_ticks, full_ticks) = (find(&tick_column(mine)), find(&tick_column(other)));
        let Some(full) = full.filter(|_| own.as_ref().is_none_or(|c| c.null_count() > 0)) else { continue };
        let gaps = own.as_ref().map(Column::is_null);
        let filled = |own: Option<Column>, full: Column| match (own, &gaps) {
            (Some(own), Some(gaps)) => full.zip_with(gaps, &own),
            _ => Ok(full),
        };
        let ticks = match (own_ticks, full_ticks) {
            (None, None) => None,
            (own, Some(full)) => Some(filled(Some(own.unwrap_or_else(|| none_like(&full))), full)?),
            (Some(own), None) => Some(own),
        };
        columns.retain(|c| c.name() != mine && *c.name() != *tick_column(mine));
        columns.push(filled(own, full)?.with_name(mine.into()));
        columns.extend(ticks.map(|ticks| ticks.with_name(tick_column(mine).as_str().into())));
    }
    Ok(())
}

/// Ticks of 0.
fn none_like(ticks: &Column) -> Column {
    Column::new_scalar(ticks.name().clone(), pl::Scalar::from(0i8), ticks.len())
}

/// A column in the form of its type; two for a datetime with ticks.
fn convert(column: &Column, target: &str, ty: Type) -> Result<Vec<Column>, Reason> {
    let named = column.clone().with_name(target.into());
    let done = match (ty, column.dtype()) {
        (Type::Datetime, DataType::Datetime(unit, _)) => datetimes(&named, *unit),
        (Type::Datetime, DataType::Date) => named
            .cast(&DataType::Datetime(TimeUnit::Microseconds, None))
            .and_then(|c| datetimes(&c, TimeUnit::Microseconds)),
        (Type::Timespan, DataType::Duration(unit)) => timespans(&named, *unit).map(|c| vec![c]),
        (Type::String | Type::Dynamic, DataType::String) => return Ok(vec![texts(&named, ty)]),
        (Type::Dynamic | Type::String, DataType::List(_) | DataType::Struct(_)) => return json(&named),
        (_, DataType::String) => return parse(&named, ty),
        (_, DataType::Null) => return Ok(vec![crate::mirror::frame::missing_column(target, ty, column.len())]),
        (Type::Dynamic, _) => return json(&named),
        _ => named.strict_cast(&physical(ty)).map(|c| vec![c]),
    };
    done.map_err(|e| Reason::from(e.to_string()))
}

/// Datetimes of any unit as microseconds and ticks.
fn datetimes(column: &Column, unit: TimeUnit) -> PolarsResult<Vec<Column>> {
    let name = column.name().as_str();
    if unit == TimeUnit::Microseconds {
        let physical = column.datetime()?.physical().clone();
        within_years(name, physical.iter())?;
        let utc = pl::TimeZone::UTC;
        return Ok(vec![pl::IntoSeries::into_series(physical.into_datetime(unit, Some(utc))).into_column()]);
    }
    let ticks = column.datetime()?.physical().iter().map(|v| match unit {
        TimeUnit::Milliseconds => v.map(|v| (v.saturating_mul(1000), 0)),
        _ => v.map(|v| (v.div_euclid(1000), (v.rem_euclid(1000) / 100) as i8)),
    });
    let (micros, ticks): (Vec<Option<i64>>, Vec<i8>) = ticks.map(|v| (v.map(|v| v.0), v.map_or(0, |v| v.1))).unzip();
    within_years(name, micros.iter().copied())?;
    let mut columns = vec![layout::datetime_column(name, &micros)];
    if ticks.iter().any(|t| *t != 0) {
        let companion = tick_column(name);
        columns.push(<pl::Series as pl::NamedFrom<_, _>>::new(companion.as_str().into(), ticks).into_column());
    }
    Ok(columns)
}

/// Holds that microseconds are times that Kusto has. Others come of a mistaken unit, and no day has their name.
fn within_years(name: &str, mut micros: impl Iterator<Item = Option<i64>>) -> PolarsResult<()> {
    match micros.any(|m| m.is_some_and(|m| datetime::from_unix_micros(m).is_none())) {
        true => Err(pl::PolarsError::ComputeError(format!("`{name}` has times outside of the years 1 to 9999").into())),
        false => Ok(()),
    }
}

fn timespans(column: &Column, unit: TimeUnit) -> PolarsResult<Column> {
    let physical = column.cast(&DataType::Int64)?;
    let ticks = physical.i64()?.iter().map(|v| match unit {
        TimeUnit::Nanoseconds => v.map(|v| v / 100),
        TimeUnit::Microseconds => v.and_then(|v| v.checked_mul(10)),
        TimeUnit::Milliseconds => v.and_then(|v| v.checked_mul(10_000)),
    });
    let ticks: pl::Int64Chunked = ticks.collect();
    Ok(ticks.with_name(column.name().clone()).into_column())
}

/// Texts as they are: `""` for null in a string column, null for `""` in a dynamic one.
fn texts(column: &Column, ty: Type) -> Column {
    let Ok(values) = column.str() else { return column.clone() };
    let changed: pl::StringChunked = match ty {
        Type::String if column.null_count() == 0 => return column.clone(),
        Type::String => values.iter().map(|v| Some(v.unwrap_or(""))).collect(),
        _ if !values.iter().any(|v| v == Some("")) => return column.clone(),
        _ => values.iter().map(|v| v.filter(|v| !v.is_empty())).collect(),
    };
    changed.with_name(column.name().clone()).into_column()
}

/// Texts read by type.
fn parse(column: &Column, ty: Type) -> Result<Vec<Column>, Reason> {
    let values = column.str().map_err(|e| e.to_string())?;
    let mut builder = Builder::new(column.name(), Taken::Typed(ty));
    for (row, value) in values.iter().enumerate() {
        let cell = cell::from_text(ty, Cow::Borrowed(value.unwrap_or("")), &Clock::Utc)?;
        if cell != Cell::Missing {
            builder.set(row, cell);
        }
    }
    builder.pad(column.len());
    Ok(builder.finish())
}

/// Nested and other values as JSON text.
fn json(column: &Column) -> Result<Vec<Column>, Reason> {
    let series = column.as_materialized_series();
    let mut texts: Vec<Option<String>> = Vec::with_capacity(series.len());
    for value in series.iter() {
        texts.push(match value {
            AnyValue::Null => None,
            other => Some(json_of(&other)?.to_string()),
        });
    }
    Ok(vec![<pl::Series as pl::NamedFrom<_, _>>::new(column.name().clone(), texts).into_column()])
}

fn json_of(value: &AnyValue<'_>) -> Result<serde_json::Value, Reason> {
    use serde_json::Value as Json;
    Ok(match value {
        AnyValue::Null => Json::Null,
        AnyValue::Boolean(b) => Json::from(*b),
        AnyValue::String(s) => Json::from(*s),
        AnyValue::StringOwned(s) => Json::from(s.as_str()),
        AnyValue::UInt64(n) => Json::from(*n),
        AnyValue::Float32(x) => Json::from(*x),
        AnyValue::Float64(x) => Json::from(*x),
        AnyValue::List(items) => Json::Array(items.iter().map(|v| json_of(&v)).collect::<Result<_, _>>()?),
        AnyValue::Struct(_, _, fields) => {
            let names = fields.iter().map(|f| f.name().to_string());
            let values = value._iter_struct_av();
            Json::Object(names.zip(values).map(|(n, v)| Ok((n, json_of(&v)?))).collect::<Result<_, Reason>>()?)
        }
        other => match other.extract::<i64>() {
            Some(n) if other.is_integer() => Json::from(n),
            _ => return Err(format!("a value of type {} inside of it cannot be taken", other.dtype()).into()),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_follow_row_groups() {
        assert_eq!(pieces(&[100_000, 100_000, 100_000]), [0..200_000, 200_000..300_000]);
        assert_eq!(pieces(&[300_000, 1]), [0..250_000, 250_000..300_001]);
        assert!(pieces(&[]).is_empty());
    }
}
