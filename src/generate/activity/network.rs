//! Connections: to well-known services again and again, to the rest of the internet now and then, and inside the company.

use crate::generate::event::{Connection, Event, Facts, Process, Table};
use crate::generate::host::Host;
use std::sync::Arc;

const ACTIONS: [(u32, &str); 7] = [
    (640, "ConnectionSuccess"),
    (110, "ConnectionFailed"),
    (60, "ConnectionRequest"),
    (70, "InboundConnectionAccepted"),
    (40, "ListeningConnectionCreated"),
    (50, "DnsConnectionInspected"),
    (30, "SslConnectionInspected"),
];

/// A connection.
pub fn happen(host: &mut Host<'_>, time: i64) {
    let action = host.random.weighted(&ACTIONS).copied().unwrap_or("ConnectionSuccess");
    match action {
        "InboundConnectionAccepted" => inbound(host, time, action),
        "ListeningConnectionCreated" => listening(host, time, action),
        "DnsConnectionInspected" | "SslConnectionInspected" => inspected(host, time, action),
        _ => outbound(host, time, action),
    }
}

fn outbound(host: &mut Host<'_>, time: i64, action: &'static str) {
    let by = talker(host);
    if host.random.per_mille(180) {
        let (ip, port) = colleague(host);
        return host.connect(time, &by, action, &ip, port, "");
    }
    let world = host.world;
    let Some(site) = site(host).and_then(|n| world.sites.get(n)) else { return };
    let port = host.random.weighted(&[(900, 443), (80, 80), (20, 8080)]).copied().unwrap_or(443);
    let failed = action == "ConnectionFailed";
    host.connect(time, &by, action, &site.ip, port, if failed { "" } else { &site.host });
}

/// The place of a site: half of all connections go to the few that every device calls.
fn site(host: &mut Host<'_>) -> Option<usize> {
    let all = host.world.sites.len() as u64;
    let among = if host.random.per_mille(550) { 14 } else { all };
    Some(host.random.below(among) as usize)
}

/// A process that opens connections, if chance gives one in three draws.
fn talker(host: &mut Host<'_>) -> Arc<Process> {
    let mut by = host.actor();
    for _ in 0..2 {
        if by.image.talks {
            break;
        }
        by = host.actor();
    }
    by
}

/// Another device, and a port that devices of a company use among themselves.
fn colleague(host: &mut Host<'_>) -> (String, i64) {
    let port =
        host.random.weighted(&[(40, 53), (25, 445), (20, 389), (20, 88), (15, 135), (6, 3389), (6, 1433)]).copied();
    let world = host.world;
    let ip = host.random.pick(&world.devices).map_or_else(|| "10.40.0.5".to_owned(), |d| d.ip.to_string());
    (ip, port.unwrap_or(445))
}

fn inbound(host: &mut Host<'_>, time: i64, action: &'static str) {
    let by = host.running("svchost.exe");
    let (ip, port) = colleague(host);
    let connection = Connection {
        remote_ip: ip.into(),
        remote_port: Some(host.random.between(49_152, 65_535)),
        remote_url: "".into(),
        local_port: Some(port),
        protocol: "Tcp",
    };
    send(host, time, action, Some(by), connection, "");
}

fn listening(host: &mut Host<'_>, time: i64, action: &'static str) {
    let by = talker(host);
    let connection = Connection {
        remote_ip: "".into(),
        remote_port: None,
        remote_url: "".into(),
        local_port: Some(host.random.between(1_025, 65_535)),
        protocol: if host.random.per_mille(300) { "Udp" } else { "Tcp" },
    };
    send(host, time, action, Some(by), connection, "");
}

/// What the sensor reads from packets; no process is known.
fn inspected(host: &mut Host<'_>, time: i64, action: &'static str) {
    let world = host.world;
    let Some(site) = site(host).and_then(|n| world.sites.get(n)) else { return };
    let name = if site.host.is_empty() { "cdn.example" } else { &site.host };
    let (fields, port, protocol) = match action {
        "DnsConnectionInspected" => (
            format!(
                r#"{{"direction":"Out","conn_id":"C{}","query":"{name}","qtype_name":"A","rcode_name":"NOERROR","answers":"[\"{}\"]"}}"#,
                host.random.letters(16),
                site.ip
            ),
            53,
            "Udp",
        ),
        _ => (
            format!(
                r#"{{"direction":"Out","conn_id":"C{}","version":"TLSv13","server_name":"{name}","subject":"CN={name}","issuer":"CN=Example Issuing CA {}"}}"#,
                host.random.letters(16),
                host.random.below(4)
            ),
            443,
            "Tcp",
        ),
    };
    let connection = Connection {
        remote_ip: if port == 53 { host.device.gateway.clone() } else { site.ip.clone() },
        remote_port: Some(port),
        remote_url: "".into(),
        local_port: Some(host.random.between(49_152, 65_535)),
        protocol,
    };
    send(host, time, action, None, connection, &fields);
}

fn send(
    host: &mut Host<'_>,
    time: i64,
    action: &'static str,
    by: Option<Arc<Process>>,
    what: Connection,
    fields: &str,
) {
    let event = Event {
        initiator: by,
        facts: Facts::Connection(Box::new(what)),
        fields: fields.into(),
        ..host.event(Table::Network, time, action)
    };
    host.report(event);
}
