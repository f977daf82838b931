//! Where IP addresses are: a database in MaxMind's format that the user has.
//!
//! In: the path of a file (GeoLite2-City, GeoIP2-City, DB-IP and the like), addresses as texts. Out: the bag of
//! `geo_info_from_ip_address`. Nothing is fetched.

use super::Refusal;
use crate::catalog::Lookup;
use crate::diagnostic::Code;
use crate::value::{Json, Value};
use maxminddb::{Reader, geoip2};
use std::net::IpAddr;
use std::path::Path;

/// A database of locations.
pub struct IpLocations {
    reader: Reader<Vec<u8>>,
}

impl IpLocations {
    /// Opens a database.
    ///
    /// # Errors
    /// When the file cannot be read or is not of MaxMind's format.
    pub fn open(path: &Path) -> Result<IpLocations, Refusal> {
        match Reader::open_readfile(path) {
            Ok(reader) => Ok(IpLocations { reader }),
            Err(error) => {
                let message = format!("the database of IP locations `{}` cannot be read: {error}", path.display());
                let help = "`[external] ip_locations` takes a file in MaxMind's format (.mmdb)";
                Err(Refusal::new(Code::CannotRead, message).with_help(help))
            }
        }
    }

    /// Country, state, city, latitude and longitude, as far as the database has them.
    fn location(&self, address: IpAddr) -> Option<Json> {
        let found: geoip2::City = self.reader.lookup(address).ok()?.decode().ok()??;
        let mut bag = serde_json::Map::new();
        let names = [
            ("country", found.country.names.english.or(found.country.iso_code)),
            ("state", found.subdivisions.first().and_then(|s| s.names.english.or(s.iso_code))),
            ("city", found.city.names.english),
        ];
        for (key, name) in names {
            bag.extend(name.map(|name| (key.to_owned(), Json::from(name))));
        }
        for (key, degrees) in [("latitude", found.location.latitude), ("longitude", found.location.longitude)] {
            bag.extend(degrees.map(|degrees| (key.to_owned(), Json::from(degrees))));
        }
        (!bag.is_empty()).then_some(Json::Object(bag))
    }
}

impl std::fmt::Debug for IpLocations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IpLocations").field("kind", &self.reader.metadata().database_type).finish_non_exhaustive()
    }
}

impl Lookup for IpLocations {
    fn name(&self) -> &'static str {
        "geo_info_from_ip_address"
    }

    fn value(&self, arguments: &[Value]) -> Value {
        let address = arguments.first().and_then(Value::as_str).and_then(|text| text.trim().parse().ok());
        address.and_then(|address| self.location(address)).map_or(Value::Null, Value::Dynamic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(text: &str) -> Vec<u8> {
        [&[0x40 | u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
    }

    fn map(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let entry = |(key, value): &(&str, Vec<u8>)| [text(key), value.clone()].concat();
        let body = entries.iter().flat_map(entry);
        std::iter::once(0xe0 | u8::try_from(entries.len()).unwrap()).chain(body).collect()
    }

    fn degrees(x: f64) -> Vec<u8> {
        [vec![0x68], x.to_be_bytes().to_vec()].concat()
    }

    fn long(n: u32) -> Vec<u8> {
        [vec![0xc4], n.to_be_bytes().to_vec()].concat()
    }

    fn short(n: u16) -> Vec<u8> {
        [vec![0xa2], n.to_be_bytes().to_vec()].concat()
    }

    /// A database of one network, 203.0.113.0/24.
    fn database() -> Vec<u8> {
        let names = |name: &str| map(&[("names", map(&[("en", text(name))]))]);
        let states = [vec![0x01, 0x04], names("Canton")].concat();
        let record = map(&[
            ("country", names("Helvetia")),
            ("subdivisions", states),
            ("city", names("Town")),
            ("location", map(&[("latitude", degrees(46.5)), ("longitude", degrees(-7.25))])),
        ]);
        let mut tree = Vec::new();
        let prefix = u32::from_be_bytes([203, 0, 113, 0]);
        for bit in 0..24_u32 {
            // the data begins 16 bytes behind the tree
            let next = if bit == 23 { 24 + 16 } else { bit + 1 };
            let one = prefix >> (31 - bit) & 1 == 1;
            let (left, right) = if one { (24, next) } else { (next, 24) };
            tree.extend(&left.to_be_bytes()[1..]);
            tree.extend(&right.to_be_bytes()[1..]);
        }
        let metadata = map(&[
            ("node_count", long(24)),
            ("record_size", short(24)),
            ("ip_version", short(4)),
            ("database_type", text("Test-City")),
            ("languages", vec![0x00, 0x04]),
            ("binary_format_major_version", short(2)),
            ("binary_format_minor_version", short(0)),
            ("build_epoch", vec![0x01, 0x02, 1]),
            ("description", map(&[])),
        ]);
        [tree, vec![0; 16], record, b"\xab\xcd\xefMaxMind.com".to_vec(), metadata].concat()
    }

    #[test]
    fn addresses_are_found_in_their_network() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), database()).unwrap();
        let locations = IpLocations::open(file.path()).unwrap();
        let of = |address: &str| locations.value(&[Value::String(address.to_owned())]);
        let expected = json!({
            "country": "Helvetia", "state": "Canton", "city": "Town", "latitude": 46.5, "longitude": -7.25
        });
        assert_eq!(of("203.0.113.77"), Value::Dynamic(expected));
        assert_eq!([of("203.0.114.1"), of("nowhere"), of("")], [Value::Null, Value::Null, Value::Null]);
        std::fs::write(file.path(), "no database").unwrap();
        assert!(IpLocations::open(file.path()).unwrap_err().message.contains("cannot be read"));
    }
}
