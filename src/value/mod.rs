//! Kusto's types and values.
//!
//! In: nothing. Out: the scalar types, single values (what kernels work on), columns by Kusto type (what results are made
//! of), and the calendar of ticks. No engine's types are seen here.

mod batch;
pub mod datetime;
pub mod dynamic;
pub mod real;
mod result;
mod schema;
pub mod timespan;

pub use batch::{Batch, Column};
pub use result::{QueryResult, RunStats, Visualization};
pub use schema::{Field, Schema};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Parsed JSON, the value of a `dynamic`. Objects keep the order of their keys.
pub type Json = serde_json::Value;

/// A scalar type of Kusto.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// `true`, `false`
    Bool,
    /// 32 bits, signed
    Int,
    /// 64 bits, signed
    Long,
    /// IEEE double
    Real,
    /// exact decimal
    Decimal,
    /// ticks of 100 ns since 0001-01-01
    Datetime,
    /// ticks of 100 ns
    Timespan,
    /// 128 bits, written in lower case
    Guid,
    /// UTF-8 text, never null
    String,
    /// JSON
    Dynamic,
}

impl Type {
    /// Every type, in Kusto's usual order.
    pub const ALL: [Type; 10] = [
        Type::Bool,
        Type::Int,
        Type::Long,
        Type::Real,
        Type::Decimal,
        Type::Datetime,
        Type::Timespan,
        Type::Guid,
        Type::String,
        Type::Dynamic,
    ];

    /// Kusto's name of the type.
    pub const fn name(self) -> &'static str {
        match self {
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Long => "long",
            Type::Real => "real",
            Type::Decimal => "decimal",
            Type::Datetime => "datetime",
            Type::Timespan => "timespan",
            Type::Guid => "guid",
            Type::String => "string",
            Type::Dynamic => "dynamic",
        }
    }

    /// The .NET name of the type, which `getschema` shows.
    pub const fn net_name(self) -> &'static str {
        match self {
            Type::Bool => "System.SByte",
            Type::Int => "System.Int32",
            Type::Long => "System.Int64",
            Type::Real => "System.Double",
            Type::Decimal => "System.Data.SqlTypes.SqlDecimal",
            Type::Datetime => "System.DateTime",
            Type::Timespan => "System.TimeSpan",
            Type::Guid => "System.Guid",
            Type::String => "System.String",
            Type::Dynamic => "System.Object",
        }
    }

    /// Reads a type name, with Kusto's synonyms (`boolean`, `double`, `date`, `time`, `uniqueid`, ...).
    pub fn from_name(name: &str) -> Option<Type> {
        Some(match name {
            "bool" | "boolean" => Type::Bool,
            "int" | "int32" | "int8" | "int16" | "uint8" | "uint16" | "uint32" => Type::Int,
            "long" | "int64" | "uint64" => Type::Long,
            "real" | "double" | "float" => Type::Real,
            "decimal" => Type::Decimal,
            "datetime" | "date" => Type::Datetime,
            "timespan" | "time" => Type::Timespan,
            "guid" | "uuid" | "uniqueid" => Type::Guid,
            "string" => Type::String,
            "dynamic" | "object" => Type::Dynamic,
            _ => return None,
        })
    }

    /// `int`, `long`, `real`, `decimal`.
    pub const fn is_numeric(self) -> bool {
        matches!(self, Type::Int | Type::Long | Type::Real | Type::Decimal)
    }

    /// `int`, `long`.
    pub const fn is_integer(self) -> bool {
        matches!(self, Type::Int | Type::Long)
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A single value. Its type is that of the expression or column it comes from: `Null` carries none.
///
/// INVARIANT: a `string` is never `Null`; a missing string is `String("")`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Null of any type but string.
    Null,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i32),
    /// `long`
    Long(i64),
    /// `real`
    Real(f64),
    /// `decimal`
    Decimal(Decimal),
    /// `datetime`: ticks since 0001-01-01
    Datetime(i64),
    /// `timespan`: ticks
    Timespan(i64),
    /// `guid`
    Guid(u128),
    /// `string`
    String(String),
    /// `dynamic`
    Dynamic(Json),
}

impl Value {
    /// The value's own type; `None` for null.
    pub const fn type_of(&self) -> Option<Type> {
        Some(match self {
            Value::Null => return None,
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::Long(_) => Type::Long,
            Value::Real(_) => Type::Real,
            Value::Decimal(_) => Type::Decimal,
            Value::Datetime(_) => Type::Datetime,
            Value::Timespan(_) => Type::Timespan,
            Value::Guid(_) => Type::Guid,
            Value::String(_) => Type::String,
            Value::Dynamic(_) => Type::Dynamic,
        })
    }

    /// The missing value of a type: `""` for strings, null for the others.
    pub const fn missing(ty: Type) -> Value {
        match ty {
            Type::String => Value::String(String::new()),
            _ => Value::Null,
        }
    }

    /// True for null, and for the dynamic `null`.
    pub const fn is_null(&self) -> bool {
        matches!(self, Value::Null | Value::Dynamic(Json::Null))
    }

    /// The text of a string value.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// An `int` or `long` as 64 bits.
    pub const fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(n) => Some(*n as i64),
            Value::Long(n) => Some(*n),
            _ => None,
        }
    }

    /// Any number as a double.
    pub fn as_f64(&self) -> Option<f64> {
        use rust_decimal::prelude::ToPrimitive;
        match self {
            Value::Int(n) => Some(f64::from(*n)),
            Value::Long(n) => Some(*n as f64),
            Value::Real(x) => Some(*x),
            Value::Decimal(d) => d.to_f64(),
            _ => None,
        }
    }

    /// A bool.
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The ticks of a datetime or timespan.
    pub const fn as_ticks(&self) -> Option<i64> {
        match self {
            Value::Datetime(t) | Value::Timespan(t) => Some(*t),
            _ => None,
        }
    }
}

/// A guid in Kusto's form: lower case, with hyphens.
pub fn format_guid(guid: u128) -> String {
    uuid::Uuid::from_u128(guid).hyphenated().to_string()
}

/// Reads a guid in any of the usual forms (braces or none, any case). Hyphens may stand anywhere, or be left out.
pub fn parse_guid(text: &str) -> Option<u128> {
    let text = text.trim();
    if let Ok(guid) = uuid::Uuid::try_parse(text) {
        return Some(guid.as_u128());
    }
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let plain = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    plain.then(|| u128::from_str_radix(&digits, 16).ok()).flatten()
}
