//! Hints for scans: only the columns that the query reads, and bounds on the time column that its filters imply.
//!
//! Rows stay what they are: a scan's schema shrinks to what is read above it, and bounds only let a backend skip files, the
//! filter itself stays.

use super::graph::{Graph, GraphOutput};
use super::rewrite::{Part, Rewrite, tables_in};
use super::{
    ColumnName, Expr, ExprKind, JoinKind, ParsePart, Plan, Relation, RelationKind, ScanBounds, SharedId,
    split_part_column,
};
use crate::library::Native;
use crate::value::{Field, Schema, Type, Value};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Gives every scan its columns and bounds.
pub fn pushdown(mut plan: Plan) -> Plan {
    let all = names(&plan.root);
    // tables that are computed once must come out the same wherever they stand: first learn what all places read
    let mut survey = Narrowing { shared: HashMap::new(), surveying: true };
    survey.narrow(&mut plan.root.clone(), &all);
    Narrowing { surveying: false, ..survey }.narrow(&mut plan.root, &all);
    Bounds.plan(plan)
}

/// A relation of which only one column is read.
pub fn narrowed(relation: &Relation, column: &ColumnName) -> Relation {
    let mut narrow = relation.clone();
    Narrowing { shared: HashMap::new(), surveying: true }.narrow(&mut narrow, &Names::from([column.clone()]));
    narrow
}

type Names = HashSet<ColumnName>;

fn names(relation: &Relation) -> Names {
    names_of(&relation.schema)
}

fn names_of(schema: &Schema) -> Names {
    schema.fields().iter().map(|f| f.name.clone()).collect()
}

/// Adds the columns that an expression reads.
fn read(expr: &Expr, into: &mut Names) {
    expr.visit(&mut |e| {
        if let ExprKind::Column(name) = &e.kind {
            into.insert(name.clone());
        }
    });
}

/// Narrows scans to what is read above them.
struct Narrowing {
    /// What is read of each shared table, over all its places.
    shared: HashMap<SharedId, Names>,
    /// Still learning that.
    surveying: bool,
}

impl Narrowing {
    /// Narrows the scans below to the columns that are read. Only nodes that pass their input's columns on are narrowed
    /// themselves; the schema of a node that is read whole stays.
    fn narrow(&mut self, relation: &mut Relation, needed: &Names) {
        use RelationKind as K;
        self.narrow_inside(relation);
        match &mut relation.kind {
            K::Scan { .. } => relation.schema = kept(&relation.schema, needed),
            K::Values(_) | K::External(_) | K::Range { .. } => {}
            K::Filter { input, predicate } => {
                let mut below = needed.clone();
                read(predicate, &mut below);
                self.narrow(input, &below);
                // What only the condition reads ends here.
                relation.schema = kept(&input.schema, needed);
            }
            K::Sort { input, keys } => {
                let mut below = needed.clone();
                keys.iter().for_each(|k| read(&k.expr, &mut below));
                self.narrow(input, &below);
                relation.schema = input.schema.clone();
            }
            K::DistinctOn { input, keys } => {
                let mut below = needed.clone();
                keys.iter().for_each(|k| read(k, &mut below));
                self.narrow(input, &below);
                relation.schema = input.schema.clone();
            }
            K::Take { input, .. } => {
                self.narrow(input, needed);
                relation.schema = input.schema.clone();
            }
            K::Series { input, .. } => {
                let all = names(input);
                self.narrow(input, &all);
            }
            K::Graph { inputs, graph } => {
                let read = graph_reads(graph);
                if let Some(read) = &read {
                    let left = graph.nodes.fields().iter().filter(|f| read.contains(&f.name)).cloned();
                    graph.nodes = Arc::new(Schema::new(left));
                }
                for input in inputs {
                    let below = read.clone().unwrap_or_else(|| names(input));
                    self.narrow(input, &below);
                }
            }
            K::Apply { inputs, .. } => {
                for input in inputs {
                    let all = names(input);
                    self.narrow(input, &all);
                }
            }
            K::Shared { id, input } => {
                if self.surveying {
                    self.shared.entry(*id).or_default().extend(needed.iter().cloned());
                }
                let below =
                    if self.surveying { needed.clone() } else { self.shared.get(id).cloned().unwrap_or_default() };
                self.narrow(input, &below);
                relation.schema = input.schema.clone();
            }
            K::Project { input, columns } => {
                relation.schema = kept(&relation.schema, needed);
                columns.retain(|(name, _)| relation.schema.field(name).is_some());
                let mut below = Names::new();
                columns.iter().for_each(|(_, e)| read(e, &mut below));
                self.narrow(input, &below);
            }
            K::Extend { input, columns } => {
                columns.retain(|(name, _)| needed.contains(name));
                let mut below: Names =
                    needed.iter().filter(|n| !columns.iter().any(|(c, _)| c == *n)).cloned().collect();
                columns.iter().for_each(|(_, e)| read(e, &mut below));
                self.narrow(input, &below);
                relation.schema = extended(input, columns);
            }
            K::Summarize { input, keys, aggregates } => {
                let mut below = Names::new();
                keys.iter().for_each(|(_, e)| read(e, &mut below));
                aggregates.iter().flat_map(|a| &a.arguments).for_each(|e| read(e, &mut below));
                self.narrow(input, &below);
            }
            K::Union { inputs } => {
                // every input has exactly this schema
                let wanted = kept(&relation.schema, needed);
                let below = names_of(&wanted);
                for input in inputs.iter_mut() {
                    self.narrow(input, &below);
                    exactly(input, &wanted);
                }
                relation.schema = wanted;
            }
            K::Join { left, right, keys, right_columns, kind } => {
                keep_needed(right_columns, needed);
                let mut below = needed.clone();
                keys.iter().for_each(|(l, _)| read(l, &mut below));
                self.narrow(left, &below);
                let mut below: Names = right_columns.iter().map(|(from, _)| from.clone()).collect();
                keys.iter().for_each(|(_, r)| read(r, &mut below));
                self.narrow(right, &below);
                relation.schema = joined(&relation.schema, left, right_columns, *kind);
            }
            K::MvExpand { input, columns, item_index, .. } => {
                // an unread column still decides how many rows there are
                let mut below: Names = needed.clone();
                let mut made: Names = item_index.iter().cloned().collect();
                for column in columns.iter() {
                    read(&column.value, &mut below);
                    below.insert(column.name.clone());
                    made.insert(column.name.clone());
                }
                self.narrow(input, &below);
                relation.schema = beside(&relation.schema, input, &made);
            }
            K::Parse { input, value, pattern, .. } => {
                let mut below = needed.clone();
                read(value, &mut below);
                let made = pattern.iter().filter_map(|part| match part {
                    ParsePart::Column(name, _) => Some(name.clone()),
                    _ => None,
                });
                let made: Names = made.collect();
                below.extend(made.iter().cloned());
                self.narrow(input, &below);
                relation.schema = beside(&relation.schema, input, &made);
            }
            K::Window { input, columns } => {
                let mut below = needed.clone();
                columns.iter().flat_map(|c| c.function.expressions()).for_each(|e| read(e, &mut below));
                let made: Names = columns.iter().map(|c| c.name.clone()).collect();
                self.narrow(input, &below);
                relation.schema = beside(&relation.schema, input, &made);
            }
            K::Sequence { input, sequence } => {
                let made: Names =
                    sequence.declared.iter().map(|(name, _)| name).chain(&sequence.match_id).cloned().collect();
                let mut below: Names = needed.iter().filter(|n| !made.contains(*n)).cloned().collect();
                sequence.expressions().for_each(|e| read(e, &mut below));
                for step in &sequence.steps {
                    let parts: Vec<ColumnName> =
                        below.iter().filter_map(|n| split_part_column(n, &step.name)).map(ColumnName::from).collect();
                    below.extend(parts);
                    below.extend(step.assignments.iter().map(|(name, _)| name.clone()));
                }
                self.narrow(input, &below);
                relation.schema = beside(&relation.schema, input, &made);
            }
            K::RowNumber { input, name } => {
                let below: Names = needed.iter().filter(|n| *n != name).cloned().collect();
                self.narrow(input, &below);
                let number = relation.schema.field(name).cloned();
                relation.schema = Arc::new(Schema::new(input.schema.fields().iter().cloned().chain(number)));
            }
        }
    }

    /// Tables inside of expressions are read whole.
    fn narrow_inside(&mut self, relation: &mut Relation) {
        relation.each_part(&mut |part| {
            if let Part::Expr(expr) = part {
                tables_in(expr, &mut |table| {
                    let all = names(table);
                    self.narrow(table, &all);
                });
            }
        });
    }
}

/// The columns of its tables that a graph's pattern reads; nothing where all of them come out.
fn graph_reads(graph: &Graph) -> Option<Names> {
    let GraphOutput::Match(_) = &graph.output else { return None };
    let ids = [&graph.source, &graph.target].into_iter().chain(&graph.keys);
    let mut found: Names = ids.chain(&graph.node_id).chain(&graph.partition).cloned().collect();
    let mut all = false;
    for expr in graph.expressions() {
        let mut written = Names::new();
        read(expr, &mut written);
        for name in written {
            match name.strip_prefix('$') {
                None => drop(found.insert(name)),
                // a column over a path: its expression is among those of the graph
                Some(rest) if rest.starts_with('(') && !rest.contains('.') => {}
                // a variable itself has every property
                Some(rest) if !rest.contains('.') => all = true,
                Some(rest) => {
                    found.extend(rest.match_indices('.').filter_map(|(at, _)| rest.get(at + 1..)).map(Arc::from))
                }
            }
        }
    }
    (!all).then_some(found)
}

/// The needed columns; one at least, since a table without columns has lost its rows.
fn kept(schema: &Schema, needed: &Names) -> Arc<Schema> {
    let narrowed = Schema::new(schema.fields().iter().filter(|f| needed.contains(&f.name)).cloned());
    if narrowed.is_empty() {
        let cheap = |f: &&Field| !matches!(f.ty, Type::String | Type::Dynamic);
        let one = schema.fields().iter().find(cheap).or(schema.fields().first());
        return Arc::new(Schema::new(one.cloned()));
    }
    Arc::new(narrowed)
}

/// Drops right columns that nobody reads.
fn keep_needed(columns: &mut Vec<(ColumnName, ColumnName)>, needed: &Names) {
    let first = columns.first().cloned();
    columns.retain(|(_, to)| needed.contains(to));
    if columns.is_empty() {
        columns.extend(first);
    }
}

/// The columns that the narrowed input still has, and those that the node makes.
fn beside(before: &Schema, input: &Relation, made: &Names) -> Arc<Schema> {
    let stays = |f: &&Field| made.contains(&f.name) || input.schema.field(&f.name).is_some();
    Arc::new(Schema::new(before.fields().iter().filter(stays).cloned()))
}

fn extended(input: &Relation, columns: &[(ColumnName, Expr)]) -> Arc<Schema> {
    let field = |name: &ColumnName, e: &Expr| Field { name: name.clone(), ty: e.ty };
    let own = input.schema.fields().iter().map(|f| match columns.iter().find(|(n, _)| *n == f.name) {
        Some((name, value)) => field(name, value),
        None => f.clone(),
    });
    Arc::new(Schema::new(own.chain(columns.iter().map(|(n, e)| field(n, e)))))
}

/// The left columns that are left, and those of the right; a semi or anti join keeps to one side.
fn joined(before: &Schema, left: &Relation, right_columns: &[(ColumnName, ColumnName)], kind: JoinKind) -> Arc<Schema> {
    let right_only = matches!(kind, JoinKind::RightSemi | JoinKind::RightAnti);
    let of_left = |name: &str| !right_only && left.schema.field(name).is_some();
    let stays = |f: &&Field| of_left(&f.name) || right_columns.iter().any(|(_, to)| *to == f.name);
    Arc::new(Schema::new(before.fields().iter().filter(stays).cloned()))
}

/// Brings an input to exactly a schema, where narrowing left more columns or another order.
fn exactly(input: &mut Relation, wanted: &Arc<Schema>) {
    if input.schema == *wanted {
        return;
    }
    let span = input.span;
    let columns = wanted.fields().iter().map(|f| (f.name.clone(), Expr::column(f.name.clone(), f.ty, span))).collect();
    let hollow = Relation { kind: RelationKind::Union { inputs: vec![] }, schema: wanted.clone(), span };
    let inner = Box::new(std::mem::replace(input, hollow));
    *input = Relation { kind: RelationKind::Project { input: inner, columns }, schema: wanted.clone(), span };
}

/// Puts bounds on scans from the filters right above them.
struct Bounds;

impl Rewrite for Bounds {
    fn relation(&mut self, mut relation: Relation) -> Relation {
        if let RelationKind::Filter { input, predicate } = &mut relation.kind {
            bound_scan(input, predicate, &|_| false);
        }
        relation
    }
}

/// Follows filters (and what passes columns on) down to a scan. `hidden` tells names that mean another column above.
fn bound_scan(relation: &mut Relation, predicate: &Expr, hidden: &dyn Fn(&str) -> bool) {
    match &mut relation.kind {
        RelationKind::Scan { table, bounds } => {
            if let Some(time) = table.time_column.as_ref().filter(|time| !hidden(time)) {
                *bounds = within(*bounds, bounds_of(predicate, time));
            }
        }
        RelationKind::Filter { input, .. } => bound_scan(input, predicate, hidden),
        RelationKind::Extend { input, columns } => {
            let computed = |name: &str| hidden(name) || columns.iter().any(|(column, _)| &**column == name);
            bound_scan(input, predicate, &computed);
        }
        RelationKind::Project { input, columns } => {
            let renamed = |name: &str| hidden(name) || !columns.iter().any(|(n, e)| &**n == name && is_itself(n, e));
            bound_scan(input, predicate, &renamed);
        }
        RelationKind::Union { inputs } => inputs.iter_mut().for_each(|input| bound_scan(input, predicate, hidden)),
        _ => {}
    }
}

fn is_itself(name: &ColumnName, expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Column(column) if column == name)
}

/// Both bounds.
fn within(a: ScanBounds, b: ScanBounds) -> ScanBounds {
    let from = match (a.from, b.from) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    };
    let to = match (a.to, b.to) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    ScanBounds { from, to }
}

/// Either bound.
fn around(a: ScanBounds, b: ScanBounds) -> ScanBounds {
    ScanBounds { from: a.from.zip(b.from).map(|(a, b)| a.min(b)), to: a.to.zip(b.to).map(|(a, b)| a.max(b)) }
}

/// What a predicate implies for a time column; no bound where it implies none.
fn bounds_of(predicate: &Expr, time: &str) -> ScanBounds {
    let ExprKind::Call { function, arguments } = &predicate.kind else { return ScanBounds::default() };
    match (function.native, arguments.as_slice()) {
        (Some(Native::And), [a, b]) => within(bounds_of(a, time), bounds_of(b, time)),
        (Some(Native::Or), [a, b]) => around(bounds_of(a, time), bounds_of(b, time)),
        (Some(Native::Between), [value, low, high]) if is_column(value, time) => {
            ScanBounds { from: ticks(low), to: ticks(high) }
        }
        (Some(native), [a, b]) if is_column(a, time) => ticks(b).map_or(ScanBounds::default(), |t| compared(native, t)),
        (Some(native), [a, b]) if is_column(b, time) => {
            ticks(a).map_or(ScanBounds::default(), |t| compared(mirrored(native), t))
        }
        _ => ScanBounds::default(),
    }
}

/// Bounds are inclusive and may be wider than the filter: a strict comparison gives the same bound.
const fn compared(native: Native, ticks: i64) -> ScanBounds {
    match native {
        Native::Greater | Native::GreaterOrEqual => ScanBounds { from: Some(ticks), to: None },
        Native::Less | Native::LessOrEqual => ScanBounds { from: None, to: Some(ticks) },
        Native::Equal => ScanBounds { from: Some(ticks), to: Some(ticks) },
        _ => ScanBounds { from: None, to: None },
    }
}

const fn mirrored(native: Native) -> Native {
    match native {
        Native::Greater => Native::Less,
        Native::GreaterOrEqual => Native::LessOrEqual,
        Native::Less => Native::Greater,
        Native::LessOrEqual => Native::GreaterOrEqual,
        other => other,
    }
}

fn is_column(expr: &Expr, name: &str) -> bool {
    matches!(&expr.kind, ExprKind::Column(column) if &**column == name)
}

fn ticks(expr: &Expr) -> Option<i64> {
    match expr.as_literal() {
        Some(Value::Datetime(ticks)) => Some(*ticks),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::plan::graph::{Cycles, Direction, GraphMatch, PatternEdge};
    use crate::plan::part_column;
    use crate::value::Batch;

    /// The columns that are left of the table of edges, when a pattern tells one value.
    fn left(value: &str) -> Vec<String> {
        let span = Span::default();
        let one =
            Relation::new(RelationKind::Values(Arc::new(Batch { columns: vec![], rows: 1 })), Schema::default(), span);
        let names = ["a", "b", "c", "d"].map(ColumnName::from);
        let text = Expr::literal(Value::String(String::new()), Type::String, span);
        let columns = names.iter().map(|name| (name.clone(), text.clone())).collect();
        let schema = Schema::new(names.map(|name| Field { name, ty: Type::String }));
        let edges = Relation::new(RelationKind::Project { input: Box::new(one), columns }, schema, span);
        let edge = PatternEdge { name: "e".into(), left: 0, right: 1, direction: Direction::Any, range: None };
        let pattern = GraphMatch {
            nodes: vec!["x".into(), "y".into()],
            edges: vec![edge],
            cycles: Cycles::UniqueEdges,
            shortest: None,
            paths: vec![],
            conditions: vec![],
            columns: vec![("v".into(), Expr::column(value, Type::String, span))],
        };
        let graph = Graph {
            source: "a".into(),
            target: "b".into(),
            keys: vec![],
            node_id: None,
            partition: None,
            nodes: Arc::default(),
            steps: vec![],
            output: GraphOutput::Match(Box::new(pattern)),
        };
        let kind = RelationKind::Graph { inputs: vec![edges], graph: Box::new(graph) };
        let root = Relation::new(kind, Schema::of([("v", Type::String)]), span);
        let plan = pushdown(Plan { root, visualization: None, ordered: false });
        plan.root.inputs().first().map(|edges| edges.schema.names().map(str::to_owned).collect()).unwrap_or_default()
    }

    #[test]
    fn a_pattern_reads_ids_and_the_properties_it_tells() {
        assert_eq!(left(&part_column("e", "c")), ["a", "b", "c"]);
        assert_eq!(left("$e"), ["a", "b", "c", "d"]);
    }
}
