//! A text with several queries, as it comes out of a portal or a collection: blank lines stand between them.
//!
//! In: a source. Out: where each query stands. A blank line inside of one query does not split it when only the pieces
//! together can be parsed, and a blank line inside of a string or of brackets never splits.

use super::ast::Statement;
use super::lexer::lex;
use super::parse::parse;
use super::token::{Token, TokenKind};
use crate::diagnostic::{Source, Span};

/// How many pieces may belong to one query.
const MOST_PIECES: usize = 40;

/// Where the queries of a text stand. A text that parses as a whole is one query.
pub fn split_queries(source: &Source) -> Vec<Span> {
    let pieces = pieces(source);
    if pieces.len() < 2 || parse(source).is_ok() {
        return match (pieces.first(), pieces.last()) {
            (Some(first), Some(last)) => vec![first.to(*last)],
            _ => vec![],
        };
    }
    let mut queries = Vec::new();
    let mut rest = pieces.as_slice();
    while let Some(first) = rest.first() {
        let count = query_length(source, rest);
        let (query, after) = rest.split_at(count);
        queries.push(query.last().map_or(*first, |last| first.to(*last)));
        rest = after;
    }
    queries
}

/// How many of the first pieces make one query: the fewest that parse and ask for something, and with them the pieces that
/// cannot stand alone. When none do, the first piece stays alone, and its faults are told.
fn query_length(source: &Source, pieces: &[Span]) -> usize {
    let first = pieces.first().copied().unwrap_or_default();
    let candidates = pieces.iter().enumerate().take(MOST_PIECES);
    for (n, last) in candidates {
        if !is_complete(source, first.to(*last)) {
            continue;
        }
        let more = pieces.get(n + 1..).unwrap_or_default().iter().take_while(|next| continues(source, **next)).count();
        return n + 1 + more;
    }
    1
}

/// True for a text that parses and asks for something, rather than only declaring names.
fn is_complete(source: &Source, span: Span) -> bool {
    let Ok(query) = parse(&Source::new(source.id, source.name.clone(), source.slice(span))) else {
        return false;
    };
    query.statements.iter().any(|statement| matches!(statement, Statement::Expression(_)))
}

/// True for a piece that goes on with what came before.
fn continues(source: &Source, piece: Span) -> bool {
    let text = Source::new(source.id, source.name.clone(), source.slice(piece));
    lex(&text)
        .0
        .iter()
        .find(|token| token.kind != TokenKind::Comment)
        .is_some_and(|token| matches!(token.kind, TokenKind::Pipe | TokenKind::Comma) || token.kind.is_closing())
}

/// The stretches between blank lines that are outside of brackets. Comments right before a piece belong to it.
fn pieces(source: &Source) -> Vec<Span> {
    let (tokens, _) = lex(source);
    let mut found: Vec<(Span, bool)> = Vec::new();
    let mut depth = 0_usize;
    let mut previous: Option<Token> = None;
    for token in &tokens {
        let gap = previous.map(|p| Span { start: p.span.end, end: token.span.start, source: source.id });
        let split = depth == 0 && gap.is_none_or(|gap| blank_line(source.slice(gap)));
        let code = token.kind != TokenKind::Comment;
        match found.last_mut() {
            Some((piece, has_code)) if !split => {
                *piece = piece.to(token.span);
                *has_code |= code;
            }
            _ => found.push((token.span, code)),
        }
        if token.kind.closing().is_some() {
            depth += 1;
        } else if token.kind.is_closing() {
            depth = depth.saturating_sub(1);
        }
        previous = Some(*token);
    }
    found.into_iter().filter(|(_, has_code)| *has_code).map(|(piece, _)| piece).collect()
}

/// True when a gap between two tokens has a line with nothing in it.
fn blank_line(gap: &str) -> bool {
    gap.chars().filter(|c| *c == '\n').count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceId;

    fn split(text: &str) -> Vec<String> {
        let source = Source::new(SourceId(0), "q", text);
        split_queries(&source).iter().map(|span| source.slice(*span).to_owned()).collect()
    }

    #[test]
    fn blank_lines_split_only_where_a_query_ends() {
        assert_eq!(split("T\n| take 1\n\nU\n| count"), ["T\n| take 1", "U\n| count"]);
        assert_eq!(split("let a = 1;\n\nT\n\n| where x == a"), ["let a = 1;\n\nT\n\n| where x == a"]);
        assert_eq!(
            split("let a = 1;\n\nT | where x == a\n\n| count\n\nU"),
            ["let a = 1;\n\nT | where x == a\n\n| count", "U"]
        );
        assert_eq!(split("T | where x in (1,\n\n2)\n\nU"), ["T | where x in (1,\n\n2)", "U"]);
        assert_eq!(split("// first\nT\n\n// second\nU"), ["// first\nT", "// second\nU"]);
    }

    #[test]
    fn a_broken_piece_does_not_take_its_neighbours_along() {
        assert_eq!(split("T | wher x\n\nU | count\n\nV | count"), ["T | wher x", "U | count", "V | count"]);
    }
}
