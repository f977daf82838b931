//! Values that a rule writes out, held against the field that is decided about.
//!
//! In: the arguments of a decision. Out: what no service would take. Never: a value that is computed.

use super::super::api::{CLASSES, DETERMINATIONS, Function, Kind, REASONS, SEVERITIES, STATUSES};
use super::expression::list;
use super::value::{Known, Value};
use super::walk::Walk;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::incident::{Directory, Field};
use crate::sync::decision::Given;
use rhai::Expr;

impl Walk<'_> {
    /// Constant values against the field that is decided about.
    pub(super) fn values(&mut self, function: &Function, arguments: &[Value], written: &[Expr], span: Span) {
        let place = |argument: &Value| argument.kinds.first().map_or(span, |(_, span)| *span);
        if function.name == "choose"
            && let Some(argument) = arguments.first()
            && let Some(text) = &argument.text
            && argument.any_of(|k| matches!(k, Known::Text))
        {
            let all = DETERMINATIONS.iter().chain(REASONS).copied();
            if !all.clone().any(|v| v == text.as_str()) {
                let message = format!("`{text}` is no determination of Defender and no reason of Sentinel");
                let d = Diagnostic::error(Code::IllegalRuleValue, place(argument), message);
                self.tell(match nearest(text, all.clone()) {
                    Some(near) => d.with_suggestion(Some(near)),
                    None => d.with_help(format!("it is one of {}", list(all))),
                });
            }
        }
        for ((_, argument), expression) in
            function.parameters.iter().zip(arguments).filter(|(p, _)| p.kind == Kind::Value).zip(written)
        {
            match expression {
                Expr::Map(parts, _) => self.closing(parts.0.as_slice(), place(argument)),
                _ => {
                    if let Some(text) = argument.text.clone().filter(|_| argument.any_of(|k| matches!(k, Known::Text)))
                    {
                        self.set_text(&text, place(argument));
                    }
                }
            }
        }
    }

    /// A text that is set: some field that may be in question must take it.
    fn set_text(&mut self, text: &str, span: Span) {
        let (fields, given) = (self.fields(), Given::Text(text.to_owned()));
        let people = Directory::default();
        let mut told = None;
        for field in Field::ALL.into_iter().filter(|f| fields.contains(&f.name())) {
            match crate::sync::value::given(field, &given, &people) {
                // Who is in the directory is not known here.
                Err(_) if field == Field::Owner => return,
                Ok(_) => return,
                Err(message) => told = Some(told.unwrap_or((field, message))),
            }
        }
        if let Some((field, message)) = told {
            let near = match field {
                Field::Status => nearest(text, STATUSES.iter().copied()),
                Field::Severity => nearest(text, SEVERITIES.iter().copied()),
                Field::Closing => nearest(text, CLASSES.iter().copied()),
                _ => None,
            };
            self.tell(Diagnostic::error(Code::IllegalRuleValue, span, message).with_suggestion(near));
        }
    }

    /// A closing that is set: `#{class: ..., determination: ..., reason: ...}`.
    fn closing(&mut self, members: &[(rhai::Ident, Expr)], span: Span) {
        if !self.fields().contains(&"closing") {
            let d = Diagnostic::error(
                Code::IllegalRuleValue,
                span,
                "a map is a closing, and the field here is another one",
            );
            return self.tell(d);
        }
        let mut given = [None, None, None];
        for (name, value) in members {
            let names = ["class", "determination", "reason"];
            let at = self.text.word(name.pos);
            let Some(slot) = names.iter().position(|n| *n == name.name.as_str()).and_then(|i| given.get_mut(i)) else {
                let d = Diagnostic::error(Code::IllegalRuleValue, at, format!("a closing has no `{}`", name.name));
                let near = nearest(&name.name, names);
                self.tell(if near.is_some() {
                    d.with_suggestion(near)
                } else {
                    d.with_help(format!("it has {}", list(names.into_iter())))
                });
                return;
            };
            match value {
                Expr::StringConstant(text, at) => *slot = Some((text.to_string(), self.text.word(*at))),
                Expr::Unit(_) => {}
                // What is computed is not known here.
                _ => return,
            }
        }
        let [class, determination, reason] = given;
        let Some((class, at)) = class else {
            return self.tell(Diagnostic::error(Code::IllegalRuleValue, span, "a closing needs its `class`"));
        };
        let at = if CLASSES.contains(&class.as_str()) {
            determination.as_ref().or(reason.as_ref()).map_or(at, |(_, span)| *span)
        } else {
            at
        };
        let near = nearest(&class, CLASSES.iter().copied());
        let text = |part: Option<(String, Span)>| part.map(|(text, _)| text);
        let given = Given::Closing { class, determination: text(determination), reason: text(reason) };
        if let Err(message) = crate::sync::value::given(Field::Closing, &given, &Directory::default()) {
            self.tell(Diagnostic::error(Code::IllegalRuleValue, at, message).with_suggestion(near));
        }
    }
}
