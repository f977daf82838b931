//! Functions on texts. Positions and lengths count code points, not bytes.

pub(super) mod pattern;
pub(super) mod search;
pub(super) mod shape;

use crate::library::{Accepts, Parameter};
use crate::value::Type;

/// A string parameter.
const fn string(name: &'static str) -> Parameter {
    Parameter::new(name, Accepts::Type(Type::String))
}

/// A whole number.
const fn long(name: &'static str) -> Parameter {
    Parameter::new(name, Accepts::Type(Type::Long))
}

/// The byte at which a code point starts; the text's length past its end.
fn byte_of(text: &str, index: usize) -> usize {
    if text.is_ascii() {
        return index.min(text.len());
    }
    text.char_indices().nth(index).map_or(text.len(), |(byte, _)| byte)
}

/// The number of the code point that starts at a byte.
fn point_of(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(0, length)
}

/// Number of code points.
fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}
