//! The services that rows are pulled from, with the limits that their documentation names.
//!
//! In: a source's name. Out: its limits, and what a pull makes of them to stay clear of them.

use crate::value::datetime::{TICKS_PER_DAY, TICKS_PER_SECOND};

/// A service with a query interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Advanced hunting by Microsoft Graph.
    Graph,
    /// Advanced hunting by Defender's older interface.
    Defender,
    /// The workspace of Sentinel, by Log Analytics.
    LogAnalytics,
}

impl Source {
    /// All.
    pub const ALL: [Source; 3] = [Source::Graph, Source::Defender, Source::LogAnalytics];

    /// Its name in `[mirror.pull]`.
    pub const fn name(self) -> &'static str {
        match self {
            Source::Graph => "graph",
            Source::Defender => "defender",
            Source::LogAnalytics => "log_analytics",
        }
    }

    /// The source of a name.
    pub fn of_name(name: &str) -> Option<Source> {
        Source::ALL.into_iter().find(|s| s.name() == name)
    }

    /// How people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Source::Graph | Source::Defender => "Defender",
            Source::LogAnalytics => "Log Analytics",
        }
    }

    /// Its limits.
    pub const fn limits(self) -> Limits {
        match self {
            Source::Graph | Source::Defender => Limits {
                rows: 100_000,
                bytes: 124 << 20,
                calls: 45,
                within: 60 * TICKS_PER_SECOND,
                parallel: 10,
                reach: Some(30 * TICKS_PER_DAY),
            },
            Source::LogAnalytics => Limits {
                rows: 500_000,
                bytes: 100 << 20,
                calls: 200,
                within: 30 * TICKS_PER_SECOND,
                parallel: 5,
                reach: None,
            },
        }
    }
}

/// What a service allows. The margins that keep a pull clear of them are this type's too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows of one answer. An answer with as many may have been cut off.
    pub rows: u64,
    /// Bytes of one answer.
    pub bytes: u64,
    /// Calls within [`within`](Limits::within).
    pub calls: usize,
    /// Ticks.
    pub within: i64,
    /// Calls at the same time.
    pub parallel: usize,
    /// How far back rows can be asked for, in ticks; as far as the workspace keeps them for `None`.
    pub reach: Option<i64>,
}

impl Limits {
    /// Rows that one question may aim at: late ones have room.
    pub fn aim(&self) -> u64 {
        (self.rows / 5 * 4).max(1)
    }

    /// Rows of so many bytes that one question may aim at: half of what fits, since rows differ.
    pub fn aim_of_bytes(&self, row: u64) -> u64 {
        (self.bytes / 2 / row.max(1)).max(1)
    }

    /// Calls that are made within the span; others of the tenant draw from the same quota.
    pub fn pace(&self) -> usize {
        (self.calls * 9 / 10).max(1)
    }
}
