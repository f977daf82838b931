//! Why an incident was closed: one unit of classification with determination (Defender) or reason (Sentinel).
//!
//! The two sides do not say the same: Defender has fifteen pairs, Sentinel five. What they share is the class. Two
//! closings of one class mean the same, and each side keeps its finer value; a value that has to be said on the other side
//! takes the finer value that this side had last for the class (the shadow), and only without one a default.

use super::wire::{Classification, Determination, Reason, SentinelClassification};
use super::{Open, Side};
use serde::{Deserialize, Serialize};

/// The class of a closing, which both sides can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Not classified: `unknown`, `Undetermined`.
    Undetermined,
    /// A real attack.
    TruePositive,
    /// Real, but expected: `informationalExpectedActivity`, `BenignPositive`.
    BenignPositive,
    /// No attack.
    FalsePositive,
}

impl Class {
    /// All.
    pub const ALL: [Class; 4] = [Class::Undetermined, Class::TruePositive, Class::BenignPositive, Class::FalsePositive];

    /// Its name in rules and in the ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Undetermined => "undetermined",
            Class::TruePositive => "true_positive",
            Class::BenignPositive => "benign_positive",
            Class::FalsePositive => "false_positive",
        }
    }

    /// The class of a name.
    pub fn of_name(name: &str) -> Option<Class> {
        Class::ALL.into_iter().find(|c| c.name() == name)
    }

    /// The class of Defender's value.
    pub const fn of_defender(value: Classification) -> Class {
        match value {
            Classification::Unknown => Class::Undetermined,
            Classification::TruePositive => Class::TruePositive,
            Classification::InformationalExpectedActivity => Class::BenignPositive,
            Classification::FalsePositive => Class::FalsePositive,
        }
    }

    /// The class of Sentinel's value.
    pub const fn of_sentinel(value: SentinelClassification) -> Class {
        match value {
            SentinelClassification::Undetermined => Class::Undetermined,
            SentinelClassification::TruePositive => Class::TruePositive,
            SentinelClassification::BenignPositive => Class::BenignPositive,
            SentinelClassification::FalsePositive => Class::FalsePositive,
        }
    }

    /// How Defender says it.
    pub const fn defender(self) -> Classification {
        match self {
            Class::Undetermined => Classification::Unknown,
            Class::TruePositive => Classification::TruePositive,
            Class::BenignPositive => Classification::InformationalExpectedActivity,
            Class::FalsePositive => Classification::FalsePositive,
        }
    }

    /// How Sentinel says it.
    pub const fn sentinel(self) -> SentinelClassification {
        match self {
            Class::Undetermined => SentinelClassification::Undetermined,
            Class::TruePositive => SentinelClassification::TruePositive,
            Class::BenignPositive => SentinelClassification::BenignPositive,
            Class::FalsePositive => SentinelClassification::FalsePositive,
        }
    }
}

/// The determinations that Defender takes with a classification, by Microsoft's table: fifteen pairs in all.
pub const fn legal_determinations(class: Class) -> &'static [Determination] {
    match class {
        Class::Undetermined => &[Determination::Unknown],
        Class::TruePositive => &[
            Determination::MultiStagedAttack,
            Determination::MaliciousUserActivity,
            Determination::CompromisedAccount,
            Determination::Malware,
            Determination::Phishing,
            Determination::UnwantedSoftware,
            Determination::Other,
        ],
        Class::BenignPositive => &[
            Determination::SecurityTesting,
            Determination::LineOfBusinessApplication,
            Determination::ConfirmedActivity,
            Determination::Other,
        ],
        Class::FalsePositive => {
            &[Determination::NotMalicious, Determination::NotEnoughDataToValidate, Determination::Other]
        }
    }
}

/// The reasons that Sentinel takes with a class; `Undetermined` has none.
pub const fn legal_reasons(class: Class) -> &'static [Reason] {
    match class {
        Class::Undetermined => &[],
        Class::TruePositive => &[Reason::SuspiciousActivity],
        Class::BenignPositive => &[Reason::SuspiciousButExpected],
        Class::FalsePositive => &[Reason::IncorrectAlertLogic, Reason::InaccurateData],
    }
}

/// Defender's closing as it may be written: a legal pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DefenderClosing {
    /// Its class.
    pub class: Class,
    /// Legal for the class.
    pub determination: Determination,
}

/// Sentinel's closing as it may be written: a legal pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SentinelClosing {
    /// Its class.
    pub class: Class,
    /// Legal for the class; `None` for `Undetermined`.
    pub reason: Option<Reason>,
}

impl DefenderClosing {
    /// The pair, when Defender takes it.
    pub fn legal(class: Class, determination: Determination) -> Option<DefenderClosing> {
        legal_determinations(class).contains(&determination).then_some(DefenderClosing { class, determination })
    }

    /// All fifteen.
    pub fn all() -> impl Iterator<Item = DefenderClosing> {
        Class::ALL.into_iter().flat_map(|class| {
            legal_determinations(class).iter().map(move |&determination| DefenderClosing { class, determination })
        })
    }
}

impl SentinelClosing {
    /// The pair, when Sentinel takes it.
    pub fn legal(class: Class, reason: Option<Reason>) -> Option<SentinelClosing> {
        let fits = match reason {
            None => legal_reasons(class).is_empty(),
            Some(reason) => legal_reasons(class).contains(&reason),
        };
        fits.then_some(SentinelClosing { class, reason })
    }

    /// All five.
    pub fn all() -> impl Iterator<Item = SentinelClosing> {
        Class::ALL.into_iter().flat_map(|class| {
            let reasons = legal_reasons(class);
            let none = reasons.is_empty().then_some(SentinelClosing { class, reason: None });
            none.into_iter().chain(reasons.iter().map(move |&r| SentinelClosing { class, reason: Some(r) }))
        })
    }
}

/// What a side says of the closing: its class with the finer value as it came.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Closing {
    /// The class.
    pub class: Class,
    /// Defender's finer value, when this came from Defender or a rule chose one.
    pub determination: Option<Open<Determination>>,
    /// Sentinel's finer value, when this came from Sentinel or a rule chose one.
    pub reason: Option<Open<Reason>>,
}

impl Closing {
    /// A class without a finer value.
    pub const fn of_class(class: Class) -> Closing {
        Closing { class, determination: None, reason: None }
    }
}

/// The finer values that each side had last for every class: what makes a lossy mapping come back whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Shadow {
    /// Defender's last determination of a true positive.
    pub true_positive: Option<Open<Determination>>,
    /// Defender's last determination of an expected activity.
    pub benign_positive: Option<Open<Determination>>,
    /// Defender's last determination of a false positive.
    pub false_positive: Option<Open<Determination>>,
    /// Sentinel's last reason of a false positive; the other classes have one reason each.
    pub reason: Option<Open<Reason>>,
}

impl Shadow {
    /// Remembers what a side says.
    pub fn remember(&mut self, side: Side, closing: &Closing) {
        match (side, closing.class) {
            (Side::Sentinel, Class::FalsePositive) => {
                if let Some(Open::Known(reason)) = &closing.reason {
                    self.reason = Some(Open::Known(*reason));
                }
            }
            (Side::Sentinel, _) | (Side::Defender, Class::Undetermined) => {}
            (Side::Defender, class) => {
                let legal = |d: &Determination| legal_determinations(class).contains(d);
                let Some(known) = closing.determination.as_ref().and_then(Open::known).filter(legal) else { return };
                *self.slot(class) = Some(Open::Known(known));
            }
        }
    }

    fn slot(&mut self, class: Class) -> &mut Option<Open<Determination>> {
        match class {
            Class::TruePositive => &mut self.true_positive,
            Class::BenignPositive => &mut self.benign_positive,
            Class::FalsePositive | Class::Undetermined => &mut self.false_positive,
        }
    }

    /// Defender's last determination of a class.
    pub fn determination(&self, class: Class) -> Option<Determination> {
        let kept = match class {
            Class::Undetermined => return Some(Determination::Unknown),
            Class::TruePositive => &self.true_positive,
            Class::BenignPositive => &self.benign_positive,
            Class::FalsePositive => &self.false_positive,
        };
        kept.as_ref().and_then(Open::known)
    }

    /// How Defender says a closing: what a rule chose, else what Defender had last for the class, else a default that
    /// says no more than Sentinel did.
    pub fn to_defender(&self, closing: &Closing) -> DefenderClosing {
        let class = closing.class;
        let legal = |d: Determination| DefenderClosing::legal(class, d);
        let chosen = closing.determination.as_ref().and_then(Open::known).and_then(legal);
        let kept = || self.determination(class).and_then(legal);
        chosen.or_else(kept).unwrap_or(DefenderClosing {
            class,
            determination: match (class, closing.reason.as_ref().and_then(Open::known)) {
                (Class::Undetermined, _) => Determination::Unknown,
                (Class::TruePositive | Class::BenignPositive, _) => Determination::Other,
                (Class::FalsePositive, Some(Reason::IncorrectAlertLogic)) => Determination::NotMalicious,
                (Class::FalsePositive, _) => Determination::NotEnoughDataToValidate,
            },
        })
    }

    /// How Sentinel says a closing: what a rule chose, else what Sentinel had last for the class, else what Microsoft's
    /// own integration writes.
    pub fn to_sentinel(&self, closing: &Closing) -> SentinelClosing {
        let class = closing.class;
        let legal = |r: Reason| SentinelClosing::legal(class, Some(r));
        let chosen = closing.reason.as_ref().and_then(Open::known).and_then(legal);
        let kept = || self.reason.as_ref().and_then(Open::known).and_then(legal);
        chosen.or_else(kept).unwrap_or(SentinelClosing {
            class,
            reason: match class {
                Class::Undetermined => None,
                Class::TruePositive => Some(Reason::SuspiciousActivity),
                Class::BenignPositive => Some(Reason::SuspiciousButExpected),
                Class::FalsePositive => Some(Reason::InaccurateData),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defender(pair: DefenderClosing) -> Closing {
        let determination = Some(Open::Known(pair.determination));
        Closing { class: pair.class, determination, reason: None }
    }

    fn sentinel(pair: SentinelClosing) -> Closing {
        Closing { class: pair.class, determination: None, reason: pair.reason.map(Open::Known) }
    }

    #[test]
    fn fifteen_and_five_pairs_come_back_with_the_shadow() {
        assert_eq!((DefenderClosing::all().count(), SentinelClosing::all().count()), (15, 5));
        for pair in DefenderClosing::all() {
            let mut shadow = Shadow::default();
            shadow.remember(Side::Defender, &defender(pair));
            let there = shadow.to_sentinel(&defender(pair));
            assert_eq!(shadow.to_defender(&sentinel(there)), pair);
        }
        for pair in SentinelClosing::all() {
            let mut shadow = Shadow::default();
            shadow.remember(Side::Sentinel, &sentinel(pair));
            let there = shadow.to_defender(&sentinel(pair));
            assert_eq!(shadow.to_sentinel(&defender(there)), pair);
        }
    }

    #[test]
    fn without_the_shadow_four_of_fifteen_come_back() {
        let none = Shadow::default();
        let back = |pair| none.to_defender(&sentinel(none.to_sentinel(&defender(pair))));
        assert_eq!(DefenderClosing::all().filter(|p| back(*p) == *p).count(), 4);
    }

    #[test]
    fn a_shadow_never_makes_an_illegal_pair() {
        let mut shadow = Shadow::default();
        let odd = Closing {
            class: Class::FalsePositive,
            determination: Some(Open::Known(Determination::Malware)),
            reason: None,
        };
        shadow.remember(Side::Defender, &odd);
        assert_eq!(shadow.to_defender(&odd).determination, Determination::NotEnoughDataToValidate);
    }
}
