//! Ordinary activity: how much there is at which hour, in which table, and what.
//!
//! In: a host and an hour. Out: events in the host's queue. Ordinary activity comes near to what hunts look for, and never
//! matches it: what the hunts in `samples` find is what `chain` planted.

mod device;
mod file;
mod image;
mod logon;
mod network;
mod process;
mod registry;
mod snapshot;

use super::host::Host;
use crate::value::datetime::{TICKS_PER_DAY, TICKS_PER_SECOND};

/// Ticks in an hour.
pub const HOUR: i64 = 3600 * TICKS_PER_SECOND;

type Happen = fn(&mut Host<'_>, i64);

/// Shares of the tables, out of a thousand.
const WORKSTATION: [(u32, Happen); 9] = [
    (250, network::happen),
    (220, image::happen),
    (200, registry::happen),
    (170, file::happen),
    (78, device::happen),
    (62, process::happen),
    (10, logon::happen),
    (5, snapshot::of_device),
    (5, snapshot::of_adapter),
];
const SERVER: [(u32, Happen); 9] = [
    (235, network::happen),
    (205, image::happen),
    (195, registry::happen),
    (165, file::happen),
    (78, device::happen),
    (62, process::happen),
    (50, logon::happen),
    (5, snapshot::of_device),
    (5, snapshot::of_adapter),
];

/// How busy the hours of a day are.
const WORKING_DAY: [u64; 24] = [2, 2, 2, 2, 2, 3, 6, 22, 46, 58, 56, 44, 28, 46, 54, 50, 40, 24, 10, 6, 5, 4, 3, 2];
const DAY_OF_REST: [u64; 24] = [2, 2, 2, 2, 2, 2, 2, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 3, 2, 2];
const DAY_OF_SERVER: [u64; 24] =
    [16, 18, 22, 16, 14, 14, 16, 20, 26, 30, 30, 28, 26, 28, 30, 28, 26, 22, 18, 16, 16, 22, 20, 16];

/// What happens in one hour, of a usual number of events a day.
pub fn hour(host: &mut Host<'_>, start: i64, per_day: u64) {
    let count = volume(host, start, per_day);
    let bursts: Vec<i64> = (0..1 + count / 40).map(|_| start + host.random.below(HOUR as u64) as i64).collect();
    let shares = if host.device.is_server() { &SERVER } else { &WORKSTATION };
    let mut times: Vec<i64> = (0..count).map(|_| moment(host, start, &bursts)).collect();
    times.sort_unstable();
    for time in times {
        if let Some(happen) = host.random.weighted(shares) {
            happen(host, time);
        }
    }
}

/// How many events: no two days of a device are alike, nor two devices.
fn volume(host: &mut Host<'_>, start: i64, per_day: u64) -> u64 {
    let hour = start.rem_euclid(TICKS_PER_DAY) / HOUR;
    // 0001-01-01, where ticks begin, was a Monday.
    let rests = start.div_euclid(TICKS_PER_DAY).rem_euclid(7) >= 5;
    let shape = match (host.device.is_server(), rests) {
        (true, _) => &DAY_OF_SERVER,
        (false, true) => &DAY_OF_REST,
        (false, false) => &WORKING_DAY,
    };
    // The sum over a day is 517 in all of a thousand: constants that keep a working day at the usual number.
    let share = shape.get(hour as usize).copied().unwrap_or(1);
    let scaled = per_day * share * (75 + host.random.below(51)) * 10;
    (scaled / 517 + host.random.below(1000)) / 1000
}

/// A moment of the hour: half of all events come in bursts of a second or two.
fn moment(host: &mut Host<'_>, start: i64, bursts: &[i64]) -> i64 {
    let burst = if host.random.per_mille(500) { host.random.pick(bursts).copied() } else { None };
    let last = start + HOUR - 1;
    match burst {
        Some(at) => (at + host.random.below(2 * TICKS_PER_SECOND as u64) as i64).min(last),
        None => start + host.random.below(HOUR as u64) as i64,
    }
}
