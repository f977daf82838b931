//! Look-ups of IP addresses in a table of networks.
//!
//! Networks lie in maps by the length of their prefix, so that an address is looked up once for each length, not once for
//! each network.

use super::{Columns, InputColumn, TableCall, TableData, TableFunction, TableParameter, Takes, joined_fields};
use crate::library::Example;
use crate::library::address::{Network4, Network6};
use crate::library::compare::{Key, key};
use crate::value::{Batch, Field, Schema, Type, Value};
use std::collections::{BTreeMap, HashMap};

const TEXT: &[Type] = &[Type::String];
const BOOL: &[Type] = &[Type::Bool];
const EXTRA: TableParameter = TableParameter::new("ExtraKey", Takes::Column(&[])).repeats();
const UNMATCHED: TableParameter = TableParameter::new("return_unmatched", Takes::Constant(BOOL)).optional();
const REMARKS: &str = "Both sides may be networks in prefix notation; they match when they are equal over the shorter \
                       prefix. A row comes once for each network that matches. Texts that are no addresses match nothing. \
                       Extra keys are columns of both tables that must be equal too; they come once. With \
                       `return_unmatched` rows without a match stay, the columns of the look-up table missing.";

/// The records.
pub static FUNCTIONS: &[TableFunction] = &[
    TableFunction::new(
        "ipv4_lookup",
        &[
            TableParameter::new("LookupTable", Takes::Table),
            TableParameter::new("SourceIPv4Key", Takes::Column(TEXT)),
            TableParameter::new("IPv4LookupKey", Takes::ColumnOfTable(TEXT)),
            EXTRA,
            UNMATCHED,
        ],
        Columns::Bound(|call| schema(call, Version::V4)),
        |call, schema| lookup(call, schema, Version::V4),
        "Rows with what a table of IPv4 networks says about their addresses.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new(
        "let N = datatable(net: string, site: string) [\"10.1.0.0/16\", \"a\", \"10.2.0.0/16\", \"b\"]; print ip = \
         \"10.2.0.7\" | evaluate ipv4_lookup(N, ip, net)",
        "print ip = \"10.2.0.7\", net = \"10.2.0.0/16\", site = \"b\"",
    )]),
    TableFunction::new(
        "ipv6_lookup",
        &[
            TableParameter::new("LookupTable", Takes::Table),
            TableParameter::new("SourceIPv6Key", Takes::Column(TEXT)),
            TableParameter::new("IPv6LookupKey", Takes::ColumnOfTable(TEXT)),
            EXTRA,
            UNMATCHED,
        ],
        Columns::Bound(|call| schema(call, Version::V6)),
        |call, schema| lookup(call, schema, Version::V6),
        "Rows with what a table of IPv6 (and IPv4) networks says about their addresses.",
    )
    .remarks(concat!("The columns of the look-up table come first. ", "Otherwise as `ipv4_lookup`."))
    .examples(&[Example::new(
        "let N = datatable(net: string, site: string) [\"fd00:1::/32\", \"a\"]; print ip = \"fd00:1::7\" | evaluate \
         ipv6_lookup(N, ip, net)",
        "print net = \"fd00:1::/32\", site = \"a\", ip = \"fd00:1::7\"",
    )]),
];

#[derive(Clone, Copy, PartialEq)]
enum Version {
    V4,
    V6,
}

impl Version {
    /// The parameters of the two keys.
    const fn keys(self) -> (&'static str, &'static str) {
        match self {
            Version::V4 => ("SourceIPv4Key", "IPv4LookupKey"),
            Version::V6 => ("SourceIPv6Key", "IPv6LookupKey"),
        }
    }

    /// The address in the upper bits, and the length of its prefix.
    fn parse(self, text: &str) -> Option<(u128, u8)> {
        match self {
            Version::V4 => Network4::parse(text).map(|n| (u128::from(n.address) << 96, n.length)),
            Version::V6 => Network6::parse(text).map(|n| (n.address, n.length)),
        }
    }
}

fn looked_up(call: &TableCall) -> Result<&TableData, String> {
    call.table("LookupTable").ok_or_else(|| "`LookupTable` is a table".to_owned())
}

/// Places of the extra keys in the look-up table.
fn extra_places(call: &TableCall) -> Result<Vec<usize>, String> {
    let table = looked_up(call)?;
    let place = |c: InputColumn<'_>| {
        let field = table.schema.index_of(c.name).and_then(|i| table.schema.fields().get(i).map(|f| (i, f.ty)));
        match field {
            Some((place, ty)) if ty == c.ty => Ok(place),
            Some((_, ty)) => Err(format!("`ExtraKey` `{}` is of type `{}` here and `{ty}` there", c.name, c.ty)),
            None => Err(format!("`ExtraKey` `{}` is no column of the look-up table", c.name)),
        }
    };
    call.columns("ExtraKey").into_iter().map(place).collect()
}

/// Places of the look-up table's columns that the result has.
fn kept_places(call: &TableCall) -> Result<Vec<usize>, String> {
    let extra = extra_places(call)?;
    Ok((0..looked_up(call)?.schema.len()).filter(|place| !extra.contains(place)).collect())
}

fn schema(call: &TableCall, version: Version) -> Result<Schema, String> {
    let table = looked_up(call)?;
    let kept = kept_places(call)?;
    let own: Vec<Field> = call.input_columns().map(|c| Field { name: c.name.into(), ty: c.ty }).collect();
    let theirs: Vec<Field> = kept.iter().filter_map(|place| table.schema.fields().get(*place)).cloned().collect();
    Ok(match version {
        Version::V4 => joined_fields(own, theirs),
        Version::V6 => joined_fields(theirs, own),
    })
}

/// Networks by prefix, each with its row.
#[derive(Default)]
struct Prefixes {
    by_length: BTreeMap<u8, HashMap<u128, Vec<usize>>>,
    /// All of them by first address, for what is itself a network.
    sorted: Vec<(u128, u8, usize)>,
}

fn cut(address: u128, length: u8) -> u128 {
    address & u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0)
}

impl Prefixes {
    fn new(networks: impl Iterator<Item = (u128, u8, usize)>) -> Prefixes {
        let mut prefixes = Prefixes::default();
        for (address, length, row) in networks {
            let first = cut(address, length);
            prefixes.by_length.entry(length).or_default().entry(first).or_default().push(row);
            prefixes.sorted.push((first, length, row));
        }
        prefixes.sorted.sort_unstable();
        prefixes
    }

    /// Rows of the networks that an address lies in, and of those that lie in it when it is a network.
    fn matches(&self, address: u128, length: u8) -> Vec<usize> {
        let wider = self.by_length.range(..=length);
        let mut rows: Vec<usize> =
            wider.filter_map(|(len, networks)| networks.get(&cut(address, *len))).flatten().copied().collect();
        let first = cut(address, length);
        let last = first | u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
        let start = self.sorted.partition_point(|(start, _, _)| *start < first);
        let inside = self.sorted.iter().skip(start).take_while(|(start, _, _)| *start <= last);
        rows.extend(inside.filter(|(_, len, _)| *len > length).map(|(_, _, row)| *row));
        rows
    }
}

fn lookup(call: &TableCall, schema: &Schema, version: Version) -> Result<Batch, String> {
    let (source, theirs) = version.keys();
    let (source, theirs) = (call.required(source)?, call.required(theirs)?);
    let table = looked_up(call)?;
    let (extra, kept) = (extra_places(call)?, kept_places(call)?);
    let own_extra = call.columns("ExtraKey");
    let mut by_keys: HashMap<Vec<Key>, Vec<(u128, u8, usize)>> = HashMap::new();
    for row in 0..table.batch.rows {
        let text = theirs.values.value(row);
        let Some((address, length)) = text.as_str().and_then(|t| version.parse(t)) else { continue };
        let cells = extra.iter().filter_map(|place| table.batch.columns.get(*place));
        by_keys.entry(cells.map(|c| key(&c.value(row))).collect()).or_default().push((address, length, row));
    }
    let by_keys: HashMap<Vec<Key>, Prefixes> =
        by_keys.into_iter().map(|(keys, networks)| (keys, Prefixes::new(networks.into_iter()))).collect();
    let unmatched = call.constant("return_unmatched").and_then(Value::as_bool) == Some(true);
    let their_cells = |row: Option<usize>| -> Vec<Value> {
        let columns = kept.iter().filter_map(|place| table.batch.columns.get(*place));
        columns.map(|c| row.map_or(Value::missing(c.ty()), |row| c.value(row))).collect()
    };
    let mut rows: Vec<Vec<Value>> = vec![];
    for row in 0..call.rows() {
        let keys: Vec<Key> = own_extra.iter().map(|c| key(&c.values.value(row))).collect();
        let address = source.values.value(row).as_str().and_then(|t| version.parse(t));
        let found = address.zip(by_keys.get(&keys)).map(|((address, length), p)| p.matches(address, length));
        let found = found.unwrap_or_default();
        let nothing = found.is_empty() && unmatched;
        for hit in found.into_iter().map(Some).chain(nothing.then_some(None)) {
            let own = call.input_columns().map(|c| c.values.value(row));
            rows.push(match version {
                Version::V4 => own.chain(their_cells(hit)).collect(),
                Version::V6 => their_cells(hit).into_iter().chain(own).collect(),
            });
        }
    }
    Ok(Batch::from_rows(schema, rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixes(networks: &[&str]) -> Prefixes {
        let parsed = networks.iter().enumerate().map(|(row, text)| {
            let (address, length) = Version::V4.parse(text).unwrap();
            (address, length, row)
        });
        Prefixes::new(parsed)
    }

    #[test]
    fn an_address_meets_every_network_around_it() {
        let networks = prefixes(&["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "0.0.0.0/0", "11.0.0.0/8"]);
        let hits = |text: &str| {
            let (address, length) = Version::V4.parse(text).unwrap();
            let mut rows = networks.matches(address, length);
            rows.sort_unstable();
            rows
        };
        assert_eq!(hits("10.1.2.3"), [0, 1, 2, 3]);
        assert_eq!(hits("10.2.0.1"), [0, 3]);
        assert_eq!(hits("10.1.0.0/12"), [0, 1, 2, 3], "a network meets those inside of it");
        assert_eq!(hits("12.0.0.1"), [3]);
    }

    #[test]
    fn whole_ranges_do_not_overflow() {
        assert_eq!(cut(u128::MAX, 0), 0);
        assert_eq!(cut(u128::MAX, 128), u128::MAX);
    }
}
