//! Series as a whole: sums, products, filters, a line through them.

use super::{centred, dot, mean, numbers, parts, real, sample_variance};
use crate::library::arguments::{any, array, dynamic, or_null};
use crate::library::{Accepts, Example, Function, Parameter, ResultColumn, ResultName, Returns, Signature};
use crate::value::{Json, Type, Value};

const DYNAMIC: Returns = Returns::Type(Type::Dynamic);
const REAL: Returns = Returns::Type(Type::Real);
const SERIES: Parameter = Parameter::new("series", Accepts::Type(Type::Dynamic));
const SERIES1: Parameter = Parameter::new("series1", Accepts::Type(Type::Dynamic));
const SERIES2: Parameter = Parameter::new("series2", Accepts::Type(Type::Dynamic));
const TO_REAL: &[Signature] = &[Signature::new(&[SERIES], REAL)];
const STATS_OF: &[Signature] =
    &[Signature::new(&[SERIES, Parameter::new("ignore_nonfinite", Accepts::Type(Type::Bool)).optional()], DYNAMIC)];
const STATS: &[ResultColumn] = &[
    ResultColumn::new("min", Type::Real),
    ResultColumn::new("min_idx", Type::Long),
    ResultColumn::new("max", Type::Real),
    ResultColumn::new("max_idx", Type::Long),
    ResultColumn::new("avg", Type::Real),
    ResultColumn::new("stdev", Type::Real),
    ResultColumn::new("variance", Type::Real),
];
const NUMBERS: &str = "Null when an element is no number.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("series_sum", TO_REAL, |a| or_null(numbers(a, 0), |x| Value::Real(x.iter().sum())), "Sum of a series.")
        .remarks(NUMBERS)
        .examples(&[Example::new("series_sum(dynamic([1, 2.5]))", "3.5")]),
    Function::new("series_product", TO_REAL, |a| or_null(numbers(a, 0), |x| Value::Real(x.iter().product())), "Product of a series.")
        .remarks(NUMBERS)
        .examples(&[Example::new("series_product(dynamic([2, 3.5]))", "7.0")]),
    Function::new("series_magnitude", TO_REAL, |a| or_null(numbers(a, 0), |x| Value::Real(dot(&x, &x).sqrt())), "Length of a series as a vector.")
        .remarks(NUMBERS)
        .examples(&[Example::new("series_magnitude(dynamic([3, 4]))", "5.0")]),
    Function::new(
        "series_dot_product",
        &[Signature::new(
            &[
                Parameter::new("series1", Accepts::OneOf(&[Type::Dynamic, Type::Int, Type::Long, Type::Real])),
                Parameter::new("series2", Accepts::OneOf(&[Type::Dynamic, Type::Int, Type::Long, Type::Real])),
            ],
            REAL,
        )],
        dot_product,
        "The dot product of two series.",
    )
    .remarks("A number stands for a series of it. Null when an element is no number, or the series differ in length.")
    .examples(&[
        Example::new("series_dot_product(dynamic([1, 2]), dynamic([3, 4]))", "11.0"),
        Example::new("series_dot_product(dynamic([1, 2]), 3)", "9.0"),
    ]),
    Function::new("series_cosine_similarity", &[Signature::new(&[SERIES1, SERIES2], REAL)], cosine_similarity, "The cosine of the angle between two series as vectors.")
        .remarks("Null when an element is no number, or the series differ in length.")
        .examples(&[Example::new("series_cosine_similarity(dynamic([1, 0]), dynamic([0, 1]))", "0.0")]),
    Function::new("series_pearson_correlation", &[Signature::new(&[SERIES1, SERIES2], REAL)], pearson, "The correlation coefficient of two series.")
        .remarks("Null when an element is no number, or the series differ in length.")
        .examples(&[Example::new("round(series_pearson_correlation(dynamic([1, 2, 3]), dynamic([2, 4, 6])), 9)", "1.0")]),
    Function::new(
        "series_fir",
        &[Signature::new(
            &[
                SERIES,
                Parameter::new("filter", Accepts::Type(Type::Dynamic)),
                Parameter::new("normalize", Accepts::Type(Type::Bool)).optional(),
                Parameter::new("center", Accepts::Type(Type::Bool)).optional(),
            ],
            DYNAMIC,
        )],
        fir,
        "A series after a filter: each element the weighted sum of itself and those before it.",
    )
    .result_name(ResultName::FirstArgument)
    .remarks(
        "Elements before the start are 0. The sum of the weights becomes 1 unless `normalize` is false or a weight is negative; \
         a centred filter looks as far ahead as back. Null when an element is no number.",
    )
    .examples(&[
        Example::new("series_fir(dynamic([2, 4, 6]), dynamic([1, 1]))", "dynamic([1.0, 3.0, 5.0])"),
        Example::new("series_fir(dynamic([5, 15, 10]), dynamic([1, -1]), false)", "dynamic([5.0, 10.0, -5.0])"),
    ]),
    Function::new(
        "series_iir",
        &[Signature::new(
            &[
                SERIES,
                Parameter::new("numerators", Accepts::Type(Type::Dynamic)),
                Parameter::new("denominators", Accepts::Type(Type::Dynamic)),
            ],
            DYNAMIC,
        )],
        iir,
        "A series after a recursive filter: `numerators` weigh the elements, `denominators` the results so far.",
    )
    .result_name(ResultName::FirstArgument)
    .remarks(NUMBERS)
    .examples(&[Example::new("series_iir(dynamic([1, 2, 3]), dynamic([1]), dynamic([1, -1]))", "dynamic([1.0, 3.0, 6.0])")]),
    Function::new("series_stats", STATS_OF, stats_columns, "Statistics of a series, as columns.")
        .results(STATS)
        .remarks("The variance is that of a sample. Null when an element is no number, unless such elements are to be ignored.")
        .examples(&[Example::new("series_stats(dynamic([4, 2, 6]))", "2.0")]),
    Function::new("series_stats_dynamic", STATS_OF, stats_dynamic, "Statistics of a series, as a bag.")
        .remarks(
            "A bag of `min`, `min_idx`, `max`, `max_idx`, `avg`, `stdev`, `variance` (of a sample), `sum` and `len`. Null when an \
             element is no number, unless such elements are to be ignored.",
        )
        .examples(&[
            Example::new("series_stats_dynamic(dynamic([4, 2, 6])).avg", "dynamic(4.0)"),
            Example::new("series_stats_dynamic(dynamic([4, 2, 6])).min_idx", "dynamic(1)"),
        ]),
];

/// Two series of numbers of one length.
fn two(arguments: &[Value]) -> Option<(Vec<f64>, Vec<f64>)> {
    numbers(arguments, 0).zip(numbers(arguments, 1)).filter(|(x, y)| x.len() == y.len())
}

fn dot_product(arguments: &[Value]) -> Value {
    let product = match (any(arguments, 0).as_f64(), any(arguments, 1).as_f64()) {
        (Some(number), None) => numbers(arguments, 1).map(|series| series.iter().map(|x| x * number).sum()),
        (None, Some(number)) => numbers(arguments, 0).map(|series| series.iter().map(|x| x * number).sum()),
        _ => two(arguments).map(|(x, y)| dot(&x, &y)),
    };
    or_null(product, Value::Real)
}

fn cosine_similarity(arguments: &[Value]) -> Value {
    or_null(two(arguments), |(x, y)| Value::Real(dot(&x, &y) / (dot(&x, &x).sqrt() * dot(&y, &y).sqrt())))
}

fn pearson(arguments: &[Value]) -> Value {
    or_null(two(arguments), |(x, y)| {
        let (x, y) = (centred(&x), centred(&y));
        Value::Real(dot(&x, &y) / (dot(&x, &x).sqrt() * dot(&y, &y).sqrt()))
    })
}

fn fir(arguments: &[Value]) -> Value {
    let filtered = || {
        let (series, mut filter) = numbers(arguments, 0).zip(numbers(arguments, 1))?;
        let normalize = any(arguments, 2).as_bool().unwrap_or(filter.iter().all(|weight| *weight >= 0.0));
        if normalize {
            let total: f64 = filter.iter().sum();
            filter.iter_mut().for_each(|weight| *weight /= total);
        }
        let ahead = if any(arguments, 3).as_bool() == Some(true) { filter.len() / 2 } else { 0 };
        let weighted =
            |at: usize, back: usize, weight: &f64| Some(weight * series.get((at + ahead).checked_sub(back)?)?);
        let element =
            |at: usize| real(filter.iter().enumerate().filter_map(|(back, weight)| weighted(at, back, weight)).sum());
        Some((0..series.len()).map(element).collect())
    };
    dynamic(filtered())
}

fn iir(arguments: &[Value]) -> Value {
    let filtered = || {
        let (series, numerators) = numbers(arguments, 0).zip(numbers(arguments, 1))?;
        let denominators = numbers(arguments, 2)?;
        let (first, rest) = denominators.split_first()?;
        let mut results: Vec<f64> = Vec::with_capacity(series.len());
        for at in 1..=series.len() {
            let inputs = series.get(..at)?.iter().rev();
            let forward: f64 = numerators.iter().zip(inputs).map(|(weight, x)| weight * x).sum();
            let back: f64 = rest.iter().zip(results.iter().rev()).map(|(weight, y)| weight * y).sum();
            results.push((forward - back) / first);
        }
        Some(results.into_iter().map(real).collect())
    };
    dynamic(filtered())
}

/// Statistics of a series by name.
fn stats(arguments: &[Value]) -> Option<[(&'static str, Json); 9]> {
    let items = array(arguments, 0)?;
    let finite: Vec<(usize, f64)> =
        items.iter().enumerate().filter_map(|(place, item)| Some((place, item.as_f64()?))).collect();
    let ignore = any(arguments, 1).as_bool() == Some(true);
    if finite.is_empty() || (finite.len() < items.len() && !ignore) {
        return None;
    }
    let values: Vec<f64> = finite.iter().map(|(_, x)| *x).collect();
    // The first of equal elements counts.
    let (min_idx, min) = finite.iter().copied().reduce(|best, next| if next.1 < best.1 { next } else { best })?;
    let (max_idx, max) = finite.iter().copied().reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    let variance = sample_variance(&values);
    Some([
        ("min", real(min)),
        ("min_idx", Json::from(min_idx)),
        ("max", real(max)),
        ("max_idx", Json::from(max_idx)),
        ("avg", real(mean(&values))),
        ("stdev", real(variance.sqrt())),
        ("variance", real(variance)),
        ("sum", real(values.iter().sum())),
        ("len", Json::from(values.len())),
    ])
}

fn stats_dynamic(arguments: &[Value]) -> Value {
    dynamic(
        stats(arguments)
            .map(|stats| Json::Object(stats.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())),
    )
}

fn stats_columns(arguments: &[Value]) -> Value {
    dynamic(stats(arguments).map(|stats| parts(stats.map(|(_, value)| value).into_iter().take(STATS.len()))))
}
