//! IP addresses, version 4 and 6, with or without a prefix.

use crate::library::address::{self, Network4, Network6};
use crate::library::arguments::{any, dynamic, long, or_null, text, texts};
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature};
use crate::value::{Json, Type, Value};
use std::net::Ipv4Addr;

const BOOL: Returns = Returns::Type(Type::Bool);
const LONG: Returns = Returns::Type(Type::Long);
const STRING: Returns = Returns::Type(Type::String);

const IP: Parameter = Parameter::new("ip", Accepts::Type(Type::String));
const IP2: Parameter = Parameter::new("ip2", Accepts::Type(Type::String));
const RANGE: Parameter = Parameter::new("range", Accepts::Type(Type::String));
const PREFIX: Parameter = Parameter::new("prefix", Accepts::Type(Type::Long));
const SOURCE: Parameter = Parameter::new("source", Accepts::Type(Type::String));
/// A text or an array of them, again and again.
const SEVERAL: Parameter = Parameter::new("ranges", Accepts::OneOf(&[Type::Dynamic, Type::String])).repeats();
/// A text, or the number of an address.
const ADDRESS: Parameter = Parameter::new("ip", Accepts::OneOf(&[Type::String, Type::Int, Type::Long]));

const IN_RANGE: &[Signature] = &[Signature::new(&[IP, RANGE], BOOL)];
const IN_ANY: &[Signature] = &[Signature::new(&[IP, SEVERAL], BOOL)];
const MATCH: &[Signature] = &[Signature::new(&[IP, IP2, PREFIX.optional()], BOOL)];
const COMPARE: &[Signature] = &[Signature::new(&[IP, IP2, PREFIX.optional()], LONG)];
const FORMAT: &[Signature] = &[Signature::new(&[ADDRESS, PREFIX.optional()], STRING)];
const IN_TEXT: &[Signature] =
    &[Signature::new(&[SOURCE, Parameter::new("ip_address", Accepts::Type(Type::String))], BOOL)];
const IN_TEXT_ANY: &[Signature] = &[Signature::new(&[SOURCE, SEVERAL], BOOL)];

const INVALID: &str = "Null for what is no address.";
const PAIRS: &str = "Only the bits of the shortest prefix are compared: those of the addresses and the one that is given. Null \
                     for what is no address.";
const PAIRS6: &str = "An IPv4 address stands for the IPv6 address that maps it. Only the bits of the shortest prefix are \
                      compared. Null for what is no address.";
const TERMS: &str = "An address counts where no letter, digit or further part of an address touches it.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("parse_ipv4", &[Signature::new(&[IP], LONG)], parse_ipv4, "An IPv4 address as a number.")
        .remarks("With a prefix, the first address of its network. Null for what is no address.")
        .examples(&[
            Example::new("parse_ipv4('10.0.0.1')", "167772161"),
            Example::new("parse_ipv4('10.0.0.77/24')", "167772160"),
            Example::new("parse_ipv4('10.0.0.256')", "long(null)"),
        ]),
    Function::new("parse_ipv4_mask", &[Signature::new(&[IP, PREFIX], LONG)], parse_ipv4_mask, "The network of an IPv4 address as a number.")
        .remarks(INVALID)
        .examples(&[Example::new("parse_ipv4_mask('10.0.0.77', 24)", "167772160")]),
    Function::new("ipv4_is_in_range", IN_RANGE, ipv4_is_in_range, "Whether an IPv4 address lies in a range.")
        .remarks(INVALID)
        .examples(&[
            Example::new("ipv4_is_in_range('10.1.2.3', '10.0.0.0/8')", "true"),
            Example::new("ipv4_is_in_range('11.1.2.3', '10.0.0.0/8')", "false"),
            Example::new("ipv4_is_in_range('somewhere', '10.0.0.0/8')", "bool(null)"),
        ]),
    Function::new("ipv4_is_in_any_range", IN_ANY, ipv4_is_in_any_range, "Whether an IPv4 address lies in any of several ranges.")
        .remarks("Ranges as arguments or in arrays; what is no range is left out. Null when the first argument is no address.")
        .examples(&[
            Example::new("ipv4_is_in_any_range('10.1.2.3', '192.168.0.0/16', '10.0.0.0/8')", "true"),
            Example::new("ipv4_is_in_any_range('10.1.2.3', dynamic(['192.168.0.0/16']))", "false"),
        ]),
    Function::new("ipv4_is_match", MATCH, |a| or_null(compare4(a), |o| Value::Bool(o == 0)), "Whether two IPv4 addresses are the same, as far as their prefixes go.")
        .remarks(PAIRS)
        .examples(&[
            Example::new("ipv4_is_match('10.0.0.1', '10.0.0.7/24')", "true"),
            Example::new("ipv4_is_match('10.0.0.1', '10.0.0.7')", "false"),
        ]),
    Function::new("ipv4_compare", COMPARE, |a| or_null(compare4(a), Value::Long), "The order of two IPv4 addresses: -1, 0 or 1.")
        .remarks(PAIRS)
        .examples(&[
            Example::new("ipv4_compare('10.0.0.1', '10.0.0.2')", "-1"),
            Example::new("ipv4_compare('10.0.0.1', '10.0.0.2', 24)", "0"),
        ]),
    Function::new("ipv4_is_private", &[Signature::new(&[IP], BOOL)], ipv4_is_private, "Whether an IPv4 address is of a private network.")
        .remarks("10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16. A range must lie in one of them as a whole.")
        .examples(&[
            Example::new("ipv4_is_private('172.16.200.1')", "true"),
            Example::new("ipv4_is_private('127.0.0.1')", "false"),
        ]),
    Function::new("ipv4_netmask_suffix", &[Signature::new(&[IP], LONG)], ipv4_netmask_suffix, "The length of an IPv4 address's prefix, 32 without one.")
        .remarks(INVALID)
        .examples(&[Example::new("ipv4_netmask_suffix('10.0.0.0/8')", "8"), Example::new("ipv4_netmask_suffix('10.0.0.0')", "32")]),
    Function::new(
        "ipv4_range_to_cidr_list",
        &[Signature::new(&[IP, IP2], Returns::Type(Type::Dynamic))],
        ipv4_range_to_cidr_list,
        "The networks that make up the range from one IPv4 address to another.",
    )
    .remarks(INVALID)
    .examples(&[Example::new(
        "ipv4_range_to_cidr_list('10.0.0.255', '10.0.1.3')",
        "dynamic(['10.0.0.255/32', '10.0.1.0/30'])",
    )]),
    Function::new("format_ipv4", FORMAT, |a| format(a, false), "The text of an IPv4 address, cut to its network.")
        .remarks("Takes a text or a number. `\"\"` for what is no address or no prefix.")
        .examples(&[
            Example::new("format_ipv4(167772161)", "'10.0.0.1'"),
            Example::new("format_ipv4('10.0.0.77', 24)", "'10.0.0.0'"),
            Example::new("format_ipv4('10.0.0.77', 33)", "''"),
        ]),
    Function::new("format_ipv4_mask", FORMAT, |a| format(a, true), "The text of an IPv4 address, cut to its network, with the prefix.")
        .remarks("Takes a text or a number. `\"\"` for what is no address or no prefix.")
        .examples(&[Example::new("format_ipv4_mask('10.0.0.77', 24)", "'10.0.0.0/24'")]),
    Function::new("has_ipv4", IN_TEXT, has_any_ipv4, "Whether a text holds an IPv4 address.")
        .remarks(TERMS)
        .examples(&[
            Example::new("has_ipv4('from 10.0.0.1:443', '10.0.0.1')", "true"),
            Example::new("has_ipv4('from 10.0.0.12', '10.0.0.1')", "false"),
        ]),
    Function::new("has_any_ipv4", IN_TEXT_ANY, has_any_ipv4, "Whether a text holds any of several IPv4 addresses.")
        .remarks(TERMS)
        .examples(&[Example::new("has_any_ipv4('from 10.0.0.1', dynamic(['10.0.0.9', '10.0.0.1']))", "true")]),
    Function::new("has_ipv4_prefix", IN_TEXT, has_any_ipv4_prefix, "Whether a text holds an IPv4 address that starts in a given way.")
        .remarks("The prefix is a whole address, or ends with a dot. An address counts where nothing touches it.")
        .examples(&[
            Example::new("has_ipv4_prefix('from 10.0.0.1', '10.0.')", "true"),
            Example::new("has_ipv4_prefix('from 10.0.0.1', '10.0')", "false"),
        ]),
    Function::new("has_any_ipv4_prefix", IN_TEXT_ANY, has_any_ipv4_prefix, "Whether a text holds an IPv4 address that starts in any of several ways.")
        .remarks("As `has_ipv4_prefix`.")
        .examples(&[Example::new("has_any_ipv4_prefix('from 10.0.0.1', '192.168.', '10.')", "true")]),
    Function::new("parse_ipv6", &[Signature::new(&[IP], STRING)], |a| Value::String(network6(a, 0).map(|n| n.to_string()).unwrap_or_default()), "An IPv6 address in full: eight groups of four hex digits.")
        .remarks("An IPv4 address gives the IPv6 address that maps it; with a prefix, the first address of the network. `\"\"` for what is no address.")
        .examples(&[
            Example::new("parse_ipv6('fe80::1')", "'fe80:0000:0000:0000:0000:0000:0000:0001'"),
            Example::new("parse_ipv6('10.0.0.1')", "'0000:0000:0000:0000:0000:ffff:0a00:0001'"),
        ]),
    Function::new("parse_ipv6_mask", &[Signature::new(&[IP, PREFIX], STRING)], parse_ipv6_mask, "The network of an IPv6 address, in full.")
        .remarks("`\"\"` for what is no address.")
        .examples(&[Example::new("parse_ipv6_mask('fe80::1:2', 112)", "'fe80:0000:0000:0000:0000:0000:0001:0000'")]),
    Function::new("ipv6_compare", COMPARE, |a| or_null(compare6(a), Value::Long), "The order of two IPv6 or IPv4 addresses: -1, 0 or 1.")
        .remarks(PAIRS6)
        .examples(&[Example::new("ipv6_compare('fe80::1', 'fe80::2')", "-1"), Example::new("ipv6_compare('10.0.0.1', '::ffff:a00:1')", "0")]),
    Function::new("ipv6_is_match", MATCH, |a| or_null(compare6(a), |o| Value::Bool(o == 0)), "Whether two IPv6 or IPv4 addresses are the same, as far as their prefixes go.")
        .remarks(PAIRS6)
        .examples(&[Example::new("ipv6_is_match('fe80::1', 'fe80::2/112')", "true")]),
    Function::new("ipv6_is_in_range", IN_RANGE, ipv6_is_in_range, "Whether an IPv6 address lies in a range.")
        .remarks(INVALID)
        .examples(&[Example::new("ipv6_is_in_range('fe80::1', 'fe80::/10')", "true")]),
    Function::new("ipv6_is_in_any_range", IN_ANY, ipv6_is_in_any_range, "Whether an IPv6 address lies in any of several ranges.")
        .remarks("Ranges as arguments or in arrays; what is no range is left out. Null when the first argument is no address.")
        .examples(&[Example::new("ipv6_is_in_any_range('fe80::1', dynamic(['fc00::/7', 'fe80::/10']))", "true")]),
];

fn network4(arguments: &[Value], index: usize) -> Option<Network4> {
    Network4::parse(text(arguments, index))
}

fn network6(arguments: &[Value], index: usize) -> Option<Network6> {
    Network6::parse(text(arguments, index))
}

/// The prefix that is given as an argument, at most that long; the longest one when it was left out.
fn prefix(arguments: &[Value], index: usize, longest: u8) -> Option<u8> {
    match arguments.get(index) {
        None => Some(longest),
        Some(given) => u8::try_from(given.as_i64()?).ok().filter(|length| *length <= longest),
    }
}

fn parse_ipv4(arguments: &[Value]) -> Value {
    or_null(network4(arguments, 0), |network| Value::Long(i64::from(network.first())))
}

fn parse_ipv4_mask(arguments: &[Value]) -> Value {
    let network = network4(arguments, 0).zip(prefix(arguments, 1, 32));
    or_null(network, |(network, length)| Value::Long(i64::from(network.cut(length).first())))
}

fn ipv4_is_in_range(arguments: &[Value]) -> Value {
    let pair = network4(arguments, 0).zip(network4(arguments, 1));
    or_null(pair, |(ip, range)| Value::Bool(range.contains(ip)))
}

fn ipv4_is_in_any_range(arguments: &[Value]) -> Value {
    or_null(network4(arguments, 0), |ip| {
        Value::Bool(texts(arguments, 1).filter_map(Network4::parse).any(|range| range.contains(ip)))
    })
}

/// The order of two addresses over the bits of the shortest prefix.
fn compare4(arguments: &[Value]) -> Option<i64> {
    let (a, b) = network4(arguments, 0).zip(network4(arguments, 1))?;
    let length = a.length.min(b.length).min(prefix(arguments, 2, 32)?);
    Some(a.cut(length).first().cmp(&b.cut(length).first()) as i64)
}

fn compare6(arguments: &[Value]) -> Option<i64> {
    let (a, b) = network6(arguments, 0).zip(network6(arguments, 1))?;
    let given = match prefix(arguments, 2, 128)? {
        // Between two IPv4 addresses the prefix counts their own bits.
        length @ 0..=32 if address::is_ipv4(text(arguments, 0)) && address::is_ipv4(text(arguments, 1)) => length + 96,
        length => length,
    };
    let length = a.length.min(b.length).min(given);
    Some(a.cut(length).first().cmp(&b.cut(length).first()) as i64)
}

fn ipv4_is_private(arguments: &[Value]) -> Value {
    or_null(network4(arguments, 0), |ip| {
        let private =
            [(Ipv4Addr::new(10, 0, 0, 0), 8), (Ipv4Addr::new(172, 16, 0, 0), 12), (Ipv4Addr::new(192, 168, 0, 0), 16)];
        Value::Bool(private.iter().any(|(first, length)| {
            ip.length >= *length && Network4 { address: u32::from(*first), length: *length }.contains(ip)
        }))
    })
}

fn ipv4_netmask_suffix(arguments: &[Value]) -> Value {
    or_null(network4(arguments, 0), |network| Value::Long(i64::from(network.length)))
}

fn ipv4_range_to_cidr_list(arguments: &[Value]) -> Value {
    let ends = network4(arguments, 0).zip(network4(arguments, 1));
    dynamic(ends.map(|(from, to)| {
        let networks = address::networks_between(from.first(), to.first());
        networks.into_iter().map(|network| Json::from(network.to_string())).collect()
    }))
}

fn format(arguments: &[Value], with_prefix: bool) -> Value {
    let network = match any(arguments, 0) {
        Value::String(text) => Network4::parse(text),
        _ => long(arguments, 0).and_then(|n| u32::try_from(n).ok()).map(|address| Network4 { address, length: 32 }),
    };
    let cut = network.zip(prefix(arguments, 1, 32)).map(|(network, length)| network.cut(length));
    let written =
        cut.map(|network| if with_prefix { network.to_string() } else { Ipv4Addr::from(network.first()).to_string() });
    Value::String(written.unwrap_or_default())
}

fn has_any_ipv4(arguments: &[Value]) -> Value {
    let wanted: Vec<&str> = texts(arguments, 1).filter(|text| address::is_ipv4(text)).collect();
    Value::Bool(address::addresses_in(text(arguments, 0)).any(|found| wanted.contains(&found)))
}

fn has_any_ipv4_prefix(arguments: &[Value]) -> Value {
    let wanted: Vec<&str> = texts(arguments, 1).collect();
    Value::Bool(address::addresses_in(text(arguments, 0)).any(|found| {
        wanted.iter().any(|prefix| if prefix.ends_with('.') { found.starts_with(prefix) } else { found == *prefix })
    }))
}

fn parse_ipv6_mask(arguments: &[Value]) -> Value {
    let given = prefix(arguments, 1, 128);
    let network = network6(arguments, 0).zip(given).map(|(network, length)| network.cut(length));
    Value::String(network.map(|network| network.to_string()).unwrap_or_default())
}

fn ipv6_is_in_range(arguments: &[Value]) -> Value {
    let pair = network6(arguments, 0).zip(network6(arguments, 1));
    or_null(pair, |(ip, range)| Value::Bool(range.contains(ip)))
}

fn ipv6_is_in_any_range(arguments: &[Value]) -> Value {
    or_null(network6(arguments, 0), |ip| {
        Value::Bool(texts(arguments, 1).filter_map(Network6::parse).any(|range| range.contains(ip)))
    })
}
