//! A tree back to text, in one canonical form.
//!
//! In: a tree and the source that it was parsed from. Out: text that parses to the same tree, spans apart. Old spellings
//! become the usual ones (`limit` is `take`). Comments survive: each stands before the next thing that starts a line, or
//! at the end of the line that it ended. This never changes what a query means.

mod clause;
mod expr;
mod graph;
mod operator;
mod scan;
mod statement;
mod writer;

use super::ast::Query;
use super::token::TokenKind;
use crate::diagnostic::Source;
use writer::Writer;

/// The canonical text of a query.
pub fn format(query: &Query, source: &Source) -> String {
    let (tokens, _) = super::lexer::lex(source);
    let comments = tokens.into_iter().filter(|token| token.kind == TokenKind::Comment).map(|token| token.span);
    let mut writer = Writer::new(source, comments.collect());
    writer.statements(&query.statements);
    writer.finish()
}
