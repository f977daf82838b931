//! What a string literal says: quotes taken off, escapes resolved.

use crate::diagnostic::{Code, Diagnostic, Span};

/// The value of a string token, and what is wrong with its escapes.
pub fn decode(written: &str, span: Span) -> (String, Vec<Diagnostic>) {
    let body = written.trim_start_matches(['h', 'H']);
    let skipped = written.len() - body.len();
    if body.starts_with("```") || body.starts_with("~~~") {
        return (inside(body, 3, 3).to_owned(), vec![]);
    }
    if body.starts_with('@') {
        let quote = body.chars().nth(1).unwrap_or('"');
        return (inside(body, 2, 1).replace(&format!("{quote}{quote}"), &quote.to_string()), vec![]);
    }
    let content = inside(body, 1, 1);
    if !content.contains('\\') {
        return (content.to_owned(), vec![]);
    }
    unescape(content, span, span.start as usize + skipped + 1)
}

fn inside(text: &str, before: usize, after: usize) -> &str {
    text.get(before..text.len().saturating_sub(after)).unwrap_or("")
}

/// Resolves the escapes of a text that starts at a byte of the source.
fn unescape(content: &str, span: Span, start: usize) -> (String, Vec<Diagnostic>) {
    let mut text = String::with_capacity(content.len());
    let mut found = Vec::new();
    let mut rest = content;
    while let Some(at) = rest.find('\\') {
        let (plain, escaped) = rest.split_at(at);
        text.push_str(plain);
        match escape(escaped) {
            Some((c, length)) => {
                text.push(c);
                rest = escaped.get(length..).unwrap_or("");
            }
            None => {
                let offset = start + content.len() - escaped.len();
                let length = 1 + escaped.chars().nth(1).map_or(0, char::len_utf8);
                found.push(bad_escape(
                    escaped.get(..length).unwrap_or("\\"),
                    Span::new(offset, offset + length, span.source),
                ));
                rest = escaped.get(length..).unwrap_or("");
            }
        }
    }
    text.push_str(rest);
    (text, found)
}

fn bad_escape(written: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code::BadEscape, span, format!("`{written}` is no escape"))
        .with_help("double the backslash, or put `@` before the string to take backslashes as they are")
}

/// The character of an escape at the start of a text, and the escape's length in bytes.
fn escape(text: &str) -> Option<(char, usize)> {
    let simple = |c: char| Some((c, 2));
    match text.chars().nth(1)? {
        '\\' => simple('\\'),
        '\'' => simple('\''),
        '"' => simple('"'),
        'a' => simple('\u{7}'),
        'b' => simple('\u{8}'),
        'f' => simple('\u{c}'),
        'n' => simple('\n'),
        'r' => simple('\r'),
        't' => simple('\t'),
        'v' => simple('\u{b}'),
        'x' => Some((char::from_u32(hex(text, 2, 2)?)?, 4)),
        'U' => Some((char::from_u32(hex(text, 2, 8)?)?, 10)),
        'u' => utf16(text),
        '0'..='7' => octal(text),
        _ => None,
    }
}

/// `count` hexadecimal digits from a byte on.
fn hex(text: &str, from: usize, count: usize) -> Option<u32> {
    let digits = text.get(from..from + count)?;
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

/// `\u263A`, or the two halves of a character outside the basic plane: `\uD83D\uDE00`.
fn utf16(text: &str) -> Option<(char, usize)> {
    let high = hex(text, 2, 4)?;
    if let Some(c) = char::from_u32(high) {
        return Some((c, 6));
    }
    let low = if text.get(6..8)? == "\\u" { hex(text, 8, 4)? } else { return None };
    if !(0xD800..0xDC00).contains(&high) || !(0xDC00..0xE000).contains(&low) {
        return None;
    }
    Some((char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))?, 12))
}

/// Up to three octal digits, at most `\377`.
fn octal(text: &str) -> Option<(char, usize)> {
    let digits: String = text.chars().skip(1).take(3).take_while(|c| ('0'..='7').contains(c)).collect();
    let most = if digits.len() == 3 && digits.as_str() > "377" { 2 } else { digits.len() };
    let code = u32::from_str_radix(digits.get(..most)?, 8).ok()?;
    Some((char::from_u32(code)?, 1 + most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceId;

    fn value(written: &str) -> String {
        let (value, found) = decode(written, Span::new(0, written.len(), SourceId(0)));
        assert!(found.is_empty(), "{written}");
        value
    }

    #[test]
    fn quotes_come_off_and_escapes_resolve() {
        assert_eq!(value(r#""a\tb\\c\"d""#), "a\tb\\c\"d");
        assert_eq!(value(r"'\x41\u0042\U00000043\104\0'"), "ABCD\0");
        assert_eq!(value(r"'\uD83D\uDE00'"), "😀");
        assert_eq!(value(r#"h@"C:\x""y""#), "C:\\x\"y");
        assert_eq!(value("```a\\n'b'\n```"), "a\\n'b'\n");
    }

    #[test]
    fn a_bad_escape_is_pointed_at() {
        let (_, found) = decode(r"'C:\Windows'", Span::new(10, 22, SourceId(0)));
        let spans: Vec<_> = found.iter().filter_map(|d| d.span).map(|s| (s.start, s.end)).collect();
        assert_eq!(spans, [(13, 15)]);
    }
}
