//! Names and types of the columns of a table.

use super::Type;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A column: its name and type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Name, as written; names are case-sensitive.
    pub name: Arc<str>,
    /// Type.
    pub ty: Type,
}

/// The columns of a table, in order.
///
/// INVARIANT: names are unique.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    fields: Vec<Field>,
}

impl Schema {
    /// A schema of these fields; of two with the same name the first stays.
    pub fn new(fields: impl IntoIterator<Item = Field>) -> Self {
        let mut schema = Schema::default();
        for field in fields {
            if schema.index_of(&field.name).is_none() {
                schema.fields.push(field);
            }
        }
        schema
    }

    /// A schema from pairs.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, Type)>) -> Self {
        Schema::new(pairs.into_iter().map(|(name, ty)| Field { name: name.into(), ty }))
    }

    /// The fields, in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Number of columns.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// True when there is no column.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The column of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| &*f.name == name)
    }

    /// The place of the column of that name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|f| &*f.name == name)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|f| &*f.name)
    }
}
