//! Functions that ask the service about itself: what they give where there is none.
//!
//! In: a call. Out: what is documented for data outside of the service, with a warning; or a refusal that says why.

use super::no_meaning;
use crate::bind::Binder;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::Expr;
use crate::syntax::ast;
use crate::value::{Type, Value};

impl Binder<'_> {
    /// The value of such a function; nothing for other functions.
    pub(super) fn offline_function(&mut self, call: &ast::Call, span: Span) -> Option<Option<Expr>> {
        let name = &*call.name.text;
        let (value, ty, why) = match name {
            "current_principal" => (Value::String(String::new()), Type::String, "nobody is signed in"),
            "current_principal_details" => (Value::Null, Type::Dynamic, "nobody is signed in"),
            "current_principal_is_member_of" => (Value::Bool(false), Type::Bool, "nobody is signed in"),
            "extent_id" | "extentid" => (Value::Guid(0), Type::Guid, "rows lie in no data shard"),
            "extent_tags" => (Value::Null, Type::Dynamic, "rows lie in no data shard"),
            "current_database" => return Some(Some(text("huntline", span))),
            "current_cluster_endpoint" => return Some(Some(text("local", span))),
            "cursor_after"
            | "cursor_before_or_at"
            | "cursor_current"
            | "current_cursor"
            | "hash_combine"
            | "hash_many" => {
                self.report(no_meaning(name, span));
                return Some(None);
            }
            _ => return None,
        };
        self.offline_arguments(call);
        let shown = match &value {
            Value::Bool(false) => "false",
            Value::String(_) => "empty",
            Value::Guid(_) => "the guid of zeros",
            _ => "null",
        };
        let message = format!("{why} offline: `{name}()` is {shown}");
        self.report(Diagnostic::warning(Code::IgnoredHint, span, message));
        Some(Some(Expr::literal(value, ty, span)))
    }

    /// Only `current_principal_is_member_of` takes any: texts that are constant, or an array of them.
    fn offline_arguments(&mut self, call: &ast::Call) {
        let takes = &*call.name.text == "current_principal_is_member_of";
        if takes == call.arguments.is_empty() {
            let message = if takes {
                "a group or principal is missing".to_owned()
            } else {
                format!("`{}` takes no arguments", call.name.text)
            };
            self.report(Diagnostic::error(Code::WrongArgumentCount, call.arguments_span, message));
        }
        for argument in &call.arguments {
            let bound = self.literal(argument, "a group or principal");
            if bound.is_some_and(|bound| !matches!(bound.ty, Type::String | Type::Dynamic)) {
                self.report(Diagnostic::error(Code::WrongType, argument.span, "a group or principal is a text"));
            }
        }
    }

    /// `assert(condition, message)`: checked now, before anything runs.
    pub(super) fn assert(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let [condition, message] = self.arguments(call)?;
        let (condition, message) =
            (self.literal(condition, "what is asserted"), self.literal(message, "the message of `assert`"));
        match (condition?.as_literal()?, message?.as_literal()?) {
            (Value::Bool(true), Value::String(_)) => Some(Expr::literal(Value::Bool(true), Type::Bool, span)),
            (Value::Bool(false), Value::String(text)) => {
                self.refuse(Code::WrongValue, span, format!("`assert` has failed: {text}"))
            }
            _ => self.refuse(Code::WrongType, span, "`assert` takes a `bool` that is not null and a text"),
        }
    }

    /// `bin_auto(value)`: a bin of the size, and from the point, that the query sets.
    pub(super) fn bin_auto(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let [value] = self.arguments(call)?;
        let value = self.scalar(value)?;
        let (size, at) = self.settings.auto_bins.clone();
        let Some(size) = size else {
            let diagnostic = Diagnostic::error(Code::WrongValue, span, "`bin_auto` has no size of its bins");
            self.report(diagnostic.with_help("give it before the query: `set query_bin_auto_size=1h;`"));
            return None;
        };
        match at {
            Some(at) => self.operator("bin_at", "bin_auto", vec![value, size, at], span),
            None => self.operator("bin", "bin_auto", vec![value, size], span),
        }
    }
}

fn text(text: &str, span: Span) -> Expr {
    Expr::literal(Value::String(text.to_owned()), Type::String, span)
}
