//! The state of one translation: the environment, tables computed once, what was read.

use super::failed;
use super::sieve::Keys;
use super::types::{self, column};
use crate::catalog::{Env, ExternalData};
use crate::diagnostic::Diagnostic;
use crate::plan::{Relation, SharedId};
use crate::value::{RunStats, Schema};
use ::polars::prelude::{DataFrame, Engine, Expr, IntoLazy, LazyFrame, PolarsResult};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

/// Translates the relations of one plan.
pub(super) struct Lowering<'a> {
    /// What running code may ask of the outside.
    pub(super) env: &'a Env,
    shared: RefCell<HashMap<SharedId, DataFrame>>,
    /// What `externaldata` read, by the node that asked for it.
    external: RefCell<Vec<(Arc<ExternalData>, DataFrame)>>,
    warnings: RefCell<Vec<Diagnostic>>,
    stats: RefCell<RunStats>,
    /// Whether the streaming engine runs.
    streams: Cell<bool>,
    /// Bytes of rows that are kept for the rest of the query.
    kept: Cell<u64>,
    first_file: Cell<bool>,
    /// What joins ask of the rows of scans, while the scans are translated.
    keys: RefCell<Vec<(*const Relation, Arc<Keys>)>>,
    only_explains: bool,
}

impl<'a> Lowering<'a> {
    /// For a plan that runs.
    pub(super) fn new(env: &'a Env) -> Lowering<'a> {
        Lowering {
            env,
            shared: RefCell::default(),
            external: RefCell::default(),
            warnings: RefCell::default(),
            stats: RefCell::default(),
            streams: Cell::new(false),
            kept: Cell::new(0),
            first_file: Cell::new(false),
            keys: RefCell::default(),
            only_explains: false,
        }
    }

    /// For a plan that is only shown.
    pub(super) fn explaining(env: &'a Env) -> Lowering<'a> {
        Lowering { only_explains: true, ..Lowering::new(env) }
    }

    /// Whether the plan is only shown.
    pub(super) const fn only_explains(&self) -> bool {
        self.only_explains
    }

    /// Whether the streaming engine runs.
    pub(super) fn streams(&self) -> bool {
        self.streams.get()
    }

    /// Whether so many bytes more may be kept; if so they are counted.
    pub(super) fn keeps(&self, bytes: u64, limit: u64) -> bool {
        let kept = self.kept.get().saturating_add(bytes);
        let fits = kept <= limit;
        if fits {
            self.kept.set(kept);
        }
        fits
    }

    /// Lets the streaming engine run what follows: it reads files in pieces over all cores.
    pub(super) fn runs_streaming(&self) {
        self.streams.set(true);
    }

    /// What was read so far.
    pub(super) fn stats(&self) -> RunStats {
        self.stats.borrow().clone()
    }

    /// What `externaldata` read already for this node.
    pub(super) fn known_external(&self, data: &Arc<ExternalData>) -> Option<DataFrame> {
        self.external.borrow().iter().find(|(known, _)| Arc::ptr_eq(known, data)).map(|(_, frame)| frame.clone())
    }

    /// Keeps what `externaldata` read.
    pub(super) fn remember_external(&self, data: &Arc<ExternalData>, frame: &DataFrame) {
        self.external.borrow_mut().push((data.clone(), frame.clone()));
    }

    /// Something to tell beside the rows.
    pub(super) fn warn(&self, warnings: Vec<Diagnostic>) {
        self.warnings.borrow_mut().extend(warnings);
    }

    /// What is to be told beside the rows.
    pub(super) fn take_warnings(&self) -> Vec<Diagnostic> {
        self.warnings.take()
    }

    /// Changes what was read.
    pub(super) fn record(&self, change: impl FnOnce(&mut RunStats)) {
        change(&mut self.stats.borrow_mut());
    }

    /// Runs a relation; its columns are exactly those of its schema.
    pub(super) fn collect(&self, relation: &Relation) -> Result<DataFrame, Diagnostic> {
        let frame = keep(self.relation(relation)?, &relation.schema);
        self.run(frame).map_err(failed(relation.span))
    }

    /// Translates with scans that read the first file of their table only.
    pub(super) fn with_first_file<T>(&self, translate: impl FnOnce() -> T) -> T {
        self.first_file.set(true);
        let result = translate();
        self.first_file.set(false);
        result
    }

    /// Whether scans read the first file only.
    pub(super) fn first_file_only(&self) -> bool {
        self.first_file.get()
    }

    /// Translates while these scans read only rows that have a key of a join.
    pub(super) fn with_keys<T>(&self, keys: Vec<(*const Relation, Arc<Keys>)>, translate: impl FnOnce() -> T) -> T {
        let before = self.keys.borrow().len();
        self.keys.borrow_mut().extend(keys);
        let result = translate();
        self.keys.borrow_mut().truncate(before);
        result
    }

    /// What joins ask of the rows of a scan.
    pub(super) fn keys_of(&self, scan: &Relation) -> Vec<Arc<Keys>> {
        let of_scan = |(known, _): &&(*const Relation, Arc<Keys>)| std::ptr::eq(*known, scan);
        self.keys.borrow().iter().filter(of_scan).map(|(_, keys)| keys.clone()).collect()
    }

    /// A shared relation that is computed already.
    pub(super) fn known(&self, id: SharedId) -> Option<DataFrame> {
        self.shared.borrow().get(&id).cloned()
    }

    /// Runs a lazy frame.
    pub(super) fn run(&self, frame: LazyFrame) -> PolarsResult<DataFrame> {
        // For a few rows in memory the start of the streaming engine costs more than the work.
        let engine = if self.streams.get() { Engine::Streaming } else { Engine::InMemory };
        Ok(frame.collect_with_engine(engine)?.unwrap_single())
    }

    /// A relation that stands several times in the plan, computed at its first place.
    pub(super) fn shared(&self, id: SharedId, input: &Relation) -> Result<LazyFrame, Diagnostic> {
        let frame = match self.known(id) {
            Some(frame) => frame,
            None => {
                let frame = self.collect(input)?;
                self.shared.borrow_mut().insert(id, frame.clone());
                frame
            }
        };
        Ok(frame.lazy())
    }
}

/// Exactly the columns of a schema, or the column that counts the rows of a table without any.
pub(super) fn keep(frame: LazyFrame, schema: &Schema) -> LazyFrame {
    if schema.is_empty() {
        return frame.select([column(types::ROWS)]);
    }
    frame.select(schema.names().map(column).collect::<Vec<Expr>>())
}
