//! Who did it, and how each service prints that.

/// Somebody who changes an incident outside of the APIs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::fake) enum Actor {
    /// A person, by user principal name.
    Human(String),
    /// A playbook or an automation rule, by name; may be empty.
    Automation(String),
    /// Microsoft's own correlation.
    Provider,
}

impl Actor {
    /// From the words of the control endpoint.
    pub(in crate::fake) fn parse(by: &str, name: Option<&str>, human: &str) -> Result<Actor, String> {
        match by {
            "human" => Ok(Actor::Human(name.unwrap_or(human).to_owned())),
            "automation" => Ok(Actor::Automation(name.unwrap_or_default().to_owned())),
            "provider" => Ok(Actor::Provider),
            other => Err(format!("unknown `by` `{other}`: use human, automation or provider")),
        }
    }

    /// The word for the kind.
    pub(in crate::fake) fn kind(&self) -> &'static str {
        match self {
            Actor::Human(_) => "human",
            Actor::Automation(_) => "automation",
            Actor::Provider => "provider",
        }
    }

    /// Defender's `lastModifiedBy`.
    pub(in crate::fake) fn in_defender(&self) -> String {
        match self {
            Actor::Human(upn) => upn.clone(),
            Actor::Automation(name) if name.is_empty() => "Automation".to_owned(),
            Actor::Automation(name) => format!("API-{name}"),
            Actor::Provider => "Microsoft Defender XDR - alert correlation".to_owned(),
        }
    }

    /// `ModifiedBy` in the table SecurityIncident.
    pub(in crate::fake) fn in_sentinel(&self) -> String {
        match self {
            Actor::Human(upn) => upn.clone(),
            Actor::Automation(name) if name.is_empty() => "Automation rule - Incident automation".to_owned(),
            Actor::Automation(name) => format!("Automation rule - {name}"),
            Actor::Provider => "Microsoft Defender XDR".to_owned(),
        }
    }
}
