//! Makes text of unknown origin safe to show on a terminal.
//!
//! Command lines and file names of telemetry are written by attackers: an escape sequence in them must not reach the
//! terminal, and a character that reverses the direction of writing must not hide an extension.

use std::borrow::Cow;
use std::fmt::Write;

/// True for characters that act on a terminal rather than show: C0 and C1 controls, line separators, and the marks that
/// change the direction of writing.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// The text with every acting character written as an escape (`\n`, `\x1b`, `\u{202e}`).
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_ascii() && acts(c) => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if acts(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_gets_through() {
        assert_eq!(visible("C:\\tmp\\ä 你.exe"), "C:\\tmp\\ä 你.exe");
        assert_eq!(visible("a\u{1b}]0;x\u{7}\n\u{9b}2J"), "a\\x1b]0;x\\x07\\n\\u{9b}2J");
        assert_eq!(visible("gpj.\u{202e}exe"), "gpj.\\u{202e}exe");
    }
}
