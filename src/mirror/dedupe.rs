//! Rows that came before.
//!
//! In: rows that are to be written, and files that may hold the same ones. Out: which rows are new. Defender's stream
//! delivers at least once, its interfaces are asked again over the same hours, and both may bring one event. Two rows are one
//! event when their key agrees (time, device, report, action) and so does all that they say. A row that shares only its key
//! with another one is another event, and stays: real tables have such rows.
//!
//! What a channel adds is not compared ([`CHANNEL`]), a missing column is as good as an empty one, and JSON is compared by
//! what it says. Memory is bounded by the rows at hand: of files only the columns of the key are read, row group by row
//! group, and only the hours in question; whole rows only where a key agrees.

use super::delta::Part;
use super::frame;
use super::layout::{self, tick_column};
use super::part_file::{Piece, read_part};
use crate::value::{Schema, Value};
use polars::prelude::{Column, DataFrame, DataType, IdxCa, NewChunkedArray, PolarsResult};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::path::Path;
use std::sync::Arc;
use xxhash_rust::xxh64::{Xxh64, xxh64};

/// Columns of the key beside the time, where a table has them.
const KEY: [&str; 3] = ["DeviceId", "ReportId", "ActionType"];

/// Columns that say how a row came, not what happened.
const CHANNEL: [&str; 7] =
    ["TenantId", "Type", "SourceSystem", "TimeGenerated", "MachineGroup", "_TimeReceived", "_ResourceId"];

/// What tells events of a table apart at first sight.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    time: Option<Arc<str>>,
    columns: Vec<&'static str>,
}

impl Key {
    /// The key of a table; without a time and without columns of a key it is all that a row says.
    pub fn new(schema: &Schema, time: Option<&Arc<str>>) -> Key {
        Key { time: time.cloned(), columns: KEY.into_iter().filter(|name| schema.field(name).is_some()).collect() }
    }

    fn names(&self) -> Vec<String> {
        let time = self.time.iter().flat_map(|time| [time.to_string(), tick_column(time)]);
        time.chain(self.columns.iter().map(|c| (*c).to_owned())).collect()
    }

    /// A number for each row; equal keys have equal numbers.
    fn hashes(&self, frame: &DataFrame) -> PolarsResult<Vec<u64>> {
        let mut hashes = vec![0; frame.height()];
        for name in self.names() {
            if let Ok(column) = frame.column(&name) {
                absorb(column, &mut hashes)?;
            }
        }
        Ok(hashes)
    }
}

/// Mixes a column into the numbers of its rows. A missing value changes nothing, nor does an empty text or a tick of 0: a
/// file may lack the column.
fn absorb(column: &Column, hashes: &mut [u64]) -> PolarsResult<()> {
    if let DataType::String = column.dtype() {
        for (hash, value) in hashes.iter_mut().zip(column.str()?.iter()) {
            if let Some(text) = value.filter(|text| !text.is_empty()) {
                *hash = xxh64(text.as_bytes(), *hash);
            }
        }
        return Ok(());
    }
    let is_tick = *column.dtype() == DataType::Int8;
    let numbers = column.cast(&DataType::Int64)?;
    for (hash, value) in hashes.iter_mut().zip(numbers.i64()?.iter()) {
        if let Some(number) = value.filter(|n| !(is_tick && *n == 0)) {
            *hash = xxh64(&number.to_le_bytes(), hash.wrapping_add(1));
        }
    }
    Ok(())
}

/// Passes a number that is a hash already.
#[derive(Default)]
struct Through(u64);

impl Hasher for Through {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh64(bytes, self.0);
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
}

/// Rows by a number that is a hash already.
type ByKey = HashMap<u64, Vec<u32>, BuildHasherDefault<Through>>;

/// Which rows are new: not among the earlier ones of them, and not in the files.
///
/// # Errors
/// When a file cannot be read.
pub fn fresh<'p>(
    rows: &DataFrame,
    key: &Key,
    piece: &Piece<'_>,
    folder: &Path,
    files: impl Iterator<Item = &'p Part>,
    range: Option<(i64, i64)>,
) -> PolarsResult<Vec<bool>> {
    let mut incoming = Incoming::new(rows, key, piece)?;
    incoming.drop_repeated()?;
    for part in files {
        let path = folder.join(&part.path);
        let (from, height) = part.rows_of_hours(range);
        let mut done = 0;
        while done < height {
            let slice = (from + done, layout::ROW_GROUP.min(height - done));
            incoming.compare(&path, slice)?;
            done += slice.1;
        }
    }
    Ok(incoming.keep)
}

/// The rows that are to be written.
struct Incoming<'a> {
    key: &'a Key,
    piece: &'a Piece<'a>,
    by_key: ByKey,
    digests: Digests<'a>,
    /// The rows of keys that were met in a file, by key and all that they say.
    same: HashMap<(u64, u128), Vec<u32>>,
    met: HashSet<u64>,
    keep: Vec<bool>,
}

impl<'a> Incoming<'a> {
    fn new(rows: &'a DataFrame, key: &'a Key, piece: &'a Piece<'a>) -> PolarsResult<Self> {
        let mut by_key = ByKey::default();
        for (row, hash) in key.hashes(rows)?.into_iter().enumerate() {
            by_key.entry(hash).or_default().push(u32::try_from(row).unwrap_or(u32::MAX));
        }
        let digests = Digests { frame: rows, schema: piece.schema, known: HashMap::new() };
        let keep = vec![true; rows.height()];
        Ok(Incoming { key, piece, by_key, digests, same: HashMap::new(), met: HashSet::new(), keep })
    }

    /// Drops the rows that say the same as an earlier one among them.
    fn drop_repeated(&mut self) -> PolarsResult<()> {
        let several = || self.by_key.values().filter(|rows| rows.len() > 1);
        self.digests.make(several().flatten().copied())?;
        for rows in several() {
            let mut seen = HashSet::with_capacity(rows.len());
            for row in rows {
                if !seen.insert(self.digests.of(*row)) {
                    drop_row(&mut self.keep, *row);
                }
            }
        }
        Ok(())
    }

    /// Drops the rows that say the same as one of some rows of a file.
    fn compare(&mut self, path: &Path, slice: (usize, usize)) -> PolarsResult<()> {
        let renamed = self.piece.renamed;
        let keys = read_part(path, renamed, Some(self.key.names()), Some(slice))?;
        let hashes = self.key.hashes(&keys)?.into_iter().enumerate();
        let found: Vec<(usize, u64)> = hashes.filter(|(_, hash)| self.by_key.contains_key(hash)).collect();
        self.meet(&found)?;
        for found in found.chunk_by(|a, b| a.0 / WHOLE_ROWS == b.0 / WHOLE_ROWS) {
            let (Some((first, _)), Some((last, _))) = (found.first(), found.last()) else { continue };
            let whole = read_part(path, renamed, None, Some((slice.0 + first, last - first + 1)))?;
            let at = |row: usize| u32::try_from(row - first).unwrap_or(u32::MAX);
            let mut stored = Digests { frame: &whole, schema: self.piece.schema, known: HashMap::new() };
            stored.make(found.iter().map(|(row, _)| at(*row)))?;
            for (row, hash) in found {
                let same = stored.of(at(*row)).and_then(|digest| self.same.get(&(*hash, digest)));
                same.into_iter().flatten().for_each(|row| drop_row(&mut self.keep, *row));
            }
        }
        Ok(())
    }

    /// Makes ready the rows of keys that were found.
    fn meet(&mut self, found: &[(usize, u64)]) -> PolarsResult<()> {
        let fresh: Vec<u64> = found.iter().map(|(_, hash)| *hash).filter(|hash| self.met.insert(*hash)).collect();
        let rows = |hash: &u64| self.by_key.get(hash).into_iter().flatten().copied();
        self.digests.make(fresh.iter().flat_map(rows))?;
        for hash in &fresh {
            for row in rows(hash) {
                if let Some(digest) = self.digests.of(row) {
                    self.same.entry((*hash, digest)).or_default().push(row);
                }
            }
        }
        Ok(())
    }
}

fn drop_row(keep: &mut [bool], row: u32) {
    if let Some(keep) = keep.get_mut(row as usize) {
        *keep = false;
    }
}

/// Whole rows that are read of a file at once.
const WHOLE_ROWS: usize = 16_384;

/// Digests of what rows say; those that are needed.
struct Digests<'a> {
    frame: &'a DataFrame,
    schema: &'a Schema,
    known: HashMap<u32, u128>,
}

impl Digests<'_> {
    /// Makes those of some rows that are not made yet.
    fn make(&mut self, rows: impl Iterator<Item = u32>) -> PolarsResult<()> {
        let mut wanted: Vec<u32> = rows.filter(|row| !self.known.contains_key(row)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        for wanted in wanted.chunks(WHOLE_ROWS) {
            let taken = self.frame.take(&IdxCa::from_slice("".into(), wanted))?;
            let batch = frame::to_batch(&taken, self.schema)
                .map_err(|d| polars::prelude::PolarsError::ComputeError(d.message.into()))?;
            let names = Names::new(self.schema);
            for (at, row) in wanted.iter().enumerate() {
                self.known.insert(*row, names.digest(&batch.row(at)));
            }
        }
        Ok(())
    }

    /// The digest of a row; `None` is that of no row.
    fn of(&self, row: u32) -> Option<u128> {
        self.known.get(&row).copied()
    }
}

/// The columns that count, in the order of their names: files may have them in any.
struct Names<'s>(Vec<(&'s str, usize)>);

impl<'s> Names<'s> {
    fn new(schema: &'s Schema) -> Self {
        let mut names: Vec<(&str, usize)> = schema.names().enumerate().map(|(at, name)| (name, at)).collect();
        names.retain(|(name, _)| !CHANNEL.contains(name));
        names.sort_unstable();
        Names(names)
    }

    /// A digest of all that a row says.
    fn digest(&self, row: &[Value]) -> u128 {
        let (mut low, mut high) = (Xxh64::new(0), Xxh64::new(1));
        let mut feed = |bytes: &[u8]| {
            for hash in [&mut low, &mut high] {
                hash.update(&(bytes.len() as u64).to_le_bytes());
                hash.update(bytes);
            }
        };
        for (name, at) in &self.0 {
            let said = row.get(*at).map(text).unwrap_or_default();
            if !said.is_empty() {
                feed(name.as_bytes());
                feed(said.as_bytes());
            }
        }
        u128::from(high.digest()) << 64 | u128::from(low.digest())
    }
}

/// A value as text; JSON in one form.
fn text(value: &Value) -> Cow<'_, str> {
    let plain: &str = match value {
        Value::Null => "",
        Value::String(text) => text,
        Value::Dynamic(serde_json::Value::Null) => "",
        Value::Dynamic(serde_json::Value::String(text)) => text,
        Value::Dynamic(json) => return Cow::Owned(canonical(json)),
        other => return Cow::Owned(format!("{other:?}")),
    };
    match plain.as_bytes().first() {
        Some(b'{' | b'[') => serde_json::from_str(plain).map_or(Cow::Borrowed(plain), |json| canonical(&json).into()),
        _ => Cow::Borrowed(plain),
    }
}

/// JSON with sorted members.
fn canonical(json: &serde_json::Value) -> String {
    use serde_json::Value as Json;
    match json {
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|a, b| a.0.cmp(b.0));
            let members: Vec<String> = members
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Json::from(name.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Json::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Batch, Type, datetime};

    fn schema() -> Schema {
        Schema::of([
            ("Timestamp", Type::Datetime),
            ("DeviceId", Type::String),
            ("ReportId", Type::Long),
            ("ActionType", Type::String),
            ("AdditionalFields", Type::Dynamic),
            ("MachineGroup", Type::String),
        ])
    }

    fn row(tick: i64, report: i64, fields: &str, group: &str) -> Vec<Value> {
        vec![
            Value::Datetime(datetime::UNIX_EPOCH + tick),
            Value::String("d".into()),
            Value::Long(report),
            Value::String("A".into()),
            Value::Dynamic(serde_json::from_str(fields).unwrap()),
            Value::String(group.into()),
        ]
    }

    /// What is fresh among rows beside a file.
    fn keep(rows: &DataFrame, folder: &Path, file: Option<&Part>) -> Vec<bool> {
        let (schema, table, renamed) = (schema(), "T".into(), Default::default());
        let piece = Piece { table: &table, schema: &schema, time: Some("Timestamp"), day: None, renamed: &renamed };
        let key = Key::new(&schema, Some(&"Timestamp".into()));
        fresh(rows, &key, &piece, folder, file.into_iter(), None).unwrap()
    }

    fn frame(rows: Vec<Vec<Value>>) -> DataFrame {
        frame::of_batch(&schema(), &Batch::from_rows(&schema(), rows)).unwrap()
    }

    #[test]
    fn one_event_is_told_from_its_neighbours() {
        let rows = vec![
            row(1, 7, r#"{"a":1,"b":2}"#, "x"),
            row(1, 7, r#"{"b": 2, "a": 1}"#, ""),
            row(1, 7, r#"{"a":1,"b":3}"#, "x"),
            row(2, 7, r#"{"a":1,"b":2}"#, "x"),
            row(1, 8, r#"{"a":1,"b":2}"#, "x"),
        ];
        let piece = frame(rows);
        assert_eq!(keep(&piece, Path::new("."), None), [true, false, true, true, true]);
    }

    #[test]
    fn rows_of_a_file_are_found_with_and_without_companions() {
        let dir = tempfile::tempdir().unwrap();
        let stored = frame((0..10).map(|n| row(n * 10, n, "{}", "g")).collect());
        let written = frame::write_frame(&dir.path().join("a.parquet"), stored).unwrap();
        let part = Part { path: "a.parquet".into(), rows: 10, bytes: written.bytes, ..Part::default() };
        // The second row has a tick, so that the piece has a companion column and the file none.
        let piece = frame(vec![row(30, 3, "{ }", ""), row(31, 3, "{}", "g"), row(40, 5, "{}", "g")]);
        assert_eq!(keep(&piece, dir.path(), Some(&part)), [false, true, true]);
    }
}
