//! `mv-expand`: a row for each element.

use super::lowering::Lowering;
use crate::diagnostic::Diagnostic;
use crate::plan::Relation;
use ::polars::prelude::LazyFrame;

impl Lowering<'_> {
    /// A row for each element of the expanded columns.
    pub(super) fn mv_expand(&self, relation: &Relation) -> Result<LazyFrame, Diagnostic> {
        Err(Self::not_built(relation, "`mv-expand`"))
    }
}
