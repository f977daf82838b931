//! A scripted world: incidents that look like a company's, and people and machines who work on them on both sides.
//!
//! In: a seed, then calls of `step`. Out: changes of the records, each with its author, and notes of what was done. The
//! same seed and the same calls do the same. Nothing here knows a clock; times come from the records' clock.

mod birth;
mod evidence;
mod humans;
mod machines;
mod people;
mod stories;

use super::options::Options;
use super::store::{Core, SECOND};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::Value as Json;

/// The seed when nobody gives one.
const SEED: u64 = 1;
/// In a world, what Defender does reaches Sentinel this much later.
const LAG: i64 = 20 * SECOND;

/// Chance that follows a seed.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    fn new(seed: u64) -> Dice {
        Dice(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Any number.
    fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `n`; 0 for 0.
    fn below(&mut self, n: usize) -> usize {
        let draw = self.number();
        (draw % (n.max(1) as u64)) as usize
    }

    /// True so many times in a hundred.
    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// One of a list.
    fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        let at = self.below(list.len());
        list.get(at)
    }
}

/// The world's script.
pub(super) struct Script {
    dice: Dice,
}

impl Script {
    /// Fills an empty state, if the options ask for a world. The directory is filled in any case.
    pub(super) fn start(core: &mut Core, options: &Options) -> Script {
        if core.people.is_empty() {
            core.people = people::directory();
        }
        let mut dice = Dice::new(options.world.as_ref().map_or(SEED, |w| w.seed));
        if let Some(world) = &options.world {
            for _ in 0..world.incidents {
                birth::old_incident(core, &mut dice);
            }
            for _ in 0..world.incidents.div_ceil(6) {
                birth::own_incident(core, &mut dice);
            }
            core.lag.sentinel = LAG;
        }
        Script { dice }
    }

    /// Acts so many times; an action may change several fields. Answers the notes.
    pub(super) fn step(&mut self, core: &mut Core, actions: usize) -> Vec<Json> {
        let mut notes = Vec::new();
        for _ in 0..actions {
            core.settle();
            notes.extend(self.act(core));
        }
        core.settle();
        notes
    }

    /// One action. Where the first idea fits no incident, others are tried; a new incident always fits.
    fn act(&mut self, core: &mut Core) -> Vec<Json> {
        for _ in 0..12 {
            let done = match self.dice.below(100) {
                0..35 => humans::in_defender(core, &mut self.dice),
                35..70 => humans::in_sentinel(core, &mut self.dice),
                70..82 => machines::automation(core, &mut self.dice),
                _ => machines::correlation(core, &mut self.dice),
            };
            if let Some(notes) = done {
                return notes;
            }
        }
        birth::new_incident(core, &mut self.dice)
    }
}

#[cfg(test)]
mod tests {
    use super::super::options::World;
    use super::*;
    use crate::value::datetime;
    use std::collections::BTreeSet;
    use std::sync::Arc;

    fn world(seed: u64) -> (Core, Script) {
        let now = datetime::parse("2026-01-05T12:00:00Z").expect("a time");
        let mut options = Options::new(Arc::new(move || now));
        options.world = Some(World { seed, incidents: 30, rate: 0.0 });
        let mut core = Core::new(&options);
        let script = Script::start(&mut core, &options);
        core.clock.pin(now, None);
        (core, script)
    }

    #[test]
    fn the_same_seed_does_the_same() {
        let run = |seed: u64| {
            let (mut core, mut script) = world(seed);
            (script.step(&mut core, 200), core.state())
        };
        assert_eq!(run(5), run(5));
        assert_ne!(run(5).0, run(6).0);
    }

    #[test]
    fn all_kinds_of_things_happen() {
        let (mut core, mut script) = world(3);
        assert_eq!((core.defender.len(), core.sentinel.len()), (30, 35));
        let services: BTreeSet<&str> = core.alerts.values().filter_map(|a| a["serviceSource"].as_str()).collect();
        assert!(services.len() >= 6, "five products and Sentinel: {services:?}");
        let notes = script.step(&mut core, 600);
        let seen = |side: &str, by: &str, field: &str| {
            notes.iter().any(|n| n["side"] == side && n["by"] == by && n["field"] == field)
        };
        for (side, by, field) in [
            ("defender", "human", "status"),
            ("defender", "human", "assignedTo"),
            ("defender", "human", "customTags"),
            ("defender", "human", "comment"),
            ("defender", "human", "determination"),
            ("sentinel", "human", "status"),
            ("sentinel", "human", "owner"),
            ("sentinel", "human", "labels"),
            ("sentinel", "human", "comment"),
            ("sentinel", "human", "classificationReason"),
            ("defender", "automation", "status"),
            ("sentinel", "automation", "owner"),
            ("defender", "provider", "redirectIncidentId"),
            ("defender", "provider", "alerts"),
            ("defender", "provider", "severity"),
            ("defender", "provider", "created"),
        ] {
            assert!(seen(side, by, field), "no {field} by {by} in {side}");
        }
        let reopened = notes.iter().any(|n| n["field"] == "status" && n["value"] == "active" && n["by"] == "human");
        assert!(reopened, "nobody reopened");
    }

    #[test]
    fn closings_are_legal_on_both_sides() {
        let (mut core, mut script) = world(9);
        script.step(&mut core, 500);
        for incident in core.defender.values().filter(|d| d.text("status") == "resolved") {
            let judged = incident.text("classification") != "unknown";
            assert_eq!(judged, incident.text("determination") != "unknown", "{:?}", incident.props);
        }
        for incident in core.sentinel.values().filter(|s| s.text("status") == "Closed") {
            let needs = !matches!(incident.text("classification"), "" | "Undetermined");
            assert_eq!(needs, !incident.text("classificationReason").is_empty(), "{:?}", incident.props);
        }
    }
}
