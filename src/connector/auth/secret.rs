//! A secret in memory.
//!
//! In: a text from whoever read it. Out: the text, to this module's neighbours only. Never: the text in `Debug`.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
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

    /// A text of somebody else without this secret, plain or as in an address. What is too short to keep a secret stays.
    pub(in crate::connector) fn struck_from(&self, text: &str) -> String {
        if self.0.len() < SHORT {
            return text.to_owned();
        }
        let encoded = utf8_percent_encode(&self.0, NON_ALPHANUMERIC).to_string();
        text.replace(&self.0, STRUCK).replace(&encoded, STRUCK)
    }
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
        assert_eq!(Secret::new("x").struck_from("x is a letter"), "x is a letter");
        assert_eq!(format!("{secret:?}"), "[secret]");
    }
}
