//! The plan as text, one operation a line, inputs indented below.

use super::graph::{Direction, GraphOutput, GraphStep, PatternEdge};
use super::{Expr, ExprKind, Graph, PathStep, Relation, RelationKind};
use crate::library::table::Argument;
use crate::value::{Type, Value, datetime, format_guid, timespan};
use std::fmt::Write;

/// A relation as an indented tree.
pub fn explain(relation: &Relation) -> String {
    let mut out = String::new();
    write_relation(&mut out, relation, 0);
    out
}

fn write_relation(out: &mut String, relation: &Relation, depth: usize) {
    let _ = writeln!(out, "{}{}", "  ".repeat(depth), headline(relation));
    for input in relation.inputs() {
        write_relation(out, input, depth + 1);
    }
}

fn assignments(columns: &[(super::ColumnName, Expr)]) -> String {
    let shown = columns.iter().map(|(name, expr)| match &expr.kind {
        ExprKind::Column(same) if same == name => name.to_string(),
        _ => format!("{name} = {}", expr_text(expr)),
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn headline(relation: &Relation) -> String {
    use RelationKind as K;
    match &relation.kind {
        K::Scan { table, bounds } => {
            let columns: Vec<&str> = relation.schema.names().collect();
            let bound = |t: Option<i64>| t.map_or("..".to_owned(), datetime::format);
            let time = if bounds.from.is_some() || bounds.to.is_some() {
                format!(" time {} to {}", bound(bounds.from), bound(bounds.to))
            } else {
                String::new()
            };
            format!("scan {} [{}]{time}", table.name, columns.join(", "))
        }
        K::Values(batch) => {
            format!("values {} rows ({})", batch.rows, relation.schema.names().collect::<Vec<_>>().join(", "))
        }
        K::External(data) => {
            let artifacts: Vec<String> =
                data.artifacts.iter().map(|a| format!("{} as {}", a.address, a.format.name())).collect();
            let first = if data.ignore_first_record { " without the first record" } else { "" };
            let columns = relation.schema.names().collect::<Vec<_>>().join(", ");
            format!("external [{}]{first} ({columns})", artifacts.join(", "))
        }
        K::Range { from, to, step } => {
            format!("range from {} to {} step {}", expr_text(from), expr_text(to), expr_text(step))
        }
        K::Filter { predicate, .. } => format!("filter {}", expr_text(predicate)),
        K::Project { columns, .. } => format!("project {}", assignments(columns)),
        K::Extend { columns, .. } => format!("extend {}", assignments(columns)),
        K::Summarize { keys, aggregates, .. } => {
            let shown: Vec<String> = aggregates
                .iter()
                .map(|a| {
                    let arguments: Vec<String> = a.arguments.iter().map(expr_text).collect();
                    let more: String = a.more.iter().map(|(n, _)| format!(", {n}")).collect();
                    format!("{}{more} = {}({})", a.name, a.function.name, arguments.join(", "))
                })
                .collect();
            format!("summarize {} by {}", shown.join(", "), assignments(keys))
        }
        K::DistinctOn { keys, .. } => {
            format!("distinct on {}", keys.iter().map(expr_text).collect::<Vec<_>>().join(", "))
        }
        K::Sort { keys, .. } => {
            let shown = keys.iter().map(|k| {
                let order = if k.descending { "desc" } else { "asc" };
                let nulls = if k.nulls_first { "first" } else { "last" };
                format!("{} {order} nulls {nulls}", expr_text(&k.expr))
            });
            format!("sort {}", shown.collect::<Vec<_>>().join(", "))
        }
        K::Take { count, .. } => format!("take {}", expr_text(count)),
        K::Union { inputs } => format!("union of {}", inputs.len()),
        K::Join { kind, keys, right_columns, .. } => {
            let on: Vec<String> = keys.iter().map(|(l, r)| format!("{} == {}", expr_text(l), expr_text(r))).collect();
            let kept: Vec<String> = right_columns
                .iter()
                .map(|(from, to)| if from == to { to.to_string() } else { format!("{to} = {from}") })
                .collect();
            format!("join {kind:?} on {} right [{}]", on.join(", "), kept.join(", "))
        }
        K::MvExpand { columns, .. } => {
            let shown: Vec<String> =
                columns.iter().map(|c| format!("{} = {} to {}", c.name, expr_text(&c.value), c.ty)).collect();
            format!("mv-expand {}", shown.join(", "))
        }
        K::Parse { value, pattern, filter, .. } => {
            format!("parse {} with {pattern:?}{}", expr_text(value), if *filter { " filter" } else { "" })
        }
        K::RowNumber { name, .. } => format!("row number {name}"),
        K::Window { columns, .. } => {
            let shown = columns.iter().map(|c| {
                let arguments: Vec<String> = c.function.expressions().into_iter().map(expr_text).collect();
                format!("{} = {}({})", c.name, c.function.name(), arguments.join(", "))
            });
            format!("window {}", shown.collect::<Vec<_>>().join(", "))
        }
        K::Series { keys, values, axis, from, to, step, .. } => {
            let bound = |e: &Option<Expr>| e.as_ref().map_or("..".to_owned(), expr_text);
            let values: Vec<&str> = values.iter().map(|(name, _)| &**name).collect();
            let (from, to, step) = (bound(from), bound(to), expr_text(step));
            format!("series {} on {axis} from {from} to {to} step {step} by {}", values.join(", "), keys.join(", "))
        }
        K::Sequence { sequence, .. } => {
            let shown = sequence.steps.iter().map(|step| {
                let assigned = if step.assignments.is_empty() {
                    String::new()
                } else {
                    format!(" => {}", assignments(&step.assignments))
                };
                let optional = if step.optional { " optional" } else { "" };
                format!("{}{optional} {:?}: {}{assigned}", step.name, step.output, expr_text(&step.condition))
            });
            format!("sequence {}", shown.collect::<Vec<_>>().join("; "))
        }
        K::Graph { graph, .. } => graph_text(graph),
        K::Apply { function, arguments, .. } => {
            let shown = arguments.iter().map(|(parameter, argument)| match argument {
                Argument::Column { name, .. } => format!("{parameter}: {name}"),
                Argument::Constant(value) => {
                    format!("{parameter}: {}", literal_text(value, value.type_of().unwrap_or(Type::Dynamic)))
                }
                Argument::Table(place) => format!("{parameter}: table {place}"),
            });
            format!("apply {}({})", function.name, shown.collect::<Vec<_>>().join(", "))
        }
        K::Shared { id, .. } => format!("shared {}", id.0),
    }
}

fn graph_text(graph: &Graph) -> String {
    let mut out = format!("graph {} -> {}", graph.source, graph.target);
    for step in &graph.steps {
        let _ = match step {
            GraphStep::MarkComponents { strong, name } => {
                write!(out, ", {name} = {} components", if *strong { "strong" } else { "weak" })
            }
            GraphStep::WhereNodes(e) => write!(out, ", nodes where {}", expr_text(e)),
            GraphStep::WhereEdges(e) => write!(out, ", edges where {}", expr_text(e)),
        };
    }
    let _ = match &graph.output {
        GraphOutput::Nodes { .. } => write!(out, " to nodes"),
        GraphOutput::Edges { .. } => write!(out, " to edges"),
        GraphOutput::Match(pattern) => {
            let edges: Vec<String> = pattern.edges.iter().map(|e| edge_text(&pattern.nodes, e)).collect();
            let conditions: Vec<String> = pattern.conditions.iter().map(expr_text).collect();
            let what = if pattern.shortest.is_some() { "shortest paths" } else { "match" };
            let (edges, conditions) = (edges.join(", "), conditions.join(" and "));
            let _ = write!(out, " to {what} {edges} where {conditions}");
            pattern.paths.iter().try_for_each(|p| write!(out, ", {} = {:?} {}", p.name, p.kind, expr_text(&p.expr)))
        }
    };
    out
}

fn edge_text(nodes: &[super::ColumnName], edge: &PatternEdge) -> String {
    let node = |at: usize| nodes.get(at).map_or("", |n| n);
    let (left, right) = match edge.direction {
        Direction::Right => ("-", "->"),
        Direction::Left => ("<-", "-"),
        Direction::Any => ("-", "-"),
    };
    let range = edge.range.map_or(String::new(), |(low, high)| format!("*{low}..{high}"));
    format!("({}){left}[{}{range}]{right}({})", node(edge.left), edge.name, node(edge.right))
}

/// An expression as text, close to KQL. Expressions are equal where their texts and types are.
pub(crate) fn expr_text(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Literal(value) => literal_text(value, expr.ty),
        ExprKind::Column(name) if is_plain(name) => name.to_string(),
        ExprKind::Column(name) => format!("[{:?}]", &**name),
        ExprKind::Call { function, arguments } => {
            let shown: Vec<String> = arguments.iter().map(expr_text).collect();
            format!("{}({})", function.name, shown.join(", "))
        }
        ExprKind::Lookup { source, arguments } => {
            let shown: Vec<String> = arguments.iter().map(expr_text).collect();
            format!("{}({})", source.name(), shown.join(", "))
        }
        ExprKind::Path { base, steps } => {
            let mut out = expr_text(base);
            for step in steps {
                let _ = match step {
                    PathStep::Key(key) if is_plain(key) => write!(out, ".{key}"),
                    PathStep::Key(key) => write!(out, "[{key:?}]"),
                    PathStep::Index(index) => write!(out, "[{index}]"),
                    PathStep::Computed(inner) => write!(out, "[{}]", expr_text(inner)),
                };
            }
            out
        }
        ExprKind::Scalar(table) => format!("toscalar({})", one_line(table)),
        ExprKind::InTable { value, table, case_sensitive, negated } => {
            let op = format!("{}in{}", if *negated { "!" } else { "" }, if *case_sensitive { "" } else { "~" });
            format!("{} {op} ({})", expr_text(value), one_line(table))
        }
        ExprKind::ArrayOf(table) => format!("array_of({})", one_line(table)),
    }
}

/// Whether a name stands for itself: it looks like no constant, no call and no path.
fn is_plain(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_' || c.is_control());
    let goes_on = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c.is_control());
    starts && goes_on && !matches!(name, "true" | "false")
}

fn one_line(relation: &Relation) -> String {
    explain(relation).lines().map(str::trim).collect::<Vec<_>>().join(" <- ")
}

/// A constant as text.
fn literal_text(value: &Value, ty: Type) -> String {
    match value {
        Value::Null => format!("{ty}(null)"),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => format!("int({n})"),
        Value::Long(n) => n.to_string(),
        Value::Real(x) => format!("{x:?}"),
        Value::Decimal(d) => format!("decimal({d})"),
        Value::Datetime(t) => format!("datetime({})", datetime::format(*t)),
        Value::Timespan(t) => format!("timespan({})", timespan::format(*t)),
        Value::Guid(g) => format!("guid({})", format_guid(*g)),
        Value::String(s) => format!("{s:?}"),
        Value::Dynamic(json) => format!("dynamic({json})"),
    }
}
