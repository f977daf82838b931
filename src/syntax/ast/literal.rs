//! Literals, with the text they were written as (so that `format` keeps it).

use crate::value::Value;
use std::sync::Arc;

/// A literal: its value and its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// The value. Untyped whole numbers are `long` (or `Value::Decimal` when they do not fit is refused).
    pub value: Value,
    /// The kind, which also gives nulls their type.
    pub kind: LiteralKind,
    /// As written.
    pub text: Arc<str>,
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
