//! Tables of the plan.

use super::{Aggregate, ColumnName, Expr, Graph, Sequence};
use crate::catalog::{ExternalData, Table};
use crate::diagnostic::Span;
use crate::library::table::{Argument, TableFunction};
use crate::value::{Batch, Schema, Type};
use std::sync::Arc;

/// A table inside an expression.
pub type Tabular = Box<Relation>;

/// Number of a shared relation (`materialize`, `as`): equal numbers are computed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SharedId(pub u32);

/// A bound table: an operation, the schema it yields, and where it was written.
#[derive(Clone, Debug)]
pub struct Relation {
    /// The operation.
    pub kind: RelationKind,
    /// Names and types of the columns it yields, in order.
    pub schema: Arc<Schema>,
    /// Where.
    pub span: Span,
}

/// Time bounds that a scan may use to leave out files and row groups. They never decide a row: the filter above does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ScanBounds {
    /// First tick of interest, included.
    pub from: Option<i64>,
    /// Last tick of interest, included.
    pub to: Option<i64>,
}

/// The operations.
#[derive(Clone, Debug)]
pub enum RelationKind {
    /// A table of the catalog. The schema is a subset of the table's, in the table's order, once `pushdown` ran.
    Scan {
        /// Which.
        table: Arc<Table>,
        /// Bounds on the table's time column.
        bounds: ScanBounds,
    },
    /// Constant rows (`datatable`; `print` projects over one row without columns).
    Values(Arc<Batch>),
    /// `externaldata`: the rows of files and addresses. The schema is the declared one, always whole.
    External(Arc<ExternalData>),
    /// `range`: one column from `from` to `to`, both included. All three have the column's type, `step` apart: for
    /// datetimes it is a timespan. Constant expressions (toscalar included).
    Range {
        /// First value.
        from: Expr,
        /// Bound.
        to: Expr,
        /// Distance; never zero.
        step: Expr,
    },
    /// Rows for which the predicate is true (null is not).
    Filter {
        /// Input.
        input: Tabular,
        /// A bool.
        predicate: Expr,
    },
    /// Exactly these columns.
    Project {
        /// Input.
        input: Tabular,
        /// Names and values.
        columns: Vec<(ColumnName, Expr)>,
    },
    /// All columns of the input; those of the same name are replaced in place, new ones come last.
    Extend {
        /// Input.
        input: Tabular,
        /// Names and values; none reads another one of the list.
        columns: Vec<(ColumnName, Expr)>,
    },
    /// A row for each group. Without keys one row in all, even over no rows; with keys, no row over no rows. Without
    /// aggregates it is `distinct`. Null keys make a group.
    Summarize {
        /// Input.
        input: Tabular,
        /// Group keys.
        keys: Vec<(ColumnName, Expr)>,
        /// Aggregations; an aggregate's further columns follow it.
        aggregates: Vec<Aggregate>,
    },
    /// The first row met for each value of the keys (`join kind=innerunique` does this to its left side).
    DistinctOn {
        /// Input.
        input: Tabular,
        /// Keys.
        keys: Vec<Expr>,
    },
    /// Sorted, stable.
    Sort {
        /// Input.
        input: Tabular,
        /// Keys, the first one leading.
        keys: Vec<SortKey>,
    },
    /// The first rows.
    Take {
        /// Input.
        input: Tabular,
        /// How many: a constant long.
        count: Expr,
    },
    /// All rows of all inputs. Every input has exactly this schema: the binder projects them.
    Union {
        /// Inputs.
        inputs: Vec<Relation>,
    },
    /// Rows of two tables that have equal keys. The schema is the left columns followed by `right_columns`; semi and anti
    /// joins yield one side only. Null keys match each other, as the engine's do.
    Join {
        /// Left side.
        left: Tabular,
        /// Right side.
        right: Tabular,
        /// Kind.
        kind: JoinKind,
        /// Pairs of keys, over the left and the right side, of equal types. Empty: every pair of rows.
        keys: Vec<(Expr, Expr)>,
        /// Columns of the right side that are kept, and their names in the result.
        right_columns: Vec<(ColumnName, ColumnName)>,
    },
    /// A row for each element of the dynamic columns, in parallel: the longest decides, shorter ones give null. Arrays give
    /// their elements, bags one-property bags (or `[key, value]` pairs), other values themselves, null one row of null; an
    /// empty array or bag has no element.
    MvExpand {
        /// Input.
        input: Tabular,
        /// What is expanded.
        columns: Vec<MvColumn>,
        /// A `long` column counting from 0.
        item_index: Option<ColumnName>,
        /// `bagexpansion=array`: properties become `[key, value]`.
        bag_as_array: bool,
        /// At most so many rows for each input row; `None` for Kusto's own limit.
        limit: Option<i64>,
    },
    /// `parse`: reads columns out of a text by a pattern.
    Parse {
        /// Input.
        input: Tabular,
        /// The text.
        value: Expr,
        /// The pattern.
        pattern: Vec<ParsePart>,
        /// `kind=regex` (texts are regexes) and its flags (`i`, `m`, `s`, `U`).
        regex: Option<String>,
        /// `kind=relaxed`: a text that does not convert gives null in its column, not in all.
        relaxed: bool,
        /// `parse-where`: only rows that match.
        filter: bool,
    },
    /// A row number within the order of the input, for window functions. `name` is a `long` counting from `first`.
    RowNumber {
        /// Input.
        input: Tabular,
        /// Result column, put last.
        name: ColumnName,
    },
    /// Values of neighbouring rows, in the order of the input; the result's columns come last. Requires order.
    Window {
        /// Input.
        input: Tabular,
        /// What is computed; none reads another one of the list.
        columns: Vec<WindowColumn>,
    },
    /// Arrays along an axis, a row for each group (`make-series`). The input has a row for each group and point, with the
    /// points in the column `axis`; the result has the same columns, those of `values` and `axis` as arrays. Points without
    /// a row have the default.
    Series {
        /// Input.
        input: Tabular,
        /// Columns of the groups.
        keys: Vec<ColumnName>,
        /// Columns that become arrays, and what stands where there is no row: constants.
        values: Vec<(ColumnName, Expr)>,
        /// The column of the points: number, datetime or timespan.
        axis: ColumnName,
        /// First point; `None` for the first one of each group.
        from: Option<Expr>,
        /// End, itself no point unless `to_included`; `None` for the last point of each group, included.
        to: Option<Expr>,
        /// Distance of the points.
        step: Expr,
        /// The end is a point too.
        to_included: bool,
        /// A row of defaults when there is no group (and no key).
        nonempty: bool,
    },
    /// A table function of the library over whole tables. The schema is what it yields, or what the query declares.
    Apply {
        /// Which.
        function: &'static TableFunction,
        /// The tables that its arguments speak of; the piped one is the first.
        inputs: Vec<Relation>,
        /// How many columns of the first input are the user's; those behind were computed for arguments.
        own_columns: usize,
        /// Parameters and arguments, as the call lists them.
        arguments: Vec<(&'static str, Argument)>,
    },
    /// `scan`: rows in order go through the steps of a sequence. The result's columns are the input's, the declared ones
    /// and the match's number.
    Sequence {
        /// Input.
        input: Tabular,
        /// The steps.
        sequence: Box<Sequence>,
    },
    /// Rows of a graph: its nodes, its edges, or matches of a pattern.
    Graph {
        /// The edges, then the tables of nodes.
        inputs: Vec<Relation>,
        /// The graph and what becomes of it.
        graph: Box<Graph>,
    },
    /// Computed once however often it stands in the plan.
    Shared {
        /// Which.
        id: SharedId,
        /// The table.
        input: Tabular,
    },
}

/// A key of a sort.
#[derive(Clone, Debug)]
pub struct SortKey {
    /// What to sort by.
    pub expr: Expr,
    /// Largest first.
    pub descending: bool,
    /// Where nulls go.
    pub nulls_first: bool,
}

/// Join kinds once `innerunique` is spelled out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// Pairs.
    Inner,
    /// Pairs, and left rows without one.
    LeftOuter,
    /// Pairs, and right rows without one.
    RightOuter,
    /// Pairs, and rows of either side without one.
    FullOuter,
    /// Left rows that have a pair.
    LeftSemi,
    /// Left rows that have none.
    LeftAnti,
    /// Right rows that have a pair.
    RightSemi,
    /// Right rows that have none.
    RightAnti,
}

/// A column that `mv-expand` makes.
#[derive(Clone, Debug)]
pub struct MvColumn {
    /// Its name; replaces a column of that name, or comes last.
    pub name: ColumnName,
    /// The dynamic value.
    pub value: Expr,
    /// Its type: `dynamic`, or what `to typeof()` says.
    pub ty: Type,
}

/// A column that a window function makes.
#[derive(Clone, Debug)]
pub struct WindowColumn {
    /// Its name.
    pub name: ColumnName,
    /// What it holds.
    pub function: WindowFunction,
    /// Its type.
    pub ty: Type,
    /// Where.
    pub span: Span,
}

/// Functions of a row's place among its neighbours. `restart` is a bool: where it is true, counting begins anew with that
/// row.
#[derive(Clone, Debug)]
pub enum WindowFunction {
    /// `row_number(first, restart)`
    RowNumber {
        /// Number of the first row.
        first: i64,
        /// Where it begins anew.
        restart: Option<Expr>,
    },
    /// `prev(value, offset, default)`, `next(...)`: the value so many rows before (or behind, when negative).
    Shift {
        /// The value.
        value: Expr,
        /// How many rows back.
        offset: i64,
        /// The value where there is no such row, of the column's type and evaluated on the row itself; missing when `None`.
        default: Option<Expr>,
    },
    /// `row_cumsum(value, restart)`: the sum up to this row. Nulls count as nothing.
    CumulativeSum {
        /// The value.
        value: Expr,
        /// Where it begins anew.
        restart: Option<Expr>,
    },
    /// `row_rank_dense(value, restart)`: how many different values came so far, by change from row to row, from 1.
    RankDense {
        /// The value.
        value: Expr,
        /// Where it begins anew.
        restart: Option<Expr>,
    },
    /// `row_rank_min(value, restart)`: the row number, from 1, of the first row of those with the same value in a row.
    RankMin {
        /// The value.
        value: Expr,
        /// Where it begins anew.
        restart: Option<Expr>,
    },
    /// `row_window_session(time, from_first, between, restart)`: the time of the first row of the session. A session ends
    /// where a row comes later than `from_first` after its first or `between` after its last row.
    Session {
        /// The time.
        time: Expr,
        /// Longest distance from the first row.
        from_first: i64,
        /// Longest distance between neighbours.
        between: i64,
        /// Where it begins anew.
        restart: Option<Expr>,
    },
}

impl WindowFunction {
    /// Its expressions.
    pub fn expressions(&self) -> Vec<&Expr> {
        match self {
            WindowFunction::RowNumber { restart, .. } => restart.iter().collect(),
            WindowFunction::Shift { value, default, .. } => std::iter::once(value).chain(default).collect(),
            WindowFunction::CumulativeSum { value, restart }
            | WindowFunction::RankDense { value, restart }
            | WindowFunction::RankMin { value, restart }
            | WindowFunction::Session { time: value, restart, .. } => std::iter::once(value).chain(restart).collect(),
        }
    }

    /// Its expressions, to change.
    pub fn expressions_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            WindowFunction::RowNumber { restart, .. } => restart.iter_mut().collect(),
            WindowFunction::Shift { value, default, .. } => std::iter::once(value).chain(default).collect(),
            WindowFunction::CumulativeSum { value, restart }
            | WindowFunction::RankDense { value, restart }
            | WindowFunction::RankMin { value, restart }
            | WindowFunction::Session { time: value, restart, .. } => std::iter::once(value).chain(restart).collect(),
        }
    }

    /// Kusto's name of it.
    pub const fn name(&self) -> &'static str {
        match self {
            WindowFunction::RowNumber { .. } => "row_number",
            WindowFunction::Shift { offset, .. } => {
                if *offset < 0 {
                    "next"
                } else {
                    "prev"
                }
            }
            WindowFunction::CumulativeSum { .. } => "row_cumsum",
            WindowFunction::RankDense { .. } => "row_rank_dense",
            WindowFunction::RankMin { .. } => "row_rank_min",
            WindowFunction::Session { .. } => "row_window_session",
        }
    }
}

/// A piece of a `parse` pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum ParsePart {
    /// `*`: any text, as short as possible.
    Skip,
    /// The text itself (a regex under `kind=regex`).
    Text(String),
    /// A column that takes the text up to the next piece, converted to its type.
    Column(ColumnName, Type),
}

impl Relation {
    /// A relation.
    pub fn new(kind: RelationKind, schema: Schema, span: Span) -> Relation {
        Relation { kind, schema: Arc::new(schema), span }
    }

    /// The tables that this one reads directly (those inside expressions apart).
    pub fn inputs(&self) -> Vec<&Relation> {
        use RelationKind as K;
        match &self.kind {
            K::Scan { .. } | K::Values(_) | K::External(_) | K::Range { .. } => vec![],
            K::Filter { input, .. }
            | K::Project { input, .. }
            | K::Extend { input, .. }
            | K::Summarize { input, .. }
            | K::DistinctOn { input, .. }
            | K::Sort { input, .. }
            | K::Take { input, .. }
            | K::MvExpand { input, .. }
            | K::Parse { input, .. }
            | K::RowNumber { input, .. }
            | K::Window { input, .. }
            | K::Series { input, .. }
            | K::Sequence { input, .. }
            | K::Shared { input, .. } => vec![input],
            K::Union { inputs } | K::Apply { inputs, .. } | K::Graph { inputs, .. } => inputs.iter().collect(),
            K::Join { left, right, .. } => vec![left, right],
        }
    }
}
