//! The tables that a `summarize` reads: scans, with the conditions and the computed columns between.
//!
//! In: its input. Out: a [`Source`] for each scan below conditions, unions, `extend` and `project`. What stands above is put
//! in terms of the scan's own columns.

use super::is_plain;
use crate::backend::polars::filter;
use crate::plan::rewrite::{Rewrite, rewrite_expr};
use crate::plan::{ColumnName, Expr, ExprKind, Relation, RelationKind};
use std::collections::HashMap;
use std::sync::Arc;

/// Parts of an expression above which it is rather computed once, below.
const LARGE: usize = 256;

/// A table of files, and what is asked of its rows.
pub(super) struct Source<'r> {
    /// The table.
    pub(super) scan: &'r Relation,
    /// What has to hold, over the table's columns.
    pub(super) conditions: Vec<Expr>,
    /// The columns that are not the table's own, over those that are.
    columns: HashMap<ColumnName, Expr>,
}

/// The tables of a relation; none when it is made of anything else.
pub(super) fn gather(relation: &Relation) -> Option<Vec<Source<'_>>> {
    match &relation.kind {
        RelationKind::Scan { .. } => Some(vec![Source { scan: relation, conditions: vec![], columns: HashMap::new() }]),
        RelationKind::Filter { input, predicate } => {
            let mut sources = gather(input)?;
            let mut conditions = Vec::new();
            filter::split(predicate, &mut conditions);
            for source in &mut sources {
                let over = conditions.iter().map(|condition| source.over(condition));
                let over = over.collect::<Option<Vec<_>>>()?;
                source.conditions.extend(over);
            }
            Some(sources)
        }
        RelationKind::Union { inputs } => {
            let sources = inputs.iter().map(gather).collect::<Option<Vec<_>>>()?;
            Some(sources.into_iter().flatten().collect())
        }
        RelationKind::Project { input, columns } => {
            let mut sources = gather(input)?;
            for source in &mut sources {
                source.columns = source.computed(columns)?;
            }
            Some(sources)
        }
        RelationKind::Extend { input, columns } => {
            let mut sources = gather(input)?;
            for source in &mut sources {
                let computed = source.computed(columns)?;
                for (name, _) in columns {
                    source.columns.remove(name);
                }
                source.columns.extend(computed);
            }
            Some(sources)
        }
        _ => None,
    }
}

impl Source<'_> {
    /// The table's time column.
    pub(super) fn time(&self) -> Option<&Arc<str>> {
        match &self.scan.kind {
            RelationKind::Scan { table, .. } => table.time_column.as_ref(),
            _ => None,
        }
    }

    /// Columns over the table's own; a column that is the table's own of the same name is left out.
    fn computed(&self, columns: &[(ColumnName, Expr)]) -> Option<HashMap<ColumnName, Expr>> {
        let mut computed = HashMap::new();
        for (name, expr) in columns {
            let over = self.over(expr)?;
            let own = matches!(&over.kind, ExprKind::Column(of) if of == name);
            // It may be computed several times, or not at all.
            if !own && !is_plain(&over) {
                return None;
            }
            if !own {
                computed.insert(name.clone(), over);
            }
        }
        Some(computed)
    }

    /// An expression over the table's own columns; none where it becomes too large, or reads a computed column beside a
    /// table.
    pub(super) fn over(&self, expr: &Expr) -> Option<Expr> {
        if self.columns.is_empty() {
            return Some(expr.clone());
        }
        let mut reads = false;
        expr.visit(&mut |inner| {
            reads |= matches!(&inner.kind, ExprKind::Column(name) if self.columns.contains_key(name));
        });
        if !reads {
            return Some(expr.clone());
        }
        if !is_plain(expr) {
            return None;
        }
        let over = rewrite_expr(&mut Over(&self.columns), expr.clone());
        let mut size = 0;
        over.visit(&mut |_| size += 1);
        (size <= LARGE).then_some(over)
    }
}

/// Puts what columns are in the place of the columns.
struct Over<'c>(&'c HashMap<ColumnName, Expr>);

impl Rewrite for Over<'_> {
    fn expr(&mut self, expr: Expr) -> Expr {
        match &expr.kind {
            ExprKind::Column(name) => self.0.get(name).cloned().unwrap_or(expr),
            _ => expr,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::value::{Field, Schema, Type, Value};

    fn column(name: &str) -> Expr {
        Expr::column(name, Type::Long, Span::default())
    }

    fn source(scan: &Relation) -> Source<'_> {
        Source { scan, conditions: vec![], columns: HashMap::new() }
    }

    fn scan() -> Relation {
        let field = |name: &str| Field { name: name.into(), ty: Type::Long };
        let kind = RelationKind::Union { inputs: vec![] };
        Relation::new(kind, Schema::new([field("A"), field("B")]), Span::default())
    }

    #[test]
    fn columns_are_replaced_once() {
        let scan = scan();
        let mut source = source(&scan);
        // The names of two columns change sides.
        source.columns = source.computed(&[("A".into(), column("B")), ("B".into(), column("A"))]).unwrap();
        assert_eq!(source.over(&column("A")).unwrap(), column("B"));
        assert_eq!(source.over(&column("B")).unwrap(), column("A"));
        assert_eq!(source.over(&column("C")).unwrap(), column("C"));
        // And change back.
        source.columns = source.computed(&[("A".into(), column("B")), ("B".into(), column("A"))]).unwrap();
        assert!(source.columns.is_empty());
    }

    #[test]
    fn constants_are_columns_too() {
        let scan = scan();
        let mut source = source(&scan);
        let seven = Expr::literal(Value::Long(7), Type::Long, Span::default());
        source.columns = source.computed(&[("A".into(), seven.clone()), ("B".into(), column("B"))]).unwrap();
        assert_eq!(source.over(&column("A")).unwrap(), seven);
        assert_eq!(source.over(&column("B")).unwrap(), column("B"));
    }
}
