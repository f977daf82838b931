//! One value as plain text, as people and spreadsheets read it: null is empty, dynamic is its JSON text.

use crate::value::{Column, datetime, dynamic, format_guid, timespan};
use std::borrow::Cow;

/// The text of the value at a row. Nothing is escaped; datetimes are in Kusto's full form.
pub fn text(column: &Column, row: usize) -> Cow<'_, str> {
    fn some<T: Copy>(values: &[Option<T>], row: usize, write: impl Fn(T) -> String) -> Cow<'_, str> {
        values.get(row).copied().flatten().map(write).unwrap_or_default().into()
    }
    match column {
        Column::Bool(v) => some(v, row, |b| b.to_string()),
        Column::Int(v) => some(v, row, |n| n.to_string()),
        Column::Long(v) => some(v, row, |n| n.to_string()),
        Column::Real(v) => some(v, row, real),
        Column::Decimal(v) => some(v, row, |d| d.to_string()),
        Column::Datetime(v) => some(v, row, datetime::format),
        Column::Timespan(v) => some(v, row, timespan::format),
        Column::Guid(v) => some(v, row, format_guid),
        Column::String(v) => v.get(row).map(String::as_str).unwrap_or_default().into(),
        Column::Dynamic(v) => v.get(row).and_then(Option::as_deref).unwrap_or_default().into(),
    }
}

/// The shortest text that reads back as the same real; very large and very small ones with an exponent.
pub fn real(x: f64) -> String {
    match x.abs() {
        size if !size.is_finite() => dynamic::real_name(x).to_owned(),
        size if size != 0.0 && !(1e-6..1e15).contains(&size) => format!("{x:e}"),
        _ => x.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reals_stay_short_and_exact() {
        assert_eq!(real(0.1), "0.1");
        assert_eq!(real(-3.0), "-3");
        assert_eq!(real(1e300), "1e300");
        assert_eq!(real(f64::NAN), "NaN");
        assert_eq!(real(f64::INFINITY), "Infinity");
    }
}
