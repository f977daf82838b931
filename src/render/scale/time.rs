//! Ticks of time, from 100 ns to millennia, at places where a clock or a calendar has them. All times are UTC.

use super::Tick;
use crate::value::datetime::{self, Parts, TICKS_PER_DAY, TICKS_PER_SECOND};

const SECOND: i64 = TICKS_PER_SECOND;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = TICKS_PER_DAY;
const MONTH: i64 = 30 * DAY;
const YEAR: i64 = 365 * DAY;

/// Distance between ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Fixed, up to a week; counted from the first Monday of the calendar.
    Ticks(i64),
    Months(i64),
    Years(i64),
}

const STEPS: &[(i64, Step)] = &[
    (SECOND, Step::Ticks(SECOND)),
    (2 * SECOND, Step::Ticks(2 * SECOND)),
    (5 * SECOND, Step::Ticks(5 * SECOND)),
    (10 * SECOND, Step::Ticks(10 * SECOND)),
    (15 * SECOND, Step::Ticks(15 * SECOND)),
    (30 * SECOND, Step::Ticks(30 * SECOND)),
    (MINUTE, Step::Ticks(MINUTE)),
    (2 * MINUTE, Step::Ticks(2 * MINUTE)),
    (5 * MINUTE, Step::Ticks(5 * MINUTE)),
    (10 * MINUTE, Step::Ticks(10 * MINUTE)),
    (15 * MINUTE, Step::Ticks(15 * MINUTE)),
    (30 * MINUTE, Step::Ticks(30 * MINUTE)),
    (HOUR, Step::Ticks(HOUR)),
    (2 * HOUR, Step::Ticks(2 * HOUR)),
    (3 * HOUR, Step::Ticks(3 * HOUR)),
    (6 * HOUR, Step::Ticks(6 * HOUR)),
    (12 * HOUR, Step::Ticks(12 * HOUR)),
    (DAY, Step::Ticks(DAY)),
    (2 * DAY, Step::Ticks(2 * DAY)),
    (7 * DAY, Step::Ticks(7 * DAY)),
    (14 * DAY, Step::Ticks(14 * DAY)),
    (MONTH, Step::Months(1)),
    (2 * MONTH, Step::Months(2)),
    (3 * MONTH, Step::Months(3)),
    (6 * MONTH, Step::Months(6)),
    (YEAR, Step::Years(1)),
    (2 * YEAR, Step::Years(2)),
    (5 * YEAR, Step::Years(5)),
    (10 * YEAR, Step::Years(10)),
    (20 * YEAR, Step::Years(20)),
    (50 * YEAR, Step::Years(50)),
    (100 * YEAR, Step::Years(100)),
    (200 * YEAR, Step::Years(200)),
    (500 * YEAR, Step::Years(500)),
    (1000 * YEAR, Step::Years(1000)),
    (2000 * YEAR, Step::Years(2000)),
];

/// Below a second: 1, 2, 5 times a power of ten of ticks.
const FRACTIONS: &[i64] = &[
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000,
    1_000_000, 2_000_000, 5_000_000,
];

/// The round distance that gives about `count` ticks: somewhat more are better than half as many. Labels with fractions of
/// a second are long, so there are fewer of them.
fn step(span: i64, count: usize) -> Step {
    let count = i64::try_from(count.max(1)).unwrap_or(1);
    let count = if span < count * SECOND { (count / 2).max(2) } else { count };
    let rough = span / count * 3 / 4;
    if let Some(fraction) = FRACTIONS.iter().find(|f| **f >= rough) {
        return Step::Ticks(*fraction);
    }
    STEPS.iter().find(|(size, _)| *size >= rough).map_or(Step::Years(5000), |(_, step)| *step)
}

/// About `count` ticks from `low` to `high`.
pub fn ticks(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let (low, high) = ((low.max(0.0)) as i64, (high as i64).min(datetime::MAX));
    let step = step(high.saturating_sub(low), count);
    let mut context = None;
    let values = values(low, high, step).take(4 * count + 8);
    values
        .map(|value| {
            let (label, below) = labels(value, step);
            let changed = below.filter(|b| context.as_ref() != Some(b));
            context = changed.clone().or(context.take());
            Tick { value: value as f64, label, context: changed }
        })
        .collect()
}

/// The places of ticks within the range.
fn values(low: i64, high: i64, step: Step) -> Box<dyn Iterator<Item = i64>> {
    match step {
        Step::Ticks(step) => {
            let first = low + (step - low.rem_euclid(step)) % step;
            Box::new(
                (0..).map_while(move |i: i64| first.checked_add(i.checked_mul(step)?)).take_while(move |v| *v <= high),
            )
        }
        Step::Months(step) => months(low, high, step),
        Step::Years(years) => months(low, high, 12 * years),
    }
}

fn months(low: i64, high: i64, step: i64) -> Box<dyn Iterator<Item = i64>> {
    let at = datetime::parts(low);
    let first = i64::from(at.year) * 12 + i64::from(at.month) - 1;
    let first = first - first.rem_euclid(step);
    let start = move |i: i64| {
        let month = first + i * step;
        // There is no year 0: the tick before the first year stands at its beginning.
        let year = i32::try_from(month.div_euclid(12)).ok()?;
        datetime::from_date(year.max(1), u32::try_from(month.rem_euclid(12) + 1).ok()?, 1)
    };
    Box::new((0..).map_while(start).skip_while(move |v| *v < low).take_while(move |v| *v <= high))
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn month_name(month: u32) -> &'static str {
    usize::try_from(month).ok().and_then(|m| MONTHS.get(m.wrapping_sub(1))).copied().unwrap_or("")
}

/// What is written at a tick, and what below it.
fn labels(value: i64, step: Step) -> (String, Option<String>) {
    let p = datetime::parts(value);
    let date = || Some(format!("{:04}-{:02}-{:02}", p.year, p.month, p.day));
    match step {
        Step::Years(_) => (format!("{:04}", p.year), None),
        Step::Months(_) => (month_name(p.month).to_owned(), Some(format!("{:04}", p.year))),
        Step::Ticks(step) if step >= DAY => {
            (format!("{} {}", month_name(p.month), p.day), Some(format!("{:04}", p.year)))
        }
        Step::Ticks(step) if step >= MINUTE => (format!("{:02}:{:02}", p.hour, p.minute), date()),
        Step::Ticks(step) if step >= SECOND => (format!("{:02}:{:02}:{:02}", p.hour, p.minute, p.second), date()),
        Step::Ticks(_) => {
            let fraction = format!("{:07}", p.tick);
            let fraction = fraction.trim_end_matches('0');
            let point = if fraction.is_empty() { "" } else { "." };
            (format!("{:02}:{:02}:{:02}{point}{fraction}", p.hour, p.minute, p.second), date())
        }
    }
}

/// A time in full, to the second or as far as it has digits.
pub fn full(value: f64) -> String {
    let p: Parts = datetime::parts(value as i64);
    // A double holds ticks to about ten microseconds: more digits would be invented.
    let millis = p.tick / 10_000;
    let fraction = if millis > 0 { format!(".{millis:03}") } else { String::new() };
    format!("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{fraction}", p.year, p.month, p.day, p.hour, p.minute, p.second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(low: i64, span: i64, count: usize) -> Vec<String> {
        let ticks = ticks(low as f64, (low + span) as f64, count);
        ticks.into_iter().map(|t| t.context.map_or(t.label.clone(), |c| format!("{}|{c}", t.label))).collect()
    }

    fn day(year: i32, month: u32, day: u32) -> i64 {
        datetime::from_date(year, month, day).unwrap()
    }

    #[test]
    fn each_span_has_its_own_clock() {
        let may = day(2024, 5, 31);
        assert_eq!(
            shown(may + 22 * HOUR, 4 * HOUR, 4),
            ["22:00|2024-05-31", "23:00", "00:00|2024-06-01", "01:00", "02:00"]
        );
        assert_eq!(shown(may + SECOND, 20 * SECOND, 4), ["00:00:05|2024-05-31", "00:00:10", "00:00:15", "00:00:20"]);
        assert_eq!(shown(may, SECOND, 2), ["00:00:00|2024-05-31", "00:00:00.5", "00:00:01"]);
        assert_eq!(shown(day(2023, 12, 30), 4 * DAY, 4), ["Dec 30|2023", "Dec 31", "Jan 1|2024", "Jan 2", "Jan 3"]);
        assert_eq!(shown(day(2023, 11, 15), 90 * DAY, 3), ["Dec|2023", "Jan|2024", "Feb"]);
        assert_eq!(shown(day(2019, 5, 1), 5 * YEAR, 5), ["2020", "2021", "2022", "2023", "2024"]);
    }

    #[test]
    fn weeks_begin_on_monday() {
        assert_eq!(shown(day(2024, 5, 1), 28 * DAY, 4), ["May 6|2024", "May 13", "May 20", "May 27"]);
    }

    #[test]
    fn the_whole_calendar_has_ticks() {
        let all = ticks(0.0, datetime::MAX as f64, 8);
        assert!((4..=16).contains(&all.len()), "{}", all.len());
    }
}
