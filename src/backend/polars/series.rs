//! `make-series`: the points of each group laid out as arrays.

use super::failed;
use super::lowering::Lowering;
use super::types::{batch_to_frame, frame_to_batches};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{ColumnName, Expr, Relation, RelationKind};
use crate::value::{Batch, Json, Schema, Type, Value, dynamic};
use ::polars::prelude::{IntoLazy, LazyFrame};
use std::collections::{BTreeMap, HashMap};

/// A series has at most so many points, as in Kusto.
const MOST: usize = 1 << 20;

/// A group: its keys, and its rows by point.
struct Group {
    keys: Vec<Value>,
    points: BTreeMap<Point, usize>,
}

/// Where the columns of a series lie in its input, and what its axis is.
struct Layout<'p> {
    input: &'p Schema,
    axis: &'p ColumnName,
    keys: &'p [ColumnName],
    values: &'p [(ColumnName, Expr)],
    from: Option<Point>,
    to: Option<Point>,
    to_included: bool,
    step: f64,
    whole_step: i64,
    ty: Type,
}

/// A point of an axis, ordered. Whole numbers and ticks are exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Point {
    Whole(i64),
    Real(Ordered),
}

/// A real with its total order.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ordered(f64);

impl Eq for Ordered {}
impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Lowering<'_> {
    /// A row of arrays for each group.
    pub(super) fn series(&self, relation: &Relation) -> Result<LazyFrame, Diagnostic> {
        let RelationKind::Series { input, keys, values, axis, from, to, step, to_included, nonempty } = &relation.kind
        else {
            return Err(Diagnostic::bug("`make-series` over another operation"));
        };
        let step = self.constant(step)?;
        let bound = |expr: &Option<Expr>| expr.as_ref().map(|e| self.constant(e)).transpose();
        let layout = Layout {
            input: &input.schema,
            axis,
            keys,
            values,
            from: bound(from)?.and_then(|v| point(&v)),
            to: bound(to)?.and_then(|v| point(&v)),
            to_included: *to_included,
            step: step.as_f64().unwrap_or(1.0),
            whole_step: step.as_i64().or(step.as_ticks()).unwrap_or(1),
            ty: input.schema.field(axis).map_or(Type::Long, |f| f.ty),
        };
        let frame = self.collect(input)?;
        let batches = frame_to_batches(&frame, &input.schema).map_err(failed(relation.span))?;
        let rows: Vec<Vec<Value>> = batches.iter().flat_map(|b| (0..b.rows).map(|row| b.row(row))).collect();
        let mut groups = layout.groups(&rows);
        if groups.is_empty() && *nonempty && keys.is_empty() {
            groups.push(Group { keys: vec![], points: BTreeMap::new() });
        }
        let mut made = vec![];
        for group in &groups {
            let Some(points) = layout.points(group) else {
                let message = format!("a series of more than {MOST} points");
                return Err(Diagnostic::error(Code::OutOfRange, relation.span, message));
            };
            if !points.is_empty() {
                made.push(layout.row(group, &points, &rows));
            }
        }
        let batch = Batch::from_rows(&relation.schema, made);
        batch_to_frame(&batch, &relation.schema).map(IntoLazy::lazy).map_err(failed(relation.span))
    }
}

impl Layout<'_> {
    fn cell<'r>(&self, row: &'r [Value], name: &str) -> Option<&'r Value> {
        self.input.index_of(name).and_then(|at| row.get(at))
    }

    /// The rows by group, in the order in which the groups first come. Rows without a point belong to no series.
    fn groups(&self, rows: &[Vec<Value>]) -> Vec<Group> {
        let mut groups: Vec<Group> = vec![];
        let mut known: HashMap<String, usize> = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            let Some(point) = self.cell(row, self.axis).and_then(point) else { continue };
            let keys: Vec<Value> = self.keys.iter().filter_map(|k| self.cell(row, k).cloned()).collect();
            let place = *known.entry(format!("{keys:?}")).or_insert_with(|| {
                groups.push(Group { keys, points: BTreeMap::new() });
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(place) {
                group.points.insert(point, at);
            }
        }
        groups
    }

    /// The points of a group's series; `None` when there are too many.
    fn points(&self, group: &Group) -> Option<Vec<Point>> {
        let first = self.from.or_else(|| group.points.keys().next().copied());
        let last = self.to.or_else(|| group.points.keys().next_back().copied());
        let (Some(first), Some(last)) = (first, last) else { return Some(vec![]) };
        let included = self.to_included || self.to.is_none();
        let mut points = vec![];
        loop {
            let next = self.nth(first, points.len())?;
            if next > last || (next == last && !included) {
                return Some(points);
            }
            if points.len() >= MOST {
                return None;
            }
            points.push(next);
        }
    }

    fn nth(&self, first: Point, n: usize) -> Option<Point> {
        match first {
            Point::Whole(first) => {
                let distance = i64::try_from(n).ok()?.checked_mul(self.whole_step)?;
                Some(Point::Whole(first.checked_add(distance)?))
            }
            Point::Real(Ordered(first)) => Some(Point::Real(Ordered(first + n as f64 * self.step))),
        }
    }

    /// A row of the result, in the order of the input's columns.
    fn row(&self, group: &Group, points: &[Point], rows: &[Vec<Value>]) -> Vec<Value> {
        let columns = self.input.fields().iter().map(|field| {
            if let Some(at) = self.keys.iter().position(|k| *k == field.name) {
                return group.keys.get(at).cloned().unwrap_or(Value::Null);
            }
            let default = self.values.iter().find(|(name, _)| *name == field.name).and_then(|(_, d)| d.as_literal());
            let cells = points.iter().map(|point| match default {
                None => dynamic::from_value(&self.value(*point)),
                Some(default) => {
                    let row = group.points.get(point).and_then(|at| rows.get(*at));
                    let cell = row.and_then(|row| self.cell(row, &field.name));
                    dynamic::from_value(cell.unwrap_or(default))
                }
            });
            Value::Dynamic(Json::Array(cells.collect()))
        });
        columns.collect()
    }

    fn value(&self, point: Point) -> Value {
        match (point, self.ty) {
            (Point::Whole(ticks), Type::Datetime) => Value::Datetime(ticks),
            (Point::Whole(ticks), Type::Timespan) => Value::Timespan(ticks),
            (Point::Whole(n), _) => Value::Long(n),
            (Point::Real(Ordered(x)), _) => Value::Real(x),
        }
    }
}

fn point(value: &Value) -> Option<Point> {
    match value {
        Value::Real(x) => Some(Point::Real(Ordered(*x))),
        value => value.as_i64().or(value.as_ticks()).map(Point::Whole),
    }
}
