//! The tokens of one JSON object or array, without a tree.
//!
//! In: the text of a row. Out: its members as slices of that text. Numbers stay text, so that 64 bits and fractions arrive
//! whole; nested values stay text too. Never repairs: what is no JSON is a reason.

use memchr::{memchr, memchr2};
use std::borrow::Cow;

/// Why something cannot be read, in the user's words.
pub type Reason = Cow<'static, str>;

/// A JSON value as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number, as written.
    Number(&'a str),
    /// What stands between the quotes; `escaped` when it holds a backslash.
    Text {
        /// The text between the quotes.
        raw: &'a str,
        /// Whether it must be unescaped.
        escaped: bool,
    },
    /// An object or array, as written.
    Nested(&'a str),
}

impl<'a> Token<'a> {
    /// The text of a string token, unescaped.
    pub fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Token::Text { raw, escaped: false } => Some(Cow::Borrowed(raw)),
            Token::Text { raw, escaped: true } => Some(Cow::Owned(unescape(raw))),
            _ => None,
        }
    }

    /// The value as compact JSON text; what is compact already is borrowed.
    pub fn json(self) -> Cow<'a, str> {
        match self {
            Token::Null => Cow::Borrowed("null"),
            Token::Bool(true) => Cow::Borrowed("true"),
            Token::Bool(false) => Cow::Borrowed("false"),
            Token::Number(raw) => Cow::Borrowed(raw),
            Token::Text { raw, .. } => Cow::Owned(format!("\"{raw}\"")),
            Token::Nested(raw) => compact(raw),
        }
    }
}

/// A reader of tokens.
#[derive(Clone, Debug)]
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// Whether the inside of nested values is checked; not where somebody will read it anyway.
    checks: bool,
}

const BROKEN: Reason = Cow::Borrowed("the JSON is broken");
const CUT_OFF: Reason = Cow::Borrowed("the JSON ends too early");

impl<'a> Scanner<'a> {
    /// Starts at the beginning of a text.
    pub fn new(text: &'a str) -> Self {
        Scanner { text, at: 0, checks: true }
    }

    /// As [`Scanner::new`], leaving nested values unchecked: for envelopes, whose rows are read next.
    pub fn of_envelope(text: &'a str) -> Self {
        Scanner { text, at: 0, checks: false }
    }

    /// How far it has read.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The next byte that is no space, not taken.
    pub fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(self.at) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Takes a byte if it comes next.
    pub fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// The next value.
    ///
    /// # Errors
    /// When there is none, or it is no JSON.
    pub fn value(&mut self) -> Result<Token<'a>, Reason> {
        match self.peek().ok_or(CUT_OFF)? {
            b'"' => self.string(),
            b'{' | b'[' => self.nested(),
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.word(),
        }
    }

    fn string(&mut self) -> Result<Token<'a>, Reason> {
        let start = self.at + 1;
        let (end, escaped) = self.string_end(start)?;
        self.at = end + 1;
        Ok(Token::Text { raw: self.slice(start, end)?, escaped })
    }

    /// The place of the closing quote of the string whose text starts at `start`.
    fn string_end(&self, start: usize) -> Result<(usize, bool), Reason> {
        let (mut at, mut escaped) = (start, false);
        loop {
            let rest = self.text.as_bytes().get(at..).ok_or(CUT_OFF)?;
            let found = at + quote_or_backslash(rest).ok_or(CUT_OFF)?;
            if self.text.as_bytes().get(found) == Some(&b'"') {
                return Ok((found, escaped));
            }
            escaped = true;
            at = found + 2;
        }
    }

    /// An object or array as a whole. Brackets and strings are followed here; the rest of its grammar is checked by serde.
    fn nested(&mut self) -> Result<Token<'a>, Reason> {
        let raw = self.skip_nested()?;
        if self.checks {
            serde_json::from_str::<serde::de::IgnoredAny>(raw).map_err(|_| BROKEN)?;
        }
        Ok(Token::Nested(raw))
    }

    /// Passes over an object or array without checking what is inside.
    ///
    /// # Errors
    /// When it does not end.
    pub fn skip_nested(&mut self) -> Result<&'a str, Reason> {
        let start = self.at;
        let mut depth = 0usize;
        loop {
            match self.text.as_bytes().get(self.at).ok_or(CUT_OFF)? {
                b'"' => self.at = self.string_end(self.at + 1)?.0,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return self.slice(start, self.at);
            }
        }
    }

    fn number(&mut self) -> Result<Token<'a>, Reason> {
        let raw = self.take(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))?;
        if is_number(raw) { Ok(Token::Number(raw)) } else { Err(BROKEN) }
    }

    fn word(&mut self) -> Result<Token<'a>, Reason> {
        match self.take(|b| b.is_ascii_alphabetic())? {
            "null" => Ok(Token::Null),
            "true" => Ok(Token::Bool(true)),
            "false" => Ok(Token::Bool(false)),
            _ => Err(BROKEN),
        }
    }

    fn take(&mut self, accepts: impl Fn(u8) -> bool) -> Result<&'a str, Reason> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).copied().is_some_and(&accepts) {
            self.at += 1;
        }
        self.slice(start, self.at)
    }

    fn slice(&self, start: usize, end: usize) -> Result<&'a str, Reason> {
        self.text.get(start..end).ok_or(BROKEN)
    }

    /// Calls `each` for every member of an object.
    ///
    /// # Errors
    /// When it is no object, is broken, or `each` says so.
    pub fn members(&mut self, mut each: impl FnMut(Token<'a>, Token<'a>) -> Result<(), Reason>) -> Result<(), Reason> {
        if !self.eat(b'{') {
            return Err("a JSON object was expected".into());
        }
        if self.eat(b'}') {
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(BROKEN);
            }
            let key = self.string()?;
            if !self.eat(b':') {
                return Err(BROKEN);
            }
            each(key, self.value()?)?;
            if !self.eat(b',') {
                return if self.eat(b'}') { Ok(()) } else { Err(BROKEN) };
            }
        }
    }

    /// Passes over what is left of an object behind one of its values.
    ///
    /// # Errors
    /// When it is broken, or has one of these names again.
    pub fn rest_of_object(&mut self, names: &[&str]) -> Result<(), Reason> {
        while self.eat(b',') {
            if self.peek() != Some(b'"') {
                return Err(BROKEN);
            }
            let name = self.string()?;
            if name.text().is_some_and(|name| names.contains(&&*name)) || !self.eat(b':') {
                return Err(BROKEN);
            }
            self.value()?;
        }
        if self.eat(b'}') { Ok(()) } else { Err(BROKEN) }
    }

    /// Calls `each` for every item of an array.
    ///
    /// # Errors
    /// When it is no array, is broken, or `each` says so.
    pub fn items(&mut self, mut each: impl FnMut(Token<'a>) -> Result<(), Reason>) -> Result<(), Reason> {
        if !self.eat(b'[') {
            return Err("a JSON array was expected".into());
        }
        if self.eat(b']') {
            return Ok(());
        }
        loop {
            each(self.value()?)?;
            if !self.eat(b',') {
                return if self.eat(b']') { Ok(()) } else { Err(BROKEN) };
            }
        }
    }

    /// Holds that nothing but spaces is left.
    ///
    /// # Errors
    /// When something is.
    pub fn end(&mut self) -> Result<(), Reason> {
        if self.peek().is_none() { Ok(()) } else { Err("there is more text after the JSON object".into()) }
    }
}

/// Most strings are short: the first bytes are looked at one by one, which is faster than to set up a search.
fn quote_or_backslash(bytes: &[u8]) -> Option<usize> {
    const NEAR: usize = 16;
    let near = bytes.get(..NEAR).unwrap_or(bytes);
    if let Some(found) = near.iter().position(|b| matches!(b, b'"' | b'\\')) {
        return Some(found);
    }
    memchr2(b'"', b'\\', bytes.get(NEAR..)?).map(|found| found + NEAR)
}

/// JSON's grammar of numbers.
pub fn is_number(text: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let plain = digits(whole) && (whole == "0" || !whole.starts_with('0'));
    plain && fraction.is_none_or(digits) && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

/// Undoes JSON's escapes. Half a surrogate pair becomes U+FFFD; an unknown escape stands for its character.
fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr(b'\\', rest.as_bytes()) {
        let (plain, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let mut chars = tail.chars();
        chars.next();
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                rest = unicode_escape(tail, &mut out);
                continue;
            }
            Some(c) => out.push(c),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out
}

/// Reads `\uXXXX`, or two of them that make one character; returns what follows.
fn unicode_escape<'a>(text: &'a str, out: &mut String) -> &'a str {
    let unit = |s: &str| s.strip_prefix("\\u").and_then(|s| u16::from_str_radix(s.get(..4)?, 16).ok());
    let Some(first) = unit(text) else {
        out.push('\u{fffd}');
        return text.get(2..).unwrap_or("");
    };
    let rest = text.get(6..).unwrap_or("");
    if let Some(second) = unit(rest).filter(|_| (0xD800..0xDC00).contains(&first))
        && let Some(Ok(c)) = char::decode_utf16([first, second]).next()
    {
        out.push(c);
        return rest.get(6..).unwrap_or("");
    }
    out.push(char::from_u32(u32::from(first)).unwrap_or('\u{fffd}'));
    rest
}

/// JSON without spaces between its parts and without needless escapes, as Kusto shows a dynamic value: text searches see
/// the characters that are meant.
pub fn compact(raw: &str) -> Cow<'_, str> {
    let bytes = raw.as_bytes();
    let needless = memchr::memmem::find(bytes, b"\\u").is_some() || memchr::memmem::find(bytes, b"\\/").is_some();
    if needless && let Ok(value) = serde_json::from_str::<serde_json::Value>(raw) {
        // Numbers beyond 64 bits would change on the way: then the escapes stay.
        if !has_long_number(raw) {
            return Cow::Owned(value.to_string());
        }
    }
    if spaces(raw).next().is_none() {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut from = 0;
    for at in spaces(raw) {
        out.push_str(raw.get(from..at).unwrap_or(""));
        from = at + 1;
    }
    out.push_str(raw.get(from..).unwrap_or(""));
    Cow::Owned(out)
}

/// Places of spaces outside of strings.
fn spaces(raw: &str) -> impl Iterator<Item = usize> + '_ {
    let (mut quoted, mut escape) = (false, false);
    raw.bytes().enumerate().filter_map(move |(at, b)| {
        if quoted {
            (quoted, escape) = (escape || b != b'"', !escape && b == b'\\');
            return None;
        }
        quoted = b == b'"';
        matches!(b, b' ' | b'\n' | b'\r' | b'\t').then_some(at)
    })
}

/// Whether a run of more than 16 digits is anywhere: a number that a double may not hold.
fn has_long_number(raw: &str) -> bool {
    let mut run = 0;
    raw.bytes().any(|b| {
        run = if b.is_ascii_digit() { run + 1 } else { 0 };
        run > 16
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, Token<'_>)>, Reason> {
        let mut out = vec![];
        let mut scanner = Scanner::new(text);
        scanner.members(|key, value| {
            out.push((key.text().unwrap().into_owned(), value));
            Ok(())
        })?;
        scanner.end()?;
        Ok(out)
    }

    #[test]
    fn reads_members_as_slices() {
        let row = read(r#" {"a" : 639199803770463703, "b\n":"x\"y", "c":{"d":[1, "}"]}, "e":null} "#).unwrap();
        assert_eq!(row[0], ("a".into(), Token::Number("639199803770463703")));
        assert_eq!(row[1].0, "b\n");
        assert_eq!(row[1].1.text().unwrap(), "x\"y");
        assert_eq!(row[2].1.json(), r#"{"d":[1,"}"]}"#);
        assert_eq!(row[3].1, Token::Null);
    }

    #[test]
    fn refuses_what_is_broken() {
        for text in
            ["", "{", r#"{"a":1"#, r#"{"a":01}"#, r#"{"a":1}x"#, r#"{"a" 1}"#, r#"{"a":{"b":}}"#, "[1]", r#"{"a":"x}"#]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn unescapes() {
        let token = |raw| Token::Text { raw, escaped: true }.text().unwrap().into_owned();
        assert_eq!(token(r"C:\\Windows\/\u00e9\ud83d\ude00\ud83d!"), "C:\\Windows/é😀\u{fffd}!");
        assert_eq!(compact(r#"{ "a\" b" : "\u003c", "n": 1 }"#), r#"{"a\" b":"<","n":1}"#);
    }
}
