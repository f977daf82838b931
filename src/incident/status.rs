//! What a status means, and how it is said on each side.

use super::wire::{DefenderStatus, SentinelStatus};
use super::{Open, Side};

/// What both services mean. Defender's `active` is Sentinel's `New`, so neither service's word is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Nobody works on it yet: `active` and `New`.
    New,
    /// Taken into work: `inProgress` and `Active`.
    InProgress,
    /// Done: `resolved` and `Closed`.
    Closed,
}

impl Status {
    /// All.
    pub const ALL: [Status; 3] = [Status::New, Status::InProgress, Status::Closed];

    /// Its name in rules and in the ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Status::New => "new",
            Status::InProgress => "in_progress",
            Status::Closed => "closed",
        }
    }

    /// The status of a name.
    pub fn of_name(name: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|s| s.name() == name)
    }

    /// What Defender's value means. `awaitingAction` is work in progress, though it is never written;
    /// `redirected` is closed; a value nobody knows means nothing.
    pub fn of_defender(native: &Open<DefenderStatus>) -> Option<Status> {
        Some(match native.known()? {
            DefenderStatus::Active => Status::New,
            DefenderStatus::InProgress | DefenderStatus::AwaitingAction => Status::InProgress,
            DefenderStatus::Resolved | DefenderStatus::Redirected => Status::Closed,
        })
    }

    /// What Sentinel's value means.
    pub fn of_sentinel(native: &Open<SentinelStatus>) -> Option<Status> {
        Some(match native.known()? {
            SentinelStatus::New => Status::New,
            SentinelStatus::Active => Status::InProgress,
            SentinelStatus::Closed => Status::Closed,
        })
    }

    /// How Defender says it.
    pub const fn defender(self) -> DefenderStatus {
        match self {
            Status::New => DefenderStatus::Active,
            Status::InProgress => DefenderStatus::InProgress,
            Status::Closed => DefenderStatus::Resolved,
        }
    }

    /// How Sentinel says it.
    pub const fn sentinel(self) -> SentinelStatus {
        match self {
            Status::New => SentinelStatus::New,
            Status::InProgress => SentinelStatus::Active,
            Status::Closed => SentinelStatus::Closed,
        }
    }

    /// How that side says it.
    pub fn said_by(self, side: Side) -> &'static str {
        use super::wire::Wire;
        match side {
            Side::Defender => self.defender().wire(),
            Side::Sentinel => self.sentinel().wire(),
        }
    }
}

/// True for Defender's two statuses that mean closed.
pub fn is_closed_defender(native: &Open<DefenderStatus>) -> bool {
    Status::of_defender(native) == Some(Status::Closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_from_both_sides() {
        for status in Status::ALL {
            assert_eq!(Status::of_defender(&Open::Known(status.defender())), Some(status));
            assert_eq!(Status::of_sentinel(&Open::Known(status.sentinel())), Some(status));
            assert_eq!(Status::of_name(status.name()), Some(status));
        }
    }
}
