//! Ticks of numbers and timespans.

use super::Tick;
use crate::render::chart::Unit;
use crate::value::datetime::TICKS_PER_SECOND;

/// Seconds between ticks of timespans of a second and more.
const SPANS: &[f64] = &[
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0, 21_600.0,
    43_200.0, 86_400.0, 172_800.0, 432_000.0, 864_000.0,
];

/// The round distance that gives about `count` ticks.
pub fn step(low: f64, high: f64, count: usize, unit: Unit) -> f64 {
    let rough = (high - low) / count.max(1) as f64;
    let second = TICKS_PER_SECOND as f64;
    if unit == Unit::Span && rough >= second {
        let fits = SPANS.iter().map(|s| s * second).find(|s| *s >= rough);
        return fits.unwrap_or_else(|| round_step(rough / (86_400.0 * second)) * 86_400.0 * second);
    }
    round_step(rough)
}

/// The next of 1, 2, 2.5, 5 times a power of ten; not 2.5 itself, since most of what is counted comes whole.
fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let quarter = if power == 1.0 { 2.0 } else { 2.5 };
    let step = [1.0, 2.0, quarter, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= rough * 0.999_999);
    step.filter(|s| s.is_finite() && *s > 0.0).unwrap_or(rough.max(f64::MIN_POSITIVE))
}

/// Ticks at multiples of a round distance.
pub fn ticks(low: f64, high: f64, count: usize, unit: Unit) -> Vec<Tick> {
    let step = step(low, high, count, unit);
    let first = (low / step - 1e-9).ceil();
    let values = (0..=2 * count).map(|i| (first + i as f64) * step).take_while(|v| *v <= high + step * 1e-9);
    let size = low.abs().max(high.abs());
    values.map(|value| Tick { value, label: label(value, step, size, unit), context: None }).collect()
}

/// Ticks at powers of ten; at 2 and 5 as well when there are few powers.
pub fn log_ticks(low: f64, high: f64, count: usize, unit: Unit) -> Vec<Tick> {
    let (from, to) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let powers = usize::try_from(to - from).unwrap_or(0).max(1);
    let between: &[f64] = if powers * 3 <= count { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let every = powers.div_ceil(count).max(1);
    let tick = |value: f64| Tick { value, label: label(value, value, value, unit), context: None };
    (from..=to)
        .step_by(every)
        .flat_map(|p| between.iter().map(move |m| m * 10f64.powi(p)))
        .filter(|v| *v >= low * 0.999_999 && *v <= high * 1.000_001)
        .map(tick)
        .collect()
}

/// A tick's label, with as many digits as the distance between ticks asks for. `size` is that of the axis: all its labels
/// are written in one unit.
pub fn label(value: f64, step: f64, size: f64, unit: Unit) -> String {
    if unit == Unit::Span {
        return span(value);
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-6..1e15).contains(&size) {
        return format!("{value:.1e}").replace(".0e", "e");
    }
    let units = [(1e12, 1e12, "T"), (1e9, 1e9, "B"), (1e6, 1e6, "M"), (1e4, 1e3, "k")];
    match units.into_iter().find(|(from, unit, _)| size >= *from && step >= unit / 100.0) {
        Some((_, unit, letter)) => format!("{}{letter}", digits(value / unit, step / unit)),
        None => digits(value, step),
    }
}

fn digits(value: f64, step: f64) -> String {
    let places = if step >= 1.0 && step.fract() < 1e-9 { 0.0 } else { (1.0 - step.log10()).floor().clamp(0.0, 9.0) };
    let text = format!("{value:.*}", places as usize);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.replace('-', "−")
}

/// A timespan in its largest unit: `1.5h`, `250ms`.
fn span(ticks: f64) -> String {
    let units = [(864e9, "d"), (36e9, "h"), (6e8, "m"), (1e7, "s"), (1e4, "ms"), (10.0, "µs")];
    match units.into_iter().find(|(size, _)| ticks.abs() >= *size) {
        Some((size, name)) => format!("{}{name}", digits(ticks / size, 0.1)),
        None if ticks == 0.0 => "0".to_owned(),
        None => format!("{}ns", digits(ticks * 100.0, 1.0)),
    }
}

/// A number in full, with thin marks between thousands: `1,234,567.5`.
pub fn grouped(value: f64) -> String {
    if !value.is_finite() || value.abs() >= 1e15 || value != 0.0 && value.abs() < 1e-4 {
        return format!("{value:e}");
    }
    let text = format!("{:.4}", value.abs());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(w, f)| (w, Some(f)));
    let mut out = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    let sign = if value < 0.0 { "−" } else { "" };
    fraction.map_or_else(|| format!("{sign}{out}"), |f| format!("{sign}{out}.{f}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, count: usize, unit: Unit) -> Vec<String> {
        ticks(low, high, count, unit).into_iter().map(|t| t.label).collect()
    }

    #[test]
    fn numbers_are_round_and_short() {
        assert_eq!(labels(0.0, 100.0, 5, Unit::Number), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(labels(0.0, 1.0, 5, Unit::Number), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels(-1.0, 1.0, 4, Unit::Number), ["−1", "−0.5", "0", "0.5", "1"]);
        assert_eq!(labels(0.0, 2.5e6, 5, Unit::Number), ["0", "0.5M", "1M", "1.5M", "2M", "2.5M"]);
        assert_eq!(labels(0.0, 40_000.0, 4, Unit::Number), ["0", "10k", "20k", "30k", "40k"]);
        assert_eq!(labels(9_998.0, 10_002.0, 4, Unit::Number), ["9998", "9999", "10000", "10001", "10002"]);
    }

    #[test]
    fn timespans_have_their_own_round_numbers() {
        assert_eq!(labels(0.0, 3600e7, 4, Unit::Span), ["0", "15m", "30m", "45m", "1h"]);
        assert_eq!(labels(0.0, 1e7, 4, Unit::Span), ["0", "250ms", "500ms", "750ms", "1s"]);
    }

    #[test]
    fn powers_of_ten_fill_a_log_axis() {
        let labels = |low, high| log_ticks(low, high, 6, Unit::Number).into_iter().map(|t| t.label).collect::<Vec<_>>();
        assert_eq!(labels(1.0, 1e5), ["1", "10", "100", "1000", "10k", "100k"]);
        assert_eq!(labels(1.0, 100.0), ["1", "2", "5", "10", "20", "50", "100"]);
    }

    #[test]
    fn full_numbers_are_grouped() {
        assert_eq!(grouped(1_234_567.5), "1,234,567.5");
        assert_eq!(grouped(-12.0), "−12");
        assert_eq!(grouped(0.0), "0");
    }
}
