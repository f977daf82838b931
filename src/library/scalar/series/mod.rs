//! Series: dynamic arrays of numbers, element by element and as a whole.
//!
//! Functions that give several columns at once (`series_fit_line`, `series_stats`), and those whose exact algorithm is not
//! published (seasons, decomposition, outliers), are not here.

pub mod element;
pub mod fill;
pub mod whole;

use crate::value::{Json, Value, dynamic};

/// A real as an element.
fn real(x: f64) -> Json {
    dynamic::from_value(&Value::Real(x))
}

/// Whether every element that is there is a whole number: such a series stays whole.
fn whole_numbers(items: &[Json]) -> bool {
    items.iter().all(|item| item.is_null() || item.is_i64())
}

/// The elements as reals; `None` when one is no number.
fn reals(items: &[Json]) -> Option<Vec<f64>> {
    items.iter().map(Json::as_f64).collect()
}
