//! Operators with several results (`fork`, `facet`), and `partition` with a query of its own.

use crate::bind::Binder;
use crate::bind::scope::{Binding, Rows};
use crate::bind::statement::declare;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::{ColumnName, Expr, Relation, RelationKind};
use crate::syntax::ast::{self, Operator};
use crate::value::{Schema, Type, Value};

/// As many values as Kusto allows a partition with a query.
const MOST_PARTITIONS: usize = 64;

impl Binder<'_> {
    /// `fork a=(operators) (operators)`: a result for each.
    pub(in crate::bind::operator) fn fork(
        &mut self,
        rows: Rows,
        branches: &[(Option<ast::Name>, Vec<Operator>)],
        span: Span,
    ) -> Rows {
        let base = self.shared(rows, span);
        let mut results = vec![];
        for (_, operators) in branches {
            let result = self.operators(base.clone(), operators);
            results.push(self.one_result(result, span));
        }
        together(results, span)
    }

    /// `facet by a, b with (operators)`: what the operators give, then the values of each column with their counts.
    pub(in crate::bind::operator) fn facet(
        &mut self,
        rows: Rows,
        columns: &[ast::Name],
        with: Option<&ast::Pipeline>,
        span: Span,
    ) -> Rows {
        let base = self.shared(rows, span);
        let mut results = vec![];
        if let Some(ast::Pipeline { source: ast::Source::Operator(first), operators }) = with {
            let operators: Vec<Operator> = std::iter::once(first).chain(operators).cloned().collect();
            let result = self.operators(base.clone(), &operators);
            results.push(self.one_result(result, span));
        }
        for column in columns {
            let count = ast::Name { text: format!("count_{}", column.text).into(), span: column.span, quoted: true };
            let call = ast::Name { text: "count".into(), span: column.span, quoted: false };
            let call = ast::Call { name: call, arguments: vec![], arguments_span: column.span };
            let value = Box::new(ast::Expr { kind: ast::ExprKind::Call(call), span: column.span });
            let kind = ast::ExprKind::Named { names: vec![count], value };
            let aggregates = vec![ast::Expr { kind, span: column.span }];
            let keys = vec![ast::Expr { kind: ast::ExprKind::Name(column.clone()), span: column.span }];
            let summarize = ast::Summarize { parameters: vec![], aggregates, by: Some(span), keys };
            results.push(self.summarize(base.clone(), &summarize, span));
        }
        together(results, span)
    }

    /// `partition by column { query }`: the query for each value of the column, which it reads as a constant.
    pub(in crate::bind::operator) fn partition_query(
        &mut self,
        rows: Rows,
        by: &ast::Expr,
        statements: &[ast::Statement],
        span: Span,
    ) -> Rows {
        let Some(key) = self.over(&rows, |b| b.scalar(by)) else { return Rows::unknown(span) };
        let ast::ExprKind::Name(name) = &by.kind else {
            let message = "`partition` with a query goes by a column";
            self.report(Diagnostic::error(Code::NotConstant, by.span, message));
            return Rows::unknown(span);
        };
        if rows.open {
            return Rows::unknown(span);
        }
        let Some(values) = self.distinct_values(rows, &name.text, &key, span) else { return Rows::unknown(span) };
        if values.len() > MOST_PARTITIONS {
            let message = format!("`{}` has more than {MOST_PARTITIONS} values", name.text);
            self.report(Diagnostic::error(Code::WrongValue, by.span, message));
            return Rows::unknown(span);
        }
        let nothing = values.is_empty();
        let values = if nothing { vec![Value::missing(key.ty)] } else { values };
        let mut results = vec![];
        for value in values {
            let expr = Expr::literal(value, key.ty, by.span);
            results.push(self.query_with(&name.text, Binding::Scalar { expr, row: None }, statements, span));
        }
        let united = self.unioned(results, false, None, span);
        match nothing {
            true => united.then(span, |input| {
                let schema = input.schema.clone();
                (RelationKind::Take { input, count: Expr::literal(Value::Long(0), Type::Long, span) }, schema)
            }),
            false => united,
        }
    }

    /// The values of a column, now.
    fn distinct_values(&mut self, rows: Rows, name: &str, key: &Expr, span: Span) -> Option<Vec<Value>> {
        let name: ColumnName = name.into();
        let schema = Schema::of([(&*name, key.ty)]);
        let kind = RelationKind::Summarize {
            input: Box::new(rows.relation),
            keys: vec![(name.clone(), key.clone())],
            aggregates: vec![],
        };
        let batch = self.probe(&Relation::new(kind, schema, span))?;
        batch.columns.first().map(|column| (0..batch.rows).map(|row| column.value(row)).collect())
    }

    /// Statements whose last one is a table, with one name more.
    fn query_with(&mut self, name: &str, binding: Binding, statements: &[ast::Statement], span: Span) -> Rows {
        let outer = self.names.clone();
        self.names = self.names.with(name.into(), binding);
        let mut result = None;
        for statement in statements {
            match statement {
                ast::Statement::Expression(expr) => result = Some(self.table(expr)),
                other => declare(self, other),
            }
        }
        self.names = outer;
        result.unwrap_or_else(|| {
            self.report(Diagnostic::error(Code::NoResult, span, "the query of `partition` asks for nothing"));
            Rows::unknown(span)
        })
    }
}

/// Several results as one: the others are behind the first.
fn together(results: Vec<Rows>, span: Span) -> Rows {
    let mut results = results.into_iter();
    match results.next() {
        Some(first) => Rows { more: results.collect(), ..first },
        None => Rows::unknown(span),
    }
}
