//! Periods of a series, and what recurs with them.

use super::{centred, dot, mean, numbers, parts, real};
use crate::library::arguments::{any, dynamic, long, real as number};
use crate::library::{Accepts, Example, Function, Parameter, ResultColumn, Returns, Signature};
use crate::value::{Json, Type, Value};

const DYNAMIC: Returns = Returns::Type(Type::Dynamic);
const SERIES: Parameter = Parameter::new("series", Accepts::Type(Type::Dynamic));
const RESULTS: &[ResultColumn] =
    &[ResultColumn::new("periods", Type::Dynamic), ResultColumn::new("scores", Type::Dynamic)];
const SCORES: &str = "The engine's algorithm is not published. Here the score says how much of the deviation of a series the means of the \
     places of a period explain, and lies within a thousandth of the only score that is recorded of the engine. A period has a score when it \
     has at least 4 elements, fits twice into the series with an element to spare, and the autocorrelation there is the best among its \
     neighbours and better than that of noise; else the score is 0.";

/// The shortest period that is looked for.
const SHORTEST: usize = 4;
/// The score from which `series_seasonal` believes in a period.
const SEASONAL: f64 = 0.7;

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "series_periods_detect",
        &[Signature::new(
            &[
                SERIES,
                Parameter::new("min_period", Accepts::Number),
                Parameter::new("max_period", Accepts::Number),
                Parameter::new("num_periods", Accepts::Type(Type::Long)),
            ],
            DYNAMIC,
        )],
        detect_columns,
        "The most significant periods of a series, the best first.",
    )
    .results(RESULTS)
    .remarks(SCORES)
    .examples(&[Example::new(
        "series_periods_detect(dynamic([1, 5, 9, 5, 1, 5, 9, 5, 1, 5, 9, 5, 1, 5, 9, 5]), 0.0, 50.0, 2)",
        "dynamic([4.0, 0.0])",
    )]),
    Function::new(
        "series_periods_validate",
        &[Signature::new(&[SERIES, Parameter::new("period", Accepts::Number).repeats()], DYNAMIC)],
        validate_columns,
        "How significant some periods of a series are.",
    )
    .results(RESULTS)
    .remarks(SCORES)
    .check(at_most_16_periods)
    .examples(&[Example::new("series_periods_validate(dynamic([1, 2, 1, 2]), 4.0, 10.0)", "dynamic([4.0, 10.0])")]),
    Function::new(
        "series_seasonal",
        &[Signature::new(
            &[
                SERIES,
                Parameter::new("period", Accepts::Integer).optional(),
                Parameter::new("test_points", Accepts::Integer).optional(),
            ],
            DYNAMIC,
        )],
        seasonal_series,
        "What recurs in a series: the median of the elements at each place of a period.",
    )
    .remarks(
        "The period is -1 unless it is given: the best one of `series_periods_detect` whose score is at least 0.7. Zeros where there is none. \
         The last `test_points` elements take no part.",
    )
    .examples(&[Example::new("series_seasonal(dynamic([1, 3, 5, 2, 4, 6, 1, 3, 5]), 3)", "dynamic([1.0, 3.0, 5.0, 1.0, 3.0, 5.0, 1.0, 3.0, 5.0])")]),
];

fn at_most_16_periods(constants: &[Option<Value>]) -> Result<(), String> {
    let count = constants.len().saturating_sub(1);
    if count > 16 { Err(format!("`series_periods_validate` takes at most 16 periods, not {count}")) } else { Ok(()) }
}

/// The autocorrelation of a series at the lags that may be periods; 0 at the others.
///
/// The sum at a lag has fewer pairs the longer the lag is. Dividing by all elements would punish long periods, dividing by
/// the pairs would trust few of them as much as many: the weight lies between.
fn peaks(series: &[f64]) -> Vec<f64> {
    let (length, deviations) = (series.len(), centred(series));
    let spread = dot(&deviations, &deviations);
    let at = |lag: usize| {
        let moved = deviations.get(lag..).unwrap_or_default();
        let weight = (length as f64 / length.saturating_sub(lag).max(1) as f64).sqrt();
        if spread > 0.0 { dot(&deviations, moved) / spread * weight } else { 0.0 }
    };
    let longest = length.div_ceil(2);
    let correlations: Vec<f64> = (0..longest + reach(longest) + 1).map(at).collect();
    // what white noise stays below in 19 of 20 series
    let noise = 1.96 / (length as f64).sqrt();
    let peak = |lag: usize| {
        let own = correlations.get(lag).copied().unwrap_or_default();
        let around = correlations.get(lag.saturating_sub(reach(lag))..=lag + reach(lag)).unwrap_or_default();
        let best = around.iter().all(|other| *other <= own);
        if lag >= SHORTEST && best && own > noise { own } else { 0.0 }
    };
    (0..longest).map(peak).collect()
}

/// The part of the absolute deviation that goes when each place of the period has its own mean, as a root.
fn score(series: &[f64], period: usize) -> f64 {
    let means: Vec<f64> = (0..period)
        .map(|phase| {
            let places: Vec<f64> = series.iter().skip(phase).step_by(period).copied().collect();
            mean(&places)
        })
        .collect();
    let middle = median(series.iter());
    let whole: f64 = series.iter().map(|x| (x - middle).abs()).sum();
    let rest: f64 = series.iter().zip(means.iter().cycle()).map(|(x, mean)| (x - mean).abs()).sum();
    if whole > 0.0 { (1.0 - rest / whole).max(0.0).sqrt() } else { 0.0 }
}

/// How far the neighbours of a lag reach.
fn reach(lag: usize) -> usize {
    (lag / 5).max(2)
}

/// Periods with their scores, the best first. A multiple of a period that correlates better is that one again.
fn detect(series: &[f64], shortest: f64, longest: f64) -> Vec<(usize, f64)> {
    let peaks = peaks(series).into_iter().enumerate();
    let mut found: Vec<(usize, f64)> =
        peaks.filter(|(lag, peak)| *peak > 0.0 && (shortest..=longest).contains(&(*lag as f64))).collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut kept: Vec<(usize, f64)> = vec![];
    for (lag, _) in found {
        if !kept.iter().any(|(better, _)| lag % better == 0) {
            kept.push((lag, score(series, lag)));
        }
    }
    kept.sort_by(|a, b| b.1.total_cmp(&a.1));
    kept
}

/// The best period with at least that score.
pub(super) fn best_period(series: &[f64], threshold: f64) -> Option<usize> {
    detect(series, 0.0, f64::INFINITY).first().filter(|(_, score)| *score >= threshold).map(|(lag, _)| *lag)
}

fn detect_columns(arguments: &[Value]) -> Value {
    let detected = || {
        let (series, shortest) = numbers(arguments, 0).zip(number(arguments, 1))?;
        let (longest, wanted) = number(arguments, 2).zip(long(arguments, 3))?;
        let found = detect(&series, shortest, longest);
        let places = 0..usize::try_from(wanted).ok()?.min(series.len());
        let column = |part: fn(&(usize, f64)) -> f64| -> Json {
            places.clone().map(|place| real(found.get(place).map_or(0.0, part))).collect()
        };
        Some(parts([column(|found| found.0 as f64), column(|found| found.1)]))
    };
    dynamic(detected())
}

fn validate_columns(arguments: &[Value]) -> Value {
    let validated = || {
        let series = numbers(arguments, 0)?;
        let peaks = peaks(&series);
        let periods = (1..arguments.len()).map(|place| number(arguments, place)).collect::<Option<Vec<f64>>>()?;
        let score = |period: &f64| {
            let lag = period.round() as usize;
            if peaks.get(lag).is_some_and(|peak| *peak > 0.0) { score(&series, lag) } else { 0.0 }
        };
        let column = |numbers: Vec<f64>| -> Json { numbers.into_iter().map(real).collect() };
        let found = periods.iter().map(score).collect();
        Some(parts([column(periods), column(found)]))
    };
    dynamic(validated())
}

fn seasonal_series(arguments: &[Value]) -> Value {
    let computed = || {
        let series = numbers(arguments, 0)?;
        let test_points = match any(arguments, 2) {
            Value::Null => 0,
            points => usize::try_from(points.as_i64()?).ok()?,
        };
        let learned = series.get(..series.len().checked_sub(test_points)?)?;
        let period = match any(arguments, 1) {
            Value::Null => -1,
            period => period.as_i64()?,
        };
        Some(seasonal(learned, series.len(), period, SEASONAL).into_iter().map(real).collect())
    };
    dynamic(computed())
}

/// The seasonal component over `length` elements: the medians of what was learned, period after period. Zeros without a
/// period (`period` -1 looks for one).
pub(super) fn seasonal(learned: &[f64], length: usize, period: i64, threshold: f64) -> Vec<f64> {
    let period = match period {
        -1 => best_period(learned, threshold),
        period => usize::try_from(period).ok().filter(|period| *period > 0),
    };
    let Some(period) = period else { return vec![0.0; length] };
    let phases = period.min(length);
    let medians: Vec<f64> = (0..phases).map(|phase| median(learned.iter().skip(phase).step_by(period))).collect();
    medians.into_iter().cycle().take(length).collect()
}

/// The median; 0 of nothing.
fn median<'a>(elements: impl Iterator<Item = &'a f64>) -> f64 {
    let mut sorted: Vec<f64> = elements.copied().collect();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.5).unwrap_or_default()
}

/// A quantile of sorted elements, between two of them by their distance.
pub(super) fn quantile(sorted: &[f64], fraction: f64) -> Option<f64> {
    let place = fraction * sorted.len().checked_sub(1)? as f64;
    let (below, rest) = (place.floor() as usize, place.fract());
    let low = sorted.get(below)?;
    let high = sorted.get(below + 1).unwrap_or(low);
    Some(low + rest * (high - low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiple_of_a_period_is_no_period_of_its_own() {
        let series: Vec<f64> = (0..70).map(|n| f64::from([3, 8, 1, 9, 2, 2, 7][n % 7])).collect();
        let found: Vec<usize> = detect(&series, 0.0, 100.0).into_iter().map(|(lag, _)| lag).collect();
        assert_eq!(found, [7]);
    }

    #[test]
    fn two_periods_are_too_few_to_see_one() {
        let series = [1.0, 3.0, 5.0, 2.0, 4.0, 6.0, 1.0, 3.0, 5.0, 2.0, 4.0, 6.0];
        assert!(best_period(&series, SEASONAL).is_none());
        assert_eq!(seasonal(&series, 3, 6, SEASONAL), [1.0, 3.0, 5.0]);
    }

    #[test]
    fn a_constant_has_no_period() {
        assert!(detect(&[4.0; 40], 0.0, 100.0).is_empty());
    }
}
