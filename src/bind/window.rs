//! Window functions: values of neighbouring rows, which need rows in order.

use super::Binder;
use crate::diagnostic::{Code, Span};
use crate::plan::Expr;
use crate::syntax::ast;

/// True for functions over neighbouring rows.
pub(super) fn is_window_function(name: &str) -> bool {
    matches!(
        name,
        "row_number" | "prev" | "next" | "row_cumsum" | "row_rank_dense" | "row_rank_min" | "row_window_session"
    )
}

impl Binder<'_> {
    /// A call of a window function.
    pub(super) fn window_function(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let name = &call.name.text;
        if !self.rows.last().is_some_and(|r| r.serialized) {
            let message = format!("`{name}` needs rows in order: `sort` or `serialize` them first");
            return self.refuse(Code::WindowNeedsOrder, span, message);
        }
        self.refuse(Code::NotBuiltYet, span, format!("the window function `{name}` is not built yet"))
    }
}
