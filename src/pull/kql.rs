//! The two queries of a pull: how many rows, and which.
//!
//! In: a table, a span of time. Out: KQL of plain operators, so that every engine of the language can answer it.

use super::tables::PullTable;
use crate::value::datetime::{self, TICKS_PER_SECOND};

/// Ticks of an hour: what the mirror keeps counts of.
pub(super) const HOUR: i64 = 3600 * TICKS_PER_SECOND;
/// Ticks of five minutes: what recent hours are told apart by.
pub(super) const SLOT: i64 = 300 * TICKS_PER_SECOND;
/// The columns of a count's answer: how many steps have rows, how many rows in all, and `start=rows` of each step.
pub(super) const STEPS_COLUMN: &str = "Steps";
pub(super) const TOTAL_COLUMN: &str = "Total";
pub(super) const COUNTS_COLUMN: &str = "Counts";

/// The steps that rows are counted in, with their text. Each divides the one before it, and so an hour.
const STEPS: [(i64, &str); 11] = [
    (HOUR, "1h"),
    (SLOT, "5m"),
    (15 * TICKS_PER_SECOND, "15s"),
    (TICKS_PER_SECOND, "1s"),
    (1_000_000, "100ms"),
    (100_000, "10ms"),
    (10_000, "1ms"),
    (1_000, "100microseconds"),
    (100, "10microseconds"),
    (10, "1microsecond"),
    (1, "1tick"),
];
/// The most steps that a span of less than an hour is counted in.
const MOST: i64 = 4_000;

/// The start of the hour of a time.
pub(super) fn hour(ticks: i64) -> i64 {
    ticks - ticks.rem_euclid(HOUR)
}

/// The start of the five minutes of a time.
pub(super) fn slot(ticks: i64) -> i64 {
    ticks - ticks.rem_euclid(SLOT)
}

/// The step that splits a span in `parts` at least, if there is one that does not make too many.
pub(super) fn step(span: i64, parts: i64) -> i64 {
    let fits = |ticks: i64| span / ticks >= parts;
    let few = |ticks: i64| span / ticks <= MOST || ticks == HOUR;
    let steps = STEPS.map(|(ticks, _)| ticks);
    let finest = steps.into_iter().rfind(|t| few(*t)).unwrap_or(HOUR);
    steps.into_iter().find(|t| fits(*t) && few(*t)).unwrap_or(finest)
}

/// Asks for the rows of a span, all columns.
pub(super) fn rows(table: &PullTable, from: i64, to: i64) -> String {
    let PullTable { name, time } = table;
    let (from, to) = (datetime::format(from), datetime::format(to));
    format!("{name}\n| where {time} >= datetime({from}) and {time} < datetime({to})")
}

/// Asks how many rows a span has in each step.
pub(super) fn counts(table: &PullTable, from: i64, to: i64, step: i64) -> String {
    counted(table, from, to, &bin(table, step))
}

/// Asks how many rows a span has: by five minutes from `recent` on, by hours before.
pub(super) fn overview(table: &PullTable, from: i64, to: i64, recent: i64) -> String {
    if recent >= to {
        return counts(table, from, to, HOUR);
    }
    if recent <= from {
        return counts(table, from, to, SLOT);
    }
    let (fine, coarse) = (bin(table, SLOT), bin(table, HOUR));
    let start = format!("iff({} >= datetime({}), {fine}, {coarse})", table.time, datetime::format(recent));
    counted(table, from, to, &start)
}

/// The answer is a single row that proves itself: an answer without it, or whose parts do not add up, was cut off.
fn counted(table: &PullTable, from: i64, to: i64, start: &str) -> String {
    format!(
        "{}\n| summarize Rows = count() by Start = {start}\n| summarize {STEPS_COLUMN} = count(), {TOTAL_COLUMN} = \
         sum(Rows), {COUNTS_COLUMN} = strcat_array(make_list(strcat(Start, \"=\", Rows)), \" \")",
        rows(table, from, to)
    )
}

fn bin(table: &PullTable, step: i64) -> String {
    let text = STEPS.iter().find(|(ticks, _)| *ticks == step).map_or("1h", |(_, text)| text);
    format!("bin({}, {text})", table.time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::timespan;

    fn table() -> PullTable {
        PullTable { name: "DeviceInfo".to_owned(), time: "Timestamp".to_owned() }
    }

    #[test]
    fn steps_are_what_their_texts_say_and_divide_each_other() {
        for (ticks, text) in STEPS {
            assert_eq!(timespan::parse(text), Some(ticks), "{text}");
        }
        assert!(STEPS.windows(2).all(|w| w[0].0 % w[1].0 == 0));
    }

    #[test]
    fn a_span_is_split_in_enough_steps_but_not_in_too_many() {
        assert_eq!(step(30 * 24 * HOUR, 8), HOUR);
        assert_eq!(step(HOUR, 8), SLOT);
        assert_eq!(step(HOUR, 400), TICKS_PER_SECOND);
        assert_eq!(step(HOUR, i64::MAX), TICKS_PER_SECOND, "finer would be too many");
        assert_eq!(step(SLOT, 8), 15 * TICKS_PER_SECOND);
        for ticks in [2, 3, 9, 11, 1_000_001, SLOT, HOUR] {
            assert!(step(ticks, 8) < ticks, "{ticks}");
        }
        assert_eq!(step(1, 8), 1);
    }

    #[test]
    fn queries_name_times_to_the_tick() {
        let text = rows(&table(), 0, 1);
        let expected = "DeviceInfo\n| where Timestamp >= datetime(0001-01-01T00:00:00.0000000Z) \
                        and Timestamp < datetime(0001-01-01T00:00:00.0000001Z)";
        assert_eq!(text, expected);
        let text = overview(&table(), 0, 9 * HOUR, 7 * HOUR);
        let bins = "Start = iff(Timestamp >= datetime(0001-01-01T07:00:00.0000000Z), \
                    bin(Timestamp, 5m), bin(Timestamp, 1h))";
        assert!(text.contains(bins), "{text}");
    }
}
