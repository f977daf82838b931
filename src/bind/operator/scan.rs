//! `scan`: sequences of rows, step by step.

use super::{parameter_span, parameter_text};
use crate::bind::Binder;
use crate::bind::coerce::assign;
use crate::bind::scope::{Part, PartKind, RowScope, Rows, Side};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::{ColumnName, Expr, RelationKind, Sequence, SequenceStep, StepOutput};
use crate::syntax::ast;
use crate::value::{Field, Schema, Type, Value};
use std::rc::Rc;
use std::sync::Arc;

impl Binder<'_> {
    /// `scan with_match_id=m declare (a:long = 0) with (step s: condition => a = x;)`
    pub(super) fn scan_steps(&mut self, rows: Rows, scan: &ast::Scan, span: Span) -> Rows {
        let [match_id, step_name, kind] =
            self.parameters(&scan.parameters, &["with_match_id", "with_step_name", "kind"]);
        for unknown in [step_name, kind].into_iter().flatten() {
            let message = format!("the parameter `{}` of `scan` is not built yet", unknown.name.text);
            self.report(Diagnostic::error(Code::NotBuiltYet, unknown.name.span, message));
        }
        let rows = if scan.order.is_empty() { rows } else { self.sort(rows, &scan.order, span) };
        if !rows.serialized && !rows.open {
            let diagnostic = Diagnostic::error(Code::WindowNeedsOrder, span, "`scan` needs rows in order");
            self.report(diagnostic.with_help("`sort` the rows, or `serialize` them as they are"));
        }
        let mut partition: Vec<Expr> = rows.hidden_columns(span).into_iter().map(|(_, column)| column).collect();
        let written: Vec<Option<Expr>> = self.over(&rows, |b| scan.partition.iter().map(|key| b.scalar(key)).collect());
        let complete = written.iter().all(Option::is_some);
        partition.extend(written.into_iter().flatten());
        let declared = self.declared_columns(&rows, &scan.declare);
        let fields = declared.iter().map(|(name, value)| Field { name: name.clone(), ty: value.ty });
        let extended = Schema::new(rows.schema().fields().iter().cloned().chain(fields));
        let side = Side { schema: Arc::new(extended), ..rows.side() };
        let match_id = match_id.map(|parameter| {
            let name: ColumnName = parameter_text(&parameter).into();
            if side.schema.field(&name).is_some() {
                let message = format!("there is a column `{name}` already");
                self.report(Diagnostic::error(Code::DuplicateColumn, parameter_span(&parameter), message));
            }
            name
        });
        let Some(steps) = self.steps(&side, &scan.steps).filter(|_| complete) else { return Rows::unknown(span) };
        let number = match_id.iter().map(|name| Field { name: name.clone(), ty: Type::Long });
        let schema = Arc::new(Schema::new(side.schema.fields().iter().cloned().chain(number)));
        let sequence = Box::new(Sequence { partition, declared, steps, match_id });
        rows.then(span, |input| (RelationKind::Sequence { input, sequence }, schema))
    }

    /// The columns of `declare`, and their defaults.
    fn declared_columns(&mut self, rows: &Rows, declare: &[ast::Parameter]) -> Vec<(ColumnName, Expr)> {
        let mut declared: Vec<(ColumnName, Expr)> = vec![];
        for parameter in declare {
            let name = &parameter.name;
            let ast::ParameterType::Scalar(ty) = &parameter.ty else {
                self.report(Diagnostic::error(Code::NotScalar, name.span, "a declared column is no table"));
                continue;
            };
            if rows.schema().field(&name.text).is_some() || declared.iter().any(|(other, _)| *other == name.text) {
                let message = format!("there is a column `{}` already", name.text);
                self.report(Diagnostic::error(Code::DuplicateColumn, name.span, message));
                continue;
            }
            let default = parameter.default.as_ref().and_then(|written| {
                let bound = self.literal(written, "the default of a declared column")?;
                self.ok(assign(bound, ty.ty, &format!("the column `{}`", name.text)))
            });
            let default = default.unwrap_or_else(|| Expr::literal(Value::missing(ty.ty), ty.ty, name.span));
            declared.push((name.text.clone(), default));
        }
        declared
    }

    /// The steps. Each sees the current row, itself and the steps before it.
    fn steps(&mut self, side: &Side, written: &[ast::ScanStep]) -> Option<Vec<SequenceStep>> {
        let mut parts: Vec<Part> = vec![];
        let mut steps = vec![];
        for step in written {
            let name = step.name.text.clone();
            if parts.iter().any(|p| p.name == name) {
                let message = format!("the step `{name}` is there twice");
                self.report(Diagnostic::error(Code::DuplicateName, step.name.span, message));
            }
            parts.push(Part { name, kind: PartKind::Step, side: side.clone() });
            let scope = RowScope { parts: Rc::from(parts.as_slice()), ..self.row_scope(vec![side.clone()], false) };
            let (bound, _) = self.in_row(scope, |b| b.step(side, step));
            steps.push(bound);
        }
        steps.into_iter().collect()
    }

    fn step(&mut self, side: &Side, step: &ast::ScanStep) -> Option<SequenceStep> {
        let condition = self.predicate(&step.condition);
        let mut assignments: Vec<(ColumnName, Expr)> = vec![];
        let mut complete = true;
        for written in &step.assignments {
            let bound = self.step_assignment(side, written);
            if let Some((name, _)) = &bound
                && assignments.iter().any(|(other, _)| other == name)
            {
                let message = format!("the column `{name}` is given twice");
                self.report(Diagnostic::error(Code::DuplicateColumn, written.span, message));
            }
            complete &= bound.is_some();
            assignments.extend(bound);
        }
        let output = match step.output.as_ref().map(|o| &*o.text) {
            Some("last") => StepOutput::Last,
            Some("none") => StepOutput::None,
            _ => StepOutput::All,
        };
        let condition = condition.filter(|_| complete)?;
        Some(SequenceStep { name: step.name.text.clone(), optional: step.optional, output, condition, assignments })
    }

    /// `column = value`
    fn step_assignment(&mut self, side: &Side, written: &ast::Expr) -> Option<(ColumnName, Expr)> {
        let ast::ExprKind::Named { names, value } = &written.kind else { return None };
        let name = names.first()?;
        let value = self.scalar(value);
        let Some(field) = side.fields().find(|f| f.name == name.text) else {
            if side.open {
                return None;
            }
            let message = format!("no column `{}` to assign to", name.text);
            let diagnostic = Diagnostic::error(Code::UnknownColumn, name.span, message);
            self.report(diagnostic.with_help("`declare` it, with its type"));
            return None;
        };
        let value = self.ok(assign(value?, field.ty, &format!("the column `{}`", name.text)))?;
        Some((field.name.clone(), value))
    }
}
