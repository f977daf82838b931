//! Which bracket belongs to which, before anything else is read.
//!
//! In: the tokens. Out: diagnostics for brackets without partner, and for nesting beyond [`MAX_NESTING`]. Every recursion of
//! the parser goes through a bracket, so this bounds its depth; and a missing bracket is best blamed on its partner.

use super::token::{Token, TokenKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Source};

/// How deep brackets may lie in each other.
pub const MAX_NESTING: usize = 200;

/// What the brackets of a text look like.
pub struct Brackets {
    /// One diagnostic for each bracket without partner, in the order of the text.
    pub found: Diagnostics,
    /// The deepest nesting.
    pub depth: usize,
}

/// Pairs the brackets of a text.
pub fn check(source: &Source, tokens: &[Token]) -> Brackets {
    let mut open: Vec<Token> = Vec::new();
    let mut result = Brackets { found: Diagnostics::default(), depth: 0 };
    for token in tokens {
        if token.kind.closing().is_some() {
            open.push(*token);
            if open.len() == MAX_NESTING + 1 {
                result.found.push(too_deep(*token));
            }
            result.depth = result.depth.max(open.len());
        } else if token.kind.is_closing() {
            close(source, &mut open, *token, &mut result.found);
        }
    }
    for token in &open {
        result.found.push(unclosed(source, *token));
    }
    result.found.0.sort_by_key(|d| d.span);
    result
}

/// Closes the nearest bracket of the token's kind; those that lie between were never closed.
fn close(source: &Source, open: &mut Vec<Token>, token: Token, found: &mut Diagnostics) {
    let Some(at) = open.iter().rposition(|opener| opener.kind.closing() == Some(token.kind)) else {
        let text = source.slice(token.span);
        found.push(Diagnostic::error(Code::UnexpectedBracket, token.span, format!("`{text}` closes nothing")));
        return;
    };
    for between in open.drain(at..).skip(1) {
        found.push(unclosed(source, between).with_label(token.span, "closed here without it"));
    }
}

fn unclosed(source: &Source, opener: Token) -> Diagnostic {
    let closing = match opener.kind {
        TokenKind::OpenParen => ")",
        TokenKind::OpenBracket => "]",
        _ => "}",
    };
    let text = source.slice(opener.span);
    Diagnostic::error(Code::UnclosedBracket, opener.span, format!("`{text}` is not closed"))
        .with_help(format!("add the missing `{closing}`"))
}

fn too_deep(opener: Token) -> Diagnostic {
    Diagnostic::error(Code::TooDeep, opener.span, format!("more than {MAX_NESTING} brackets lie in each other here"))
}
