//! How the mirror's parquet files hold Kusto's types. The scan of a backend relies on this page.
//!
//! | type | in the file |
//! |---|---|
//! | bool, int, long, real | Boolean, Int32, Int64, Float64 |
//! | datetime | Datetime(us, UTC); the tick below a microsecond, 0 to 9, in a companion column, see [`tick_column`] |
//! | timespan | Int64, ticks |
//! | string | String, never null |
//! | guid | String, lower case with hyphens |
//! | decimal | String, plain digits |
//! | dynamic | String, its JSON text; a text that is no JSON stands for the string itself |
//!
//! A table is a Delta Lake table, see [`delta`](super::delta). A file holds the rows of one day by the table's time column, sorted by it. It has every documented column of its table
//! and those further columns that were known when it was written. A companion exists only where some value of the file
//! needs it; in it a row without a time has 0.

use crate::value::{Type, datetime};
use polars::prelude::{Column, DataType, Int64Chunked, IntoColumn, IntoSeries, NewChunkedArray, TimeUnit, TimeZone};

/// Rows in a row group at most.
pub const ROW_GROUP: usize = 250_000;

/// The column by which tables are partitioned: the day of the rows (a date); null for rows without a time. It is in no
/// file, as Delta has it, and no column of huntline's.
pub const DAY: &str = "__day";

/// The folder of what only huntline keeps of a table. Other programs leave folders alone whose names begin with an underscore.
pub const OWN: &str = "_huntline";

/// The folder of rows without a time, as Hive writes null.
const UNDATED: &str = "__HIVE_DEFAULT_PARTITION__";

/// The name of the companion of a datetime column: values 0 to 9, the tick below the microsecond (Int8).
pub fn tick_column(datetime: &str) -> String {
    format!("{datetime}__tick")
}

/// How a type is held.
pub fn physical(ty: Type) -> DataType {
    match ty {
        Type::Bool => DataType::Boolean,
        Type::Int => DataType::Int32,
        Type::Long | Type::Timespan => DataType::Int64,
        Type::Real => DataType::Float64,
        Type::Datetime => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
        Type::Decimal | Type::Guid | Type::String | Type::Dynamic => DataType::String,
    }
}

/// Microseconds since 1970 and the tick below, of ticks since year 1.
pub fn split_ticks(ticks: i64) -> (i64, i8) {
    let since = ticks - datetime::UNIX_EPOCH;
    (since.div_euclid(10), since.rem_euclid(10) as i8)
}

/// The opposite of [`split_ticks`]. Times beyond Kusto's years are `None`.
pub fn join_ticks(micros: i64, tick: i8) -> Option<i64> {
    datetime::from_unix_micros(micros).and_then(|t| datetime::checked(t + i64::from(tick)))
}

/// A datetime column of microseconds.
pub fn datetime_column(name: &str, micros: &[Option<i64>]) -> Column {
    let physical = Int64Chunked::from_slice_options(name.into(), micros);
    physical.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_series().into_column()
}

/// The folder of a day, given by the number of days since year 1: `__day=2026-07-01`.
pub fn day_folder(day: Option<i64>) -> String {
    format!("{DAY}={}", day.map_or_else(|| UNDATED.to_owned(), day_name))
}

/// A day as text: `2026-07-01`.
pub fn day_name(day: i64) -> String {
    let p = datetime::parts(day * datetime::TICKS_PER_DAY);
    format!("{:04}-{:02}-{:02}", p.year, p.month, p.day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_come_back() {
        for ticks in [datetime::MIN, datetime::UNIX_EPOCH - 1, datetime::UNIX_EPOCH + 12_345_678, datetime::MAX] {
            let (micros, tick) = split_ticks(ticks);
            assert_eq!(join_ticks(micros, tick), Some(ticks));
            assert!(tick < 10);
        }
        assert_eq!(day_folder(Some(datetime::UNIX_EPOCH / datetime::TICKS_PER_DAY)), "__day=1970-01-01");
        assert_eq!(day_folder(None), "__day=__HIVE_DEFAULT_PARTITION__");
    }
}
