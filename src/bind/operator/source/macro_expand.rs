//! `macro-expand`: a query for each place of a group, and the union of its results.

use crate::bind::Binder;
use crate::bind::operator::parameter_text;
use crate::bind::scope::{Binding, Rows};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{self, OperatorParameter};
use std::rc::Rc;

impl Binder<'_> {
    /// `macro-expand kind=outer entity_group [cluster("a").database("b"), ...] as X (X.T | ...)`
    pub(in crate::bind::operator) fn macro_expand(
        &mut self,
        parameters: &[OperatorParameter],
        group: &ast::Expr,
        alias: &ast::Name,
        body: &[ast::Statement],
        span: Span,
    ) -> Rows {
        let [kind, fuzzy] = self.parameters(parameters, &["kind", "isfuzzy"]);
        let inner = self.is_inner(kind.as_ref());
        let fuzzy = fuzzy.is_some_and(|fuzzy| parameter_text(&fuzzy) == "true");
        let places = match &group.kind {
            ast::ExprKind::EntityGroup(places) => places.clone(),
            ast::ExprKind::Name(name) => match self.names.find(&name.text) {
                Some(Binding::Places(places)) => places.to_vec(),
                _ => {
                    let message = format!("`{}` is no entity group of this query", name.text);
                    let help = "write it out: `entity_group [cluster(\"...\").database(\"...\"), ...]`";
                    self.report(Diagnostic::error(Code::UnknownName, name.span, message).with_help(help));
                    return Rows::unknown(span);
                }
            },
            _ => {
                let message = "`macro-expand` takes an entity group";
                self.report(Diagnostic::error(Code::UnexpectedToken, group.span, message));
                return Rows::unknown(span);
            }
        };
        let Some((last, before)) = body.split_last() else { return Rows::unknown(span) };
        let ast::Statement::Expression(query) = last else {
            let message = "the query of `macro-expand` asks for nothing";
            self.report(Diagnostic::error(Code::NoResult, span, message));
            return Rows::unknown(span);
        };
        let outer = self.names.clone();
        let mut results = vec![];
        for place in &places {
            self.names = outer.with(alias.text.clone(), Binding::Place(Rc::new(place.clone())));
            before.iter().for_each(|statement| self.declare(statement));
            if fuzzy {
                self.union_input(&mut results, query, true);
            } else {
                results.push(self.table(query));
            }
        }
        self.names = outer;
        self.unioned(results, inner, None, span)
    }
}
