//! Rows on their way into columns.
//!
//! In: the cells of whole rows, of one table. Out: a [`Frame`] of columns. A row goes in only when all of it could be read,
//! so a bad row leaves nothing behind. Which column a key of the input means is decided here, once for each key.

use super::cell::Cell;
use super::infer::Kinds;
use crate::catalog::device::{self, KnownTable};
use crate::mirror::layout::{self, split_ticks};
use crate::value::Type;
use polars::prelude::{
    BooleanChunked, Column, Float64Chunked, Int32Chunked, Int64Chunked, IntoColumn, NamedFrom, NewChunkedArray, Series,
    StringChunkedBuilder,
};
use std::collections::HashMap;
use std::sync::Arc;

/// How a column takes its values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Taken {
    /// As values of a type.
    Typed(Type),
    /// As JSON tokens, to be settled when enough of them are there.
    Raw,
}

/// The values of a column, growing.
enum Data {
    Bool(Vec<Option<bool>>),
    Int(Vec<Option<i32>>),
    Long(Vec<Option<i64>>),
    Real(Vec<Option<f64>>),
    Time { micros: Vec<Option<i64>>, ticks: Vec<i8>, any: bool },
    Text { values: Box<StringChunkedBuilder>, len: usize, nullable: bool },
}

/// A column, growing.
pub struct Builder {
    name: String,
    taken: Taken,
    data: Data,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("name", &self.name).field("taken", &self.taken).finish_non_exhaustive()
    }
}

impl Builder {
    /// An empty column.
    pub fn new(name: &str, taken: Taken) -> Self {
        let data = match taken {
            Taken::Typed(Type::Bool) => Data::Bool(vec![]),
            Taken::Typed(Type::Int) => Data::Int(vec![]),
            Taken::Typed(Type::Long | Type::Timespan) => Data::Long(vec![]),
            Taken::Typed(Type::Real) => Data::Real(vec![]),
            Taken::Typed(Type::Datetime) => Data::Time { micros: vec![], ticks: vec![], any: false },
            Taken::Typed(Type::String | Type::Dynamic | Type::Guid | Type::Decimal) | Taken::Raw => Data::Text {
                values: Box::new(StringChunkedBuilder::new(name.into(), 0)),
                len: 0,
                nullable: taken != Taken::Typed(Type::String),
            },
        };
        Builder { name: name.to_owned(), taken, data }
    }

    /// The column's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it takes its values.
    pub fn taken(&self) -> Taken {
        self.taken
    }

    /// The type of its values; tokens are dynamic.
    pub fn ty(&self) -> Type {
        match self.taken {
            Taken::Typed(ty) => ty,
            Taken::Raw => Type::Dynamic,
        }
    }

    /// Fills up to a number of rows with missing values.
    pub fn pad(&mut self, rows: usize) {
        match &mut self.data {
            Data::Bool(v) => v.resize(rows, None),
            Data::Int(v) => v.resize(rows, None),
            Data::Long(v) => v.resize(rows, None),
            Data::Real(v) => v.resize(rows, None),
            Data::Time { micros, ticks, .. } => {
                micros.resize(rows, None);
                ticks.resize(rows, 0);
            }
            Data::Text { values, len, nullable } => {
                for _ in *len..rows {
                    if *nullable { values.append_null() } else { values.append_value("") }
                }
                *len = rows;
            }
        }
    }

    /// Puts a value at a row that is not filled yet.
    pub fn set(&mut self, row: usize, cell: Cell<'_>) {
        self.pad(row);
        match (&mut self.data, cell) {
            (Data::Bool(v), Cell::Bool(b)) => v.push(Some(b)),
            (Data::Int(v), Cell::Int(n)) => v.push(Some(n)),
            (Data::Long(v), Cell::Long(n)) => v.push(Some(n)),
            (Data::Real(v), Cell::Real(x)) => v.push(Some(x)),
            (Data::Time { micros, ticks, any }, Cell::Time(t)) => {
                let (micro, tick) = split_ticks(t);
                micros.push(Some(micro));
                ticks.push(tick);
                *any |= tick != 0;
            }
            (Data::Text { values, len, .. }, Cell::Text(text)) => {
                values.append_value(&*text);
                *len += 1;
            }
            _ => self.pad(row + 1),
        }
    }

    /// The finished columns: one, or a datetime with its companion.
    pub fn finish(self) -> Vec<Column> {
        let name = self.name.as_str();
        match self.data {
            Data::Bool(v) => vec![BooleanChunked::from_slice_options(name.into(), &v).into_column()],
            Data::Int(v) => vec![Int32Chunked::from_slice_options(name.into(), &v).into_column()],
            Data::Long(v) => vec![Int64Chunked::from_slice_options(name.into(), &v).into_column()],
            Data::Real(v) => vec![Float64Chunked::from_slice_options(name.into(), &v).into_column()],
            Data::Text { values, .. } => vec![values.finish().into_column()],
            Data::Time { micros, ticks, any } => {
                let mut columns = vec![layout::datetime_column(name, &micros)];
                if any {
                    columns.push(Series::new(layout::tick_column(name).as_str().into(), ticks).into_column());
                }
                columns
            }
        }
    }
}

/// The rows of one table that were read together.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The table.
    pub table: Arc<str>,
    /// Columns of their physical types; those in `raw` hold JSON tokens.
    pub data: polars::prelude::DataFrame,
    /// The columns of tokens.
    pub raw: Vec<RawColumn>,
    /// Columns that no table documents and that have their type already.
    pub typed: Vec<(String, Type)>,
}

/// A column of tokens.
#[derive(Clone, Debug)]
pub struct RawColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kinds: Kinds,
    /// The type that the file itself says it has.
    pub declared: Option<Type>,
}

/// What a key of the input means in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A column, by its place in the collector of rows.
    Column(usize),
    /// Nothing of interest.
    Dropped,
}

/// Keys that Log Analytics adds to exported rows; they are not part of the table.
const HIDDEN: [&str; 2] = ["_ItemId", "_Internal_WorkspaceResourceId"];

/// Collects rows of one table.
#[derive(Debug)]
pub struct TableRows {
    table: Arc<str>,
    known: Option<&'static KnownTable>,
    columns: Vec<Builder>,
    kinds: Vec<Kinds>,
    declared: HashMap<String, Type>,
    slots: HashMap<String, Slot>,
    filled: Vec<usize>,
    rows: usize,
}

impl TableRows {
    /// No rows yet.
    pub fn new(table: Arc<str>) -> Self {
        let known = device::known_table(&table);
        TableRows {
            table,
            known,
            columns: vec![],
            kinds: vec![],
            declared: HashMap::new(),
            slots: HashMap::new(),
            filled: vec![],
            rows: 0,
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Notes the type that the user, or the file itself, says a column has: the first word counts, where no table documents
    /// the column.
    pub fn declare(&mut self, column: &str, ty: Type) {
        self.declared.entry(column.to_owned()).or_insert(ty);
    }

    /// What a key means.
    pub fn slot(&mut self, key: &str) -> Slot {
        match self.slots.get(key) {
            Some(slot) => *slot,
            None => {
                let slot = self.new_slot(key);
                self.slots.insert(key.to_owned(), slot);
                slot
            }
        }
    }

    fn new_slot(&mut self, key: &str) -> Slot {
        if HIDDEN.contains(&key) || key.is_empty() {
            return Slot::Dropped;
        }
        let found = self.known.and_then(|table| known_column(table, key));
        let (name, taken) = found.map_or((key, Taken::Raw), |(name, ty)| (name, Taken::Typed(ty)));
        if let Some(at) = self.columns.iter().position(|c| c.name() == name) {
            return Slot::Column(at);
        }
        self.columns.push(Builder::new(name, taken));
        self.kinds.push(Kinds::default());
        self.filled.push(0);
        Slot::Column(self.columns.len() - 1)
    }

    /// How the column of a slot takes its values.
    pub fn taken(&self, slot: usize) -> Taken {
        self.columns.get(slot).map_or(Taken::Raw, Builder::taken)
    }

    /// Adds a row. Of two values for one column (`ReportId`, `ReportId_long`) the first that is there stays.
    pub fn push(&mut self, cells: &mut Vec<(usize, Cell<'_>, Kinds)>) {
        for (slot, cell, kinds) in cells.drain(..) {
            let (Some(column), Some(filled)) = (self.columns.get_mut(slot), self.filled.get_mut(slot)) else {
                continue;
            };
            if cell == Cell::Missing || *filled > self.rows {
                continue;
            }
            *filled = self.rows + 1;
            column.set(self.rows, cell);
            if let Some(seen) = self.kinds.get_mut(slot) {
                *seen = seen.and(kinds);
            }
        }
        self.rows += 1;
    }

    /// The rows as a frame; what follows starts anew, with the same columns.
    ///
    /// # Errors
    /// When polars refuses the columns.
    pub fn take(&mut self) -> polars::prelude::PolarsResult<Frame> {
        self.fill_times();
        let rows = std::mem::take(&mut self.rows);
        let fresh = self.columns.iter().map(|c| Builder::new(c.name(), c.taken())).collect();
        let columns = std::mem::replace(&mut self.columns, fresh);
        let raw = columns.iter().zip(&mut self.kinds).filter(|(c, _)| c.taken() == Taken::Raw).map(|(c, kinds)| {
            let declared = self.declared.get(c.name()).copied();
            RawColumn { name: c.name().to_owned(), kinds: std::mem::take(kinds), declared }
        });
        let raw = raw.collect();
        self.filled.fill(0);
        let data = crate::mirror::frame::of_builders(columns, rows)?;
        Ok(Frame { table: self.table.clone(), data, raw, typed: vec![] })
    }

    /// Lets `Timestamp` and `TimeGenerated` fill each other where the table documents both.
    fn fill_times(&mut self) {
        let both = self.known.is_some_and(|t| TIMES.iter().all(|c| t.column(c).is_some()));
        if !both {
            return;
        }
        let places = TIMES.map(|name| match self.slot(name) {
            Slot::Column(at) => at,
            Slot::Dropped => usize::MAX,
        });
        let rows = self.rows;
        let Ok([a, b]) = self.columns.get_disjoint_mut(places) else { return };
        a.pad(rows);
        b.pad(rows);
        a.fill_from(b);
        b.fill_from(a);
    }
}

/// The time columns of the two portals.
pub const TIMES: [&str; 2] = ["Timestamp", "TimeGenerated"];

impl Builder {
    /// Takes the other column's times where this one has none.
    fn fill_from(&mut self, other: &Builder) {
        let (Data::Time { micros, ticks, any }, Data::Time { micros: from, ticks: from_ticks, any: other_any }) =
            (&mut self.data, &other.data)
        else {
            return;
        };
        for ((mine, tick), (theirs, their_tick)) in micros.iter_mut().zip(ticks).zip(from.iter().zip(from_ticks)) {
            if mine.is_none() {
                (*mine, *tick) = (*theirs, *their_tick);
            }
        }
        *any |= other_any;
    }
}

/// The documented column that a key means: itself, an old name, or a name of Kusto's union (`ReportId_long`).
pub fn known_column(table: &'static KnownTable, key: &str) -> Option<(&'static str, Type)> {
    let renamed = || {
        let (base, suffix) = key.rsplit_once('_')?;
        Type::from_name(suffix).and_then(|_| table.column(base))
    };
    let old = || device::column_alias(table.name, key).and_then(|name| table.column(name));
    table.column(key).or_else(renamed).or_else(old).map(|c| (c.name, c.ty))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::frame;
    use crate::value::{Schema, Value, datetime};

    #[test]
    fn rows_become_columns_and_times_fill_each_other() {
        let mut rows = TableRows::new("DeviceEvents".into());
        let time = datetime::UNIX_EPOCH + 7;
        let Slot::Column(at) = rows.slot("EventTime") else { panic!() };
        let Slot::Column(id) = rows.slot("ReportId_long") else { panic!() };
        let Slot::Column(x) = rows.slot("Extra") else { panic!() };
        assert_eq!(rows.slot("ReportId"), Slot::Column(id));
        assert_eq!(rows.slot("_ItemId"), Slot::Dropped);
        let cells =
            [(at, Cell::Time(time)), (id, Cell::Long(i64::MAX)), (id, Cell::Long(1)), (x, Cell::Text("5".into()))];
        rows.push(&mut cells.into_iter().map(|(s, c)| (s, c, Kinds::LONG)).collect());
        rows.push(&mut vec![]);
        let taken = rows.take().unwrap();
        assert_eq!(taken.raw.len(), 1);
        let schema = Schema::of([("TimeGenerated", Type::Datetime), ("ReportId", Type::Long)]);
        let batch = frame::to_batch(&taken.data, &schema).unwrap();
        assert_eq!(batch.row(0), [Value::Datetime(time), Value::Long(i64::MAX)]);
        assert_eq!(batch.row(1), [Value::Null, Value::Null]);
        assert_eq!(rows.rows(), 0);
    }
}
