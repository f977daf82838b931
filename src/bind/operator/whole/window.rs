//! Window functions within partitions: numbers and sums begin anew, neighbours of another partition are none.

use crate::bind::Binder;
use crate::bind::scope::Rows;
use crate::bind::window::{layers, with_windows};
use crate::diagnostic::Span;
use crate::library;
use crate::plan::{ColumnName, Expr, RelationKind, SortKey, WindowColumn, WindowFunction as Window};
use crate::value::{Field, Schema, Type, Value};
use std::sync::Arc;

/// Whether a row is the first of its partition.
const FIRST: &str = "$first";

impl Binder<'_> {
    /// The rows, partition after partition, with the columns of window functions.
    pub(in crate::bind) fn windows_by_partition(&mut self, rows: Rows, windows: Vec<WindowColumn>, span: Span) -> Rows {
        let keys = rows.hidden_columns(span);
        let order = keys.iter().map(|(_, key)| SortKey { expr: key.clone(), descending: false, nulls_first: true });
        let order: Vec<SortKey> = order.collect();
        let sorted = rows.then(span, |input| {
            let schema = input.schema.clone();
            (RelationKind::Sort { input, keys: order }, schema)
        });
        // a number for each run of one key: it is never null, so that it tells null keys apart too
        let number = |(place, (_, key)): (usize, &(ColumnName, Expr))| {
            let function = Window::RankDense { value: key.clone(), restart: None };
            WindowColumn { name: numbered("$run", place), function, ty: Type::Long, span }
        };
        let runs: Vec<WindowColumn> = keys.iter().enumerate().map(number).collect();
        let names: Vec<ColumnName> = runs.iter().map(|c| c.name.clone()).collect();
        let mut rows = with_windows(sorted, runs, span);
        rows = with_windows(rows, shifted_runs(&names, 1, "$before", span), span);
        let changes = self.runs_compared("!=", &names, "$before", span);
        let Some(first) = self.balanced("or", changes, span, span) else { return rows };
        rows = with_column(rows, FIRST.into(), first, span);
        let mut made = 0;
        for layer in layers(windows) {
            let count = layer.len();
            rows = self.layer_by_partition(rows, (made, layer), &names, span);
            made += count;
        }
        rows
    }

    /// The columns of a layer; a value of another partition is replaced by the default.
    fn layer_by_partition(
        &mut self,
        rows: Rows,
        (made, layer): (usize, Vec<WindowColumn>),
        runs: &[ColumnName],
        span: Span,
    ) -> Rows {
        let (mut columns, mut shifts) = (vec![], vec![]);
        for (place, mut column) in layer.into_iter().enumerate().map(|(place, column)| (made + place, column)) {
            match &mut column.function {
                Window::Shift { offset, default, .. } => {
                    let (raw, prefix) = (numbered("$raw", place), format!("$of{place}."));
                    columns.extend(shifted_runs(runs, *offset, &prefix, span));
                    let missing = Expr::literal(Value::missing(column.ty), column.ty, span);
                    let default = default.take().unwrap_or(missing);
                    shifts.push((column.name.clone(), raw.clone(), prefix, default));
                    columns.push(WindowColumn { name: raw, ..column });
                }
                Window::RowNumber { restart, .. }
                | Window::CumulativeSum { restart, .. }
                | Window::RankDense { restart, .. }
                | Window::RankMin { restart, .. }
                | Window::Session { restart, .. } => {
                    let first = Expr::column(FIRST, Type::Bool, span);
                    *restart = match restart.take() {
                        Some(own) => self.operator("or", "or", vec![first, own], span),
                        None => Some(first),
                    };
                    columns.push(column);
                }
            }
        }
        let mut rows = with_windows(rows, columns, span);
        for (name, raw, prefix, default) in shifts {
            let same = self.runs_compared("==", runs, &prefix, span);
            let same = self.balanced("and", same, span, span);
            let (Some(same), Some(iff)) = (same, library::scalar_function("iff")) else { return rows };
            let ty = default.ty;
            let value = Expr::call(iff, vec![same, Expr::column(raw, ty, span), default], ty, span);
            rows = with_column(rows, name, value, span);
        }
        rows
    }

    /// Each run against that of another row.
    fn runs_compared(&mut self, operator: &str, runs: &[ColumnName], prefix: &str, span: Span) -> Vec<Expr> {
        let pairs = runs.iter().enumerate().map(|(place, run)| {
            vec![Expr::column(run.clone(), Type::Long, span), Expr::column(numbered(prefix, place), Type::Long, span)]
        });
        let pairs: Vec<Vec<Expr>> = pairs.collect();
        pairs.into_iter().filter_map(|pair| self.operator(operator, operator, pair, span)).collect()
    }
}

fn numbered(prefix: &str, place: usize) -> ColumnName {
    format!("{prefix}{place}").into()
}

/// The runs that another row belongs to.
fn shifted_runs(runs: &[ColumnName], offset: i64, prefix: &str, span: Span) -> Vec<WindowColumn> {
    let column = |(place, run): (usize, &ColumnName)| {
        let value = Expr::column(run.clone(), Type::Long, span);
        let function = Window::Shift { value, offset, default: None };
        WindowColumn { name: numbered(prefix, place), function, ty: Type::Long, span }
    };
    runs.iter().enumerate().map(column).collect()
}

/// The rows and a column more.
fn with_column(rows: Rows, name: ColumnName, value: Expr, span: Span) -> Rows {
    let field = Field { name: name.clone(), ty: value.ty };
    let schema = Arc::new(Schema::new(rows.schema().fields().iter().cloned().chain([field])));
    rows.then(span, |input| (RelationKind::Extend { input, columns: vec![(name, value)] }, schema))
}
