//! The states that `tdigest` and `hll` hand on as dynamic values.
//!
//! In: values. Out: a state that merges with others, and answers from it. Kusto keeps estimates of bounded size; these
//! states keep what they count, so that every answer is exact. They are not exchangeable with Kusto's.

use super::compare::{Key, compare, key};
use crate::value::{Json, Type, Value, dynamic};
use serde_json::json;
use std::collections::HashSet;
use xxhash_rust::xxh64::xxh64;

/// Values in order, each with how often it counts.
#[derive(Debug, Default)]
pub(crate) struct Weighted {
    entries: Vec<(Value, i64)>,
}

impl Weighted {
    /// From values and weights in any order. A weight that is not positive drops its value.
    pub(crate) fn new(entries: impl Iterator<Item = (Value, i64)>) -> Weighted {
        let mut entries: Vec<(Value, i64)> = entries.filter(|(_, weight)| *weight > 0).collect();
        entries.sort_by(|a, b| compare(&a.0, &b.0));
        Weighted { entries }
    }

    /// The sum of the weights.
    pub(crate) fn total(&self) -> i64 {
        self.entries.iter().fold(0, |sum, (_, weight)| sum.saturating_add(*weight))
    }

    /// How much weight lies at or below a value; `None` when it cannot be compared with the values.
    pub(crate) fn rank(&self, value: &Value) -> Option<i64> {
        let ticks = |v: &Value| v.as_ticks().and(v.type_of());
        let (first, _) = self.entries.first()?;
        if ticks(first) != ticks(value) {
            return None;
        }
        let below = self.entries.iter().take_while(|(entry, _)| compare(entry, value).is_le());
        Some(below.fold(0, |sum, (_, weight)| sum.saturating_add(*weight)))
    }

    /// The state as a dynamic value: the type, then values and weights side by side.
    pub(crate) fn to_json(&self) -> Json {
        let ty = self.entries.first().and_then(|(value, _)| value.type_of()).unwrap_or(Type::Real);
        let values: Vec<Json> = self.entries.iter().map(|(value, _)| state_of(value)).collect();
        let weights: Vec<i64> = self.entries.iter().map(|(_, weight)| *weight).collect();
        json!(["tdigest", ty.name(), values, weights])
    }

    /// Reads a state back; `None` for anything else.
    pub(crate) fn from_json(json: &Json) -> Option<Weighted> {
        let [Json::String(tag), Json::String(ty), Json::Array(values), Json::Array(weights)] =
            json.as_array()?.as_slice()
        else {
            return None;
        };
        let ty = Type::from_name(ty).filter(|_| tag == "tdigest")?;
        let entries = values.iter().zip(weights).map(|(value, weight)| Some((value_of(value, ty)?, weight.as_i64()?)));
        Some(Weighted { entries: entries.collect::<Option<_>>()? })
    }

    /// Several states as one; those of another type of value than the first are left out.
    pub(crate) fn merge(states: impl Iterator<Item = Weighted>) -> Weighted {
        let mut entries: Vec<(Value, i64)> = states.flat_map(|state| state.entries).collect();
        let ty = entries.first().and_then(|(value, _)| value.type_of());
        entries.retain(|(value, _)| value.type_of() == ty);
        Weighted::new(entries.into_iter())
    }
}

/// A value in a state: times as ticks, so that they come back exactly.
fn state_of(value: &Value) -> Json {
    value.as_ticks().map_or_else(|| dynamic::from_value(value), Json::from)
}

fn value_of(json: &Json, ty: Type) -> Option<Value> {
    Some(match ty {
        Type::Long => Value::Long(json.as_i64()?),
        Type::Datetime => Value::Datetime(json.as_i64()?),
        Type::Timespan => Value::Timespan(json.as_i64()?),
        Type::Real => Value::Real(match json.as_str() {
            Some("Infinity") => f64::INFINITY,
            Some("-Infinity") => f64::NEG_INFINITY,
            Some(_) => f64::NAN,
            None => json.as_f64()?,
        }),
        _ => return None,
    })
}

/// The value of the nearest rank: the smallest one at or below which a percentage of the weight lies.
pub(crate) fn percentile(values: &Weighted, percentage: f64) -> Option<Value> {
    let wanted = percentage / 100.0 * values.total() as f64;
    let mut reached = 0_i64;
    let found = values.entries.iter().find(|(_, weight)| {
        reached = reached.saturating_add(*weight);
        reached as f64 >= wanted
    });
    found.or(values.entries.last()).map(|(value, _)| value.clone())
}

/// A set of hashes, what `hll` counts.
#[derive(Debug, Default)]
pub(crate) struct Distinct {
    hashes: HashSet<u64>,
}

impl Distinct {
    /// The set of some values; nulls are left out.
    pub(crate) fn new<'a>(values: impl Iterator<Item = &'a Value>) -> Distinct {
        Distinct { hashes: values.filter(|v| !v.is_null()).map(|value| hash_of(&key(value))).collect() }
    }

    /// Number of distinct values.
    pub(crate) fn count(&self) -> i64 {
        i64::try_from(self.hashes.len()).unwrap_or(i64::MAX)
    }

    /// The state as a dynamic value, hashes in order.
    pub(crate) fn to_json(&self) -> Json {
        let mut hashes: Vec<u64> = self.hashes.iter().copied().collect();
        hashes.sort_unstable();
        json!(["hll", hashes])
    }

    /// Reads a state back; `None` for anything else.
    pub(crate) fn from_json(json: &Json) -> Option<Distinct> {
        let [Json::String(tag), Json::Array(hashes)] = json.as_array()?.as_slice() else { return None };
        (tag == "hll").then_some(())?;
        Some(Distinct { hashes: hashes.iter().map(Json::as_u64).collect::<Option<_>>()? })
    }

    /// What two sets share.
    pub(crate) fn intersection(&self, other: &Distinct) -> Distinct {
        Distinct { hashes: self.hashes.intersection(&other.hashes).copied().collect() }
    }

    /// Several sets as one.
    pub(crate) fn merge(states: impl Iterator<Item = Distinct>) -> Distinct {
        Distinct { hashes: states.flat_map(|state| state.hashes).collect() }
    }
}

fn hash_of(key: &Key) -> u64 {
    let bytes = match key {
        Key::Null => vec![],
        Key::Bool(b) => vec![u8::from(*b)],
        Key::Whole(n) => n.to_le_bytes().to_vec(),
        Key::Real(bits) => bits.to_le_bytes().to_vec(),
        Key::Decimal(d) => d.serialize().to_vec(),
        Key::Guid(g) => g.to_le_bytes().to_vec(),
        Key::Text(text) | Key::Json(text) => text.clone().into_bytes(),
    };
    xxh64(&bytes, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_survive_their_json() {
        let values = [Value::Datetime(638_000_000_000_000_001), Value::Datetime(5)];
        let state = Weighted::new(values.into_iter().map(|v| (v, 2)));
        let back = Weighted::from_json(&state.to_json()).expect("a state");
        assert_eq!(back.total(), 4);
        assert_eq!(percentile(&back, 100.0), Some(Value::Datetime(638_000_000_000_000_001)));
        assert!(Weighted::from_json(&json!([1, 2])).is_none());
    }

    #[test]
    fn merged_sets_count_what_they_share_once() {
        let set = |range: std::ops::Range<i64>| Distinct::new(range.map(Value::Long).collect::<Vec<_>>().iter());
        let states = [set(0..10), set(5..15)].map(|s| Distinct::from_json(&s.to_json()).expect("a state"));
        assert_eq!(Distinct::merge(states.into_iter()).count(), 15);
    }
}
