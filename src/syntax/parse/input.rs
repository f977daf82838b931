//! The parser's input: a slice of tokens that nom can walk along, and what all parsers share.

use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::syntax::token::{Token, TokenKind};
use nom::{Input, Needed};
use std::cell::{Cell, RefCell};
use std::iter::{Copied, Enumerate};
use std::slice::Iter;

/// What all parsers of one text share.
pub struct Context<'a> {
    /// The text.
    pub source: &'a Source,
    /// What was found wrong so far; parsing goes on after most faults.
    pub found: RefCell<Diagnostics>,
    /// Height of the tallest expression built since it was last set to zero. See [`super::expr`].
    pub tallest: Cell<usize>,
}

impl<'a> Context<'a> {
    /// Starts with nothing found.
    pub fn new(source: &'a Source) -> Self {
        Context { source, found: RefCell::new(Diagnostics::default()), tallest: Cell::new(0) }
    }

    /// Notes a fault; parsing goes on.
    pub fn report(&self, diagnostic: Diagnostic) {
        self.found.borrow_mut().push(diagnostic);
    }
}

/// The tokens from here on, comments left out.
#[derive(Clone, Copy)]
pub struct Tokens<'a> {
    rest: &'a [Token],
    /// End of the token before the first one.
    before: u32,
    /// What all parsers share.
    pub context: &'a Context<'a>,
}

impl<'a> Tokens<'a> {
    /// All tokens of a text.
    pub fn new(tokens: &'a [Token], context: &'a Context<'a>) -> Self {
        Tokens { rest: tokens, before: tokens.first().map_or(0, |t| t.span.start), context }
    }

    /// The first token.
    pub fn first(&self) -> Option<Token> {
        self.rest.first().copied()
    }

    /// Kind of the token `n` places ahead.
    pub fn kind(&self, n: usize) -> Option<TokenKind> {
        self.rest.get(n).map(|t| t.kind)
    }

    /// Text of the token `n` places ahead; empty past the end.
    pub fn text(&self, n: usize) -> &'a str {
        self.rest.get(n).map_or("", |t| self.context.source.slice(t.span))
    }

    /// True when a token `n` places ahead touches the one before it.
    pub fn touches(&self, n: usize) -> bool {
        match (n.checked_sub(1).and_then(|m| self.rest.get(m)), self.rest.get(n)) {
            (Some(left), Some(right)) => left.span.end == right.span.start,
            _ => false,
        }
    }

    /// Where the first token stands; at the end, the place after the last one.
    pub fn span(&self) -> Span {
        self.first().map_or(Span { start: self.before, end: self.before, source: self.context.source.id }, |t| t.span)
    }

    /// From a token to the end of the last one that was taken.
    pub fn since(&self, start: Span) -> Span {
        Span { start: start.start, end: self.before.max(start.start), source: start.source }
    }

    /// Everything from the first token that starts at or after a place.
    pub fn skip_to(&self, at: Span) -> Self {
        self.skip(self.rest.partition_point(|token| token.span.start < at.start))
    }

    /// Everything after the first `n` tokens.
    pub fn skip(&self, n: usize) -> Self {
        let n = n.min(self.rest.len());
        let before = n.checked_sub(1).and_then(|last| self.rest.get(last)).map_or(self.before, |t| t.span.end);
        Tokens { rest: self.rest.get(n..).unwrap_or_default(), before, context: self.context }
    }
}

impl<'a> Input for Tokens<'a> {
    type Item = Token;
    type Iter = Copied<Iter<'a, Token>>;
    type IterIndices = Enumerate<Self::Iter>;

    fn input_len(&self) -> usize {
        self.rest.len()
    }

    fn take(&self, index: usize) -> Self {
        Tokens { rest: self.rest.get(..index).unwrap_or(self.rest), ..*self }
    }

    fn take_from(&self, index: usize) -> Self {
        self.skip(index)
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.take_from(index), self.take(index))
    }

    fn position<P: Fn(Token) -> bool>(&self, predicate: P) -> Option<usize> {
        self.rest.iter().position(|token| predicate(*token))
    }

    fn iter_elements(&self) -> Self::Iter {
        self.rest.iter().copied()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, Needed> {
        if count <= self.rest.len() { Ok(count) } else { Err(Needed::new(count - self.rest.len())) }
    }
}
