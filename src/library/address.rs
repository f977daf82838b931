//! IP addresses and networks: their texts, their bits, and where they stand in a text.
//!
//! In: texts. Out: networks; a single address is a network of one. Nothing is looked up anywhere.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// An IPv4 address and the length of its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network4 {
    /// The address as it was written, its host bits included.
    pub address: u32,
    /// Length of the prefix, 32 for a single address.
    pub length: u8,
}

impl Network4 {
    /// Reads `10.0.0.1` or `10.0.0.0/8`.
    pub(crate) fn parse(text: &str) -> Option<Network4> {
        let (address, length) = split(text, 32)?;
        Some(Network4 { address: u32::from(address.parse::<Ipv4Addr>().ok()?), length })
    }

    /// The first address of the network.
    pub(crate) fn first(self) -> u32 {
        self.address & u32::MAX.checked_shl(32 - u32::from(self.length)).unwrap_or(0)
    }

    /// The network of a prefix that is no longer than both.
    pub(crate) fn cut(self, length: u8) -> Network4 {
        Network4 { length: self.length.min(length), ..self }
    }

    /// Whether an address, as it was written, lies in the network.
    pub(crate) fn contains(self, other: Network4) -> bool {
        Network4 { length: self.length, ..other }.first() == self.first()
    }
}

/// `10.0.0.0/8`
impl fmt::Display for Network4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.first()), self.length)
    }
}

/// An IPv6 address and the length of its prefix. An IPv4 address stands for the one that maps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network6 {
    /// The address as it was written, its host bits included.
    pub address: u128,
    /// Length of the prefix, 128 for a single address.
    pub length: u8,
}

impl Network6 {
    /// Reads `fe80::1`, `fe80::/10`, and IPv4 addresses and networks.
    pub(crate) fn parse(text: &str) -> Option<Network6> {
        if let Some(v4) = Network4::parse(text) {
            let address = u128::from(Ipv4Addr::from(v4.address).to_ipv6_mapped());
            return Some(Network6 { address, length: v4.length + 96 });
        }
        let (address, length) = split(text, 128)?;
        Some(Network6 { address: u128::from(address.parse::<Ipv6Addr>().ok()?), length })
    }

    /// The first address of the network.
    pub(crate) fn first(self) -> u128 {
        self.address & u128::MAX.checked_shl(128 - u32::from(self.length)).unwrap_or(0)
    }

    /// The network of a prefix that is no longer than both.
    pub(crate) fn cut(self, length: u8) -> Network6 {
        Network6 { length: self.length.min(length), ..self }
    }

    /// Whether an address, as it was written, lies in the network.
    pub(crate) fn contains(self, other: Network6) -> bool {
        Network6 { length: self.length, ..other }.first() == self.first()
    }
}

/// The first address in full, without the prefix: `fe80:0000:...`
impl fmt::Display for Network6 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = Ipv6Addr::from(self.first()).segments().map(|group| format!("{group:04x}"));
        f.write_str(&groups.join(":"))
    }
}

/// The text of an address and the length of its prefix.
fn split(text: &str, longest: u8) -> Option<(&str, u8)> {
    let text = text.trim();
    match text.split_once('/') {
        None => Some((text, longest)),
        Some((address, length)) => Some((address, length.parse().ok().filter(|length| *length <= longest)?)),
    }
}

/// Whether a text is an IPv4 address or network.
pub(crate) fn is_ipv4(text: &str) -> bool {
    Network4::parse(text).is_some()
}

/// The IPv4 addresses in a text that nothing touches: no letter or digit, and no further part of an address.
pub(crate) fn addresses_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '.')
        .map(|word| word.trim_matches('.'))
        .filter(|word| word.parse::<Ipv4Addr>().is_ok())
}

/// The largest networks that together make up a range of addresses, both ends included.
pub(crate) fn networks_between(from: u32, to: u32) -> Vec<Network4> {
    let mut networks = Vec::new();
    let (mut next, end) = (u64::from(from), u64::from(to));
    while next <= end {
        let aligned = next.trailing_zeros().min(32);
        let fitting = (end - next + 1).ilog2();
        let bits = aligned.min(fitting);
        let (Ok(address), Ok(length)) = (u32::try_from(next), u8::try_from(32 - bits)) else { break };
        networks.push(Network4 { address, length });
        next += 1 << bits;
    }
    networks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_of_every_length() {
        for length in 0..=32 {
            let network = Network4 { address: u32::MAX, length };
            assert_eq!(network.first().count_ones(), u32::from(length));
        }
        assert_eq!(Network6::parse("::1/0").map(Network6::first), Some(0));
        assert_eq!(Network4::parse("10.0.0.1/33"), None);
        assert_eq!(Network4::parse("10.0.1"), None);
    }

    #[test]
    fn addresses_stand_alone() {
        let found = |text| addresses_in(text).collect::<Vec<_>>();
        assert_eq!(found("from 10.0.0.1:443, to (10.0.0.2)."), ["10.0.0.1", "10.0.0.2"]);
        assert!(found("v10.0.0.1 1.10.0.0.1 10.0.0.1a 10.0.0.256").is_empty());
    }

    #[test]
    fn ranges_fall_into_networks() {
        let texts = |from, to| networks_between(from, to).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(texts(0, u32::MAX), ["0.0.0.0/0"]);
        assert_eq!(texts(0x0a00_00ff, 0x0a00_0103), ["10.0.0.255/32", "10.0.1.0/30"]);
        assert!(texts(2, 1).is_empty());
    }
}
