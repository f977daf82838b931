//! Answers to types. What does not fit is named: the record, the property, and what is wrong with it.

use super::http::{Call, Failure, Reply};
use crate::sync::port::{Answer, ServiceError};
use crate::value::datetime;
use indexmap::IndexMap;
use indexmap::map::Entry;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a record of an answer.
pub(super) fn read<T: DeserializeOwned>(call: &Call, reply: &Reply, value: Value) -> Answer<T> {
    record(value).map_err(|why| unreadable(call, reply, &why))
}

/// The error for an answer that is not what it should be.
pub(super) fn unreadable(call: &Call, reply: &Reply, why: &str) -> ServiceError {
    Failure::unreadable(call, reply.status, reply.token.struck_from(why), &reply.correlation).error
}

/// Reads a record; an error names it and its property.
pub(super) fn record<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    T::deserialize(&value).map_err(|error| {
        let name = value.get("id").or_else(|| value.get("name")).and_then(Value::as_str).unwrap_or("without an id");
        match culprit::<T>(&value) {
            Some(property) => format!("the record `{name}` cannot be read: `{property}`: {error}"),
            None => format!("the record `{name}` cannot be read: {error}"),
        }
    })
}

/// The property without which the record could be read.
fn culprit<T: DeserializeOwned>(value: &Value) -> Option<&str> {
    let object = value.as_object()?;
    let fits = |name: &&String| {
        let mut rest = object.clone();
        rest.shift_remove(name.as_str());
        T::deserialize(Value::Object(rest)).is_ok()
    };
    object.keys().find(fits).map(String::as_str)
}

/// Keeps the newest of records with the same id, and sorts: oldest change first, those without a time before all.
pub(super) fn newest<T>(records: Vec<T>, id: fn(&T) -> &str, changed: fn(&T) -> Option<&str>) -> Vec<T> {
    let time = |r: &T| changed(r).and_then(datetime::parse);
    let mut kept: IndexMap<String, T> = IndexMap::with_capacity(records.len());
    for record in records {
        match kept.entry(id(&record).to_ascii_lowercase()) {
            Entry::Vacant(free) => _ = free.insert(record),
            // Equal times: the later page was read later.
            Entry::Occupied(mut held) if time(&record) >= time(held.get()) => _ = held.insert(record),
            Entry::Occupied(_) => {}
        }
    }
    let mut records: Vec<T> = kept.into_values().collect();
    records.sort_by_key(time);
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::DefenderIncident;
    use serde_json::json;

    #[test]
    fn the_property_at_fault_is_named() {
        let bad = json!({"id": "7", "status": "active", "customTags": "x"});
        let why = record::<DefenderIncident>(bad).unwrap_err();
        assert!(why.contains("`7`") && why.contains("`customTags`"), "{why}");
        assert!(record::<DefenderIncident>(json!({"status": "active"})).unwrap_err().contains("missing field `id`"));
    }

    #[test]
    fn the_newest_of_two_is_kept_and_the_oldest_comes_first() {
        let all = [
            ("a", "2024-01-01T00:00:00.0000003Z"),
            ("b", "2024-01-01T00:00:00.0000002Z"),
            ("A", "2024-01-01T00:00:00.0000001Z"),
        ];
        let kept = newest(all.to_vec(), |r| r.0, |r| Some(r.1));
        assert_eq!(kept, [all[1], all[0]]);
    }
}
