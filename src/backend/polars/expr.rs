//! Scalar expressions to polars expressions.
//!
//! In: a bound expression and the schema of its input. Out: an [`Operand`]: a constant where everything below is one
//! (tables inside expressions are run first), or a polars expression.

use super::function::{self, Unknown};
use super::json::{self, Step};
use super::kernel;
use super::lowering::{Lowering, keep};
use super::operand::Operand;
use super::types::{self, Cells, column};
use crate::catalog::Lookup;
use crate::diagnostic::{Code, Diagnostic};
use crate::library::{Function, Native, Volatility};
use crate::plan::{Expr, ExprKind, PathStep, Relation};
use crate::value::{Json, Schema, Type, Value, dynamic};
use ::polars::prelude::{Column, Expr as PolarsExpr};
use std::sync::Arc;

impl Lowering<'_> {
    /// An expression over the columns of a table, as polars has it.
    pub(super) fn expr(&self, expr: &Expr, input: &Schema) -> Result<PolarsExpr, Diagnostic> {
        Ok(self.operand(expr, input)?.expr())
    }

    /// The value of an expression that reads no column.
    pub(super) fn constant(&self, expr: &Expr) -> Result<Value, Diagnostic> {
        match self.operand(expr, &Schema::default())? {
            Operand::Constant(value, _) => Ok(value),
            Operand::Column(..) => Err(Diagnostic::error(Code::NotConstant, expr.span, "a constant is needed here")),
        }
    }

    /// A condition of which only true counts.
    pub(super) fn predicate(&self, expr: &Expr, input: &Schema) -> Result<PolarsExpr, Diagnostic> {
        Ok(self.operand_where(expr, input, Unknown::False)?.expr())
    }

    /// An expression over the columns of a table.
    pub(super) fn operand(&self, expr: &Expr, input: &Schema) -> Result<Operand, Diagnostic> {
        self.operand_where(expr, input, Unknown::Kept)
    }

    fn operand_where(&self, expr: &Expr, input: &Schema, unknown: Unknown) -> Result<Operand, Diagnostic> {
        match &expr.kind {
            ExprKind::Literal(value) => Ok(Operand::Constant(value.clone(), expr.ty)),
            ExprKind::Column(name) => Ok(Operand::Column(column(name), expr.ty)),
            ExprKind::Call { function, arguments } => self.call(function, arguments, expr, input, unknown),
            ExprKind::Lookup { source, arguments } => self.lookup(source, arguments, expr, input),
            ExprKind::Path { base, steps } => self.path(base, steps, expr, input),
            ExprKind::Scalar(table) => Ok(Operand::Constant(self.first_cell(table, expr.ty)?, expr.ty)),
            ExprKind::ArrayOf(table) => {
                let cells = self.first_column(table)?.iter().map(dynamic::from_value).collect();
                Ok(Operand::Constant(Value::Dynamic(Json::Array(cells)), Type::Dynamic))
            }
            ExprKind::InTable { value, table, case_sensitive, negated } => {
                let value = self.operand(value, input)?;
                Ok(function::in_values(&value, &self.first_column(table)?, *case_sensitive, *negated))
            }
        }
    }

    fn call(
        &self,
        function: &'static Function,
        arguments: &[Expr],
        expr: &Expr,
        input: &Schema,
        unknown: Unknown,
    ) -> Result<Operand, Diagnostic> {
        if let Some(text) = self.text_of_member(function, arguments, input)? {
            return Ok(Operand::Column(text, expr.ty));
        }
        // Where only true counts below `and` and `or`, only true counts in their sides.
        let inner = match function.native {
            Some(Native::And | Native::Or) => unknown,
            _ => Unknown::Kept,
        };
        let operands = arguments.iter().map(|a| self.operand_where(a, input, inner)).collect::<Result<Vec<_>, _>>()?;
        if function.volatility == Volatility::Stable {
            let constants: Option<Vec<Value>> = operands.iter().map(|o| o.constant().cloned()).collect();
            if let Some(values) = constants {
                return Ok(Operand::Constant(function.evaluate(&values), expr.ty));
            }
        }
        let native = function::lower(function, &operands, expr.ty, unknown);
        let lowered = native.unwrap_or_else(|| kernel::call(function, &operands, expr.ty, &any_column(input)));
        Ok(Operand::Column(lowered, expr.ty))
    }

    /// A question to something beside the tables, once for each distinct text.
    fn lookup(
        &self,
        source: &Arc<dyn Lookup>,
        arguments: &[Expr],
        expr: &Expr,
        input: &Schema,
    ) -> Result<Operand, Diagnostic> {
        let operands = arguments.iter().map(|a| self.operand(a, input)).collect::<Result<Vec<_>, _>>()?;
        let constants: Option<Vec<Value>> = operands.iter().map(|o| o.constant().cloned()).collect();
        if let Some(values) = constants {
            return Ok(Operand::Constant(source.value(&values), expr.ty));
        }
        let inputs = operands.iter().map(|o| (o.expr(), o.ty())).collect();
        let source = source.clone();
        Ok(Operand::Column(kernel::map_rows(inputs, expr.ty, move |row| source.value(row)), expr.ty))
    }

    /// `tostring()` of a member whose path is constant, read in one go.
    fn text_of_member(
        &self,
        function: &Function,
        arguments: &[Expr],
        input: &Schema,
    ) -> Result<Option<PolarsExpr>, Diagnostic> {
        let [Expr { kind: ExprKind::Path { base, steps }, .. }] = arguments else { return Ok(None) };
        let fixed = |step: &PathStep| match step {
            PathStep::Key(key) => Some(Step::Key(key.clone())),
            PathStep::Index(index) => Some(Step::Index(*index)),
            PathStep::Computed(_) => None,
        };
        let Some(steps) = steps.iter().map(fixed).collect::<Option<Vec<Step>>>() else { return Ok(None) };
        if function.native != Some(Native::ToString) {
            return Ok(None);
        }
        match self.operand(unparsed(base), input)? {
            Operand::Column(base, _) => Ok(function::text_of_path(base, &steps)),
            Operand::Constant(..) => Ok(None),
        }
    }

    /// A read of members of a dynamic value.
    fn path(&self, base: &Expr, steps: &[PathStep], expr: &Expr, input: &Schema) -> Result<Operand, Diagnostic> {
        let base = self.operand(unparsed(base), input)?;
        let mut places = Vec::new();
        let mut computed = Vec::new();
        for step in steps {
            places.push(match step {
                PathStep::Key(key) => Place::Fixed(Step::Key(key.clone())),
                PathStep::Index(index) => Place::Fixed(Step::Index(*index)),
                PathStep::Computed(inner) => match self.operand(inner, input)? {
                    Operand::Constant(value, _) => match json::step(&value) {
                        Some(step) => Place::Fixed(step),
                        None => return Ok(Operand::Constant(Value::Null, expr.ty)),
                    },
                    Operand::Column(column, ty) => {
                        computed.push((column, ty));
                        Place::Computed(computed.len())
                    }
                },
            });
        }
        let fixed: Option<Vec<Step>> = places.iter().map(Place::fixed).collect();
        Ok(match (base, fixed) {
            (Operand::Constant(value, _), Some(steps)) => Operand::Constant(json::value_at(value, &steps), expr.ty),
            (Operand::Column(base, _), Some(steps)) => Operand::Column(json::path(base, steps), expr.ty),
            (base, None) => {
                let mut inputs = vec![(base.expr(), base.ty())];
                inputs.extend(computed);
                Operand::Column(kernel::map_rows(inputs, expr.ty, move |row| read(row, &places)), expr.ty)
            }
        })
    }

    /// The first cell of a table.
    fn first_cell(&self, table: &Relation, ty: Type) -> Result<Value, Diagnostic> {
        Ok(self.first_column(table)?.into_iter().next().unwrap_or_else(|| Value::missing(ty)))
    }

    /// The values of a table's first column.
    pub(super) fn first_column(&self, table: &Relation) -> Result<Vec<Value>, Diagnostic> {
        let Some(field) = table.schema.fields().first() else { return Ok(vec![]) };
        let only = Schema::new([field.clone()]);
        let frame = self.run(keep(self.relation(table)?, &only)).map_err(super::failed(table.span))?;
        let read = |column: &Column| Cells::new(column, field.ty);
        let cells = frame.column(&field.name).and_then(read).map_err(super::failed(table.span))?;
        Ok((0..frame.height()).map(|row| cells.value(row)).collect())
    }
}

/// The text below `parse_json()`: members are read from it all the same.
fn unparsed(base: &Expr) -> &Expr {
    match &base.kind {
        ExprKind::Call { function, arguments } if function.native == Some(Native::ParseJson) => {
            match arguments.as_slice() {
                [text] if text.ty == Type::String => text,
                _ => base,
            }
        }
        _ => base,
    }
}

/// A step of a path: known, or the value of one of the row's inputs.
enum Place {
    Fixed(Step),
    Computed(usize),
}

impl Place {
    fn fixed(&self) -> Option<Step> {
        match self {
            Place::Fixed(step) => Some(step.clone()),
            Place::Computed(_) => None,
        }
    }
}

/// Reads a path with computed steps in one row: the base first, then the computed steps.
fn read(row: &[Value], places: &[Place]) -> Value {
    let steps = places.iter().map(|place| match place {
        Place::Fixed(step) => Some(step.clone()),
        Place::Computed(at) => row.get(*at).and_then(json::step),
    });
    match (row.first(), steps.collect::<Option<Vec<Step>>>()) {
        (Some(base), Some(steps)) => json::value_at(base.clone(), &steps),
        _ => Value::Null,
    }
}

/// Any column of a table: what tells the number of rows to a call that reads none.
fn any_column(input: &Schema) -> PolarsExpr {
    column(input.names().next().unwrap_or(types::ROWS))
}
