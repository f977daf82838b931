//! Functions of the portals that ask for more than a function can: columns of the rows, watchlists, tables of other places.
//!
//! In: a call. Out: rows of the local data. What only the portal knows is refused by name; where nothing will run it is
//! assumed to be there, with a warning.

use crate::bind::Binder;
use crate::bind::scope::{Found, Rows};
use crate::bind::table::text_literal;
use crate::catalog::{SavedFunction, Watchlist, portal};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::plan::{ExprKind, Relation, RelationKind};
use crate::syntax::ast;
use crate::value::{Batch, Schema, Type, Value};
use std::sync::Arc;

impl Binder<'_> {
    /// A call of a portal's function; nothing when it is none. The inner nothing is a fault that was reported.
    pub(in crate::bind) fn portal_call(&mut self, call: &ast::Call, span: Span) -> Option<Option<Rows>> {
        Some(match &*call.name.text {
            "_GetWatchlist" => self.watchlist(call, span),
            "_GetWatchlistAlias" => Some(self.watchlist_aliases(span)),
            name @ ("FileProfile" | "SeenBy") => {
                let message = format!("`{name}` works on rows: write `T | invoke {name}()`");
                self.refuse(Code::NotTabular, call.name.span, message)
            }
            _ => return None,
        })
    }

    /// True for a name that a call without parentheses may mean.
    pub(in crate::bind) fn is_outside(&mut self, name: &ast::Name) -> bool {
        matches!(&*name.text, "_GetWatchlistAlias") || self.kept_function(name).is_some()
    }

    /// `T | invoke FileProfile(...)`
    pub(in crate::bind) fn portal_invoke(&mut self, rows: Rows, call: &ast::Call, span: Span) -> Rows {
        let made = match &*call.name.text {
            "FileProfile" => self.file_profile(&rows, call),
            "SeenBy" => return self.seen_by(rows, call, span),
            name => {
                let near = self.near_function(name, false);
                let message = format!("no function `{name}` is declared in the query or saved");
                let diagnostic = Diagnostic::error(Code::UnknownFunction, call.name.span, message);
                self.report(diagnostic.with_suggestion(near.as_deref()));
                None
            }
        };
        match made {
            Some(function) => self.invoke_made(&function, call, rows, span),
            None => Rows::unknown(span),
        }
    }

    /// A function whose text was made for this call, over the rows alone.
    fn invoke_made(&mut self, function: &SavedFunction, call: &ast::Call, rows: Rows, span: Span) -> Rows {
        let Some(function) = self.read_function(function) else { return Rows::unknown(span) };
        let call = ast::Call { arguments: vec![], ..call.clone() };
        self.invoked(&function, &call, rows, span)
    }

    /// `FileProfile(SHA1, 1000)`: the column as a name or a text, and how many rows; every row is looked up here.
    fn file_profile(&mut self, rows: &Rows, call: &ast::Call) -> Option<SavedFunction> {
        let (column, at) = match call.arguments.first() {
            None => ("SHA1".to_owned(), call.name.span),
            Some(first) => match (&first.kind, text_literal(first)) {
                (ast::ExprKind::Name(name), _) => (name.text.to_string(), first.span),
                (_, Some(text)) => (text, first.span),
                _ => return self.refuse(Code::WrongType, first.span, "`FileProfile` takes the name of a column"),
            },
        };
        if let Some(limit) = call.arguments.get(1) {
            let bound = self.literal(limit, "the number of rows")?;
            self.ok(crate::bind::coerce::assign(bound, Type::Long, "the number of rows"))?;
        }
        if let Some(extra) = call.arguments.get(2) {
            return self.refuse(
                Code::WrongArgumentCount,
                extra.span,
                "`FileProfile` takes a column and a number of rows",
            );
        }
        if rows.open {
            return None;
        }
        let column = self.hash_column(rows, &column, at)?;
        let hash = match (column.to_ascii_uppercase().contains("SHA256"), column.to_ascii_uppercase().contains("SHA1"))
        {
            (true, false) => "SHA256",
            (false, true) => "SHA1",
            _ => {
                let message = format!("the name `{column}` does not tell whether it is SHA1 or SHA256");
                let help = "rename the column, for example to `SHA1`";
                self.report(Diagnostic::error(Code::WrongValue, at, message).with_help(help));
                return None;
            }
        };
        let given = self.brought(portal::PROFILES, call.name.span)?;
        if !given {
            let message = "the mirror has no global file profiles: prevalence and times are those of its own devices";
            let help = format!("bring profiles as a table `{}` to use them instead", portal::PROFILES);
            self.report(Diagnostic::warning(Code::IgnoredHint, call.name.span, message).with_help(help));
        }
        let dropped: Vec<&str> = if column == hash { vec![hash] } else { vec![] };
        Some(portal::file_profile(&column, hash, &dropped, given))
    }

    /// Whether the user brought this table; nothing where it is there and cannot be read, which is reported.
    fn brought(&mut self, table: &str, span: Span) -> Option<bool> {
        let found = self.env.catalog.table(table);
        let found = found.map_err(|diagnostic| Diagnostic { span: diagnostic.span.or(Some(span)), ..diagnostic });
        self.ok(found).map(|table| table.is_some())
    }

    /// The column of hashes, by its name or one that it had.
    fn hash_column(&mut self, rows: &Rows, column: &str, at: Span) -> Option<String> {
        match self.over(rows, |b| b.column(column, at)) {
            Found::Column(found) if found.ty == Type::String => match found.kind {
                ExprKind::Column(name) => Some(name.to_string()),
                _ => None,
            },
            Found::Column(found) => {
                let message = format!("`FileProfile` takes a column of type `string`, not `{}`", found.ty);
                self.refuse(Code::WrongType, at, message)
            }
            Found::Silent => None,
            Found::Nothing => {
                let near = nearest(column, rows.schema().names()).map(str::to_owned);
                let diagnostic = Diagnostic::error(Code::UnknownColumn, at, format!("no column `{column}` here"));
                self.report(diagnostic.with_suggestion(near.as_deref()));
                None
            }
        }
    }

    /// `SeenBy()`: who has seen a device is nowhere among the tables, unless the user brought it.
    fn seen_by(&mut self, rows: Rows, call: &ast::Call, span: Span) -> Rows {
        let Some(given) = self.brought(portal::SEEN_BY, call.name.span) else { return Rows::unknown(span) };
        if !given {
            let message = "the mirror does not know which devices have seen a device";
            let help = format!("bring it as a table `{}` with `DeviceId` and `SeenBy`", portal::SEEN_BY);
            if !self.assumed(call.name.span, message, &help) {
                return Rows::unknown(span);
            }
            let seen = crate::plan::Expr::literal(Value::Null, Type::Dynamic, span);
            return crate::bind::operator::with_column(rows, "SeenBy".into(), seen, span);
        }
        self.invoke_made(&portal::seen_by(), call, rows, span)
    }

    /// `_GetWatchlist('alias')`, with search keys as a second argument
    fn watchlist(&mut self, call: &ast::Call, span: Span) -> Option<Rows> {
        let [alias, keys @ ..] = call.arguments.as_slice() else {
            return self.refuse(Code::WrongArgumentCount, span, "`_GetWatchlist` takes the alias of a watchlist");
        };
        if let [_, extra, ..] = keys {
            let message = "`_GetWatchlist` takes an alias and the keys that are looked for";
            return self.refuse(Code::WrongArgumentCount, extra.span, message);
        }
        let alias = match &alias.kind {
            ast::ExprKind::Named { value, .. } => value,
            _ => alias,
        };
        let bound = self.literal(alias, "the alias of a watchlist")?;
        let Some(Value::String(name)) = bound.as_literal() else {
            return self.refuse(Code::WrongType, alias.span, "the alias of a watchlist is a text");
        };
        let list = match self.env.catalog.watchlist(name) {
            Ok(found) => found,
            Err(diagnostic) => {
                self.report(Diagnostic { span: diagnostic.span.or(Some(alias.span)), ..diagnostic });
                return None;
            }
        };
        let Some(list) = list else {
            let message = format!("there is no watchlist `{name}`");
            let help = self.where_to_put(name);
            self.assumed(alias.span, &message, &help);
            return Some(Rows::unknown(span));
        };
        let rows = watchlist_rows(&list, span);
        let Some(keys) = keys.first() else { return Some(rows) };
        let list = ast::Expr { kind: ast::ExprKind::Parenthesized(Box::new(keys.clone())), span: keys.span };
        let key = ast::Name { text: "SearchKey".into(), span: keys.span, quoted: true };
        let value = ast::Expr { kind: ast::ExprKind::Name(key), span: keys.span };
        let op = ast::ListOp::In { case_sensitive: true, negated: false };
        let predicate = self.over(&rows, |b| b.list(op, keys.span, &value, &[list], span))?;
        Some(rows.then(span, |input| {
            let schema = input.schema.clone();
            (RelationKind::Filter { input, predicate }, schema)
        }))
    }

    /// What to do about a watchlist that there is not.
    fn where_to_put(&self, alias: &str) -> String {
        let aliases = self.env.catalog.watchlist_aliases();
        if let Some(near) = nearest(alias, aliases.iter().map(|a| &**a)) {
            return format!("did you mean `{near}`?");
        }
        match self.env.catalog.shelf() {
            Some(folder) => {
                let file = folder.join("watchlists").join(format!("{alias}.csv"));
                format!("put it as `{}`, with a header", file.display())
            }
            None => format!("put it as `watchlists/{alias}.csv` into the mirror, with a header"),
        }
    }

    /// `_GetWatchlistAlias`: a row for each watchlist.
    fn watchlist_aliases(&mut self, span: Span) -> Rows {
        let schema = Schema::of([("WatchlistAlias", Type::String)]);
        let rows = self.env.catalog.watchlist_aliases().into_iter().map(|a| vec![Value::String(a.to_string())]);
        let batch = Batch::from_rows(&schema, rows);
        Rows::new(Relation::new(RelationKind::Values(Arc::new(batch)), schema, span))
    }

    /// Tells that something is missing which only the outside has. True where it may be assumed.
    pub(in crate::bind) fn assumed(&mut self, span: Span, message: &str, help: &str) -> bool {
        let assumed = self.env.assume_external;
        let diagnostic = match assumed {
            true => Diagnostic::warning(Code::NeverSupported, span, format!("{message}; it is assumed to be there")),
            false => Diagnostic::error(Code::NeverSupported, span, message),
        };
        self.report(diagnostic.with_help(help));
        assumed
    }
}

fn watchlist_rows(list: &Watchlist, span: Span) -> Rows {
    Rows::new(Relation::new(RelationKind::Values(list.rows.clone()), list.schema.clone(), span))
}

#[cfg(test)]
mod tests {
    use crate::bind::bind;
    use crate::catalog::{Env, MemoryCatalog, Table, TableSource, Watchlist, device};
    use crate::diagnostic::{Code, Severity, Source, SourceId};
    use crate::value::{Batch, Schema, Type};
    use std::sync::Arc;

    fn env() -> Env {
        let mut catalog = MemoryCatalog::default();
        for known in device::tables() {
            catalog.insert(Table {
                name: known.name.into(),
                schema: known.schema(),
                time_column: known.time_column.map(Into::into),
                source: TableSource::Batch(Arc::new(Batch::empty(&known.schema()))),
            });
        }
        catalog.insert_watchlist(Watchlist::read("Vips", "Name,Mail\nAnn,a@x\n", None).unwrap());
        Env::new(Arc::new(catalog), 638_000_000_000_000_000)
    }

    /// The columns of the result, or the codes of what is wrong.
    fn columns(text: &str, env: &Env) -> Result<String, Vec<Code>> {
        let source = Source::new(SourceId(0), "query", text);
        let query = crate::syntax::parse(&source).unwrap_or_else(|e| panic!("{text}: {e}"));
        match bind(&query, env, None) {
            Ok((plans, _)) => {
                let names: Vec<&str> = plans.last().unwrap().root.schema.names().collect();
                Ok(names.join(" "))
            }
            Err(found) => Err(found.0.iter().filter(|d| d.severity == Severity::Error).map(|d| d.code).collect()),
        }
    }

    #[test]
    fn every_view_binds_over_the_documented_tables() {
        for name in crate::catalog::portal::names().filter(|n| n.contains("im") || n.contains("_Im_")) {
            let text = format!(
                "{name}(starttime = ago(1d), endtime = now()) | project TimeGenerated, EventType, Dvc, User, IpAddr"
            );
            assert!(columns(&text, &env()).is_ok(), "{name}: {:?}", columns(&text, &env()));
        }
        let files = "_Im_FileEvent(hashes_has_any = 'abc') | project Hash, HashType, FilePath, Process, CommandLine";
        assert!(columns(files, &env()).is_ok());
        assert_eq!(columns("imFileEvent(no_such = 1) | count", &env()), Err(vec![Code::UnknownArgument]));
    }

    #[test]
    fn file_profiles_are_added_to_the_rows() {
        let profile = "SHA2561 GlobalPrevalence";
        let text = "DeviceFileEvents | project SHA1, SHA256 | invoke FileProfile(SHA1, 1000)";
        let found = columns(text, &env()).unwrap();
        assert!(found.starts_with("SHA1 SHA256 SHA2561 MD5 FileSize GlobalPrevalence"), "{found}");
        assert!(found.ends_with("SoftwareName ProfileAvailability"), "{profile}: {found}");
        let by_text =
            "DeviceFileEvents | project InitiatingProcessSHA256 | invoke FileProfile('InitiatingProcessSHA256')";
        assert!(columns(by_text, &env()).unwrap().starts_with("InitiatingProcessSHA256 SHA1 SHA256 MD5"));
        assert_eq!(columns("DeviceInfo | invoke FileProfile()", &env()), Err(vec![Code::UnknownColumn]));
        assert_eq!(columns("DeviceFileEvents | invoke FileProfile(FileName)", &env()), Err(vec![Code::WrongValue]));
        assert_eq!(columns("FileProfile(SHA1)", &env()), Err(vec![Code::NotTabular]));
    }

    #[test]
    fn profiles_that_the_user_brought_are_used() {
        let mut catalog = MemoryCatalog::default();
        let schema = Schema::of([("SHA1", Type::String), ("GlobalPrevalence", Type::Long)]);
        catalog.insert_batch("FileProfiles", schema.clone(), Batch::empty(&schema));
        let env = Env::new(Arc::new(catalog), 638_000_000_000_000_000);
        let found = columns("datatable(SHA1:string)['x'] | invoke FileProfile()", &env).unwrap();
        assert!(found.starts_with("SHA1 SHA256 MD5 FileSize GlobalPrevalence"), "{found}");
    }

    #[test]
    fn watchlists_are_tables_of_texts() {
        let names = "_DTItemId LastUpdatedTimeUTC SearchKey Name Mail";
        assert_eq!(columns("_GetWatchlist('Vips')", &env()).as_deref(), Ok(names));
        assert_eq!(columns("_GetWatchlist('Vips', dynamic(['Ann']))", &env()).as_deref(), Ok(names));
        assert_eq!(columns("_GetWatchlistAlias", &env()).as_deref(), Ok("WatchlistAlias"));
    }

    #[test]
    fn what_only_the_outside_has_is_assumed_where_nothing_runs() {
        let check = Env { assume_external: true, ..env() };
        let missing =
            ["_GetWatchlist('No') | where A == 'x' | project A", "DeviceInfo | invoke SeenBy() | project SeenBy"];
        for text in missing {
            assert_eq!(columns(text, &env()), Err(vec![Code::NeverSupported]), "{text}");
            assert!(columns(text, &check).is_ok(), "{text}");
        }
    }
}
