//! A table's columns: Kusto's in huntline, Delta's in the log.
//!
//! In: columns with Kusto's types. Out: Delta's schema, and back. Kusto's type stands in the metadata of a Delta column,
//! because `guid`, `decimal`, `dynamic` and `string` are all strings there. Tables of other writers have no such metadata:
//! their columns have the type that comes nearest.

use super::super::layout::{self, DAY};
use crate::value::{Field, Schema, Type};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The key of Kusto's type in a column's metadata.
const TYPE: &str = "huntline.type";
/// What stands there for a companion column.
const COMPANION: &str = "tick";
/// The key of a column's own name, where it is stored under another one.
const NAME: &str = "huntline.name";

/// A column as files may hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: Arc<str>,
    /// Its type; none for the companion of a datetime.
    pub ty: Option<Type>,
    /// Its name in the files. Kusto has `LogonId` beside `LogonID`; Delta's names do not differ by case alone.
    pub stored: Arc<str>,
}

/// The columns of a table, in the order in which it got them. Columns are only ever added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Columns(pub Vec<Column>);

impl Columns {
    /// Kusto's columns, without companions.
    pub fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        self.0.iter().filter_map(|c| Some(Field { name: c.name.clone(), ty: c.ty? }))
    }

    /// True when there is a column of that name.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|c| &*c.name == name)
    }

    /// The columns that are stored under another name.
    pub fn renamed(&self) -> BTreeMap<Arc<str>, Arc<str>> {
        self.0.iter().filter(|c| c.name != c.stored).map(|c| (c.name.clone(), c.stored.clone())).collect()
    }

    /// A name for a new column that no other has in any case.
    fn free(&self, name: &str) -> Arc<str> {
        let taken =
            |name: &str| name.eq_ignore_ascii_case(DAY) || self.0.iter().any(|c| c.stored.eq_ignore_ascii_case(name));
        let others = (2..).map(|n| format!("{name}__{n}"));
        let mut names = std::iter::once(name.to_owned()).chain(others);
        names.find(|name| !taken(name)).unwrap_or_default().into()
    }

    fn add(&mut self, name: &str, ty: Option<Type>, stored: &str) {
        let stored = self.free(stored);
        self.0.push(Column { name: name.into(), ty, stored });
    }

    /// Adds what is missing of a schema, and the companions of the named datetimes. True when something was.
    pub fn extend(&mut self, schema: &Schema, ticks: &[Arc<str>]) -> bool {
        let before = self.0.len();
        for field in schema.fields() {
            if !self.has(&field.name) {
                self.add(&field.name, Some(field.ty), &field.name);
            }
        }
        for name in ticks {
            let companion = layout::tick_column(name);
            if !self.has(&companion) {
                self.add(&companion, None, &companion);
            }
        }
        self.0.len() > before
    }

    /// Delta's schema in its own JSON form.
    pub fn to_delta(&self) -> Value {
        let column = |column: &Column, form: &str, kind: &str| {
            let metadata = match column.name == column.stored {
                true => json!({ TYPE: kind }),
                false => json!({ TYPE: kind, NAME: &*column.name }),
            };
            json!({"name": &*column.stored, "type": form, "nullable": true, "metadata": metadata})
        };
        let day = json!({"name": DAY, "type": "date", "nullable": true, "metadata": {}});
        let all = self.0.iter().map(|c| match c.ty {
            Some(ty) => column(c, form(ty), ty.name()),
            None => column(c, "byte", COMPANION),
        });
        let fields: Vec<Value> = std::iter::once(day).chain(all).collect();
        json!({"type": "struct", "fields": fields})
    }

    /// Columns from Delta's schema in its JSON form.
    ///
    /// # Errors
    /// What cannot be read of it.
    pub fn of_delta(schema: &Value) -> Result<Columns, String> {
        let fields = schema.get("fields").and_then(Value::as_array).ok_or("its schema has no columns")?;
        let mut columns = Vec::with_capacity(fields.len());
        for field in fields {
            let name = field.get("name").and_then(Value::as_str).ok_or("a column has no name")?;
            if name == DAY {
                continue;
            }
            let said = |key: &str| field.get("metadata").and_then(|m| m.get(key)).and_then(Value::as_str);
            let own = said(TYPE);
            let ty = match own {
                Some(COMPANION) => None,
                Some(own) => {
                    Some(Type::from_name(own).ok_or(format!("column `{name}` is of the unknown type `{own}`"))?)
                }
                None => Some(nearest(field.get("type").unwrap_or(&Value::Null))),
            };
            columns.push(Column { name: said(NAME).unwrap_or(name).into(), ty, stored: name.into() });
        }
        Ok(Columns(columns))
    }
}

/// Delta's name of how a type is held.
fn form(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "boolean",
        Type::Int => "integer",
        Type::Long | Type::Timespan => "long",
        Type::Real => "double",
        Type::Datetime => "timestamp",
        Type::String | Type::Guid | Type::Decimal | Type::Dynamic => "string",
    }
}

/// Kusto's type that comes nearest to one of Delta's.
fn nearest(ty: &Value) -> Type {
    match ty.as_str() {
        Some("boolean") => Type::Bool,
        Some("byte" | "short" | "integer") => Type::Int,
        Some("long") => Type::Long,
        Some("float" | "double") => Type::Real,
        Some("timestamp" | "timestamp_ntz" | "date") => Type::Datetime,
        Some(text) if text.starts_with("decimal") => Type::Decimal,
        Some(_) => Type::String,
        None => Type::Dynamic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_come_back_and_columns_are_only_added() {
        let all = [
            Type::Bool,
            Type::Int,
            Type::Long,
            Type::Real,
            Type::Datetime,
            Type::Timespan,
            Type::String,
            Type::Guid,
            Type::Decimal,
            Type::Dynamic,
        ];
        let schema = Schema::new(all.iter().map(|ty| Field { name: format!("c_{ty}").into(), ty: *ty }));
        let mut columns = Columns::default();
        assert!(columns.extend(&schema, &["c_datetime".into()]));
        assert!(!columns.extend(&schema, &["c_datetime".into()]));
        let back = Columns::of_delta(&columns.to_delta()).unwrap();
        assert_eq!(back, columns);
        assert_eq!(Schema::new(back.fields()), schema);
        let renamed = BTreeMap::from([("LogonID".into(), "LogonID__2".into())]);
        assert!(columns.extend(&Schema::of([("LogonId", Type::Long), ("LogonID", Type::Long)]), &[]));
        assert_eq!(Columns::of_delta(&columns.to_delta()).unwrap().renamed(), renamed);
        assert!(columns.extend(&Schema::of([("more", Type::Long)]), &[]));
        assert_eq!(columns.0.last().unwrap().name.as_ref(), "more");
    }
}
