//! Planted attack chains: small stories that the hunts in `samples` find, and nothing else in the telemetry does.
//!
//! In: the company, the period, the number of rows to come. Out: [`Planned`] chains, played hour by hour into the queue of
//! their host, and [`Trace`]s of what was planted. All addresses and names belong to nobody (`.example`, `.test`,
//! documentation networks).

mod access;
mod entry;
mod impact;
mod persistence;
mod stage;

pub use stage::{Stage, Trace};

use super::random::Random;
use super::world::{Role, World};
use crate::value::datetime::{TICKS_PER_DAY, TICKS_PER_SECOND};

/// A kind of chain.
pub struct Chain {
    /// Its name, that of its folder in `samples`
    pub name: &'static str,
    /// The story in one line
    pub story: &'static str,
    /// The techniques of MITRE ATT&CK that it shows
    pub techniques: &'static [&'static str],
    /// The tables that it leaves rows in
    pub tables: &'static [&'static str],
    /// Rows that one chain leaves, about
    rows: u64,
    /// Rows of it in a million
    rate: u64,
    /// Where it happens
    place: Option<Role>,
    /// How many rows the hunt shows for one chain
    pub hits: u64,
    /// How it goes
    pub play: fn(&mut Stage<'_, '_>),
}

impl Chain {
    /// The hunt that finds it, below `samples`.
    pub fn hunt(&self) -> String {
        format!("{}/hunt.kql", self.name)
    }
}

/// All chains. Their order is part of the seed: new ones go to the end.
pub const CHAINS: [Chain; 10] = [
    Chain {
        name: "office-macro",
        story: "a mailed document starts PowerShell with an encoded command, which fetches and starts a program",
        techniques: &["T1566.001", "T1059.001", "T1105"],
        tables: &["DeviceProcessEvents", "DeviceFileEvents", "DeviceNetworkEvents", "DeviceEvents"],
        rows: 10,
        rate: 20,
        place: Some(Role::Workstation),
        hits: 1,
        play: entry::office_macro,
    },
    Chain {
        name: "mshta-script",
        story: "mshta runs a script from a web address and registers a scriptlet",
        techniques: &["T1218.005", "T1218.010"],
        tables: &["DeviceProcessEvents", "DeviceFileEvents", "DeviceNetworkEvents"],
        rows: 7,
        rate: 15,
        place: Some(Role::Workstation),
        hits: 1,
        play: entry::mshta,
    },
    Chain {
        name: "lolbin-download",
        story: "certutil and bitsadmin fetch tools from an address without a name",
        techniques: &["T1105", "T1197"],
        tables: &["DeviceProcessEvents", "DeviceFileEvents", "DeviceNetworkEvents"],
        rows: 9,
        rate: 15,
        place: None,
        hits: 1,
        play: entry::lolbins,
    },
    Chain {
        name: "lsass-dump",
        story: "rundll32 writes the memory of lsass to a file",
        techniques: &["T1003.001"],
        tables: &["DeviceProcessEvents", "DeviceFileEvents", "DeviceEvents"],
        rows: 7,
        rate: 10,
        place: None,
        hits: 1,
        play: access::lsass_dump,
    },
    Chain {
        name: "rdp-brute-force",
        story: "many failed logons from one public address, then one that succeeds and a look around",
        techniques: &["T1110.001", "T1021.001", "T1087"],
        tables: &["DeviceLogonEvents", "DeviceProcessEvents"],
        rows: 150,
        rate: 60,
        place: Some(Role::Server),
        hits: 1,
        play: access::rdp_brute_force,
    },
    Chain {
        name: "run-key",
        story: "a script puts a program of the user's profile under the run key; it starts and calls home",
        techniques: &["T1547.001"],
        tables: &["DeviceRegistryEvents", "DeviceFileEvents", "DeviceProcessEvents", "DeviceNetworkEvents"],
        rows: 8,
        rate: 10,
        place: Some(Role::Workstation),
        hits: 1,
        play: persistence::run_key,
    },
    Chain {
        name: "service-install",
        story: "after a logon over the network a service with a random name is installed below C:\\Windows",
        techniques: &["T1569.002", "T1021.002"],
        tables: &[
            "DeviceEvents",
            "DeviceLogonEvents",
            "DeviceFileEvents",
            "DeviceNetworkEvents",
            "DeviceProcessEvents",
        ],
        rows: 8,
        rate: 10,
        place: Some(Role::Server),
        hits: 1,
        play: persistence::service_install,
    },
    Chain {
        name: "beaconing",
        story: "an unsigned program calls the same address every five minutes, give or take a few seconds",
        techniques: &["T1071.001", "T1573"],
        tables: &["DeviceNetworkEvents", "DeviceProcessEvents"],
        rows: 73,
        rate: 60,
        place: Some(Role::Workstation),
        hits: 1,
        play: impact::beacon,
    },
    Chain {
        name: "renamed-tool",
        story: "a copying tool under another name, on one device only, sends a share to the internet",
        techniques: &["T1036.003", "T1567.002"],
        tables: &["DeviceProcessEvents", "DeviceFileEvents", "DeviceNetworkEvents"],
        rows: 30,
        rate: 20,
        place: None,
        hits: 1,
        play: impact::renamed_tool,
    },
    Chain {
        name: "ransomware",
        story: "shadow copies are deleted, then hundreds of documents get a new ending within a minute",
        techniques: &["T1490", "T1486"],
        tables: &["DeviceProcessEvents", "DeviceFileEvents"],
        rows: 230,
        rate: 40,
        place: None,
        hits: 1,
        play: impact::ransomware,
    },
];

/// A chain that will happen.
pub struct Planned {
    /// Its place in [`CHAINS`]
    pub chain: usize,
    /// The device that it happens on
    pub device: u64,
    /// When it begins, in ticks
    pub start: i64,
    /// Its own chance
    pub random: Random,
}

/// The longest that a chain takes.
const LONGEST: i64 = 8 * 3600 * TICKS_PER_SECOND;

/// Which chains happen where and when: each kind once at least, on different devices, before the last day of the period
/// where it has several.
pub fn plan(world: &World, seed: u64, rows: u64, start: i64, end: i64) -> Vec<Planned> {
    let mut planned = Vec::new();
    for (chain, kind) in CHAINS.iter().enumerate() {
        let mut random = Random::of(seed, &[3, chain as u64]);
        let mut devices: Vec<u64> = candidates(world, kind.place);
        let wanted = (rows / 1_000_000 * kind.rate / kind.rows).clamp(1, 40);
        for instance in 0..wanted {
            if devices.is_empty() {
                break;
            }
            let device = devices.swap_remove(random.below(devices.len() as u64) as usize);
            let time = moment(&mut random, start, end);
            planned.push(Planned {
                chain,
                device,
                start: time,
                random: Random::of(seed, &[4, chain as u64, instance]),
            });
        }
    }
    planned.sort_by_key(|p| (p.start, p.chain));
    planned
}

/// The devices of a role, or all where the company has none of it.
fn candidates(world: &World, place: Option<Role>) -> Vec<u64> {
    let of = |fits: &dyn Fn(Role) -> bool| {
        world.devices.iter().filter(|d| fits(d.role)).map(|d| d.index).collect::<Vec<_>>()
    };
    let fitting = of(&|role| place.is_none_or(|p| p == role));
    if fitting.is_empty() { of(&|_| true) } else { fitting }
}

/// A working hour of a day that leaves time for the chain to end.
fn moment(random: &mut Random, start: i64, end: i64) -> i64 {
    let days = (end - start) / TICKS_PER_DAY;
    if days < 2 {
        let room = (end - start - LONGEST).max(TICKS_PER_SECOND);
        return start + random.below(room.unsigned_abs()) as i64;
    }
    let day = start + random.between(0, days - 2) * TICKS_PER_DAY;
    let midnight =
        day - day.rem_euclid(TICKS_PER_DAY) + if day.rem_euclid(TICKS_PER_DAY) > 0 { TICKS_PER_DAY } else { 0 };
    midnight + random.between(9 * 3600 * TICKS_PER_SECOND, 15 * 3600 * TICKS_PER_SECOND)
}
