//! Table functions: the plugins that `evaluate` calls, and operators that work like them.
//!
//! In: whole tables and arguments. Out: a whole table. A record says what a function takes, which columns it yields and how;
//! the binder reads it, a backend gathers the input, runs the kernel and goes on with its rows. Nothing here knows where
//! rows come from.

mod activity;
mod call;
mod funnel;
mod geo;
mod inspect;
mod network;
mod operator;
mod pattern;
mod rolling;
mod sequence;
mod shape;

use call::joined_fields;
pub use call::{Argument, InputColumn, TableCall, TableData};
pub use operator::{PARSE_KV, REDUCE, REDUCE_SOURCE, SAMPLE, check_kv_regex};
pub use shape::PIVOT;

use crate::value::{Batch, Schema, Type};
use std::collections::HashMap;
use std::sync::LazyLock;

/// The columns that a call yields.
pub type SchemaOf = fn(&TableCall) -> Result<Schema, String>;

/// The rows of a call, for the schema that it was given: that of [`Columns`], or the one that the query declares.
pub type TableKernel = fn(&TableCall, &Schema) -> Result<Batch, String>;

/// When the columns of the result are known.
#[derive(Clone, Copy, Debug)]
pub enum Columns {
    /// When the query is bound: the call's tables have schemas and no rows yet.
    Bound(SchemaOf),
    /// Only from the rows (`bag_unpack`, `pivot`), unless the query declares them.
    FromRows(SchemaOf),
}

/// What a parameter of a table function takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// A column of the input, by its name, of one of these types (none listed: of any).
    Column(&'static [Type]),
    /// An expression over the input's rows, of one of these types (none listed: of any); it becomes a column.
    Expression(&'static [Type]),
    /// A constant, of one of these types; a whole number fits `real`, an `int` fits `long`.
    Constant(&'static [Type]),
    /// A column name of the input, or a constant of one of these types: told apart by what is written.
    ColumnOrConstant(&'static [Type]),
    /// A table.
    Table,
    /// A column of the table given just before, by its name.
    ColumnOfTable(&'static [Type]),
}

/// A parameter of a table function.
#[derive(Clone, Copy, Debug)]
pub struct TableParameter {
    /// Its documented name.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// May be left out.
    pub optional: bool,
    /// May be given again and again.
    pub repeats: bool,
    /// A column's parameter: where this one may be left out, only a constant of that column's type is for it.
    pub like: Option<&'static str>,
}

impl TableParameter {
    /// A required parameter.
    pub const fn new(name: &'static str, takes: Takes) -> Self {
        TableParameter { name, takes, optional: false, repeats: false, like: None }
    }

    /// May be left out.
    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Of the type of the column given to another parameter.
    pub const fn like(mut self, column: &'static str) -> Self {
        self.like = Some(column);
        self
    }

    /// May be given any number of times, none included.
    pub const fn repeats(mut self) -> Self {
        self.optional = true;
        self.repeats = true;
        self
    }
}

/// A table function.
#[derive(Debug)]
pub struct TableFunction {
    /// Name, as Kusto spells it.
    pub name: &'static str,
    /// Takes the rows before `| evaluate`; without, it stands at the head of a query.
    pub piped: bool,
    /// Parameters in order. Arguments are placed greedily: one that does not fit an optional parameter goes to the next.
    pub parameters: &'static [TableParameter],
    /// The columns of the result.
    pub columns: Columns,
    /// The rows of the result.
    pub kernel: TableKernel,
    /// Further results of the same call, each with columns and rows of its own. Nothing can follow such a call.
    pub also: &'static [TableFunction],
    /// One line.
    pub summary: &'static str,
    /// Remarks on nulls, limits, and where results may differ from Kusto's.
    pub remarks: &'static str,
    /// Queries and the queries that give the same rows in any order. Both run as tests and stand in the reference.
    pub examples: &'static [super::Example],
}

impl TableFunction {
    /// A function over piped rows.
    pub const fn new(
        name: &'static str,
        parameters: &'static [TableParameter],
        columns: Columns,
        kernel: TableKernel,
        summary: &'static str,
    ) -> Self {
        TableFunction { name, piped: true, parameters, columns, kernel, also: &[], summary, remarks: "", examples: &[] }
    }

    /// Has further results.
    pub const fn also(mut self, also: &'static [TableFunction]) -> Self {
        self.also = also;
        self
    }

    /// Stands at the head of a query.
    pub const fn head(mut self) -> Self {
        self.piped = false;
        self
    }

    /// Remarks.
    pub const fn remarks(mut self, remarks: &'static str) -> Self {
        self.remarks = remarks;
        self
    }

    /// Examples.
    pub const fn examples(mut self, examples: &'static [super::Example]) -> Self {
        self.examples = examples;
        self
    }
}

/// Plugins by folder and family: all that `evaluate` may call.
pub static FAMILIES: &[&[&[TableFunction]]] = &[
    &[shape::FUNCTIONS, network::FUNCTIONS, geo::FUNCTIONS, inspect::FUNCTIONS],
    &[rolling::FUNCTIONS, sequence::FUNCTIONS, funnel::FUNCTIONS],
    &activity::FAMILIES,
    &pattern::FAMILIES,
];

/// Every plugin's record.
pub fn plugins() -> impl Iterator<Item = &'static TableFunction> {
    FAMILIES.iter().copied().flatten().copied().flatten().chain([&PIVOT])
}

static PLUGINS: LazyLock<HashMap<&'static str, &'static TableFunction>> =
    LazyLock::new(|| plugins().map(|f| (f.name, f)).collect());

/// The plugin of that name.
pub fn plugin(name: &str) -> Option<&'static TableFunction> {
    PLUGINS.get(name).copied()
}

/// The names of all plugins, sorted.
pub fn plugin_names() -> Vec<&'static str> {
    let mut names: Vec<_> = PLUGINS.keys().copied().collect();
    names.sort_unstable();
    names
}

/// Why a plugin of Kusto's cannot run on a machine of one's own.
pub fn never_offline(name: &str) -> Option<&'static str> {
    Some(match name {
        "python" => "it runs Python code in Kusto's sandbox",
        "r" => "it runs R code in Kusto's sandbox",
        "sql_request" | "mysql_request" | "postgresql_request" => "it asks a database server",
        "cosmosdb_sql_request" => "it asks Cosmos DB",
        "http_request" | "http_request_post" => "it sends requests to a server",
        "csharp" => "it runs C# code in Kusto's sandbox",
        "execute_show_command" | "execute_query" => "it asks another cluster",
        "external_datatable" => "its rows come from the client that sends the query",
        "infer_storage_schema" | "infer_storage_schema_with_suggestions" => {
            "it reads files of a storage account; `--table NAME=PATH` reads local ones"
        }
        "azure_digital_twins_query_request" => "it asks Azure Digital Twins",
        "ai_embeddings" | "ai_embed_text" | "ai_chat_completion" | "ai_chat_completion_prompt" => {
            "it asks a language model in Azure"
        }
        "graph_snapshot" => "it reads graphs that a cluster keeps",
        _ => return None,
    })
}
