//! Expressions: what a value is known to be, members of the facts, comparisons.

use super::super::api::{FIELDS, Fact, SEVERITIES, STATUSES};
use super::scan::root;
use super::value::{Known, Nothing, Value, class};
use super::walk::Walk;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use rhai::{ASTFlags, Expr};

impl Walk<'_> {
    /// What an expression is, without telling anything.
    pub(super) fn quiet(&mut self, expression: &Expr) -> Value {
        self.muted += 1;
        let value = self.expression(expression);
        self.muted -= 1;
        value
    }

    /// Where an expression begins: its first word.
    pub(super) fn span(&self, expression: &Expr) -> Span {
        match expression {
            Expr::FnCall(call, at)
                if call.args.len() == 2
                    && (call.is_operator_call()
                        || call.name == "contains" && self.text.slice(self.text.word(*at)) != "contains") =>
            {
                let (a, b) = if call.name == "contains" { (1, 0) } else { (0, 1) };
                let first = call.args.get(a).map(|e| self.span(e));
                let last = call.args.get(b).map(|e| self.span(e));
                first.zip(last).map_or_else(|| self.text.word(expression.position()), |(a, b)| a.to(b))
            }
            Expr::Dot(pair, ..) | Expr::Index(pair, ..) => self.span(&pair.lhs).to(self.span(&pair.rhs)),
            Expr::And(list, _) | Expr::Or(list, _) => match (list.first(), list.last()) {
                (Some(a), Some(b)) => self.span(a).to(self.span(b)),
                _ => self.text.word(expression.position()),
            },
            other => self.text.word(other.start_position()),
        }
    }

    /// What an expression is.
    pub(super) fn expression(&mut self, expression: &Expr) -> Value {
        let span = self.span(expression);
        let constant = |known, text: String| Value { text: Some(text), ..Value::one(known, span) };
        match expression {
            Expr::BoolConstant(value, _) => constant(Known::Bool, value.to_string()),
            Expr::IntegerConstant(value, _) => constant(Known::Number, value.to_string()),
            Expr::StringConstant(text, _) => constant(Known::Text, text.to_string()),
            Expr::Unit(_) => constant(Known::Unit(Nothing::Said), "()".to_owned()),
            Expr::InterpolatedString(list, _) => {
                list.iter().for_each(|e| drop(self.expression(e)));
                Value::one(Known::Text, span)
            }
            Expr::Array(list, _) => {
                list.iter().for_each(|e| drop(self.expression(e)));
                Value::one(Known::List, span)
            }
            Expr::Map(parts, _) => {
                parts.0.iter().for_each(|(_, e)| drop(self.expression(e)));
                Value::one(Known::Map, span)
            }
            Expr::DynamicConstant(value, _) if value.is_array() => Value::one(Known::List, span),
            Expr::DynamicConstant(value, _) => match value.clone().try_cast::<rhai::FnPtr>() {
                Some(pointer) => Value::one(Known::Function(pointer.fn_name().to_owned(), Vec::new()), span),
                None => Value::any(span),
            },
            Expr::Variable(name, ..) => self.variable(&name.1, span),
            Expr::Stmt(block) => {
                let flow = self.statements(block.statements(), span);
                flow.value
            }
            Expr::FnCall(call, at) => self.call(call, *at),
            Expr::Dot(pair, flags, _) => {
                let of = self.expression(&pair.lhs);
                self.member(of, &pair.rhs, flags.contains(ASTFlags::NEGATED))
            }
            Expr::Index(pair, flags, _) => {
                let of = self.expression(&pair.lhs);
                self.element(&of, &pair.rhs, *flags)
            }
            Expr::And(list, _) | Expr::Or(list, _) => {
                let all = matches!(expression, Expr::And(..));
                self.logical(list, all);
                Value::one(Known::Bool, span)
            }
            Expr::Coalesce(list, _) => {
                let values: Vec<Value> = list.iter().map(|e| self.expression(e)).collect();
                let last = values.len().saturating_sub(1);
                let mut kinds = Vec::new();
                for (index, value) in values.into_iter().enumerate() {
                    kinds
                        .extend(value.kinds.into_iter().filter(|(k, _)| index == last || !matches!(k, Known::Unit(_))));
                }
                Value { kinds, path: None, text: None }
            }
            _ => Value::any(span),
        }
    }

    /// The parts of `&&` and `||`: each is only looked at when those before leave it open.
    fn logical(&mut self, list: &[Expr], all: bool) {
        let before = self.frame().env.clone();
        for part in list {
            let value = self.expression(part);
            if !value.kinds.is_empty() && !value.any_of(|k| matches!(k, Known::Bool | Known::Any | Known::FieldValue)) {
                let span = self.span(part);
                let class = value.kinds.first().and_then(|(k, _)| class(k)).unwrap_or("something else");
                let sign = if all { "&&" } else { "||" };
                let message = format!("both sides of `{sign}` are true or false, this is {class}");
                self.tell(Diagnostic::error(Code::DifferentKinds, span, message));
            }
            let env = self.frame().env.clone();
            if let Some(env) = self.assume(part, &env, all) {
                self.frame().env = env;
            }
        }
        self.frame().env = before;
    }

    fn variable(&mut self, name: &str, span: Span) -> Value {
        let muted = self.muted > 0;
        let frame = self.frame();
        if let Some(variable) = frame.variables.iter_mut().rev().find(|v| v.name == name) {
            variable.used |= !muted;
            let mut value = variable.value.clone();
            // What is returned is shown where it is returned.
            let restricted = value.path.as_ref().and_then(|p| frame.env.get(p));
            if restricted.is_some_and(|r| !r.contains("()")) {
                value.kinds.retain(|(k, _)| !matches!(k, Known::Unit(_)));
            }
            value.kinds.iter_mut().filter(|(k, _)| !matches!(k, Known::Decision(_))).for_each(|(_, at)| *at = span);
            return value;
        }
        let known: Vec<String> = frame.variables.iter().map(|v| v.name.clone()).collect();
        let near = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
        let mut d = Diagnostic::error(Code::UnknownVariable, span, format!("there is no `{name}` here"));
        d = match near {
            Some(near) => d.with_suggestion(Some(&near)),
            None => d.with_help("a function sees its parameters and its own variables only"),
        };
        self.tell(d);
        Value::any(span)
    }

    /// `of.member`, and what follows it.
    fn member(&mut self, of: Value, rest: &Expr, safe: bool) -> Value {
        match rest {
            Expr::Property(parts, at) => {
                let span = self.text.word(*at);
                self.named(&of, parts.2.as_str(), span, safe)
            }
            Expr::MethodCall(call, at) => self.method(&of, call, *at),
            Expr::Dot(pair, flags, _) => {
                let inner = self.member(of, &pair.lhs, safe);
                self.member(inner, &pair.rhs, flags.contains(ASTFlags::NEGATED))
            }
            Expr::Index(pair, flags, _) => {
                let inner = self.member(of, &pair.lhs, safe);
                self.element(&inner, &pair.rhs, *flags)
            }
            other => self.expression(other),
        }
    }

    /// `of[index]`, and what follows it.
    fn element(&mut self, of: &Value, index: &Expr, flags: ASTFlags) -> Value {
        let (index, rest) = match index {
            Expr::Dot(pair, inner, _) if !flags.contains(ASTFlags::BREAK) => (&pair.lhs, Some((&pair.rhs, *inner))),
            Expr::Index(pair, ..) if !flags.contains(ASTFlags::BREAK) => {
                self.expression(&pair.lhs);
                self.quiet(&pair.rhs);
                return Value::any(self.span(index));
            }
            other => (other, None),
        };
        let key = self.expression(index);
        let span = self.span(index);
        let value = match (&key.text, index) {
            (Some(name), Expr::StringConstant(..)) => self.named(of, name, span, false),
            _ if of.fact().is_some() && of.any_of(|k| matches!(k, Known::List)) => Value::one(Known::Text, span),
            _ => Value::any(span),
        };
        match rest {
            Some((rest, flags)) => self.member(value, rest, flags.contains(ASTFlags::NEGATED)),
            None => value,
        }
    }

    /// A member by name.
    fn named(&mut self, of: &Value, name: &str, span: Span, safe: bool) -> Value {
        let path = of.path.as_ref().map(|p| format!("{p}.{name}"));
        if of.path.as_deref() == Some("f.planned") && self.entry == "decide" && !safe {
            let d = Diagnostic::error(
                Code::UnknownFact,
                span,
                "`planned` is `()` in `decide`: nothing is planned in a conflict",
            );
            self.tell(d.with_help("look at `f.planned` in `review`"));
            return Value::any(span);
        }
        let mut facts: Vec<&'static [Fact]> = of
            .kinds
            .iter()
            .filter_map(|(k, _)| if let Known::Facts(facts) = k { Some(*facts) } else { None })
            .collect();
        facts.dedup();
        let maps = of.kinds.iter().all(|(k, _)| matches!(k, Known::Facts(_) | Known::Unit(_)));
        if let ([facts], true) = (facts.as_slice(), maps) {
            if let Some(fact) = facts.iter().find(|f| f.name == name) {
                return Value::member(fact, path, span);
            }
            let whose = of.called().map_or_else(String::new, |p| format!(" of `{p}`"));
            let near = nearest(name, facts.iter().map(|f| f.name));
            let d = Diagnostic::error(Code::UnknownFact, span, format!("there is no fact `{name}`{whose}"));
            self.tell(match near {
                Some(_) => d.with_suggestion(near),
                None => d.with_help(format!("it has {}", list(facts.iter().map(|f| f.name)))),
            });
            return Value::any(span);
        }
        let scalar =
            |k: &Known| matches!(k, Known::Text | Known::OneOf(_) | Known::Number | Known::Bool | Known::Decision(_));
        if !of.kinds.is_empty() && of.kinds.iter().all(|(k, _)| scalar(k)) && super::call::language(name).is_none() {
            let class = of.kinds.first().and_then(|(k, _)| class(k)).unwrap_or("a value");
            self.tell(Diagnostic::error(Code::UnknownFact, span, format!("{class} has no `{name}`")));
        }
        if of.any_of(|k| matches!(k, Known::FieldValue)) {
            let members = super::super::api::CLOSING;
            if members.iter().all(|f| f.name != name) {
                let d = Diagnostic::error(Code::UnknownFact, span, format!("no field's value has a member `{name}`"));
                let near = nearest(name, members.iter().map(|f| f.name));
                self.tell(match near {
                    Some(_) => d.with_suggestion(near),
                    None => d.with_help("only a closing has members: `class`, `determination`, `reason`"),
                });
            }
            if let Some(fact) = members.iter().find(|f| f.name == name) {
                return Value::member(fact, path, span);
            }
        }
        Value::any(span)
    }

    /// The elements of a list that is written out; `None` when it is not, or not all of it is constant.
    pub(super) fn elements(&mut self, list: &Expr) -> Option<Vec<Value>> {
        match list {
            Expr::Array(all, _) => Some(all.iter().map(|e| self.expression(e)).collect()),
            // The compiled script has the values of such a list, its text has the places.
            Expr::DynamicConstant(value, at) => {
                let values = value.clone().into_array().ok()?;
                let spans = self.text.list(*at);
                let value = |(value, span): (&rhai::Dynamic, &Span)| {
                    let known = match value {
                        v if v.is_string() => Known::Text,
                        v if v.is_int() => Known::Number,
                        v if v.is_bool() => Known::Bool,
                        _ => return Value::any(*span),
                    };
                    Value { text: Some(value.to_string()), ..Value::one(known, *span) }
                };
                (values.len() == spans.len()).then(|| values.iter().zip(&spans).map(value).collect())
            }
            _ => None,
        }
    }

    /// `a == b`, `a != b`.
    pub(super) fn compare(&mut self, a: &Expr, b: &Expr) {
        let (left, right) = (self.expression(a), self.expression(b));
        self.compare_values(&left, self.span(a), &right, self.span(b));
    }

    /// Two values with their places.
    pub(super) fn compare_values(&mut self, left: &Value, a: Span, right: &Value, b: Span) {
        let both = a.to(b);
        for (fact, constant, span) in [(left, right, b), (right, left, a)] {
            let Some(text) = &constant.text else { continue };
            if constant.any_of(|k| matches!(k, Known::Text)) {
                if let Some(all) = fact.texts() {
                    if !all.contains(&text.as_str()) {
                        return self.impossible(text, span, fact, all);
                    }
                } else if fact.any_of(|k| matches!(k, Known::FieldValue)) && fact.fact().is_some() {
                    return self.field_value(text, span);
                }
            }
            let never = fact.path.is_some() && fact.domain().is_some_and(|d| !d.contains("()"));
            if constant.any_of(|k| matches!(k, Known::Unit(_))) && never {
                let path = fact.called().unwrap_or_default();
                let message = format!("`{path}` is never `()`");
                return self.tell_depending(Diagnostic::warning(Code::ConstantCondition, both, message));
            }
        }
        self.same_kind(left, right, both);
    }

    /// Whether two values can be compared.
    pub(super) fn same_kind(&mut self, left: &Value, right: &Value, span: Span) {
        let classes = |v: &Value| v.kinds.iter().map(|(k, _)| class(k)).collect::<Option<Vec<_>>>();
        let (Some(a), Some(b)) = (classes(left), classes(right)) else { return };
        let unit = |v: &Value| v.any_of(|k| matches!(k, Known::Unit(_)));
        if a.is_empty()
            || b.is_empty()
            || a.iter().any(|c| b.contains(c))
            || unit(left) && b == ["`()`"]
            || unit(right) && a == ["`()`"]
        {
            return;
        }
        if a == ["`()`"] || b == ["`()`"] {
            return;
        }
        if let (Some(a), Some(b)) = (a.iter().find(|c| **c != "`()`"), b.iter().find(|c| **c != "`()`")) {
            let message = format!("{a} is compared with {b}: they are never equal");
            self.tell_depending(Diagnostic::error(Code::DifferentKinds, span, message));
        }
    }

    /// A text that a fact never has.
    pub(super) fn impossible(&mut self, text: &str, span: Span, fact: &Value, all: &[&str]) {
        let what = fact.called().map_or_else(|| "the value".to_owned(), |p| format!("`{p}`"));
        let d = Diagnostic::error(Code::ImpossibleValue, span, format!("{what} is never `{text}`"));
        self.tell_depending(match nearest(text, all.iter().copied()) {
            Some(near) => d.with_suggestion(Some(near)),
            None => d.with_help(format!("it is one of {}", list(all.iter().copied()))),
        });
    }

    /// A text that is compared with the value of the field, where the field is known.
    fn field_value(&mut self, text: &str, span: Span) {
        let fields = self.frame().env.get("f.field").cloned().unwrap_or_default();
        let all = match fields.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["status"] => STATUSES,
            ["severity"] => SEVERITIES,
            ["closing"] => {
                let d = Diagnostic::warning(Code::DifferentKinds, span, "a closing is a map, not a text");
                return self.tell_depending(d.with_help("compare its `class`"));
            }
            _ => return,
        };
        if !all.contains(&text) {
            let message =
                format!("no such value is known for `{}`: `{text}`", fields.first().map_or("", String::as_str));
            let d = Diagnostic::warning(Code::ImpossibleValue, span, message);
            self.tell_depending(match nearest(text, all.iter().copied()) {
                Some(near) => d.with_suggestion(Some(near)),
                None => d.with_help(format!("it is one of {}", list(all.iter().copied()))),
            });
        }
    }

    /// The left side of an assignment.
    pub(super) fn assignment(&mut self, left: &Expr) {
        let span = self.span(left);
        if let (Expr::Dot(..) | Expr::Index(..), Some(name)) = (left, root(left)) {
            let frame = self.frame();
            let fact = frame.variables.iter().any(|v| v.name == name && v.value.fact().is_some());
            if fact
                || frame.variables.iter().any(|v| v.name == name && v.value.any_of(|k| matches!(k, Known::Facts(_))))
            {
                let d = Diagnostic::warning(Code::FactAssigned, span, "facts are copies: nothing changes by this");
                self.tell(d.with_help("say what shall change by a decision, as `set(...)`"));
            }
        } else if let Expr::Variable(name, ..) = left {
            let known = self.frame().variables.iter().any(|v| v.name == name.1.as_str());
            if !known {
                self.variable(&name.1, span);
            }
        }
    }

    /// The fields that the question may be about at this place.
    pub(super) fn fields(&mut self) -> Vec<&'static str> {
        let known = self.frame().env.get("f.field").cloned();
        FIELDS.iter().copied().filter(|f| known.as_ref().is_none_or(|k| k.contains(*f))).collect()
    }
}

/// Names in backticks.
pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}
