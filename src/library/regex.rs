//! Regular expressions, compiled once for a thread.
//!
//! In: patterns as KQL has them. Out: what the compiled expression says. A pattern that only RE2 takes is put into the terms
//! of the crate first. A broken one matches nothing; where it is a constant, [`check`] has refused the query before.

use regex::Regex;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write;
use std::iter::Peekable;
use std::str::Chars;

/// Patterns that a thread keeps. A query has a few; a column of patterns must not fill the memory.
const KEPT: usize = 256;

thread_local! {
    static COMPILED: RefCell<HashMap<String, Option<Regex>>> = RefCell::new(HashMap::new());
}

/// The compiled pattern; `None` when it is broken. A clone of a regex is a count.
pub(crate) fn compiled(pattern: &str) -> Option<Regex> {
    COMPILED.with_borrow_mut(|kept| {
        if let Some(regex) = kept.get(pattern) {
            return regex.clone();
        }
        if kept.len() >= KEPT {
            kept.clear();
        }
        let regex = compile(pattern).ok();
        kept.insert(pattern.to_owned(), regex.clone());
        regex
    })
}

/// What is wrong with a pattern.
pub(crate) fn check(pattern: &str) -> Result<(), String> {
    if compiled(pattern).is_some() {
        return Ok(());
    }
    let cause = Regex::new(pattern).err().map(|e| e.to_string()).unwrap_or_default();
    // The last line of the crate's message names the cause; those above draw the pattern.
    let cause = cause.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
    Err(format!("`{pattern}` is no regular expression: {cause}"))
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(pattern).or_else(|error| Regex::new(&from_re2(pattern)).map_err(|_| error))
}

/// The pattern with what RE2 reads as it stands, and the crate does not, escaped: `[` in a class, `{` that counts nothing,
/// and octal `\0`.
fn from_re2(pattern: &str) -> String {
    let mut escaped = String::with_capacity(pattern.len() + 4);
    let mut rest = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(c) = rest.next() {
        match c {
            '\\' => escape(&mut rest, &mut escaped),
            '[' if in_class && rest.peek() == Some(&':') => {
                escaped.push('[');
                named_class(&mut rest, &mut escaped);
            }
            '[' if in_class => escaped.push_str("\\["),
            '[' => {
                in_class = true;
                escaped.push('[');
                // A `]` that comes first stands for itself.
                for first in ['^', ']'] {
                    escaped.extend(rest.next_if_eq(&first));
                }
            }
            ']' => {
                in_class = false;
                escaped.push(']');
            }
            '{' if !in_class && !is_count(rest.clone()) => escaped.push_str("\\{"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// The rest of `[:alpha:]`.
fn named_class(rest: &mut Peekable<Chars<'_>>, escaped: &mut String) {
    for c in rest.by_ref() {
        escaped.push(c);
        if c == ']' {
            break;
        }
    }
}

/// What follows a backslash.
fn escape(rest: &mut Peekable<Chars<'_>>, escaped: &mut String) {
    match rest.next() {
        Some('0') => {
            let digits = (0..2).map_while(|_| rest.next_if(|c| c.is_digit(8)));
            let code = digits.fold(0, |code, digit| code * 8 + digit.to_digit(8).unwrap_or(0));
            // Writing to a string cannot fail.
            let _ = write!(escaped, "\\x{{{code:x}}}");
        }
        other => {
            escaped.push('\\');
            escaped.extend(other);
        }
    }
}

/// Whether `2}`, `2,}` or `2,4}` comes: the rest of a counted repetition.
fn is_count(mut rest: Peekable<Chars<'_>>) -> bool {
    let mut digits = 0;
    while rest.next_if(char::is_ascii_digit).is_some() {
        digits += 1;
    }
    if rest.next_if_eq(&',').is_some() {
        while rest.next_if(char::is_ascii_digit).is_some() {}
    }
    digits > 0 && rest.next() == Some('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(pattern: &str, text: &str) -> bool {
        compiled(pattern).is_some_and(|regex| regex.is_match(text))
    }

    #[test]
    fn what_re2_reads_as_it_stands() {
        assert!(finds(r"^[[{(]+$", "[{("));
        assert!(finds(r#"{"id":\d{2,3}}"#, r#"{"id":123}"#));
        assert!(finds(r"^a{,2}$", "a{,2}"));
        assert!(finds(r"\0", "\0"));
        assert!(finds(r"^[]a]+$", "]a"));
        assert!(finds(r"^[[:digit:][{]+$", "7[{"));
    }

    #[test]
    fn what_nothing_reads() {
        assert!(check("(").is_err());
        assert!(check("(?=a)").is_err());
        assert!(check("a{2}").is_ok());
    }
}
