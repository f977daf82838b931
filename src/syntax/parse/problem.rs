//! How a parser fails. `nom::Err::Error` is soft: nothing of this kind starts here, another reading may. `nom::Err::Failure`
//! is firm: it can only be this, and it is wrong; the nearest pipeline notes it and goes on after the next pipe.

use super::input::Tokens;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::token::TokenKind;
use nom::error::{ErrorKind, ParseError};
use nom::{Err, IResult};

/// What a parser returns.
pub type Parsed<'a, T> = IResult<Tokens<'a>, T, Problem>;

/// Why a parser failed.
#[derive(Debug)]
pub enum Problem {
    /// Something else was expected.
    Expected {
        /// Where it was expected.
        at: Span,
        /// What was expected, as the user knows it.
        what: &'static str,
    },
    /// A diagnostic of its own.
    Said(Box<Diagnostic>),
}

impl<'a> ParseError<Tokens<'a>> for Problem {
    fn from_error_kind(input: Tokens<'a>, _: ErrorKind) -> Self {
        Problem::Expected { at: input.span(), what: "something else" }
    }

    fn append(_: Tokens<'a>, _: ErrorKind, other: Self) -> Self {
        other
    }

    /// Of two readings that failed, the one that came further knows more.
    fn or(self, other: Self) -> Self {
        if self.at().start > other.at().start { self } else { other }
    }
}

impl Problem {
    fn at(&self) -> Span {
        match self {
            Problem::Expected { at, .. } => *at,
            Problem::Said(diagnostic) => diagnostic.span.unwrap_or_default(),
        }
    }
}

/// A soft failure: `what` does not start here.
pub fn missing<'a, T>(input: Tokens<'a>, what: &'static str) -> Parsed<'a, T> {
    Err(Err::Error(Problem::Expected { at: input.span(), what }))
}

/// A firm failure with its own diagnostic.
pub fn fail<'a, T>(diagnostic: Diagnostic) -> Parsed<'a, T> {
    Err(Err::Failure(Problem::Said(Box::new(diagnostic))))
}

/// A firm failure: `what` was expected here.
pub fn expected<'a, T>(input: Tokens<'a>, what: &str) -> Parsed<'a, T> {
    fail(expectation(input, what))
}

/// `expected x, found y`, with a word of help where the found token is a usual slip.
pub fn expectation(input: Tokens<'_>, what: &str) -> Diagnostic {
    let text = input.text(0);
    let found = match input.first() {
        None => format!("expected {what}, but the text ends here"),
        Some(_) => format!("expected {what}, found `{}`", shorten(text)),
    };
    let code = match what {
        "an expression" | "a value" => Code::MissingExpression,
        "a name" => Code::MissingName,
        _ => Code::UnexpectedToken,
    };
    let diagnostic = Diagnostic::error(code, input.span(), found);
    match help(input) {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    }
}

fn help(input: Tokens<'_>) -> Option<String> {
    let text = input.text(0);
    Some(match input.kind(0)? {
        TokenKind::Assign => "`==` compares; `=` gives a name".to_owned(),
        TokenKind::Name if text == "not" => "write `not(...)` with parentheses".to_owned(),
        TokenKind::Name if matches!(text, "AND" | "OR" | "IN" | "BETWEEN" | "BY" | "ON") => {
            format!("keywords are lower case: `{}`", text.to_lowercase())
        }
        TokenKind::Name if crate::syntax::keyword::is_reserved(text) => {
            format!("`{text}` is a keyword; as a name it is written `['{text}']`")
        }
        _ => return None,
    })
}

/// The first words of a long token.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// The diagnostic of a failure, soft or firm, where no other reading is left.
pub fn diagnostic(input: Tokens<'_>, error: Err<Problem>) -> Diagnostic {
    match error {
        Err::Error(Problem::Said(said)) | Err::Failure(Problem::Said(said)) => *said,
        Err::Error(Problem::Expected { at, what }) | Err::Failure(Problem::Expected { at, what }) => {
            expectation(input.skip_to(at), what)
        }
        Err::Incomplete(_) => expectation(input, "more"),
    }
}
