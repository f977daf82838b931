//! Fewer and larger files.
//!
//! In: a mirror, and how large files should be. Out: the same rows, those of a day in one file or a few, sorted by time. Memory
//! is bounded by one row group: the rows of some hours are read from every file of the day at once, sorted, and written.

use super::delta::{HOUR, Part, Snapshot};
use super::layout;
use super::store::{Mirror, time_column};
use super::transaction::Transaction;
use super::part_file::{PartFile, Piece, add_part, read_part};
use super::writer::sort;
use super::{frame, prune};
use crate::diagnostic::{Code, Diagnostic};
use crate::value::Schema;
use polars::prelude::{DataFrame, PolarsResult};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Bytes of a file that is large enough.
pub const TARGET: u64 = 128 << 20;

/// What was done for a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Compacted {
    /// The table.
    pub table: String,
    /// Files that were put together.
    pub before: u64,
    /// Files that came of them.
    pub after: u64,
    /// Rows in them.
    pub rows: u64,
    /// Bytes of the files that were put together.
    pub bytes_before: u64,
    /// Bytes of those that came of them.
    pub bytes_after: u64,
    /// Files of old versions that were removed from the disk.
    pub removed: u64,
}

/// Puts the small files of every day together, table by table, each in a version of its own; then removes files that only
/// versions before `keep` (milliseconds since 1970) name, unless somebody is reading. `progress` is told the rows so far.
///
/// # Errors
/// When a table is damaged, or the disk does not take it. Tables that were done before stay so.
pub fn compact(
    mirror: &Mirror,
    tables: &[String],
    keep: i64,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<Compacted>, Diagnostic> {
    let mut all = Vec::new();
    for table in mirror.stored().into_iter().filter(|t| tables.is_empty() || tables.contains(t)) {
        let mut done = one(mirror, &Arc::from(table.as_str()), progress)?;
        done.removed = prune::old_files(mirror, &table, keep, None)?;
        all.push(done);
    }
    Ok(all)
}

fn one(mirror: &Mirror, table: &Arc<str>, progress: &mut dyn FnMut(u64)) -> Result<Compacted, Diagnostic> {
    let mut transaction = Transaction::begin(mirror.dir())?;
    let folder = mirror.folder(table);
    let staged = transaction.table(table)?;
    let schema = staged.schema();
    staged.change.columns.extend(&schema, &[]);
    let renamed = staged.change.columns.renamed();
    let time = time_column(table, &schema);
    let groups = staged.before.as_ref().map(groups).unwrap_or_default();
    let mut done = Compacted { table: table.to_string(), ..Compacted::default() };
    for (day, parts) in groups {
        let piece = Piece { table, schema: &schema, time: time.as_deref(), day, renamed: &renamed };
        let (name, path) = transaction.new_part(table, day);
        let part = merge(&folder, &parts, &piece, &path, name, progress)?;
        done.before += parts.len() as u64;
        done.after += 1;
        done.rows += part.rows;
        done.bytes_before += parts.iter().map(|p| p.bytes).sum::<u64>();
        done.bytes_after += part.bytes;
        let staged = transaction.table(table)?;
        staged.change.remove.extend(parts);
        add_part(staged, &schema, part);
    }
    transaction.commit("compact")?;
    Ok(done)
}

/// The files that are put together: by day, those that are not large enough, if there are several; in the order of time, up to
/// the size of a good file.
fn groups(snapshot: &Snapshot) -> Vec<(Option<i64>, Vec<Part>)> {
    let mut days: BTreeMap<Option<i64>, Vec<&Part>> = BTreeMap::new();
    for part in snapshot.parts.iter().filter(|p| p.bytes < TARGET / 2) {
        days.entry(part.day).or_default().push(part);
    }
    let mut groups = Vec::new();
    for (day, parts) in days {
        let mut group: Vec<Part> = Vec::new();
        for part in parts {
            if group.iter().map(|p| p.bytes).sum::<u64>() + part.bytes > TARGET {
                groups.push((day, std::mem::take(&mut group)));
            }
            group.push(part.clone());
        }
        groups.push((day, group));
    }
    groups.retain(|(_, group)| group.len() > 1);
    groups
}

fn merge(
    folder: &Path,
    parts: &[Part],
    piece: &Piece<'_>,
    path: &Path,
    name: String,
    progress: &mut dyn FnMut(u64),
) -> Result<Part, Diagnostic> {
    let broken = |e: polars::prelude::PolarsError| {
        let text = format!("files of `{}` cannot be put together: {e}", piece.table);
        Diagnostic::general(Code::StoreDamaged, text).with_help("`huntline mirror verify` says what is wrong")
    };
    let mut file = PartFile::begin(path, name, *piece, ticks_of(parts, piece.schema))?;
    for slice in slices(parts) {
        let rows = rows_of(folder, parts, piece, slice).map_err(broken)?;
        progress(rows.height() as u64);
        file.write(&rows)?;
    }
    file.finish()
}

/// Ranges of ticks with about a row group's rows each, in order; `None` for all at once.
fn slices(parts: &[Part]) -> Vec<Option<(i64, i64)>> {
    let mut hours: BTreeMap<i64, u64> = BTreeMap::new();
    for part in parts {
        let own = part.own.as_ref().filter(|own| own.hours.values().sum::<u64>() == part.rows);
        let Some(own) = own else { return vec![None] };
        own.hours.iter().for_each(|(hour, rows)| *hours.entry(*hour).or_default() += rows);
    }
    let mut slices: Vec<(i64, i64, u64)> = Vec::new();
    for (hour, rows) in hours {
        match slices.last_mut() {
            Some((_, end, so_far)) if *so_far + rows <= layout::ROW_GROUP as u64 => (*end, *so_far) = (hour, *so_far + rows),
            _ => slices.push((hour, hour, rows)),
        }
    }
    if slices.is_empty() {
        return vec![None];
    }
    slices.into_iter().map(|(from, to, _)| Some((from * HOUR, to * HOUR + HOUR - 1))).collect()
}

fn rows_of(folder: &Path, parts: &[Part], piece: &Piece<'_>, range: Option<(i64, i64)>) -> PolarsResult<DataFrame> {
    let mut frames = Vec::with_capacity(parts.len());
    for part in parts {
        let (from, rows) = part.rows_of_hours(range);
        if rows > 0 {
            frames.push(read_part(&folder.join(&part.path), piece.renamed, None, Some((from, rows)))?);
        }
    }
    let whole = match frames.is_empty() {
        true => DataFrame::empty(),
        false => polars::functions::concat_df_diagonal(&frames)?,
    };
    sort(frame::in_order(&whole, piece.schema)?, piece.time)
}

/// The datetimes with a companion in some of the files.
fn ticks_of(parts: &[Part], schema: &Schema) -> Vec<Arc<str>> {
    let has = |name: &str| parts.iter().filter_map(|p| p.own.as_ref()).any(|own| own.ticks.iter().any(|t| &**t == name));
    schema.names().filter(|name| has(name)).map(Into::into).collect()
}
