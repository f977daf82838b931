//! Values of records, on their way into columns.
//!
//! In: a record, as fields or as JSON. Out: a row. A missing field is the missing value; one that does not convert is null,
//! and counted.

use super::Job;
use crate::catalog::{Address, ColumnSource};
use crate::diagnostic::Code;
use crate::external::Warning;
use crate::library::convert;
use crate::library::json_path::{self, Step};
use crate::value::{Batch, Column, Json, Schema, Type, Value};

/// Columns that are being filled.
pub(super) struct Columns<'a> {
    schema: &'a Schema,
    batch: Batch,
    sources: Vec<Source>,
    /// The next record is left out.
    skip: bool,
    /// Whether any record came, left out or not.
    pub(super) any: bool,
    /// Values of each column that did not convert.
    unfit: Vec<u64>,
    /// Values with bytes that are no UTF-8.
    broken: u64,
    /// Records that could not be read.
    pub(super) skipped: u64,
    /// A quoted field has no end.
    pub(super) unclosed: bool,
}

/// Where a column comes from.
enum Source {
    Field(usize),
    Member(String),
    Path(Vec<Step>),
    Value(Value),
}

impl<'a> Columns<'a> {
    pub(super) fn new(job: &Job<'a>) -> Columns<'a> {
        let schema = job.schema;
        let identity = |(at, name): (usize, &str)| match job.format.is_json() {
            true => Source::Member(name.to_owned()),
            false => Source::Field(at),
        };
        let sources = match &job.data.mapping {
            None => schema.names().enumerate().map(identity).collect(),
            Some(mapping) => mapping.iter().zip(schema.fields()).map(|(m, f)| mapped(m, f.ty)).collect(),
        };
        Columns {
            schema,
            batch: Batch::empty(schema),
            sources,
            skip: job.data.ignore_first_record,
            any: false,
            unfit: vec![0; schema.len()],
            broken: 0,
            skipped: 0,
            unclosed: false,
        }
    }

    /// Whether the next record is left out.
    fn skips(&mut self) -> bool {
        self.any = true;
        std::mem::take(&mut self.skip)
    }

    /// A record of fields.
    pub(super) fn fields<'f>(&mut self, field: impl Fn(usize) -> Option<&'f [u8]>) {
        if self.skips() {
            return;
        }
        for ((source, column), unfit) in self.sources.iter().zip(&mut self.batch.columns).zip(&mut self.unfit) {
            match source {
                Source::Field(at) => push_text(column, field(*at).unwrap_or_default(), unfit, &mut self.broken),
                Source::Value(value) => column.push(value.clone()),
                Source::Member(_) | Source::Path(_) => column.push(Value::missing(column.ty())),
            }
        }
        self.batch.rows += 1;
    }

    /// A record in JSON. One that is no object has no members: it is skipped, unless a path wants the whole of it.
    pub(super) fn json(&mut self, record: &Json) {
        if self.skips() {
            return;
        }
        let by_path = self.sources.iter().any(|s| matches!(s, Source::Path(_)));
        if !record.is_object() && !by_path {
            self.skipped += 1;
            return;
        }
        for ((source, column), unfit) in self.sources.iter().zip(&mut self.batch.columns).zip(&mut self.unfit) {
            match source {
                Source::Member(name) => push_json(column, record.get(name), unfit),
                Source::Path(steps) => push_json(column, json_path::find(record, steps), unfit),
                Source::Value(value) => column.push(value.clone()),
                Source::Field(_) => column.push(Value::missing(column.ty())),
            }
        }
        self.batch.rows += 1;
    }

    /// Number of rows so far.
    pub(super) fn rows(&self) -> usize {
        self.batch.rows
    }

    /// The rows, and what to tell.
    pub(super) fn finish(self, address: &Address) -> (Batch, Vec<Warning>) {
        let mut told = vec![];
        let mut tell = |what: String| told.push((Code::BadRow, format!("`{address}`: {what}")));
        if self.skipped > 0 {
            tell(format!("{} that cannot be read left out", counted(self.skipped, "record")));
        }
        if self.unclosed {
            tell("a quoted field has no end: what follows it is one field".to_owned());
        }
        if self.broken > 0 {
            tell(format!("{} with bytes that are no UTF-8", counted(self.broken, "value")));
        }
        for (field, unfit) in self.schema.fields().iter().zip(self.unfit).filter(|(_, n)| *n > 0) {
            let are = if unfit == 1 { "is" } else { "are" };
            tell(format!("{} of `{}` that {are} no {}: null", counted(unfit, "value"), field.name, field.ty));
        }
        (self.batch, told)
    }
}

fn counted(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn mapped(source: &ColumnSource, ty: Type) -> Source {
    match source {
        ColumnSource::Ordinal(at) => Source::Field(*at),
        ColumnSource::Path(path) => json_path::parse(path).map_or(Source::Value(Value::missing(ty)), Source::Path),
        ColumnSource::Constant(text) => Source::Value(convert::to(ty, Value::String(text.clone()))),
        ColumnSource::Nowhere => Source::Value(Value::missing(ty)),
    }
}

fn push_text(column: &mut Column, bytes: &[u8], unfit: &mut u64, broken: &mut u64) {
    let text = String::from_utf8_lossy(bytes);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        *broken += 1;
    }
    if let Column::String(values) = column {
        values.push(text.into_owned());
        return;
    }
    let blank = text.trim().is_empty();
    let value = if blank { Value::Null } else { convert::to(column.ty(), Value::String(text.into_owned())) };
    if value.is_null() && !blank {
        *unfit += 1;
    }
    column.push(value);
}

fn push_json(column: &mut Column, json: Option<&Json>, unfit: &mut u64) {
    let json = match json {
        None | Some(Json::Null) => return column.push(Value::missing(column.ty())),
        Some(json) => json,
    };
    let value = match column.ty() {
        Type::Dynamic => Value::Dynamic(json.clone()),
        Type::String => Value::String(convert::json_text(json).into_owned()),
        ty => convert::to(ty, Value::Dynamic(json.clone())),
    };
    let blank = json.as_str().is_some_and(|text| text.trim().is_empty());
    if value.is_null() && !blank {
        *unfit += 1;
    }
    column.push(value);
}
