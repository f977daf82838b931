//! The type of a column that no table documents.
//!
//! In: its values as JSON tokens. Out: a type, and its column. What does not fit a type that was settled earlier goes into a
//! column beside it, named as Kusto's union names it (`Score_string`): nothing is lost and no type ever changes.

use super::cell::{self, Cell};
use super::rows::{Builder, Taken};
use super::time::{self, Clock};
use super::token::{Scanner, Token};
use crate::value::Type;
use std::collections::BTreeMap;

/// Which kinds of values were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds(u16);

impl Kinds {
    /// `true`, `false`
    pub const BOOL: Kinds = Kinds(1);
    /// Whole numbers of 64 bits.
    pub const LONG: Kinds = Kinds(2);
    /// Whole numbers that a double cannot hold.
    pub const BIG: Kinds = Kinds(4);
    /// Other numbers.
    pub const REAL: Kinds = Kinds(8);
    /// Texts.
    pub const TEXT: Kinds = Kinds(16);
    /// Texts that are times.
    pub const TIME: Kinds = Kinds(32);
    /// Objects and arrays.
    pub const NESTED: Kinds = Kinds(64);
    /// From a file that knows only texts: a mixture is a string.
    pub const LOOSE: Kinds = Kinds(128);

    /// Both.
    pub fn and(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    /// True when every one of `other` is among these.
    pub fn has(self, other: Kinds) -> bool {
        self.0 & other.0 == other.0
    }

    fn within(self, others: &[Kinds]) -> bool {
        let all = others.iter().fold(Kinds::LOOSE, |a, b| a.and(*b));
        self.0 & !all.0 == 0
    }

    /// The kind of one value; none for null.
    pub fn of(token: Token<'_>) -> Kinds {
        match token {
            Token::Null => Kinds::default(),
            Token::Bool(_) => Kinds::BOOL,
            Token::Nested(_) => Kinds::NESTED,
            Token::Number(raw) => match raw.parse::<i64>() {
                Ok(n) if n.unsigned_abs() < 1 << 53 => Kinds::LONG,
                Ok(_) => Kinds::LONG.and(Kinds::BIG),
                Err(_) => Kinds::REAL,
            },
            Token::Text { raw: "", .. } => Kinds::default(),
            Token::Text { raw, .. } if is_time(raw) => Kinds::TIME,
            Token::Text { .. } => Kinds::TEXT,
        }
    }

    /// The type that holds all of these. Columns of nothing are strings.
    pub fn settle(self) -> Type {
        let only = |kinds: &[Kinds]| self.within(kinds);
        match self {
            _ if only(&[]) => Type::String,
            _ if only(&[Kinds::BOOL]) => Type::Bool,
            _ if only(&[Kinds::LONG, Kinds::BIG]) => Type::Long,
            _ if only(&[Kinds::LONG, Kinds::REAL]) => Type::Real,
            _ if only(&[Kinds::TIME]) => Type::Datetime,
            _ if only(&[Kinds::TEXT, Kinds::TIME]) || self.has(Kinds::LOOSE) => Type::String,
            _ => Type::Dynamic,
        }
    }

    /// True when any value was seen.
    pub fn any(self) -> bool {
        !self.within(&[])
    }
}

/// A text is a time when it says date and time of day as machines do.
fn is_time(raw: &str) -> bool {
    let shaped = raw.len() >= 19 && raw.as_bytes().get(4) == Some(&b'-') && raw.as_bytes().get(10) == Some(&b'T');
    shaped && time::parse(raw, &Clock::Utc).is_some()
}

/// The token that stands for a CSV field: numbers and booleans in JSON's spelling are those, the rest is text.
pub fn loose_token(text: &str) -> Token<'_> {
    match text {
        "true" | "TRUE" | "True" => Token::Bool(true),
        "false" | "FALSE" | "False" => Token::Bool(false),
        _ if super::token::is_number(text) => Token::Number(text),
        _ => Token::Text { raw: text, escaped: false },
    }
}

/// Whether a value of this kind can stand in a column of that type.
fn fits(ty: Type, kinds: Kinds) -> bool {
    match ty {
        Type::String => !kinds.has(Kinds::NESTED),
        Type::Dynamic => true,
        Type::Bool => kinds.within(&[Kinds::BOOL]),
        Type::Long | Type::Int => kinds.within(&[Kinds::LONG, Kinds::BIG]),
        Type::Real | Type::Decimal => kinds.within(&[Kinds::LONG, Kinds::REAL]),
        Type::Datetime => kinds.within(&[Kinds::TIME]),
        Type::Timespan | Type::Guid => kinds.within(&[Kinds::TEXT]),
    }
}

/// Settles the tokens of a column into one of type `ty`, and further ones for values that do not fit it.
pub fn convert<'a>(name: &str, ty: Type, tokens: impl Iterator<Item = Option<&'a str>>) -> Vec<Builder> {
    let mut main = Builder::new(name, Taken::Typed(ty));
    let mut beside: BTreeMap<Type, Builder> = BTreeMap::new();
    let mut rows = 0;
    for (row, raw) in tokens.enumerate() {
        rows = row + 1;
        let Some(token) = raw.and_then(|raw| Scanner::new(raw).value().ok()) else { continue };
        let kinds = Kinds::of(token);
        if fits(ty, kinds)
            && let Ok(cell) = typed(ty, token)
        {
            main.set(row, cell);
            continue;
        }
        let other = if ty == Type::String { Type::Dynamic } else { kinds.settle() };
        let other = if other == ty { Type::Dynamic } else { other };
        let column = beside
            .entry(other)
            .or_insert_with(|| Builder::new(&format!("{name}_{}", other.name()), Taken::Typed(other)));
        column.set(row, typed(other, token).unwrap_or(Cell::Missing));
    }
    let mut columns: Vec<Builder> = std::iter::once(main).chain(beside.into_values()).collect();
    columns.iter_mut().for_each(|c| c.pad(rows));
    columns
}

fn typed(ty: Type, token: Token<'_>) -> Result<Cell<'_>, super::token::Reason> {
    match ty {
        // A dynamic string is kept as JSON: its text alone might read as a number.
        Type::Dynamic if token == Token::Null => Ok(Cell::Missing),
        Type::Dynamic => Ok(Cell::Text(token.json())),
        Type::String => Ok(Cell::Text(cell::loose_text(token))),
        _ => cell::from_token(ty, token),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::frame;
    use crate::value::{Batch, Field, Schema, Value};

    fn settled(tokens: &[&str]) -> Type {
        let all = tokens.iter().map(|t| Kinds::of(Scanner::new(t).value().unwrap()));
        all.fold(Kinds::default(), Kinds::and).settle()
    }

    #[test]
    fn types_are_the_narrowest_that_hold_everything() {
        assert_eq!(settled(&["1", "null", "-5"]), Type::Long);
        assert_eq!(settled(&["1", "2.5"]), Type::Real);
        assert_eq!(settled(&["9007199254740993", "2.5"]), Type::Dynamic);
        assert_eq!(settled(&["true", "\"\""]), Type::Bool);
        assert_eq!(settled(&[r#""2021-12-15T23:00:05.5Z""#]), Type::Datetime);
        assert_eq!(settled(&[r#""2021-12-15T23:00:05.5Z""#, r#""x""#]), Type::String);
        assert_eq!(settled(&["1", r#""x""#]), Type::Dynamic);
        assert_eq!(settled(&["null"]), Type::String);
        assert_eq!(Kinds::LONG.and(Kinds::TEXT).and(Kinds::LOOSE).settle(), Type::String);
    }

    #[test]
    fn what_does_not_fit_stands_beside() {
        let columns = convert("Score", Type::Long, [Some("1"), Some(r#""high""#), None].into_iter());
        let frame = frame::of_builders(columns, 3).unwrap();
        let schema = Schema::new([
            Field { name: "Score".into(), ty: Type::Long },
            Field { name: "Score_string".into(), ty: Type::String },
        ]);
        let batch: Batch = frame::to_batch(&frame, &schema).unwrap();
        assert_eq!(batch.row(0), [Value::Long(1), Value::String("".into())]);
        assert_eq!(batch.row(1), [Value::Null, Value::String("high".into())]);
    }
}
