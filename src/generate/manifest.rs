//! What was generated: the arguments, the rows of each table, and what was planted, so that hunts can be checked.

use super::chain::{CHAINS, Trace};
use super::event::Table;
use super::{Options, chain};
use crate::value::datetime;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// What was generated.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The seed
    pub seed: u64,
    /// Number of devices
    pub devices: u64,
    /// The period, in ticks
    pub period: (i64, i64),
    /// Rows of each table
    pub rows: BTreeMap<&'static str, u64>,
    /// What was planted
    pub chains: Vec<Planted>,
}

/// What was planted of one kind.
#[derive(Clone, Debug)]
pub struct Planted {
    /// Its name
    pub name: &'static str,
    /// The story in one line
    pub story: &'static str,
    /// Techniques of MITRE ATT&CK
    pub techniques: &'static [&'static str],
    /// Tables with rows of it
    pub tables: &'static [&'static str],
    /// The hunt that finds it, below `samples`
    pub hunt: String,
    /// How many rows the hunt shows
    pub hits: u64,
    /// Each time that it happened
    pub traces: Vec<Trace>,
}

impl Manifest {
    /// From the traces that the chains left.
    pub fn new(options: &Options, rows: BTreeMap<Table, u64>, traces: Vec<Trace>) -> Manifest {
        let mut chains: Vec<Planted> = CHAINS.iter().map(planted).collect();
        for trace in traces {
            if let Some(planted) = chains.get_mut(trace.chain) {
                planted.hits += CHAINS.get(trace.chain).map_or(0, |c| c.hits);
                planted.traces.push(trace);
            }
        }
        Manifest {
            seed: options.seed,
            devices: options.devices,
            period: options.period(),
            rows: rows.into_iter().map(|(table, rows)| (table.name(), rows)).collect(),
            chains,
        }
    }

    /// Rows of all tables.
    pub fn total(&self) -> u64 {
        self.rows.values().sum()
    }

    /// The text of `manifest.json`.
    pub fn to_json(&self) -> Json {
        json!({
            "seed": self.seed,
            "devices": self.devices,
            "start": datetime::format(self.period.0),
            "end": datetime::format(self.period.1),
            "rows": self.rows,
            "chains": self.chains.iter().map(Planted::to_json).collect::<Vec<_>>(),
        })
    }
}

fn planted(chain: &chain::Chain) -> Planted {
    Planted {
        name: chain.name,
        story: chain.story,
        techniques: chain.techniques,
        tables: chain.tables,
        hunt: chain.hunt(),
        hits: 0,
        traces: Vec::new(),
    }
}

impl Planted {
    fn to_json(&self) -> Json {
        let traces: Vec<Json> = self
            .traces
            .iter()
            .map(|trace| {
                let keys: Map<String, Json> = trace.keys.iter().map(|(k, v)| ((*k).to_owned(), json!(v))).collect();
                json!({
                    "start": datetime::format(trace.time.0),
                    "end": datetime::format(trace.time.1),
                    "rows": trace.rows,
                    "keys": keys,
                })
            })
            .collect();
        json!({
            "name": self.name,
            "story": self.story,
            "techniques": self.techniques,
            "tables": self.tables,
            "hunt": self.hunt,
            "hits": self.hits,
            "traces": traces,
        })
    }
}
