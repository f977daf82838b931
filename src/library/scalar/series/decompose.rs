//! A series as the sum of what recurs, a trend and the rest; the outliers of that rest.

use super::season::{quantile, seasonal};
use super::{fit, mean, parts, real};
use crate::library::arguments::{any, array, constant_text, dynamic, real as number};
use crate::library::{Accepts, Example, Function, Parameter, ResultColumn, Returns, Signature};
use crate::value::{Json, Type, Value};

const DYNAMIC: Returns = Returns::Type(Type::Dynamic);
const SERIES: Parameter = Parameter::new("series", Accepts::Type(Type::Dynamic));
const PERIOD: Parameter = Parameter::new("period", Accepts::Integer).optional();
const TREND: Parameter = Parameter::new("trend", Accepts::Type(Type::String)).optional();
const TEST_POINTS: Parameter = Parameter::new("test_points", Accepts::Integer).optional();
const BELIEF: Parameter = Parameter::new("seasonality_threshold", Accepts::Number).optional();
const COMPONENTS: &[ResultColumn] = &[
    ResultColumn::new("baseline", Type::Dynamic),
    ResultColumn::new("seasonal", Type::Dynamic),
    ResultColumn::new("trend", Type::Dynamic),
    ResultColumn::new("residual", Type::Dynamic),
];
const REMARKS: &str = "The seasonal component is the median of each place of the period, the trend what is left of the mean (`avg`), of the line \
     through it (`linefit`) or nothing (`none`). Period -1, the default, is the best of `series_periods_detect` whose score reaches the \
     threshold, 0.6 unless it is given; that score is an approximation of the engine's, which is not published. The last `test_points` \
     elements are not learned from, and may be missing. Null when another element is no number.";
const SCALE: &str = "Elements between the two percentiles score 0, others their distance from them in units of the range between them. The engine's \
     scale of `ctukey` is not published: here it is the one by which normally distributed elements reach 1.5 where they do with `tukey`.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "series_decompose",
        &[Signature::new(&[SERIES, PERIOD, TREND, TEST_POINTS, BELIEF], DYNAMIC)],
        |a| components(a, [1, 2, 3, 4]),
        "A series as the sum of a seasonal component, a trend and a residual.",
    )
    .results(COMPONENTS)
    .remarks(REMARKS)
    .check(|constants| known_trend(constants, 2))
    .examples(&[Example::new("series_decompose(dynamic([1, 2, 3, 4]), 0, 'linefit')", "dynamic([1.0, 2.0, 3.0, 4.0])")]),
    Function::new(
        "series_decompose_forecast",
        &[Signature::new(&[SERIES, Parameter::new("test_points", Accepts::Integer), PERIOD, TREND, BELIEF], DYNAMIC)],
        |a| components(a, [2, 3, 1, 4]),
        "What the seasonal component and the trend of a series foretell for its last elements.",
    )
    .results(COMPONENTS)
    .remarks(REMARKS)
    .check(|constants| known_trend(constants, 3))
    .examples(&[Example::new("series_decompose_forecast(dynamic([1, 2, 3, 0]), 1, 0, 'linefit')", "dynamic([1.0, 2.0, 3.0, 4.0])")]),
    Function::new(
        "series_decompose_anomalies",
        &[Signature::new(
            &[
                SERIES,
                Parameter::new("threshold", Accepts::Number).optional(),
                PERIOD,
                TREND,
                TEST_POINTS,
                Parameter::new("method", Accepts::Type(Type::String)).optional(),
                BELIEF,
            ],
            DYNAMIC,
        )],
        anomalies,
        "The elements of a series that are far from what its seasonal component and its trend foretell.",
    )
    .results(&[
        ResultColumn::new("ad_flag", Type::Dynamic),
        ResultColumn::new("ad_score", Type::Dynamic),
        ResultColumn::new("baseline", Type::Dynamic),
    ])
    .remarks(
        "The score is that of `series_outliers` for the residuals of `series_decompose`; the flag is 1 above the threshold (1.5 unless it is \
         given), -1 below its opposite, else 0. The method is `ctukey` (percentiles 10 and 90) or `tukey`. What these two functions \
         approximate is approximated here too.",
    )
    .check(|constants| known_trend(constants, 3).and_then(|()| known_method(constants, 5)))
    .examples(&[Example::new(
        "series_decompose_anomalies(dynamic([1, 2, 1, 2, 1, 50, 1, 2, 1, 2, 1, 2]), 1.5, 0)",
        "dynamic([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])",
    )]),
    Function::new(
        "series_outliers",
        &[Signature::new(
            &[
                SERIES,
                Parameter::new("kind", Accepts::Type(Type::String)).optional(),
                Parameter::new("ignore_val", Accepts::Number).optional(),
                Parameter::new("min_percentile", Accepts::Number).optional(),
                Parameter::new("max_percentile", Accepts::Number).optional(),
                TEST_POINTS,
            ],
            DYNAMIC,
        )],
        outliers,
        "How far the elements of a series lie outside of the range of most, by Tukey's test.",
    )
    .result_name(crate::library::ResultName::FirstArgument)
    .remarks(SCALE)
    .check(|constants| known_method(constants, 1))
    .sees_nulls()
    .examples(&[Example::new("series_outliers(dynamic([1, 2, 3, 4, 5, 13]), 'tukey')", "dynamic([-0.5, -0.1, 0.0, 0.0, 0.1, 3.3])")]),
];

fn known_trend(constants: &[Option<Value>], place: usize) -> Result<(), String> {
    known(constants, place, "the trend", &["avg", "linefit", "none"])
}

fn known_method(constants: &[Option<Value>], place: usize) -> Result<(), String> {
    known(constants, place, "the method", &["ctukey", "tukey"])
}

fn known(constants: &[Option<Value>], place: usize, what: &str, words: &[&str]) -> Result<(), String> {
    match constant_text(constants, place) {
        Some(word) if !words.contains(&word) => Err(format!("{what} is one of `{}`, not `{word}`", words.join("`, `"))),
        _ => Ok(()),
    }
}

/// The components of a series, each as long as it is.
struct Components {
    baseline: Vec<f64>,
    seasonal: Vec<f64>,
    trend: Vec<f64>,
    residual: Vec<f64>,
}

/// The argument at that place, or what stands for it.
fn integer(arguments: &[Value], place: usize, default: i64) -> Option<i64> {
    match any(arguments, place) {
        Value::Null => Some(default),
        value => value.as_i64(),
    }
}

/// Decomposes; the places are those of the period, the trend, the test points and the threshold.
fn decompose(arguments: &[Value], [period, trend, test, belief]: [usize; 4]) -> Option<Components> {
    let items = array(arguments, 0)?;
    let test = usize::try_from(integer(arguments, test, 0)?).ok()?;
    let learned: Vec<f64> = super::reals(items.get(..items.len().checked_sub(test)?)?)?;
    let series: Vec<f64> = items.iter().map(|item| item.as_f64().unwrap_or(f64::NAN)).collect();
    let belief = number(arguments, belief).unwrap_or(0.6);
    let seasonal = seasonal(&learned, series.len(), integer(arguments, period, -1)?, belief);
    let deseasoned: Vec<f64> = learned.iter().zip(&seasonal).map(|(x, season)| x - season).collect();
    let trend = match any(arguments, trend).as_str() {
        Some("none") => vec![0.0; series.len()],
        Some("linefit") => {
            let line = fit::line(&deseasoned)?;
            let [slope, interception] = line.coefficients.as_slice() else { return None };
            (1..=series.len()).map(|place| interception + slope * place as f64).collect()
        }
        None | Some("avg" | "") => vec![mean(&deseasoned); series.len()],
        Some(_) => return None,
    };
    let baseline: Vec<f64> = seasonal.iter().zip(&trend).map(|(season, trend)| season + trend).collect();
    let residual = series.iter().zip(&baseline).map(|(x, base)| x - base).collect();
    Some(Components { baseline, seasonal, trend, residual })
}

/// A column of numbers; what is none is null.
fn column(numbers: &[f64]) -> Json {
    numbers.iter().map(|x| if x.is_finite() { real(*x) } else { Json::Null }).collect()
}

fn components(arguments: &[Value], places: [usize; 4]) -> Value {
    let found = decompose(arguments, places);
    dynamic(found.map(|c| parts([&c.baseline, &c.seasonal, &c.trend, &c.residual].map(|part| column(part)))))
}

fn anomalies(arguments: &[Value]) -> Value {
    let found = || {
        let components = decompose(arguments, [2, 3, 4, 6])?;
        let threshold = number(arguments, 1).unwrap_or(1.5);
        let test = usize::try_from(integer(arguments, 4, 0)?).ok()?;
        let learned = components.residual.get(..components.residual.len().checked_sub(test)?)?;
        let range = match any(arguments, 5).as_str() {
            Some("tukey") => Range::tukey(learned)?,
            _ => Range::custom(learned, 10.0, 90.0)?,
        };
        let scores: Vec<f64> = components.residual.iter().map(|x| range.score(*x)).collect();
        let flag = |score: &f64| Json::from(i64::from(*score > threshold) - i64::from(*score < -threshold));
        Some(parts([scores.iter().map(flag).collect(), column(&scores), column(&components.baseline)]))
    };
    dynamic(found())
}

/// The range of most elements, and the units in which elements lie outside of it.
struct Range {
    low: f64,
    high: f64,
    below: f64,
    above: f64,
}

impl Range {
    fn between(elements: &[f64], low: f64, high: f64) -> Option<(f64, f64)> {
        let mut sorted: Vec<f64> = elements.iter().copied().filter(|x| x.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        quantile(&sorted, low / 100.0).zip(quantile(&sorted, high / 100.0))
    }

    fn tukey(elements: &[f64]) -> Option<Range> {
        let (low, high) = Range::between(elements, 25.0, 75.0)?;
        Some(Range { low, high, below: high - low, above: high - low })
    }

    /// A normal distribution's quartiles lie 0.674 standard deviations from its mean, and score 1.5 at four times that.
    fn custom(elements: &[f64], min: f64, max: f64) -> Option<Range> {
        let (low, high) = Range::between(elements, min, max)?;
        let (left, right) = (normal_quantile(min / 100.0), normal_quantile(max / 100.0));
        let deviation = (high - low) / (right - left);
        let fence = 4.0 * normal_quantile(0.75);
        Some(Range { low, high, below: (fence + left) / 1.5 * deviation, above: (fence - right) / 1.5 * deviation })
    }

    fn score(&self, x: f64) -> f64 {
        if x > self.high {
            (x - self.high) / self.above
        } else if x < self.low {
            (x - self.low) / self.below
        } else {
            0.0
        }
    }
}

/// Where the normal distribution reaches that probability; halving is enough for the few calls.
fn normal_quantile(probability: f64) -> f64 {
    let below = |x: f64| libm::erfc(-x / std::f64::consts::SQRT_2) / 2.0;
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..80 {
        let middle = (low + high) / 2.0;
        if below(middle) < probability { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

fn outliers(arguments: &[Value]) -> Value {
    let scored = || {
        let items = array(arguments, 0)?;
        let ignored = number(arguments, 2);
        let kept = |item: &Json| item.as_f64().filter(|x| Some(*x) != ignored);
        let test = usize::try_from(integer(arguments, 5, 0)?).ok()?;
        let learned: Vec<f64> = items.get(..items.len().checked_sub(test)?)?.iter().filter_map(kept).collect();
        let (min, max) = (number(arguments, 3).unwrap_or(10.0), number(arguments, 4).unwrap_or(90.0));
        let allowed = 2.0..=98.0;
        let range = match any(arguments, 1).as_str() {
            Some("tukey") => Range::tukey(&learned)?,
            _ if allowed.contains(&min) && allowed.contains(&max) && min < max => Range::custom(&learned, min, max)?,
            _ => return None,
        };
        Some(items.iter().map(|item| real(kept(item).map_or(0.0, |x| range.score(x)))).collect())
    };
    dynamic(scored())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn results(value: Value) -> Vec<Vec<f64>> {
        let Value::Dynamic(Json::Array(columns)) = value else { panic!("{value:?}") };
        let numbers = |c: &Json| c.as_array().unwrap().iter().map(|x| x.as_f64().unwrap_or(f64::NAN)).collect();
        columns.iter().map(numbers).collect()
    }

    /// Seven days with a busy one, and a rise of 1 each day.
    fn weeks(count: i32) -> Vec<f64> {
        (0..count).map(|day| f64::from(day) * 0.1 + if day % 7 == 3 { 20.0 } else { 5.0 }).collect()
    }

    #[test]
    fn the_components_add_up() {
        let all = results(components(&[Value::Dynamic(json!(weeks(42)))], [1, 2, 3, 4]));
        let [baseline, seasonal, trend, residual] = all.as_slice() else { panic!("{all:?}") };
        for (place, x) in weeks(42).into_iter().enumerate() {
            assert!((seasonal[place] + trend[place] - baseline[place]).abs() < 1e-9);
            assert!((baseline[place] + residual[place] - x).abs() < 1e-9);
        }
    }

    #[test]
    fn a_forecast_goes_on_where_elements_are_missing() {
        let mut series: Vec<Json> = weeks(35).into_iter().map(Json::from).collect();
        series.extend(vec![Json::Null; 7]);
        let arguments =
            [Value::Dynamic(Json::Array(series)), Value::Long(7), Value::Long(7), Value::String("linefit".into())];
        let forecast = results(components(&arguments, [2, 3, 1, 4]));
        assert!((forecast[0][38] - weeks(42)[38]).abs() < 0.5, "{}", forecast[0][38]);
        assert!(forecast[3][38].is_nan());
    }

    #[test]
    fn spikes_and_dips_are_flagged_by_their_sign() {
        let mut series = weeks(42);
        series[20] += 30.0;
        series[30] -= 30.0;
        let found = results(anomalies(&[
            Value::Dynamic(json!(series)),
            Value::Null,
            Value::Null,
            Value::String("linefit".into()),
        ]));
        let flagged: Vec<(usize, f64)> =
            found[0].iter().copied().enumerate().filter(|(_, flag)| *flag != 0.0).collect();
        assert_eq!(flagged, [(20, 1.0), (30, -1.0)]);
    }

    #[test]
    fn both_tests_agree_on_the_normal_distribution() {
        let normal: Vec<f64> = (1..10_000).map(|n| normal_quantile(f64::from(n) / 10_000.0)).collect();
        let (tukey, custom) = (Range::tukey(&normal).unwrap(), Range::custom(&normal, 10.0, 90.0).unwrap());
        assert!((tukey.score(2.698) - custom.score(2.698)).abs() < 1e-2);
        assert!((custom.score(-2.698) + 1.5).abs() < 1e-2);
    }
}
