//! A secret in memory.
//!
//! In: a text from whoever read it. Out: the text, to this module's neighbours only. Never: the text in `Debug`.

use std::fmt;

/// What stands for a secret.
const STRUCK: &str = "[secret]";
/// Bytes below which a text is no secret: to strike it would garble what is told.
const SHORT: usize = 8;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text, for the one place that sends it.
    pub(in crate::connector) fn expose(&self) -> &str {
        &self.0
    }

    /// A text of somebody else without this secret: as it is, or with any of its bytes as an address or a form has them.
    /// What is too short to keep a secret stays.
    pub(in crate::connector) fn struck_from(&self, text: &str) -> String {
        if self.0.len() < SHORT {
            return text.to_owned();
        }
        let (mut clean, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(first) = rest.chars().next() {
            let behind = length(self.0.as_bytes(), rest.as_bytes()).and_then(|length| rest.get(length..));
            match behind {
                Some(_) => clean.push_str(STRUCK),
                None => clean.push(first),
            }
            rest = behind.unwrap_or_else(|| rest.get(first.len_utf8()..).unwrap_or_default());
        }
        clean
    }
}

/// How many bytes the secret takes at the beginning of a text: each of its own as it is or as `%XX`, a space also as `+`.
fn length(secret: &[u8], text: &[u8]) -> Option<usize> {
    let value = |digit: u8| char::from(digit).to_digit(16);
    let byte_of = |high, low| Some(value(high)? * 16 + value(low)?);
    let mut at = 0;
    for byte in secret {
        at += match text.get(at..)? {
            [b'%', high, low, ..] if byte_of(*high, *low) == Some(u32::from(*byte)) => 3,
            [found, ..] if found == byte || (*found, *byte) == (b'+', b' ') => 1,
            _ => return None,
        };
    }
    Some(at)
}

/// A text without what signs in for a certificate or a workload: the value of `client_assertion`, good for some minutes.
pub(in crate::connector) fn strike_assertions(text: &str) -> String {
    const NAME: &str = "client_assertion=";
    let mut parts = text.split(NAME);
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c == '&' || c == '"' || c.is_whitespace()).unwrap_or(part.len());
        clean.push_str(NAME);
        clean.push_str(STRUCK);
        clean.push_str(part.get(end..).unwrap_or_default());
    }
    clean
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STRUCK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_struck_from_what_others_say() {
        let secret = Secret::new("a/b+c d~e");
        assert_eq!(secret.struck_from("no a/b+c d~e, no a%2Fb%2Bc%20d%7Ee"), "no [secret], no [secret]");
        let sent = Secret::new("q8Q~planted.Sec ret-01_23");
        assert_eq!(sent.struck_from("é client_secret=q8Q%7Eplanted.Sec+ret-01_23&x"), "é client_secret=[secret]&x");
        assert_eq!(sent.struck_from("q8Q%7eplanted%2ESec%20ret%2D01%5F23"), "[secret]");
        let assertion = "a=1&client_assertion=ey.x-y_z&client_assertion_type=t";
        assert_eq!(strike_assertions(assertion), "a=1&client_assertion=[secret]&client_assertion_type=t");
        assert_eq!(Secret::new("x").struck_from("x is a letter"), "x is a letter");
        assert_eq!(format!("{secret:?}"), "[secret]");
    }
}
