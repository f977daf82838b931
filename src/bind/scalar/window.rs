//! Window functions: values of neighbouring rows, which need rows in order.
//!
//! A call becomes a column of the rows' own, computed before the operator that reads it.

use crate::bind::Binder;
use crate::bind::coerce::{assign, convert};
use crate::bind::scope::Rows;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::{ColumnName, Expr, ExprKind, RelationKind, WindowColumn, WindowFunction as Window};
use crate::syntax::ast;
use crate::value::{Field, Schema, Type, Value};
use std::sync::Arc;

/// True for functions over neighbouring rows.
pub(in crate::bind) fn is_window_function(name: &str) -> bool {
    matches!(
        name,
        "row_number" | "prev" | "next" | "row_cumsum" | "row_rank_dense" | "row_rank_min" | "row_window_session"
    )
}

impl Binder<'_> {
    /// Binds over rows. Where window functions were met, gives the rows with their columns too.
    pub(in crate::bind) fn over_windows<T>(
        &mut self,
        rows: &Rows,
        span: Span,
        run: impl FnOnce(&mut Self) -> T,
    ) -> (T, Option<Rows>) {
        let scope = self.row_scope(vec![rows.side()], rows.serialized);
        let (result, scope) = self.in_row(scope, run);
        let windows = scope.map(|s| s.windows).unwrap_or_default();
        if windows.is_empty() {
            return (result, None);
        }
        let rows = rows.clone();
        let layered = match rows.hidden.is_empty() {
            true => layers(windows).into_iter().fold(rows, |rows, layer| with_windows(rows, layer, span)),
            // within `mv-apply` and `partition` neighbours may belong to another partition
            false => self.windows_by_partition(rows, windows, span),
        };
        (result, Some(layered))
    }

    /// A call of a window function.
    pub(in crate::bind) fn window_function(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let name = &*call.name.text;
        let scope = self.rows.last().filter(|r| !r.sides.is_empty() && r.visible);
        if scope.is_none_or(|r| r.aggregation.is_some() || !r.parts.is_empty()) {
            return self.refuse(Code::WindowNeedsOrder, span, format!("`{name}` cannot stand here"));
        }
        if !scope.is_some_and(|r| r.serialized) {
            let diagnostic = Diagnostic::error(Code::WindowNeedsOrder, span, format!("`{name}` needs rows in order"));
            self.report(diagnostic.with_help("`sort` the rows, or `serialize` them as they are"));
            return None;
        }
        if call.arguments.len() > 4 {
            return self.refuse(
                Code::WrongArgumentCount,
                call.arguments_span,
                format!("too many arguments for `{name}`"),
            );
        }
        let arguments: Option<Vec<Expr>> = {
            let bound: Vec<Option<Expr>> = call.arguments.iter().map(|a| self.scalar(a)).collect();
            bound.into_iter().collect()
        };
        let (function, ty) = self.window_of(call, arguments?, span)?;
        self.window_column(function, ty, span)
    }

    fn window_of(&mut self, call: &ast::Call, arguments: Vec<Expr>, span: Span) -> Option<(Window, Type)> {
        let name = &*call.name.text;
        let mut arguments = arguments.into_iter();
        if name == "row_number" {
            let first = arguments.next().map_or(Some(1), |a| self.whole(a, name));
            let restart = self.restart(arguments.next(), name);
            return Some((Window::RowNumber { first: first?, restart: restart? }, Type::Long));
        }
        let Some(value) = arguments.next() else {
            return self.refuse(Code::WrongArgumentCount, span, format!("`{name}` needs a value"));
        };
        match name {
            "prev" | "next" => self.shift(name, value, arguments),
            "row_cumsum" => {
                let (value, ty) = self.summable(value)?;
                Some((Window::CumulativeSum { value, restart: self.restart(arguments.next(), name)? }, ty))
            }
            "row_rank_dense" => {
                Some((Window::RankDense { value, restart: self.restart(arguments.next(), name)? }, Type::Long))
            }
            "row_rank_min" => {
                Some((Window::RankMin { value, restart: self.restart(arguments.next(), name)? }, Type::Long))
            }
            _ => self.session(name, value, arguments, span),
        }
    }

    fn shift(&mut self, name: &str, value: Expr, mut arguments: impl Iterator<Item = Expr>) -> Option<(Window, Type)> {
        let offset = arguments.next().map_or(Some(1), |a| self.whole(a, name))?;
        let offset = if name == "next" { -offset } else { offset };
        let ty = value.ty;
        let default = match arguments.next() {
            Some(default) => Some(self.ok(assign(default, ty, &format!("the default of `{name}`")))?),
            None => None,
        };
        if default.as_ref().is_some_and(|d| d.as_literal().is_none()) {
            let span = default.as_ref().map_or(value.span, |d| d.span);
            return self.refuse(Code::NotConstant, span, format!("the default of `{name}` must be a constant"));
        }
        Some((Window::Shift { value, offset, default }, ty))
    }

    fn session(
        &mut self,
        name: &str,
        time: Expr,
        mut arguments: impl Iterator<Item = Expr>,
        span: Span,
    ) -> Option<(Window, Type)> {
        let (Some(first), Some(between)) = (arguments.next(), arguments.next()) else {
            return self.refuse(Code::WrongArgumentCount, span, format!("`{name}` needs a time and two timespans"));
        };
        let restart = self.restart(arguments.next(), name);
        let spans = [first, between].map(|a| match a.as_literal() {
            Some(Value::Timespan(ticks)) => Some(*ticks),
            _ => self.refuse(Code::NotConstant, a.span, format!("`{name}` takes constant timespans")),
        });
        let time = self.ok(assign(time, Type::Datetime, name))?;
        let [Some(from_first), Some(between)] = spans else { return None };
        Some((Window::Session { time, from_first, between, restart: restart? }, Type::Datetime))
    }

    /// A constant whole number.
    fn whole(&mut self, argument: Expr, name: &str) -> Option<i64> {
        match argument.as_literal().and_then(Value::as_i64) {
            Some(number) => Some(number),
            None => {
                self.refuse(Code::NotConstant, argument.span, format!("`{name}` takes a constant whole number here"))
            }
        }
    }

    /// The condition to begin anew.
    fn restart(&mut self, argument: Option<Expr>, name: &str) -> Option<Option<Expr>> {
        match argument {
            None => Some(None),
            Some(condition) if condition.ty == Type::Bool => Some(Some(condition)),
            Some(other) => {
                let message = format!("`{name}` begins anew by a `bool`, not by a `{}`", other.ty);
                self.refuse(Code::WrongType, other.span, message)
            }
        }
    }

    fn summable(&mut self, value: Expr) -> Option<(Expr, Type)> {
        match value.ty {
            Type::Int => Some((self.ok(convert(value, Type::Long))?, Type::Long)),
            Type::Long | Type::Real | Type::Decimal | Type::Timespan => {
                let ty = value.ty;
                Some((value, ty))
            }
            ty => self.refuse(Code::WrongType, value.span, format!("a `{ty}` cannot be summed")),
        }
    }

    /// The column of a window function; the same call twice is one column.
    fn window_column(&mut self, function: Window, ty: Type, span: Span) -> Option<Expr> {
        let scope = self.rows.last_mut()?;
        let name: ColumnName = format!("$window{}", scope.windows.len()).into();
        scope.windows.push(WindowColumn { name: name.clone(), function, ty, span });
        Some(Expr::column(name, ty, span))
    }
}

/// Columns that may be computed together: none reads another one of its layer.
pub(in crate::bind) fn layers(columns: Vec<WindowColumn>) -> Vec<Vec<WindowColumn>> {
    let mut layers: Vec<Vec<WindowColumn>> = vec![];
    for column in columns {
        let reads_layer = |layer: &Vec<WindowColumn>| {
            let mut found = false;
            for expr in column.function.expressions() {
                expr.visit(&mut |e| {
                    found |= matches!(&e.kind, ExprKind::Column(name) if layer.iter().any(|c| c.name == *name));
                });
            }
            found
        };
        match layers.last_mut() {
            Some(layer) if !reads_layer(layer) => layer.push(column),
            _ => layers.push(vec![column]),
        }
    }
    layers
}

/// The rows and some window columns over them.
pub(in crate::bind) fn with_windows(rows: Rows, columns: Vec<WindowColumn>, span: Span) -> Rows {
    let new = columns.iter().map(|c| Field { name: c.name.clone(), ty: c.ty });
    let schema = Arc::new(Schema::new(rows.schema().fields().iter().cloned().chain(new)));
    rows.then(span, |input| (RelationKind::Window { input, columns }, schema))
}
