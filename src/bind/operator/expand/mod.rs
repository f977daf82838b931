//! `mv-expand`: a row for each element of an array or bag.

mod apply;

use crate::bind::Binder;
use crate::bind::naming::{Projection, result_name};
use crate::bind::operator::source::constant_long;
use crate::bind::operator::{parameter_span, parameter_text};
use crate::bind::scope::Rows;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::{ColumnName, Expr, MvColumn, RelationKind};
use crate::syntax::ast;
use crate::value::{Field, Schema, Type};
use std::sync::Arc;

pub(in crate::bind) use apply::with_column;

impl Binder<'_> {
    /// `mv-expand bagexpansion=array with_itemindex=i name = expr to typeof(long) limit n`
    pub(in crate::bind::operator) fn mv_expand(&mut self, rows: Rows, expand: &ast::MvExpand, span: Span) -> Rows {
        let known = ["bagexpansion", "kind", "with_itemindex"];
        let [bags, kind, index] = self.parameters(&expand.parameters, &known);
        let bag_as_array = self.bag_as_array(bags.or(kind).as_ref());
        let limit = match &expand.limit {
            Some(limit) => match constant_long(self, limit, "the limit of `mv-expand`") {
                Some(count) if count < 0 => {
                    let message = "a number of rows cannot be negative";
                    self.report(Diagnostic::error(Code::WrongValue, limit.span, message));
                    return Rows::unknown(span);
                }
                Some(limit) => Some(limit),
                None => return Rows::unknown(span),
            },
            None => None,
        };
        let mut names = Projection::over(rows.columns(span));
        let columns: Vec<Option<MvColumn>> =
            self.over(&rows, |b| expand.columns.iter().map(|column| b.expanded_column(&mut names, column)).collect());
        let item_index = index.map(|index| names.add(&parameter_text(&index), Some(index_column(span)), false));
        let failed: Vec<ColumnName> =
            names_of(&expand.columns).into_iter().zip(&columns).filter(|(_, c)| c.is_none()).map(|(n, _)| n).collect();
        let columns: Vec<MvColumn> = columns.into_iter().flatten().collect();
        let schema = Arc::new(expanded_schema(&rows, &columns, item_index.as_ref()));
        let mut rows = rows
            .then(span, |input| (RelationKind::MvExpand { input, columns, item_index, bag_as_array, limit }, schema));
        rows.poisoned.extend(failed);
        rows
    }

    fn bag_as_array(&mut self, given: Option<&ast::OperatorParameter>) -> bool {
        let Some(given) = given else { return false };
        match parameter_text(given).as_str() {
            "array" => true,
            "bag" => false,
            text => {
                let diagnostic =
                    Diagnostic::error(Code::WrongValue, parameter_span(given), format!("no kind `{text}` here"));
                self.report(diagnostic.with_help("a bag is expanded as `bag` or as `array`"));
                false
            }
        }
    }

    /// A column that is expanded: in its own place, or last.
    pub(in crate::bind::operator) fn expanded_column(
        &mut self,
        names: &mut Projection,
        column: &ast::MvExpandColumn,
    ) -> Option<MvColumn> {
        let value = match &column.expr.kind {
            ast::ExprKind::Named { value, .. } => self.scalar(value)?,
            _ => self.scalar(&column.expr)?,
        };
        if value.ty != Type::Dynamic {
            let message = format!("only a `dynamic` can be expanded, not `{}`", value.ty);
            let diagnostic = Diagnostic::error(Code::WrongType, value.span, message);
            let help = if value.ty == Type::String {
                "read it with `parse_json()` or cut it with `split()`"
            } else {
                "make an array of it with `pack_array()`"
            };
            self.report(diagnostic.with_help(help));
            return None;
        }
        let ty = column.to.as_ref().map_or(Type::Dynamic, |to| to.ty);
        let name = result_name(&column.expr).unwrap_or_else(|| names.unnamed());
        let place = Expr::column(name.as_str(), ty, value.span);
        let name = names.add(&name, Some(place), true);
        Some(MvColumn { name, value, ty })
    }
}

fn names_of(columns: &[ast::MvExpandColumn]) -> Vec<ColumnName> {
    columns.iter().map(|c| result_name(&c.expr).unwrap_or_default().into()).collect()
}

fn index_column(span: Span) -> Expr {
    Expr::column("", Type::Long, span)
}

/// The input's columns, the expanded ones in place, new ones last.
fn expanded_schema(rows: &Rows, columns: &[MvColumn], index: Option<&ColumnName>) -> Schema {
    let own = rows.schema().fields().iter().map(|field| match columns.iter().find(|c| c.name == field.name) {
        Some(column) => Field { name: field.name.clone(), ty: column.ty },
        None => field.clone(),
    });
    let new = columns.iter().map(|c| Field { name: c.name.clone(), ty: c.ty });
    let index = index.map(|name| Field { name: name.clone(), ty: Type::Long });
    Schema::new(own.chain(new).chain(index))
}
