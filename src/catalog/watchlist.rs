//! Watchlists: lists of the analyst's own, which queries read with `_GetWatchlist`.

use crate::value::{Batch, Field, Schema, Type, Value, datetime};
use std::sync::Arc;
use std::time::SystemTime;

/// A watchlist as its rows.
#[derive(Clone, Debug)]
pub struct Watchlist {
    /// Its alias.
    pub alias: Arc<str>,
    /// `_DTItemId`, `LastUpdatedTimeUTC`, `SearchKey`, then the columns of the file, each a string.
    pub schema: Schema,
    /// The rows.
    pub rows: Arc<Batch>,
}

/// The columns that the service adds before those of the list.
const ADDED: [(&str, Type); 3] =
    [("_DTItemId", Type::String), ("LastUpdatedTimeUTC", Type::Datetime), ("SearchKey", Type::String)];

/// The comment that may stand in the first line and names the column of the search key.
const KEY_COMMENT: &str = "# search-key:";

impl Watchlist {
    /// Reads CSV with a header. The search key is the column that a first line `# search-key: NAME` names, else a column
    /// `SearchKey`, else the first one. Items have no ids of their own: their numbers stand for them.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn read(alias: &str, text: &str, changed: Option<SystemTime>) -> Result<Watchlist, String> {
        let (key, body) = match text.strip_prefix(KEY_COMMENT).and_then(|rest| rest.split_once('\n')) {
            Some((name, body)) => (Some(name.trim()), body),
            None => (None, text),
        };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(body.as_bytes());
        let header = reader.headers().map_err(|e| e.to_string())?.clone();
        let names: Vec<&str> = header.iter().map(str::trim).collect();
        if names.iter().all(|n| n.is_empty()) {
            return Err("it has no header".to_owned());
        }
        if let [only] = names.as_slice()
            && let Some(separator) = only.chars().find(|c| [';', '\t', '|'].contains(c))
        {
            return Err(format!("its columns are separated by {separator:?}, not by commas"));
        }
        let place_of = |name: &str| names.iter().position(|n| *n == name);
        let key = match key {
            Some(name) => place_of(name).ok_or_else(|| format!("it has no column `{name}` for the search key"))?,
            None => place_of("SearchKey").unwrap_or(0),
        };
        let own: Vec<(usize, &str)> = names.iter().copied().enumerate().filter(|(_, n)| is_own(n)).collect();
        let fields = own.iter().map(|(_, name)| Field { name: (*name).into(), ty: Type::String });
        let schema = Schema::new(ADDED.iter().map(|(n, ty)| Field { name: (*n).into(), ty: *ty }).chain(fields));
        if let Some((_, name)) = own.iter().enumerate().find(|(i, (_, n))| own.iter().take(*i).any(|(_, m)| m == n)) {
            return Err(format!("its header has the name `{}` twice", name.1));
        }
        let changed = changed.map_or(Value::Null, |time| Value::Datetime(datetime::from_system_time(time)));
        let mut rows: Vec<Vec<Value>> = vec![];
        let lines_before = text.get(..text.len() - body.len()).unwrap_or_default().matches('\n').count() as u64;
        let mut last = csv::StringRecord::new();
        for record in reader.records() {
            let record = record.map_err(|e| e.to_string())?;
            if record.iter().skip(names.len()).any(|cell| !cell.trim().is_empty()) {
                return Err(format!("line {} has more values than the header", line_of(&record) + lines_before));
            }
            let cell = |place: usize| Value::String(record.get(place).unwrap_or_default().to_owned());
            let id = Value::String(format!("{alias}/{}", rows.len() + 1));
            let mut row = vec![id, changed.clone(), cell(key)];
            row.extend(own.iter().map(|(place, _)| cell(*place)));
            rows.push(row);
            last = record;
        }
        // A quote that is never closed takes in the rest of the text.
        let odd = body.matches('"').count() % 2 == 1;
        if odd && last.iter().any(|cell| cell.contains('\n')) {
            return Err(format!("the quote that opens in line {} has no end", line_of(&last) + lines_before));
        }
        let rows = Arc::new(Batch::from_rows(&schema, rows));
        Ok(Watchlist { alias: alias.into(), schema, rows })
    }
}

/// The line of the text that a record begins in.
fn line_of(record: &csv::StringRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}

/// A column of the list itself: neither nameless nor one that the service adds.
fn is_own(name: &str) -> bool {
    !name.is_empty() && ADDED.iter().all(|(added, _)| *added != name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, Vec<Value>), String> {
        let list = Watchlist::read("Vips", text, None)?;
        let names: Vec<&str> = list.schema.names().collect();
        Ok((names.join(" "), list.rows.row(0)))
    }

    #[test]
    fn a_list_has_the_columns_of_its_header() {
        let text = |s: &str| Value::String(s.to_owned());
        let (names, row) = read("Name,Mail\nAnn,\"a, b\"\n").unwrap();
        assert_eq!(names, "_DTItemId LastUpdatedTimeUTC SearchKey Name Mail");
        assert_eq!(row, [text("Vips/1"), Value::Null, text("Ann"), text("Ann"), text("a, b")]);
        let (_, row) = read("# search-key: Mail\nName,Mail\nAnn,x\n").unwrap();
        assert_eq!(row[2], text("x"));
        let (names, row) = read("Name,SearchKey\nAnn,k\n").unwrap();
        assert_eq!((names.as_str(), &row[2]), ("_DTItemId LastUpdatedTimeUTC SearchKey Name", &text("k")));
    }

    #[test]
    fn what_is_wrong_with_a_list_is_said() {
        assert!(read("# search-key: Nope\nName\nAnn\n").unwrap_err().contains("`Nope`"));
        assert!(read("Name,Name\n1,2\n").unwrap_err().contains("`Name` twice"));
        assert!(read("Name;Mail\nAnn;x\n").unwrap_err().contains("';'"));
        assert!(read("A,B\n1,2\n1,2,3\n").unwrap_err().contains("line 3 has more"));
        assert!(read("# search-key: A\nA,B\n1,2\n\"x,2\n3,4\n").unwrap_err().contains("line 4 has no end"));
        assert!(read("A,B\n5\" disk,2\n").is_ok() && read("A,B,\n1,2,,\n").is_ok());
        assert!(read("").unwrap_err().contains("no header"));
    }
}
