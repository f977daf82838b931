//! A query from text to result, in one environment.
//!
//! In: a [`Source`] and an [`Env`]. Out: a [`QueryResult`], or diagnostics. Every stage can be the last: the parts are
//! public, this module only puts them in order.

use crate::backend::Backend;
use crate::backend::polars::PolarsBackend;
use crate::bind::Probe;
use crate::catalog::Env;
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::plan::{self, Plan, Relation};
use crate::value::{Batch, QueryResult};
use crate::{bind, syntax};
use std::cell::RefCell;
use std::time::Instant;

/// A compiled text: one plan for each tabular result, in order.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// Optimized plans.
    pub plans: Vec<Plan>,
    /// Warnings found on the way.
    pub warnings: Diagnostics,
    /// Seconds that it took.
    pub seconds: f64,
}

/// Parses, binds and optimizes. Tables whose columns only their rows tell (`bag_unpack`, `pivot`) run on the way.
///
/// # Errors
/// Every diagnostic that the stage which failed could find.
pub fn compile(source: &Source, env: &Env) -> Result<Compiled, Diagnostics> {
    compile_with(source, env, &|plan| plan)
}

/// As [`compile`], with a change of every bound plan before it is optimized: what a host lays between a query and its
/// tables.
///
/// # Errors
/// As [`compile`].
pub fn compile_with(source: &Source, env: &Env, change: &dyn Fn(Plan) -> Plan) -> Result<Compiled, Diagnostics> {
    let start = Instant::now();
    let query = syntax::parse(source)?;
    let running = Running { env, change, warnings: RefCell::default() };
    let (plans, mut warnings) = bind::bind(&query, env, Some(&running))?;
    warnings.0.extend(running.warnings.take());
    let plans = plans.into_iter().map(|p| plan::optimize(change(p), env)).collect();
    Ok(Compiled { plans, warnings, seconds: start.elapsed().as_secs_f64() })
}

/// Parses and binds, and runs nothing; gives the warnings.
///
/// # Errors
/// Every diagnostic that the stage which failed could find.
pub fn check(source: &Source, env: &Env) -> Result<Diagnostics, Diagnostics> {
    let query = syntax::parse(source)?;
    bind::bind(&query, env, None).map(|(_, warnings)| warnings)
}

/// Runs tables for the binder on the default backend.
struct Running<'a> {
    env: &'a Env,
    /// What becomes of a plan before it is optimized.
    change: &'a dyn Fn(Plan) -> Plan,
    /// What those tables had to tell.
    warnings: RefCell<Vec<Diagnostic>>,
}

impl Probe for Running<'_> {
    fn rows(&self, relation: &Relation) -> Result<Batch, Diagnostic> {
        let plan = Plan { root: relation.clone(), visualization: None, ordered: false };
        let plan = plan::optimize((self.change)(plan), self.env);
        let mut result = PolarsBackend.execute(&plan, self.env)?;
        self.warnings.borrow_mut().append(&mut result.warnings);
        Ok(Batch::concat(&relation.schema, std::mem::take(&mut result.batches)))
    }
}

/// Runs one plan on the default backend.
///
/// # Errors
/// A diagnostic with the span of the operation that failed.
pub fn execute(plan: &Plan, env: &Env) -> Result<QueryResult, Diagnostic> {
    let start = Instant::now();
    let mut result = PolarsBackend.execute(plan, env)?;
    result.stats.run_seconds = start.elapsed().as_secs_f64();
    Ok(result)
}

/// Compiles and runs a text; the results of all its tabular statements, in order.
///
/// # Errors
/// As [`compile`] and [`execute`].
pub fn run(source: &Source, env: &Env) -> Result<Vec<QueryResult>, Diagnostics> {
    let compiled = compile(source, env)?;
    let mut results = Vec::new();
    for plan in &compiled.plans {
        let mut result = execute(plan, env)?;
        result.stats.compile_seconds = compiled.seconds;
        results.push(result);
    }
    if let Some(last) = results.last_mut() {
        last.warnings.splice(0..0, compiled.warnings.0);
    }
    Ok(results)
}
