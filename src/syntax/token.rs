//! Tokens: what kind of piece a stretch of the text is, and where it stands. The text itself stays in the source.

use crate::diagnostic::Span;
use crate::value::Type;

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of tokens. KQL's keywords are contextual, so most of them are plain [`TokenKind::Name`]s here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// `abc`, `_x`, `$left`, `3Dchart`: a name, or a keyword that looks like one.
    Name,
    /// A keyword that is no name: with a hyphen (`mv-expand`), a tilde (`in~`) or an exclamation mark (`!has`).
    Keyword,
    /// Any spelling of a string literal.
    String,
    /// `12`, `0x1F`
    Number,
    /// `1.5`, `1e3`
    Real,
    /// `1h`, `1.5d`
    Timespan,
    /// `true`, `False` ...
    Bool,
    /// `long(1)`, `datetime(2024-01-01)`: a type name and what its parentheses hold.
    Typed(Type),
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `|`
    Pipe,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// `:`
    Colon,
    /// `.`
    Dot,
    /// `..`
    DotDot,
    /// `=`
    Assign,
    /// `==`
    Equal,
    /// `!=` and `<>`
    NotEqual,
    /// `=~`
    EqualTilde,
    /// `!~`
    NotEqualTilde,
    /// `=>`
    Arrow,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `%`
    Percent,
    /// `// ...`, up to the end of its line. The parser does not see it, `format` keeps it.
    Comment,
    /// Something that a diagnostic has been given for.
    Bad,
}

impl TokenKind {
    /// The closing bracket of an opening one.
    pub const fn closing(self) -> Option<TokenKind> {
        match self {
            TokenKind::OpenParen => Some(TokenKind::CloseParen),
            TokenKind::OpenBracket => Some(TokenKind::CloseBracket),
            TokenKind::OpenBrace => Some(TokenKind::CloseBrace),
            _ => None,
        }
    }

    /// True for `)`, `]` and `}`.
    pub const fn is_closing(self) -> bool {
        matches!(self, TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseBrace)
    }
}
