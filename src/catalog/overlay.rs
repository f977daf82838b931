//! One catalog laid over another: its tables win.

use super::{Catalog, Table};
use crate::diagnostic::Diagnostic;
use std::sync::Arc;

/// The tables of `over`, and those of `base` that it does not name.
#[derive(Debug)]
pub struct Overlay<A, B> {
    over: A,
    base: B,
}

impl<A: Catalog, B: Catalog> Overlay<A, B> {
    /// Lays one over the other.
    pub fn new(over: A, base: B) -> Self {
        Overlay { over, base }
    }
}

impl<A: Catalog, B: Catalog> Catalog for Overlay<A, B> {
    fn table(&self, name: &str) -> Result<Option<Arc<Table>>, Diagnostic> {
        match self.over.table(name)? {
            Some(table) => Ok(Some(table)),
            None => self.base.table(name),
        }
    }

    fn names(&self) -> Vec<Arc<str>> {
        let mut names = self.over.names();
        names.extend(self.base.names());
        names.sort();
        names.dedup();
        names
    }

    fn column_alias(&self, table: &str, column: &str) -> Option<Arc<str>> {
        self.over.column_alias(table, column).or_else(|| self.base.column_alias(table, column))
    }
}
