//! Reads answers of all three services without building them: how many rows, of when, and whether they are all.
//!
//! In: a body, the name of a datetime column. Out: a [`Page`], or the counts of a count query. The rows themselves are
//! read by the mirror.

use super::cell::{Cell, Key};
use super::kql::{COUNTS_COLUMN, STEPS_COLUMN, TOTAL_COLUMN, slot};
use super::port::Page;
use crate::value::datetime;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use xxhash_rust::xxh64::Xxh64;

impl Page {
    /// Reads an answer in the form of Graph, of Defender's older interface, or of Log Analytics.
    ///
    /// # Errors
    /// What is wrong with the body, in words.
    pub fn read(body: Vec<u8>, time: Option<&str>) -> Result<Page, String> {
        let time = time.unwrap_or_default();
        if body.is_empty() {
            return Err("the answer is empty: the service did not see the query".to_owned());
        }
        let mut found = Found::default();
        pass(&body, time, &mut found)?;
        if found.blind {
            // The rows came before the names of their columns.
            found = Found { columns: found.columns, ..Found::default() };
            pass(&body, time, &mut found)?;
        }
        if !found.list {
            return Err("the answer has no list of rows".to_owned());
        }
        let Found { rows, slots, distinct_slots, untimed, partial, digests, .. } = found;
        Ok(Page { body, rows, distinct: digests.len() as u64, slots, distinct_slots, untimed, partial })
    }
}

fn pass(body: &[u8], time: &str, found: &mut Found) -> Result<(), String> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = Top { time, found }.deserialize(&mut json).and_then(|()| json.end());
    read.map_err(|e| format!("the answer cannot be read: {e}"))
}

/// The counts in the answer of a count query: rows by the start of their step.
///
/// # Errors
/// What is wrong with it, in words: it is not the one row that was asked for, or its parts do not add up.
pub(super) fn counts(body: &[u8]) -> Result<BTreeMap<i64, u64>, String> {
    let json: Value = serde_json::from_slice(body).map_err(|e| format!("the answer cannot be read: {e}"))?;
    let cell = |name: &str| cell(&json, name).ok_or_else(|| format!("the answer to a count has no `{name}`"));
    let number = |name: &str| {
        let value = cell(name)?;
        // A number may travel as text; the sum of nothing may be null.
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
        number.or(value.is_null().then_some(0)).ok_or_else(|| format!("`{name}` is no number"))
    };
    let (steps, total) = (number(STEPS_COLUMN)?, number(TOTAL_COLUMN)?);
    let mut counts = BTreeMap::new();
    for pair in cell(COUNTS_COLUMN)?.as_str().unwrap_or_default().split_whitespace() {
        let read = pair.split_once('=').and_then(|(start, rows)| Some((datetime::parse(start)?, rows.parse().ok()?)));
        let (start, rows): (i64, u64) = read.ok_or_else(|| format!("`{pair}` is no count"))?;
        counts.insert(start, rows);
    }
    match (counts.len() as u64, counts.values().sum::<u64>()) {
        sums if sums == (steps, total) => Ok(counts),
        (n, rows) => Err(format!("the counts are of {n} steps with {rows} rows, not of {steps} with {total}")),
    }
}

/// A cell of the only row of an answer.
fn cell(json: &Value, name: &str) -> Option<Value> {
    let list = |of: &Value, names: [&str; 2]| names.iter().find_map(|n| of.get(n)?.as_array().cloned());
    let only = |rows: Vec<Value>| rows.into_iter().next();
    match list(json, ["results", "Results"]) {
        Some(rows) => only(rows)?.get(name).cloned(),
        None => {
            let table = list(json, ["tables", "Tables"])?.into_iter().next()?;
            let columns = list(&table, ["columns", "Columns"])?;
            let place = columns.iter().position(|c| c.get("name").and_then(Value::as_str) == Some(name))?;
            only(list(&table, ["rows", "Rows"])?)?.get(place).cloned()
        }
    }
}

#[derive(Debug, Default)]
struct Found {
    /// A list of rows was there.
    list: bool,
    rows: u64,
    slots: BTreeMap<i64, i64>,
    distinct_slots: BTreeMap<i64, i64>,
    digests: HashSet<u64>,
    untimed: u64,
    partial: Option<String>,
    /// The columns of the rows that are lists.
    columns: Option<Vec<String>>,
    /// Such rows came before their columns.
    blind: bool,
}

impl Found {
    fn row(&mut self, time: Option<i64>, digest: Xxh64) {
        self.rows += 1;
        let fresh = self.digests.insert(digest.digest());
        let Some(slot) = time.map(slot) else {
            self.untimed += 1;
            return;
        };
        *self.slots.entry(slot).or_insert(0) += 1;
        if fresh {
            *self.distinct_slots.entry(slot).or_insert(0) += 1;
        }
    }
}

/// What the service says of a part.
fn told(error: &Value) -> String {
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut parts = vec![text(error, "code"), text(error, "message")];
    for detail in error.get("details").and_then(Value::as_array).into_iter().flatten() {
        parts.extend([text(detail, "code"), text(detail, "message")]);
    }
    parts.retain(|p| !p.is_empty());
    parts.join(": ")
}

/// A JSON value of one form, read for what is found in it; of another form it is an error.
macro_rules! seed {
    ($name:ident, $visit:ident, $access:ident, $expects:literal, |$this:ident, $items:ident| $body:block) => {
        struct $name<'a> {
            time: &'a str,
            found: &'a mut Found,
        }

        impl<'de> DeserializeSeed<'de> for $name<'_> {
            type Value = ();

            fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
                json.deserialize_any(self)
            }
        }

        impl<'de> Visitor<'de> for $name<'_> {
            type Value = ();

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($expects)
            }

            fn $visit<A: $access<'de>>(self, mut $items: A) -> Result<(), A::Error> {
                let $this = self;
                $body
                Ok(())
            }
        }
    };
}

seed!(Top, visit_map, MapAccess, "an answer", |this, items| {
    while let Some(key) = items.next_key::<String>()? {
        let (time, found) = (this.time, &mut *this.found);
        match key.as_str() {
            "results" | "Results" => items.next_value_seed(Objects { time, found })?,
            "tables" | "Tables" => items.next_value_seed(Tables { time, found })?,
            "error" => {
                let error: Value = items.next_value()?;
                found.partial = (!error.is_null()).then(|| told(&error));
            }
            _ => drop(items.next_value::<IgnoredAny>()?),
        }
    }
});

seed!(Objects, visit_seq, SeqAccess, "a list of rows", |this, items| {
    this.found.list = true;
    while items.next_element_seed(Object { time: this.time, found: &mut *this.found })?.is_some() {}
});

seed!(Object, visit_map, MapAccess, "a row", |this, items| {
    let (mut at, mut digest) = (None, Xxh64::new(0));
    while let Some(is_time) = items.next_key_seed(Key { name: this.time, digest: &mut digest })? {
        let time = items.next_value_seed(Cell { is_time, digest: &mut digest })?;
        at = at.or(time);
    }
    this.found.row(at, digest);
});

seed!(Tables, visit_seq, SeqAccess, "a list of tables", |this, items| {
    // The first table is the result; a service may add others about the query itself.
    if items.next_element_seed(Table { time: this.time, found: &mut *this.found })?.is_some() {
        while items.next_element::<IgnoredAny>()?.is_some() {}
    }
});

seed!(Table, visit_map, MapAccess, "a table", |this, items| {
    while let Some(key) = items.next_key::<String>()? {
        match key.as_str() {
            "columns" | "Columns" => {
                let columns: Vec<Value> = items.next_value()?;
                let name =
                    |c: &Value| ["name", "ColumnName"].iter().find_map(|n| c.get(n)?.as_str().map(str::to_owned));
                this.found.columns = Some(columns.iter().map(|c| name(c).unwrap_or_default()).collect());
            }
            "rows" | "Rows" => items.next_value_seed(Grid { time: this.time, found: &mut *this.found })?,
            _ => drop(items.next_value::<IgnoredAny>()?),
        }
    }
});

seed!(Grid, visit_seq, SeqAccess, "a list of rows", |this, items| {
    this.found.list = true;
    this.found.blind = this.found.columns.is_none();
    let place = this.found.columns.as_ref().and_then(|c| c.iter().position(|c| c == this.time));
    while let Some((at, digest)) = items.next_element_seed(Cells(place))? {
        this.found.row(at, digest);
    }
});

/// A row that is a list, with the place of its time: its time, and its digest.
struct Cells(Option<usize>);

impl<'de> DeserializeSeed<'de> for Cells {
    type Value = (Option<i64>, Xxh64);

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Cells {
    type Value = (Option<i64>, Xxh64);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let (mut at, mut digest, mut place) = (None, Xxh64::new(0), 0);
        while let Some(time) = items.next_element_seed(Cell { is_time: self.0 == Some(place), digest: &mut digest })? {
            at = at.or(time);
            place += 1;
        }
        Ok((at, digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page(json: &Value) -> Result<Page, String> {
        Page::read(json.to_string().into_bytes(), Some("Timestamp"))
    }

    #[test]
    fn all_three_forms_say_the_same() {
        let (a, b) = ("2026-07-01T13:04:59.9999999Z", "2026-07-01T13:05:00Z");
        let row = |t: &str| json!({"Timestamp": t, "X": {"Timestamp": 1}});
        let columns = json!([{"name": "X", "type": "dynamic"}, {"name": "Timestamp", "type": "datetime"}]);
        let grid = json!([["{}", a], [null, b], ["x", b]]);
        for body in [
            json!({"schema": [], "results": [row(a), row(b), row(b)]}),
            json!({"Stats": {"Results": 1}, "Schema": [], "Results": [row(a), row(b), row(b)]}),
            json!({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": grid}, {"rows": [[1]]}]}),
            json!({"tables": [{"rows": grid, "columns": columns}], "error": null}),
        ] {
            let page = page(&body).unwrap();
            assert_eq!((page.rows, page.untimed, page.partial), (3, 0, None), "{body}");
            let start = datetime::parse("2026-07-01T13:00:00Z").unwrap();
            let slots: Vec<_> = page.slots.into_iter().map(|(s, n)| (s - start, n)).collect();
            assert_eq!(slots, [(0, 1), (3_000_000_000, 2)], "{body}");
        }
    }

    #[test]
    fn a_part_and_rows_without_time_are_told() {
        let error = json!({"code": "PartialError", "message": "m", "details": [{"code": "c", "message": "d"}]});
        let read = page(&json!({"tables": [{"columns": [], "rows": [[1]]}], "error": error})).unwrap();
        assert_eq!((read.rows, read.untimed, read.partial.as_deref()), (1, 1, Some("PartialError: m: c: d")));
        assert_eq!(page(&json!({"results": [{"Timestamp": 5}, {}]})).unwrap().untimed, 2);
    }

    #[test]
    fn rows_that_are_the_same_are_known_by_all_of_their_cells() {
        let t = "2026-07-01T13:00:00Z";
        let rows = json!([
            {"Timestamp": t, "A": {"b": [1, null]}},
            {"Timestamp": t, "A": {"b": [1, null]}},
            {"Timestamp": t, "A": {"b": [1, ""]}},
            {"Timestamp": t, "A": {"b": [1]}, "C": null},
        ]);
        let read = page(&json!({"results": rows})).unwrap();
        assert_eq!((read.rows, read.distinct), (4, 3));
        let sums = |slots: &BTreeMap<i64, i64>| slots.values().sum::<i64>();
        assert_eq!((sums(&read.slots), sums(&read.distinct_slots)), (4, 3));
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        assert!(Page::read(vec![], Some("T")).unwrap_err().contains("empty"));
        for text in ["{}", "[]", "{\"results\":[", "{\"results\":{}}", "{\"results\":[]}x", "{\"results\":[1]}"] {
            assert!(Page::read(text.as_bytes().to_vec(), Some("T")).is_err(), "{text}");
        }
    }

    #[test]
    fn counts_are_taken_when_they_add_up() {
        let (a, b) = ("2026-07-01T13:00:00.0000000Z", "2026-07-01T14:00:00.0000000Z");
        let text = format!("{a}=3 {b}=4");
        let columns = json!([{"name": "Counts"}, {"name": "Steps"}, {"name": "Total"}]);
        let expected = BTreeMap::from([(datetime::parse(a).unwrap(), 3), (datetime::parse(b).unwrap(), 4)]);
        for body in [
            json!({"results": [{"Steps": 2, "Total": 7, "Counts": text}]}),
            json!({"Results": [{"Steps": "2", "Total": 7, "Counts": text}]}),
            json!({"tables": [{"columns": columns, "rows": [[text, 2, 7]]}]}),
        ] {
            assert_eq!(counts(body.to_string().as_bytes()).unwrap(), expected, "{body}");
        }
        let none = json!({"results": [{"Steps": 0, "Total": null, "Counts": ""}]});
        assert!(counts(none.to_string().as_bytes()).unwrap().is_empty());
        for body in [
            json!({"results": []}),
            json!({"results": [{"Steps": 3, "Total": 7, "Counts": text}]}),
            json!({"results": [{"Steps": 2, "Total": 8, "Counts": text}]}),
            json!({"results": [{"Steps": 2, "Total": 7, "Counts": "x=1"}]}),
            json!({"tables": []}),
        ] {
            assert!(counts(body.to_string().as_bytes()).is_err(), "{body}");
        }
    }
}
