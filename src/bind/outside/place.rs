//! Tables of other places: `workspace("x").T`, `cluster("c").database("d").T`.
//!
//! In: a path as written. Out: the table of the mirror that stands for the place; else the local table of that name, with
//! a warning. Nothing else can be reached offline.

use crate::bind::Binder;
use crate::bind::scope::{Binding, Rows};
use crate::bind::table::text_literal;
use crate::catalog::{Catalog, portal};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::syntax::ast;
use std::sync::Arc;

impl Binder<'_> {
    /// True for `cluster(...)`, `database(...)` and the like before a dot.
    pub(in crate::bind) fn is_table_path(&self, base: &ast::Expr) -> bool {
        match &base.kind {
            ast::ExprKind::Call(call) => is_place(&call.name.text) && !self.is_declared_function(&call.name.text),
            ast::ExprKind::Member { base, .. } => self.is_table_path(base),
            ast::ExprKind::Name(name) => matches!(self.names.find(&name.text), Some(Binding::Place(_))),
            _ => false,
        }
    }

    /// A path with the place itself where a name stands for it.
    fn spelled_out(&self, base: &ast::Expr) -> ast::Expr {
        match &base.kind {
            ast::ExprKind::Name(name) => match self.names.find(&name.text) {
                Some(Binding::Place(place)) => (**place).clone(),
                _ => base.clone(),
            },
            ast::ExprKind::Member { base: inner, member } => {
                let kind = ast::ExprKind::Member { base: Box::new(self.spelled_out(inner)), member: member.clone() };
                ast::Expr { kind, span: base.span }
            }
            _ => base.clone(),
        }
    }

    fn is_declared_function(&self, name: &str) -> bool {
        matches!(self.names.find(name), Some(Binding::Function(_)))
    }

    /// `cluster("c").database("d").T`
    pub(in crate::bind) fn table_path(&mut self, base: &ast::Expr, member: &ast::Expr, span: Span) -> Rows {
        let places = steps(&self.spelled_out(base));
        let Some(name) = self.table_name(&places, member) else { return Rows::unknown(span) };
        match self.mapped(&places) {
            Some(catalog) => self.table_there(&*catalog, &places, &name, span),
            None => self.table_here(base, &places, &name, span),
        }
    }

    /// The name of the table behind the path.
    fn table_name(&mut self, places: &[Step], member: &ast::Expr) -> Option<ast::Name> {
        match &member.kind {
            ast::ExprKind::Name(name) => Some(name.clone()),
            ast::ExprKind::Call(call) if &*call.name.text == "table" => {
                let text = call.arguments.first().and_then(text_literal)?;
                Some(ast::Name { text: text.into(), span: member.span, quoted: true })
            }
            _ => {
                let message = format!("`{}` names no table here", shown(places));
                self.refuse(Code::NeverSupported, member.span, message)
            }
        }
    }

    /// The catalog that stands for a place, if one does: a database may be named within its cluster or alone.
    fn mapped(&self, places: &[Step]) -> Option<Arc<dyn Catalog>> {
        let mut found: Option<Arc<dyn Catalog>> = None;
        for step in places {
            let name = step.name.as_deref()?;
            let within = match &found {
                Some(outer) => outer.place(&step.kind, name),
                None => self.env.catalog.place(&step.kind, name),
            };
            found = within.or(found);
        }
        found
    }

    fn table_there(&mut self, catalog: &dyn Catalog, places: &[Step], name: &ast::Name, span: Span) -> Rows {
        match catalog.table(&name.text) {
            Ok(Some(table)) => self.scan(&table, &name.text, span),
            Ok(None) if is_kept(catalog, &name.text) => {
                let message = format!("functions of other places are not built yet: `{}`", name.text);
                self.refuse::<()>(Code::NotBuiltYet, name.span, message);
                Rows::unknown(span)
            }
            Ok(None) if name.text.contains('*') => {
                let message = format!("names with `*` are not read from other places yet: `{}`", name.text);
                self.refuse::<()>(Code::NotBuiltYet, name.span, message);
                Rows::unknown(span)
            }
            Ok(None) => {
                let names = catalog.names();
                let near = nearest(&name.text, names.iter().map(|n| &**n)).map(str::to_owned);
                let message = format!("no table `{}` in the mirror for `{}`", name.text, shown(places));
                let diagnostic = Diagnostic::error(Code::UnknownTable, name.span, message);
                self.report(diagnostic.with_suggestion(near.as_deref()));
                Rows::unknown(span)
            }
            Err(diagnostic) => {
                self.report(Diagnostic { span: diagnostic.span.or(Some(name.span)), ..diagnostic });
                Rows::unknown(span)
            }
        }
    }

    /// The local table of that name, when nothing stands for the place.
    fn table_here(&mut self, base: &ast::Expr, places: &[Step], name: &ast::Name, span: Span) -> Rows {
        let place = shown(places);
        let help = match places.last() {
            Some(Step { kind, name: Some(name) }) => {
                format!("name a mirror for it in the configuration: `[places]`, then `\"{kind}:{name}\" = \"FOLDER\"`")
            }
            _ => "other clusters and databases cannot be reached offline".to_owned(),
        };
        match self.env.catalog.table(&name.text) {
            Ok(Some(table)) => {
                let message = format!("`{}` is read from the local mirror, not from `{place}`", name.text);
                self.report(Diagnostic::warning(Code::IgnoredHint, base.span, message).with_help(help));
                self.scan(&table, &name.text, span)
            }
            Ok(None) => {
                let message = format!("`{place}.{}` is not in the local mirror", name.text);
                self.assumed(span, &message, &help);
                Rows::unknown(span)
            }
            Err(diagnostic) => {
                self.report(Diagnostic { span: diagnostic.span.or(Some(name.span)), ..diagnostic });
                Rows::unknown(span)
            }
        }
    }
}

/// Whether a name is a function that is saved in a place, or one of the portals.
fn is_kept(catalog: &dyn Catalog, name: &str) -> bool {
    portal::view(name).is_some() || catalog.function_names().iter().any(|n| **n == *name)
}

/// One step of a path: the function, and its argument where that is a text.
struct Step {
    kind: Arc<str>,
    name: Option<String>,
}

/// The steps of a path from the outside in.
fn steps(base: &ast::Expr) -> Vec<Step> {
    match &base.kind {
        ast::ExprKind::Call(call) => {
            vec![Step { kind: call.name.text.clone(), name: call.arguments.first().and_then(text_literal) }]
        }
        ast::ExprKind::Member { base, member } => {
            let mut all = steps(base);
            all.extend(steps(member));
            all
        }
        _ => vec![],
    }
}

fn shown(places: &[Step]) -> String {
    let step = |s: &Step| match &s.name {
        Some(name) => format!("{}(\"{name}\")", s.kind),
        None => format!("{}(...)", s.kind),
    };
    places.iter().map(step).collect::<Vec<_>>().join(".")
}

/// Functions that name a place outside of the mirror.
pub(in crate::bind) fn is_place(name: &str) -> bool {
    matches!(name, "cluster" | "database" | "workspace" | "app" | "adx" | "resource" | "arg")
}

#[cfg(test)]
mod tests {
    use crate::bind::bind;
    use crate::catalog::{Catalog, Env, MemoryCatalog, Places};
    use crate::diagnostic::{Code, Source, SourceId};
    use crate::value::{Batch, Schema, Type};
    use std::sync::Arc;

    fn catalog(table: &str, column: &str) -> MemoryCatalog {
        let mut catalog = MemoryCatalog::default();
        let schema = Schema::of([(column, Type::String)]);
        catalog.insert_batch(table, schema.clone(), Batch::empty(&schema));
        catalog
    }

    /// The columns, or the codes of all that is told.
    fn columns(text: &str) -> Result<String, Vec<Code>> {
        let far: Arc<dyn Catalog> = Arc::new(catalog("T", "Far"));
        let inner = Places::new(catalog("U", "Whole"), vec![("database:d".to_owned(), far.clone())]);
        let places =
            vec![("workspace:Prod".to_owned(), far), ("cluster:c".to_owned(), Arc::new(inner) as Arc<dyn Catalog>)];
        let env = Env::new(Arc::new(Places::new(catalog("T", "Near"), places)), 638_000_000_000_000_000);
        let query = crate::syntax::parse(&Source::new(SourceId(0), "query", text)).unwrap();
        match bind(&query, &env, None) {
            Ok((plans, told)) if told.0.is_empty() => Ok(plans.last().unwrap().root.schema.names().collect()),
            Ok((_, told)) | Err(told) => Err(told.0.iter().map(|d| d.code).collect()),
        }
    }

    #[test]
    fn a_place_is_read_from_its_mirror() {
        assert_eq!(columns("T").as_deref(), Ok("Near"));
        assert_eq!(columns("workspace('prod').T").as_deref(), Ok("Far"));
        assert_eq!(columns("cluster('c').database('d').T").as_deref(), Ok("Far"));
        assert_eq!(columns("cluster('c').database('other').U").as_deref(), Ok("Whole"));
        assert_eq!(columns("workspace('prod').table('T')").as_deref(), Ok("Far"));
        assert_eq!(columns("workspace('prod').Missing"), Err(vec![Code::UnknownTable]));
        assert_eq!(columns("workspace('prod').imDns"), Err(vec![Code::NotBuiltYet]));
        assert_eq!(columns("union workspace('prod').T*"), Err(vec![Code::NotBuiltYet]));
        assert_eq!(columns("workspace('test').T"), Err(vec![Code::IgnoredHint]), "the local one, with a word about it");
        assert_eq!(columns("workspace('test').Missing"), Err(vec![Code::NeverSupported]));
    }
}
