//! What an aggregation gathers: of a row group, and over all of them.
//!
//! In: an aggregation of the plan. Out: a [`Measure`], what it reads noted in the [`Fold`]; none where it is not known here.

use super::{Fold, is_plain, is_whole, reads_columns};
use crate::backend::polars::aggregate::masked;
use crate::backend::polars::lowering::Lowering;
use crate::diagnostic::Diagnostic;
use crate::library::NativeAggregate;
use crate::plan::{Aggregate, Expr, ExprKind};
use crate::value::{Schema, Type};
use ::polars::prelude::Expr as PolarsExpr;
use std::sync::Arc;

/// An aggregation that is known here. Places are those of computed values, and of texts.
pub(super) enum Measure {
    /// `count()`
    Count,
    /// `countif()`
    CountIf(usize),
    /// `sum()` of whole numbers.
    Sum(usize),
    /// `avg()` of whole numbers.
    Mean(usize),
    /// `min()`, `max()` of whole numbers or times.
    Extreme(usize, Best),
    /// `dcount()` of texts, of those for which a condition holds.
    DistinctTexts(usize, Option<usize>),
    /// `dcount()` of whole numbers.
    DistinctWhole(usize),
    /// `make_set()` of texts, of so many at most, of those for which a condition holds.
    Set(usize, usize, Option<usize>),
    /// `percentile()`, `percentiles()` of whole numbers or times.
    Percentiles(usize, Vec<f64>),
    /// `arg_max()`, `arg_min()` by whole numbers or times.
    Winner(Winner),
}

/// Which of two numbers is the better one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Best {
    /// The smaller one.
    Least,
    /// The larger one.
    Greatest,
}

/// The row of a group that has its best number.
pub(super) struct Winner {
    /// The number.
    pub(super) by: usize,
    /// Which is the best.
    pub(super) best: Best,
    /// What is wanted of the row.
    pub(super) others: Vec<PolarsExpr>,
    /// The columns that this reads.
    pub(super) reads: Vec<Arc<str>>,
}

/// How many values a set holds unless a limit says less.
const LIMIT: usize = 1_048_576;

impl Best {
    /// Whether a number is better than another one; any is better than none.
    pub(super) fn wins(self, number: Option<i64>, over: Option<i64>) -> bool {
        match (number, over) {
            (Some(number), Some(over)) if self == Best::Least => number < over,
            (Some(number), Some(over)) => number > over,
            (number, over) => number.is_some() && over.is_none(),
        }
    }
}

impl Measure {
    /// Whether all values of a group are kept to the end.
    pub(super) const fn keeps_values(&self) -> bool {
        matches!(self, Measure::Percentiles(..))
    }
}

impl Lowering<'_> {
    /// An aggregation in terms that are known here.
    pub(super) fn measure(
        &self,
        aggregate: &Aggregate,
        fold: &mut Fold,
        input: &Schema,
    ) -> Result<Option<Measure>, Diagnostic> {
        use NativeAggregate as N;
        let Some(native) = aggregate.function.native else { return Ok(None) };
        let Some(value) = aggregate.arguments.first() else {
            return Ok((native == N::Count).then_some(Measure::Count));
        };
        match native {
            N::CountIf if value.ty == Type::Bool && reads_columns(value) => {
                Ok(Some(Measure::CountIf(self.computed(value, fold, input)?)))
            }
            N::Dcount | N::CountDistinct | N::DcountIf | N::CountDistinctIf | N::MakeSet | N::MakeSetIf
                if value.ty == Type::String =>
            {
                self.of_texts(aggregate, value, fold, input)
            }
            N::ArgMax => self.winner(aggregate, Best::Greatest, fold, input),
            N::ArgMin => self.winner(aggregate, Best::Least, fold, input),
            _ if is_whole(value) => self.of_whole(aggregate, value, fold, input),
            _ => Ok(None),
        }
    }

    /// An aggregation of texts.
    fn of_texts(
        &self,
        aggregate: &Aggregate,
        value: &Expr,
        fold: &mut Fold,
        input: &Schema,
    ) -> Result<Option<Measure>, Diagnostic> {
        use NativeAggregate as N;
        let native = aggregate.function.native;
        let condition = match condition(aggregate) {
            Some(condition) if !reads_columns(condition) => return Ok(None),
            condition => condition,
        };
        let set = match native {
            Some(N::MakeSet) => Some(limit(aggregate, 1)),
            Some(N::MakeSetIf) => Some(limit(aggregate, 2)),
            _ => None,
        };
        if set == Some(None) {
            return Ok(None);
        }
        let Some(text) = self.text(value, fold, input)? else { return Ok(None) };
        let condition = condition.map(|condition| self.computed(condition, fold, input)).transpose()?;
        Ok(Some(match set.flatten() {
            Some(limit) => Measure::Set(text, limit, condition),
            None => Measure::DistinctTexts(text, condition),
        }))
    }

    /// An aggregation of whole numbers or times.
    fn of_whole(
        &self,
        aggregate: &Aggregate,
        value: &Expr,
        fold: &mut Fold,
        input: &Schema,
    ) -> Result<Option<Measure>, Diagnostic> {
        use NativeAggregate as N;
        let Some(native) = aggregate.function.native else { return Ok(None) };
        let number = matches!(value.ty, Type::Int | Type::Long);
        let asked = percentages(aggregate);
        let known = match native {
            N::Sum | N::SumIf | N::Avg | N::AvgIf => number,
            N::Min | N::MinIf | N::Max | N::MaxIf => true,
            N::Dcount | N::CountDistinct | N::DcountIf | N::CountDistinctIf => true,
            N::Percentile | N::Percentiles => asked.is_some(),
            _ => false,
        };
        if !known || condition(aggregate).is_some_and(|condition| !is_plain(condition)) {
            return Ok(None);
        }
        let place = match condition(aggregate) {
            None => self.computed(value, fold, input)?,
            Some(condition) => {
                let operands = [self.operand(value, input)?, self.operand(condition, input)?];
                let Some(masked) = masked(&operands) else { return Ok(None) };
                fold.add(masked.expr(), &[value, condition])
            }
        };
        Ok(Some(match native {
            N::Sum | N::SumIf => Measure::Sum(place),
            N::Avg | N::AvgIf => Measure::Mean(place),
            N::Min | N::MinIf => Measure::Extreme(place, Best::Least),
            N::Max | N::MaxIf => Measure::Extreme(place, Best::Greatest),
            N::Percentile | N::Percentiles => Measure::Percentiles(place, asked.unwrap_or_default()),
            _ => Measure::DistinctWhole(place),
        }))
    }

    /// The row in which the first argument is best, and the others of the same row.
    fn winner(
        &self,
        aggregate: &Aggregate,
        best: Best,
        fold: &mut Fold,
        input: &Schema,
    ) -> Result<Option<Measure>, Diagnostic> {
        let [by, others @ ..] = aggregate.arguments.as_slice() else { return Ok(None) };
        let reads = columns_of(others);
        let known = is_whole(by) && others.iter().all(is_plain) && others.len() == aggregate.more.len();
        // Constants alone would not tell how many rows there are.
        if !known || (reads.is_empty() && !others.is_empty()) {
            return Ok(None);
        }
        let others = others.iter().enumerate().map(|(nth, other)| {
            let value = self.expr(other, input)?;
            Ok(value.alias(super::name_of(nth)))
        });
        let others = others.collect::<Result<Vec<PolarsExpr>, Diagnostic>>()?;
        let by = self.computed(by, fold, input)?;
        Ok(Some(Measure::Winner(Winner { by, best, others, reads })))
    }
}

/// The condition of an `if` form.
fn condition(aggregate: &Aggregate) -> Option<&Expr> {
    use NativeAggregate as N;
    match aggregate.function.native? {
        N::SumIf | N::AvgIf | N::MinIf | N::MaxIf | N::DcountIf | N::CountDistinctIf | N::MakeSetIf => {
            aggregate.arguments.get(1)
        }
        _ => None,
    }
}

/// The limit of a set, where it is constant.
fn limit(aggregate: &Aggregate, at: usize) -> Option<usize> {
    match aggregate.arguments.get(at) {
        None => Some(LIMIT),
        Some(limit) => usize::try_from(limit.as_literal()?.as_i64()?).ok().map(|n| n.min(LIMIT)),
    }
}

/// The percentages that are asked for, where they are constant and there is a result for each.
fn percentages(aggregate: &Aggregate) -> Option<Vec<f64>> {
    let asked = aggregate.arguments.iter().skip(1).map(|asked| asked.as_literal()?.as_f64());
    asked.collect::<Option<Vec<f64>>>().filter(|asked| asked.len() == aggregate.more.len() + 1)
}

fn columns_of(exprs: &[Expr]) -> Vec<Arc<str>> {
    let mut columns = Vec::new();
    for expr in exprs {
        expr.visit(&mut |inner| {
            if let ExprKind::Column(name) = &inner.kind
                && !columns.contains(name)
            {
                columns.push(name.clone());
            }
        });
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_numbers_stays() {
        for best in [Best::Least, Best::Greatest] {
            assert!(!best.wins(Some(1), Some(1)) && !best.wins(None, Some(1)) && !best.wins(None, None));
            assert!(best.wins(Some(i64::MIN), None));
        }
        assert!(Best::Least.wins(Some(-1), Some(0)) && !Best::Least.wins(Some(1), Some(0)));
        assert!(Best::Greatest.wins(Some(1), Some(0)) && !Best::Greatest.wins(Some(-1), Some(0)));
    }
}
