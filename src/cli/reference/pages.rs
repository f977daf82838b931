//! Pages of the reference: one for each record of the library.
//!
//! In: the records. Out: text. Knows nothing of the command line.

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::library::operator::{self, Operator};
use crate::library::table::{self, TableFunction, TableParameter, Takes};
use crate::library::{
    self, Accepts, AggregateFunction, Example, Function, Nulls, Parameter, Returns, Signature, kusto,
};
use crate::value::Type;
use std::fmt::Write as _;

/// A record's page and the names that lead to it.
struct Page {
    name: &'static str,
    aliases: &'static [&'static str],
    text: String,
}

impl Page {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

/// A heading and the pages below it.
struct Section {
    heading: &'static str,
    pages: Vec<Page>,
}

/// All pages, in the order of the reference.
fn sections() -> Vec<Section> {
    let operators = operator::FAMILIES
        .iter()
        .map(|family| Section { heading: family.name, pages: family.operators.iter().map(operator_page).collect() });
    let scalars = library::scalar::FAMILIES
        .iter()
        .map(|family| Section { heading: family.name, pages: family.functions.iter().map(scalar_page).collect() });
    let aggregates = library::aggregate::FAMILIES.iter().flat_map(|family| family.iter()).map(aggregate_page);
    let plugins = table::plugins().map(plugin_page);
    let mut sections: Vec<Section> = operators.chain(scalars).collect();
    sections.push(Section { heading: "Aggregation functions", pages: aggregates.collect() });
    sections.push(Section { heading: "Plugins", pages: plugins.collect() });
    sections
}

/// Every name, by section.
pub(super) fn listing() -> String {
    let mut out = String::new();
    for section in sections() {
        let names: Vec<&str> = section.pages.iter().map(|page| page.name).collect();
        let _ = write!(out, "{}\n  {}\n\n", section.heading, names.join(" "));
    }
    out.push_str("huntline functions NAME shows the page of one.\n");
    out
}

/// Every page, as Markdown.
pub(super) fn markdown() -> String {
    let mut out = String::from(
        "# Operators and functions\n\nPrinted from the records in `src/library`; every example runs as a test. What an \
         example gives stands behind `=>`.\n",
    );
    for section in sections() {
        let _ = write!(out, "\n## {}\n", section.heading);
        for page in section.pages {
            let _ = write!(out, "\n```text\n{}```\n", page.text);
        }
    }
    out
}

/// The pages of a name.
///
/// # Errors
/// A name of Kusto's that cannot run here, with the reason; a name that nothing has, with the nearest one.
pub(super) fn named(name: &str) -> Result<String, Diagnostic> {
    let pages: Vec<Page> = sections().into_iter().flat_map(|section| section.pages).collect();
    let found: Vec<&str> = pages.iter().filter(|p| p.names().any(|n| n == name)).map(|p| p.text.as_str()).collect();
    if !found.is_empty() {
        return Ok(found.join("\n"));
    }
    if kusto::has(kusto::Is::Render, name) {
        return named("render");
    }
    if let Some(reason) = kusto::reason(name) {
        return Err(Diagnostic::general(Code::NeverSupported, format!("`{name}` cannot run here: {reason}")));
    }
    let message = format!("no operator, function or plugin is called `{name}`");
    let near = nearest(name, pages.iter().flat_map(Page::names));
    Err(Diagnostic::general(Code::UnknownFunction, message).with_suggestion(near))
}

fn operator_page(o: &'static Operator) -> Page {
    let forms: String = o.syntax.iter().map(|form| format!("  {form}\n")).collect();
    let text = [head(o.name, o.aliases, o.summary), forms, part("Remarks", o.remarks), queries(o.examples)].concat();
    Page { name: o.name, aliases: o.aliases, text }
}

fn scalar_page(f: &'static Function) -> Page {
    let forms = signatures(f.name, f.signatures);
    let examples: String = f.examples.iter().map(|e| format!("  {}  =>  {}\n", e.expression, e.result)).collect();
    let examples = if examples.is_empty() { examples } else { format!("\nExamples\n{examples}") };
    let columns: Vec<String> = f.results.iter().map(|r| format!("{}:{}", r.name, r.ty.name())).collect();
    let columns = part("Columns", &columns.join(", "));
    let (nulls, remarks) = (part("Nulls", nulls(f)), part("Remarks", f.remarks));
    let text = [head(f.name, f.aliases, f.summary), forms, columns, nulls, remarks, examples].concat();
    Page { name: f.name, aliases: f.aliases, text }
}

fn aggregate_page(f: &'static AggregateFunction) -> Page {
    let forms = signatures(f.name, f.signatures);
    let text = [head(f.name, f.aliases, f.summary), forms, part("Remarks", f.remarks), queries(f.examples)].concat();
    Page { name: f.name, aliases: f.aliases, text }
}

fn plugin_page(f: &'static TableFunction) -> Page {
    let parameters: Vec<String> = f.parameters.iter().map(table_parameter).collect();
    let piped = if f.piped { "T | " } else { "" };
    let form = format!("  {piped}evaluate {}({})\n", f.name, parameters.join(", "));
    let text = [head(f.name, &[], f.summary), form, part("Remarks", f.remarks), queries(f.examples)].concat();
    Page { name: f.name, aliases: &[], text }
}

fn head(name: &str, aliases: &[&str], summary: &str) -> String {
    let also = if aliases.is_empty() { String::new() } else { format!(" (also {})", aliases.join(", ")) };
    format!("{name}{also}\n  {summary}\n\nForms\n")
}

fn part(title: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("\n{title}\n  {text}\n") }
}

/// What a null argument does, where the function itself has no say in it.
fn nulls(f: &Function) -> &'static str {
    let takes_any = f.signatures.iter().any(|s| !s.parameters.is_empty());
    let text = f.signatures.iter().all(|s| matches!(s.returns, Returns::Type(Type::String)));
    match f.nulls {
        Nulls::Propagate if takes_any && text => "A null argument gives an empty string.",
        Nulls::Propagate if takes_any => "A null argument gives null.",
        Nulls::Propagate | Nulls::Kernel => "",
    }
}

/// Examples that are queries: each with the query that gives the same.
fn queries(examples: &[Example]) -> String {
    let lines: String = examples.iter().map(|e| format!("  {}\n    =>  {}\n", e.expression, e.result)).collect();
    if lines.is_empty() { lines } else { format!("\nExamples\n{lines}") }
}

fn signatures(name: &str, signatures: &[Signature]) -> String {
    let line = |s: &Signature| {
        let parameters: Vec<String> = s.parameters.iter().map(parameter).collect();
        format!("  {name}({}) -> {}\n", parameters.join(", "), returns(s))
    };
    signatures.iter().map(line).collect()
}

fn parameter(p: &Parameter) -> String {
    let ty = match p.accepts {
        Accepts::Type(ty) | Accepts::Exactly(ty) => ty.name().to_owned(),
        Accepts::OneOf(types) => type_names(types),
        Accepts::Any | Accepts::Common => "any".to_owned(),
        Accepts::Number | Accepts::Promoted => "number".to_owned(),
        Accepts::Integer => "int|long".to_owned(),
    };
    shown(p.name, &ty, p.repeats, p.optional)
}

fn table_parameter(p: &TableParameter) -> String {
    let (what, types) = match p.takes {
        Takes::Column(types) => ("column", types),
        Takes::Expression(types) => ("expression", types),
        Takes::Constant(types) => ("constant", types),
        Takes::ColumnOrConstant(types) => ("column or constant", types),
        Takes::Table => ("table", &[] as &[Type]),
        Takes::ColumnOfTable(types) => ("column of the table", types),
    };
    let of = if types.is_empty() { String::new() } else { format!(" {}", type_names(types)) };
    shown(p.name, &format!("{what}{of}"), p.repeats, p.optional)
}

fn type_names(types: &[Type]) -> String {
    types.iter().map(|t| t.name()).collect::<Vec<_>>().join("|")
}

fn shown(name: &str, what: &str, repeats: bool, optional: bool) -> String {
    let more = if repeats { ", ..." } else { "" };
    let shown = format!("{name}:{what}{more}");
    if optional { format!("[{shown}]") } else { shown }
}

fn returns(signature: &Signature) -> String {
    match signature.returns {
        Returns::Type(ty) => ty.name().to_owned(),
        Returns::Argument(i) => {
            let of = signature.parameters.get(i).map_or("an argument", |p| p.name);
            format!("the type of {of}")
        }
        Returns::Promoted => "the widest type of the numbers".to_owned(),
        Returns::Common => "the common type".to_owned(),
        Returns::Custom(_) => "by its arguments".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_finds_every_page_that_has_it() {
        let count = named("count").unwrap();
        assert!(count.contains("T | count") && count.contains("count() -> long"), "{count}");
        assert!(named("order").unwrap().contains("sort (also order)"));
        assert!(named("bag_unpack").unwrap().contains("evaluate bag_unpack(Column:column dynamic, "));
        assert!(named("abs").unwrap().contains("\nNulls\n  A null argument gives null.\n"));
    }

    #[test]
    fn a_name_that_is_not_there_is_explained() {
        assert!(named("cursor_current").unwrap_err().message.contains("a cluster took in"));
        let slip = named("mv-aply").unwrap_err();
        assert_eq!(slip.help.as_deref(), Some("did you mean `mv-apply`?"));
    }
}
