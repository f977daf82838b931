//! Snapshots that a device sends of itself.

use crate::generate::event::{Adapter, Event, Facts, Table};
use crate::generate::host::Host;

/// What the device is.
pub fn of_device(host: &mut Host<'_>, time: i64) {
    let event = host.event(Table::Info, time, "");
    host.report(event);
}

/// One of its network adapters.
pub fn of_adapter(host: &mut Host<'_>, time: i64) {
    let wireless = !host.device.is_server() && host.random.per_mille(400);
    let up = !wireless || host.random.per_mille(500);
    let adapter = Adapter {
        name: crate::value::format_guid(u128::from(host.device.index) << 64 | if wireless { 2 } else { 1 }).into(),
        kind: if wireless { "Wireless80211" } else { "Ethernet" },
        status: if up { "Up" } else { "Down" },
        mac: host.device.mac.clone(),
        ip: up.then(|| host.device.ip.clone()),
    };
    let event = Event { facts: Facts::Adapter(Box::new(adapter)), ..host.event(Table::NetworkInfo, time, "") };
    host.report(event);
}
