//! Query operators. Those with rich forms of their own have a struct; the parser keeps every clause's span.

use super::{ColumnDeclaration, Expr, Name, Pipeline};
use crate::diagnostic::Span;

/// An operator of a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Operator {
    /// What it is.
    pub kind: OperatorKind,
    /// The keyword as written (`limit`, `order by` ... keep their old spelling here).
    pub keyword: Span,
    /// From the keyword to the end.
    pub span: Span,
}

/// `name=value` between an operator's keyword and its operands (`kind=inner`, `hint.strategy=shuffle`), or in a `with (...)`.
/// A list (`ycolumns=a, b`) is one parameter of that name for each value, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct OperatorParameter {
    /// Full name, with dots.
    pub name: Name,
    /// A name (as [`super::ExprKind::Name`]) or literal.
    pub value: Expr,
}

/// Every query operator of KQL.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the form in a variant's doc names its fields")]
pub enum OperatorKind {
    /// `as [hint.materialized=true] name`
    As { parameters: Vec<OperatorParameter>, name: Name },
    /// `assert-schema (a:long, ...)`
    AssertSchema { columns: Vec<ColumnDeclaration> },
    /// `consume`
    Consume { parameters: Vec<OperatorParameter> },
    /// `count`, `count as Name`
    Count { name: Option<Name> },
    /// `datatable (a:long) [1, 2]`
    Datatable { columns: Vec<ColumnDeclaration>, values: Vec<Expr> },
    /// `distinct a, b` or `distinct *`
    Distinct { parameters: Vec<OperatorParameter>, columns: Vec<Expr> },
    /// `evaluate plugin(...) : (schema)`
    Evaluate { parameters: Vec<OperatorParameter>, call: Expr, schema: Option<EvaluateSchema> },
    /// `extend a = 1, b`
    Extend { columns: Vec<Expr> },
    /// `externaldata (a:string) ["uri"] with (format=csv)`
    ExternalData { columns: Vec<ColumnDeclaration>, uris: Vec<Expr>, properties: Vec<OperatorParameter> },
    /// `facet by a, b with (...)`
    Facet { columns: Vec<Name>, with: Option<Box<Pipeline>> },
    /// `find ...`
    Find(Box<Find>),
    /// `fork name=(...) (...)`
    Fork { branches: Vec<(Option<Name>, Vec<Operator>)> },
    /// `getschema`
    GetSchema,
    /// Any `graph-...` operator and `make-graph`, kept clause by clause.
    Graph(Box<Graph>),
    /// `invoke f(...)`
    Invoke { call: Expr },
    /// `join kind=inner (right) on a, $left.x == $right.y`; `lookup` likewise
    Join(Box<Join>),
    /// `macro-expand ...`
    MacroExpand { parameters: Vec<OperatorParameter>, group: Expr, alias: Name, body: Vec<super::Statement> },
    /// `make-series ...`
    MakeSeries(Box<MakeSeries>),
    /// `mv-expand` and `mv-apply`
    MvExpand(Box<MvExpand>),
    /// `parse`, `parse-where`
    Parse(Box<Parse>),
    /// `parse-kv expr as (a:long) with (...)`
    ParseKv { value: Expr, columns: Vec<ColumnDeclaration>, properties: Vec<OperatorParameter> },
    /// `partition by column (...)` or `{...}`
    Partition { parameters: Vec<OperatorParameter>, by: Expr, body: PartitionBody },
    /// `print a = 1, 2`
    Print { columns: Vec<Expr> },
    /// `project a, b = c`
    Project { columns: Vec<Expr> },
    /// `project-away a*, b`
    ProjectAway { columns: Vec<Name> },
    /// `project-keep a*, b`
    ProjectKeep { columns: Vec<Name> },
    /// `project-rename new = old`
    ProjectRename { columns: Vec<Expr> },
    /// `project-reorder a, b* asc`
    ProjectReorder { columns: Vec<(Name, Option<(ReorderOrder, Span)>)> },
    /// `project-by-names ...`
    ProjectByNames { columns: Vec<Expr> },
    /// `range x from a to b step c`
    Range { name: Name, from: Expr, to: Expr, step: Expr },
    /// `reduce by expr with ...`
    Reduce { parameters: Vec<OperatorParameter>, by: Expr, with: Vec<OperatorParameter> },
    /// `render kind with (...)`
    Render { kind: Option<Name>, properties: Vec<OperatorParameter> },
    /// `sample n`
    Sample { count: Expr },
    /// `sample-distinct n of expr`
    SampleDistinct { count: Expr, of: Expr },
    /// `scan ...`
    Scan(Box<Scan>),
    /// `search kind=... in (tables) predicate`
    Search { parameters: Vec<OperatorParameter>, tables: Vec<Expr>, predicate: Expr },
    /// `serialize a = ...`
    Serialize { columns: Vec<Expr> },
    /// `sort by`, `order by`
    Sort { parameters: Vec<OperatorParameter>, keys: Vec<SortKey> },
    /// `summarize aggregates by keys`
    Summarize(Box<Summarize>),
    /// `take n`, `limit n`
    Take { parameters: Vec<OperatorParameter>, count: Expr },
    /// `top n by key`
    Top { parameters: Vec<OperatorParameter>, count: Expr, by: SortKey },
    /// `top-hitters n of expr by expr`
    TopHitters { count: Expr, of: Expr, by: Option<Expr> },
    /// `top-nested ...`
    TopNested { levels: Vec<TopNestedLevel> },
    /// `union kind=outer withsource=X isfuzzy=true T1, T2`
    Union { parameters: Vec<OperatorParameter>, tables: Vec<Expr> },
    /// `where predicate`, `filter predicate`
    Where { parameters: Vec<OperatorParameter>, predicate: Expr },
    /// An operator that could not be read; a diagnostic says why.
    Missing,
}

/// `by` order of a `project-reorder` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReorderOrder {
    /// `asc`
    Ascending,
    /// `desc`
    Descending,
    /// `granny-asc`
    GrannyAscending,
    /// `granny-desc`
    GrannyDescending,
}

/// The schema after `evaluate plugin(...) :`.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluateSchema {
    /// `*` comes first: the input's columns too.
    pub star: bool,
    /// Declared columns.
    pub columns: Vec<ColumnDeclaration>,
    /// With its parentheses.
    pub span: Span,
}

/// `expr asc nulls first`
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// What to sort by.
    pub expr: Expr,
    /// `asc` (true) or `desc`, if written. Kusto's default is descending.
    pub ascending: Option<(bool, Span)>,
    /// `nulls first` (true) or `nulls last`, if written.
    pub nulls_first: Option<(bool, Span)>,
}

/// `find ...`
#[derive(Clone, Debug, PartialEq)]
pub struct Find {
    /// `withsource=X`, `datascope=...`
    pub parameters: Vec<OperatorParameter>,
    /// `in (T1, T2*)`; empty for all tables.
    pub tables: Vec<Expr>,
    /// `where predicate`, the `where` being optional.
    pub predicate: Expr,
    /// `project a, b:string, pack_all()`; `None` for `project-smart`.
    pub project: Option<Vec<FindColumn>>,
    /// `project-away`
    pub project_away: Vec<Name>,
}

/// A column of `find ... project`.
#[derive(Clone, Debug, PartialEq)]
pub enum FindColumn {
    /// `a` or `a:type`
    Column(Name, Option<super::TypeName>),
    /// `pack(*)` or `pack_all()`
    Pack(Span),
}

/// `join` and `lookup`
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// `lookup`, which defaults to `leftouter` and drops the right keys.
    pub lookup: bool,
    /// `kind=`, `hint.*`
    pub parameters: Vec<OperatorParameter>,
    /// The right side.
    pub right: Expr,
    /// The `on` keyword, if written.
    pub on: Option<Span>,
    /// Conditions: names, `$left.a == $right.b`, joined by commas (`and` stays inside an expression).
    pub conditions: Vec<Expr>,
}

/// `summarize`
#[derive(Clone, Debug, PartialEq)]
pub struct Summarize {
    /// `hint.*`
    pub parameters: Vec<OperatorParameter>,
    /// Before `by`.
    pub aggregates: Vec<Expr>,
    /// The `by` keyword.
    pub by: Option<Span>,
    /// After `by`.
    pub keys: Vec<Expr>,
}

/// `mv-expand` and `mv-apply`
#[derive(Clone, Debug, PartialEq)]
pub struct MvExpand {
    /// `bagexpansion=`, `kind=`, `with_itemindex=`
    pub parameters: Vec<OperatorParameter>,
    /// What is expanded.
    pub columns: Vec<MvExpandColumn>,
    /// `limit n`
    pub limit: Option<Expr>,
    /// `id=...` of `mv-apply` (undocumented) and the subquery `on (...)`; `None` for `mv-expand`.
    pub apply: Option<Vec<Operator>>,
}

/// `name = expr to typeof(type)`
#[derive(Clone, Debug, PartialEq)]
pub struct MvExpandColumn {
    /// The expression; [`super::ExprKind::Named`] when it has a name.
    pub expr: Expr,
    /// `to typeof(type)`
    pub to: Option<super::TypeName>,
}

/// `parse kind=... expr with * "a" b:long * ...`
#[derive(Clone, Debug, PartialEq)]
pub struct Parse {
    /// `parse-where`: rows that do not match are dropped.
    pub filter: bool,
    /// `kind=simple|regex|relaxed`, `flags=`
    pub parameters: Vec<OperatorParameter>,
    /// What is parsed.
    pub value: Expr,
    /// The pattern.
    pub pattern: Vec<ParseItem>,
}

/// A piece of a `parse` pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum ParseItem {
    /// `*`
    Star(Span),
    /// `"text"` (any string-valued constant)
    Text(Expr),
    /// `name` or `name:type`
    Column(Name, Option<super::TypeName>),
}

/// `make-series`
#[derive(Clone, Debug, PartialEq)]
pub struct MakeSeries {
    /// `kind=nonempty`, `hint.*`
    pub parameters: Vec<OperatorParameter>,
    /// `name = agg(x) default = 0`
    pub aggregates: Vec<(Expr, Option<Expr>)>,
    /// `on column`
    pub on: Expr,
    /// `from`
    pub from: Option<Expr>,
    /// `to`
    pub to: Option<Expr>,
    /// `step`; the `in range(a, b, c)` form fills all three.
    pub step: Option<Expr>,
    /// True for the `in range(...)` form.
    pub in_range: bool,
    /// `by`
    pub keys: Vec<Expr>,
}

/// The body of `partition`.
#[derive(Clone, Debug, PartialEq)]
pub enum PartitionBody {
    /// `( operators )`: applied to each partition.
    Operators(Vec<Operator>),
    /// `{ statements }`: a query that names its source itself.
    Query(Vec<super::Statement>),
}

/// One level of `top-nested`.
#[derive(Clone, Debug, PartialEq)]
pub struct TopNestedLevel {
    /// How many; none means all.
    pub count: Option<Expr>,
    /// What.
    pub of: Expr,
    /// `with others = "x"`
    pub others: Option<Expr>,
    /// The measure.
    pub by: SortKey,
}

/// `scan`
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// `with_match_id=`
    pub parameters: Vec<OperatorParameter>,
    /// `order by`
    pub order: Vec<SortKey>,
    /// `partition by`
    pub partition: Vec<Expr>,
    /// `declare (a:long = 0)`
    pub declare: Vec<super::Parameter>,
    /// The steps.
    pub steps: Vec<ScanStep>,
}

/// `step name optional output=last: condition => a = b;`
#[derive(Clone, Debug, PartialEq)]
pub struct ScanStep {
    /// Its name.
    pub name: Name,
    /// `optional`
    pub optional: bool,
    /// `output = all|last|none`
    pub output: Option<Name>,
    /// When a row matches.
    pub condition: Expr,
    /// What it assigns.
    pub assignments: Vec<Expr>,
}

/// `make-graph` and the `graph-...` operators.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// The operator's name, as written.
    pub operator: String,
    /// `kind=`, `cycles=`, `output=`, `with_components_id=` ...
    pub parameters: Vec<OperatorParameter>,
    /// The clauses in order: keyword and operands.
    pub clauses: Vec<GraphClause>,
}

/// A clause of a graph operator.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the form in a variant's doc names its fields")]
pub enum GraphClause {
    /// `source --> target`, or `source -- target` when not `directed`
    Edge { source: Name, target: Name, directed: bool },
    /// `with T on key`, `with_node_id = x`
    With { tables: Vec<(Expr, Option<Name>)> },
    /// `partitioned-by column (...)`
    PartitionedBy { column: Name, body: Vec<Operator> },
    /// `(a)-[e*1..5]->(b)`, several separated by commas
    Patterns(Vec<Vec<GraphPatternPart>>),
    /// `where predicate`
    Where(Expr),
    /// `project a, b`
    Project(Vec<Expr>),
    /// `nodes as N`, `edges as E`
    As { what: Name, parameters: Vec<OperatorParameter>, name: Name },
}

/// A node or an edge of a graph pattern.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "patterns are short, and most of their parts are edges")]
pub enum GraphPatternPart {
    /// `(name)`
    Node(Option<Name>),
    /// `-[name*1..3]->`, `<-[..]-`, `-[..]-`, `-->`, `--`
    Edge {
        /// Name, if any.
        name: Option<Name>,
        /// `<-`
        left: bool,
        /// `->`
        right: bool,
        /// `*min..max`
        range: Option<(Expr, Expr)>,
    },
}
