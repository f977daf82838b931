//! A data file, as the log knows it.
//!
//! In: what the writer knows of a file. Out: Delta's `add` action, and back. Other readers use its statistics; huntline
//! keeps what it needs before it opens the file in the tags: how many of the table's columns it has, which datetimes have a
//! companion, the exact times, the rows of each hour, and the digest of its bytes.

use super::super::layout::{self, DAY};
use crate::value::datetime;
use deltalake::kernel::Add;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A file of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Where, from the table's folder, with `/`.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Size.
    pub bytes: u64,
    /// The day of its rows, as the number of days since year 1; none for rows without a time.
    pub day: Option<i64>,
    /// When it was written, in milliseconds since 1970.
    pub written: i64,
    /// What only huntline writes; none in files of other writers.
    pub own: Option<Own>,
}

/// What the tags of a file say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Own {
    /// Ticks of the first and the last row by the time column.
    pub range: Option<(i64, i64)>,
    /// How many of the table's columns were known when it was written: it has all of these, and no further ones.
    pub columns: usize,
    /// Datetimes with a companion column.
    pub ticks: Vec<Arc<str>>,
    /// Rows by the hour, as the number of hours since year 1.
    pub hours: BTreeMap<i64, u64>,
    /// XXH64 of its bytes.
    pub digest: u64,
}

/// Ticks in an hour.
pub const HOUR: i64 = datetime::TICKS_PER_DAY / 24;

const RANGE: &str = "huntline.range";
const COLUMNS: &str = "huntline.columns";
const TICKS: &str = "huntline.ticks";
const HOURS: &str = "huntline.hours";
const DIGEST: &str = "huntline.digest";

impl Own {
    fn tags(&self) -> HashMap<String, Option<String>> {
        let range = self.range.map(|(a, b)| format!("{a} {b}"));
        let hours: Vec<String> = self.hours.iter().map(|(hour, rows)| format!("{hour}:{rows}")).collect();
        let ticks = self.ticks.iter().map(|t| &**t).collect::<Vec<_>>().join(" ");
        let mut tags = HashMap::from([
            (COLUMNS.to_owned(), Some(self.columns.to_string())),
            (TICKS.to_owned(), Some(ticks)),
            (HOURS.to_owned(), Some(hours.join(" "))),
            (DIGEST.to_owned(), Some(format!("{:016x}", self.digest))),
        ]);
        if range.is_some() {
            tags.insert(RANGE.to_owned(), range);
        }
        tags
    }

    /// None when the tags are another writer's, or none.
    fn of_tags(tags: &HashMap<String, Option<String>>) -> Option<Own> {
        let tag = |name: &str| tags.get(name)?.as_deref();
        let pair = |text: &str| {
            let (a, b) = text.split_once(' ')?;
            Some((a.parse().ok()?, b.parse().ok()?))
        };
        let hour = |text: &str| {
            let (hour, rows) = text.split_once(':')?;
            Some((hour.parse().ok()?, rows.parse().ok()?))
        };
        Some(Own {
            range: tag(RANGE).and_then(pair),
            columns: tag(COLUMNS)?.parse().ok()?,
            ticks: tag(TICKS)?.split_whitespace().map(Into::into).collect(),
            hours: tag(HOURS)?.split_whitespace().filter_map(hour).collect(),
            digest: u64::from_str_radix(tag(DIGEST)?, 16).ok()?,
        })
    }
}

impl Part {
    /// Ticks of the first and the last row, where known.
    pub fn range(&self) -> Option<(i64, i64)> {
        self.own.as_ref()?.range
    }

    /// The rows of the hours of a range of ticks: the number of the first, and how many. All, where the hours are not known.
    pub fn rows_of_hours(&self, range: Option<(i64, i64)>) -> (usize, usize) {
        let whole = (0, self.rows as usize);
        let (Some(own), Some((first, last))) = (&self.own, range) else { return whole };
        if own.range.is_some_and(|(a, b)| b < first || last < a) {
            return (0, 0);
        }
        if own.hours.values().sum::<u64>() != self.rows {
            return whole;
        }
        let (first, last) = (first.div_euclid(HOUR), last.div_euclid(HOUR));
        let before: u64 = own.hours.range(..first).map(|(_, rows)| rows).sum();
        let within: u64 = own.hours.range(first..=last).map(|(_, rows)| rows).sum();
        (before as usize, within as usize)
    }

    /// The action that adds the file. `time` is the table's time column. `moved` says that its rows were in the table
    /// already.
    pub fn to_add(&self, time: Option<&str>, moved: bool) -> Add {
        let day = self.day.map(layout::day_name);
        let mut stats = json!({"numRecords": self.rows, "minValues": {}, "maxValues": {}, "nullCount": {}});
        if let (Some(time), Some((first, last))) = (time, self.range()) {
            // Whole microseconds, as the file itself has them.
            for (key, ticks) in [("minValues", first), ("maxValues", last)] {
                if let Some(values) = stats.get_mut(key).and_then(|v| v.as_object_mut()) {
                    values.insert(time.to_owned(), json!(micros(ticks)));
                }
            }
            if let Some(nulls) = stats.get_mut("nullCount").and_then(|v| v.as_object_mut()) {
                nulls.insert(time.to_owned(), json!(0));
            }
        }
        Add {
            path: self.path.clone(),
            partition_values: HashMap::from([(DAY.to_owned(), day)]),
            size: i64::try_from(self.bytes).unwrap_or(i64::MAX),
            modification_time: self.written,
            data_change: !moved,
            stats: Some(stats.to_string()),
            tags: self.own.as_ref().map(Own::tags),
            ..Add::default()
        }
    }

    /// A file from the action that added it.
    pub fn of_add(add: &Add) -> Part {
        let stats: serde_json::Value =
            add.stats.as_deref().and_then(|s| serde_json::from_str(s).ok()).unwrap_or_default();
        let day = add.partition_values.get(DAY).and_then(Option::as_deref);
        Part {
            path: add.path.clone(),
            rows: stats.get("numRecords").and_then(serde_json::Value::as_u64).unwrap_or_default(),
            bytes: u64::try_from(add.size).unwrap_or_default(),
            day: day.and_then(datetime::parse).map(|t| t.div_euclid(datetime::TICKS_PER_DAY)),
            written: add.modification_time,
            own: add.tags.as_ref().and_then(Own::of_tags),
        }
    }
}

/// A datetime in whole microseconds, in the form of Delta's statistics.
fn micros(ticks: i64) -> String {
    let text = datetime::format(ticks - ticks.rem_euclid(10));
    // Seven digits and Z: the last digit is 0.
    format!("{}Z", text.get(..text.len().saturating_sub(2)).unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_back_from_their_action() {
        let day = datetime::parse("2026-07-01").unwrap();
        let part = Part {
            path: "__day=2026-07-01/part-x.parquet".into(),
            rows: 3,
            bytes: 10,
            day: Some(day / datetime::TICKS_PER_DAY),
            written: 5,
            own: Some(Own {
                range: Some((day, day + 12_345_678)),
                columns: 7,
                ticks: vec!["Timestamp".into()],
                hours: BTreeMap::from([(day / HOUR, 3)]),
                digest: 0xabc,
            }),
        };
        let add = part.to_add(Some("Timestamp"), false);
        assert_eq!(Part::of_add(&add), part);
        assert!(add.stats.unwrap().contains("\"2026-07-01T00:00:01.234567Z\""));
        assert_eq!(part.rows_of_hours(Some((day, day + HOUR))), (0, 3));
        assert_eq!(part.rows_of_hours(Some((day + 2 * HOUR, day + 3 * HOUR))), (0, 0));
        let undated = Part { day: None, own: None, ..part };
        assert_eq!(Part::of_add(&undated.to_add(None, true)), undated);
    }
}
