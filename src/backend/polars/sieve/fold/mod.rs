//! `summarize` over the mirror's files: each row group by itself, on the numbers of texts, then all of them together.
//!
//! In: a scan, or a `union` of scans, with the conditions and the computed columns above it; keys and aggregations. Out: a
//! row for each group, or none where a key or an aggregation is none of those that are known here: texts, and what is made
//! of one, whole numbers and times as keys; counts, sums, means, extremes, percentiles, distinct values and sets, and the
//! rows of extremes. Groups come in the order of their first rows, as they do elsewhere.

mod bins;
mod by_group;
mod cells;
mod distinct;
mod found;
mod free;
mod group;
mod known;
mod late;
mod measure;
mod merge;
mod numbered;
mod numbers;
mod sorted;
mod source;
mod texts;
mod total;
mod winners;

use super::condition::is_stable;
use super::rows::{Passed, Sieve};
use crate::backend::polars::failed;
use crate::backend::polars::filter;
use crate::backend::polars::lowering::Lowering;
use crate::diagnostic::Diagnostic;
use crate::library::Volatility;
use crate::plan::{Aggregate, ColumnName, Expr, ExprKind, Relation};
use crate::value::{Field, Schema, Type};
use ::polars::prelude::{DataFrame, Expr as PolarsExpr, IntoLazy, LazyFrame, PolarsResult};
use group::Partial;
use measure::Measure;
use merge::Merged;
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use source::{Source, gather};
use std::sync::Arc;
use winners::Piece;

/// Keys that fit into the number of a group.
const KEYS: usize = 4;

/// So many values are kept to the end at most, where an aggregation needs all of them.
const KEPT: u64 = 1 << 26;

/// What rows are told apart by.
enum Key {
    /// The text at this place of [`Fold::texts`].
    Text(usize),
    /// The whole number (or ticks) that is the result at this place of [`Fold::exprs`].
    Whole(usize),
}

/// A `summarize` that is known here, over the columns of a table.
struct Fold {
    keys: Vec<(Field, Key)>,
    /// The aggregations, and the columns that each gives.
    measures: Vec<(Vec<Field>, Measure)>,
    texts: Vec<texts::Text>,
    /// What is computed for each row group, and the columns that it reads.
    exprs: Vec<Computed>,
    /// The keys as the plan has them.
    plan: Vec<Expr>,
}

/// What is computed for each row.
struct Computed {
    expr: PolarsExpr,
    /// The columns that it reads.
    reads: Vec<Arc<str>>,
    /// The table's time column, where it is a bin of it.
    bin_of: Option<Arc<str>>,
}

/// A source that is ready to be read.
struct Part<'a> {
    fold: &'a Fold,
    sieve: &'a Sieve<'a>,
}

/// What a source has for the groups.
enum Rows {
    /// Counts that its log knows.
    Known(Vec<Partial>),
    /// Rows that are to be read.
    Passed(Vec<Passed>),
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
        let Some(mut sources) = gather(input).filter(|sources| !sources.is_empty() && keys.len() <= KEYS) else {
            return Ok(None);
        };
        let Some(files) = sources.iter().map(|source| self.own_files(source.scan)).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let stable = |source: &Source<'_>| source.conditions.iter().all(is_stable);
        if files.iter().all(Vec::is_empty) || !sources.iter().all(stable) {
            return Ok(None);
        }
        let folds = sources.iter().map(|source| self.fold(keys, aggregates, schema, source));
        let Some(folds) = folds.collect::<Result<Option<Vec<_>>, _>>()? else { return Ok(None) };
        let late = late::take(&mut sources, keys);
        let mut conditions = Vec::with_capacity(sources.len());
        for (source, files) in sources.iter().zip(&files) {
            let asked: Vec<&Expr> = source.conditions.iter().collect();
            let asked = filter::not_implied(&asked, source.scan, files);
            conditions.push(self.conditions(&asked, source.scan)?);
        }
        let sieves = sources.iter().zip(&files).zip(&conditions);
        let sieves = sieves.map(|((source, files), conditions)| Sieve::new(source.scan, files, conditions));
        let Some(sieves) = sieves.collect::<Option<Vec<_>>>() else { return Ok(None) };
        let parts: Vec<Part<'_>> = folds.iter().zip(&sieves).map(|(fold, sieve)| Part { fold, sieve }).collect();
        let room = self.env.limits.memory.map_or(KEPT, |memory| KEPT.min(memory / 64));
        let Some(groups) = groups(&parts, room).map_err(failed(input.span))? else { return Ok(None) };
        for (source, files) in sources.iter().zip(&files) {
            self.count_files(source.scan, files);
        }
        let late = late.iter().map(|condition| self.predicate(condition, schema));
        let late = late.collect::<Result<Vec<PolarsExpr>, _>>()?;
        Ok(Some(late.into_iter().fold(groups.lazy(), LazyFrame::filter)))
    }

    /// The `summarize` in terms that are known here, over a source's table.
    fn fold(
        &self,
        keys: &[(ColumnName, Expr)],
        aggregates: &[Aggregate],
        schema: &Schema,
        source: &Source<'_>,
    ) -> Result<Option<Fold>, Diagnostic> {
        let over = keys.iter().map(|(_, key)| source.over(key));
        let Some(plan) = over.collect::<Option<Vec<Expr>>>() else { return Ok(None) };
        let (mut fields, input) = (schema.fields().iter().cloned(), &source.scan.schema);
        let mut fold = Fold { keys: vec![], measures: vec![], texts: vec![], exprs: vec![], plan: plan.clone() };
        for (key, field) in plan.iter().zip(fields.by_ref()) {
            let made = match self.text(key, &mut fold, input)? {
                Some(text) => Key::Text(text),
                None if is_key(key) => {
                    let place = self.computed(key, &mut fold, input)?;
                    if let Some(computed) = fold.exprs.get_mut(place) {
                        computed.bin_of = source.time().filter(|time| free::is_bin_of(key, time)).cloned();
                    }
                    Key::Whole(place)
                }
                None => return Ok(None),
            };
            fold.keys.push((field, made));
        }
        for aggregate in aggregates {
            let over = aggregate.arguments.iter().map(|argument| source.over(argument));
            let Some(arguments) = over.collect::<Option<Vec<Expr>>>() else { return Ok(None) };
            let aggregate = Aggregate { arguments, ..aggregate.clone() };
            let Some(measure) = self.measure(&aggregate, &mut fold, input)? else { return Ok(None) };
            fold.measures.push((fields.by_ref().take(1 + aggregate.more.len()).collect(), measure));
        }
        Ok(Some(fold))
    }

    /// Notes something to compute for each row; its place.
    fn computed(&self, expr: &Expr, fold: &mut Fold, input: &Schema) -> Result<usize, Diagnostic> {
        Ok(fold.add(self.expr(expr, input)?, &[expr]))
    }
}

impl Fold {
    /// Notes something to compute, and the columns that it reads; its place.
    fn add(&mut self, expr: PolarsExpr, of: &[&Expr]) -> usize {
        let mut reads: Vec<Arc<str>> = Vec::new();
        for expr in of {
            expr.visit(&mut |inner| {
                if let ExprKind::Column(name) = &inner.kind
                    && !reads.contains(name)
                {
                    reads.push(name.clone());
                }
            });
        }
        self.exprs.push(Computed { expr: expr.alias(name_of(self.exprs.len())), reads, bin_of: None });
        self.exprs.len() - 1
    }

    /// Values of each row that are kept to the end.
    fn kept(&self) -> u64 {
        self.measures.iter().filter(|(_, measure)| measure.keeps_values()).count() as u64
    }
}

/// The name of what is computed at a place.
fn name_of(place: usize) -> String {
    format!("\u{1}{place}")
}

/// The groups of all sources; none where more values than these would have to be kept.
fn groups(parts: &[Part<'_>], room: u64) -> PolarsResult<Option<DataFrame>> {
    /// Row groups that are folded before they are merged: their memory is bounded.
    const AT_ONCE: usize = 16;
    let Some(first) = parts.first() else { return Ok(None) };
    let mut rows = parts.iter().map(Part::rows).collect::<PolarsResult<Vec<Rows>>>()?;
    if rows.iter().map(Rows::count).sum::<u64>().saturating_mul(first.fold.kept()) > room {
        return Ok(None);
    }
    let mut merged = Merged::new(first.fold);
    for (part, rows) in parts.iter().zip(&mut rows) {
        match rows {
            Rows::Known(partials) => merged.add(std::mem::take(partials))?,
            Rows::Passed(passed) => {
                for some in passed.chunks(AT_ONCE) {
                    let partials = some.par_iter().map(|rows| group::partial(part.fold, part.sieve, rows));
                    merged.add(partials.collect::<PolarsResult<Vec<_>>>()?)?;
                }
            }
        }
    }
    // Counts that a log knows have no rows, and rows are asked of no source that has such counts.
    let pieces = parts.iter().zip(&rows).flat_map(|(part, rows)| rows.passed().iter().map(|rows| Piece { part, rows }));
    let pieces: Vec<Piece<'_>> = pieces.collect();
    merged.finish(&pieces).map(Some)
}

impl Rows {
    fn passed(&self) -> &[Passed] {
        match self {
            Rows::Known(_) => &[],
            Rows::Passed(passed) => passed,
        }
    }

    /// How many rows are to be read.
    fn count(&self) -> u64 {
        self.passed().iter().map(|rows| rows.rows() as u64).sum()
    }
}

impl Part<'_> {
    /// What there is for the groups: counts without opening a file, or the rows that pass.
    fn rows(&self) -> PolarsResult<Rows> {
        let Part { fold, sieve } = self;
        if let Some(time) = sieve.time.filter(|time| fold.plan.iter().all(|key| free::is_bin_of(key, time)))
            && sieve.asks_nothing()
        {
            let free = sieve.stored.files.iter().map(|file| free::partial(fold, file, time));
            if let Some(partials) = free.collect::<PolarsResult<Option<Vec<_>>>>()? {
                return Ok(Rows::Known(partials));
            }
        }
        sieve.pass().map(Rows::Passed)
    }
}

/// Whether an expression is a key of whole numbers, or of true and false.
fn is_key(expr: &Expr) -> bool {
    is_whole(expr) || (expr.ty == Type::Bool && reads_columns(expr))
}

/// Whether an expression gives whole numbers, and reads some column.
fn is_whole(expr: &Expr) -> bool {
    reads_columns(expr) && matches!(expr.ty, Type::Int | Type::Long | Type::Datetime | Type::Timespan)
}

/// Whether an expression reads columns, and nothing else.
fn reads_columns(expr: &Expr) -> bool {
    let mut reads = false;
    expr.visit(&mut |inner| reads |= matches!(inner.kind, ExprKind::Column(_)));
    reads && is_plain(expr)
}

/// Whether an expression gives the same for the same row, and reads no table.
fn is_plain(expr: &Expr) -> bool {
    let mut plain = true;
    expr.visit(&mut |inner| match &inner.kind {
        // What is not told by the row alone reads more than the columns that it names.
        ExprKind::Call { function, .. } => plain &= function.volatility == Volatility::Stable,
        ExprKind::Scalar(_) | ExprKind::InTable { .. } | ExprKind::ArrayOf(_) | ExprKind::Lookup { .. } => {
            plain = false;
        }
        _ => {}
    });
    plain
}
