//! Calls: the library's functions, and those whose meaning the binder itself knows.
//!
//! In: a call as written. Out: a scalar or a table. A function that Kusto has and this library has not is refused by name.

mod offline;
mod results;

pub(in crate::bind) use results::shared_results;

use crate::bind::coerce::{convert, function};
use crate::bind::place::is_place;
use crate::bind::scope::{Binding, Found};
use crate::bind::table::Item;
use crate::bind::{Binder, window};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::library::{self, Signature, kusto};
use crate::plan::Expr;
use crate::syntax::ast;
use crate::value::{Json, Type, Value};

impl Binder<'_> {
    /// `name(arguments)`
    pub(in crate::bind) fn call(&mut self, call: &ast::Call, span: Span) -> Option<Item> {
        match self.names.find(&call.name.text).cloned() {
            Some(Binding::Function(declared)) => return self.call_declared(&declared, call, None, span),
            Some(Binding::Unknown) => return None,
            _ => {}
        }
        match &*call.name.text {
            "totable" => {
                let [argument] = self.arguments(call)?;
                Some(Item::Table(self.table(argument)))
            }
            "materialize" => {
                let [argument] = self.arguments(call)?;
                let rows = self.table(argument);
                Some(Item::Table(self.shared(rows, span)))
            }
            "table" => self.table_by_name(call, span),
            "view" => self.refuse(Code::NotBuiltYet, span, "`view` is not built yet here"),
            name @ ("external_table" | "materialized_view" | "stored_query_result") => {
                self.report(no_meaning(name, span));
                None
            }
            "graph" => {
                let message = "`graph()` names a graph of a cluster, which cannot be reached offline";
                let diagnostic = Diagnostic::error(Code::NeverSupported, span, message);
                self.report(diagnostic.with_help("`make-graph` makes a graph of tables"));
                None
            }
            place if is_place(place) => {
                let message = format!("`{place}()` cannot be reached offline");
                self.refuse(Code::NeverSupported, span, message)
            }
            name if library::scalar_function(name).is_some() => self.scalar_call(call, span).map(Item::Scalar),
            _ => self.outside_call(call, span),
        }
    }

    /// A function that neither the query nor the library has.
    fn outside_call(&mut self, call: &ast::Call, span: Span) -> Option<Item> {
        if let Some(function) = self.kept_function(&call.name) {
            return self.call_declared(&function?, call, None, span);
        }
        match self.portal_call(call, span) {
            Some(found) => found.map(Item::Table),
            None => self.scalar_call(call, span).map(Item::Scalar),
        }
    }

    /// Exactly so many arguments.
    fn arguments<'e, const N: usize>(&mut self, call: &'e ast::Call) -> Option<[&'e ast::Expr; N]> {
        let given: Vec<&ast::Expr> = call.arguments.iter().collect();
        let count = given.len();
        match <[&ast::Expr; N]>::try_from(given) {
            Ok(arguments) => Some(arguments),
            Err(_) => {
                let plural = if N == 1 { "" } else { "s" };
                let message = format!("`{}` takes {N} argument{plural}, not {count}", call.name.text);
                self.refuse(Code::WrongArgumentCount, call.arguments_span, message)
            }
        }
    }

    /// `table("T")`
    fn table_by_name(&mut self, call: &ast::Call, span: Span) -> Option<Item> {
        let first = call.arguments.first();
        let Some(first) = first else {
            return self.refuse(Code::WrongArgumentCount, span, "`table` takes a name");
        };
        let name = self.literal(first, "the name of a table")?;
        let Some(Value::String(text)) = name.as_literal() else {
            return self.refuse(Code::WrongType, first.span, "the name of a table is a text");
        };
        let name = ast::Name { text: text.as_str().into(), span: first.span, quoted: true };
        let expr = ast::Expr { kind: ast::ExprKind::Name(name), span: first.span };
        Some(Item::Table(self.table(&expr)))
    }

    fn scalar_call(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        if let Some(value) = self.graph_call(call, span) {
            return value;
        }
        if let Some(value) = self.special(call, span) {
            return value;
        }
        if window::is_window_function(&call.name.text) {
            return self.window_function(call, span);
        }
        if self.rows.last().is_some_and(|r| r.aggregation.is_some())
            && library::aggregate_function(&call.name.text).is_some()
        {
            return self.aggregate_inside(call, span);
        }
        let Some(found) = library::scalar_function(&call.name.text) else {
            self.unknown_function(call);
            return None;
        };
        if !found.results.is_empty() {
            return self.refuse_several(call, span);
        }
        let arguments = self.call_arguments(call, found.signatures)?;
        self.library_call(&call.name.text, found, arguments, span)
    }

    /// The arguments in the order of the parameters; all of them are bound, so that each reports its own fault.
    pub(in crate::bind) fn call_arguments(
        &mut self,
        call: &ast::Call,
        signatures: &'static [Signature],
    ) -> Option<Vec<Expr>> {
        let mut bound: Vec<Option<Expr>> = vec![];
        for argument in &call.arguments {
            match &argument.kind {
                ast::ExprKind::Named { names, value } => {
                    let value = self.scalar(value);
                    let place = self.parameter_place(names, signatures, argument.span);
                    if place.is_some_and(|place| bound.len() != place) {
                        return self.refuse(
                            Code::UnknownArgument,
                            argument.span,
                            "a named argument out of order is not built yet",
                        );
                    }
                    bound.push(value);
                }
                ast::ExprKind::Star => {
                    let columns = self.all_columns(argument.span)?;
                    bound.extend(columns.into_iter().map(|(_, column)| Some(column)));
                }
                _ => bound.push(self.scalar(argument)),
            }
        }
        bound.into_iter().collect()
    }

    fn parameter_place(&mut self, names: &[ast::Name], signatures: &[Signature], span: Span) -> Option<usize> {
        let [name] = names else {
            return self.refuse(Code::UnknownArgument, span, "several names for one argument");
        };
        let place = signatures.iter().find_map(|s| s.parameters.iter().position(|p| p.name == &*name.text));
        if place.is_none() {
            let known = signatures.iter().flat_map(|s| s.parameters.iter().map(|p| p.name));
            let near = nearest(&name.text, known);
            let message = format!("no parameter `{}`: the name has no effect", name.text);
            self.report(Diagnostic::warning(Code::IgnoredHint, name.span, message).with_suggestion(near));
        }
        place
    }

    /// Every column in sight.
    pub(in crate::bind) fn all_columns(&mut self, span: Span) -> Option<Vec<(crate::plan::ColumnName, Expr)>> {
        let side = self.rows.last().filter(|r| r.visible).and_then(|r| r.sides.first()).cloned();
        match side {
            Some(side) if side.open || !side.poisoned.is_empty() => None,
            Some(side) => {
                Some(side.fields().map(|f| (f.name.clone(), Expr::column(f.name.clone(), f.ty, span))).collect())
            }
            None => self.refuse(Code::NotScalar, span, "`*` needs the columns of a table"),
        }
    }

    /// Functions whose meaning needs more than values: time, schema, tables.
    fn special(&mut self, call: &ast::Call, span: Span) -> Option<Option<Expr>> {
        Some(match &*call.name.text {
            "toscalar" => self.toscalar(call, span),
            "now" => self.now_call(call, span),
            "ago" => self.ago(call, span),
            "ingestion_time" => self.ingestion_time(span),
            "column_ifexists" | "columnifexists" => self.column_if_exists(call, span),
            "pack_all" => self.pack_all(call, span),
            "bag_pack_columns" => self.bag_pack_columns(call, span),
            "typeof" => self.refuse(Code::NotScalar, span, "`typeof` names a type, which cannot stand here"),
            "todynamic" | "parse_json" | "parsejson" | "toobject" if call.arguments.len() == 1 => {
                return self.parse_json(call);
            }
            "geo_info_from_ip_address" => self.ip_location(call, span),
            "assert" => self.assert(call, span),
            "bin_auto" => self.bin_auto(call, span),
            "column_names_of" => self.column_names_of(call, span),
            _ => return self.offline_function(call, span),
        })
    }

    /// `geo_info_from_ip_address(address)`: asked of the database that the user has; null without one.
    fn ip_location(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let [argument] = self.arguments(call)?;
        let address = self.scalar(argument)?;
        let address = match address.ty {
            Type::Dynamic => self.ok(convert(address, Type::String))?,
            _ => self.ok(crate::bind::coerce::assign(address, Type::String, "`geo_info_from_ip_address`"))?,
        };
        match &self.env.ip_locations {
            Some(source) => {
                let kind = crate::plan::ExprKind::Lookup { source: source.clone(), arguments: vec![address] };
                Some(Expr { kind, ty: Type::Dynamic, span })
            }
            None => {
                let message = "there is no database of IP locations here: `geo_info_from_ip_address` gives null";
                let help = "name a MaxMind file (GeoLite2-City.mmdb or the like) as `[external] ip_locations` in huntline.toml";
                // once for the query, wherever it stands
                let told = Diagnostic { span: None, ..Diagnostic::warning(Code::NothingToAsk, span, message) };
                self.report(told.with_help(help));
                Some(Expr::literal(Value::Null, Type::Dynamic, span))
            }
        }
    }

    fn toscalar(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let [argument] = self.arguments(call)?;
        self.first_cell(argument, span)
    }

    fn now_call(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let now = Expr::literal(Value::Datetime(self.now), Type::Datetime, span);
        if call.arguments.is_empty() {
            return Some(now);
        }
        let [offset] = self.arguments(call)?;
        let offset = self.scalar(offset)?;
        self.operator("+", "now", vec![now, offset], span)
    }

    fn ago(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let [offset] = self.arguments(call)?;
        let offset = self.scalar(offset)?;
        let offset = self.ok(crate::bind::coerce::assign(offset, Type::Timespan, "`ago`"))?;
        let now = Expr::literal(Value::Datetime(self.now), Type::Datetime, span);
        self.operator("-", "ago", vec![now, offset], span)
    }

    /// The mirror does not keep when a row came in: the row's own time stands for it.
    fn ingestion_time(&mut self, span: Span) -> Option<Expr> {
        let side = self.rows.last().filter(|r| r.visible).and_then(|r| r.sides.first()).cloned()?;
        let time = side.origin.as_ref().and_then(|t| t.time_column.clone());
        let column = time.and_then(|time| match side.column(&time, span) {
            Found::Column(column) if column.ty == Type::Datetime => Some(column),
            _ => None,
        });
        match column {
            Some(column) => {
                let message = format!("`ingestion_time()` is not kept: `{}` stands for it", column_name(&column));
                self.report(Diagnostic::warning(Code::IgnoredHint, span, message));
                Some(column)
            }
            None if side.open => None,
            None => {
                self.report(Diagnostic::warning(
                    Code::IgnoredHint,
                    span,
                    "`ingestion_time()` is not known here: it is null",
                ));
                Some(Expr::literal(Value::Null, Type::Datetime, span))
            }
        }
    }

    fn column_if_exists(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let [name, default] = self.arguments(call)?;
        let written = self.literal(name, "the name of a column");
        let default = self.scalar(default);
        let written = written?;
        let Some(Value::String(text)) = written.as_literal() else {
            return self.refuse(Code::WrongType, name.span, "the name of a column is a text");
        };
        match self.column(text, span) {
            Found::Column(column) => Some(column),
            Found::Silent => None,
            Found::Nothing => default,
        }
    }

    fn pack_all(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let columns = self.all_columns(span)?;
        let ignore = match call.arguments.as_slice() {
            [] => false,
            [flag] => self.literal(flag, "`ignore_null_empty`")?.as_literal() == Some(&Value::Bool(true)),
            _ => {
                return self.refuse(
                    Code::WrongArgumentCount,
                    call.arguments_span,
                    "`pack_all` takes at most 1 argument",
                );
            }
        };
        if ignore { self.bag_without_empty(columns, span) } else { self.bag_of(columns, span) }
    }

    fn bag_pack_columns(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let mut columns = vec![];
        for argument in &call.arguments {
            let value = self.scalar(argument)?;
            let Some(name) = crate::bind::naming::result_name(argument) else {
                return self.refuse(Code::WrongType, argument.span, "`bag_pack_columns` takes columns");
            };
            columns.push((name.into(), value));
        }
        self.bag_of(columns, span)
    }

    /// A bag of the columns that are neither null nor an empty text: one for each, merged.
    fn bag_without_empty(&mut self, columns: Vec<(crate::plan::ColumnName, Expr)>, span: Span) -> Option<Expr> {
        let empty = Expr::literal(Value::Dynamic(Json::Object(serde_json::Map::new())), Type::Dynamic, span);
        let mut bags = vec![empty.clone()];
        for (name, value) in columns {
            let test = if value.ty == Type::String { "isnotempty" } else { "isnotnull" };
            let filled = self.operator(test, "pack_all", vec![value.clone()], span)?;
            let bag = self.bag_of(vec![(name, value)], span)?;
            bags.push(self.operator("iff", "pack_all", vec![filled, bag, empty.clone()], span)?);
        }
        self.operator("bag_merge", "pack_all", bags, span)
    }

    /// A bag of columns by their names.
    fn bag_of(&mut self, columns: Vec<(crate::plan::ColumnName, Expr)>, span: Span) -> Option<Expr> {
        let pack = self.ok(function("bag_pack", span))?;
        let mut arguments = Vec::with_capacity(columns.len() * 2);
        for (name, value) in columns {
            arguments.push(Expr::literal(Value::String(name.to_string()), Type::String, span));
            arguments.push(value);
        }
        self.library_call("bag_pack", pack, arguments, span)
    }

    /// `parse_json` of a dynamic is that dynamic; of anything else it is the library's.
    fn parse_json(&mut self, call: &ast::Call) -> Option<Option<Expr>> {
        let argument = call.arguments.first()?;
        if matches!(argument.kind, ast::ExprKind::Named { .. } | ast::ExprKind::Star) {
            return None;
        }
        let span = argument.span;
        let Some(bound) = self.scalar(argument) else { return Some(None) };
        Some(match bound.ty {
            Type::Dynamic => Some(bound),
            Type::String => {
                let parse = self.ok(function("parse_json", span))?;
                Some(Expr::call(parse, vec![bound], Type::Dynamic, span))
            }
            _ => self.ok(convert(bound, Type::Dynamic)),
        })
    }

    /// `column_names_of(T)`: the names as a constant array.
    fn column_names_of(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let [argument] = self.arguments(call)?;
        let rows = self.table(argument);
        if rows.open {
            return None;
        }
        let names = rows.schema().names().map(|n| Json::String(n.to_owned())).collect();
        Some(Expr::literal(Value::Dynamic(Json::Array(names)), Type::Dynamic, span))
    }

    fn unknown_function(&mut self, call: &ast::Call) {
        // the arguments may hold faults of their own
        for argument in &call.arguments {
            if !matches!(argument.kind, ast::ExprKind::Star | ast::ExprKind::Named { .. }) {
                self.item(argument);
            }
        }
        let (name, span) = (&*call.name.text, call.name.span);
        if library::aggregate_function(name).is_some() {
            let message = format!("the aggregation function `{name}` belongs into `summarize`");
            self.report(Diagnostic::error(Code::AggregateOutsideSummarize, span, message));
        } else if self.calls.iter().any(|c| &**c == name) {
            self.report(Diagnostic::error(Code::Recursion, span, format!("`{name}` calls itself")));
        } else if kusto::reason(name).is_some() {
            self.report(no_meaning(name, span));
        } else if kusto::has(kusto::Is::Graph, name) {
            let message = format!("`{name}` stands in the conditions of graph operators only");
            self.report(Diagnostic::error(Code::WrongValue, span, message));
        } else if name.starts_with("_Im_") || name.starts_with("_ASim_") {
            let message = format!("the portal's function `{name}` is not built yet");
            self.report(Diagnostic::error(Code::NotBuiltYet, span, message));
        } else {
            let near = self.near_function(name, true);
            let diagnostic = Diagnostic::error(Code::UnknownFunction, span, format!("no function `{name}`"));
            self.report(diagnostic.with_suggestion(near.as_deref()));
        }
    }
}

/// Refuses what Kusto has and this machine cannot answer.
pub(in crate::bind) fn no_meaning(name: &str, span: Span) -> Diagnostic {
    let why = kusto::reason(name).unwrap_or("nothing here answers it");
    let (code, what) = match kusto::could_run(name) {
        true => (Code::NotBuiltYet, "is not built"),
        false => (Code::NeverSupported, "cannot run here"),
    };
    Diagnostic::error(code, span, format!("`{name}` {what}: {why}"))
}

/// The column's name, for messages.
fn column_name(column: &Expr) -> String {
    match &column.kind {
        crate::plan::ExprKind::Column(name) => name.to_string(),
        _ => String::new(),
    }
}
