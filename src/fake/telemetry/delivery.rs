//! What a service does to the rows of an answer: says some twice, changes their order, stops at a size.
//!
//! In: an answer of the engine, the settings of the telemetry. Out: the answer as that service would send it, the same
//! for the same rows and seed.

use super::{Telemetry, Twice};
use crate::fake::hunting::Answer;
use serde_json::Value as Json;
use xxhash_rust::xxh64::xxh64;

/// Rows as they are delivered: some twice if they are rows of events, and out of order unless the query sorts them.
pub(in crate::fake) fn deliver(telemetry: &Telemetry, mut answer: Answer) -> Answer {
    if telemetry.twice == Twice::Answered && telemetry.duplicates > 0 && is_events(&answer) {
        let rows = std::mem::take(&mut answer.rows);
        answer.rows = rows.into_iter().flat_map(|row| again(row, telemetry)).collect();
    }
    if telemetry.shuffle && !answer.ordered {
        // Equal rows stay beside each other, which no reader can tell.
        answer.rows.sort_by_cached_key(|row| hash(row, telemetry.seed ^ 0x5f));
    }
    answer
}

/// The row, once or twice.
fn again(row: Vec<Json>, telemetry: &Telemetry) -> impl Iterator<Item = Vec<Json>> {
    let twice = hash(&row, telemetry.seed) % 1000 < u64::from(telemetry.duplicates);
    let copy = twice.then(|| row.clone());
    std::iter::once(row).chain(copy)
}

/// Rows of events have a time and a number; what a query counted has not.
fn is_events(answer: &Answer) -> bool {
    let has = |names: &[&str]| answer.columns.iter().any(|(name, _)| names.contains(&name.as_str()));
    has(&["Timestamp", "TimeGenerated"]) && has(&["ReportId"])
}

fn hash(row: &[Json], seed: u64) -> u64 {
    let text: String = row.iter().map(|cell| cell.to_string() + "\u{1f}").collect();
    xxh64(text.as_bytes(), seed)
}

/// How many of the rows fit into so many rows and bytes; `None` if all do.
pub(in crate::fake) fn fitting<'r>(rows: impl Iterator<Item = &'r Json>, most: usize, bytes: usize) -> Option<usize> {
    let mut size = 0_usize;
    for (at, row) in rows.enumerate() {
        size = size.saturating_add(row.to_string().len() + 1);
        if at >= most || size > bytes {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn events(count: usize) -> Answer {
        let columns = [("Timestamp", "datetime"), ("ReportId", "long")];
        Answer {
            columns: columns.map(|(n, t)| (n.to_owned(), t.to_owned())).into(),
            rows: (0..count).map(|n| vec![json!("2026-01-01T00:00:00.0000001Z"), json!(n)]).collect(),
            ordered: false,
        }
    }

    fn sorted(mut rows: Vec<Vec<Json>>) -> Vec<Vec<Json>> {
        rows.sort_by_key(|row| row[1].as_u64());
        rows
    }

    #[test]
    fn about_three_in_a_hundred_rows_come_twice_and_always_the_same() {
        let telemetry = Telemetry { duplicates: 30, twice: Twice::Answered, ..Telemetry::default() };
        let once = deliver(&telemetry, events(10_000));
        assert!((10_200..10_400).contains(&once.rows.len()), "{}", once.rows.len());
        assert_eq!(once, deliver(&telemetry, events(10_000)));
        let mut distinct = once.rows;
        distinct.dedup();
        assert_eq!(distinct, events(10_000).rows);
        let other = Telemetry { seed: 2, ..telemetry.clone() };
        assert_ne!(deliver(&other, events(100)), deliver(&telemetry, events(100)));
        let counted =
            Answer { columns: vec![("Count".into(), "long".into())], rows: vec![vec![json!(3)]; 100], ordered: false };
        assert_eq!(deliver(&telemetry, counted.clone()), counted);
    }

    #[test]
    fn only_what_is_not_sorted_loses_its_order() {
        let telemetry = Telemetry { shuffle: true, ..Telemetry::default() };
        let shuffled = deliver(&telemetry, events(100));
        assert_ne!(shuffled.rows, events(100).rows);
        assert_eq!(sorted(shuffled.rows), events(100).rows);
        let ordered = Answer { ordered: true, ..events(100) };
        assert_eq!(deliver(&telemetry, ordered.clone()), ordered);
    }

    #[test]
    fn rows_fit_up_to_the_limit_and_not_beyond() {
        let rows = [json!([1]), json!([2]), json!([3])];
        assert_eq!(fitting(rows.iter(), 3, 100), None);
        assert_eq!(fitting(rows.iter(), 2, 100), Some(2));
        assert_eq!(fitting(rows.iter(), 3, 12), None, "three bytes a row and what parts them");
        assert_eq!(fitting(rows.iter(), 3, 11), Some(2));
    }
}
