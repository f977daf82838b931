//! Mirrors that stand for other places: workspaces, clusters, databases.

use super::{Catalog, SavedFunction, Table, Watchlist};
use crate::diagnostic::Diagnostic;
use std::path::PathBuf;
use std::sync::Arc;

/// A catalog, and others that queries name by their place.
pub struct Places<C> {
    base: C,
    places: Vec<(String, Arc<dyn Catalog>)>,
}

impl<C: Catalog> Places<C> {
    /// Adds places to a catalog. A place is written `kind:name` (`workspace:prod`); case does not count.
    pub fn new(base: C, places: Vec<(String, Arc<dyn Catalog>)>) -> Self {
        Places { base, places }
    }
}

impl<C: Catalog> Catalog for Places<C> {
    fn table(&self, name: &str) -> Result<Option<Arc<Table>>, Diagnostic> {
        self.base.table(name)
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.base.names()
    }

    fn column_alias(&self, table: &str, column: &str) -> Option<Arc<str>> {
        self.base.column_alias(table, column)
    }

    fn function(&self, name: &str) -> Result<Option<Arc<SavedFunction>>, Diagnostic> {
        self.base.function(name)
    }

    fn function_names(&self) -> Vec<Arc<str>> {
        self.base.function_names()
    }

    fn watchlist(&self, alias: &str) -> Result<Option<Arc<Watchlist>>, Diagnostic> {
        self.base.watchlist(alias)
    }

    fn watchlist_aliases(&self) -> Vec<Arc<str>> {
        self.base.watchlist_aliases()
    }

    fn shelf(&self) -> Option<PathBuf> {
        self.base.shelf()
    }

    fn place(&self, kind: &str, name: &str) -> Option<Arc<dyn Catalog>> {
        let wanted = format!("{kind}:{name}");
        let found = self.places.iter().find(|(place, _)| place.eq_ignore_ascii_case(&wanted));
        found.map(|(_, catalog)| catalog.clone()).or_else(|| self.base.place(kind, name))
    }
}
