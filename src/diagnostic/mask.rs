//! Obfuscated string literals in a line that is shown.
//!
//! In: a line of a query. Out: the same line, with a star for each character inside of `h"..."`, `h'...'` and their verbatim
//! forms: they hold keys and signatures, and what is printed is often passed on.

/// The line with its secrets starred, as long as before.
pub(super) fn masked(line: &[char]) -> Vec<char> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    let mut in_word = false;
    while let [first, ..] = rest {
        let hidden = !in_word && matches!(first, 'h' | 'H');
        let opening = match rest {
            ['h' | 'H', '@', '"' | '\'', ..] if hidden => Some(3),
            ['h' | 'H', '"' | '\'', ..] if hidden => Some(2),
            ['@', '"' | '\'', ..] => Some(2),
            ['"' | '\'', ..] => Some(1),
            _ => None,
        };
        let Some(opening) = opening else {
            in_word = first.is_alphanumeric() || *first == '_';
            out.push(*first);
            rest = rest.get(1..).unwrap_or_default();
            continue;
        };
        let (start, inside) = rest.split_at(opening);
        let verbatim = start.contains(&'@');
        let length = length(inside, start.last().copied().unwrap_or('"'), verbatim);
        let (text, after) = inside.split_at(length.min(inside.len()));
        out.extend(start);
        out.extend(text.iter().map(|c| if hidden { '*' } else { *c }));
        // The closing quote, if there is one.
        out.extend(after.first());
        rest = after.get(1..).unwrap_or_default();
        in_word = false;
    }
    out
}

/// A text with its secrets starred, for whoever shows tokens or trees.
pub fn mask(text: &str) -> String {
    masked(&text.chars().collect::<Vec<char>>()).into_iter().collect()
}

/// Characters up to the closing quote.
fn length(inside: &[char], quote: char, verbatim: bool) -> usize {
    let mut at = 0;
    while let Some(rest) = inside.get(at..).filter(|rest| !rest.is_empty()) {
        match rest {
            ['\\', _, ..] if !verbatim => at += 2,
            [a, b, ..] if verbatim && *a == quote && *b == quote => at += 2,
            [a, ..] if *a == quote => return at,
            _ => at += 1,
        }
    }
    inside.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_obfuscated_texts_are_starred() {
        for (line, shown) in [
            (r#"f(h"a;b", 'h"c"')"#, r#"f(h"***", 'h"c"')"#),
            (r"[H@'x''y\', h'it\'s']", r"[H@'*****', h'*****']"),
            ("h'never closed", "h'************"),
            ("hash = oh'x'", "hash = oh'x'"),
        ] {
            let line: Vec<char> = line.chars().collect();
            assert_eq!(masked(&line).into_iter().collect::<String>(), shown);
        }
    }
}
