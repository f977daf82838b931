//! A dry run: the same reading and the same decision, and nothing is written, neither to a service nor to the ledger.

use super::pair::{Loaded, input_of};
use super::poll::{last, poll};
use super::{Clock, Options, Reading, RunError};
use crate::incident::{DefenderIncident, Joined, SentinelIncident, joined};
use crate::ledger::{Pair, PairId, Reader};
use crate::sync::decision::Resolver;
use crate::sync::input::Input;
use crate::sync::pass::{Outcome, decide};
use crate::sync::port::Services;
use std::collections::BTreeMap;

/// What a sync would do.
#[derive(Clone, Debug, Default)]
pub struct SyncPlan {
    /// Incidents in which something would be done, or is held; by Defender's id.
    pub incidents: Vec<PlannedIncident>,
    /// Incidents that both sides have.
    pub pairs: usize,
    /// Sentinel incidents that claim a Defender incident that another one has already.
    pub doubles: Vec<String>,
    /// What went on without something that it would have liked to know.
    pub warnings: Vec<String>,
    /// Incidents that are frozen: nothing is planned for them.
    pub frozen: usize,
}

/// One incident of a plan.
#[derive(Clone, Debug)]
pub struct PlannedIncident {
    /// What the decision is made of.
    pub input: Input,
    /// The decision.
    pub outcome: Outcome,
    /// The id in Defender.
    pub defender: String,
    /// The id in Sentinel.
    pub sentinel: String,
}

/// Reads both services and decides everything that a sync would decide now. `reader` is the ledger if there is one.
///
/// # Errors
/// When a list cannot be read, or the ledger is damaged.
pub async fn dry_run<S: Services>(
    services: &S,
    reader: Option<&Reader>,
    rule: &dyn Resolver,
    clock: &dyn Clock,
    options: &Options,
) -> Result<SyncPlan, RunError> {
    let polled = poll(services, reader, options, false).await?;
    let mut defender: BTreeMap<String, Reading<DefenderIncident>> =
        polled.defender.into_iter().map(|r| (r.incident.id.clone(), r)).collect();
    let mut sentinel: BTreeMap<String, Reading<SentinelIncident>> =
        polled.sentinel.into_iter().map(|r| (r.incident.id.clone(), r)).collect();
    let mut plan = SyncPlan { warnings: polled.unsigned.into_iter().collect(), ..SyncPlan::default() };
    let mut known: BTreeMap<String, Pair> = BTreeMap::new();
    for pair in reader.into_iter().flat_map(Reader::pairs) {
        let pair = pair?;
        if pair.unlinked.is_none() {
            known.insert(pair.defender.clone(), pair);
        }
    }
    for reading in sentinel.values() {
        let Joined::To(id) = joined(&reading.incident) else { continue };
        let taken = known.values().any(|p| p.sentinel.eq_ignore_ascii_case(&reading.incident.id));
        match known.get(&id) {
            None if !taken => {
                known.insert(id.clone(), Pair::planned(&id, &reading.incident.id));
            }
            Some(pair) if pair.sentinel.eq_ignore_ascii_case(&reading.incident.id) => {}
            _ => plan
                .doubles
                .push(format!("{} claims Defender's incident {id}, which is another's", reading.incident.id)),
        }
    }
    for pair in known.into_values() {
        if pair.frozen.is_some() {
            plan.frozen += 1;
            continue;
        }
        let d = defender.remove(&pair.defender);
        let s = sentinel.remove(&pair.sentinel);
        if let Some(planned) = planned(services, reader, rule, clock, options, pair, d, s).await? {
            plan.pairs += 1;
            if !planned.outcome.is_quiet() {
                plan.incidents.push(planned);
            }
        }
    }
    Ok(plan)
}

/// One pair, with fresh readings where there are any. `None` when Defender does not show the incident yet.
#[allow(clippy::too_many_arguments)]
async fn planned<S: Services>(
    services: &S,
    reader: Option<&Reader>,
    rule: &dyn Resolver,
    clock: &dyn Clock,
    options: &Options,
    pair: Pair,
    defender: Option<Reading<DefenderIncident>>,
    sentinel: Option<Reading<SentinelIncident>>,
) -> Result<Option<PlannedIncident>, RunError> {
    let known_d = match defender {
        Some(reading) => Some(reading),
        None => last::<DefenderIncident>(reader, &pair.defender)?.filter(|k| !k.1.gone).map(|k| k.0),
    };
    let known_s = match sentinel {
        Some(reading) => Some(reading),
        None => last::<SentinelIncident>(reader, &pair.sentinel)?.filter(|k| !k.1.gone).map(|k| k.0),
    };
    let new = pair.id == PairId(0);
    let defender = match known_d {
        None if new => services.defender_get(&pair.defender).await?.map(|i| super::poll::next(i, None, options)),
        known => known,
    };
    if new && defender.is_none() {
        return Ok(None);
    }
    let (d, s) = (pair.defender.clone(), pair.sentinel.clone());
    let loaded = Loaded { pair, defender, sentinel: known_s, marks: vec![] };
    let input = input_of(reader, &loaded, options, clock.now(), clock.moment())?;
    let outcome = decide(&input, &options.settings, rule);
    Ok(Some(PlannedIncident { input, outcome, defender: d, sentinel: s }))
}
