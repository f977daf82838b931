//! The discrete Fourier transform of a series, and its inverse.

use super::{numbers, parts, real};
use crate::library::arguments::{any, dynamic};
use crate::library::{Accepts, Example, Function, Parameter, ResultColumn, Returns, Signature};
use crate::value::{Json, Type, Value};
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

const SIGNATURES: &[Signature] = &[Signature::new(
    &[
        Parameter::new("series", Accepts::Type(Type::Dynamic)),
        Parameter::new("series_imaginary", Accepts::Type(Type::Dynamic)).optional(),
    ],
    Returns::Type(Type::Dynamic),
)];
const RESULTS: &[ResultColumn] = &[ResultColumn::new("real", Type::Dynamic), ResultColumn::new("imag", Type::Dynamic)];
const REMARKS: &str = "The imaginary parts are 0 unless they are given. The inverse divides by the length, so that it undoes the \
     transform. Null when an element is no number, or the series differ in length.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "series_fft",
        SIGNATURES,
        |a| transform(a, false),
        "The Fourier transform of a series of complex numbers.",
    )
    .results(RESULTS)
    .remarks(REMARKS)
    .examples(&[Example::new("series_fft(dynamic([1, 0, 0, 0]))", "dynamic([1.0, 1.0, 1.0, 1.0])")]),
    Function::new(
        "series_ifft",
        SIGNATURES,
        |a| transform(a, true),
        "The inverse Fourier transform of a series of complex numbers.",
    )
    .results(RESULTS)
    .remarks(REMARKS)
    .examples(&[Example::new("series_ifft(dynamic([1, 1, 1, 1]))", "dynamic([1.0, 0.0, 0.0, 0.0])")]),
];

fn transform(arguments: &[Value], inverse: bool) -> Value {
    let transformed = || {
        let real_parts = numbers(arguments, 0)?;
        let imaginary = match any(arguments, 1) {
            Value::Null => vec![0.0; real_parts.len()],
            _ => numbers(arguments, 1).filter(|parts| parts.len() == real_parts.len())?,
        };
        let mut series: Vec<Complex<f64>> =
            real_parts.into_iter().zip(imaginary).map(|(re, im)| Complex::new(re, im)).collect();
        if !series.is_empty() {
            let mut planner = FftPlanner::new();
            let plan =
                if inverse { planner.plan_fft_inverse(series.len()) } else { planner.plan_fft_forward(series.len()) };
            plan.process(&mut series);
        }
        let scale = if inverse { 1.0 / series.len() as f64 } else { 1.0 };
        let column =
            |part: fn(&Complex<f64>) -> f64| -> Json { series.iter().map(|c| real(part(c) * scale)).collect() };
        Some(parts([column(|c| c.re), column(|c| c.im)]))
    };
    dynamic(transformed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_inverse_undoes_the_transform_for_any_length() {
        let series = json!([3.0, -1.0, 4.0, 1.0, -5.0]);
        let Value::Dynamic(Json::Array(there)) = transform(&[Value::Dynamic(series.clone())], false) else { panic!() };
        let there: Vec<Value> = there.into_iter().map(Value::Dynamic).collect();
        let Value::Dynamic(back) = transform(&there, true) else { panic!() };
        let elements = |json: &Json| -> Vec<f64> { json.as_array().unwrap().iter().filter_map(Json::as_f64).collect() };
        let distance = elements(&back[0]).iter().zip(elements(&series)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(distance < 1e-12 && elements(&back[1]).iter().all(|x| x.abs() < 1e-12));
    }
}
