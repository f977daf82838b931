//! The tables of advanced hunting and of Sentinel as facts: names, columns, types, time columns, old names.
//!
//! In: `tables.txt`, part of the program; what it says of a table is read when that table is first asked for, since a query
//! asks for few. Out: [`tables`] and look-ups. Each table has the columns of both portals, so that a query copied from either
//! one finds its names. Never says which tables hold rows.

use crate::value::{Field, Schema, Type};
use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

/// The nine tables of device events that the Defender connector brings to a workspace, the busiest first.
pub const CONNECTOR_TABLES: [&str; 9] = [
    "DeviceProcessEvents",
    "DeviceNetworkEvents",
    "DeviceFileEvents",
    "DeviceEvents",
    "DeviceRegistryEvents",
    "DeviceImageLoadEvents",
    "DeviceLogonEvents",
    "DeviceInfo",
    "DeviceNetworkInfo",
];

/// Which portal documents a table or column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portals {
    /// Advanced hunting, or the stream that feeds it.
    pub defender: bool,
    /// Sentinel (Log Analytics).
    pub sentinel: bool,
}

impl Portals {
    /// Both of them.
    pub fn both(self) -> bool {
        self.defender && self.sentinel
    }
}

/// A column of a known table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownColumn {
    /// Its name.
    pub name: &'static str,
    /// Its type; where the portals disagree, dynamic if either says so, else Defender's.
    pub ty: Type,
    /// Who has it.
    pub portals: Portals,
}

/// A table as the portals document it.
#[derive(Clone, Debug)]
pub struct KnownTable {
    /// Its name.
    pub name: &'static str,
    /// What its rows are; empty where its name says it all.
    pub description: &'static str,
    /// Who has it.
    pub portals: Portals,
    /// The column that time ranges apply to; tables of inventory have none.
    pub time_column: Option<&'static str>,
    /// The columns of both portals, in order.
    pub columns: Vec<KnownColumn>,
    /// Known values of `ActionType`, sorted; a hint, never complete.
    pub action_types: Vec<&'static str>,
}

impl KnownTable {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&KnownColumn> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// What one of its columns holds; empty where its name says it all.
    pub fn about(&self, column: &KnownColumn) -> &'static str {
        let here = ABOUT.get(format!("{}.{}", self.name, column.name).as_str());
        here.or_else(|| ABOUT.get(column.name)).copied().unwrap_or_default()
    }

    /// The columns as a schema.
    pub fn schema(&self) -> Schema {
        Schema::new(self.columns.iter().map(|c| Field { name: c.name.into(), ty: c.ty }))
    }
}

/// A table whose lines may not be read yet.
struct Block {
    name: &'static str,
    /// What follows `table ` in its first line, and its other lines.
    text: &'static str,
    table: OnceLock<Option<KnownTable>>,
}

impl Block {
    fn table(&self) -> Option<&KnownTable> {
        self.table.get_or_init(|| read(self.text)).as_ref()
    }
}

/// Every known table, sorted by name.
static BLOCKS: LazyLock<Vec<Block>> = LazyLock::new(|| {
    let blocks = TEXT.split(TABLE).skip(1);
    blocks
        .map(|text| Block { name: text.split(' ').next().unwrap_or_default(), text, table: OnceLock::new() })
        .collect()
});

const TEXT: &str = include_str!("tables.txt");

/// What a table begins with.
const TABLE: &str = "\ntable ";

/// What columns hold, by their names, or by table and column.
static ABOUT: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| pairs(TEXT, "about "));

/// Old names of tables and of columns.
static OLD_TABLES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| pairs(TEXT, "old "));
static OLD_COLUMNS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| pairs(TEXT, "old-column "));

/// Names that are gone: of tables with what to read today, of columns with the one that tells something like it today.
static GONE_TABLES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| pairs(TEXT, "gone "));
static GONE_COLUMNS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| pairs(TEXT, "gone-column "));

/// The table of that name; names are case-sensitive, old names are not resolved.
pub fn known_table(name: &str) -> Option<&'static KnownTable> {
    let at = BLOCKS.binary_search_by(|block| block.name.cmp(name)).ok()?;
    BLOCKS.get(at)?.table()
}

/// Every known table, sorted by name.
pub fn tables() -> impl Iterator<Item = &'static KnownTable> {
    BLOCKS.iter().filter_map(Block::table)
}

/// The names of all known tables, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    BLOCKS.iter().map(|block| block.name)
}

/// The current name of a table that was renamed (`MiscEvents`).
pub fn resolve_alias(table: &str) -> Option<&'static str> {
    OLD_TABLES.get(table).copied()
}

/// The column of a known table that an old or other portal's name stands for: `EventTime`, or `TimeGenerated` where only
/// `Timestamp` is documented. `None` where the table has a column of that very name.
pub fn column_alias(table: &str, column: &str) -> Option<&'static str> {
    let known = known_table(table)?;
    let current = OLD_COLUMNS.get(column)?;
    (known.column(column).is_none() && known.column(current).is_some()).then_some(*current)
}

/// What to read today instead of a table that is gone and was not merely renamed, as a clause for messages.
pub fn gone_table(table: &str) -> Option<&'static str> {
    GONE_TABLES.get(table).copied()
}

/// The column that tells today what a column that is gone told; its values may be others.
pub fn gone_column(column: &str) -> Option<&'static str> {
    GONE_COLUMNS.get(column).copied()
}

/// True for a column's name that was another one's before: not for the names that differ between the portals.
pub fn is_old_column(column: &str) -> bool {
    column != "TimeGenerated" && OLD_COLUMNS.contains_key(column)
}

/// The lines that start with a word, as pairs of names.
fn pairs(text: &'static str, word: &str) -> HashMap<&'static str, &'static str> {
    text.lines().filter_map(|line| line.strip_prefix(word)?.split_once(' ')).collect()
}

/// Reads the lines of a table up to the first that is none of them; `tests` hold that no line is left out.
fn read(text: &'static str) -> Option<KnownTable> {
    let mut lines = text.lines();
    let mut table = read_head(lines.next()?)?;
    for body in lines.map_while(|line| line.strip_prefix("  ")) {
        match body.strip_prefix("actions ") {
            Some(actions) => table.action_types.extend(actions.split(' ')),
            None => table.columns.extend(body.split(' ').filter_map(|word| read_column(word, table.portals))),
        }
    }
    Some(table)
}

/// `NAME TIME PORTALS TEXT`
fn read_head(head: &'static str) -> Option<KnownTable> {
    let mut words = head.splitn(4, ' ');
    let (name, time, portals) = (words.next()?, words.next()?, words.next()?);
    Some(KnownTable {
        name,
        description: words.next().unwrap_or_default(),
        portals: Portals { defender: portals.contains('d'), sentinel: portals.contains('s') },
        time_column: (time != "-").then_some(time),
        columns: Vec::new(),
        action_types: Vec::new(),
    })
}

/// `[<|>]name[:type]`
fn read_column(word: &'static str, of_table: Portals) -> Option<KnownColumn> {
    let (rest, portals) = match (word.strip_prefix('<'), word.strip_prefix('>')) {
        (Some(rest), _) => (rest, Portals { defender: true, sentinel: false }),
        (_, Some(rest)) => (rest, Portals { defender: false, sentinel: true }),
        _ => (word, of_table),
    };
    let (name, ty) = rest.split_once(':').unwrap_or((rest, "string"));
    Some(KnownColumn { name, ty: Type::from_name(ty)?, portals })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_text_is_read() {
        let of_columns = |line: &str| line.starts_with("  ") && !line.starts_with("  actions ");
        let words: usize = TEXT.lines().filter(|l| of_columns(l)).map(|l| l.trim().split(' ').count()).sum();
        assert_eq!(tables().map(|t| t.columns.len()).sum::<usize>(), words, "a type is misspelt");
        assert_eq!(tables().count(), TEXT.lines().filter(|l| l.starts_with("table ")).count());
        assert!(names().is_sorted_by(|a, b| a < b), "sorted for the binary search");
        for table in tables() {
            assert_eq!(table.schema().len(), table.columns.len(), "{}: a column twice", table.name);
            assert!(table.time_column.is_none_or(|c| table.column(c).is_some_and(|c| c.ty == Type::Datetime)));
        }
        for name in pairs(TEXT, "about ").keys() {
            let used = match name.split_once('.') {
                Some((table, column)) => known_table(table).is_some_and(|t| t.column(column).is_some()),
                None => tables().any(|t| t.column(name).is_some()),
            };
            assert!(used, "`{name}` describes nothing");
        }
    }

    #[test]
    fn device_tables_answer_to_both_portals() {
        for name in CONNECTOR_TABLES {
            let table = known_table(name).unwrap();
            assert_eq!(table.time_column, Some("Timestamp"));
            assert!(table.column("TimeGenerated").is_some_and(|c| c.ty == Type::Datetime), "{name}");
            assert!(table.column("ReportId").is_some_and(|c| c.ty == Type::Long), "{name}");
        }
        let fields = known_table("DeviceEvents").unwrap().column("AdditionalFields").unwrap();
        assert_eq!(fields.ty, Type::Dynamic);
        assert_ne!(known_table("DeviceEvents").unwrap().about(fields), "");
    }

    #[test]
    fn old_names_lead_to_the_new_ones() {
        assert_eq!(resolve_alias("MiscEvents"), Some("DeviceEvents"));
        assert_eq!(resolve_alias("DeviceEvents"), None);
        assert_eq!(column_alias("DeviceEvents", "EventTime"), Some("Timestamp"));
        assert_eq!(column_alias("DeviceEvents", "TimeGenerated"), None, "it is there itself");
        assert_eq!(column_alias("DeviceFileCertificateInfo", "MachineId"), Some("DeviceId"));
        assert_eq!(column_alias("SecurityEvent", "EventTime"), None);
        assert!(is_old_column("MachineId") && !is_old_column("TimeGenerated"));
    }

    #[test]
    fn what_is_gone_has_heirs() {
        for heir in GONE_COLUMNS.values() {
            assert!(tables().any(|t| t.column(heir).is_some()), "{heir}");
        }
        for (gone, heirs) in GONE_TABLES.iter() {
            assert!(known_table(gone).is_none(), "{gone} is there");
            assert!(heirs.split('`').skip(1).step_by(2).all(|h| known_table(h).is_some()), "{heirs}");
        }
    }
}
