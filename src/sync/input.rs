//! What a decision about one incident is made of: both sides now, what they last agreed on, and who changed what.

use super::base::Base;
use super::decision::Decision;
use crate::incident::{DefenderIncident, Directory, Field, SentinelIncident, Side};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Who made a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// A person.
    Human,
    /// A rule, a playbook or an automatic investigation of the user's.
    Automation,
    /// Microsoft's own services, as the correlation of alerts.
    Provider,
    /// We ourselves.
    Sync,
    /// Nobody knows.
    #[default]
    Unknown,
}

impl Actor {
    /// All.
    pub const ALL: [Actor; 5] = [Actor::Human, Actor::Automation, Actor::Provider, Actor::Sync, Actor::Unknown];

    /// Its name in rules and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Actor::Human => "human",
            Actor::Automation => "automation",
            Actor::Provider => "provider",
            Actor::Sync => "sync",
            Actor::Unknown => "unknown",
        }
    }
}

/// A change of one field on one side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Who.
    pub by: Actor,
    /// By name, as the service tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Which side changed later. Both services give one time per record, not per field, so it is often unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Defender's change is the later one.
    Defender,
    /// Sentinel's change is the later one.
    Sentinel,
    /// Within the skew of the clocks.
    Tie,
    /// Not known.
    #[default]
    Unknown,
}

impl Order {
    /// Its name in rules and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Order::Defender => "defender",
            Order::Sentinel => "sentinel",
            Order::Tie => "tie",
            Order::Unknown => "unknown",
        }
    }
}

/// What happened to this incident before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// How often a field went back to a value that it had left, within the window of the rate fuse.
    pub flips: u32,
    /// How often it was reopened.
    pub reopened: u32,
    /// Writes within the last hour.
    pub writes: u32,
}

/// The moment of the pass, for rules that know business hours. A fact like any other: rules have no clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// 1 is Monday, 7 is Sunday, in the configured zone.
    pub weekday: u8,
    /// 0 to 23, in the configured zone.
    pub hour: u8,
    /// Whether the configured business hours cover it.
    pub business_hours: bool,
}

/// Everything that one decision is made of. Nothing else reaches it: the same input gives the same outcome.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Input {
    /// What both last agreed on; `None` before the first agreement.
    pub base: Option<Base>,
    /// Defender's incident now; `None` when it is gone.
    pub defender: Option<DefenderIncident>,
    /// Sentinel's incident now; `None` when it is gone.
    pub sentinel: Option<SentinelIncident>,
    /// Who changed what in Defender; what is not listed is unknown.
    pub defender_changes: BTreeMap<Field, Change>,
    /// Who changed what in Sentinel.
    pub sentinel_changes: BTreeMap<Field, Change>,
    /// Which side is later; what is not listed is unknown.
    pub order: BTreeMap<Field, Order>,
    /// Where each further incident was merged into.
    pub redirects: BTreeMap<String, Option<String>>,
    /// Alerts that came since the base, in Defender.
    pub new_alerts: u32,
    /// What happened before.
    pub history: History,
    /// When.
    pub moment: Moment,
    /// What people answered to fields that were held.
    pub answers: BTreeMap<Field, Decision>,
}

impl Input {
    /// Who changed a field on a side.
    pub fn change(&self, side: Side, field: Field) -> Change {
        let changes = match side {
            Side::Defender => &self.defender_changes,
            Side::Sentinel => &self.sentinel_changes,
        };
        changes.get(&field).cloned().unwrap_or_default()
    }

    /// Who, without the name.
    pub fn actor(&self, side: Side, field: Field) -> Actor {
        let changes = match side {
            Side::Defender => &self.defender_changes,
            Side::Sentinel => &self.sentinel_changes,
        };
        changes.get(&field).map(|c| c.by).unwrap_or_default()
    }

    /// Which side is later in a field.
    pub fn order(&self, field: Field) -> Order {
        self.order.get(&field).copied().unwrap_or_default()
    }
}

/// What holds for every incident.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The people.
    pub directory: Directory,
    /// The fields that are kept in step.
    pub fields: BTreeSet<Field>,
    /// Whether new alerts in Defender are cause enough to reopen.
    pub reopen_on_new_alerts: bool,
    /// Whether a rule may put a changed side back to the base.
    pub allow_revert: bool,
    /// Writes to one incident within an hour after which it is frozen.
    pub max_writes_per_hour: u32,
    /// The user's constants, for rules.
    pub constants: serde_json::Map<String, serde_json::Value>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            directory: Directory::default(),
            fields: Field::ALL.into_iter().collect(),
            reopen_on_new_alerts: false,
            allow_revert: false,
            max_writes_per_hour: 30,
            constants: serde_json::Map::new(),
        }
    }
}
