//! Functions that are kept outside of the query: the user's saved ones, and the views that come with the program.
//!
//! In: a name. Out: a function as if the query had declared it, but in a scope without the query's names. Its text is read
//! once. Diagnostics point into that text and carry it, with the place of the call beside.

use crate::bind::Binder;
use crate::bind::function::LetFunction;
use crate::bind::scope::{Binding, Names};
use crate::bind::table::Item;
use crate::catalog::{SavedFunction, portal};
use crate::diagnostic::{Code, Diagnostic, Source, SourceId, Span, nearest};
use crate::library;
use crate::syntax::{self, ast};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

impl Binder<'_> {
    /// The function of that name outside of the query: the user's, else one of the program's own.
    ///
    /// The inner nothing is one that is there and cannot be read, which is reported.
    pub(in crate::bind) fn kept_function(&mut self, name: &ast::Name) -> Option<Option<Rc<LetFunction>>> {
        if !self.sees(&name.text) {
            return None;
        }
        if let Some(known) = self.saved.get(&name.text) {
            return Some(known.clone());
        }
        let function = match self.env.catalog.function(&name.text) {
            Ok(Some(function)) => {
                // A fault of its text is told with the place of the call, too.
                self.abroad.push((function.name.clone(), name.span));
                let read = self.read_function(&function);
                self.abroad.pop();
                read
            }
            Ok(None) => self.read_function(&portal::view(&name.text)?),
            Err(diagnostic) => {
                self.report(Diagnostic { span: diagnostic.span.or(Some(name.span)), ..diagnostic });
                None
            }
        };
        self.saved.insert(name.text.clone(), function.clone());
        Some(function)
    }

    /// The nearest name of a function that a call may mean, the library's included or not.
    pub(in crate::bind) fn near_function(&self, name: &str, library: bool) -> Option<String> {
        let saved = self.env.catalog.function_names();
        let declared = self.names.iter().filter(|(_, b)| matches!(b, Binding::Function(_))).map(|(n, _)| &**n);
        let mut known: Vec<&str> = declared.chain(saved.iter().map(|n| &**n)).collect();
        portal::names().for_each(|n| known.push(n));
        if library {
            library::function_names().for_each(|n| known.push(n));
        }
        nearest(name, known).map(str::to_owned)
    }

    /// A text as a function; what is wrong with it is reported.
    pub(in crate::bind) fn read_function(&mut self, saved: &SavedFunction) -> Option<Rc<LetFunction>> {
        let number = u16::try_from(self.texts.len()).unwrap_or(u16::MAX);
        let source = Arc::new(Source::new(SourceId(u16::MAX - number), saved.place.clone(), saved.text.clone()));
        self.texts.push(source.clone());
        match syntax::parse_function(&source) {
            Ok((literal, mentioned)) => Some(Rc::new(LetFunction {
                name: saved.name.clone(),
                literal,
                names: Names::default(),
                mentioned: Some(mentioned),
                sight: None,
            })),
            Err(found) => {
                found.0.into_iter().for_each(|diagnostic| self.report(diagnostic));
                None
            }
        }
    }

    /// The body of a function in its own text; its parameters are in sight already.
    pub(in crate::bind) fn abroad(
        &mut self,
        function: &LetFunction,
        mentioned: &BTreeSet<Arc<str>>,
        span: Span,
    ) -> Option<Item> {
        if self.abroad.iter().any(|(name, _)| *name == function.name) {
            return self.refuse(Code::Recursion, span, format!("`{}` calls itself", function.name));
        }
        let all = Rc::new(self.mentioned.union(mentioned).cloned().collect());
        let outer = std::mem::replace(&mut self.mentioned, all);
        self.abroad.push((function.name.clone(), span));
        let result = self.hidden_row(|b| b.body(&function.literal));
        self.abroad.pop();
        self.mentioned = outer;
        result
    }

    /// A diagnostic that points into a saved function: with its text, and the place where the query called it.
    pub(in crate::bind) fn located(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        let spans = diagnostic.span.into_iter().chain(diagnostic.labels.iter().map(|l| l.span));
        let ids: Vec<SourceId> = spans.map(|s| s.source).collect();
        let texts = self.texts.iter().filter(|t| ids.contains(&t.id)).cloned();
        diagnostic.texts.extend(texts);
        let outside = |span: Span| self.texts.iter().any(|t| t.id == span.source);
        match self.abroad.first() {
            Some((_, call)) if diagnostic.span.is_some_and(outside) && !outside(*call) => {
                diagnostic.with_label(*call, "called here")
            }
            _ => diagnostic,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::bind::bind;
    use crate::catalog::{Env, MemoryCatalog, SavedFunction};
    use crate::diagnostic::{Code, Diagnostic, Source, SourceId, Style, print};
    use crate::plan;
    use crate::syntax;
    use crate::value::{Batch, Schema, Type};
    use std::sync::Arc;

    const FUNCTIONS: &[(&str, &str)] = &[
        ("Busy", "let least = 10; Traffic | where Size > least"),
        ("BusyFrom", "(from:string, least:long = 5) { Traffic | where Size > least and Host == from }"),
        (
            "Wide",
            "let Wide = (T:(Size:long), hosts:dynamic = dynamic([])) { T | where Host in (hosts) | extend Double = Size * 2 };",
        ),
        ("Twice", ".create-or-alter function with (docstring = 'x') Twice(n:long) { n * 2 }"),
        ("Wrong", "// it has\n// a fault\nTraffic\n| where Hots == 1"),
        ("Torn", "Traffic | where"),
        ("Same", "(x:long, x:long) { print x }"),
        ("Inner", "Inner | take 1"),
        ("Outer", "Inner | take 2"),
        ("Traffic", "print wrong = 1"),
    ];

    fn env() -> Env {
        let mut catalog = MemoryCatalog::default();
        let schema = Schema::of([("Host", Type::String), ("Size", Type::Long)]);
        catalog.insert_batch("Traffic", schema.clone(), Batch::empty(&schema));
        for (name, text) in FUNCTIONS {
            let place = format!("functions/{name}.kql");
            catalog.insert_function(SavedFunction { name: (*name).into(), place, text: (*text).to_owned() });
        }
        Env::new(Arc::new(catalog), 638_000_000_000_000_000)
    }

    fn bound(text: &str) -> Result<String, Vec<Diagnostic>> {
        let source = Source::new(SourceId(0), "query", text);
        let query = syntax::parse(&source).unwrap_or_else(|e| panic!("{text}: {e}"));
        match bind(&query, &env(), None) {
            Ok((plans, _)) => Ok(plan::explain(&plan::optimize(plans.last().unwrap().clone(), &env()).root)),
            Err(found) => Err(found.0),
        }
    }

    fn codes(text: &str) -> Vec<Code> {
        bound(text).err().unwrap_or_default().iter().map(|d| d.code).collect()
    }

    #[test]
    fn saved_functions_are_called_like_declared_ones() {
        let filtered =
            |text: &str, part: &str| assert!(bound(text).unwrap().contains(part), "{}", bound(text).unwrap());
        filtered("Busy | count", ">(Size, 10)");
        filtered("Busy() | count", ">(Size, 10)");
        filtered("let least = 99; Busy | count", ">(Size, 10)");
        filtered("BusyFrom('a') | count", ">(Size, 5)");
        filtered("BusyFrom(least = 7, from = 'a') | count", ">(Size, 7)");
        filtered("Traffic | invoke Wide(hosts = 'a') | project Double", "Double");
        filtered("print x = Twice(21)", "42");
        filtered("let Busy = () { Busy | where Host == 'x' }; Busy | count", ">(Size, 10)");
    }

    #[test]
    fn tables_and_the_querys_own_names_win() {
        assert!(bound("Traffic | project Host").is_ok(), "the table, not the function");
        assert!(bound("Traffic() | project wrong").is_ok(), "the function, since it is called");
        assert!(bound("let Busy = print mine = 1; Busy | project mine").is_ok());
    }

    #[test]
    fn faults_point_into_the_text_of_the_function() {
        let found = bound("Wrong | take 1").unwrap_err();
        let source = Source::new(SourceId(0), "query", "Wrong | take 1");
        assert_eq!(
            print(&found[0], &[source], Style::Plain),
            "error[HL2002]: no column `Hots` here\n --> functions/Wrong.kql:4:9\n4 | | where Hots == 1\n  |         ^^^^\n \
             --> query:1:1\n1 | Wrong | take 1\n  | ^^^^^ called here\n  help: did you mean `Host`?\n"
        );
        let torn = bound("Traffic | union Torn").unwrap_err();
        assert_eq!(torn[0].labels.first().map(|l| l.text.as_str()), Some("called here"), "{torn:?}");
        assert_eq!(codes("Same(1, 2)"), [Code::DuplicateName]);
        assert_eq!(codes("Inner"), [Code::Recursion]);
        assert_eq!(codes("Outer"), [Code::Recursion]);
        assert_eq!(codes("BusyFrom() | count"), [Code::WrongArgumentCount]);
        let near = bound("Bsuy() | count").unwrap_err();
        assert_eq!(near[0].help.as_deref(), Some("did you mean `Busy`?"));
    }
}
