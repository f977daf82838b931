//! One catalog laid over another: its tables win.

use super::{Catalog, SavedFunction, Table, Watchlist};
use crate::diagnostic::Diagnostic;
use std::path::PathBuf;
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
        merged(self.over.names(), self.base.names())
    }

    fn column_alias(&self, table: &str, column: &str) -> Option<Arc<str>> {
        self.over.column_alias(table, column).or_else(|| self.base.column_alias(table, column))
    }

    fn function(&self, name: &str) -> Result<Option<Arc<SavedFunction>>, Diagnostic> {
        match self.over.function(name)? {
            Some(function) => Ok(Some(function)),
            None => self.base.function(name),
        }
    }

    fn function_names(&self) -> Vec<Arc<str>> {
        merged(self.over.function_names(), self.base.function_names())
    }

    fn watchlist(&self, alias: &str) -> Result<Option<Arc<Watchlist>>, Diagnostic> {
        match self.over.watchlist(alias)? {
            Some(list) => Ok(Some(list)),
            None => self.base.watchlist(alias),
        }
    }

    fn watchlist_aliases(&self) -> Vec<Arc<str>> {
        merged(self.over.watchlist_aliases(), self.base.watchlist_aliases())
    }

    fn shelf(&self) -> Option<PathBuf> {
        self.over.shelf().or_else(|| self.base.shelf())
    }

    fn place(&self, kind: &str, name: &str) -> Option<Arc<dyn Catalog>> {
        self.over.place(kind, name).or_else(|| self.base.place(kind, name))
    }
}

fn merged(mut names: Vec<Arc<str>>, more: Vec<Arc<str>>) -> Vec<Arc<str>> {
    names.extend(more);
    names.sort();
    names.dedup();
    names
}
