//! Lines and polynomials through a series, by least squares.

use super::{centred, dot, mean, numbers, parts, real, sample_variance};
use crate::library::arguments::{any, dynamic};
use crate::library::{Accepts, Example, Function, Parameter, ResultColumn, Returns, Signature};
use crate::value::{Json, Type, Value};
use serde_json::json;

const DYNAMIC: Returns = Returns::Type(Type::Dynamic);
const ONE: &[Signature] = &[Signature::new(&[Parameter::new("series", Accepts::Type(Type::Dynamic))], DYNAMIC)];
const LINE_REMARKS: &str = "The first element stands at 1. The variances are those of a sample. Null when an element is no number, or there are \
     fewer than two.";
const TWO_REMARKS: &str = "`split_idx` is the place of the first element on the right. Each side has at least two elements, and the first of \
     either stands at 1. The variances are those of a sample. Null when an element is no number, or there are fewer than four.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("series_fit_line", ONE, line_columns, "The straight line that fits a series best, as columns.")
        .results(&[
            ResultColumn::new("rsquare", Type::Real),
            ResultColumn::new("slope", Type::Real),
            ResultColumn::new("variance", Type::Real),
            ResultColumn::new("rvariance", Type::Real),
            ResultColumn::new("interception", Type::Real),
            ResultColumn::new("line_fit", Type::Dynamic),
        ])
        .remarks(LINE_REMARKS)
        .examples(&[Example::new("series_fit_line(dynamic([1, 3, 5]))", "1.0")]),
    Function::new("series_fit_line_dynamic", ONE, line_bag, "The straight line that fits a series best, as a bag.")
        .remarks(LINE_REMARKS)
        .examples(&[
            Example::new("series_fit_line_dynamic(dynamic([1, 3, 5])).slope", "dynamic(2.0)"),
            Example::new("series_fit_line_dynamic(dynamic([1, 3, 5])).interception", "dynamic(-1.0)"),
        ]),
    Function::new("series_fit_2lines", ONE, two_lines_columns, "The two lines, one behind the other, that fit a series best, as columns.")
        .results(&[
            ResultColumn::new("rsquare", Type::Real),
            ResultColumn::new("split_idx", Type::Long),
            ResultColumn::new("variance", Type::Real),
            ResultColumn::new("rvariance", Type::Real),
            ResultColumn::new("line_fit", Type::Dynamic),
            ResultColumn::new("right_rsquare", Type::Real),
            ResultColumn::new("right_slope", Type::Real),
            ResultColumn::new("right_interception", Type::Real),
            ResultColumn::new("right_variance", Type::Real),
            ResultColumn::new("right_rvariance", Type::Real),
            ResultColumn::new("left_rsquare", Type::Real),
            ResultColumn::new("left_slope", Type::Real),
            ResultColumn::new("left_interception", Type::Real),
            ResultColumn::new("left_variance", Type::Real),
            ResultColumn::new("left_rvariance", Type::Real),
        ])
        .remarks(TWO_REMARKS)
        .examples(&[Example::new("round(series_fit_2lines_dynamic(dynamic([1, 2, 3, 9, 7, 5])).rsquare, 9)", "1.0")]),
    Function::new("series_fit_2lines_dynamic", ONE, two_lines_bag, "The two lines, one behind the other, that fit a series best, as a bag.")
        .remarks(TWO_REMARKS)
        .examples(&[
            Example::new("series_fit_2lines_dynamic(dynamic([1, 2, 3, 9, 7, 5])).split_idx", "dynamic(3)"),
            Example::new("series_fit_2lines_dynamic(dynamic([1, 2, 3, 9, 7, 5])).right.slope", "dynamic(-2.0)"),
        ]),
    Function::new(
        "series_fit_poly",
        &[Signature::new(
            &[
                Parameter::new("y_series", Accepts::Type(Type::Dynamic)),
                Parameter::new("x_series", Accepts::Type(Type::Dynamic)).optional(),
                Parameter::new("degree", Accepts::Integer).optional(),
            ],
            DYNAMIC,
        )],
        poly_columns,
        "The polynomial of a degree that fits a series best.",
    )
    .results(&[
        ResultColumn::new("rsquare", Type::Real),
        ResultColumn::new("coefficients", Type::Dynamic),
        ResultColumn::new("variance", Type::Real),
        ResultColumn::new("rvariance", Type::Real),
        ResultColumn::new("poly_fit", Type::Dynamic),
    ])
    .remarks(
        "The elements stand at 1, 2, 3, ... unless `x_series` says where; the degree is 1 unless it is given. The highest power comes first \
         among the coefficients. Null when an element is no number, the series differ in length, or the degree is below 1 or not below the \
         number of elements.",
    )
    .examples(&[Example::new("series_fit_poly(dynamic([1, 4, 9, 16]), dynamic([1, 2, 3, 4]), 2)", "1.0")]),
];

/// A fitted curve and how well it fits.
pub(super) struct Fit {
    rsquare: f64,
    variance: f64,
    rvariance: f64,
    /// The highest power first.
    pub(super) coefficients: Vec<f64>,
    fitted: Vec<f64>,
}

impl Fit {
    fn of(y: &[f64], coefficients: Vec<f64>, fitted: Vec<f64>) -> Fit {
        let residuals: Vec<f64> = y.iter().zip(&fitted).map(|(y, fit)| y - fit).collect();
        let (unexplained, spread) = (dot(&residuals, &residuals), centred(y));
        Fit {
            rsquare: 1.0 - unexplained / dot(&spread, &spread),
            variance: sample_variance(y),
            rvariance: unexplained / (y.len().max(2) - 1) as f64,
            coefficients,
            fitted,
        }
    }

    fn slope(&self) -> Json {
        real(self.coefficients.first().copied().unwrap_or_default())
    }

    fn interception(&self) -> Json {
        real(self.coefficients.last().copied().unwrap_or_default())
    }

    fn curve(&self) -> Json {
        self.fitted.iter().copied().map(real).collect()
    }

    /// What stands for one of two lines.
    fn side(&self) -> [Json; 5] {
        [real(self.rsquare), self.slope(), self.interception(), real(self.variance), real(self.rvariance)]
    }
}

/// The line through elements that stand at 1, 2, 3, ...; `None` for fewer than two.
pub(super) fn line(y: &[f64]) -> Option<Fit> {
    let x: Vec<f64> = (1..=y.len()).map(|place| place as f64).collect();
    let (dx, dy) = (centred(&x), centred(y));
    let slope = dot(&dx, &dy) / dot(&dx, &dx);
    let interception = mean(y) - slope * mean(&x);
    let fitted = x.iter().map(|x| interception + slope * x).collect();
    (y.len() > 1).then(|| Fit::of(y, vec![slope, interception], fitted))
}

fn line_columns(arguments: &[Value]) -> Value {
    let fit = numbers(arguments, 0).and_then(|y| line(&y));
    dynamic(fit.map(|fit| {
        let numbers = [real(fit.rsquare), fit.slope(), real(fit.variance), real(fit.rvariance), fit.interception()];
        numbers.into_iter().chain([fit.curve()]).collect()
    }))
}

fn line_bag(arguments: &[Value]) -> Value {
    let fit = numbers(arguments, 0).and_then(|y| line(&y));
    dynamic(fit.map(|fit| {
        json!({
            "rsquare": real(fit.rsquare), "slope": fit.slope(), "variance": real(fit.variance),
            "rvariance": real(fit.rvariance), "interception": fit.interception(), "line_fit": fit.curve(),
        })
    }))
}

/// Both lines, and where the right one starts.
struct TwoLines {
    split: usize,
    left: Fit,
    right: Fit,
    whole: Fit,
}

/// Of all splits that leave two elements to each side, the one with the least residuals; the first of equal ones.
fn two_lines(y: &[f64]) -> Option<TwoLines> {
    let (left, right) = (residuals(y.iter()), residuals(y.iter().rev()));
    let whole = |split: &usize| Some(left.get(*split)? + right.get(y.len().checked_sub(*split)?)?);
    let splits = 2..y.len().saturating_sub(1);
    let split = splits.filter_map(|split| Some((split, whole(&split)?))).min_by(|a, b| a.1.total_cmp(&b.1))?.0;
    let (left, right) = y.split_at_checked(split)?;
    let (left, right) = line(left).zip(line(right))?;
    let fitted = left.fitted.iter().chain(&right.fitted).copied().collect();
    Some(TwoLines { split, whole: Fit::of(y, vec![], fitted), left, right })
}

/// For each number of first elements the sum of squared residuals of their line, in one pass.
fn residuals<'a>(y: impl Iterator<Item = &'a f64>) -> Vec<f64> {
    let (mut n, mut mean_x, mut mean_y, mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    let mut sums = vec![0.0];
    for y in y {
        n += 1.0;
        let (dx, dy) = (n - mean_x, y - mean_y);
        mean_x += dx / n;
        mean_y += dy / n;
        xx += dx * (n - mean_x);
        xy += dx * (y - mean_y);
        yy += dy * (y - mean_y);
        sums.push(if xx > 0.0 { (yy - xy * xy / xx).max(0.0) } else { 0.0 });
    }
    sums
}

fn two_lines_columns(arguments: &[Value]) -> Value {
    let fit = numbers(arguments, 0).and_then(|y| two_lines(&y));
    dynamic(fit.map(|fit| {
        let TwoLines { split, left, right, whole } = fit;
        let first =
            [real(whole.rsquare), Json::from(split), real(whole.variance), real(whole.rvariance), whole.curve()];
        first.into_iter().chain(right.side()).chain(left.side()).collect()
    }))
}

fn two_lines_bag(arguments: &[Value]) -> Value {
    let side = |fit: &Fit| {
        let names = ["rsquare", "slope", "interception", "variance", "rvariance"];
        Json::Object(names.into_iter().map(str::to_owned).zip(fit.side()).collect())
    };
    let fit = numbers(arguments, 0).and_then(|y| two_lines(&y));
    dynamic(fit.map(|TwoLines { split, left, right, whole }| {
        json!({
            "rsquare": real(whole.rsquare), "split_idx": split, "variance": real(whole.variance),
            "rvariance": real(whole.rvariance), "line_fit": whole.curve(), "right": side(&right), "left": side(&left),
        })
    }))
}

fn poly_columns(arguments: &[Value]) -> Value {
    let fit = || {
        let y = numbers(arguments, 0)?;
        let x = match any(arguments, 1) {
            Value::Null => (1..=y.len()).map(|place| place as f64).collect(),
            _ => numbers(arguments, 1)?,
        };
        let degree = match any(arguments, 2) {
            Value::Null => 1,
            degree => usize::try_from(degree.as_i64()?).ok()?,
        };
        let fits = x.len() == y.len() && (1..y.len()).contains(&degree);
        let fit = fits.then(|| polynomial(&x, &y, degree))?;
        let coefficients = fit.coefficients.iter().copied().map(real).collect();
        Some(parts([real(fit.rsquare), coefficients, real(fit.variance), real(fit.rvariance), fit.curve()]))
    };
    dynamic(fit())
}

/// Projects on polynomials that are orthogonal over `x` (moved and scaled to lie around 0: high powers stay tame), and writes
/// their sum in powers of `x` at the end.
fn polynomial(x: &[f64], y: &[f64], degree: usize) -> Fit {
    let (low, high) = x.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(*x), h.max(*x)));
    let (middle, half) = ((low + high) / 2.0, if high > low { (high - low) / 2.0 } else { 1.0 });
    let scaled: Vec<f64> = x.iter().map(|x| (x - middle) / half).collect();
    let mut fitted = vec![0.0; y.len()];
    let mut sum: Vec<f64> = vec![];
    // values over `x` and coefficients (lowest power first) of the last two polynomials, and the last one's square
    let mut before: (Vec<f64>, Vec<f64>, f64) = (vec![0.0; y.len()], vec![], 1.0);
    let mut last: (Vec<f64>, Vec<f64>, f64) = (vec![1.0; y.len()], vec![1.0], y.len() as f64);
    for power in 0..=degree {
        let rest: Vec<f64> = y.iter().zip(&fitted).map(|(y, fit)| y - fit).collect();
        let weight = if last.2 > 0.0 { dot(&rest, &last.0) / last.2 } else { 0.0 };
        fitted.iter_mut().zip(&last.0).for_each(|(fit, p)| *fit += weight * p);
        sum = plus(&sum, &last.1, weight);
        if power == degree {
            break;
        }
        let moved: Vec<f64> = scaled.iter().zip(&last.0).map(|(x, p)| x * p).collect();
        let (a, b) = (dot(&moved, &last.0) / last.2, last.2 / before.2);
        let b = if power == 0 { 0.0 } else { b };
        let values: Vec<f64> = moved.iter().zip(&last.0).zip(&before.0).map(|((m, p), q)| m - a * p - b * q).collect();
        let raised: Vec<f64> = std::iter::once(0.0).chain(last.1.iter().copied()).collect();
        let powers = plus(&plus(&raised, &last.1, -a), &before.1, -b);
        let square = dot(&values, &values);
        before = std::mem::replace(&mut last, (values, powers, square));
    }
    let mut coefficients = in_powers(&sum, middle, half);
    coefficients.reverse();
    Fit::of(y, coefficients, fitted)
}

/// One polynomial plus a multiple of another, the lowest power first.
fn plus(one: &[f64], other: &[f64], weight: f64) -> Vec<f64> {
    let at = |p: &[f64], power: usize| p.get(power).copied().unwrap_or_default();
    (0..one.len().max(other.len())).map(|power| at(one, power) + weight * at(other, power)).collect()
}

/// A polynomial of `(x - middle) / half` as one of `x`, the lowest power first: Horner's scheme.
fn in_powers(polynomial: &[f64], middle: f64, half: f64) -> Vec<f64> {
    polynomial.iter().rev().fold(vec![], |sum, coefficient| {
        let raised: Vec<f64> = std::iter::once(0.0).chain(sum.iter().map(|c| c / half)).collect();
        plus(&plus(&raised, &sum, -middle / half), &[1.0], *coefficient)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polynomial_gives_back_its_coefficients() {
        let x: Vec<f64> = (0..30).map(|n| f64::from(n) * 0.2 - 2.3).collect();
        let y: Vec<f64> = x.iter().map(|x| x.powi(5) - 8.0 * x.powi(3) + 10.0 * x + 6.0).collect();
        let fit = polynomial(&x, &y, 5);
        for (found, meant) in fit.coefficients.iter().zip([1.0, 0.0, -8.0, 0.0, 10.0, 6.0]) {
            assert!((found - meant).abs() < 1e-9, "{found} is not {meant}");
        }
        assert!(fit.rsquare > 0.999_999_999);
    }

    #[test]
    fn the_first_degree_is_the_line() {
        let y = [2.0, 5.0, 6.0, 8.0, 11.0, 15.0];
        let x: Vec<f64> = (1..=6).map(f64::from).collect();
        let (line, poly) = (line(&y).unwrap(), polynomial(&x, &y, 1));
        assert!(line.coefficients.iter().zip(&poly.coefficients).all(|(a, b)| (a - b).abs() < 1e-12));
        assert!((line.rvariance - poly.rvariance).abs() < 1e-12);
    }

    #[test]
    fn two_lines_meet_where_the_trend_turns() {
        let lines = two_lines(&[0.0, 1.0, 2.0, 3.0, 10.0, 8.0, 6.0]).unwrap();
        assert_eq!(lines.split, 4);
        assert!((lines.whole.rsquare - 1.0).abs() < 1e-12);
    }
}
