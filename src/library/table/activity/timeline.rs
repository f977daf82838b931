//! Times on an axis of whole numbers, cut into periods; events of ids within groups.

use crate::library::compare::{Key, key};
use crate::library::scalar_function;
use crate::library::table::{TableCall, TableData};
use crate::value::{Type, Value};
use std::collections::{HashMap, HashSet};

/// A day in ticks.
const DAY: i64 = 864_000_000_000;

/// A time as a whole number: ticks, or the number itself.
pub(in crate::library::table) fn axis(value: &Value) -> Option<i64> {
    value.as_ticks().or(value.as_i64())
}

/// The time of a whole number.
pub(in crate::library::table) fn axis_value(ty: Type, at: i64) -> Value {
    match ty {
        Type::Datetime => Value::Datetime(at),
        Type::Timespan => Value::Timespan(at),
        Type::Int => i32::try_from(at).map_or(Value::Null, Value::Int),
        _ => Value::Long(at),
    }
}

/// A constant on the axis of a column; nothing when it was left out.
///
/// # Errors
/// When it is of another kind than the column, or null.
pub(in crate::library::table) fn point(call: &TableCall, name: &str, ty: Type) -> Result<Option<i64>, String> {
    let Some(value) = call.constant(name) else { return Ok(None) };
    let same = value.type_of().is_some_and(|t| t == ty || (t.is_integer() && ty.is_integer()));
    match axis(value) {
        Some(at) if same => Ok(Some(at)),
        _ => Err(format!("`{name}` must be a `{ty}`, as the column of times is")),
    }
}

/// A constant distance on the axis of a column, above zero.
///
/// # Errors
/// When it is of another kind, or not above zero.
pub(in crate::library::table) fn distance(call: &TableCall, name: &str, ty: Type) -> Result<i64, String> {
    let wanted = if ty.is_integer() { Type::Long } else { Type::Timespan };
    let value = call.constant(name).ok_or_else(|| format!("`{name}` is missing"))?;
    let same = value.type_of().is_some_and(|t| t == wanted || (t.is_integer() && wanted.is_integer()));
    match axis(value) {
        Some(step) if same && step > 0 => Ok(step),
        Some(_) if same => Err(format!("`{name}` must be above zero")),
        _ => Err(format!("`{name}` must be a `{wanted}`, since the times are of type `{ty}`")),
    }
}

/// How a timeline is cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    /// Periods of one length from an origin.
    Fixed { origin: i64, step: i64 },
    /// Weeks from Sunday, months or years.
    Calendar { function: &'static str, longest: i64 },
}

impl Step {
    /// The step that a parameter gives.
    pub(super) fn of(call: &TableCall, name: &str, ty: Type, origin: i64) -> Result<Step, String> {
        let Some(Value::String(period)) = call.constant(name) else {
            return Ok(Step::Fixed { origin, step: distance(call, name, ty)? });
        };
        let calendar = |function, days: i64| Step::Calendar { function, longest: days * DAY };
        let step = match period.as_str() {
            "week" => calendar("startofweek", 7),
            "month" => calendar("startofmonth", 31),
            "year" => calendar("startofyear", 366),
            _ => return Err(format!("`{name}` is `week`, `month` or `year` when it is a text, not `{period}`")),
        };
        if ty != Type::Datetime {
            return Err(format!("`{name}` can be `{period}` over datetimes only"));
        }
        Ok(step)
    }

    /// The start of the period that a time lies in.
    pub(super) fn bin(self, at: i64) -> i64 {
        match self {
            Step::Fixed { origin, step } => {
                // a distance may be longer than the axis counts
                let (at, origin, step) = (i128::from(at), i128::from(origin), i128::from(step));
                let bin = origin + (at - origin).div_euclid(step) * step;
                i64::try_from(bin).unwrap_or(i64::MIN)
            }
            Step::Calendar { function, .. } => {
                let start = scalar_function(function).map(|f| f.evaluate(&[Value::Datetime(at)]));
                start.as_ref().and_then(Value::as_ticks).unwrap_or(at)
            }
        }
    }

    /// The start of the next period.
    pub(super) fn next(self, bin: i64) -> i64 {
        match self {
            Step::Fixed { step, .. } => bin.saturating_add(step),
            Step::Calendar { longest, .. } => self.bin(bin.saturating_add(longest)),
        }
    }

    /// The start of the period before.
    pub(super) fn previous(self, bin: i64) -> i64 {
        self.bin(bin.saturating_sub(1))
    }
}

/// The analysed stretch of time and its periods.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeline {
    pub(super) ty: Type,
    pub(super) start: i64,
    /// Included.
    pub(super) end: i64,
    pub(super) step: Step,
}

impl Timeline {
    /// Reads it off a call whose step is the parameter of that name. Without a start it is open.
    pub(super) fn of(call: &TableCall, step: &str) -> Result<Timeline, String> {
        let ty = call.required("TimelineColumn")?.ty;
        let (start, end) = (point(call, "Start", ty)?, point(call, "End", ty)?);
        if start.zip(end).is_some_and(|(start, end)| start > end) {
            return Err("`End` lies before the start".to_owned());
        }
        let step = Step::of(call, step, ty, start.unwrap_or(0))?;
        Ok(Timeline { ty, start: start.unwrap_or(i64::MIN), end: end.unwrap_or(i64::MAX), step })
    }

    /// Whether a time is analysed.
    pub(super) fn holds(&self, at: i64) -> bool {
        (self.start..=self.end).contains(&at)
    }

    /// A time as a value of the column.
    pub(super) fn value(&self, at: i64) -> Value {
        axis_value(self.ty, at)
    }
}

/// An event: when, and whose; ids are numbered, null ones are nobody's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) at: i64,
    pub(super) id: Option<usize>,
}

/// The events of one combination of dimensions, in order of time.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) dimensions: Vec<Value>,
    pub(super) events: Vec<Event>,
}

impl Group {
    /// The times of each id, in order.
    pub(super) fn by_id(&self) -> HashMap<usize, Vec<i64>> {
        let mut times: HashMap<usize, Vec<i64>> = HashMap::new();
        for event in &self.events {
            if let Some(id) = event.id {
                times.entry(id).or_default().push(event.at);
            }
        }
        times
    }
}

/// All events by group, and the numbers of the ids.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) groups: Vec<Group>,
    ids: HashMap<Key, usize>,
}

impl Events {
    /// Reads the events from a time on, to another, both included.
    pub(super) fn of(call: &TableCall, from: i64, to: i64) -> Result<Events, String> {
        let (id, time) = (call.required("IdColumn")?, call.required("TimelineColumn")?);
        let dimensions = call.columns("dim");
        let mut events = Events::default();
        let mut places: HashMap<Vec<Key>, usize> = HashMap::new();
        for row in 0..call.rows() {
            let Some(at) = axis(&time.values.value(row)).filter(|at| (from..=to).contains(at)) else { continue };
            let who = id.values.value(row);
            let count = events.ids.len();
            let id = (!who.is_null()).then(|| *events.ids.entry(key(&who)).or_insert(count));
            let values: Vec<Value> = dimensions.iter().map(|c| c.values.value(row)).collect();
            let keys = values.iter().map(key).collect();
            let place = *places.entry(keys).or_insert_with(|| {
                events.groups.push(Group { dimensions: values, events: vec![] });
                events.groups.len() - 1
            });
            if let Some(group) = events.groups.get_mut(place) {
                group.events.push(Event { at, id });
            }
        }
        events.groups.iter_mut().for_each(|g| g.events.sort_by_key(|e| e.at));
        Ok(events)
    }

    /// The numbers of the ids that a table holds, in its column of that name or in its only one.
    pub(super) fn known(&self, table: &TableData, name: &str) -> Result<HashSet<usize>, String> {
        let only = (table.schema.len() == 1).then_some(0);
        let place = table.schema.index_of(name).or(only);
        let column = place.and_then(|place| table.batch.columns.get(place));
        let column = column.ok_or_else(|| format!("`Lookback` has no column `{name}`"))?;
        Ok((0..column.len()).filter_map(|row| self.ids.get(&key(&column.value(row))).copied()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_of_the_calendar_follow_each_other() {
        let month = Step::Calendar { function: "startofmonth", longest: 31 * DAY };
        let february = crate::value::datetime::parse("2024-02-01").unwrap();
        assert_eq!(month.next(february), crate::value::datetime::parse("2024-03-01").unwrap());
        assert_eq!(month.previous(february), crate::value::datetime::parse("2024-01-01").unwrap());
    }

    #[test]
    fn periods_start_at_their_origin() {
        let step = Step::Fixed { origin: 3, step: 10 };
        assert_eq!([step.bin(3), step.bin(12), step.bin(13), step.bin(2)], [3, 3, 13, -7]);
    }
}
