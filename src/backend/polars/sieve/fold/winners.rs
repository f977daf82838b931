//! The rows in which groups have their best number, and what is wanted of them.
//!
//! In: the best row of each group. Out: the other columns of these rows: they are decoded of no other row.

use super::known::numbers_of;
use super::measure::{Best, Measure};
use super::{Part, name_of};
use crate::backend::polars::sieve::rows::Passed;
use crate::backend::polars::types;
use crate::value::{Field, Type};
use ::polars::prelude::{
    Column, DataFrame, Expr as PolarsExpr, IdxCa, IdxSize, IntoColumn, IntoLazy, NewChunkedArray, PolarsResult,
    StringChunked,
};
use rayon::prelude::{IntoParallelIterator, ParallelIterator};

/// The best row of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Its number.
    pub(super) value: Option<i64>,
    /// The row group in which it is.
    pub(super) piece: u32,
    /// Which of the row group's rows that passed.
    pub(super) row: u32,
}

/// The rows of a row group that passed, and the source that they are of.
pub(super) struct Piece<'a> {
    /// The source.
    pub(super) part: &'a Part<'a>,
    /// The rows.
    pub(super) rows: &'a Passed,
}

impl Row {
    /// No row yet.
    pub(super) const NONE: Row = Row { value: None, piece: u32::MAX, row: u32::MAX };

    /// Whether a row with a number, which comes later, is better.
    pub(super) fn loses(&self, to: Option<i64>, best: Best) -> bool {
        self.piece == u32::MAX || best.wins(to, self.value)
    }
}

/// The columns of an aggregation: the best numbers, then what is wanted of their rows.
pub(super) fn columns(fields: &[Field], at: usize, rows: &[Row], pieces: &[Piece<'_>]) -> PolarsResult<Vec<Column>> {
    let [by, others @ ..] = fields else { return Ok(vec![]) };
    let mut columns = vec![numbers_of(by, rows.iter().map(|row| row.value).collect())?];
    if others.is_empty() {
        return Ok(columns);
    }
    let wanted = by_piece(rows, pieces.len());
    let Some(frame) = decoded(at, &wanted, pieces)? else {
        for field in others {
            let nothing = Column::full_null(types::small(&field.name), rows.len(), &types::data_type(field.ty));
            columns.push(filled(nothing, field)?);
        }
        return Ok(columns);
    };
    let frame = frame.take(&IdxCa::from_slice_options("".into(), &places(rows, &wanted)))?;
    for (nth, field) in others.iter().enumerate() {
        let column = frame.column(&name_of(nth))?.clone().with_name(types::small(&field.name));
        columns.push(filled(column, field)?);
    }
    Ok(columns)
}

/// The wanted rows of each row group, in ascending order.
fn by_piece(rows: &[Row], pieces: usize) -> Vec<Vec<u32>> {
    let mut wanted: Vec<Vec<u32>> = vec![vec![]; pieces];
    for row in rows {
        if let Some(wanted) = wanted.get_mut(row.piece as usize) {
            wanted.push(row.row);
        }
    }
    wanted.iter_mut().for_each(|rows| rows.sort_unstable());
    wanted
}

/// Where each row lies when the wanted rows of all row groups stand below each other.
fn places(rows: &[Row], wanted: &[Vec<u32>]) -> Vec<Option<IdxSize>> {
    let begins = wanted.iter().scan(0, |next, rows| {
        let begin = *next;
        *next += rows.len();
        Some(begin)
    });
    let begins: Vec<usize> = begins.collect();
    let place = |row: &Row| {
        let among = wanted.get(row.piece as usize)?.binary_search(&row.row).ok()?;
        IdxSize::try_from(begins.get(row.piece as usize)? + among).ok()
    };
    rows.iter().map(place).collect()
}

/// What is wanted of the rows, below each other; none when there is no row.
fn decoded(at: usize, wanted: &[Vec<u32>], pieces: &[Piece<'_>]) -> PolarsResult<Option<DataFrame>> {
    let mut all: Option<DataFrame> = None;
    let mut from = 0;
    // Neighbours are of the same source as long as their part is.
    for of_source in pieces.chunk_by(|a, b| std::ptr::eq(a.part, b.part)) {
        let wanted = wanted.get(from..from + of_source.len()).unwrap_or_default();
        from += of_source.len();
        let Some(frame) = of_one_source(at, wanted, of_source)? else { continue };
        match &mut all {
            Some(all) => drop(all.vstack_mut(&frame)?),
            None => all = Some(frame),
        }
    }
    Ok(all)
}

fn of_one_source(at: usize, wanted: &[Vec<u32>], pieces: &[Piece<'_>]) -> PolarsResult<Option<DataFrame>> {
    let Some(Piece { part, .. }) = pieces.first() else { return Ok(None) };
    let Some((_, Measure::Winner(winner))) = part.fold.measures.get(at) else { return Ok(None) };
    let reads = |field: &&Field| winner.reads.contains(&field.name);
    let fields: Vec<&Field> = part.sieve.schema.fields().iter().filter(reads).collect();
    let some: Vec<Passed> = pieces
        .iter()
        .zip(wanted)
        .filter(|(_, wanted)| !wanted.is_empty())
        .map(|(piece, wanted)| piece.rows.only(wanted))
        .collect();
    let frames = some.into_par_iter().map(|rows| part.sieve.cells_of(&rows, fields.iter().copied()));
    let mut frames = frames.collect::<PolarsResult<Vec<_>>>()?.into_iter();
    let Some(mut frame) = frames.next() else { return Ok(None) };
    for more in frames {
        frame.vstack_mut(&more)?;
    }
    let values: Vec<PolarsExpr> = fields.iter().map(|field| part.sieve.stored.value(field)).collect();
    let names: Vec<String> = (0..winner.others.len()).map(name_of).collect();
    // Beside the columns, so that a constant is repeated for each row.
    frame.lazy().select(values).with_columns(winner.others.clone()).collect()?.select(&names).map(Some)
}

/// Texts are never null.
fn filled(column: Column, field: &Field) -> PolarsResult<Column> {
    if field.ty != Type::String || column.null_count() == 0 {
        return Ok(column);
    }
    let texts = column.str()?.iter().map(Option::unwrap_or_default);
    Ok(StringChunked::from_iter_values(column.name().clone(), texts).into_column())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_where_they_are_decoded() {
        let row = |piece, row| Row { value: Some(1), piece, row };
        let rows = [row(2, 7), row(0, 5), Row::NONE, row(2, 3), row(0, 9)];
        let wanted = by_piece(&rows, 3);
        assert_eq!(wanted, [vec![5, 9], vec![], vec![3, 7]]);
        assert_eq!(places(&rows, &wanted), [Some(3), Some(0), None, Some(2), Some(1)]);
    }

    #[test]
    fn the_first_row_stays_among_equals() {
        assert!(Row::NONE.loses(None, Best::Least));
        let known = Row { value: None, piece: 0, row: 0 };
        assert!(!known.loses(None, Best::Greatest) && known.loses(Some(1), Best::Greatest));
        let known = Row { value: Some(1), ..known };
        assert!(!known.loses(Some(1), Best::Greatest) && !known.loses(None, Best::Least));
    }
}
