//! Functions that are kept outside of queries.

use std::sync::Arc;

/// A function as text; who binds a query reads it when it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFunction {
    /// Its name; names are case-sensitive.
    pub name: Arc<str>,
    /// Where its text is, as diagnostics name it.
    pub place: String,
    /// `(parameters) { body }`, a `let` or `.create function` of that, or a query that is its body.
    pub text: String,
}
