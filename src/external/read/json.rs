//! JSON objects: one a line, or over many lines.
//!
//! In: text. Out: records. A line that is no JSON is skipped and counted, as Kusto's `json` does; a text of many lines that
//! is no JSON is refused, as its `multijson` does. An array is read element by element.

use super::Fault;
use super::columns::Columns;
use crate::value::Json;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::io::BufRead;

/// A record for each line that has a character.
pub(super) fn lines(reader: &mut dyn BufRead, columns: &mut Columns<'_>) -> Result<(), Fault> {
    let mut line = vec![];
    while reader.read_until(b'\n', &mut line)? > 0 {
        if !line.trim_ascii().is_empty() {
            match serde_json::from_slice::<Json>(&line) {
                Ok(record) => columns.json(&record),
                Err(_) => columns.skipped += 1,
            }
        }
        line.clear();
    }
    if columns.rows() == 0 && columns.skipped > 0 {
        let why = "no line of it is a JSON object".to_owned();
        return Err(Fault::Format(why, Some("for objects over several lines use `format=\"multijson\"`".to_owned())));
    }
    Ok(())
}

/// A record for each object, of an array or one after the other. With `single`, one object only.
pub(super) fn values(reader: &mut dyn BufRead, columns: &mut Columns<'_>, single: bool) -> Result<(), Fault> {
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let mut values = 0;
    loop {
        match deserializer.end() {
            Ok(()) => return Ok(()),
            Err(error) if error.is_io() => return Err(fault(error)),
            Err(_) => {}
        }
        if single && values > 0 {
            let why = "there is more than one value".to_owned();
            return Err(Fault::Format(why, Some("use `format=\"multijson\"`".to_owned())));
        }
        Records { columns, elements: !single }.deserialize(&mut deserializer).map_err(fault)?;
        values += 1;
    }
}

fn fault(error: serde_json::Error) -> Fault {
    if error.is_io() {
        return Fault::Io(error.into());
    }
    Fault::Format(error.to_string(), None)
}

/// Takes records as they are read.
struct Records<'c, 'a> {
    columns: &'c mut Columns<'a>,
    /// Elements of an array are records.
    elements: bool,
}

impl<'de> DeserializeSeed<'de> for Records<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Records<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("objects, or an array of them")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        if !self.elements {
            return Err(A::Error::custom("an array where one object is expected"));
        }
        while let Some(record) = elements.next_element::<Json>()? {
            self.columns.json(&record);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut record = serde_json::Map::new();
        while let Some((name, value)) = members.next_entry::<String, Json>()? {
            record.insert(name, value);
        }
        self.columns.json(&Json::Object(record));
        Ok(())
    }
}
