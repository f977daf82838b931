//! A cell of an answer, read for its time and its part of the row's digest, and never built.
//!
//! In: JSON as it is parsed, the digest of the row so far. Out: the time in ticks, where it is wanted, and the digest
//! with the cell in it.

use crate::value::datetime;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;
use xxhash_rust::xxh64::Xxh64;

/// A key: whether it is this name.
pub(super) struct Key<'a> {
    pub(super) name: &'a str,
    pub(super) digest: &'a mut Xxh64,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<bool, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        feed(self.digest, b'k', text.as_bytes());
        Ok(text == self.name)
    }
}

/// A cell: its time, where that is wanted and it has one.
pub(super) struct Cell<'a> {
    pub(super) is_time: bool,
    pub(super) digest: &'a mut Xxh64,
}

/// What kind it is, how long, and what: no two rows that differ are fed alike.
fn feed(digest: &mut Xxh64, kind: u8, bytes: &[u8]) {
    digest.update(&[kind]);
    digest.update(&bytes.len().to_le_bytes());
    digest.update(bytes);
}

impl<'de> DeserializeSeed<'de> for Cell<'_> {
    type Value = Option<i64>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<i64>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Cell<'_> {
    type Value = Option<i64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cell")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<i64>, E> {
        feed(self.digest, b's', text.as_bytes());
        Ok(if self.is_time { datetime::parse(text) } else { None })
    }

    fn visit_unit<E: Error>(self) -> Result<Option<i64>, E> {
        feed(self.digest, b'n', &[]);
        Ok(None)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Option<i64>, E> {
        feed(self.digest, b'b', &[u8::from(value)]);
        Ok(None)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Option<i64>, E> {
        feed(self.digest, b'i', &value.to_le_bytes());
        Ok(None)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Option<i64>, E> {
        feed(self.digest, b'u', &value.to_le_bytes());
        Ok(None)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Option<i64>, E> {
        feed(self.digest, b'f', &value.to_bits().to_le_bytes());
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<i64>, A::Error> {
        feed(self.digest, b'[', &[]);
        while items.next_element_seed(Cell { is_time: false, digest: &mut *self.digest })?.is_some() {}
        feed(self.digest, b']', &[]);
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Option<i64>, A::Error> {
        feed(self.digest, b'{', &[]);
        while items.next_key_seed(Key { name: "", digest: &mut *self.digest })?.is_some() {
            items.next_value_seed(Cell { is_time: false, digest: &mut *self.digest })?;
        }
        feed(self.digest, b'}', &[]);
        Ok(None)
    }
}
