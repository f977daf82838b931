//! The tree of a query, with a catalog and the library, to the typed plan.

use crate::catalog::Env;
use crate::diagnostic::Diagnostics;
use crate::plan::Plan;
use crate::syntax::ast;

/// Binds a query: one plan for each tabular result (one for most queries). Warnings come beside the plans.
///
/// # Errors
/// Every diagnostic found, at least one of them an error.
pub fn bind(_query: &ast::Query, _env: &Env) -> Result<(Vec<Plan>, Diagnostics), Diagnostics> {
    Err(Diagnostics::default())
}
