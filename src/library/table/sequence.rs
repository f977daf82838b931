//! Events in sequence: found by predicates, or by states and what came before and after them.

use super::activity::{axis, axis_value, distance, point};
use super::{Columns, InputColumn, TableCall, TableFunction, TableParameter, Takes, joined_fields};
use crate::library::Example;
use crate::library::compare::{Key, key};
use crate::value::{Batch, Field, Schema, Type, Value};
use std::collections::{BTreeSet, HashMap};

const TIMES: &[Type] = &[Type::Datetime, Type::Timespan];
const SPAN: &[Type] = &[Type::Timespan];
/// More occurrences than this are a mistake in the windows.
const MOST_ROWS: usize = 1_000_000;

/// The record.
pub static FUNCTIONS: &[TableFunction] = &[TableFunction::new(
    "sequence_detect",
    &[
        TableParameter::new("TimelineColumn", Takes::Column(TIMES)),
        TableParameter::new("MaxSequenceStepWindow", Takes::Constant(SPAN)),
        TableParameter::new("MaxSequenceSpan", Takes::Constant(SPAN)),
        TableParameter::new("Expr", Takes::Expression(&[Type::Bool])).repeats(),
        TableParameter::new("Dim", Takes::Expression(&[])).repeats(),
    ],
    Columns::Bound(schema),
    detect,
    "Occurrences of steps that follow each other, a row for each.",
)
.remarks(
    "Each step is a predicate; give it a name with `name = (predicate)`. A step comes later than the one before, by \
     `MaxSequenceStepWindow` at most, and the whole takes `MaxSequenceSpan` at most. Every such combination of times is a \
     row, once. Steps are looked for among rows of equal dimensions.",
)
.examples(&[Example::new(
    "datatable(t: datetime, e: string) [datetime(2024-01-01), \"a\", datetime(2024-01-02), \"b\"] | evaluate \
     sequence_detect(t, 2d, 9d, one = (e == \"a\"), two = (e == \"b\"))",
    "print one_t = datetime(2024-01-01), two_t = datetime(2024-01-02), Duration = 1d",
)])];

fn schema(call: &TableCall) -> Result<Schema, String> {
    let time = call.required("TimelineColumn")?;
    distance(call, "MaxSequenceStepWindow", Type::Timespan)?;
    distance(call, "MaxSequenceSpan", Type::Timespan)?;
    let steps = call.columns("Expr");
    if steps.is_empty() {
        return Err("there is no step to look for: give predicates after the two windows".to_owned());
    }
    let dimensions = call.columns("Dim").into_iter().map(|c| Field { name: c.name.into(), ty: c.ty });
    let times = steps.iter().map(|c| Field { name: format!("{}_{}", c.name, time.name).into(), ty: time.ty });
    let duration = Field { name: "Duration".into(), ty: Type::Timespan };
    let fields: Vec<Field> = dimensions.chain(times).chain([duration]).collect();
    Ok(joined_fields(vec![], fields))
}

/// The times of each step, in order, within equal dimensions.
type Steps = Vec<BTreeSet<i64>>;

fn detect(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let time = call.required("TimelineColumn")?;
    let between = distance(call, "MaxSequenceStepWindow", Type::Timespan)?;
    let whole = distance(call, "MaxSequenceSpan", Type::Timespan)?;
    let (steps, dimensions) = (call.columns("Expr"), call.columns("Dim"));
    let mut groups: Vec<(Vec<Value>, Steps)> = vec![];
    let mut places: HashMap<Vec<Key>, usize> = HashMap::new();
    for row in 0..call.rows() {
        let Some(at) = axis(&time.values.value(row)) else { continue };
        let values: Vec<Value> = dimensions.iter().map(|c| c.values.value(row)).collect();
        let place = *places.entry(values.iter().map(key).collect()).or_insert_with(|| {
            groups.push((values, vec![BTreeSet::new(); steps.len()]));
            groups.len() - 1
        });
        let Some((_, times)) = groups.get_mut(place) else { continue };
        for (step, times) in steps.iter().zip(times) {
            if step.values.value(row) == Value::Bool(true) {
                times.insert(at);
            }
        }
    }
    let mut rows = vec![];
    for (dimensions, steps) in groups {
        let mut found: Vec<Vec<i64>> = vec![];
        let (Some(first), rest) = (steps.first(), steps.iter().skip(1)) else { continue };
        found.extend(first.iter().map(|at| vec![*at]));
        for step in rest {
            let longer = found.iter().flat_map(|times| {
                let (start, last) = (times.first().copied().unwrap_or(0), times.last().copied().unwrap_or(0));
                let latest = last.saturating_add(between).min(start.saturating_add(whole));
                let next = step.range(last.saturating_add(1)..).take_while(move |at| **at <= latest);
                next.map(|at| times.iter().copied().chain([*at]).collect())
            });
            found = longer.take(MOST_ROWS + 1).collect();
        }
        for times in found {
            let length = times.last().zip(times.first()).map_or(0, |(last, first)| last.saturating_sub(*first));
            let times = times.iter().map(|at| axis_value(time.ty, *at));
            rows.push(dimensions.iter().cloned().chain(times).chain([Value::Timespan(length)]).collect());
        }
        if rows.len() > MOST_ROWS {
            return Err(format!("more than {MOST_ROWS} sequences; make the windows shorter"));
        }
    }
    Ok(Batch::from_rows(schema, rows))
}

/// A bin, an id, and its times and states in order.
pub(super) type Path = (i64, Value, Vec<(i64, Value)>);

/// The parameters of the timeline that both funnels share, read off a call.
pub(super) struct Funnel<'c> {
    pub(super) time: InputColumn<'c>,
    pub(super) id: InputColumn<'c>,
    pub(super) state: InputColumn<'c>,
    start: i64,
    end: i64,
    step: i64,
    pub(super) sequence: Vec<Value>,
}

impl<'c> Funnel<'c> {
    /// Reads it; the bin is the parameter of that name.
    pub(super) fn of(call: &'c TableCall, step: &str) -> Result<Funnel<'c>, String> {
        let (time, id) = (call.required("TimelineColumn")?, call.required("IdColumn")?);
        let state = call.required("StateColumn")?;
        let missing = |name: &str| format!("`{name}` is missing");
        let start = point(call, "Start", time.ty)?.ok_or_else(|| missing("Start"))?;
        let end = point(call, "End", time.ty)?.ok_or_else(|| missing("End"))?;
        if start > end {
            return Err("`End` lies before the start".to_owned());
        }
        let sequence = constants(call, "Sequence", state.ty)?;
        Ok(Funnel { start, end, step: distance(call, step, time.ty)?, time, id, state, sequence })
    }

    /// The start of the bin of a time, if it is analysed.
    fn bin(&self, at: i64) -> Option<i64> {
        if !(self.start..=self.end).contains(&at) {
            return None;
        }
        let (at, start, step) = (i128::from(at), i128::from(self.start), i128::from(self.step));
        i64::try_from(start + (at - start).div_euclid(step) * step).ok()
    }

    /// For each bin and id, in order: times and states by time.
    pub(super) fn paths(&self) -> Vec<Path> {
        let mut paths: Vec<Path> = vec![];
        let mut places: HashMap<(i64, Key), usize> = HashMap::new();
        for row in 0..self.time.values.len() {
            let Some(at) = axis(&self.time.values.value(row)) else { continue };
            let (Some(bin), id) = (self.bin(at), self.id.values.value(row)) else { continue };
            let place = *places.entry((bin, key(&id))).or_insert_with(|| {
                paths.push((bin, id, vec![]));
                paths.len() - 1
            });
            if let Some((_, _, path)) = paths.get_mut(place) {
                path.push((at, self.state.values.value(row)));
            }
        }
        paths.iter_mut().for_each(|(_, _, path)| path.sort_by_key(|(at, _)| *at));
        paths
    }
}

/// The elements of a constant array as values of a type.
///
/// # Errors
/// When it is no array, or empty, or an element is none of that type.
pub(super) fn constants(call: &TableCall, name: &str, ty: Type) -> Result<Vec<Value>, String> {
    let elements = match call.constant(name) {
        Some(Value::Dynamic(crate::value::Json::Array(elements))) if !elements.is_empty() => elements,
        _ => return Err(format!("`{name}` is an array with an element or more")),
    };
    let values = elements.iter().map(|json| crate::library::convert::to(ty, Value::Dynamic(json.clone())));
    let values: Vec<Value> = values.collect();
    match values.iter().zip(elements).find(|(value, _)| value.is_null()) {
        Some((_, json)) => Err(format!("`{name}` holds `{json}`, which is no `{ty}`")),
        None => Ok(values),
    }
}
