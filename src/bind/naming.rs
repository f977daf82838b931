//! Names of result columns, as Kusto makes them.
//!
//! In: expressions as written. Out: the name an unnamed column gets, and unique names where two columns would share one.

use super::scope::POISON;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::library::{self, ResultName};
use crate::plan::{ColumnName, Expr};
use crate::syntax::ast;
use crate::value::{Field, Schema, Type, Value};
use std::collections::{HashMap, HashSet};

/// Names given so far; a name that is taken gets the next free number.
#[derive(Default)]
pub(super) struct UniqueNames(HashMap<String, usize>);

impl UniqueNames {
    /// Takes a name as it is.
    pub(super) fn reserve(&mut self, name: &str) {
        self.0.entry(name.to_owned()).or_insert(0);
    }

    /// The name itself when it is free, else with the next free number behind it.
    pub(super) fn make(&mut self, name: &str) -> ColumnName {
        let Some(last) = self.0.get(name).copied() else {
            self.reserve(name);
            return name.into();
        };
        let mut number = last + 1;
        while self.0.contains_key(&format!("{name}{number}")) {
            number += 1;
        }
        self.0.insert(name.to_owned(), number);
        let unique = format!("{name}{number}");
        self.reserve(&unique);
        unique.into()
    }
}

/// Names for the right columns of a join next to the left ones: no new name takes one that a later column has by right.
pub(super) fn join_names<'a>(left: impl Iterator<Item = &'a str>, right: &[&str]) -> Vec<ColumnName> {
    let mut names = UniqueNames::default();
    let mut taken: HashSet<&str> = HashSet::new();
    for name in left {
        names.reserve(name);
        taken.insert(name);
    }
    right.iter().for_each(|name| names.reserve(name));
    right.iter().map(|name| if taken.insert(name) { (*name).into() } else { names.make(name) }).collect()
}

/// The columns of a `project`, `extend`, `print` or `summarize` in the making.
#[derive(Default)]
pub(super) struct Projection {
    columns: Vec<Projected>,
    places: HashMap<ColumnName, usize>,
    declared: HashSet<ColumnName>,
    unique: UniqueNames,
    unnamed: usize,
}

/// A column of a projection; without a value when its expression failed to bind.
#[derive(Clone)]
pub(super) struct Projected {
    pub(super) name: ColumnName,
    pub(super) value: Option<Expr>,
    /// An input column that nothing touched.
    pub(super) untouched: bool,
}

impl Projection {
    /// Starts with the input's columns, as `extend` does.
    pub(super) fn over(columns: Vec<(ColumnName, Expr)>) -> Projection {
        let mut projection = Projection::default();
        for (name, value) in columns {
            projection.add(&name, Some(value), false);
            if let Some(column) = projection.columns.last_mut() {
                column.untouched = true;
            }
        }
        projection
    }

    /// Adds a column whose name was not written: it gives way. Tells the name it got.
    pub(super) fn add(&mut self, name: &str, value: Option<Expr>, replace: bool) -> ColumnName {
        if replace && let Some(place) = self.places.get(name).copied() {
            return self.set(place, value);
        }
        let name = self.unique.make(name);
        self.places.insert(name.clone(), self.columns.len());
        self.columns.push(Projected { name: name.clone(), value, untouched: false });
        name
    }

    /// Adds a column whose name was written.
    ///
    /// # Errors
    /// When the same name was written before.
    pub(super) fn declare(
        &mut self,
        name: &str,
        value: Option<Expr>,
        span: Span,
        replace: bool,
    ) -> Result<ColumnName, Diagnostic> {
        if self.declared.contains(name) {
            let message = format!("the column `{name}` is given twice");
            return Err(Diagnostic::error(Code::DuplicateColumn, span, message));
        }
        let name = self.add(name, value, replace);
        self.declared.insert(name.clone());
        Ok(name)
    }

    /// The next `Column1`, `Column2` that is free.
    pub(super) fn unnamed(&mut self) -> String {
        loop {
            self.unnamed += 1;
            let name = format!("Column{}", self.unnamed);
            if !self.places.contains_key(name.as_str()) {
                return name;
            }
        }
    }

    /// The values that are there.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        self.columns.iter_mut().filter_map(|column| column.value.as_mut())
    }

    /// The columns in order.
    pub(super) fn into_columns(self) -> Vec<Projected> {
        self.columns
    }

    fn set(&mut self, place: usize, value: Option<Expr>) -> ColumnName {
        let Some(column) = self.columns.get_mut(place) else { return "".into() };
        column.value = value;
        column.untouched = false;
        column.name.clone()
    }
}

impl Projected {
    /// The column's field.
    pub(super) fn field(&self) -> Field {
        Field { name: self.name.clone(), ty: self.value.as_ref().map_or(POISON, |v| v.ty) }
    }

    /// Name and value; a poisoned one gets a null, which no plan without errors ever holds.
    pub(super) fn into_pair(self) -> (ColumnName, Expr) {
        let value = self.value.unwrap_or_else(|| Expr::literal(Value::Null, POISON, Span::default()));
        (self.name, value)
    }
}

/// The schema of some columns.
pub(super) fn schema_of(columns: &[(ColumnName, Expr)]) -> Schema {
    Schema::new(columns.iter().map(|(name, value)| Field { name: name.clone(), ty: value.ty }))
}

/// The name that an expression gives its column when none is written.
pub(super) fn result_name(expr: &ast::Expr) -> Option<String> {
    match &expr.kind {
        ast::ExprKind::Parenthesized(inner) => result_name(inner),
        ast::ExprKind::Name(name) => Some(name.text.to_string()),
        ast::ExprKind::Named { names, value } => match names.as_slice() {
            [name] => Some(name.text.to_string()),
            _ => result_name(value),
        },
        ast::ExprKind::Member { base, member } => Some(joined(base, &result_name(member)?)),
        ast::ExprKind::Index { base, index } => Some(joined(base, &index_name(index)?)),
        ast::ExprKind::Call(call) => call_name(call),
        _ => None,
    }
}

fn joined(base: &ast::Expr, last: &str) -> String {
    match result_name(base) {
        // `$left.a` is the column `a`
        Some(first) if !first.starts_with('$') => format!("{first}_{last}"),
        _ => last.to_owned(),
    }
}

fn index_name(index: &ast::Expr) -> Option<String> {
    match &index.kind {
        ast::ExprKind::Literal(literal) => match &literal.value {
            Value::String(text) => Some(text.clone()),
            Value::Long(n) => Some(n.to_string()),
            Value::Int(n) => Some(n.to_string()),
            _ => None,
        },
        ast::ExprKind::Name(name) => Some(name.text.to_string()),
        _ => None,
    }
}

fn call_name(call: &ast::Call) -> Option<String> {
    let first = || call.arguments.first().and_then(result_name);
    if matches!(&*call.name.text, "column_ifexists" | "columnifexists") {
        let first = call.arguments.first()?;
        return match &first.kind {
            ast::ExprKind::Literal(literal) => literal.value.as_str().map(str::to_owned),
            _ => None,
        };
    }
    if &*call.name.text == "bin_auto" {
        return first();
    }
    if let Some(function) = library::aggregate_function(&call.name.text) {
        return match function.result_name {
            ResultName::None => None,
            ResultName::FirstArgument => first(),
            ResultName::Prefix(prefix) => Some(prefixed(prefix, first())),
            ResultName::PrefixBoth(prefix) => Some(prefixed(prefix, both(call))),
        };
    }
    match library::scalar_function(&call.name.text)?.result_name {
        ResultName::None => None,
        ResultName::FirstArgument => first(),
        ResultName::Prefix(prefix) => Some(prefixed(prefix, first())),
        ResultName::PrefixBoth(prefix) => Some(prefixed(prefix, both(call))),
    }
}

/// The names of the first two arguments.
fn both(call: &ast::Call) -> Option<String> {
    let names = call.arguments.iter().take(2).map(|a| result_name(a).unwrap_or_default());
    Some(names.collect::<Vec<_>>().join("_"))
}

/// Prefix and name; the prefix may or may not carry its underscore.
pub(super) fn prefixed(prefix: &str, name: Option<String>) -> String {
    format!("{}_{}", prefix.trim_end_matches('_'), name.unwrap_or_default())
}

/// The conversion functions by the type they make; over a column of that type they are the column itself.
pub(super) fn conversion_target(function: &str) -> Option<Type> {
    Some(match function {
        "tobool" | "toboolean" => Type::Bool,
        "todatetime" => Type::Datetime,
        "todecimal" => Type::Decimal,
        "todouble" | "toreal" => Type::Real,
        "todynamic" | "parse_json" | "parsejson" => Type::Dynamic,
        "toguid" => Type::Guid,
        "toint" => Type::Int,
        "tolong" => Type::Long,
        "tostring" => Type::String,
        "totimespan" | "totime" => Type::Timespan,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_gets_the_next_number() {
        let mut names = UniqueNames::default();
        let made: Vec<ColumnName> = ["x", "x", "x1", "x"].iter().map(|n| names.make(n)).collect();
        assert_eq!(made.iter().map(|n| &**n).collect::<Vec<_>>(), ["x", "x1", "x11", "x2"]);
    }

    #[test]
    fn join_names_leave_later_columns_their_own() {
        let names = join_names(["c"].into_iter(), &["c", "c1", "d"]);
        assert_eq!(names.iter().map(|n| &**n).collect::<Vec<_>>(), ["c2", "c1", "d"]);
    }

    #[test]
    fn declaring_twice_is_an_error_and_adding_twice_is_not() {
        let mut projection = Projection::default();
        assert_eq!(&*projection.add("a", None, false), "a");
        assert_eq!(&*projection.add("a", None, false), "a1");
        assert!(projection.declare("b", None, Span::default(), false).is_ok());
        assert!(projection.declare("b", None, Span::default(), false).is_err());
    }
}
