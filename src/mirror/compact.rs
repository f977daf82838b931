//! Fewer and larger files.
//!
//! In: a mirror, and how large files should be. Out: the same rows, those of a day in one file or a few, sorted by time. Memory
//! is bounded by one row group: the rows of some hours, or of a part of a busy one, are read from every file of the day at
//! once, sorted, and written.

use super::delta::{At, HOUR, Part, Snapshot};
use super::layout;
use super::lock::ReadLock;
use super::part_file::{PartFile, Piece, add_part, read_part};
use super::store::{Mirror, schema_of, time_column};
use super::transaction::Transaction;
use super::writer::sort;
use super::{frame, part_terms, prune};
use crate::diagnostic::{Code, Diagnostic};
use crate::value::Schema;
use polars::prelude::{DataFrame, PolarsError, PolarsResult};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::Range;
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
        filters(mirror, &table)?;
        done.removed = prune::old_files(mirror, &table, keep, None)?;
        all.push(done);
    }
    Ok(all)
}

/// Makes the term filters that are missing. A file that cannot be read has none: `verify` tells of it.
fn filters(mirror: &Mirror, table: &str) -> Result<(), Diagnostic> {
    // Nobody writes or prunes meanwhile, and what a crash leaves is swept as that of a batch.
    let _alone = Transaction::begin(mirror.dir())?;
    let _share = ReadLock::share(mirror.dir());
    let Some(snapshot) = Snapshot::read(&mirror.folder(table), At::Latest)? else { return Ok(()) };
    let (schema, renamed) = (schema_of(table, &snapshot.columns)?, snapshot.columns.renamed());
    for part in &snapshot.parts {
        let path = mirror.folder(table).join(&part.path);
        if !part_terms::is_there(&path, part) {
            let _ = part_terms::rebuild(&path, part, &schema, &renamed);
        }
    }
    Ok(())
}

fn one(mirror: &Mirror, table: &Arc<str>, progress: &mut dyn FnMut(u64)) -> Result<Compacted, Diagnostic> {
    let mut transaction = Transaction::begin(mirror.dir())?;
    let folder = mirror.folder(table);
    let staged = transaction.table(table)?;
    let schema = staged.schema();
    let parts = staged.before.as_ref().map(|s| s.parts.clone()).unwrap_or_default();
    staged.change.columns.extend(&schema, &ticks_of(&parts, &schema));
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
    // Files of other programs stay as they are: nothing is known of the order of their rows.
    for part in snapshot.parts.iter().filter(|p| p.bytes < TARGET / 2 && p.own.is_some()) {
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

fn broken(table: &str, e: &PolarsError) -> Diagnostic {
    Diagnostic::general(Code::StoreDamaged, format!("files of `{table}` cannot be put together: {e}"))
        .with_help("`huntline mirror verify` says what is wrong")
}

fn merge(
    folder: &Path,
    parts: &[Part],
    piece: &Piece<'_>,
    path: &Path,
    name: String,
    progress: &mut dyn FnMut(u64),
) -> Result<Part, Diagnostic> {
    let broken = |e| broken(piece.table, &e);
    let mut file = PartFile::begin(path, name, *piece, ticks_of(parts, piece.schema))?;
    for step in steps(folder, parts, piece).map_err(broken)? {
        let rows = rows_of(folder, parts, piece, &step).map_err(broken)?;
        progress(rows.height() as u64);
        file.write(&rows)?;
    }
    file.finish()
}

/// Rows that are read, sorted and written together: of each file the first, and how many.
type Step = Vec<Range<usize>>;

/// Steps of about a row group each, in the order of time.
fn steps(folder: &Path, parts: &[Part], piece: &Piece<'_>) -> PolarsResult<Vec<Step>> {
    let mut hours: BTreeMap<i64, u64> = BTreeMap::new();
    for own in parts.iter().filter_map(|p| p.own.as_ref()) {
        own.hours.iter().for_each(|(hour, rows)| *hours.entry(*hour).or_default() += rows);
    }
    let Some(time) = piece.time.filter(|_| !hours.is_empty()) else { return Ok(one_by_one(parts)) };
    let mut spans: Vec<(i64, i64, u64)> = Vec::new();
    for (hour, rows) in hours {
        match spans.last_mut() {
            Some((_, end, so_far)) if *so_far + rows <= layout::ROW_GROUP as u64 => {
                (*end, *so_far) = (hour, *so_far + rows)
            }
            _ => spans.push((hour, hour, rows)),
        }
    }
    let mut steps = Vec::with_capacity(spans.len());
    for (from, to, rows) in spans {
        let of_part = |part: &Part| {
            let (start, rows) = part.rows_of_hours(Some((from * HOUR, to * HOUR + HOUR - 1)));
            start..start + rows
        };
        let step: Step = parts.iter().map(of_part).collect();
        match rows <= layout::ROW_GROUP as u64 {
            true => steps.push(step),
            false => steps.extend(cut(folder, parts, piece, time, &step)?),
        }
    }
    Ok(steps)
}

/// Files without times, one after the other.
fn one_by_one(parts: &[Part]) -> Vec<Step> {
    let mut steps = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let rows = part.rows as usize;
        for from in (0..rows).step_by(layout::ROW_GROUP) {
            let of = |other: usize| if other == at { from..(from + layout::ROW_GROUP).min(rows) } else { 0..0 };
            steps.push((0..parts.len()).map(of).collect());
        }
    }
    steps
}

/// Cuts the rows of one busy hour at times, so that each piece has about a row group.
fn cut(folder: &Path, parts: &[Part], piece: &Piece<'_>, time: &str, step: &Step) -> PolarsResult<Vec<Step>> {
    let mut times: Vec<Vec<i64>> = Vec::with_capacity(parts.len());
    for (part, rows) in parts.iter().zip(step) {
        let wanted = Some(vec![time.to_owned()]);
        let frame = read_part(&folder.join(&part.path), piece.renamed, wanted, Some((rows.start, rows.len())))?;
        times.push(frame.column(time)?.datetime()?.physical().iter().map(Option::unwrap_or_default).collect());
    }
    let mut all: Vec<i64> = times.iter().flatten().copied().collect();
    all.sort_unstable();
    let mut bounds: Vec<i64> = all.iter().skip(layout::ROW_GROUP).step_by(layout::ROW_GROUP).copied().collect();
    bounds.dedup();
    bounds.push(i64::MAX);
    let mut from = vec![0; parts.len()];
    let mut steps = Vec::with_capacity(bounds.len());
    for bound in bounds {
        let mut piece = Vec::with_capacity(parts.len());
        for ((times, rows), from) in times.iter().zip(step).zip(&mut from) {
            let to = times.partition_point(|t| *t < bound);
            piece.push(rows.start + *from..rows.start + to);
            *from = to;
        }
        steps.push(piece);
    }
    Ok(steps)
}

fn rows_of(folder: &Path, parts: &[Part], piece: &Piece<'_>, step: &Step) -> PolarsResult<DataFrame> {
    let mut frames = Vec::with_capacity(parts.len());
    for (part, rows) in parts.iter().zip(step) {
        if !rows.is_empty() {
            let rows = Some((rows.start, rows.len()));
            frames.push(read_part(&folder.join(&part.path), piece.renamed, None, rows)?);
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
    let has =
        |name: &str| parts.iter().filter_map(|p| p.own.as_ref()).any(|own| own.ticks.iter().any(|t| &**t == name));
    schema.names().filter(|name| has(name)).map(Into::into).collect()
}
