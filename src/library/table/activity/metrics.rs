//! Counts of ids for each period, and how they compare with the periods before.

use super::{
    DIMENSION, END, Events, Group, ID, START, STEPS, TIMELINE, TIMES, Timeline, rest_of_schema, schema, share,
};
use crate::library::Example;
use crate::library::table::{Columns, TableCall, TableFunction, TableParameter, Takes};
use crate::value::{Batch, Field, Schema, Type, Value};
use std::collections::{BTreeMap, HashMap, HashSet};

/// More periods than this are a mistake in the step.
const MOST_PERIODS: usize = 10_000;

const REMARKS: &str = "The analysed time includes `Start` and `End`; periods begin at `Start`, or with a week (from Sunday), \
                       month or year. A period without rows has no row. Over times of type `real` it is refused.";

/// The records.
pub static FUNCTIONS: &[TableFunction] = &[
    TableFunction::new(
        "activity_counts_metrics",
        &[ID, TIMELINE, START, END, TableParameter::new("Step", Takes::Constant(STEPS)), DIMENSION],
        Columns::Bound(|call| {
            Timeline::of(call, "Step")?;
            let names = ["count", "dcount", "new_dcount", "aggregated_dcount"];
            schema(call, &names.map(|name| (name, Type::Long)))
        }),
        counts_metrics,
        "Rows, ids, new ids and ids so far of each period.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new(
        "datatable(u: string, t: long) [\"a\", 1, \"b\", 1, \"a\", 2, \"c\", 2] | evaluate activity_counts_metrics(u, t, 1, 2, 1)",
        "datatable(t: long, ['count']: long, dcount: long, new_dcount: long, aggregated_dcount: long) [1, 2, 2, 2, 2, 2, 2, \
         2, 1, 3]",
    )]),
    TableFunction::new(
        "activity_metrics",
        &[
            ID,
            TIMELINE,
            START.optional(),
            END.optional(),
            TableParameter::new("Window", Takes::Constant(STEPS)),
            DIMENSION,
        ],
        Columns::Bound(|call| {
            Timeline::of(call, "Window")?;
            let (counts, rates) = (Type::Long, Type::Real);
            let names = [("dcount_values", counts), ("dcount_newvalues", counts), ("retention_rate", rates)];
            schema(call, &[names.as_slice(), &[("churn_rate", rates)]].concat())
        }),
        metrics,
        "Ids of each period, those that are new against the period before, and the rates of staying and leaving.",
    )
    .remarks(
        "A rate is the share of the ids of the period before; NaN when that had none. Periods begin at `Start`, without it \
         at multiples of `Window`.",
    )
    .examples(&[Example::new(
        "datatable(u: string, t: long) [\"a\", 1, \"b\", 1, \"a\", 2, \"c\", 2] | evaluate activity_metrics(u, t, 1, 2, 1) \
         | where t == 2",
        "print t = 2, dcount_values = 2, dcount_newvalues = 1, retention_rate = 0.5, churn_rate = 0.5",
    )]),
    TableFunction::new(
        "new_activity_metrics",
        &[
            ID,
            TIMELINE,
            START,
            END,
            TableParameter::new("Window", Takes::Constant(STEPS)),
            TableParameter::new("Cohort", Takes::Constant(TIMES)).like("TimelineColumn").optional(),
            DIMENSION,
            TableParameter::new("Lookback", Takes::Table).optional(),
        ],
        Columns::Bound(new_metrics_schema),
        new_metrics,
        "Of the ids that are new in a period, how many come back in each later one.",
    )
    .remarks(
        "A row for each period with new ids and each period from it to `End`. `Cohort` picks one period. Ids in the table \
         `Lookback` (its column of the id's name, or its only one) are never new.",
    )
    .examples(&[Example::new(
        "datatable(u: string, t: long) [\"a\", 1, \"b\", 1, \"a\", 2, \"c\", 2] | evaluate new_activity_metrics(u, t, 1, 2, \
         1, 1) | where to_t == 2",
        "print from_t = 1, to_t = 2, dcount_new_values = 1, dcount_retained_values = 1, dcount_churn_values = 1, \
         retention_rate = 0.5, churn_rate = 0.5",
    )]),
];

fn long(count: usize) -> Value {
    Value::Long(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Number of rows and ids of each period of a group.
fn periods(group: &Group, timeline: &Timeline) -> BTreeMap<i64, (usize, HashSet<usize>)> {
    let mut periods: BTreeMap<i64, (usize, HashSet<usize>)> = BTreeMap::new();
    for event in &group.events {
        let (count, ids) = periods.entry(timeline.step.bin(event.at)).or_default();
        *count += 1;
        ids.extend(event.id);
    }
    periods
}

fn row(timeline: &Timeline, bin: i64, group: &Group, counts: impl IntoIterator<Item = Value>) -> Vec<Value> {
    std::iter::once(timeline.value(bin)).chain(group.dimensions.iter().cloned()).chain(counts).collect()
}

fn counts_metrics(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let timeline = Timeline::of(call, "Step")?;
    let events = Events::of(call, timeline.start, timeline.end)?;
    let mut rows = vec![];
    for group in &events.groups {
        let mut seen: HashSet<usize> = HashSet::new();
        for (bin, (count, ids)) in periods(group, &timeline) {
            let before = seen.len();
            seen.extend(&ids);
            let counts = [count, ids.len(), seen.len() - before, seen.len()];
            rows.push(row(&timeline, bin, group, counts.map(long)));
        }
    }
    Ok(Batch::from_rows(schema, rows))
}

fn metrics(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let timeline = Timeline::of(call, "Window")?;
    let events = Events::of(call, timeline.start, timeline.end)?;
    let mut rows = vec![];
    for group in &events.groups {
        let periods = periods(group, &timeline);
        let nobody = HashSet::new();
        for (bin, (_, ids)) in &periods {
            let before = periods.get(&timeline.step.previous(*bin)).map_or(&nobody, |(_, ids)| ids);
            let stayed = ids.intersection(before).count();
            let (retention, churn) = (share(stayed, before.len()), share(before.len() - stayed, before.len()));
            let counts = [long(ids.len()), long(ids.len() - stayed), Value::Real(retention), Value::Real(churn)];
            rows.push(row(&timeline, *bin, group, counts));
        }
    }
    Ok(Batch::from_rows(schema, rows))
}

fn new_metrics_schema(call: &TableCall) -> Result<Schema, String> {
    let timeline = Timeline::of(call, "Window")?;
    super::point(call, "Cohort", timeline.ty)?;
    if let Some(table) = call.table("Lookback") {
        Events::default().known(table, call.required("IdColumn")?.name)?;
    }
    let name = call.required("TimelineColumn")?.name;
    let times = ["from", "to"].map(|side| Field { name: format!("{side}_{name}").into(), ty: timeline.ty });
    let (counts, rates) = (Type::Long, Type::Real);
    let names = [
        ("dcount_new_values", counts),
        ("dcount_retained_values", counts),
        ("dcount_churn_values", counts),
        ("retention_rate", rates),
        ("churn_rate", rates),
    ];
    Ok(Schema::new(times.into_iter().chain(rest_of_schema(call, &names))))
}

fn new_metrics(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let timeline = Timeline::of(call, "Window")?;
    let events = Events::of(call, timeline.start, timeline.end)?;
    let old = match call.table("Lookback") {
        Some(table) => events.known(table, call.required("IdColumn")?.name)?,
        None => HashSet::new(),
    };
    let cohort = super::point(call, "Cohort", timeline.ty)?.map(|at| timeline.step.bin(at));
    let first = timeline.step.bin(timeline.start);
    let bins = std::iter::successors(Some(first), |bin| Some(timeline.step.next(*bin)));
    let bins: Vec<i64> = bins.take_while(|bin| *bin <= timeline.end).take(MOST_PERIODS + 1).collect();
    if bins.len() > MOST_PERIODS {
        return Err(format!("`Window` cuts the time into more than {MOST_PERIODS} periods"));
    }
    let mut rows = vec![];
    for group in &events.groups {
        let periods = periods(group, &timeline);
        let mut first_seen: HashMap<usize, i64> = HashMap::new();
        for (bin, (_, ids)) in &periods {
            for id in ids.difference(&old) {
                first_seen.entry(*id).or_insert(*bin);
            }
        }
        let mut cohorts: BTreeMap<i64, HashSet<usize>> = BTreeMap::new();
        for (id, bin) in &first_seen {
            cohorts.entry(*bin).or_default().insert(*id);
        }
        for (from, members) in cohorts.iter().filter(|(from, _)| cohort.is_none_or(|c| c == **from)) {
            for to in bins.iter().filter(|to| *to >= from) {
                let nobody = HashSet::new();
                let there = periods.get(to).map_or(&nobody, |(_, ids)| ids);
                let is_new =
                    |id: &&usize| first_seen.get(id).is_some_and(|seen| seen > from || (to == from && seen == from));
                let new = there.iter().filter(is_new).count();
                let stayed = there.intersection(members).count();
                let (left, all) = (members.len() - stayed, members.len());
                let counts = [long(new), long(stayed), long(left)];
                let rates = [share(stayed, all), share(left, all)].map(Value::Real);
                let times = [timeline.value(*from), timeline.value(*to)];
                let dimensions = group.dimensions.iter().cloned();
                rows.push(times.into_iter().chain(dimensions).chain(counts).chain(rates).collect());
            }
        }
    }
    Ok(Batch::from_rows(schema, rows))
}
