//! `parse` and `parse-where`: columns out of a text by a pattern.

use crate::bind::Binder;
use crate::bind::coerce::convert;
use crate::bind::operator::{parameter_span, parameter_text};
use crate::bind::scope::Rows;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::{ParsePart, RelationKind};
use crate::syntax::ast::{self, ParseItem};
use crate::value::{Field, Schema, Type, Value};
use std::sync::Arc;

impl Binder<'_> {
    /// `parse kind=regex flags=i expr with * "a" b:long *`
    pub(in crate::bind::operator) fn parse(&mut self, rows: Rows, parse: &ast::Parse, span: Span) -> Rows {
        let [kind, flags] = self.parameters(&parse.parameters, &["kind", "flags"]);
        let kind = self.parse_kind(kind.as_ref());
        let value = self.over(&rows, |b| b.scalar(&parse.value)).and_then(|value| self.parsed_text(value));
        let pattern = self.pattern(&parse.pattern);
        let columns = pattern.iter().filter_map(|part| match part {
            ParsePart::Column(name, ty) => Some(Field { name: name.clone(), ty: *ty }),
            _ => None,
        });
        let columns: Vec<Field> = columns.collect();
        let own = rows.schema().fields().iter().map(|f| columns.iter().find(|c| c.name == f.name).unwrap_or(f));
        let schema = Arc::new(Schema::new(own.chain(&columns).cloned()));
        let regex = match (kind.as_deref(), flags) {
            (Some("regex"), flags) => Some(flags.as_ref().map(parameter_text).unwrap_or_default()),
            (_, Some(flags)) => {
                let message = "`flags` belong to `kind=regex`";
                self.report(Diagnostic::error(Code::BadParameter, flags.name.span, message));
                None
            }
            _ => None,
        };
        let relaxed = kind.as_deref() == Some("relaxed");
        let Some(value) = value else {
            let poisoned = columns.into_iter().map(|c| c.name);
            let mut rows = rows;
            rows.poisoned.extend(poisoned);
            return rows;
        };
        let filter = parse.filter;
        rows.then(span, |input| (RelationKind::Parse { input, value, pattern, regex, relaxed, filter }, schema))
    }

    fn parse_kind(&mut self, given: Option<&ast::OperatorParameter>) -> Option<String> {
        let given = given?;
        let text = parameter_text(given);
        if matches!(text.as_str(), "simple" | "regex" | "relaxed") {
            return Some(text);
        }
        let diagnostic = Diagnostic::error(Code::WrongValue, parameter_span(given), format!("no kind `{text}` here"));
        self.report(diagnostic.with_help("the kinds are `simple`, `regex` and `relaxed`"));
        None
    }

    /// What is parsed: a text, or the text of anything else.
    fn parsed_text(&mut self, value: crate::plan::Expr) -> Option<crate::plan::Expr> {
        self.ok(convert(value, Type::String))
    }

    fn pattern(&mut self, items: &[ParseItem]) -> Vec<ParsePart> {
        let mut parts = vec![];
        for item in items {
            match item {
                ParseItem::Star(_) => parts.push(ParsePart::Skip),
                ParseItem::Text(expr) => {
                    let bound = self.literal(expr, "a text of the pattern");
                    match bound.as_ref().and_then(|b| b.as_literal()) {
                        Some(Value::String(text)) => parts.push(ParsePart::Text(text.clone())),
                        Some(_) => {
                            self.report(Diagnostic::error(
                                Code::WrongType,
                                expr.span,
                                "a pattern holds texts and columns",
                            ));
                        }
                        None => {}
                    }
                }
                ParseItem::Column(name, ty) => {
                    let known = parts.iter().any(|p| matches!(p, ParsePart::Column(n, _) if *n == name.text));
                    if known {
                        let message = format!("the column `{}` is given twice", name.text);
                        self.report(Diagnostic::error(Code::DuplicateColumn, name.span, message));
                    }
                    let ty = ty.as_ref().map_or(Type::String, |t| t.ty);
                    if let Some(ParsePart::Column(_, Type::String)) = parts.last() {
                        let message =
                            "a column of type `string` takes all text up to the next piece: put a text between";
                        self.report(Diagnostic::error(Code::WrongValue, name.span, message));
                    }
                    parts.push(ParsePart::Column(name.text.clone(), ty));
                }
            }
        }
        parts
    }
}
