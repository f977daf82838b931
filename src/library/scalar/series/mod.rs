//! Series: dynamic arrays of numbers, element by element and as a whole.

pub mod decompose;
pub mod element;
pub mod fill;
pub mod fit;
pub mod fourier;
pub mod season;
pub mod whole;

use crate::library::arguments::array;
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

/// The argument at that place as a series of numbers; `None` when an element is none.
fn numbers(arguments: &[Value], index: usize) -> Option<Vec<f64>> {
    array(arguments, index).and_then(reals)
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

/// The distances from the mean.
fn centred(x: &[f64]) -> Vec<f64> {
    let mean = mean(x);
    x.iter().map(|x| x - mean).collect()
}

/// The variance of a sample; a single value has none.
fn sample_variance(x: &[f64]) -> f64 {
    let centred = centred(x);
    dot(&centred, &centred) / (x.len().max(2) - 1) as f64
}

/// The results of a function that gives several.
fn parts(results: impl IntoIterator<Item = Json>) -> Json {
    results.into_iter().collect()
}
