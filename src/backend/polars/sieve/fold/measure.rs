//! What an aggregation gathers: of a row group, and over all of them.
//!
//! In: the group of each row, and the values of its argument. Out: cells by group that can be merged.

use super::is_whole;
use crate::library::NativeAggregate;
use crate::plan::Aggregate;
use crate::value::Type;
use std::sync::Arc;

/// An aggregation that is known here. Places are those of computed values.
pub(super) enum Measure {
    /// `count()`
    Count,
    /// `countif()`
    CountIf(usize),
    /// `sum()` of whole numbers.
    Sum(usize),
    /// `min()` of whole numbers or times.
    Min(usize),
    /// `max()` of whole numbers or times.
    Max(usize),
    /// `dcount()` of texts.
    DistinctTexts(Arc<str>),
    /// `dcount()` of whole numbers.
    DistinctWhole(usize),
    /// `make_set()` of texts, of so many at most.
    Set(Arc<str>, usize),
}

/// How many values a set holds unless a limit says less.
const LIMIT: usize = 1_048_576;

impl Measure {
    /// Whether an aggregation is known here, by its types alone.
    pub(super) fn knows(aggregate: &Aggregate) -> bool {
        use NativeAggregate as N;
        let Some(native) = aggregate.function.native else { return false };
        let text = aggregate.arguments.first().is_some_and(super::is_text_column);
        let whole = aggregate.arguments.first().is_some_and(is_whole);
        match native {
            N::Count => aggregate.arguments.is_empty(),
            N::CountIf => aggregate.arguments.first().is_some_and(|a| a.ty == Type::Bool && super::reads_columns(a)),
            N::Sum => whole && matches!(aggregate.arguments.first().map(|a| a.ty), Some(Type::Int | Type::Long)),
            N::Min | N::Max => whole,
            N::Dcount | N::CountDistinct => text || whole,
            N::MakeSet => text && limit(aggregate).is_some(),
            _ => false,
        }
    }

    /// The aggregation over a text column, or over what is computed at a place.
    pub(super) fn of(aggregate: &Aggregate, text: Option<Arc<str>>, place: Option<usize>) -> Option<Measure> {
        use NativeAggregate as N;
        Some(match (aggregate.function.native?, text, place) {
            (N::Count, ..) => Measure::Count,
            (N::CountIf, _, Some(place)) => Measure::CountIf(place),
            (N::Sum, _, Some(place)) => Measure::Sum(place),
            (N::Min, _, Some(place)) => Measure::Min(place),
            (N::Max, _, Some(place)) => Measure::Max(place),
            (N::Dcount | N::CountDistinct, Some(text), _) => Measure::DistinctTexts(text),
            (N::Dcount | N::CountDistinct, None, Some(place)) => Measure::DistinctWhole(place),
            (N::MakeSet, Some(text), _) => Measure::Set(text, limit(aggregate)?),
            _ => return None,
        })
    }
}

/// The limit of a set, where it is constant.
fn limit(aggregate: &Aggregate) -> Option<usize> {
    match aggregate.arguments.get(1) {
        None => Some(LIMIT),
        Some(limit) => usize::try_from(limit.as_literal()?.as_i64()?).ok().map(|n| n.min(LIMIT)),
    }
}
