//! KQL text to a tree, and back.
//!
//! In: a [`Source`](crate::diagnostic::Source). Out: [`ast::Query`], or diagnostics. The only module that knows nom. It
//! knows no table and no function: names are text, every clause has its span.

pub mod ast;
mod bracket;
mod format;
pub mod keyword;
mod lexer;
mod parse;
mod split;
pub mod token;

pub use format::format;
pub use lexer::lex;
pub use parse::{LEVELS, PRODUCTIONS};
pub use split::split_queries;

use crate::diagnostic::{Diagnostics, Source};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Parses a text that holds one query.
///
/// # Errors
/// Every diagnostic that one pass can find.
pub fn parse(source: &Source) -> Result<ast::Query, Diagnostics> {
    parse::parse(source)
}

/// Parses a text that holds one function: `(a:long) { ... }`, a `let` of it, `.create function`, or a query that is its
/// body. Gives the function and the names in its text (see [`ast::Query::names`]).
///
/// # Errors
/// Every diagnostic that one pass can find.
pub fn parse_function(source: &Source) -> Result<(ast::FunctionLiteral, BTreeSet<Arc<str>>), Diagnostics> {
    parse::parse_function(source)
}
