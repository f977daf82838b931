//! What is wrong with a configuration, in words.
//!
//! In: TOML's own error. Out: the line, and what was expected there. Never: a value of the file, which may be a secret in the
//! wrong place.

/// Keys under which somebody may look for a place for a secret.
const SECRETS: [&str; 6] = ["client_secret", "secret", "password", "token", "key", "certificate_password"];
/// Beginnings of messages that go on with the value that was found.
const FOUND: [&str; 2] = ["invalid type: ", "invalid value: "];
/// The longest key that is told.
const KEY: usize = 40;

/// What is wrong with a text, and in which line.
pub(super) fn told(error: &toml::de::Error, text: &str) -> String {
    let mut message = without_value(error.message());
    for (rust, word) in [("a sequence", "a list"), ("u64", "a whole number from 0"), ("a map", "a table")] {
        message = message.replace(&format!("expected {rust}"), &format!("expected {word}"));
    }
    if let Some((before, _)) = message.split_once("expected struct ") {
        message = format!("{before}expected a table");
    }
    match error.span().and_then(|span| text.get(..span.start)) {
        Some(before) => format!("line {}: {message}", before.matches('\n').count() + 1),
        None => message,
    }
}

/// The message without what the file says there.
fn without_value(message: &str) -> String {
    for start in FOUND {
        if let Some(rest) = message.strip_prefix(start) {
            // A text that was found may itself hold these words.
            let (found, expected) = rest.rsplit_once(", expected ").unwrap_or((rest, "something else"));
            return format!("{start}{}, expected {expected}", kind(found));
        }
    }
    if let Some(key) = quoted(message, "unknown field `") {
        if SECRETS.iter().any(|s| key.eq_ignore_ascii_case(s)) {
            return format!(
                "`{key}` is no setting: a secret stands in the environment (HUNTLINE_CLIENT_SECRET) or in a file of its own, which \
                 `sync.auth.secret_file` or `sync.auth.certificate` names"
            );
        }
        if !is_key(key) {
            return message.replacen(&format!("unknown field `{key}`"), "unknown field", 1);
        }
    }
    match quoted(message, "unknown variant `") {
        Some(value) => message.replacen(&format!("unknown variant `{value}`"), "unknown value", 1),
        None => message.to_owned(),
    }
}

/// What stands between the start of a message and its next backquote but one.
fn quoted<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    let rest = message.strip_prefix(start)?;
    // The value may hold a backquote: the list of what is known begins behind the last one that fits.
    let end = rest.find("`, expected ").or_else(|| rest.find("`, there are ")).or_else(|| rest.rfind('`'))?;
    rest.get(..end)
}

/// True for what can be a misspelt key, and not a secret on a line of its own.
fn is_key(text: &str) -> bool {
    text.len() <= KEY && text.chars().all(|c| c.is_ascii_alphabetic() || c == '_' || c == '-')
}

/// What a value is, without the value.
fn kind(found: &str) -> &'static str {
    match found.split(' ').next() {
        Some("string") => "a text",
        Some("integer") => "a whole number",
        Some("floating") => "a number",
        Some("boolean") => "true or false",
        Some("sequence") => "a list",
        Some("map") => "a table",
        _ => "another value",
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    const PLANTED: &str = "q8Q~planted.Secret-0123456789";

    #[test]
    fn no_value_of_the_file_is_told() {
        let line = |text: &str| format!("[sync.auth]\n{}\n", text.replace("S", PLANTED));
        for text in [
            "client_secret = 'S'",
            "'S' = 1",
            "S = 1",
            "S",
            "method = 'S'",
            "method = [ 'S' ]",
            "secret_file = ['S']",
            "secret_file = S",
            "secret_file = 'S",
            "secret_file = \"S\\q\"",
            "secret_file = \"\"\"S",
            "tenant = { a = 'S' }",
            "tenant = 'a' 'S'",
            "tenant = 'S'\ntenant = 'S'",
            "secret_file = 'a' # S\nsecret_file = 'b'",
            "[S]",
            "[sync.S]\na = 1",
            "[sync]\nauth = 'S'",
            "[sync]\npoll_seconds = 'S'",
            "[sync]\npoll_seconds = 'S, expected u64'",
            "[mirror]\nS.a = 'S'",
        ] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), line(text)).unwrap();
            let fault = Config::read(file.path()).unwrap_err();
            assert!(!format!("{fault:?}").contains("planted"), "{text}: {fault:?}");
        }
    }

    #[test]
    fn a_secret_in_the_file_is_told_where_it_belongs() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[sync.auth]\nclient_secret = 'x'\n").unwrap();
        let fault = Config::read(file.path()).unwrap_err().message;
        assert!(fault.contains("line 2: `client_secret` is no setting") && fault.contains("secret_file"), "{fault}");
    }
}
