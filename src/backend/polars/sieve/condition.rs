//! What a filter asks, taken apart: tests of one text column each, and all the rest.
//!
//! In: the conditions that all have to hold, bound. Out: [`Conditions`]. A test of a text column is asked of distinct values
//! and of term filters; the rest is an expression over the rows that are left.

use super::asker::Question;
use super::keys::Keys;
use super::probe::probe_of;
use crate::backend::polars::function::{self, TextTest};
use crate::backend::polars::lowering::Lowering;
use crate::backend::polars::operand::Operand;
use crate::diagnostic::Diagnostic;
use crate::library::{Native, Volatility};
use crate::mirror::terms::Probe;
use crate::plan::{Expr, ExprKind, Relation};
use crate::value::{Schema, Type, Value};
use ::polars::prelude::Expr as PolarsExpr;
use std::sync::Arc;

/// The conditions of a filter.
#[derive(Default)]
pub(super) struct Conditions {
    /// Tests of texts.
    pub(super) texts: Vec<TextCondition>,
    /// The others.
    pub(super) others: Vec<OtherCondition>,
    /// What the other side of a join asks of the rows.
    pub(super) keys: Vec<Arc<Keys>>,
    /// What a block of rows must hold in a column for one of them to pass.
    pub(super) probes: Vec<(Arc<str>, Probe)>,
    /// Whether some condition does not only depend on the columns that it names.
    pub(super) volatile: bool,
}

/// A test of the texts of a column.
pub(super) struct TextCondition {
    /// The column.
    pub(super) column: Arc<str>,
    /// The test.
    pub(super) question: Question,
    /// The same as an expression.
    expr: PolarsExpr,
}

/// A condition that is asked of rows, or of distinct values of its only column.
pub(super) struct OtherCondition {
    /// The condition.
    pub(super) expr: PolarsExpr,
    /// The columns that it reads.
    pub(super) columns: Vec<Arc<str>>,
}

impl Conditions {
    /// All of them as expressions, for a scan that asks them row by row.
    pub(super) fn exprs(&self) -> Vec<PolarsExpr> {
        self.texts
            .iter()
            .map(|text| text.expr.clone())
            .chain(self.others.iter().map(|other| other.expr.clone()))
            .collect()
    }
}

impl Lowering<'_> {
    /// Takes the conditions over a scan apart, and adds what a join asks of its rows.
    pub(super) fn conditions(&self, conditions: &[&Expr], scan: &Relation) -> Result<Conditions, Diagnostic> {
        let keys = self.keys_of(scan);
        let probes = keys.iter().flat_map(|keys| keys.probes()).collect();
        let mut apart = Conditions { keys, probes, ..Conditions::default() };
        let input = &scan.schema;
        for condition in conditions {
            apart.volatile |= !is_stable(condition);
            apart.probes.extend(probe_of(condition).filter(|(_, probe)| *probe != Probe::Always));
            match self.text_condition(condition, input)? {
                Some((column, test)) => {
                    // A table inside of it is not run again.
                    let expr = match has_table(condition) {
                        true => function::text_expr(&column, test.clone()),
                        false => self.predicate(condition, input)?,
                    };
                    apart.texts.push(TextCondition { column, question: Question::new(test), expr });
                }
                None => {
                    let mut columns = Vec::new();
                    condition.visit(&mut |inner| {
                        if let ExprKind::Column(name) = &inner.kind
                            && !columns.contains(name)
                        {
                            columns.push(name.clone());
                        }
                    });
                    apart.others.push(OtherCondition { expr: self.predicate(condition, input)?, columns });
                }
            }
        }
        Ok(apart)
    }

    /// The text column of a condition that reads no other one, and what it asks of its texts.
    fn text_condition(&self, expr: &Expr, input: &Schema) -> Result<Option<(Arc<str>, TextTest)>, Diagnostic> {
        match &expr.kind {
            ExprKind::Call { function, arguments } => {
                let Some(native) = function.native else { return Ok(None) };
                match (native, arguments.as_slice()) {
                    // One side may be no such condition, and then the tables of the other would be run twice.
                    (Native::And | Native::Or | Native::Not, _) if has_table(expr) => Ok(None),
                    (Native::And | Native::Or, [left, right]) => {
                        let Some((column, a)) = self.text_condition(left, input)? else { return Ok(None) };
                        let Some((_, b)) = self.text_condition(right, input)?.filter(|(other, _)| *other == column)
                        else {
                            return Ok(None);
                        };
                        Ok(Some((column, if native == Native::And { a.and(b) } else { a.or(b) })))
                    }
                    (Native::Not, [only]) => {
                        Ok(self.text_condition(only, input)?.map(|(column, test)| (column, !test)))
                    }
                    _ => self.text_call(native, arguments, input),
                }
            }
            ExprKind::InTable { value, table, case_sensitive, negated } => {
                let ExprKind::Column(column) = &value.kind else { return Ok(None) };
                if value.ty != Type::String {
                    return Ok(None);
                }
                if table.schema.fields().first().is_none_or(|field| field.ty != Type::String) {
                    return Ok(None);
                }
                let values = self.first_column(table)?;
                let texts = values.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                Ok(Some((column.clone(), function::in_texts(texts, *case_sensitive, *negated))))
            }
            _ => Ok(None),
        }
    }

    /// A call that asks about one column of texts.
    fn text_call(
        &self,
        native: Native,
        arguments: &[Expr],
        input: &Schema,
    ) -> Result<Option<(Arc<str>, TextTest)>, Diagnostic> {
        let columns = arguments.iter().filter(|a| a.as_literal().is_none() && !is_table(a));
        let [column] = columns.collect::<Vec<_>>()[..] else { return Ok(None) };
        let (ExprKind::Column(name), Type::String) = (&column.kind, column.ty) else { return Ok(None) };
        let operands = arguments.iter().map(|a| self.operand(a, input)).collect::<Result<Vec<_>, _>>()?;
        let asked = function::text_test(native, &operands);
        let asked = asked.filter(|(texts, _)| matches!(texts, Operand::Column(..)));
        Ok(asked.map(|(_, test)| (name.clone(), test)))
    }
}

/// Whether an expression gives the same for the same row.
pub(super) fn is_stable(expr: &Expr) -> bool {
    let mut stable = true;
    expr.visit(&mut |inner| {
        if let ExprKind::Call { function, .. } = &inner.kind {
            stable &= function.volatility == Volatility::Stable;
        }
    });
    stable
}

/// Whether a table stands in an expression.
fn has_table(expr: &Expr) -> bool {
    let mut found = false;
    expr.visit(&mut |inner| found |= is_table(inner) || matches!(inner.kind, ExprKind::InTable { .. }));
    found
}

fn is_table(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Scalar(_) | ExprKind::ArrayOf(_))
}
