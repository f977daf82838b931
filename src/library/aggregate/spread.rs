//! Variance, standard deviation, covariance.

use super::super::{Accepts, AggregateFunction, Example, NativeAggregate, Parameter, ResultName, Returns, Signature};
use super::{PREDICATE, column, where_true};
use crate::value::{Type, Value};

const REAL: Returns = Returns::Type(Type::Real);
const EXPR: Parameter = Parameter::new("expr", Accepts::Type(Type::Real));
const EXPR1: Parameter = Parameter::new("expr1", Accepts::Type(Type::Real));
const EXPR2: Parameter = Parameter::new("expr2", Accepts::Type(Type::Real));

const DECIMAL: Parameter = Parameter::new("expr", Accepts::Type(Type::Decimal));
const ONE: &[Signature] = &[Signature::new(&[EXPR], REAL), Signature::new(&[DECIMAL], REAL)];
const ONE_IF: &[Signature] = &[Signature::new(&[EXPR, PREDICATE], REAL), Signature::new(&[DECIMAL, PREDICATE], REAL)];
const TWO: &[Signature] = &[Signature::new(&[EXPR1, EXPR2], REAL)];
const TWO_IF: &[Signature] = &[Signature::new(&[EXPR1, EXPR2, PREDICATE], REAL)];

const REMARKS: &str = "Nulls are left out; 0 over fewer than two values.";
const PAIRS: &str = "A row with a null on either side is left out; 0 over fewer than two rows.";

/// The records.
pub static FUNCTIONS: &[AggregateFunction] = &[
    AggregateFunction::new(
        "stdev",
        ONE,
        ResultName::Prefix("stdev"),
        |a| stdev(a, Of::Sample),
        "Standard deviation of a sample.",
    )
    .remarks(REMARKS)
    .native(NativeAggregate::Stdev)
    .examples(&[Example::new("datatable(x: long) [2, 4, 6] | summarize stdev(x)", "print stdev_x = 2.0")]),
    AggregateFunction::new(
        "stdevif",
        ONE_IF,
        ResultName::Prefix("stdevif"),
        |a| stdev(&where_true(a, 1), Of::Sample),
        "Standard deviation of a sample, over the rows for which the predicate is true.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new(
        "datatable(x: long) [2, 4, 6, 99] | summarize stdevif(x, x < 9)",
        "print stdevif_x = 2.0",
    )]),
    AggregateFunction::new(
        "stdevp",
        ONE,
        ResultName::Prefix("stdevp"),
        |a| stdev(a, Of::Population),
        "Standard deviation of a population.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new("datatable(x: long) [1, 3] | summarize stdevp(x)", "print stdevp_x = 1.0")]),
    AggregateFunction::new(
        "stdevpif",
        ONE_IF,
        ResultName::Prefix("stdevpif"),
        |a| stdev(&where_true(a, 1), Of::Population),
        "Standard deviation of a population, over the rows for which the predicate is true.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new(
        "datatable(x: long) [1, 3, 99] | summarize stdevpif(x, x < 9)",
        "print stdevpif_x = 1.0",
    )]),
    AggregateFunction::new(
        "variance",
        ONE,
        ResultName::Prefix("variance"),
        |a| variance(a, Of::Sample),
        "Variance of a sample.",
    )
    .remarks(REMARKS)
    .native(NativeAggregate::Variance)
    .examples(&[Example::new("datatable(x: long) [2, 4, 6] | summarize variance(x)", "print variance_x = 4.0")]),
    AggregateFunction::new(
        "varianceif",
        ONE_IF,
        ResultName::Prefix("varianceif"),
        |a| variance(&where_true(a, 1), Of::Sample),
        "Variance of a sample, over the rows for which the predicate is true.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new(
        "datatable(x: long) [2, 4, 6, 99] | summarize varianceif(x, x < 9)",
        "print varianceif_x = 4.0",
    )]),
    AggregateFunction::new(
        "variancep",
        ONE,
        ResultName::Prefix("variancep"),
        |a| variance(a, Of::Population),
        "Variance of a population.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new("datatable(x: long) [1, 3] | summarize variancep(x)", "print variancep_x = 1.0")]),
    AggregateFunction::new(
        "variancepif",
        ONE_IF,
        ResultName::Prefix("variancepif"),
        |a| variance(&where_true(a, 1), Of::Population),
        "Variance of a population, over the rows for which the predicate is true.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new(
        "datatable(x: long) [1, 3, 99] | summarize variancepif(x, x < 9)",
        "print variancepif_x = 1.0",
    )]),
    AggregateFunction::new(
        "covariance",
        TWO,
        ResultName::PrefixBoth("covariance"),
        |a| covariance(a, Of::Sample),
        "Covariance of two columns of a sample.",
    )
    .remarks(PAIRS)
    .examples(&[Example::new(
        "datatable(x: long, y: long) [1, 10, 3, 20] | summarize covariance(x, y)",
        "print covariance_x_y = 10.0",
    )]),
    AggregateFunction::new(
        "covarianceif",
        TWO_IF,
        ResultName::PrefixBoth("covarianceif"),
        |a| covariance(&where_true(a, 2), Of::Sample),
        "Covariance of two columns of a sample, over the rows for which the predicate is true.",
    )
    .remarks(PAIRS)
    .examples(&[Example::new(
        "datatable(x: long, y: long) [1, 10, 3, 20, 9, 0] | summarize covarianceif(x, y, y > 0)",
        "print covarianceif_x_y = 10.0",
    )]),
    AggregateFunction::new(
        "covariancep",
        TWO,
        ResultName::PrefixBoth("covariancep"),
        |a| covariance(a, Of::Population),
        "Covariance of two columns of a population.",
    )
    .remarks(PAIRS)
    .examples(&[Example::new(
        "datatable(x: long, y: long) [1, 10, 3, 20] | summarize covariancep(x, y)",
        "print covariancep_x_y = 5.0",
    )]),
    AggregateFunction::new(
        "covariancepif",
        TWO_IF,
        ResultName::PrefixBoth("covariancepif"),
        |a| covariance(&where_true(a, 2), Of::Population),
        "Covariance of two columns of a population, over the rows for which the predicate is true.",
    )
    .remarks(PAIRS)
    .examples(&[Example::new(
        "datatable(x: long, y: long) [1, 10, 3, 20, 9, 0] | summarize covariancepif(x, y, y > 0)",
        "print covariancepif_x_y = 5.0",
    )]),
];

/// What the values are taken for: it decides the divisor, one less for a sample.
#[derive(Clone, Copy)]
enum Of {
    Sample,
    Population,
}

/// The mean product of the distances from the means, by Welford's recurrence, which keeps its digits where the values are
/// large and close together.
fn mean_product(pairs: impl Iterator<Item = (f64, f64)>, of: Of) -> f64 {
    let (mut count, mut mean_x, mut mean_y, mut product) = (0.0, 0.0, 0.0, 0.0);
    for (x, y) in pairs {
        count += 1.0;
        let from_old_mean = x - mean_x;
        mean_x += from_old_mean / count;
        mean_y += (y - mean_y) / count;
        product += from_old_mean * (y - mean_y);
    }
    let divisor = match of {
        Of::Sample => count - 1.0,
        Of::Population => count,
    };
    // A single NaN stays NaN; a single number has no spread.
    if divisor <= 0.0 { product } else { product / divisor }
}

fn spread(arguments: &[Vec<Value>], of: Of) -> f64 {
    mean_product(column(arguments, 0).iter().filter_map(Value::as_f64).map(|x| (x, x)), of)
}

fn variance(arguments: &[Vec<Value>], of: Of) -> Vec<Value> {
    vec![Value::Real(spread(arguments, of))]
}

fn stdev(arguments: &[Vec<Value>], of: Of) -> Vec<Value> {
    vec![Value::Real(spread(arguments, of).sqrt())]
}

fn covariance(arguments: &[Vec<Value>], of: Of) -> Vec<Value> {
    let rows = column(arguments, 0).iter().zip(column(arguments, 1));
    vec![Value::Real(mean_product(rows.filter_map(|(x, y)| Some((x.as_f64()?, y.as_f64()?))), of))]
}

#[cfg(test)]
mod tests {
    use super::super::testing::{reals, run};
    use super::*;

    fn real(function: &str, arguments: &[Vec<Value>]) -> f64 {
        run(function, arguments).first().and_then(Value::as_f64).expect("a number")
    }

    #[test]
    fn samples_and_populations_differ_in_the_divisor() {
        let group = reals(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!((real("variance", std::slice::from_ref(&group)) - 2.5).abs() < 1e-12);
        assert!((real("variancep", std::slice::from_ref(&group)) - 2.0).abs() < 1e-12);
        assert!((real("stdev", &[group]) - 2.5_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn fewer_than_two_values_have_no_spread() {
        assert_eq!(real("stdev", &[reals(&[7.0])]), 0.0);
        assert_eq!(real("variance", &[vec![Value::Null]]), 0.0);
    }

    #[test]
    fn covariance_leaves_out_rows_with_a_null() {
        let mut x = reals(&[1.0, 2.0, 3.0]);
        let mut y = reals(&[2.0, 4.0, 6.0]);
        x.push(Value::Null);
        y.push(Value::Real(100.0));
        assert!((real("covariance", &[x, y]) - 2.0).abs() < 1e-12);
    }
}
