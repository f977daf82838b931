//! `summarize` over the mirror's files: each row group by itself, on the numbers of texts, then all of them together.
//!
//! In: a scan, or a `union` of scans, with the conditions above it; keys and aggregations. Out: a row for each group, or none
//! where a key or an aggregation is none of those that are known here: texts and whole numbers as keys; counts, sums,
//! extremes, distinct values and sets. Groups come in the order of their first rows, as they do elsewhere.

mod free;
mod group;
mod measure;
mod merge;

use super::rows::Sieve;
use crate::backend::polars::failed;
use crate::backend::polars::filter;
use crate::backend::polars::lowering::Lowering;
use crate::diagnostic::Diagnostic;
use crate::library::Volatility;
use crate::plan::{Aggregate, ColumnName, Expr, ExprKind, Relation, RelationKind};
use crate::value::{Field, Schema, Type};
use ::polars::prelude::{Expr as PolarsExpr, IntoLazy, LazyFrame, PolarsResult};
use measure::Measure;
use merge::Merged;
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use std::sync::Arc;

/// Keys that fit into the number of a group.
const KEYS: usize = 4;

/// What rows are told apart by.
pub(super) enum Key {
    /// A column of texts.
    Text(Arc<str>),
    /// The whole number (or ticks) that is the result at this place of [`Fold::exprs`].
    Whole(usize),
}

/// A `summarize` that is known here.
pub(super) struct Fold {
    keys: Vec<(Field, Key)>,
    measures: Vec<(Field, Measure)>,
    /// What is computed for each row group, and the columns that it reads.
    exprs: Vec<PolarsExpr>,
    reads: Vec<Arc<str>>,
    /// The keys as the plan has them.
    plan: Vec<Expr>,
}

/// A table of files, and what is asked of its rows.
struct Source<'r> {
    scan: &'r Relation,
    conditions: Vec<&'r Expr>,
}

impl Lowering<'_> {
    /// The groups of files, where all that is asked is known here.
    pub(in crate::backend::polars) fn folded(
        &self,
        input: &Relation,
        keys: &[(ColumnName, Expr)],
        aggregates: &[Aggregate],
        schema: &Schema,
    ) -> Result<Option<LazyFrame>, Diagnostic> {
        let mut sources = Vec::new();
        if keys.len() > KEYS || !gather(input, &mut sources) || sources.is_empty() {
            return Ok(None);
        }
        let Some(files) = sources.iter().map(|source| self.own_files(source.scan)).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        if files.iter().all(Vec::is_empty) {
            return Ok(None);
        }
        let Some(fold) = self.fold(keys, aggregates, schema, &input.schema)? else { return Ok(None) };
        let mut conditions = Vec::with_capacity(sources.len());
        for (source, files) in sources.iter().zip(&files) {
            let asked = filter::not_implied(&source.conditions, source.scan, files);
            conditions.push(self.conditions(&asked, source.scan)?);
        }
        let sieves = sources.iter().zip(&files).zip(&conditions);
        let sieves = sieves.map(|((source, files), conditions)| Sieve::new(source.scan, files, conditions));
        let Some(sieves) = sieves.collect::<Option<Vec<_>>>() else { return Ok(None) };
        let mut merged = Merged::new(&fold);
        for ((source, files), sieve) in sources.iter().zip(&files).zip(&sieves) {
            self.count_files(source.scan, files);
            merge_source(&fold, sieve, &mut merged).map_err(failed(input.span))?;
        }
        merged.finish().map(|frame| Some(frame.lazy())).map_err(failed(input.span))
    }

    /// The `summarize` in terms that are known here.
    fn fold(
        &self,
        keys: &[(ColumnName, Expr)],
        aggregates: &[Aggregate],
        schema: &Schema,
        input: &Schema,
    ) -> Result<Option<Fold>, Diagnostic> {
        let known =
            keys.iter().all(|(_, key)| is_text_column(key) || is_whole(key)) && aggregates.iter().all(Measure::knows);
        if !known {
            return Ok(None);
        }
        let mut fold = Fold {
            keys: vec![],
            measures: vec![],
            exprs: vec![],
            reads: vec![],
            plan: keys.iter().map(|(_, key)| key.clone()).collect(),
        };
        let mut fields = schema.fields().iter();
        for (_, key) in keys {
            let Some(field) = fields.next() else { return Ok(None) };
            let made = match text_column(key) {
                Some(name) => Key::Text(name),
                None => Key::Whole(fold.add(self.expr(key, input)?, key)),
            };
            fold.keys.push((field.clone(), made));
        }
        for aggregate in aggregates {
            let Some(field) = fields.next() else { return Ok(None) };
            let argument = aggregate.arguments.first();
            let place = match argument.filter(|argument| text_column(argument).is_none()) {
                Some(argument) => Some(fold.add(self.expr(argument, input)?, argument)),
                None => None,
            };
            let Some(measure) = Measure::of(aggregate, argument.and_then(text_column), place) else { return Ok(None) };
            fold.measures.push((field.clone(), measure));
        }
        Ok(Some(fold))
    }
}

impl Fold {
    /// Notes something to compute; its place.
    fn add(&mut self, expr: PolarsExpr, of: &Expr) -> usize {
        of.visit(&mut |inner| {
            if let ExprKind::Column(name) = &inner.kind
                && !self.reads.contains(name)
            {
                self.reads.push(name.clone());
            }
        });
        self.exprs.push(expr.alias(name_of(self.exprs.len())));
        self.exprs.len() - 1
    }
}

/// The name of what is computed at a place.
fn name_of(place: usize) -> String {
    format!("\u{1}{place}")
}

/// The rows of a table's files, into what is there.
fn merge_source(fold: &Fold, sieve: &Sieve<'_>, merged: &mut Merged<'_>) -> PolarsResult<()> {
    /// Row groups that are folded before they are merged: their memory is bounded.
    const AT_ONCE: usize = 16;
    if let Some(time) = sieve.time.filter(|time| fold.plan.iter().all(|key| free::is_bin_of(key, time)))
        && sieve.asks_nothing()
    {
        let free = sieve.stored.files.iter().map(|file| free::partial(fold, file, time));
        if let Some(partials) = free.collect::<PolarsResult<Option<Vec<_>>>>()? {
            return partials.into_iter().try_for_each(|partial| merged.add(partial));
        }
    }
    let passed = sieve.pass()?;
    for some in passed.chunks(AT_ONCE) {
        let partials = some.par_iter().map(|rows| group::partial(fold, sieve, rows));
        for partial in partials.collect::<PolarsResult<Vec<_>>>()? {
            merged.add(partial)?;
        }
    }
    Ok(())
}

/// The tables of a relation, where it is made of nothing but files, conditions and unions.
fn gather<'r>(relation: &'r Relation, sources: &mut Vec<Source<'r>>) -> bool {
    match &relation.kind {
        RelationKind::Scan { .. } => {
            sources.push(Source { scan: relation, conditions: vec![] });
            true
        }
        RelationKind::Filter { input, predicate } => {
            let from = sources.len();
            let known = gather(input, sources);
            for source in sources.iter_mut().skip(from) {
                filter::split(predicate, &mut source.conditions);
            }
            known
        }
        RelationKind::Union { inputs } => inputs.iter().all(|input| gather(input, sources)),
        // A column that is left out is not read.
        RelationKind::Project { input, columns } => {
            let same = |(name, expr): &(ColumnName, Expr)| matches!(&expr.kind, ExprKind::Column(of) if of == name);
            columns.iter().all(same) && gather(input, sources)
        }
        _ => false,
    }
}

fn text_column(expr: &Expr) -> Option<Arc<str>> {
    match &expr.kind {
        ExprKind::Column(name) if expr.ty == Type::String => Some(name.clone()),
        _ => None,
    }
}

fn is_text_column(expr: &Expr) -> bool {
    text_column(expr).is_some()
}

/// Whether an expression gives whole numbers, and reads some column.
fn is_whole(expr: &Expr) -> bool {
    reads_columns(expr) && matches!(expr.ty, Type::Int | Type::Long | Type::Datetime | Type::Timespan)
}

/// Whether an expression reads columns, and no table.
fn reads_columns(expr: &Expr) -> bool {
    let mut reads = false;
    let mut tables = false;
    expr.visit(&mut |inner| match &inner.kind {
        ExprKind::Column(_) => reads = true,
        // What is not told by the row alone reads more than the columns that it names.
        ExprKind::Call { function, .. } => tables |= function.volatility != Volatility::Stable,
        ExprKind::Scalar(_) | ExprKind::InTable { .. } | ExprKind::ArrayOf(_) | ExprKind::Lookup { .. } => {
            tables = true
        }
        _ => {}
    });
    reads && !tables
}
