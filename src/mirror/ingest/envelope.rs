//! The envelopes that interfaces put around rows.
//!
//! In: a JSON object. Out: what of it is a list of rows, of columns, or one row of a named table. Whether it is an envelope
//! or a row with odd names is decided by the reader, which knows the table.

use super::rows::{Slot, TableRows, Taken};
use super::source::documented;
use super::token::{Reason, Scanner, Token};
use crate::value::Type;
use std::sync::Arc;

/// The lists that envelopes keep rows in.
const LISTS: [&str; 8] = ["properties", "records", "Results", "results", "tables", "Tables", "Rows", "FrameType"];

/// Whether a nested value under this name is an envelope's list, and no documented column.
pub fn is_list(name: &str, slot: Slot, rows: &TableRows) -> bool {
    let documented = matches!(slot, Slot::Column(at) if rows.taken(at) != Taken::Raw);
    !documented && LISTS.contains(&name)
}

/// The parts of an object that may be an envelope.
#[derive(Debug, Default)]
pub struct Envelope<'a> {
    /// The table that a stream's category names.
    pub category: Option<Arc<str>>,
    /// The row of a stream's event.
    pub properties: Option<&'a str>,
    /// A list of rows, or of envelopes.
    pub list: Option<&'a str>,
    /// True when the items of the list are rows, not envelopes again.
    pub holds_rows: bool,
    /// Names and types of columns.
    pub columns: Vec<(String, Option<Type>)>,
    /// Rows as arrays.
    pub grid: Option<&'a str>,
    /// There when it is a frame of a Kusto answer.
    pub frame_type: Option<()>,
    /// True when that frame holds the answer itself.
    pub primary: bool,
}

impl<'a> Envelope<'a> {
    /// Looks at the names that envelopes use.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn read(raw: &'a str) -> Result<Envelope<'a>, Reason> {
        let mut envelope = Envelope::default();
        let mut scanner = Scanner::of_envelope(raw);
        scanner.members(|key, value| {
            let name = key.text().unwrap_or_default();
            match (&*name, value) {
                ("category", Token::Text { .. }) => envelope.category = value.text().and_then(|c| category(&c)),
                ("properties", Token::Nested(raw)) => envelope.properties = Some(raw),
                ("records" | "tables" | "Tables", Token::Nested(raw)) if raw.starts_with('[') => {
                    envelope.list = Some(raw);
                }
                ("Results" | "results", Token::Nested(raw)) if raw.starts_with('[') => {
                    envelope.list = Some(raw);
                    envelope.holds_rows = true;
                }
                ("Schema" | "schema" | "Columns" | "columns", Token::Nested(raw)) => {
                    envelope.columns = columns(raw).unwrap_or_default();
                }
                ("Rows" | "rows", Token::Nested(raw)) if raw.starts_with('[') => envelope.grid = Some(raw),
                ("FrameType", _) => envelope.frame_type = Some(()),
                ("TableKind", _) => envelope.primary = value.text().as_deref() == Some("PrimaryResult"),
                _ => {}
            }
            Ok(())
        })?;
        scanner.end()?;
        envelope.grid = envelope.grid.filter(|_| !envelope.columns.is_empty());
        Ok(envelope)
    }

    /// The category of an event of the stream, and its text from the row on, where the category comes first and both are
    /// as the stream writes them.
    pub fn head(raw: &'a str) -> Option<(&'a str, &'a str)> {
        let mut scanner = Scanner::of_envelope(raw);
        let mut category = None;
        if !scanner.eat(b'{') {
            return None;
        }
        loop {
            let Token::Text { raw: name, escaped: false } = scanner.value().ok()? else { return None };
            if !scanner.eat(b':') {
                return None;
            }
            match (name, scanner.peek()?) {
                ("properties", b'{') => return Some((category?, raw.get(scanner.position()..)?)),
                ("category", b'"') => match scanner.value().ok()? {
                    Token::Text { raw, escaped: false } if raw.starts_with(STREAM) => category = Some(raw),
                    _ => return None,
                },
                (_, b'{' | b'[') => return None,
                _ => drop(scanner.value().ok()?),
            }
            if !scanner.eat(b',') {
                return None;
            }
        }
    }

    /// The table and row of an event of the stream.
    pub fn stream(&self) -> Option<(Arc<str>, &'a str)> {
        Some((self.category.clone()?, self.properties?))
    }

    /// True when it is an envelope at all.
    pub fn is_any(&self) -> bool {
        self.stream().is_some() || self.list.is_some() || self.grid.is_some() || self.frame_type.is_some()
    }
}

/// How categories of the stream begin.
const STREAM: &str = "AdvancedHunting-";

/// The table of a stream's category.
pub fn category(text: &str) -> Option<Arc<str>> {
    let name = text.strip_prefix(STREAM);
    documented(name.unwrap_or(text)).map(Arc::from).or_else(|| name.map(Arc::from))
}

/// Names and types of the columns that an answer lists. The interfaces differ in how they call both.
fn columns(raw: &str) -> Result<Vec<(String, Option<Type>)>, Reason> {
    let mut all = Vec::new();
    Scanner::new(raw).items(|item| {
        let Token::Nested(column) = item else { return Err("a column was expected".into()) };
        let (mut name, mut ty) = (String::new(), None);
        Scanner::new(column).members(|key, value| {
            let text = value.text().unwrap_or_default();
            match &*key.text().unwrap_or_default() {
                "name" | "Name" | "ColumnName" => name = text.into_owned(),
                "type" | "Type" | "ColumnType" => ty = declared(&text),
                _ => {}
            }
            Ok(())
        })?;
        all.push((name, ty));
        Ok(())
    })?;
    Ok(all)
}

/// A type by Kusto's name or .NET's.
fn declared(name: &str) -> Option<Type> {
    match &*name.to_ascii_lowercase() {
        "sbyte" => Some(Type::Bool),
        "sqldecimal" => Some(Type::Decimal),
        other => Type::from_name(other),
    }
}
