//! The enumerations of both services: read tolerantly (any case, documented other names, unknown values kept as they
//! came), written strictly (only the wire's own names, only values that may be written).

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value of an enumeration that the service may extend: known, or kept as it came.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Open<T> {
    /// A value of the list.
    Known(T),
    /// A value that huntline does not know.
    Other(String),
}

impl<T: Copy> Open<T> {
    /// The value when it is known.
    pub fn known(&self) -> Option<T> {
        match self {
            Open::Known(value) => Some(*value),
            Open::Other(_) => None,
        }
    }
}

/// An enumeration of the wire.
pub trait Wire: Copy + Sized {
    /// The value that a text names, in any case and under any documented name.
    fn read(text: &str) -> Option<Self>;
    /// The wire's own name.
    fn wire(self) -> &'static str;
}

impl<T: Wire> Open<T> {
    /// Reads a text.
    pub fn read(text: &str) -> Open<T> {
        T::read(text).map_or_else(|| Open::Other(text.to_owned()), Open::Known)
    }

    /// The wire's name, or the text as it came.
    pub fn text(&self) -> &str {
        match self {
            Open::Known(value) => value.wire(),
            Open::Other(text) => text,
        }
    }
}

impl<T: Wire> Serialize for Open<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl<'de, T: Wire> Deserialize<'de> for Open<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Open::read(&String::deserialize(deserializer)?))
    }
}

macro_rules! wire {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $vdoc:literal])* $value:ident = $wire:literal $(| $other:literal)*;)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[doc = $vdoc])* #[doc = concat!("`", $wire, "`")] $value,)* }

        impl $name {
            /// Every value, in the order of the service's list.
            pub const ALL: &[$name] = &[$($name::$value,)*];
        }

        impl Wire for $name {
            fn read(text: &str) -> Option<Self> {
                $(if text.eq_ignore_ascii_case($wire) $(|| text.eq_ignore_ascii_case($other))* { return Some($name::$value); })*
                None
            }

            fn wire(self) -> &'static str {
                match self { $($name::$value => $wire,)* }
            }
        }
    };
}

wire! {
    /// Graph's `incidentStatus`.
    DefenderStatus {
        Active = "active";
        InProgress = "inProgress";
        Resolved = "resolved";
        /// Merged into another incident; never written.
        Redirected = "redirected";
        /// Set by Defender Experts only; never written.
        AwaitingAction = "awaitingAction";
    }
}

wire! {
    /// ARM's `IncidentStatus`.
    SentinelStatus {
        New = "New";
        Active = "Active";
        Closed = "Closed";
    }
}

wire! {
    /// Graph's `alertClassification`, for incidents and alerts.
    Classification {
        Unknown = "unknown";
        FalsePositive = "falsePositive";
        TruePositive = "truePositive";
        InformationalExpectedActivity = "informationalExpectedActivity";
    }
}

wire! {
    /// Graph's `alertDetermination`. Microsoft's pages name four of them otherwise than its schema.
    Determination {
        Unknown = "unknown";
        /// Retired in August 2022; never written.
        Apt = "apt";
        Malware = "malware";
        /// Retired in August 2022; never written.
        SecurityPersonnel = "securityPersonnel";
        SecurityTesting = "securityTesting";
        UnwantedSoftware = "unwantedSoftware";
        Other = "other";
        MultiStagedAttack = "multiStagedAttack";
        CompromisedAccount = "compromisedAccount" | "compromisedUser";
        Phishing = "phishing";
        MaliciousUserActivity = "maliciousUserActivity";
        NotMalicious = "notMalicious" | "clean";
        NotEnoughDataToValidate = "notEnoughDataToValidate" | "insufficientData" | "noEnoughDataToValidate";
        ConfirmedActivity = "confirmedActivity" | "confirmedUserActivity";
        LineOfBusinessApplication = "lineOfBusinessApplication";
    }
}

wire! {
    /// ARM's `IncidentClassification`.
    SentinelClassification {
        Undetermined = "Undetermined";
        TruePositive = "TruePositive";
        BenignPositive = "BenignPositive";
        FalsePositive = "FalsePositive";
    }
}

wire! {
    /// ARM's `IncidentClassificationReason`.
    Reason {
        SuspiciousActivity = "SuspiciousActivity";
        SuspiciousButExpected = "SuspiciousButExpected";
        IncorrectAlertLogic = "IncorrectAlertLogic";
        InaccurateData = "InaccurateData";
    }
}

wire! {
    /// The severities that both services have, by Graph's names; Graph's `unknown` is no severity.
    Severity {
        Informational = "informational";
        Low = "low";
        Medium = "medium";
        High = "high";
    }
}

impl Severity {
    /// ARM's name.
    pub const fn sentinel(self) -> &'static str {
        match self {
            Severity::Informational => "Informational",
            Severity::Low => "Low",
            Severity::Medium => "Medium",
            Severity::High => "High",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_case_and_other_names_and_writes_the_wire() {
        for (text, wire) in [("Clean", "notMalicious"), ("COMPROMISEDUSER", "compromisedAccount"), ("apt", "apt")] {
            assert_eq!(Open::<Determination>::read(text).text(), wire);
        }
        let unknown = Open::<DefenderStatus>::read("escalated");
        assert_eq!((unknown.known(), unknown.text()), (None, "escalated"));
    }

    #[test]
    fn comes_back_from_json() {
        for value in Determination::ALL {
            let text = serde_json::to_string(&Open::Known(*value)).unwrap();
            assert_eq!(serde_json::from_str::<Open<Determination>>(&text).unwrap(), Open::Known(*value));
        }
    }
}
