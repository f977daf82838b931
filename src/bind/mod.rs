//! The tree of a query, with a catalog and the library, to the typed plan.
//!
//! In: [`ast::Query`] and [`Env`]. Out: a [`Plan`] for each tabular result, with every name, `let`, `*`, default and
//! implicit conversion spelled out; or every diagnostic found. It never looks at rows and never sees a backend.
//!
//! A piece that fails is reported once and then *poisoned*: expressions over it are `None`, tables over it are open, and
//! neither reports anything again, so that one pass finds the faults that stand apart.

mod function;
mod naming;
mod operator;
mod option;
mod outside;
mod scalar;
mod scope;
mod statement;
mod table;
#[cfg(test)]
mod tests;

use crate::catalog::Env;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::plan::{Plan, Relation, SharedId};
use crate::syntax::ast;
use crate::value::Batch;
use option::{Settings, Sight};
use outside::place;
use scalar::{call, coerce, expr, list, window};
use scope::{Names, RowScope, Rows, Side};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

/// Runs a table while the query around it is bound. Kusto does that too: what follows `bag_unpack` or `pivot` is bound
/// over the columns that the rows turn out to have.
pub trait Probe {
    /// All rows of a relation.
    ///
    /// # Errors
    /// What went wrong while it ran.
    fn rows(&self, relation: &Relation) -> Result<Batch, Diagnostic>;
}

/// Binds a query: one plan for each tabular result (one for most queries). Warnings come beside the plans. Without a probe
/// nothing runs: tables whose columns only their rows tell are of unknown columns, any name fits them, and the plans are not
/// to be run.
///
/// # Errors
/// Every diagnostic found, at least one of them an error.
pub fn bind(query: &ast::Query, env: &Env, probe: Option<&dyn Probe>) -> Result<(Vec<Plan>, Diagnostics), Diagnostics> {
    let mut binder = Binder::new(env, &query.names, probe);
    let plans = binder.query(query);
    if binder.diagnostics.has_errors() { Err(binder.diagnostics) } else { Ok((plans, binder.diagnostics)) }
}

/// The state of one binding.
struct Binder<'a> {
    env: &'a Env,
    probe: Option<&'a dyn Probe>,
    /// Every name that the query's text holds, and the texts of the saved functions whose bodies are being bound.
    mentioned: Rc<BTreeSet<Arc<str>>>,
    /// Ticks of `now()`; `set query_now` moves it.
    now: i64,
    /// What the query has set.
    settings: Settings,
    /// What `restrict access` leaves in sight.
    sight: Sight,
    diagnostics: Diagnostics,
    /// What was reported already: a function's body is bound at every call.
    reported: HashSet<(Option<Span>, String)>,
    /// Declared names in sight.
    names: Names,
    /// Rows in sight, the innermost last.
    rows: Vec<RowScope>,
    /// Functions whose bodies are being bound.
    calls: Vec<Arc<str>>,
    /// Saved functions that were called, by name; nothing for one whose text cannot be read.
    saved: HashMap<Arc<str>, Option<Rc<function::LetFunction>>>,
    /// Texts of saved functions.
    texts: Vec<Arc<Source>>,
    /// Saved functions whose bodies are being bound, and where the query called them.
    abroad: Vec<(Arc<str>, Span)>,
    /// How many calls were expanded in all.
    expanded: usize,
    next_row: u32,
    next_shared: u32,
}

impl<'a> Binder<'a> {
    fn new(env: &'a Env, mentioned: &'a BTreeSet<Arc<str>>, probe: Option<&'a dyn Probe>) -> Self {
        Binder {
            env,
            probe,
            mentioned: Rc::new(mentioned.clone()),
            now: env.now,
            settings: Settings::default(),
            sight: None,
            diagnostics: Diagnostics::default(),
            reported: HashSet::new(),
            names: Names::default(),
            rows: vec![],
            calls: vec![],
            saved: HashMap::new(),
            texts: vec![],
            abroad: vec![],
            expanded: 0,
            next_row: 0,
            next_shared: 0,
        }
    }

    /// Reports, once for each place and message.
    fn report(&mut self, diagnostic: Diagnostic) {
        if self.reported.insert((diagnostic.span, diagnostic.message.clone())) {
            let diagnostic = self.located(diagnostic);
            self.diagnostics.push(diagnostic);
        }
    }

    /// The value, or the diagnostic reported and nothing.
    fn ok<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|diagnostic| self.report(diagnostic)).ok()
    }

    /// A number for a relation that is computed once.
    fn shared_id(&mut self) -> SharedId {
        self.next_shared += 1;
        SharedId(self.next_shared)
    }

    /// Does something with these rows as the ones that names of columns mean.
    fn over<T>(&mut self, rows: &Rows, run: impl FnOnce(&mut Self) -> T) -> T {
        self.in_row(self.row_scope(vec![rows.side()], rows.serialized), run).0
    }

    /// Does something where no row is in sight.
    fn without_row<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        self.in_row(self.row_scope(vec![], false), run).0
    }

    fn row_scope(&self, sides: Vec<Side>, serialized: bool) -> RowScope {
        RowScope {
            id: self.next_row,
            sides,
            visible: true,
            serialized,
            aggregation: None,
            windows: vec![],
            parts: Rc::default(),
            graph: None,
        }
    }

    /// Does something in a row scope, and gives the scope back with what was collected in it.
    fn in_row<T>(&mut self, scope: RowScope, run: impl FnOnce(&mut Self) -> T) -> (T, Option<RowScope>) {
        self.next_row += 1;
        self.rows.push(scope);
        let result = run(self);
        (result, self.rows.pop())
    }
}
