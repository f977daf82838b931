//! The text of a rule: places to spans, and the few tokens that a compiled script forgets.
//!
//! In: the source. Out: spans of words, the cases of a switch, the words of a condition. Never: a judgement.

use crate::diagnostic::{Source, SourceId, Span};
use rhai::Position;

/// The source with its tokens.
pub(super) struct Text<'a> {
    source: &'a str,
    lines: Vec<usize>,
    tokens: Vec<Span>,
}

impl<'a> Text<'a> {
    pub(super) fn new(source: &'a Source) -> Text<'a> {
        let text = source.text.as_str();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Text { source: text, lines, tokens: tokens(text) }
    }

    /// The byte of a position.
    pub(super) fn offset(&self, at: Position) -> usize {
        let start = at.line().and_then(|l| self.lines.get(l - 1)).copied().unwrap_or(self.source.len());
        let rest = self.source.get(start..).unwrap_or_default();
        let column = at.position().unwrap_or(1).saturating_sub(1);
        start + rest.char_indices().nth(column).map_or(rest.len(), |(offset, _)| offset)
    }

    /// The token at a position.
    pub(super) fn word(&self, at: Position) -> Span {
        let offset = self.offset(at);
        match self.tokens.get(self.index(offset)) {
            Some(token) if (token.start as usize) <= offset => *token,
            _ => Span::new(offset, offset, SourceId(0)),
        }
    }

    /// The name of the function whose body begins at a position; of a closure the beginning.
    pub(super) fn function(&self, body: Position, name: &str) -> Span {
        let end = self.index(self.offset(body));
        let before = self.tokens.get(..end).unwrap_or_default();
        before.iter().rev().find(|t| self.slice(**t) == name).copied().unwrap_or_else(|| self.word(body))
    }

    pub(super) fn slice(&self, span: Span) -> &'a str {
        self.source.get(span.range()).unwrap_or_default()
    }

    /// The first token that ends after a byte.
    fn index(&self, offset: usize) -> usize {
        self.tokens.partition_point(|t| t.end as usize <= offset)
    }

    /// The words of the condition that follows a keyword, without spaces and comments, and its span.
    pub(super) fn condition(&self, keyword: Position) -> (String, Span) {
        let start = self.index(self.offset(keyword)) + 1;
        let mut words = String::new();
        let mut span: Option<Span> = None;
        let mut depth = 0;
        let mut before = "";
        for token in self.tokens.get(start..).unwrap_or_default() {
            let word = self.slice(*token);
            match word {
                "{" if depth == 0 && before != "#" => break,
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            words.push_str(word);
            words.push(' ');
            span = Some(span.map_or(*token, |s| s.to(*token)));
            before = word;
        }
        (words, span.unwrap_or_else(|| self.word(keyword)))
    }

    /// The literals of a list that begins at a position.
    pub(super) fn list(&self, at: Position) -> Vec<Span> {
        let start = self.index(self.offset(at)) + 1;
        let inside = self.tokens.get(start..).unwrap_or_default().iter();
        inside.take_while(|t| self.slice(**t) != "]").filter(|t| self.slice(**t) != ",").copied().collect()
    }

    /// The texts of the case whose right side starts at a position: its literals, and whether it has a condition.
    pub(super) fn case(&self, right: Position) -> (Vec<Span>, bool) {
        let mut at = self.index(self.offset(right));
        let word = |at: usize| self.tokens.get(at).map_or("", |t| self.slice(*t));
        while at > 0 && word(at) != "=>" {
            at -= 1;
        }
        let (mut literals, mut guarded, mut depth) = (Vec::new(), false, 0);
        while at > 0 {
            at -= 1;
            match word(at) {
                ")" | "]" => depth += 1,
                "(" | "[" => depth -= 1,
                "," | "{" | "}" if depth <= 0 => break,
                "if" if depth == 0 => {
                    guarded = true;
                    literals.clear();
                }
                _ => literals.extend(self.tokens.get(at).filter(|t| self.slice(**t) != "|")),
            }
        }
        literals.reverse();
        (literals, guarded)
    }
}

/// The tokens of a script without its comments: names, literals, the signs of more than one character that matter, signs.
fn tokens(text: &str) -> Vec<Span> {
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let here = byte(at);
        let rest = text.get(at..).unwrap_or_default();
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else if rest.starts_with("/*") {
            at = comment_end(bytes, at);
            continue;
        } else if here.is_ascii_whitespace() {
            at += 1;
            continue;
        } else if here == b'"' || here == b'\'' || here == b'`' {
            at = quoted_end(bytes, at);
        } else if here.is_ascii_alphanumeric() || here == b'_' {
            while byte(at).is_ascii_alphanumeric() || byte(at) == b'_' {
                at += 1;
            }
        } else {
            let two = ["=>", "==", "!=", "<=", ">=", "&&", "||", "??", "?.", "+=", "-=", ".."];
            at +=
                if two.iter().any(|t| rest.starts_with(t)) { 2 } else { rest.chars().next().map_or(1, char::len_utf8) };
        }
        tokens.push(Span::new(start, at, SourceId(0)));
    }
    tokens
}

fn comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start + 2, 1);
    while at < bytes.len() && depth > 0 {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'*'), Some(b'/')) => (at, depth) = (at + 2, depth - 1),
            (Some(b'/'), Some(b'*')) => (at, depth) = (at + 2, depth + 1),
            _ => at += 1,
        }
    }
    at
}

/// One past the closing quote, or the end of the text. A text in backticks is one token with all that is inserted into it.
fn quoted_end(bytes: &[u8], start: usize) -> usize {
    let quote = bytes.get(start).copied().unwrap_or(b'"');
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if quote != b'`' => at += 2,
            b if *b == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}
