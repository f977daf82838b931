//! `find`: the rows of several tables for which a predicate is true, with the columns that matter or those that are asked for.

use crate::bind::Binder;
use crate::bind::coerce::convert;
use crate::bind::naming::schema_of;
use crate::bind::operator::project::by_names;
use crate::bind::scope::Rows;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::{ColumnName, Expr, RelationKind};
use crate::syntax::ast::{self, ExprKind, FindColumn};
use crate::value::{Field, Schema, Type, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The bag and the table's name, out of the predicate's sight.
const PACK: &str = "$pack";
const SOURCE: &str = "$source";

impl Binder<'_> {
    /// The rows of all tables for which the predicate is true: where they come from, the columns that the predicate names
    /// and those that all tables have, and the others as a bag `pack_`. A table without any column that the predicate names
    /// is left out.
    pub(in crate::bind::operator) fn find_smart(
        &mut self,
        mut inputs: Vec<Rows>,
        predicate: &ast::Expr,
        source: &str,
        span: Span,
    ) -> Rows {
        if inputs.iter().any(|i| i.open) {
            return Rows::unknown(span);
        }
        let mut named = BTreeSet::new();
        names_in(predicate, &mut named);
        let has = |rows: &Rows| rows.schema().names().any(|name| named.contains(name));
        if inputs.iter().any(has) {
            inputs.retain(has);
        }
        let everywhere = |field: &Field| inputs.iter().all(|i| i.schema().field(&field.name) == Some(field));
        let mut shown: Vec<Field> = vec![];
        for field in inputs.iter().flat_map(|i| i.schema().fields()) {
            let wanted = named.contains(&*field.name) || everywhere(field);
            if wanted && !shown.iter().any(|f| f.name == field.name) {
                shown.push(field.clone());
            }
        }
        let Some(found) = self.filtered(inputs, &named, predicate, span) else { return Rows::unknown(span) };
        let packed = found.into_iter().map(|input| self.packed(input, &shown, span));
        let Some(packed) = packed.collect::<Option<Vec<Rows>>>() else { return Rows::unknown(span) };
        let found = self.unioned(packed, false, Some(SOURCE.to_owned()), span);
        let of = |from: &str, ty: Type| Expr::column(from, ty, span);
        let mut columns: Vec<(ColumnName, Expr)> = vec![(source.into(), of(SOURCE, Type::String))];
        // a column of several types has a name for each
        let by_type = |f: &Field, s: &Field| {
            found.schema().field(&s.name).is_none() && *f.name == *format!("{}_{}", s.name, f.ty)
        };
        let fields = found.schema().fields().iter();
        let fields = fields.filter(|f| shown.iter().any(|s| s.name == f.name || by_type(f, s)));
        columns.extend(fields.map(|f| (f.name.clone(), of(&f.name, f.ty))));
        columns.push(("pack_".into(), of(PACK, Type::Dynamic)));
        let schema = Arc::new(schema_of(&columns));
        found.then(span, |input| (RelationKind::Project { input, columns }, schema))
    }

    /// The columns that `find` asks for, of the rows of all tables for which the predicate is true. A column that a table
    /// does not have is missing in its rows.
    pub(in crate::bind::operator) fn find_columns(
        &mut self,
        inputs: Vec<Rows>,
        predicate: &ast::Expr,
        source: &str,
        columns: &[FindColumn],
        span: Span,
    ) -> Rows {
        if inputs.iter().any(|i| i.open) || !self.distinct_types(&inputs, columns) {
            return Rows::unknown(span);
        }
        let mut named = BTreeSet::new();
        names_in(predicate, &mut named);
        let all: Vec<Field> = inputs.iter().flat_map(|i| i.schema().fields()).cloned().collect();
        let Some(found) = self.filtered(inputs, &named, predicate, span) else { return Rows::unknown(span) };
        let shown = found.into_iter().map(|input| self.shown(input, &all, columns, span));
        match shown.collect::<Option<Vec<Rows>>>() {
            Some(shown) => self.unioned(shown, false, Some(source.to_owned()), span),
            None => Rows::unknown(span),
        }
    }

    /// Refuses a column that is asked for twice, or that has several types and is asked for without one.
    fn distinct_types(&mut self, inputs: &[Rows], columns: &[FindColumn]) -> bool {
        let mut right = true;
        let mut seen: Vec<&ast::Name> = vec![];
        for (name, ty) in columns.iter().filter_map(|c| match c {
            FindColumn::Column(name, ty) => Some((name, ty)),
            FindColumn::Pack(_) => None,
        }) {
            let types = inputs.iter().filter_map(|i| i.schema().field(&name.text)).map(|f| f.ty);
            let types: BTreeSet<String> = types.map(|ty| ty.to_string()).collect();
            if seen.iter().any(|n| n.text == name.text) {
                let message = format!("the column `{}` is given twice", name.text);
                self.report(Diagnostic::error(Code::DuplicateColumn, name.span, message));
                right = false;
            } else if ty.is_none() && types.len() > 1 {
                let list: Vec<String> = types.iter().map(|ty| format!("`{ty}`")).collect();
                let message = format!("the column `{}` is {} in different tables", name.text, list.join(" and "));
                let help = format!("say which it shall be: `{}:string`", name.text);
                self.report(Diagnostic::error(Code::WrongType, name.span, message).with_help(help));
                right = false;
            }
            seen.push(name);
        }
        right
    }

    /// The rows of each table for which the predicate is true. What it names and a table does not have is missing there.
    fn filtered(
        &mut self,
        inputs: Vec<Rows>,
        named: &BTreeSet<String>,
        predicate: &ast::Expr,
        span: Span,
    ) -> Option<Vec<Rows>> {
        let mut known: Vec<Field> = vec![];
        for field in inputs.iter().flat_map(|i| i.schema().fields()).filter(|f| named.contains(&*f.name)) {
            if !known.iter().any(|f| f.name == field.name) {
                known.push(field.clone());
            }
        }
        let mut found = vec![];
        for input in inputs {
            let own: Vec<ColumnName> = input.schema().fields().iter().map(|f| f.name.clone()).collect();
            let missing = known.iter().filter(|f| !own.contains(&f.name));
            let columns = missing.map(|f| (f.name.clone(), Expr::literal(Value::missing(f.ty), f.ty, span)));
            let columns: Vec<(ColumnName, Expr)> = columns.collect();
            let narrow = columns.is_empty();
            let fields = columns.iter().map(|(name, value)| Field { name: name.clone(), ty: value.ty });
            let schema = Arc::new(Schema::new(input.schema().fields().iter().cloned().chain(fields)));
            let wide = match narrow {
                true => input,
                false => input.then(span, |input| (RelationKind::Extend { input, columns }, schema)),
            };
            let predicate = self.over(&wide, |b| b.search_predicate(predicate, false))?;
            let rows = wide.then(span, |input| {
                let schema = input.schema.clone();
                (RelationKind::Filter { input, predicate }, schema)
            });
            found.push(if narrow { rows } else { by_names(rows, own, span) });
        }
        Some(found)
    }

    /// The columns asked for of a table's rows; `pack_all()` is a bag of the others.
    fn shown(&mut self, rows: Rows, all: &[Field], columns: &[FindColumn], span: Span) -> Option<Rows> {
        let mut wanted: Vec<Field> = vec![];
        let mut pairs: Vec<(ColumnName, Expr)> = vec![];
        for column in columns {
            let FindColumn::Column(name, ty) = column else {
                pairs.push(("pack_".into(), Expr::column(PACK, Type::Dynamic, span)));
                continue;
            };
            let field = |fields: &[Field]| fields.iter().find(|f| f.name == name.text).cloned();
            let ty = ty.as_ref().map(|t| t.ty).or_else(|| field(all).map(|f| f.ty)).unwrap_or(Type::Dynamic);
            let value = match field(rows.schema().fields()) {
                Some(own) => {
                    wanted.push(own.clone());
                    self.ok(convert(Expr::column(own.name, own.ty, name.span), ty))?
                }
                None => Expr::literal(Value::missing(ty), ty, name.span),
            };
            pairs.push((name.text.clone(), value));
        }
        let packs = columns.iter().any(|c| matches!(c, FindColumn::Pack(_)));
        let rows = if packs { self.packed(rows, &wanted, span)? } else { rows };
        let schema = Arc::new(schema_of(&pairs));
        Some(rows.then(span, |input| (RelationKind::Project { input, columns: pairs }, schema)))
    }

    /// The shown columns, and a bag of the others.
    fn packed(&mut self, rows: Rows, shown: &[Field], span: Span) -> Option<Rows> {
        let others = rows.columns(span).into_iter().filter(|(name, _)| !shown.iter().any(|s| s.name == *name));
        let pairs = others
            .flat_map(|(name, column)| [Expr::literal(Value::String(name.to_string()), Type::String, span), column]);
        let pairs: Vec<Expr> = pairs.collect();
        let bag = match pairs.is_empty() {
            true => Expr::literal(Value::Null, Type::Dynamic, span),
            false => self.operator("bag_pack", "bag_pack", pairs, span)?,
        };
        let field = Field { name: PACK.into(), ty: Type::Dynamic };
        let schema = Arc::new(Schema::new(rows.schema().fields().iter().cloned().chain([field])));
        let columns = vec![(PACK.into(), bag)];
        Some(rows.then(span, |input| (RelationKind::Extend { input, columns }, schema)))
    }
}

/// The names that an expression reads.
fn names_in(expr: &ast::Expr, names: &mut BTreeSet<String>) {
    match &expr.kind {
        ExprKind::Name(name) => drop(names.insert(name.text.to_string())),
        ExprKind::Call(call) => call.arguments.iter().for_each(|a| names_in(a, names)),
        ExprKind::Member { base, .. } => names_in(base, names),
        ExprKind::Index { base, index } => [base, index].into_iter().for_each(|e| names_in(e, names)),
        ExprKind::Unary { operand, .. } => names_in(operand, names),
        ExprKind::Binary { left, right, .. } => [left, right].into_iter().for_each(|e| names_in(e, names)),
        ExprKind::Between { value, low, high, .. } => [value, low, high].into_iter().for_each(|e| names_in(e, names)),
        ExprKind::List { value, items, .. } => {
            names_in(value, names);
            items.iter().for_each(|item| names_in(item, names));
        }
        ExprKind::Parenthesized(inner) | ExprKind::Named { value: inner, .. } => names_in(inner, names),
        _ => {}
    }
}
