//! `union`: all rows of several tables, under one schema.

use crate::bind::Binder;
use crate::bind::function::LetFunction;
use crate::bind::naming::UniqueNames;
use crate::bind::operator::project::wildcard_matches;
use crate::bind::operator::{parameter_span, parameter_text};
use crate::bind::scope::{Binding, Rows};
use crate::bind::table::Item;
use crate::diagnostic::{Code, Diagnostic, Severity, Span};
use crate::plan::{ColumnName, Expr, Relation, RelationKind};
use crate::syntax::ast::{self, OperatorParameter};
use crate::value::{Field, Schema, Type, Value};
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

/// A column of the result, and what it is called in the inputs that have it.
struct Unified {
    name: ColumnName,
    from: ColumnName,
    ty: Type,
}

impl Binder<'_> {
    /// `union kind=outer withsource=X isfuzzy=true T1, T2*`
    pub(in crate::bind::operator) fn union(
        &mut self,
        piped: Option<Rows>,
        parameters: &[OperatorParameter],
        tables: &[ast::Expr],
        span: Span,
    ) -> Rows {
        let [kind, source, fuzzy] = self.parameters(parameters, &["kind", "withsource", "isfuzzy"]);
        let inner = self.is_inner(kind.as_ref());
        let fuzzy = fuzzy.as_ref().is_some_and(|f| parameter_text(f) == "true");
        let mut inputs: Vec<Rows> = piped.into_iter().collect();
        for table in tables {
            self.union_input(&mut inputs, table, fuzzy);
        }
        if inputs.is_empty() {
            self.report(Diagnostic::error(Code::UnknownTable, span, "none of the tables is known here"));
            return Rows::unknown(span);
        }
        let source = source.map(|s| parameter_text(&s));
        self.unioned(inputs, inner, source, span)
    }

    /// Whether only the columns that every table has are kept, as `kind` says.
    pub(in crate::bind::operator) fn is_inner(&mut self, kind: Option<&OperatorParameter>) -> bool {
        let Some(kind) = kind else { return false };
        match parameter_text(kind).as_str() {
            "outer" => false,
            "inner" => true,
            text => {
                let message = format!("no kind `{text}` here");
                let diagnostic = Diagnostic::error(Code::WrongValue, parameter_span(kind), message);
                self.report(diagnostic.with_help("a union is `inner` or `outer`"));
                false
            }
        }
    }

    pub(in crate::bind::operator) fn union_input(&mut self, inputs: &mut Vec<Rows>, table: &ast::Expr, fuzzy: bool) {
        match &table.kind {
            ast::ExprKind::Name(name) if !name.quoted && name.text.contains('*') => self.wildcard(inputs, name),
            _ if fuzzy => self.fuzzy_input(inputs, table),
            _ => inputs.push(self.table(table)),
        }
    }

    /// Under `isfuzzy=true` a table or function that there is not is left out, with a warning.
    fn fuzzy_input(&mut self, inputs: &mut Vec<Rows>, table: &ast::Expr) {
        let before = self.diagnostics.0.len();
        let rows = self.table(table);
        let missing = |d: &Diagnostic| matches!(d.code, Code::UnknownTable | Code::UnknownName | Code::UnknownFunction);
        let only_missing = {
            let new = self.diagnostics.0.get(before..).unwrap_or_default();
            let mut errors = new.iter().filter(|d| d.severity == Severity::Error).peekable();
            errors.peek().is_some() && errors.all(missing)
        };
        if !only_missing {
            inputs.push(rows);
            return;
        }
        for diagnostic in self.diagnostics.0.iter_mut().skip(before).filter(|d| d.severity == Severity::Error) {
            diagnostic.severity = Severity::Warning;
            diagnostic.message.push_str("; it is left out");
        }
    }

    /// `Device*`: catalog tables and views.
    pub(in crate::bind::operator) fn wildcard(&mut self, inputs: &mut Vec<Rows>, pattern: &ast::Name) {
        let before = inputs.len();
        for name in self.env.catalog.names() {
            if wildcard_matches(&pattern.text, &name) && self.sees(&name) {
                let name = ast::Name { text: name, span: pattern.span, quoted: true };
                let expr = ast::Expr { kind: ast::ExprKind::Name(name), span: pattern.span };
                inputs.push(self.table(&expr));
            }
        }
        let views = self.names.iter().filter_map(|(name, binding)| match binding {
            Binding::Function(f) if f.is_view() && wildcard_matches(&pattern.text, name) => Some(f.clone()),
            _ => None,
        });
        let views: Vec<Rc<LetFunction>> = views.collect();
        for view in views.into_iter().rev() {
            let name = ast::Name { text: view.name.clone(), span: pattern.span, quoted: true };
            let call = ast::Call { name, arguments: vec![], arguments_span: pattern.span };
            if let Some(Item::Table(rows)) = self.call_declared(&view, &call, None, pattern.span) {
                let rows = self.tabular(rows, pattern.span);
                inputs.push(rows);
            }
        }
        if inputs.len() == before {
            let message = format!("no table matches `{}`", pattern.text);
            self.report(Diagnostic::error(Code::UnknownTable, pattern.span, message));
        }
    }

    /// The rows of all inputs, each brought to the common schema.
    pub(in crate::bind::operator) fn unioned(
        &mut self,
        inputs: Vec<Rows>,
        inner: bool,
        source: Option<String>,
        span: Span,
    ) -> Rows {
        if inputs.iter().any(|i| i.open) {
            return Rows::unknown(span);
        }
        let columns = if inner { common(&inputs) } else { unified(&inputs) };
        let mut fields: Vec<Field> = columns.iter().map(|c| Field { name: c.name.clone(), ty: c.ty }).collect();
        if let Some(name) = &source {
            fields.insert(0, Field { name: name.as_str().into(), ty: Type::String });
        }
        let schema = Arc::new(Schema::new(fields));
        let poisoned: Vec<ColumnName> = columns
            .iter()
            .filter(|c| inputs.iter().any(|i| i.poisoned.contains(&c.from)))
            .map(|c| c.name.clone())
            .collect();
        let origin =
            inputs.first().and_then(|i| i.origin.clone()).filter(|_| inputs.iter().all(|i| i.origin.is_some()));
        let mut relations = Vec::with_capacity(inputs.len());
        for (place, input) in inputs.into_iter().enumerate() {
            let written = input.source.as_deref().map_or_else(|| format!("union_arg{place}"), str::to_owned);
            let source = source.as_deref().map(|column| (column, written));
            relations.push(aligned(input, &columns, source, &schema, span));
        }
        let relation = Relation { kind: RelationKind::Union { inputs: relations }, schema, span };
        Rows { poisoned, origin, ..Rows::new(relation) }
    }
}

/// All columns, in the order in which they first come. A name that has several types becomes a column for each, `x_long`
/// and `x_string`.
fn unified(inputs: &[Rows]) -> Vec<Unified> {
    let all = || inputs.iter().flat_map(|i| i.schema().fields());
    let types_of = |name: &str| {
        let mut types: Vec<Type> = vec![];
        for field in all().filter(|f| &*f.name == name) {
            if !types.contains(&field.ty) {
                types.push(field.ty);
            }
        }
        types
    };
    let mut distinct: Vec<(ColumnName, Vec<Type>)> = vec![];
    let mut seen = HashSet::new();
    for field in all() {
        if seen.insert(field.name.clone()) {
            distinct.push((field.name.clone(), types_of(&field.name)));
        }
    }
    // columns that keep their names have them by right
    let mut names = UniqueNames::default();
    distinct.iter().filter(|(_, types)| types.len() == 1).for_each(|(name, _)| names.reserve(name));
    let mut columns = vec![];
    for (from, types) in distinct {
        match types.as_slice() {
            [ty] => columns.push(Unified { name: from.clone(), from, ty: *ty }),
            types => columns.extend(types.iter().map(|ty| {
                let name = names.make(&format!("{from}_{ty}"));
                Unified { name, from: from.clone(), ty: *ty }
            })),
        }
    }
    columns
}

/// Columns that every input has, by name and type.
fn common(inputs: &[Rows]) -> Vec<Unified> {
    let Some((first, others)) = inputs.split_first() else { return vec![] };
    let fields = first.schema().fields().iter();
    let everywhere = fields.filter(|f| others.iter().all(|o| o.schema().field(&f.name).is_some_and(|g| g.ty == f.ty)));
    everywhere.map(|f| Unified { name: f.name.clone(), from: f.name.clone(), ty: f.ty }).collect()
}

/// An input with exactly the result's columns.
fn aligned(
    input: Rows,
    columns: &[Unified],
    source: Option<(&str, String)>,
    schema: &Arc<Schema>,
    span: Span,
) -> Relation {
    if source.is_none() && input.schema() == schema {
        return input.relation;
    }
    let own = input.schema().clone();
    let mut pairs: Vec<(ColumnName, Expr)> = vec![];
    if let Some((column, name)) = source {
        pairs.push((column.into(), Expr::literal(Value::String(name), Type::String, span)));
    }
    for column in columns {
        if pairs.first().is_some_and(|(source, _)| *source == column.name) {
            continue;
        }
        let value = match own.field(&column.from) {
            Some(field) if field.ty == column.ty => Expr::column(field.name.clone(), field.ty, span),
            _ => Expr::literal(Value::missing(column.ty), column.ty, span),
        };
        pairs.push((column.name.clone(), value));
    }
    let kind = RelationKind::Project { input: Box::new(input.relation), columns: pairs };
    Relation { kind, schema: schema.clone(), span }
}
