//! Libraries that processes load: the same few, all day long.

use crate::generate::event::{Event, Facts, Table};
use crate::generate::host::Host;

/// A library is loaded.
pub fn happen(host: &mut Host<'_>, time: i64) {
    let by = host.actor();
    let images = host.device.images.clone();
    let count = images.libraries.len() as u64;
    let rank = host.random.below(count).min(host.random.below(count)).min(host.random.below(count));
    let Some(library) = images.libraries.get(rank as usize) else { return };
    let event = Event {
        initiator: Some(by),
        facts: Facts::Library(library.clone()),
        ..host.event(Table::ImageLoad, time, "ImageLoaded")
    };
    host.report(event);
}
