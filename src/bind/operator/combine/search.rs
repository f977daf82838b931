//! `search` and `find`: a predicate over the columns of one, several or all tables.
//!
//! A text that stands alone in the predicate is looked for in every column; `*` in it matches any text.

use crate::bind::Binder;
use crate::bind::expr::literal_expr;
use crate::bind::operator::{parameter_span, parameter_text};
use crate::bind::scope::Rows;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::plan::{Expr, RelationKind};
use crate::syntax::ast::{self, BinaryOp, OperatorParameter, TextOp, TextRelation};
use crate::value::{Type, Value};

/// The column that tells a row's table.
const TABLE: &str = "$table";

impl Binder<'_> {
    /// `search kind=case_sensitive in (T1, T2) predicate`
    pub(in crate::bind::operator) fn search(
        &mut self,
        piped: Option<Rows>,
        parameters: &[OperatorParameter],
        tables: &[ast::Expr],
        predicate: &ast::Expr,
        span: Span,
    ) -> Rows {
        let [kind] = self.parameters(parameters, &["kind"]);
        let case_sensitive = match kind.as_ref().map(parameter_text).as_deref() {
            None | Some("default" | "case_insensitive") => false,
            Some("case_sensitive") => true,
            Some(other) => {
                let at = kind.as_ref().map_or(span, parameter_span);
                let near = nearest(other, ["default", "case_insensitive", "case_sensitive"]);
                let diagnostic = Diagnostic::error(Code::WrongValue, at, format!("no kind `{other}` here"));
                let diagnostic = diagnostic.with_help("a search is `case_sensitive` or `case_insensitive`");
                self.report(diagnostic.with_suggestion(near));
                false
            }
        };
        let inputs = match piped {
            Some(rows) => vec![Rows { source: Some("search_arg0".into()), ..rows }],
            None => self.searched(tables, span),
        };
        let united = self.unioned(inputs, false, Some(TABLE.to_owned()), span);
        self.searched_rows(united, predicate, case_sensitive, span)
    }

    /// `find in (T1, T2) where predicate project a, b:string`
    pub(in crate::bind::operator) fn find(&mut self, find: &ast::Find, span: Span) -> Rows {
        let [source] = self.parameters(&find.parameters, &["withsource"]);
        let source = source.map_or_else(|| "source_".to_owned(), |s| parameter_text(&s));
        if let Some(name) = find.project_away.first() {
            let message = "`project-away` in `find` is not built yet";
            self.report(Diagnostic::error(Code::NotBuiltYet, name.span, message));
            return Rows::unknown(span);
        }
        let inputs = self.searched(&find.tables, span);
        match &find.project {
            None => self.find_smart(inputs, &find.predicate, &source, span),
            Some(columns) => self.find_columns(inputs, &find.predicate, &source, columns, span),
        }
    }

    /// The tables that are searched: those named, or all.
    fn searched(&mut self, tables: &[ast::Expr], span: Span) -> Vec<Rows> {
        let mut inputs = vec![];
        if tables.is_empty() {
            let all = ast::Name { text: "*".into(), span, quoted: false };
            self.wildcard(&mut inputs, &all);
        }
        for table in tables {
            self.union_input(&mut inputs, table, false);
        }
        inputs
    }

    pub(in crate::bind::operator) fn searched_rows(
        &mut self,
        rows: Rows,
        predicate: &ast::Expr,
        case_sensitive: bool,
        span: Span,
    ) -> Rows {
        let Some(predicate) = self.over(&rows, |b| b.search_predicate(predicate, case_sensitive)) else { return rows };
        rows.then(span, |input| {
            let schema = input.schema.clone();
            (RelationKind::Filter { input, predicate }, schema)
        })
    }

    /// A predicate in which texts may stand alone.
    pub(in crate::bind::operator) fn search_predicate(
        &mut self,
        expr: &ast::Expr,
        case_sensitive: bool,
    ) -> Option<Expr> {
        match &expr.kind {
            ast::ExprKind::Parenthesized(inner) => self.search_predicate(inner, case_sensitive),
            ast::ExprKind::Literal(literal) => {
                let term = literal_expr(literal, expr.span);
                let text = match term.as_literal()? {
                    Value::String(text) => text.clone(),
                    Value::Bool(_) => return Some(term),
                    _ => literal.text.to_string(),
                };
                self.term(None, &text, case_sensitive, expr.span)
            }
            ast::ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right, .. } => {
                let left = self.search_predicate(left, case_sensitive);
                let right = self.search_predicate(right, case_sensitive);
                let name = if *op == BinaryOp::And { "and" } else { "or" };
                self.operator(name, name, vec![left?, right?], expr.span)
            }
            ast::ExprKind::Binary { op: BinaryOp::SearchTerm, left, right, .. } => {
                let pattern = self.literal(right, "what is searched for")?;
                let Some(Value::String(text)) = pattern.as_literal() else {
                    return self.refuse(Code::WrongType, right.span, "what is searched for is a text");
                };
                let column = match left.kind {
                    ast::ExprKind::Star => None,
                    _ => Some(self.scalar(left)?),
                };
                self.term(column, &text.clone(), case_sensitive, expr.span)
            }
            ast::ExprKind::Call(call) if &*call.name.text == "not" && call.arguments.len() == 1 => {
                let inner = self.search_predicate(call.arguments.first()?, case_sensitive)?;
                self.operator("not", "not", vec![inner], expr.span)
            }
            _ => self.predicate(expr),
        }
    }

    /// A term in one column or in any; stars at its ends make it part of a word.
    fn term(&mut self, column: Option<Expr>, pattern: &str, case_sensitive: bool, span: Span) -> Option<Expr> {
        let (relation, text) = match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
            _ if pattern.chars().all(|c| c == '*') => return Some(Expr::literal(Value::Bool(true), Type::Bool, span)),
            (None, None) => (TextRelation::Has, pattern),
            (None, Some(start)) => (TextRelation::HasPrefix, start),
            (Some(end), None) => (TextRelation::HasSuffix, end),
            (Some(_), Some(_)) => (TextRelation::Contains, pattern.trim_matches('*')),
        };
        let (op, text) = match text.contains('*') {
            true => (BinaryOp::MatchesRegex, starred_regex(pattern, case_sensitive)),
            false => (BinaryOp::Text(TextOp { relation, case_sensitive, negated: false }), text.to_owned()),
        };
        let right = Expr::literal(Value::String(text), Type::String, span);
        match column {
            Some(column) => self.related(op, column, right, span),
            None => self.any_column(op, span, right, span),
        }
    }
}

/// A pattern with stars inside as a regular expression: stars are any text, its ends are ends of words unless stars stand
/// there.
fn starred_regex(pattern: &str, case_sensitive: bool) -> String {
    let parts: Vec<String> = pattern.trim_matches('*').split('*').map(regex::escape).collect();
    let edge = |starred: bool| if starred { "" } else { r"\b" };
    let flag = if case_sensitive { "" } else { "(?i)" };
    let (start, end) = (edge(pattern.starts_with('*')), edge(pattern.ends_with('*')));
    format!("{flag}{start}{}{end}", parts.join(".*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_inside_are_any_text_between_ends_of_words() {
        assert_eq!(starred_regex("a.b*c", true), r"\ba\.b.*c\b");
        assert_eq!(starred_regex("*a*c*", false), "(?i)a.*c");
    }
}
