//! `find` without `project`: the columns that matter, and a bag of the others.

use crate::bind::Binder;
use crate::bind::scope::Rows;
use crate::diagnostic::Span;
use crate::plan::{ColumnName, Expr, RelationKind};
use crate::syntax::ast::{self, ExprKind};
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
        let packed = inputs.into_iter().map(|input| self.packed(input, &shown, span));
        let Some(packed) = packed.collect::<Option<Vec<Rows>>>() else { return Rows::unknown(span) };
        let mut united = self.unioned(packed, false, Some(SOURCE.to_owned()), span);
        united.hidden = vec![SOURCE.into(), PACK.into()];
        let found = self.searched_rows(united, predicate, false, span);
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
        let schema = Arc::new(crate::bind::naming::schema_of(&columns));
        let found = Rows { hidden: vec![], ..found };
        found.then(span, |input| (RelationKind::Project { input, columns }, schema))
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
