//! What `huntline demo` shows: a small company and a few hunts over it.
//!
//! In: the end of the period. Out: [`options`] and [`HUNTS`]. The hunts are those of `samples`, so what the demo shows is
//! what the tests of the samples hold.

use super::{Format, Options};
use std::path::PathBuf;

/// A hunt of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hunt {
    /// Its name, that of its folder in `samples`
    pub name: &'static str,
    /// What it looks for, in one line
    pub story: &'static str,
    /// The query
    pub text: &'static str,
}

/// The hunts, in the order in which they are shown. Each of them finds what was planted.
pub const HUNTS: [Hunt; 5] = [
    Hunt {
        name: "office-macro",
        story: "Word starts PowerShell with an encoded command: decode it, and see whom it calls",
        text: include_str!("../../samples/office-macro/hunt.kql"),
    },
    Hunt {
        name: "rdp-brute-force",
        story: "many failed logons from one public address, then one that succeeds",
        text: include_str!("../../samples/rdp-brute-force/hunt.kql"),
    },
    Hunt {
        name: "lsass-dump",
        story: "a process reads the memory of lsass and leaves a dump file",
        text: include_str!("../../samples/lsass-dump/hunt.kql"),
    },
    Hunt {
        name: "beaconing",
        story: "calls to one address at so even a pace that no person makes them",
        text: include_str!("../../samples/beaconing/hunt.kql"),
    },
    Hunt {
        name: "ransomware",
        story: "backups are deleted, then hundreds of documents get a new ending",
        text: include_str!("../../samples/ransomware/hunt.kql"),
    },
];

/// Two weeks of six devices, about thirty thousand rows, up to a moment.
pub fn options(out: PathBuf, end: i64) -> Options {
    Options { devices: 6, days: 14, seed: 2026, format: Format::Parquet, end, events_per_day: 450, ..Options::new(out) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::chain::CHAINS;

    #[test]
    fn every_hunt_of_the_demo_finds_a_planted_chain() {
        for hunt in HUNTS {
            assert!(CHAINS.iter().any(|chain| chain.name == hunt.name), "{}", hunt.name);
        }
    }

    #[test]
    fn every_chain_has_its_hunt_in_the_samples() {
        let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
        for chain in &CHAINS {
            assert!(samples.join(chain.hunt()).is_file(), "{}", chain.hunt());
        }
    }
}
