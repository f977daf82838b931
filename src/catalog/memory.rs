//! Tables in memory: for tests, `--table` and examples.

use super::{Catalog, SavedFunction, Table, TableSource, Watchlist};
use crate::diagnostic::Diagnostic;
use crate::value::{Batch, Schema};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A catalog of tables that are given to it.
#[derive(Clone, Debug, Default)]
pub struct MemoryCatalog {
    tables: BTreeMap<Arc<str>, Arc<Table>>,
    functions: BTreeMap<Arc<str>, Arc<SavedFunction>>,
    watchlists: BTreeMap<Arc<str>, Arc<Watchlist>>,
}

impl MemoryCatalog {
    /// Adds or replaces a table.
    pub fn insert(&mut self, table: Table) {
        self.tables.insert(table.name.clone(), Arc::new(table));
    }

    /// Adds or replaces a saved function.
    pub fn insert_function(&mut self, function: SavedFunction) {
        self.functions.insert(function.name.clone(), Arc::new(function));
    }

    /// Adds or replaces a watchlist.
    pub fn insert_watchlist(&mut self, list: Watchlist) {
        self.watchlists.insert(list.alias.clone(), Arc::new(list));
    }

    /// Adds a table of rows in memory.
    pub fn insert_batch(&mut self, name: &str, schema: Schema, batch: Batch) {
        let time_column =
            ["Timestamp", "TimeGenerated"].iter().find(|c| schema.field(c).is_some()).map(|c| (*c).into());
        self.insert(Table { name: name.into(), schema, time_column, source: TableSource::Batch(Arc::new(batch)) });
    }
}

impl Catalog for MemoryCatalog {
    fn table(&self, name: &str) -> Result<Option<Arc<Table>>, Diagnostic> {
        Ok(self.tables.get(name).cloned())
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.tables.keys().cloned().collect()
    }

    fn function(&self, name: &str) -> Result<Option<Arc<SavedFunction>>, Diagnostic> {
        Ok(self.functions.get(name).cloned())
    }

    fn function_names(&self) -> Vec<Arc<str>> {
        self.functions.keys().cloned().collect()
    }

    fn watchlist(&self, alias: &str) -> Result<Option<Arc<Watchlist>>, Diagnostic> {
        Ok(self.watchlists.get(alias).cloned())
    }

    fn watchlist_aliases(&self) -> Vec<Arc<str>> {
        self.watchlists.keys().cloned().collect()
    }
}
