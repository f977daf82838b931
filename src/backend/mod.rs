//! Engines that run a plan.
//!
//! In: a [`Plan`] and an [`Env`]. Out: a [`QueryResult`]. A backend knows no KQL: all meaning is spelled out in the plan.

pub mod polars;
pub mod rowwise;

use crate::catalog::Env;
use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::value::QueryResult;

/// An engine that runs plans.
pub trait Backend: Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Runs a plan to its end.
    ///
    /// # Errors
    /// A diagnostic, with the span of the operation that failed; nothing partial is returned.
    fn execute(&self, plan: &Plan, env: &Env) -> Result<QueryResult, Diagnostic>;

    /// The plan as the engine itself would run it, as text.
    ///
    /// # Errors
    /// As [`Backend::execute`].
    fn explain(&self, plan: &Plan, env: &Env) -> Result<String, Diagnostic>;
}
