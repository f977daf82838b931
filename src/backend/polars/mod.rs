//! The polars backend: plans become lazy frames.
//!
//! In: a [`Plan`] and an [`Env`]. Out: a [`QueryResult`] of plain Kusto columns; nothing of polars is seen outside, but for
//! the frames that the mirror writes. Here is translation only: what a query means was decided when it was bound, and what
//! a function means stands in its kernel, which every translation must equal.

mod aggregate;
mod damage;
mod expr;
mod external;
mod filter;
mod function;
mod join;
mod json;
mod kernel;
mod lists;
mod lowering;
mod mv_expand;
mod operand;
mod parse;
mod range;
mod reduce;
mod relation;
mod rowwise;
mod scan;
mod series;
mod sieve;
mod sort;
mod summarize;
#[cfg(test)]
mod tests;
mod top;
mod types;
mod window;

pub use scan::scan_foreign_schema;
pub use types::{batch_to_frame, frame_to_batches};

use super::Backend;
use crate::catalog::Env;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::Plan;
use crate::value::QueryResult;
use ::polars::prelude::PolarsError;
use lowering::Lowering;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// Runs plans with polars.
#[derive(Clone, Copy, Debug, Default)]
pub struct PolarsBackend;

impl Backend for PolarsBackend {
    fn name(&self) -> &'static str {
        "polars"
    }

    fn execute(&self, plan: &Plan, env: &Env) -> Result<QueryResult, Diagnostic> {
        guarded(|| {
            let started = Instant::now();
            let lowering = Lowering::new(env);
            let frame = lowering.collect(&plan.root)?;
            let batches = frame_to_batches(&frame, &plan.root.schema).map_err(failed(plan.root.span))?;
            let mut stats = lowering.stats();
            stats.run_seconds = started.elapsed().as_secs_f64();
            Ok(QueryResult {
                schema: plan.root.schema.as_ref().clone(),
                batches,
                ordered: plan.ordered,
                visualization: plan.visualization.clone(),
                warnings: lowering.take_warnings(),
                stats,
            })
        })
        .map_err(|error| damage::explained(&plan.root, error))
    }

    fn explain(&self, plan: &Plan, env: &Env) -> Result<String, Diagnostic> {
        guarded(|| {
            let frame = Lowering::explaining(env).relation(&plan.root)?;
            frame.describe_optimized_plan().map_err(failed(plan.root.span))
        })
    }
}

/// An error of polars as a diagnostic at a place of the query.
fn failed(span: Span) -> impl Fn(PolarsError) -> Diagnostic {
    move |error| Diagnostic::error(Code::ExecutionFailed, span, first_line(&error.to_string()))
}

/// A file that cannot be read.
fn failed_reading(path: &std::path::Path, error: &PolarsError) -> Diagnostic {
    let text = first_line(&error.to_string());
    Diagnostic::general(Code::CannotRead, format!("`{}` cannot be read: {text}", path.display()))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}

/// Turns a panic inside the engine into a diagnostic.
fn guarded<T>(run: impl FnOnce() -> Result<T, Diagnostic>) -> Result<T, Diagnostic> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        Err(Diagnostic::bug(format!("the polars engine stopped: {}", first_line(text))))
    })
}
