//! The gamma and error functions, the beta distribution, and the test of Welch.

use super::{ONE, REAL, map, number};
use crate::library::arguments::real;
use crate::library::{Example, Function, ResultName, Signature};
use crate::value::Value;

/// The records.
pub static FUNCTIONS: &[Function] = &[
    first("gamma", |a| map(a, libm::tgamma), "The gamma function: of a whole number, the factorial of the one before.")
        .examples(&[Example::new("gamma(5)", "24.0")]),
    first("loggamma", |a| map(a, libm::lgamma), "The logarithm of the gamma function's size.")
        .examples(&[Example::new("loggamma(1)", "0.0")]),
    first("erf", |a| map(a, libm::erf), "The error function.").examples(&[Example::new("erf(0)", "0.0")]),
    first("erfc", |a| map(a, libm::erfc), "One less the error function.").examples(&[Example::new("erfc(0)", "1.0")]),
    beta("beta_cdf", |a| with_beta(a, beta_cdf), "The share of a beta distribution up to a point.")
        .examples(&[Example::new("beta_cdf(0.5, 1, 1)", "0.5")]),
    beta("beta_inv", |a| with_beta(a, beta_inv), "The point up to which a beta distribution has a given share.")
        .examples(&[Example::new("round(beta_inv(0.5, 3, 3), 9)", "0.5")]),
    beta("beta_pdf", |a| with_beta(a, beta_pdf), "The density of a beta distribution.")
        .examples(&[Example::new("round(beta_pdf(0.5, 2, 2), 9)", "1.5")]),
    Function::new(
        "welch_test",
        &[Signature::new(
            &[
                number("mean1"),
                number("variance1"),
                number("count1"),
                number("mean2"),
                number("variance2"),
                number("count2"),
            ],
            REAL,
        )],
        welch_test,
        "How probable the difference of two means is by chance, if the samples do not differ (two-sided).",
    )
    .examples(&[Example::new("welch_test(5, 1, 10, 5, 2, 10)", "1.0")]),
];

const fn first(name: &'static str, kernel: fn(&[Value]) -> Value, summary: &'static str) -> Function {
    Function::new(name, ONE, kernel, summary).result_name(ResultName::FirstArgument)
}

const fn beta(name: &'static str, kernel: fn(&[Value]) -> Value, summary: &'static str) -> Function {
    const BETA: &[Signature] = &[Signature::new(&[number("x"), number("alpha"), number("beta")], REAL)];
    Function::new(name, BETA, kernel, summary)
        .remarks("Null outside of 0 to 1, NaN for parameters that are not positive.")
}

/// Applies a function of a point and the two parameters of a beta distribution.
fn with_beta(arguments: &[Value], function: fn(f64, f64, f64) -> f64) -> Value {
    let (Some(x), Some(a), Some(b)) = (real(arguments, 0), real(arguments, 1), real(arguments, 2)) else {
        return Value::Null;
    };
    let valid = a > 0.0 && b > 0.0;
    match x {
        0.0..=1.0 => Value::Real(if valid { function(x, a, b) } else { f64::NAN }),
        _ => Value::Null,
    }
}

/// Logarithm of the beta function.
fn log_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

fn beta_pdf(x: f64, a: f64, b: f64) -> f64 {
    match x {
        0.0 if a == 1.0 => b,
        1.0 if b == 1.0 => a,
        _ => ((a - 1.0) * x.ln() + (b - 1.0) * (-x).ln_1p() - log_beta(a, b)).exp(),
    }
}

/// The regularised incomplete beta function, by its continued fraction on the side where that converges fast.
fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front = (a * x.ln() + b * (-x).ln_1p() - log_beta(a, b)).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * continued_fraction(x, a, b) / a
    } else {
        1.0 - front * continued_fraction(1.0 - x, b, a) / b
    }
}

/// The continued fraction of the incomplete beta function, by the method of Lentz.
fn continued_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..=500 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

/// The inverse of [`beta_cdf`], by halving: it rises from 0 to 1.
fn beta_inv(share: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if beta_cdf(middle, a, b) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    if share <= 0.0 { 0.0 } else { high }
}

fn welch_test(arguments: &[Value]) -> Value {
    let numbers: Option<Vec<f64>> = (0..6).map(|index| real(arguments, index)).collect();
    let Some([mean1, variance1, count1, mean2, variance2, count2]) = numbers.as_deref() else { return Value::Null };
    let (part1, part2) = (variance1 / count1, variance2 / count2);
    let t = (mean1 - mean2) / (part1 + part2).sqrt();
    let freedom = (part1 + part2).powi(2) / (part1.powi(2) / (count1 - 1.0) + part2.powi(2) / (count2 - 1.0));
    let p = beta_cdf(freedom / (freedom + t * t), freedom / 2.0, 0.5);
    if p.is_nan() { Value::Null } else { Value::Real(p) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn beta_by_hand() {
        // For whole parameters the share is a polynomial: 3x² - 2x³ for (2, 2).
        assert!(close(beta_cdf(0.25, 2.0, 2.0), 3.0 * 0.0625 - 2.0 * 0.015_625));
        assert!(close(beta_cdf(0.9, 1.0, 3.0), 1.0 - 0.1_f64.powi(3)));
        assert!(close(beta_inv(0.156_25, 2.0, 2.0), 0.25));
        assert!(close(beta_pdf(0.5, 3.0, 1.0), 0.75));
    }

    #[test]
    fn means_that_differ() {
        // Two samples of three with equal variance 1: four degrees of freedom, t = sqrt(6); p from the closed form for four.
        let t: f64 = 6.0_f64.sqrt();
        let u = t / (4.0 + t * t).sqrt();
        let expected = 1.0 - 1.5 * u + 0.5 * u.powi(3);
        let numbers = [3.0, 1.0, 3.0, 1.0, 1.0, 3.0].map(Value::Real);
        let Value::Real(p) = welch_test(&numbers) else { unreachable!() };
        assert!(close(p, expected), "{p} is not {expected}");
    }
}
