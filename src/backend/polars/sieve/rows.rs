//! The two phases over row groups, on all cores.
//!
//! In: files and conditions. Out: for each row group the rows that pass, then their cells.

use super::condition::{Conditions, OtherCondition, TextCondition};
use super::kept::Kept;
use super::reader::{Coded, OpenFile};
use crate::backend::polars::scan::{self, Stored};
use crate::catalog::{DataFile, TableSource};
use crate::mirror::terms::{BLOCK, Blocks, Sidecar, sidecar_path};
use crate::plan::{Relation, RelationKind, ScanBounds};
use crate::value::{Field, Schema, Type};
use ::polars::prelude::{
    Column, DataFrame, DataType, Expr as PolarsExpr, Field as PolarsField, Int64Chunked, IntoColumn, IntoLazy,
    NewChunkedArray, PlSmallStr, PolarsResult, Series, TimeUnit, all_horizontal,
};
use polars_arrow::bitmap::{Bitmap, BitmapBuilder, MutableBitmap};
use rayon::prelude::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// The name of the answers.
const PASSES: &str = "\u{1}passes";

/// Bytes of texts that are kept of all row groups, about, at most.
const MOST_KEPT: usize = 64 << 20;

/// A filter over files.
pub(super) struct Sieve<'a> {
    /// The files.
    pub(super) stored: Stored<'a>,
    /// The table's time column.
    pub(super) time: Option<&'a str>,
    /// Bounds on it that leave out some row.
    pub(super) bounds: ScanBounds,
    /// The columns that conditions and answer need.
    pub(super) schema: &'a Schema,
    /// What has to hold.
    pub(super) conditions: &'a Conditions,
    /// Bytes of texts that are kept.
    kept: AtomicUsize,
}

/// Rows of a row group.
pub(super) struct Passed {
    file: Arc<OpenFile>,
    /// The rows of the file by the hour, where known.
    hours: Option<Arc<BTreeMap<i64, u64>>>,
    group: usize,
    /// Which; none for all.
    mask: Option<Bitmap>,
    /// Columns of them that are at hand, by the names of the file.
    kept: Vec<(Arc<str>, Arc<Kept>)>,
}

/// A row group that is still to be asked, and the blocks of it that may hold a row.
struct Candidate<'a> {
    file: &'a DataFile,
    open: Arc<OnceLock<Arc<OpenFile>>>,
    group: usize,
    blocks: Blocks,
}

impl Passed {
    /// How many.
    pub(super) fn rows(&self) -> usize {
        self.mask.as_ref().map_or_else(|| self.file.rows(self.group), Bitmap::set_bits)
    }

    /// How many of them lie in each hour, as the number of hours since year 1, in their order: the rows of a file lie in the
    /// order of their times. None where the log does not tell it of all rows.
    pub(super) fn by_hour(&self) -> Option<Vec<(i64, usize)>> {
        let hours = self.hours.as_ref()?;
        let rows_before = |group| (0..group).map(|group| self.file.rows(group)).sum::<usize>();
        if hours.values().sum::<u64>() != rows_before(self.file.groups()) as u64 {
            return None;
        }
        let (first, end) = (rows_before(self.group), rows_before(self.group + 1));
        let mut by_hour = Vec::with_capacity(hours.len());
        let mut row = 0;
        for (hour, rows) in hours.iter() {
            let of_hour = first.max(row)..end.min(row + *rows as usize);
            row += *rows as usize;
            if of_hour.is_empty() {
                continue;
            }
            let mask = self.mask.as_ref().map(|mask| mask.clone().sliced(of_hour.start - first, of_hour.len()));
            by_hour.push((*hour, mask.map_or(of_hour.len(), |mask| mask.set_bits())));
        }
        Some(by_hour)
    }

    /// Some of them, told by their numbers among them, in ascending order.
    pub(super) fn only(&self, rows: &[u32]) -> Passed {
        let mut bits = MutableBitmap::from_len_zeroed(self.file.rows(self.group));
        let mut wanted = rows.iter().map(|row| *row as usize).peekable();
        match &self.mask {
            None => wanted.for_each(|row| bits.set(row, true)),
            Some(mask) => {
                for (number, row) in mask.true_idx_iter().enumerate() {
                    if wanted.next_if_eq(&number).is_some() {
                        bits.set(row, true);
                    }
                    if wanted.peek().is_none() {
                        break;
                    }
                }
            }
        }
        Passed {
            mask: Some(bits.freeze()),
            kept: self.kept.clone(),
            file: self.file.clone(),
            hours: self.hours.clone(),
            ..*self
        }
    }

    /// A column of the file of these rows; nulls of the given type when the file has no such column.
    fn column(&self, stored: &str, absent: &DataType) -> PolarsResult<Column> {
        match (self.kept(stored), &self.mask) {
            (Some(kept), Some(mask)) => Ok(kept.column(stored, mask)),
            _ => self.file.column(self.group, stored, self.mask.as_ref(), absent),
        }
    }

    fn kept(&self, stored: &str) -> Option<&Kept> {
        self.kept.iter().find(|(name, _)| **name == *stored).map(|(_, kept)| &**kept)
    }
}

impl<'a> Sieve<'a> {
    /// The filter of these conditions over files of a scan; none when a condition reads no column, or more than columns.
    pub(super) fn new(scan: &'a Relation, files: &'a [&'a DataFile], conditions: &'a Conditions) -> Option<Sieve<'a>> {
        let RelationKind::Scan { table, bounds } = &scan.kind else { return None };
        let TableSource::Files { renamed, .. } = &table.source else { return None };
        let blind = conditions.volatile || conditions.others.iter().any(|other| other.columns.is_empty());
        (!blind).then(|| Sieve {
            stored: Stored { files, renamed },
            time: table.time_column.as_deref(),
            bounds: scan::needed(*bounds, files),
            schema: &scan.schema,
            conditions,
            kept: AtomicUsize::new(0),
        })
    }

    /// Whether every row passes.
    pub(super) fn asks_nothing(&self) -> bool {
        let Conditions { texts, others, keys, .. } = self.conditions;
        texts.is_empty() && others.is_empty() && keys.is_empty() && self.bounds == ScanBounds::default()
    }

    /// The first phase: the rows for which all conditions hold, in the order of the files.
    pub(super) fn pass(&self) -> PolarsResult<Vec<Passed>> {
        if self.conditions.keys.iter().any(|keys| keys.is_empty()) {
            return Ok(vec![]);
        }
        let files = self.stored.files.par_iter();
        let candidates = files.map(|file| self.candidates(file)).collect::<PolarsResult<Vec<_>>>()?;
        let candidates = candidates.into_par_iter().flatten();
        let passed = candidates.map(|candidate| self.ask(&candidate)).collect::<PolarsResult<Vec<_>>>()?;
        Ok(passed.into_iter().flatten().collect())
    }

    /// The row groups of a file that its term filters leave.
    fn candidates<'f>(&self, file: &'f DataFile) -> PolarsResult<Vec<Candidate<'f>>> {
        let open = Arc::new(OnceLock::new());
        let candidate = |group, blocks| Candidate { file, open: open.clone(), group, blocks };
        if let Some(known) = self.known_blocks(file) {
            let left = known.into_iter().enumerate().filter(|(_, blocks)| !blocks.is_none());
            return Ok(left.map(|(group, blocks)| candidate(group, blocks)).collect());
        }
        let groups = opened(file, &open)?.groups();
        Ok((0..groups).map(|group| candidate(group, Blocks::All)).collect())
    }

    /// The blocks of each row group that may hold a row; none where no filter says.
    fn known_blocks(&self, file: &DataFile) -> Option<Vec<Blocks>> {
        if self.conditions.probes.is_empty() {
            return None;
        }
        let sidecar = Sidecar::open(&sidecar_path(&file.path)?, file.digest?, file.rows?)?;
        let mut left = vec![Blocks::All; sidecar.row_groups()];
        for (column, probe) in &self.conditions.probes {
            let Some(filters) = sidecar.column(self.stored.name(column)) else { continue };
            for (group, blocks) in left.iter_mut().enumerate() {
                *blocks = std::mem::replace(blocks, Blocks::All).and(&filters.candidates(group, probe));
            }
        }
        Some(left)
    }

    /// The rows of a row group that pass; none when there is no such row.
    fn ask(&self, candidate: &Candidate<'_>) -> PolarsResult<Option<Passed>> {
        let file = opened(candidate.file, &candidate.open)?;
        let group = candidate.group;
        if self.is_outside(&file, group) {
            return Ok(None);
        }
        let mask = of_blocks(&candidate.blocks, file.rows(group));
        let mut rows = Passed { hours: candidate.file.hours.clone(), file, group, mask, kept: vec![] };
        let mut texts: Vec<&TextCondition> = self.conditions.texts.iter().collect();
        // Of few rows less is read: what is read at a small cost is asked first.
        texts.sort_by_key(|condition| rows.file.weight(group, self.stored.name(&condition.column)));
        for condition in texts {
            self.ask_text(&mut rows, condition)?;
            if is_nothing(rows.mask.as_ref()) {
                return Ok(None);
            }
        }
        for keys in &self.conditions.keys {
            rows.mask = Some(self.ask_keys(&rows.file, group, keys, rows.mask.take())?);
            if is_nothing(rows.mask.as_ref()) {
                return Ok(None);
            }
        }
        let mut rest = Vec::with_capacity(self.conditions.others.len());
        for condition in &self.conditions.others {
            match self.ask_values(&rows.file, group, condition, rows.mask.as_ref())? {
                Some(passing) => rows.mask = Some(passing),
                None => rest.push(condition),
            }
            if is_nothing(rows.mask.as_ref()) {
                return Ok(None);
            }
        }
        if !rest.is_empty() {
            rows.mask = Some(self.ask_others(&rows, &rest)?);
        }
        Ok((!is_nothing(rows.mask.as_ref())).then_some(rows))
    }

    /// Whether a row group lies outside of the bounds by its own statistics.
    fn is_outside(&self, file: &OpenFile, group: usize) -> bool {
        let Some((first, last)) = self.time.and_then(|time| file.span(group, self.stored.name(time))) else {
            return false;
        };
        let micros = |ticks| scan::in_unit(ticks, TimeUnit::Microseconds);
        self.bounds.from.and_then(micros).is_some_and(|from| last < from)
            || self.bounds.to.and_then(micros).is_some_and(|to| first > to)
    }

    /// Asks the texts of the rows that are left.
    fn ask_text(&self, rows: &mut Passed, condition: &TextCondition) -> PolarsResult<()> {
        let (question, stored) = (&condition.question, self.stored.name(&condition.column));
        match rows.file.passing(rows.group, stored, question, rows.mask.as_ref())? {
            Some(passing) => {
                rows.mask = Some(passing.rows);
                let fits = |kept: &Kept| self.kept.fetch_add(kept.weight(), Ordering::Relaxed) < MOST_KEPT;
                rows.kept.extend(passing.kept.filter(fits).map(|kept| (stored.into(), Arc::new(kept))));
            }
            // The file was written before the column was there: its texts are empty.
            None if question.passes("") => {}
            None => rows.mask = Some(Bitmap::new_zeroed(rows.file.rows(rows.group))),
        }
        Ok(())
    }

    /// Asks a condition on one column of each of its distinct values, where the file has them; none where it has not.
    fn ask_values(
        &self,
        file: &OpenFile,
        group: usize,
        condition: &OtherCondition,
        mask: Option<&Bitmap>,
    ) -> PolarsResult<Option<Bitmap>> {
        let [only] = condition.columns.as_slice() else { return Ok(None) };
        let Some(field) = self.schema.field(only) else { return Ok(None) };
        if matches!(field.ty, Type::Int | Type::Long) {
            let ask = |numbers: &[Option<i64>]| self.ask_numbers(field, condition, numbers);
            return file.passing_numbers(group, self.stored.name(only), mask, ask);
        }
        let Some(coded) = file.dictionary(group, self.stored.name(only), mask) else { return Ok(None) };
        // A dictionary that few of its rows are left of is longer than the rows.
        if coded.values.len() > coded.codes.len() {
            return Ok(None);
        }
        let values = Series::try_from((PlSmallStr::from_str(self.stored.name(only)), coded.values.boxed()))?;
        let values = DataFrame::new(values.len(), vec![values.into_column()])?;
        let answers = self.answers(values, field, condition)?;
        let passing = coded.codes.iter().map(|code| answers.get(*code as usize) == Some(true));
        Ok(Some(match mask {
            Some(mask) => narrowed(mask, passing),
            None => passing.collect(),
        }))
    }

    /// Asks a condition of some numbers of a column.
    fn ask_numbers(&self, field: &Field, condition: &OtherCondition, numbers: &[Option<i64>]) -> PolarsResult<Bitmap> {
        let values = Int64Chunked::from_slice_options(PlSmallStr::from_str(self.stored.name(&field.name)), numbers);
        let mut values = values.into_column();
        if let Some(PolarsField { dtype, .. }) = Stored::columns(&self.stored, field).next() {
            values = values.cast(&dtype)?;
        }
        self.answers(DataFrame::new(numbers.len(), vec![values])?, field, condition)
    }

    /// The answers to a condition on one column, for some of its cells.
    fn answers(&self, cells: DataFrame, field: &Field, condition: &OtherCondition) -> PolarsResult<Bitmap> {
        // Beside the column, so that a constant is repeated for each row.
        let passes = condition.expr.clone().alias(PASSES);
        let answers = cells.lazy().select([self.stored.value(field)]).with_columns([passes]).collect()?;
        Ok(answers.column(PASSES)?.bool()?.iter().map(|passes| passes == Some(true)).collect())
    }

    /// Asks conditions of the rows.
    fn ask_others(&self, rows: &Passed, conditions: &[&OtherCondition]) -> PolarsResult<Bitmap> {
        let reads = |field: &&Field| conditions.iter().any(|condition| condition.columns.contains(&field.name));
        let fields: Vec<&Field> = self.schema.fields().iter().filter(reads).collect();
        let frame = self.cells_of(rows, fields.iter().copied())?;
        let values: Vec<PolarsExpr> = fields.iter().map(|field| self.stored.value(field)).collect();
        let asked: Vec<PolarsExpr> = conditions.iter().map(|condition| condition.expr.clone()).collect();
        // Beside the columns, so that a constant is repeated for each row.
        let passes = all_horizontal(asked)?.alias(PASSES);
        let answers = frame.lazy().select(values).with_columns([passes]).collect()?;
        let answers = answers.column(PASSES)?.bool()?.clone();
        let passing = answers.iter().map(|passes| passes == Some(true));
        Ok(match &rows.mask {
            Some(mask) => narrowed(mask, passing),
            None => passing.collect(),
        })
    }

    /// The bytes that the rows take at most once they are decoded.
    pub(super) fn weight(&self, passed: &[Passed], wanted: &Schema) -> u64 {
        let of_column = |rows: &Passed, field: &Field| {
            let (all, some) = (rows.file.rows(rows.group).max(1) as u64, rows.rows() as u64);
            rows.file.weight(rows.group, self.stored.name(&field.name)) / 64 * some / all * 64
        };
        passed.iter().flat_map(|rows| wanted.fields().iter().map(move |field| of_column(rows, field))).sum()
    }

    /// The second phase: the cells of the rows, in the files' own types.
    pub(super) fn rows(&self, passed: &[Passed], wanted: &Schema) -> PolarsResult<DataFrame> {
        let cells = |rows: &Passed| self.cells_of(rows, wanted.fields());
        let mut frames = passed.par_iter().map(cells).collect::<PolarsResult<Vec<_>>>()?.into_iter();
        let Some(mut all) = frames.next() else {
            let empty = |field: PolarsField| Column::new_empty(field.name, &field.dtype);
            return DataFrame::new(0, wanted.fields().iter().flat_map(|f| self.stored.columns(f)).map(empty).collect());
        };
        for frame in frames {
            all.vstack_mut(&frame)?;
        }
        Ok(all)
    }

    /// The first rows of the first file, if its first row group has so many.
    pub(super) fn first(&self, count: usize) -> PolarsResult<Option<DataFrame>> {
        let Some(file) = self.stored.files.first() else { return Ok(None) };
        let file = OpenFile::open(&file.path)?;
        if file.rows(0) < count || count == 0 {
            return Ok(None);
        }
        let mut mask = BitmapBuilder::with_capacity(file.rows(0));
        mask.extend_constant(count, true);
        mask.extend_constant(file.rows(0) - count, false);
        let mask = mask.freeze();
        let columns: Vec<PolarsField> =
            self.schema.fields().iter().flat_map(|field| Stored::columns(&self.stored, field)).collect();
        let columns = columns.par_iter().map(|PolarsField { name, dtype }| file.column(0, name, Some(&mask), dtype));
        DataFrame::new(count, columns.collect::<PolarsResult<_>>()?).map(Some)
    }

    /// The cells of some columns of the rows.
    pub(super) fn cells_of<'f>(
        &self,
        rows: &Passed,
        fields: impl IntoIterator<Item = &'f Field>,
    ) -> PolarsResult<DataFrame> {
        let mut columns: Vec<Column> = Vec::new();
        for field in fields {
            for PolarsField { name, dtype } in Stored::columns(&self.stored, field) {
                columns.push(rows.column(&name, &dtype)?);
            }
        }
        DataFrame::new(rows.rows(), columns)
    }

    /// A column of the rows as the files have it, without its companion.
    pub(super) fn stored_column(&self, rows: &Passed, field: &Field) -> PolarsResult<Column> {
        let own = Stored::columns(&self.stored, field).next();
        let Some(PolarsField { name, dtype }) = own else { return Ok(Column::default()) };
        rows.column(&name, &dtype)
    }

    /// The texts of a column of the rows, as numbers of distinct ones.
    pub(super) fn codes(&self, rows: &Passed, column: &str) -> PolarsResult<Coded> {
        let stored = self.stored.name(column);
        match rows.kept(stored) {
            Some(_) => Ok(Coded::of(rows.column(stored, &DataType::String)?.str()?)),
            None => rows.file.codes(rows.group, stored, rows.mask.as_ref()),
        }
    }

    /// The same where the file itself has the numbers, and no row is null.
    pub(super) fn dictionary(&self, rows: &Passed, column: &str) -> Option<Coded> {
        rows.file.dictionary(rows.group, self.stored.name(column), rows.mask.as_ref())
    }
}

/// A file, opened at most once.
fn opened(file: &DataFile, open: &OnceLock<Arc<OpenFile>>) -> PolarsResult<Arc<OpenFile>> {
    if let Some(open) = open.get() {
        return Ok(open.clone());
    }
    let fresh = Arc::new(OpenFile::open(&file.path)?);
    Ok(open.get_or_init(|| fresh).clone())
}

/// The rows of blocks; none for all rows.
fn of_blocks(blocks: &Blocks, rows: usize) -> Option<Bitmap> {
    let all = 0..rows.div_ceil(BLOCK);
    if all.clone().all(|block| blocks.contains(block)) {
        return None;
    }
    let mut bits = BitmapBuilder::with_capacity(rows);
    for block in all {
        bits.extend_constant(BLOCK.min(rows - bits.len()), blocks.contains(block));
    }
    Some(bits.freeze())
}

/// Whether a mask leaves no row.
fn is_nothing(mask: Option<&Bitmap>) -> bool {
    mask.is_some_and(|mask| mask.set_bits() == 0)
}

/// The rows of a mask that pass; one answer for each row of the mask.
pub(super) fn narrowed(mask: &Bitmap, passing: impl Iterator<Item = bool>) -> Bitmap {
    let mut bits = MutableBitmap::from_len_zeroed(mask.len());
    for (row, passes) in mask.true_idx_iter().zip(passing) {
        if passes {
            bits.set(row, true);
        }
    }
    bits.freeze()
}
