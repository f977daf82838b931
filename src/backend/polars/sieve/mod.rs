//! Filters over the mirror's files, in two phases: which rows pass, then the other columns of these rows only.
//!
//! In: a scan, the conditions above it, the keys that a join asks of its rows, the columns that are wanted. Out: the rows that
//! pass, as a frame, or none where the plain scan does as well: where no text and no key is asked and the rows are not
//! wide, or where so many rows pass that they are better streamed.
//!
//! 1. Term filters beside the files leave out blocks of rows, and whole files with them ([`terms`](crate::mirror::terms)).
//! 2. A test of a text is asked off the pages: of the values of a dictionary, once each, and only of blocks that are left.
//!    Where texts without a needle all have the same answer, a search over the page names those that are asked ([`pages`]).
//! 3. Keys are looked up, and all other conditions asked, for the rows that are left, over their own columns alone; a
//!    condition on one column of repeated texts once for each text.
//! 4. The wanted columns are decoded for the rows that passed.
//!
//! No answer depends on the first step: it leaves out what the second one would.

mod asker;
mod codes;
mod condition;
mod finder;
mod fold;
mod kept;
mod keys;
mod numbers;
mod pages;
mod pick;
mod probe;
mod reader;
mod room;
mod rows;

use super::failed;
use super::filter;
use super::lowering::Lowering;
use crate::catalog::{DataFile, FileLayout, TableSource};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, Relation, RelationKind};
use crate::value::Schema;
use ::polars::prelude::{DataFrame, Expr as PolarsExpr, IntoLazy, LazyFrame};
use condition::Conditions;
use rows::Sieve;

pub(super) use keys::{Keys, MOST as MOST_KEYS, knows as knows_keys};

/// So many wanted columns are worth two phases even where no text is asked.
const WIDE: usize = 8;

/// More rows than these are worth the start of the streaming engine, which works on all cores.
const FEW: usize = 50_000;

/// More bytes than these are streamed, not kept.
const MOST: u64 = 1 << 30;

/// What became of a filter over a scan.
pub(super) enum Sieved {
    /// The rows that pass.
    Rows(Box<LazyFrame>),
    /// The conditions, for a scan that asks them row by row.
    Conditions(Vec<PolarsExpr>),
}

impl Sieved {
    /// The rows, or those of a plain scan with the conditions above it.
    pub(super) fn or(self, plain: impl FnOnce() -> Result<LazyFrame, Diagnostic>) -> Result<LazyFrame, Diagnostic> {
        match self {
            Sieved::Rows(rows) => Ok(*rows),
            Sieved::Conditions(exprs) => Ok(exprs.into_iter().fold(plain()?, LazyFrame::filter)),
        }
    }
}

impl Lowering<'_> {
    /// The rows of a scan for which the conditions hold, with the wanted columns.
    pub(super) fn sieved(&self, input: &Relation, conditions: &[&Expr], wanted: &Schema) -> Result<Sieved, Diagnostic> {
        let conditions = self.conditions(conditions, input)?;
        let texts = !conditions.texts.is_empty() || !conditions.probes.is_empty();
        let asked = texts || !conditions.keys.is_empty() || (wanted.len() >= WIDE && !conditions.others.is_empty());
        let plain = || Ok(Sieved::Conditions(conditions.exprs()));
        let Some(files) = self.own_files(input).filter(|_| asked && !wanted.is_empty()) else { return plain() };
        let Some(sieve) = Sieve::new(input, &files, &conditions) else { return plain() };
        let passed = sieve.pass().map_err(failed(input.span))?;
        let limit = self.env.limits.memory.map_or(MOST, |memory| MOST.min(memory / 4));
        if !self.keeps(sieve.weight(&passed, wanted), limit) {
            return plain();
        }
        self.count_files(input, &files);
        let frame = sieve.rows(&passed, wanted).map_err(failed(input.span))?;
        if frame.height() > FEW {
            self.runs_streaming();
        }
        let values: Vec<PolarsExpr> = wanted.fields().iter().map(|field| sieve.stored.value(field)).collect();
        Ok(Sieved::Rows(Box::new(frame.lazy().select(values))))
    }

    /// So many rows of the first file of a scan, where it has them and all its rows pass.
    pub(super) fn first_rows_of_file(&self, input: &Relation, count: usize) -> Result<Option<DataFrame>, Diagnostic> {
        let mut asked = Vec::new();
        let mut scan = input;
        while let RelationKind::Filter { input: below, predicate } = &scan.kind {
            filter::split(predicate, &mut asked);
            scan = below;
        }
        let Some(mut files) = self.own_files(scan) else { return Ok(None) };
        files.truncate(1);
        let nothing = Conditions::default();
        let Some(sieve) = Sieve::new(scan, &files, &nothing) else { return Ok(None) };
        if !filter::not_implied(&asked, scan, &files).is_empty() || !sieve.asks_nothing() {
            return Ok(None);
        }
        let Some(rows) = sieve.first(count).map_err(failed(input.span))? else { return Ok(None) };
        self.count_files(scan, &files);
        let values: Vec<PolarsExpr> = input.schema.fields().iter().map(|field| sieve.stored.value(field)).collect();
        rows.lazy().select(values).collect().map(Some).map_err(failed(input.span))
    }

    /// The files of a scan within its bounds, where all of them are the mirror's own: of others not even the types are known.
    pub(super) fn own_files<'r>(&self, scan: &'r Relation) -> Option<Vec<&'r DataFile>> {
        let RelationKind::Scan { table, bounds } = &scan.kind else { return None };
        let TableSource::Files { files, layout: FileLayout::Mirror, .. } = &table.source else { return None };
        let chosen = self.within(files, *bounds);
        let own = !self.only_explains() && chosen.iter().all(|file| file.contents.is_some());
        own.then_some(chosen)
    }
}
