//! Funnels: who went through a sequence of states, what came before and after, and how far they got in time.

use super::activity::distance;
use super::sequence::{Funnel, constants};
use super::{Columns, TableCall, TableFunction, TableParameter, Takes, joined_fields};
use crate::library::Example;
use crate::library::compare::{Key, key};
use crate::value::{Batch, Field, Json, Schema, Type, Value, dynamic};
use indexmap::IndexMap;
use std::collections::BTreeMap;

const TIMES: &[Type] = &[Type::Datetime, Type::Timespan];
/// `funnel_sequence` counts time in numbers too.
const AXES: &[Type] = &[Type::Datetime, Type::Timespan, Type::Long, Type::Int];
const DISTANCES: &[Type] = &[Type::Timespan, Type::Long, Type::Int];
const SPAN: &[Type] = &[Type::Timespan];
const DYNAMIC: &[Type] = &[Type::Dynamic];
const ID: TableParameter = TableParameter::new("IdColumn", Takes::Column(&[]));
const TIMELINE: TableParameter = TableParameter::new("TimelineColumn", Takes::Column(TIMES));
const START: TableParameter = TableParameter::new("Start", Takes::Constant(TIMES));
const END: TableParameter = TableParameter::new("End", Takes::Constant(TIMES));
const STATE: TableParameter = TableParameter::new("StateColumn", Takes::Column(&[]));
const SEQUENCE: TableParameter = TableParameter::new("Sequence", Takes::Constant(DYNAMIC));
/// So many ids are listed in `samples`.
const MOST_SAMPLES: usize = 128;

/// The records.
pub static FUNCTIONS: &[TableFunction] = &[
    TableFunction::new(
        "funnel_sequence",
        &[
            ID,
            TableParameter::new("TimelineColumn", Takes::Column(AXES)),
            TableParameter::new("Start", Takes::Constant(AXES)),
            TableParameter::new("End", Takes::Constant(AXES)),
            TableParameter::new("MaxSequenceStepWindow", Takes::Constant(DISTANCES)),
            TableParameter::new("Step", Takes::Constant(DISTANCES)),
            STATE,
            SEQUENCE,
        ],
        Columns::Bound(|call| schema(call, Sides::Both)),
        |call, schema| sequence(call, schema, Sides::Both),
        "Ids that went through a sequence of states, by the state before and the state after.",
    )
    .also(BY_SIDE)
    .remarks(
        "Three tables: by both sides, by the state before, by the state after. The states of an id within a bin of `Step` \
         are taken in order of time, repeated ones as one; the sequence must stand in them without a gap, its neighbours at \
         most `MaxSequenceStepWindow` apart. A side is empty when there is no such state. Kusto does not publish how it \
         treats states between the steps; there results may differ.",
    )
    .examples(&[Example::new(
        "let T = datatable(u: string, t: datetime, s: string) [\"a\", datetime(2024-01-01 01:00), \"x\", \"a\", \
         datetime(2024-01-01 02:00), \"y\"]; T | evaluate funnel_sequence(u, t, datetime(2024-01-01), \
         datetime(2024-01-02), 1d, 10d, s, dynamic([\"y\"]))",
        "print t = datetime(2024-01-01), prev = \"x\", next = \"\", dcount = 1, samples = dynamic([\"a\"]); \
         print t = datetime(2024-01-01), prev = \"x\", dcount = 1, samples = dynamic([\"a\"]); \
         print t = datetime(2024-01-01), next = \"\", dcount = 1, samples = dynamic([\"a\"])",
    )]),
    TableFunction::new(
        "funnel_sequence_completion",
        &[
            ID,
            TIMELINE,
            START,
            END,
            TableParameter::new("BinSize", Takes::Constant(SPAN)),
            STATE,
            SEQUENCE,
            TableParameter::new("MaxSequenceStepWindows", Takes::Constant(DYNAMIC)),
        ],
        Columns::Bound(completion_schema),
        completion,
        "How many ids got to each state of a sequence within some times.",
    )
    .remarks(
        "The states may have others between them; all of them come within the time that begins with the first, and within \
         one bin. A state that nobody got to has no row.",
    )
    .examples(&[Example::new(
        "let T = datatable(u: string, t: datetime, s: string) [\"a\", datetime(2024-01-01 01:00), \"x\", \"a\", \
         datetime(2024-01-01 03:00), \"y\"]; T | evaluate funnel_sequence_completion(u, t, datetime(2024-01-01), \
         datetime(2024-01-02), 10d, s, dynamic([\"x\", \"y\"]), dynamic([1h, 2h]))",
        "datatable(t: datetime, s: string, Period: timespan, dcount: long) [datetime(2024-01-01), \"x\", 1h, 1, \
         datetime(2024-01-01), \"x\", 2h, 1, datetime(2024-01-01), \"y\", 2h, 1]",
    )]),
];

/// The tables of `funnel_sequence` that look at one side.
static BY_SIDE: &[TableFunction] = &[
    TableFunction::new(
        "funnel_sequence",
        &[],
        Columns::Bound(|call| schema(call, Sides::Before)),
        |call, schema| sequence(call, schema, Sides::Before),
        "Ids that went through a sequence of states, by the state before.",
    ),
    TableFunction::new(
        "funnel_sequence",
        &[],
        Columns::Bound(|call| schema(call, Sides::After)),
        |call, schema| sequence(call, schema, Sides::After),
        "Ids that went through a sequence of states, by the state after.",
    ),
];

#[derive(Clone, Copy)]
enum Sides {
    Both,
    Before,
    After,
}

impl Sides {
    const fn names(self) -> &'static [&'static str] {
        match self {
            Sides::Both => &["prev", "next"],
            Sides::Before => &["prev"],
            Sides::After => &["next"],
        }
    }
}

fn schema(call: &TableCall, sides: Sides) -> Result<Schema, String> {
    let funnel = Funnel::of(call, "Step")?;
    distance(call, "MaxSequenceStepWindow", funnel.time.ty)?;
    let time = Field { name: funnel.time.name.into(), ty: funnel.time.ty };
    let states = sides.names().iter().map(|name| Field { name: (*name).into(), ty: funnel.state.ty });
    let counts = [("dcount", Type::Long), ("samples", Type::Dynamic)];
    let counts = counts.map(|(name, ty)| Field { name: name.into(), ty });
    Ok(joined_fields(vec![time], states.chain(counts).collect()))
}

/// A stretch of one state.
struct Stay {
    state: Key,
    value: Value,
    first: i64,
    last: i64,
}

fn stays(path: Vec<(i64, Value)>) -> Vec<Stay> {
    let mut stays: Vec<Stay> = vec![];
    for (at, value) in path {
        let state = key(&value);
        match stays.last_mut() {
            Some(stay) if stay.state == state => stay.last = at,
            _ => stays.push(Stay { state, value, first: at, last: at }),
        }
    }
    stays
}

/// The states before and after each place where the sequence stands.
fn neighbours(stays: &[Stay], sequence: &[Key], window: i64) -> Vec<(Option<Value>, Option<Value>)> {
    let near =
        |a: Option<&Stay>, b: Option<&Stay>| a.zip(b).is_some_and(|(a, b)| b.first.saturating_sub(a.last) <= window);
    let mut found = vec![];
    for (place, part) in stays.windows(sequence.len()).enumerate() {
        let same = part.iter().zip(sequence).all(|(stay, state)| stay.state == *state);
        if !same || !part.iter().zip(part.iter().skip(1)).all(|(a, b)| near(Some(a), Some(b))) {
            continue;
        }
        let before = place.checked_sub(1).and_then(|place| stays.get(place));
        let after = stays.get(place + sequence.len());
        let before = before.filter(|b| near(Some(b), part.first()));
        let after = after.filter(|a| near(part.last(), Some(a)));
        found.push((before.map(|s| s.value.clone()), after.map(|s| s.value.clone())));
    }
    found
}

/// The states at the sides of the sequence, and the ids that had them.
type Found = IndexMap<Vec<Key>, (Vec<Value>, IndexMap<Key, Value>)>;

fn sequence(call: &TableCall, schema: &Schema, sides: Sides) -> Result<Batch, String> {
    let funnel = Funnel::of(call, "Step")?;
    let window = distance(call, "MaxSequenceStepWindow", funnel.time.ty)?;
    let sequence: Vec<Key> = funnel.sequence.iter().map(key).collect();
    let mut found: BTreeMap<i64, Found> = BTreeMap::new();
    let ty = funnel.state.ty;
    for (bin, id, path) in funnel.paths() {
        for (before, after) in neighbours(&stays(path), &sequence, window) {
            let before = before.unwrap_or(Value::missing(ty));
            let after = after.unwrap_or(Value::missing(ty));
            let states = match sides {
                Sides::Both => vec![before, after],
                Sides::Before => vec![before],
                Sides::After => vec![after],
            };
            let keys = states.iter().map(key).collect();
            let (_, ids) = found.entry(bin).or_default().entry(keys).or_insert_with(|| (states, IndexMap::new()));
            ids.insert(key(&id), id.clone());
        }
    }
    let mut rows = vec![];
    for (bin, states) in found {
        let mut states: Vec<(Vec<Value>, IndexMap<Key, Value>)> = states.into_values().collect();
        states.sort_by_key(|(_, ids)| std::cmp::Reverse(ids.len()));
        for (states, ids) in states {
            let count = Value::Long(i64::try_from(ids.len()).unwrap_or(i64::MAX));
            let samples = ids.values().take(MOST_SAMPLES).map(dynamic::from_value).collect();
            let time = super::activity::axis_value(funnel.time.ty, bin);
            let counts = [count, Value::Dynamic(Json::Array(samples))];
            rows.push(std::iter::once(time).chain(states).chain(counts).collect());
        }
    }
    Ok(Batch::from_rows(schema, rows))
}

fn completion_schema(call: &TableCall) -> Result<Schema, String> {
    let funnel = Funnel::of(call, "BinSize")?;
    let windows = constants(call, "MaxSequenceStepWindows", Type::Timespan)?;
    if windows.iter().any(|window| window.as_ticks().is_none_or(|ticks| ticks <= 0)) {
        return Err("`MaxSequenceStepWindows` holds a time that is not above zero".to_owned());
    }
    let columns = [(funnel.time.name, funnel.time.ty), (funnel.state.name, Type::String)];
    let columns = columns.into_iter().chain([("Period", Type::Timespan), ("dcount", Type::Long)]);
    Ok(joined_fields(vec![], columns.map(|(name, ty)| Field { name: name.into(), ty }).collect()))
}

/// How many steps of the sequence come, one after the other, within a time of the first.
fn reached(path: &[(i64, Key)], sequence: &[Key], window: i64) -> usize {
    let mut most = 0;
    for (place, (start, _)) in path.iter().enumerate().filter(|(_, (_, state))| Some(state) == sequence.first()) {
        let mut count = 1;
        let mut last = *start;
        for (at, state) in path.iter().skip(place + 1).take_while(|(at, _)| at - start <= window) {
            if Some(state) == sequence.get(count) && *at >= last {
                (count, last) = (count + 1, *at);
            }
        }
        most = most.max(count);
    }
    most
}

fn completion(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let funnel = Funnel::of(call, "BinSize")?;
    let windows = constants(call, "MaxSequenceStepWindows", Type::Timespan)?;
    let windows: Vec<i64> = windows.iter().filter_map(Value::as_ticks).collect();
    let sequence: Vec<Key> = funnel.sequence.iter().map(key).collect();
    let mut counts: BTreeMap<(i64, usize, usize), i64> = BTreeMap::new();
    for (bin, _, path) in funnel.paths() {
        let path: Vec<(i64, Key)> = path.iter().map(|(at, state)| (*at, key(state))).collect();
        for (place, window) in windows.iter().enumerate() {
            for step in 0..reached(&path, &sequence, *window) {
                *counts.entry((bin, place, step)).or_default() += 1;
            }
        }
    }
    let rows = counts.into_iter().map(|((bin, window, step), count)| {
        let state = funnel.sequence.get(step).map(|v| crate::library::convert::text(v).into_owned());
        let time = super::activity::axis_value(funnel.time.ty, bin);
        let period = windows.get(window).map_or(Value::Null, |w| Value::Timespan(*w));
        vec![time, Value::String(state.unwrap_or_default()), period, Value::Long(count)]
    });
    Ok(Batch::from_rows(schema, rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    #[test]
    fn repeated_states_are_one() {
        let path = [(1, "a"), (2, "b"), (3, "b"), (9, "c")].map(|(at, s)| (at, state(s)));
        let found = neighbours(&stays(path.to_vec()), &[key(&state("b"))], 5);
        assert_eq!(found, [(Some(state("a")), None)], "`c` is too far away");
    }

    #[test]
    fn a_later_start_may_get_further() {
        let path = [(0, "a"), (10, "a"), (12, "b")].map(|(at, s)| (at, key(&state(s))));
        let sequence = ["a", "b"].map(|s| key(&state(s)));
        assert_eq!(reached(&path, &sequence, 5), 2);
        assert_eq!(reached(&path, &sequence, 1), 1);
    }
}
