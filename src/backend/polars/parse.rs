//! `parse` and `parse-where`.

use super::lowering::Lowering;
use crate::diagnostic::Diagnostic;
use crate::plan::Relation;
use ::polars::prelude::LazyFrame;

impl Lowering<'_> {
    /// Columns read out of a text by a pattern.
    pub(super) fn parse(&self, relation: &Relation) -> Result<LazyFrame, Diagnostic> {
        Err(Self::not_built(relation, "`parse`"))
    }
}
