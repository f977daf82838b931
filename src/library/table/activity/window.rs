//! Counts of ids over windows that reach back: sliding counts, active users, sessions, engagement.

use super::{
    DIMENSION, DISTANCES, END, Events, Group, ID, START, STEPS, Step, TIMELINE, Timeline, distance, schema, share,
};
use crate::library::Example;
use crate::library::table::{Columns, TableCall, TableFunction, TableParameter, Takes};
use crate::value::{Batch, Schema, Type, Value};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

const LOOKBACK: TableParameter = TableParameter::new("LookbackWindow", Takes::Constant(DISTANCES));
const BIN: TableParameter = TableParameter::new("Bin", Takes::Constant(STEPS));
const NUMBERS: &[Type] = &[Type::Real, Type::Decimal, Type::Long, Type::Int];
/// One row counts in so many periods at most.
const MOST_PERIODS: i64 = 100_000;

/// The records.
pub static FUNCTIONS: &[TableFunction] = &[
    TableFunction::new(
        "active_users_count",
        &[
            ID,
            TIMELINE,
            START,
            END,
            LOOKBACK,
            TableParameter::new("Period", Takes::Constant(DISTANCES)),
            TableParameter::new("ActivePeriodsCount", Takes::Constant(NUMBERS)),
            BIN,
            DIMENSION,
        ],
        Columns::Bound(|call| {
            let timeline = Timeline::of(call, "Bin")?;
            distance(call, "LookbackWindow", timeline.ty)?;
            distance(call, "Period", timeline.ty)?;
            schema(call, &[("dcount", Type::Long)])
        }),
        active_users,
        "Ids that were there in enough periods of a time of looking back, for each bin.",
    )
    .remarks(
        "An appearance counts when the id was there in at least `ActivePeriodsCount` different periods of the time of \
         `LookbackWindow` that ends with it; what lies exactly that long ago is left out. Rows before `Start` are looked \
         back at, not counted. A bin without active ids has no row.",
    )
    .examples(&[Example::new(
        "datatable(u: string, t: long) [\"a\", 1, \"a\", 2, \"b\", 2] | evaluate active_users_count(u, t, 1, 9, 5, 1, 2, 10)",
        "print t = 1, dcount = 1",
    )]),
    TableFunction::new(
        "sliding_window_counts",
        &[ID, TIMELINE, START, END, LOOKBACK, BIN, DIMENSION],
        Columns::Bound(|call| {
            let timeline = Timeline::of(call, "Bin")?;
            distance(call, "LookbackWindow", timeline.ty)?;
            schema(call, &[("Count", Type::Long), ("Dcount", Type::Long)])
        }),
        sliding_counts,
        "Rows and ids of a window that ends with each bin.",
    )
    .remarks(
        "`LookbackWindow` is cut to a multiple of `Bin`. Rows before `Start` count in the windows that reach them. A window \
         without rows has no row.",
    )
    .examples(&[Example::new(
        "datatable(u: string, t: long) [\"a\", 1, \"b\", 2, \"a\", 2] | evaluate sliding_window_counts(u, t, 1, 3, 2, 1)",
        "datatable(t: long, Count: long, Dcount: long) [1, 1, 1, 2, 3, 2, 3, 2, 2]",
    )]),
    TableFunction::new(
        "session_count",
        &[
            ID,
            TIMELINE,
            START,
            END,
            BIN,
            TableParameter::new("LookBackWindow", Takes::Constant(DISTANCES)),
            DIMENSION,
        ],
        Columns::Bound(|call| {
            let timeline = Timeline::of(call, "Bin")?;
            distance(call, "LookBackWindow", timeline.ty)?;
            schema(call, &[("count_sessions", Type::Long)])
        }),
        sessions,
        "Sessions that begin in each bin.",
    )
    .remarks(
        "A session begins where an id comes longer than `LookBackWindow` after it came last. Rows before `Start` are looked \
         back at. A bin without a beginning has no row.",
    )
    .examples(&[Example::new(
        "datatable(u: string, t: long) [\"a\", 1, \"a\", 3, \"a\", 9] | evaluate session_count(u, t, 1, 10, 10, 2)",
        "print t = 1, count_sessions = 2",
    )]),
    TableFunction::new(
        "activity_engagement",
        &[
            ID,
            TIMELINE,
            START.optional(),
            END.optional(),
            TableParameter::new("InnerActivityWindow", Takes::Constant(DISTANCES)),
            TableParameter::new("OuterActivityWindow", Takes::Constant(DISTANCES)),
            DIMENSION,
        ],
        Columns::Bound(|call| {
            let timeline = Timeline::of(call, "InnerActivityWindow")?;
            distance(call, "OuterActivityWindow", timeline.ty)?;
            let counts = [("dcount_activities_inner", Type::Long), ("dcount_activities_outer", Type::Long)];
            schema(call, &[counts.as_slice(), &[("activity_ratio", Type::Real)]].concat())
        }),
        engagement,
        "Ids of each inner window, of the outer window that ends with it, and their ratio.",
    )
    .remarks(
        "Only rows from `Start` to `End` count, so that the first outer windows are short. An inner window without rows has \
         no row.",
    )
    .examples(&[Example::new(
        "datatable(u: string, t: long) [\"a\", 1, \"b\", 1, \"a\", 2] | evaluate activity_engagement(u, t, 1, 2, 1, 7) | \
         where t == 2",
        "print t = 2, dcount_activities_inner = 1, dcount_activities_outer = 2, activity_ratio = 0.5",
    )]),
];

fn long(count: usize) -> Value {
    Value::Long(i64::try_from(count).unwrap_or(i64::MAX))
}

fn row(timeline: &Timeline, bin: i64, group: &Group, counts: impl IntoIterator<Item = Value>) -> Vec<Value> {
    std::iter::once(timeline.value(bin)).chain(group.dimensions.iter().cloned()).chain(counts).collect()
}

fn active_users(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let timeline = Timeline::of(call, "Bin")?;
    let (window, period) = (distance(call, "LookbackWindow", timeline.ty)?, distance(call, "Period", timeline.ty)?);
    let enough = call.constant("ActivePeriodsCount").and_then(Value::as_f64).unwrap_or(1.0);
    let periods = Step::Fixed { origin: timeline.start, step: period };
    let events = Events::of(call, timeline.start.saturating_sub(window), timeline.end)?;
    let mut rows = vec![];
    for group in &events.groups {
        let mut active: BTreeMap<i64, HashSet<usize>> = BTreeMap::new();
        for (id, times) in group.by_id() {
            // each period that the id was there in, and when it was there last
            let mut last: Vec<(i64, i64)> = vec![];
            for at in times {
                let period = periods.bin(at);
                match last.last_mut() {
                    Some((known, time)) if *known == period => *time = at,
                    _ => last.push((period, at)),
                }
                let gone = last.partition_point(|(_, time)| *time <= at.saturating_sub(window));
                if timeline.holds(at) && (last.len() - gone) as f64 >= enough {
                    active.entry(timeline.step.bin(at)).or_default().insert(id);
                }
            }
        }
        rows.extend(active.into_iter().map(|(bin, ids)| row(&timeline, bin, group, [long(ids.len())])));
    }
    Ok(Batch::from_rows(schema, rows))
}

/// Number of rows and ids of the windows that end with each period. A window holds the periods that begin less than its
/// length before its last one. Rows are in order of time, so that a window is the one before it with a few rows more and a
/// few less.
fn windows(group: &Group, timeline: &Timeline, window: i64) -> Result<BTreeMap<i64, (usize, usize)>, String> {
    if let Step::Fixed { step, .. } = timeline.step
        && window / step > MOST_PERIODS
    {
        return Err(format!("a window of more than {MOST_PERIODS} bins"));
    }
    let first = timeline.step.bin(timeline.start);
    let bins: Vec<(i64, Option<usize>)> = group.events.iter().map(|e| (timeline.step.bin(e.at), e.id)).collect();
    let mut windows: BTreeMap<i64, (usize, usize)> = BTreeMap::new();
    let mut inside: HashMap<usize, usize> = HashMap::new();
    let (mut begin, mut end) = (0, 0);
    let mut next = bins.first().map(|(bin, _)| *bin);
    while let Some(bin) = next.filter(|bin| *bin <= timeline.end) {
        while let Some((_, id)) = bins.get(end).filter(|(own, _)| *own <= bin) {
            id.iter().for_each(|id| *inside.entry(*id).or_default() += 1);
            end += 1;
        }
        while let Some((_, id)) = bins.get(begin).filter(|(own, _)| *own < bin && bin.saturating_sub(window) >= *own) {
            if let Some(id) = id {
                if let Entry::Occupied(mut rows) = inside.entry(*id) {
                    match rows.get() {
                        0 | 1 => drop(rows.remove()),
                        _ => *rows.get_mut() -= 1,
                    }
                }
            }
            begin += 1;
        }
        if begin < end && bin >= first {
            windows.insert(bin, (end - begin, inside.len()));
        }
        // where the window is empty, the next row begins one
        let after = timeline.step.next(bin);
        next = match bins.get(end) {
            Some((own, _)) if begin == end => Some(*own),
            None if begin == end => None,
            _ => Some(after).filter(|after| *after > bin),
        };
    }
    Ok(windows)
}

fn sliding_counts(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let timeline = Timeline::of(call, "Bin")?;
    let window = distance(call, "LookbackWindow", timeline.ty)?;
    let window = match timeline.step {
        Step::Fixed { step, .. } => window - window % step,
        Step::Calendar { .. } => window,
    };
    let events = Events::of(call, timeline.start.saturating_sub(window), timeline.end)?;
    let mut rows = vec![];
    for group in &events.groups {
        let windows = windows(group, &timeline, window)?;
        rows.extend(
            windows.into_iter().map(|(bin, (count, ids))| row(&timeline, bin, group, [long(count), long(ids)])),
        );
    }
    Ok(Batch::from_rows(schema, rows))
}

fn sessions(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let timeline = Timeline::of(call, "Bin")?;
    let window = distance(call, "LookBackWindow", timeline.ty)?;
    let events = Events::of(call, timeline.start.saturating_sub(window), timeline.end)?;
    let mut rows = vec![];
    for group in &events.groups {
        let mut begun: BTreeMap<i64, usize> = BTreeMap::new();
        for times in group.by_id().into_values() {
            let mut last = None;
            for at in times {
                let begins = last.is_none_or(|last| at.saturating_sub(last) > window);
                last = Some(at);
                if begins && timeline.holds(at) {
                    *begun.entry(timeline.step.bin(at)).or_default() += 1;
                }
            }
        }
        rows.extend(begun.into_iter().map(|(bin, count)| row(&timeline, bin, group, [long(count)])));
    }
    Ok(Batch::from_rows(schema, rows))
}

fn engagement(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let timeline = Timeline::of(call, "InnerActivityWindow")?;
    let outer = distance(call, "OuterActivityWindow", timeline.ty)?;
    let events = Events::of(call, timeline.start, timeline.end)?;
    // an open end would let the windows run on after the last row
    let last = events.groups.iter().filter_map(|g| g.events.last()).map(|e| e.at).max().unwrap_or(timeline.end);
    let timeline = Timeline { end: timeline.end.min(last), ..timeline };
    let mut rows = vec![];
    for group in &events.groups {
        let mut inner: BTreeMap<i64, HashSet<usize>> = BTreeMap::new();
        for event in &group.events {
            inner.entry(timeline.step.bin(event.at)).or_default().extend(event.id);
        }
        let outer = windows(group, &timeline, outer)?;
        for (bin, ids) in inner {
            let all = outer.get(&bin).map_or(0, |(_, ids)| *ids);
            let counts = [long(ids.len()), long(all), Value::Real(share(ids.len(), all))];
            rows.push(row(&timeline, bin, group, counts));
        }
    }
    Ok(Batch::from_rows(schema, rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::table::activity::timeline::Event;

    #[test]
    fn windows_slide_over_gaps_and_lose_what_left_them() {
        let event = |(at, id)| Event { at, id: Some(id) };
        let events = [(1, 1), (2, 1), (2, 2), (9, 3), (10, 3)].map(event).to_vec();
        let group = Group { dimensions: vec![], events };
        let timeline = Timeline { ty: Type::Long, start: 2, end: 12, step: Step::Fixed { origin: 2, step: 1 } };
        let found: Vec<_> = windows(&group, &timeline, 3).unwrap().into_iter().collect();
        let expected = [(2, (3, 2)), (3, (3, 2)), (4, (2, 2)), (9, (1, 1)), (10, (2, 1)), (11, (2, 1)), (12, (1, 1))];
        assert_eq!(found, expected);
    }
}
