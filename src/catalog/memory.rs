//! Tables in memory: for tests, `--table` and examples.

use super::{Catalog, Table, TableSource};
use crate::diagnostic::Diagnostic;
use crate::value::{Batch, Schema};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A catalog of tables that are given to it.
#[derive(Clone, Debug, Default)]
pub struct MemoryCatalog {
    tables: BTreeMap<Arc<str>, Arc<Table>>,
}

impl MemoryCatalog {
    /// Adds or replaces a table.
    pub fn insert(&mut self, table: Table) {
        self.tables.insert(table.name.clone(), Arc::new(table));
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
}
