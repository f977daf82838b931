//! Powers, logarithms, angles, rounding, and tests of reals.

use super::{ONE, REAL, map, number};
use crate::library::arguments::{any, long, or_null, real};
use crate::library::{Accepts, Example, Function, Parameter, ResultName, Returns, Signature};
use crate::value::{Type, Value};
use rust_decimal::RoundingStrategy;

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("abs", ABS, abs, "The size of a number or timespan, without its sign.")
        .result_name(ResultName::FirstArgument)
        .examples(&[Example::new("abs(-5)", "5"), Example::new("abs(-1h)", "1h")]),
    first("ceiling", |a| map(a, f64::ceil), "The smallest whole number that is not below, as a real.")
        .examples(&[Example::new("ceiling(1.2)", "2.0"), Example::new("ceiling(-1.2)", "-1.0")]),
    Function::new("round", ROUND, round, "A number rounded to some digits.")
        .result_name(ResultName::FirstArgument)
        .remarks(
            "Halves away from zero. Without a precision to whole numbers; a negative one rounds to tens, hundreds, ...",
        )
        .examples(&[
            Example::new("round(2.5)", "3.0"),
            Example::new("round(1.005, 1)", "1.0"),
            Example::new("round(1234.0, -2)", "1200.0"),
        ]),
    Function::new("sign", ONE, |a| map(a, sign), "The sign of a number: -1, 0 or 1, as a real.")
        .remarks("0 for NaN.")
        .examples(&[Example::new("sign(-7)", "-1.0"), Example::new("sign(0)", "0.0")]),
    first("sqrt", |a| map(a, f64::sqrt), "The square root; NaN below zero.")
        .examples(&[Example::new("sqrt(16)", "4.0")]),
    Function::new("pow", &[Signature::new(&[number("base"), number("exponent")], REAL)], pow, "A power, as a real.")
        .result_name(ResultName::FirstArgument)
        .examples(&[Example::new("pow(2, 10)", "1024.0")]),
    first("exp", |a| map(a, f64::exp), "A power of e.").examples(&[Example::new("exp(0)", "1.0")]),
    first("exp2", |a| map(a, f64::exp2), "A power of two.").examples(&[Example::new("exp2(3)", "8.0")]),
    first("exp10", |a| map(a, |x| 10_f64.powf(x)), "A power of ten.").examples(&[Example::new("exp10(2)", "100.0")]),
    first("log", |a| logarithm(a, f64::ln), "The logarithm to base e.")
        .remarks("Null below zero, minus infinity at zero.")
        .examples(&[Example::new("log(1)", "0.0"), Example::new("log(-1)", "real(null)")]),
    first("log2", |a| logarithm(a, f64::log2), "The logarithm to base 2.")
        .remarks("Null below zero, minus infinity at zero.")
        .examples(&[Example::new("log2(8)", "3.0")]),
    first("log10", |a| logarithm(a, f64::log10), "The logarithm to base 10.")
        .remarks("Null below zero, minus infinity at zero.")
        .examples(&[Example::new("log10(1000)", "3.0")]),
    first("sin", |a| map(a, f64::sin), "The sine of an angle in radians.").examples(&[Example::new("sin(0)", "0.0")]),
    first("cos", |a| map(a, f64::cos), "The cosine of an angle in radians.").examples(&[Example::new("cos(0)", "1.0")]),
    first("tan", |a| map(a, f64::tan), "The tangent of an angle in radians.")
        .examples(&[Example::new("tan(0)", "0.0")]),
    Function::new("cot", ONE, |a| map(a, |x| 1.0 / x.tan()), "The cotangent of an angle in radians.")
        .examples(&[Example::new("round(cot(pi() / 4), 6)", "1.0")]),
    first("asin", |a| map(a, f64::asin), "The angle of a sine; NaN outside of -1 to 1.")
        .examples(&[Example::new("asin(0)", "0.0")]),
    first("acos", |a| map(a, f64::acos), "The angle of a cosine; NaN outside of -1 to 1.")
        .examples(&[Example::new("acos(1)", "0.0")]),
    first("atan", |a| map(a, f64::atan), "The angle of a tangent.").examples(&[Example::new("atan(0)", "0.0")]),
    Function::new("atan2", &[Signature::new(&[number("y"), number("x")], REAL)], atan2, "The angle of a point.")
        .result_name(ResultName::FirstArgument)
        .examples(&[Example::new("atan2(0, 1)", "0.0")]),
    Function::new("degrees", ONE, |a| map(a, |x| 180.0 / std::f64::consts::PI * x), "Radians as degrees.")
        .examples(&[Example::new("degrees(pi())", "180.0")]),
    Function::new("radians", ONE, |a| map(a, |x| std::f64::consts::PI / 180.0 * x), "Degrees as radians.")
        .examples(&[Example::new("radians(180) == pi()", "true")]),
    Function::new("pi", &[Signature::new(&[], REAL)], |_| Value::Real(std::f64::consts::PI), "The number pi.")
        .examples(&[Example::new("round(pi(), 4)", "3.1416")]),
    test("isnan", |a| tested(a, f64::is_nan), "Whether a real is NaN.")
        .examples(&[Example::new("isnan(0.0 / 0.0)", "true"), Example::new("isnan(real(null))", "bool(null)")]),
    test("isinf", |a| tested(a, f64::is_infinite), "Whether a real is infinite.")
        .examples(&[Example::new("isinf(1.0 / 0.0)", "true")]),
    test("isfinite", |a| tested(a, f64::is_finite), "Whether a real is neither infinite nor NaN.")
        .examples(&[Example::new("isfinite(1.0)", "true")]),
    Function::new(
        "rand",
        &[Signature::new(&[Parameter::new("number", Accepts::Type(Type::Long)).optional()], REAL)],
        rand,
        "A random real from 0 up to 1, or a random whole number below a limit.",
    )
    .result_name(ResultName::FirstArgument)
    .remarks("Another one for every row. The whole numbers start at 0 and come as reals.")
    .volatile(),
];

const ABS: &[Signature] = &[
    Signature::new(&[Parameter::new("number", Accepts::Exactly(Type::Long))], Returns::Type(Type::Long)),
    Signature::new(
        &[Parameter::new("number", Accepts::OneOf(&[Type::Real, Type::Decimal, Type::Timespan]))],
        Returns::Argument(0),
    ),
];
const PRECISION: Parameter = Parameter::new("precision", Accepts::Type(Type::Long)).optional();
const ROUND: &[Signature] = &[
    Signature::new(&[Parameter::new("number", Accepts::Exactly(Type::Long)), PRECISION], Returns::Type(Type::Long)),
    Signature::new(
        &[Parameter::new("number", Accepts::OneOf(&[Type::Real, Type::Decimal])), PRECISION],
        Returns::Argument(0),
    ),
];

/// A function of a real whose result keeps the argument's name.
const fn first(name: &'static str, kernel: fn(&[Value]) -> Value, summary: &'static str) -> Function {
    Function::new(name, ONE, kernel, summary).result_name(ResultName::FirstArgument)
}

/// A question about a real.
const fn test(name: &'static str, kernel: fn(&[Value]) -> Value, summary: &'static str) -> Function {
    const TEST: &[Signature] = &[Signature::new(&[number("number")], Returns::Type(Type::Bool))];
    Function::new(name, TEST, kernel, summary)
}

fn tested(arguments: &[Value], holds: fn(f64) -> bool) -> Value {
    or_null(real(arguments, 0), |x| Value::Bool(holds(x)))
}

fn sign(x: f64) -> f64 {
    if x == 0.0 || x.is_nan() { 0.0 } else { x.signum() }
}

fn abs(arguments: &[Value]) -> Value {
    match any(arguments, 0) {
        Value::Real(x) => Value::Real(x.abs()),
        Value::Decimal(d) => Value::Decimal(d.abs()),
        Value::Timespan(t) => or_null(t.checked_abs(), Value::Timespan),
        other => or_null(other.as_i64().and_then(i64::checked_abs), Value::Long),
    }
}

fn pow(arguments: &[Value]) -> Value {
    or_null(real(arguments, 0).zip(real(arguments, 1)), |(base, exponent)| Value::Real(base.powf(exponent)))
}

fn atan2(arguments: &[Value]) -> Value {
    or_null(real(arguments, 0).zip(real(arguments, 1)), |(y, x)| Value::Real(y.atan2(x)))
}

fn logarithm(arguments: &[Value], logarithm: fn(f64) -> f64) -> Value {
    or_null(real(arguments, 0).filter(|x| *x >= 0.0 || x.is_nan()), |x| Value::Real(logarithm(x)))
}

/// The most digits that `round` tells apart.
const MOST_DIGITS: i64 = 18;

fn round(arguments: &[Value]) -> Value {
    let precision = long(arguments, 1).unwrap_or(0).clamp(-MOST_DIGITS, MOST_DIGITS) as i32;
    match any(arguments, 0) {
        Value::Real(x) => Value::Real(round_real(*x, precision)),
        Value::Decimal(d) => Value::Decimal(
            d.round_dp_with_strategy(precision.max(0).unsigned_abs(), RoundingStrategy::MidpointAwayFromZero),
        ),
        other => or_null(other.as_i64().and_then(|n| round_long(n, precision)), Value::Long),
    }
}

fn round_real(x: f64, precision: i32) -> f64 {
    let scale = 10_f64.powi(precision.abs());
    let rounded = if precision < 0 { (x / scale).round() * scale } else { (x * scale).round() / scale };
    if rounded.is_finite() { rounded } else { x }
}

fn round_long(n: i64, precision: i32) -> Option<i64> {
    if precision >= 0 {
        return Some(n);
    }
    let unit = 10_i128.pow(precision.unsigned_abs());
    let away = i128::from(n) + i128::from(n.signum()) * (unit / 2);
    i64::try_from(away / unit * unit).ok()
}

fn rand(arguments: &[Value]) -> Value {
    let random: f64 = ::rand::random();
    Value::Real(match long(arguments, 0) {
        Some(limit) if limit > 1 => (random * limit as f64).floor(),
        _ => random,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_halves_away_from_zero() {
        assert_eq!(round_real(-2.5, 0), -3.0);
        assert_eq!(round_real(7.25, 1), 7.3);
        assert_eq!(round_real(-75.0, -2), -100.0);
        assert_eq!(round_real(1e300, 18), 1e300);
        assert_eq!(round_long(-150, -2), Some(-200));
        assert_eq!(round_long(149, -2), Some(100));
    }

    #[test]
    fn signs_and_sizes() {
        assert_eq!(abs(&[Value::Long(i64::MIN)]), Value::Null);
        assert_eq!(sign(-0.0), 0.0);
        assert_eq!(sign(f64::NAN), 0.0);
    }

    #[test]
    fn random_numbers_stay_below_their_limit() {
        for _ in 0..200 {
            let Value::Real(x) = rand(&[Value::Long(6)]) else { unreachable!() };
            assert!((0.0..6.0).contains(&x) && x.fract() == 0.0);
        }
    }
}
