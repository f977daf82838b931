//! Literals, with the text they were written as (so that `format` keeps it).

use crate::diagnostic::mask;
use crate::value::Value;
use std::fmt;
use std::sync::Arc;

/// A literal: its value and its text. Debug output shows nothing of an obfuscated one.
#[derive(Clone, PartialEq)]
pub struct Literal {
    /// The value. Untyped whole numbers are `long` (or `Value::Decimal` when they do not fit is refused).
    pub value: Value,
    /// The kind, which also gives nulls their type.
    pub kind: LiteralKind,
    /// As written.
    pub text: Arc<str>,
}

impl fmt::Debug for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = mask(&self.text);
        let mut out = f.debug_struct("Literal");
        match *shown == *self.text {
            true => out.field("value", &self.value),
            false => out.field("value", &format_args!("(not shown)")),
        };
        out.field("kind", &self.kind).field("text", &shown).finish()
    }
}

/// How a literal was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiteralKind {
    /// `"..."`, `'...'`, verbatim, multi-line, obfuscated, or several joined.
    String,
    /// `1`, `0x1F`
    Number,
    /// `1.5`, `1e3`
    Real,
    /// `1h`, `10tick`
    Timespan,
    /// `true`, `false`
    Bool,
    /// `null` inside `dynamic()`; nowhere else.
    Null,
    /// `type(...)`: `long(1)`, `datetime(2024-01-01)`, `dynamic([1])`, `guid(...)`, `real(null)` ...
    Typed(crate::value::Type),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_in_debug_output() {
        let literal = |text: &str| Literal {
            value: Value::String("s3cret".into()),
            kind: LiteralKind::String,
            text: text.into(),
        };
        assert!(!format!("{:#?}", literal("h's3cret'")).contains("s3cret"));
        assert!(!format!("{:?}", literal("'s3' h@\"cret\"")).contains("cret"));
        assert_eq!(format!("{:?}", literal("'s3cret'")).matches("s3cret").count(), 2);
    }
}
