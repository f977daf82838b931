//! Which tables are pulled: the check-boxes of `[mirror.tables]`, or a list, as far as the service can give them.
//!
//! In: names and check-boxes, a source. Out: tables with the column that their rows are asked by, or a refusal that
//! says what to do instead.

use super::source::Source;
use crate::catalog::device::{self, CONNECTOR_TABLES, KnownTable};
use crate::diagnostic::{Code, Diagnostic, nearest};
use std::collections::BTreeMap;

/// A table to pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullTable {
    /// Its name.
    pub name: String,
    /// The datetime column that its rows are asked by.
    pub time: String,
}

/// The tables that the check-boxes leave on: the nine of the connector unless switched off, and others that are
/// switched on, in that order.
///
/// # Errors
/// [`Code::BadConfig`] when a name is of no documented table.
pub fn enabled(boxes: &BTreeMap<String, bool>) -> Result<Vec<String>, Diagnostic> {
    for name in boxes.keys() {
        known(name, Code::BadConfig)?;
    }
    let nine = CONNECTOR_TABLES.iter().filter(|t| boxes.get(**t) != Some(&false)).map(|t| (*t).to_owned());
    let more = boxes.iter().filter(|(name, on)| **on && !CONNECTOR_TABLES.contains(&name.as_str()));
    Ok(nine.chain(more.map(|(name, _)| name.clone())).collect())
}

/// The tables of these names, as the source has them; each once.
///
/// # Errors
/// [`Code::Usage`] when a name is of no documented table, when the source does not have it, or when its rows have no time
/// to ask by.
pub fn choose(source: Source, names: &[String]) -> Result<Vec<PullTable>, Diagnostic> {
    let mut chosen: Vec<PullTable> = vec![];
    for name in names {
        let table = of(source, known(name, Code::Usage)?)?;
        if !chosen.contains(&table) {
            chosen.push(table);
        }
    }
    Ok(chosen)
}

fn known(name: &str, code: Code) -> Result<&'static KnownTable, Diagnostic> {
    device::known_table(name).ok_or_else(|| {
        let told = Diagnostic::general(code, format!("no table that can be pulled is called `{name}`"));
        told.with_suggestion(nearest(name, device::names()))
    })
}

fn of(source: Source, table: &KnownTable) -> Result<PullTable, Diagnostic> {
    let name = table.name;
    let has = match source {
        Source::Graph | Source::Defender => table.portals.defender,
        Source::LogAnalytics => table.portals.sentinel,
    };
    if !has {
        let other = if source == Source::LogAnalytics { "graph" } else { "log_analytics" };
        return Err(Diagnostic::general(Code::Usage, format!("{} does not have the table `{name}`", source.title()))
            .with_help(format!("`source = \"{other}\"` below `[mirror.pull]` is the one that has it")));
    }
    let time = match source {
        Source::Graph | Source::Defender => table.time_column,
        Source::LogAnalytics => table.column("TimeGenerated").map(|c| c.name),
    };
    match time {
        Some(time) => Ok(PullTable { name: name.to_owned(), time: time.to_owned() }),
        None => Err(Diagnostic::general(
            Code::Usage,
            format!("`{name}` cannot be pulled: its rows have no time, so what is new cannot be asked for"),
        )
        .with_help("export it in the portal and bring the file with `huntline import`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn boxes_add_to_the_nine_and_take_from_them() {
        let nine = enabled(&BTreeMap::new()).unwrap();
        assert_eq!(nine, CONNECTOR_TABLES);
        let boxes = [("DeviceInfo", false), ("EmailEvents", true), ("AlertInfo", false)];
        let boxes: BTreeMap<String, bool> = boxes.iter().map(|(n, on)| ((*n).to_owned(), *on)).collect();
        let tables = enabled(&boxes).unwrap();
        assert_eq!(tables.len(), 9);
        assert!(!tables.contains(&"DeviceInfo".to_owned()) && tables.last().unwrap() == "EmailEvents");
        let wrong: BTreeMap<String, bool> = [("DeviceInf".to_owned(), true)].into();
        let told = enabled(&wrong).unwrap_err();
        assert_eq!(told.help.as_deref(), Some("did you mean `DeviceInfo`?"));
    }

    #[test]
    fn every_table_is_asked_by_its_time_or_refused() {
        let one = |source, name| choose(source, &names(&[name, name])).map(|t| t[0].time.clone());
        assert_eq!(one(Source::Graph, "DeviceInfo").unwrap(), "Timestamp");
        assert_eq!(one(Source::LogAnalytics, "DeviceInfo").unwrap(), "TimeGenerated");
        assert_eq!(one(Source::Defender, "CallActivityEvents").unwrap(), "ActivityTimestamp");
        assert!(one(Source::Graph, "DeviceTvmSoftwareInventory").unwrap_err().message.contains("have no time"));
        assert!(one(Source::Graph, "SigninLogs").unwrap_err().message.contains("does not have"));
        assert!(one(Source::LogAnalytics, "ExposureGraphNodes").unwrap_err().message.contains("does not have"));
        assert_eq!(choose(Source::Graph, &names(&["DeviceInfo", "DeviceInfo"])).unwrap().len(), 1);
        for table in device::tables() {
            for source in Source::ALL {
                let told = choose(source, &names(&[table.name]));
                assert!(told.is_ok() || told.unwrap_err().help.is_some(), "{}", table.name);
            }
        }
    }
}
