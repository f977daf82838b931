//! Places on an axis: from values to pixels, and the ticks that a reader needs.
//!
//! In: the range of the data and what it stands for ([`Unit`]). Out: a [`Scale`] with rounded ends and labelled ticks.
//! Knows nothing of pictures; pixels and terminal cells are the same to it.

mod number;
mod time;

use super::chart::{Axis, Unit};

/// Maps values of an axis to the interval from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// Value at 0.
    pub low: f64,
    /// Value at 1.
    pub high: f64,
    /// Whether equal ratios have equal distances.
    pub log: bool,
    /// What the values stand for.
    unit: Unit,
}

/// A labelled place on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The value.
    pub value: f64,
    /// What is written there.
    pub label: String,
    /// What is written below when it changes: the date of a time of day, the year of a date.
    pub context: Option<String>,
}

impl Scale {
    /// A scale for measurements: from zero unless the data lies far from it, with ends at round numbers.
    pub fn for_values(range: Option<(f64, f64)>, axis: &Axis, from_zero: bool, ticks: usize) -> Scale {
        let (mut low, mut high) = within_reason(range);
        if axis.log {
            return Scale::logarithmic(low, high, axis);
        }
        // A line that uses less than a third of its height would be read as a change where there is none.
        if from_zero || low > 0.0 && low < high - (high - low) / 3.0 && low / high < 0.75 {
            low = low.min(0.0);
            high = high.max(0.0);
        }
        let (low, high) = (axis.min.unwrap_or(low), axis.max.unwrap_or(high));
        let (mut low, mut high) = spread(low.min(high), high.max(low));
        let step = number::step(low, high, ticks, axis.unit);
        if axis.min.is_none() {
            low = (low / step).floor() * step;
        }
        if axis.max.is_none() {
            high = (high / step).ceil() * step;
        }
        Scale { low, high, log: false, unit: axis.unit }
    }

    /// A scale for what is measured against: exactly the range of the data.
    pub fn for_places(range: Option<(f64, f64)>, axis: &Axis) -> Scale {
        let (low, high) = within_reason(range);
        if axis.log && axis.unit == Unit::Number {
            return Scale::logarithmic(low, high, axis);
        }
        let (low, high) = (axis.min.unwrap_or(low), axis.max.unwrap_or(high));
        let (low, high) = match axis.unit {
            Unit::Time if low == high => (low - 3e10, high + 3e10),
            _ => spread(low.min(high), high.max(low)),
        };
        Scale { low, high, log: false, unit: axis.unit }
    }

    /// A scale for `count` categories, each as wide as the other.
    pub fn for_categories(count: usize) -> Scale {
        Scale { low: -0.5, high: count.max(1) as f64 - 0.5, log: false, unit: Unit::Category }
    }

    /// The same scale with some room at both ends.
    pub fn widened(self, by: f64) -> Scale {
        if self.log { self } else { Scale { low: self.low - by, high: self.high + by, ..self } }
    }

    /// Zero and what lies below have no place on such an axis.
    fn logarithmic(low: f64, high: f64, axis: &Axis) -> Scale {
        let high = axis.max.filter(|m| *m > 0.0).unwrap_or(10f64.powf(high.max(1e-300).log10().ceil()));
        let low =
            axis.min.filter(|m| *m > 0.0).unwrap_or(if low > 0.0 { 10f64.powf(low.log10().floor()) } else { 1.0 });
        let low = if low >= high { high / 10.0 } else { low };
        Scale { low, high, log: true, unit: axis.unit }
    }

    /// Where a value lies between 0 and 1; beyond, when it is out of range. NaN has no place.
    pub fn place(&self, value: f64) -> f64 {
        if self.log {
            if value <= 0.0 {
                return f64::NAN;
            }
            return (value / self.low).ln() / (self.high / self.low).ln();
        }
        (value - self.low) / (self.high - self.low)
    }

    /// About `count` ticks within the range.
    pub fn ticks(&self, count: usize) -> Vec<Tick> {
        let count = count.max(2);
        match self.unit {
            Unit::Time => time::ticks(self.low, self.high, count),
            _ if self.log => number::log_ticks(self.low, self.high, count, self.unit),
            _ => number::ticks(self.low, self.high, count, self.unit),
        }
    }
}

/// A range whose width is still a number.
fn within_reason(range: Option<(f64, f64)>) -> (f64, f64) {
    let (low, high) = range.unwrap_or((0.0, 1.0));
    (low.max(-1e300), high.min(1e300))
}

/// A range with some width.
fn spread(low: f64, high: f64) -> (f64, f64) {
    if high > low {
        return (low, high);
    }
    match low {
        0.0 => (0.0, 1.0),
        n if n > 0.0 => (0.0, n),
        n => (n, 0.0),
    }
}

/// A value in full, for tooltips and legends.
pub fn full(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Time => time::full(value),
        Unit::Span => crate::value::timespan::format(value as i64),
        Unit::Number | Unit::Category => number::grouped(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(log: bool, min: Option<f64>, max: Option<f64>) -> Axis {
        Axis { title: String::new(), unit: Unit::Number, log, min, max }
    }

    fn ends(low: f64, high: f64, axis: &Axis) -> (f64, f64) {
        let scale = Scale::for_values(Some((low, high)), axis, false, 5);
        (scale.low, scale.high)
    }

    #[test]
    fn ends_are_round_and_zero_is_kept_in_sight() {
        assert_eq!(ends(3.0, 97.0, &axis(false, None, None)), (0.0, 100.0));
        assert_eq!(ends(-37.0, 12.0, &axis(false, None, None)), (-40.0, 20.0));
        assert_eq!(ends(10_001.0, 10_004.0, &axis(false, None, None)).0, 10_001.0);
        assert_eq!(ends(7.0, 7.0, &axis(false, None, None)), (0.0, 8.0));
        assert_eq!(ends(3.0, 97.0, &axis(false, Some(10.0), Some(55.0))), (10.0, 55.0));
    }

    #[test]
    fn a_log_scale_has_no_place_for_zero() {
        let scale = Scale::for_values(Some((0.0, 900.0)), &axis(true, None, None), false, 5);
        assert_eq!((scale.low, scale.high), (1.0, 1000.0));
        assert!(scale.place(0.0).is_nan());
        assert!((scale.place(10.0) - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn every_range_gives_finite_places() {
        for range in [None, Some((0.0, 0.0)), Some((-5.0, -5.0)), Some((1e300, 1e300)), Some((1e-300, 2e-300))] {
            let scale = Scale::for_values(range, &axis(false, None, None), true, 5);
            assert!(scale.low < scale.high, "{range:?}");
            assert!(scale.ticks(5).len() < 20, "{range:?}");
        }
    }
}
