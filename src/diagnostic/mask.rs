//! Secrets in a line that is shown.
//!
//! In: a line of a query. Out: the same line, with a star for each character inside of `h"..."`, `h'...'` and their verbatim
//! forms, and in other texts for each character of an address that lets somebody in: they hold keys and signatures, and what is
//! printed is often passed on.

/// Names of parameters of an address whose values are secrets.
pub const SECRET_PARAMETERS: &[&str] = &[
    "sig",
    "signature",
    "token",
    "access_token",
    "auth",
    "auth_key",
    "authkey",
    "api_key",
    "apikey",
    "api-key",
    "key",
    "code",
    "password",
    "passwd",
    "pwd",
    "secret",
    "client_secret",
];

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
        match hidden {
            true => out.extend(text.iter().map(|_| '*')),
            false => out.extend(without_secrets(text)),
        }
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

/// A text with stars, when it is an address: for the user name and the password, for values of parameters that are named like
/// keys, and for the options after `;`, of which one may be the key of a storage account.
fn without_secrets(text: &[char]) -> Vec<char> {
    let Some(scheme) = text.windows(3).position(|w| w == [':', '/', '/']) else { return text.to_vec() };
    let mut out = text.to_vec();
    let mut star = |from: usize, to: usize| {
        for c in out.get_mut(from..to).unwrap_or_default() {
            *c = '*';
        }
    };
    let find = |from: usize, to: usize, wanted: &[char]| {
        text.get(from..to).and_then(|piece| piece.iter().position(|c| wanted.contains(c))).map(|at| from + at)
    };
    let start = scheme + 3;
    let options = find(start, text.len(), &[';']).unwrap_or(text.len());
    star(options + 1, text.len());
    let host_end = find(start, options, &['/', '?', '#']).unwrap_or(options);
    let user_end = text.get(start..host_end).and_then(|host| host.iter().rposition(|c| *c == '@'));
    star(start, user_end.map_or(start, |at| start + at));
    let mut at = find(start, options, &['?']).map_or(options, |at| at + 1);
    while at < options {
        let end = find(at, options, &['&', '#']).unwrap_or(options);
        if let Some(equals) = find(at, end, &['=']) {
            let name: String = text.get(at..equals).unwrap_or_default().iter().collect();
            if SECRET_PARAMETERS.iter().any(|secret| secret.eq_ignore_ascii_case(&name)) {
                star(equals + 1, end);
            }
        }
        at = end + 1;
    }
    out
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
    fn addresses_keep_what_lets_nobody_in() {
        for (line, shown) in [
            ("['https://a.example/x?days=7&sig=a%2F#b']", "['https://a.example/x?days=7&sig=****#b']"),
            ("x 'https://me:pw@a.example' y@z", "x 'https://*****@a.example' y@z"),
            (r#""https://a.example/c/u.txt;c2V=" ; z"#, r#""https://a.example/c/u.txt;****" ; z"#),
            (r#""https://a.example?SIG=abc"#, r#""https://a.example?SIG=***"#),
            ("'no address ?sig=1;2'", "'no address ?sig=1;2'"),
        ] {
            assert_eq!(mask(line), shown);
        }
    }

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
