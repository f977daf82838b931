//! Which Defender incident a Sentinel incident is, and where a merged one went.

use super::sentinel::SentinelIncident;
use std::collections::{BTreeMap, BTreeSet};

/// The names under which Defender appears as a provider: today's first, older ones as users report them.
pub const DEFENDER_PROVIDERS: [&str; 5] =
    ["Microsoft XDR", "Microsoft Defender XDR", "Microsoft 365 Defender", "Microsoft Threat Protection", "M365D"];

/// The label of an incident that was merged into another one.
pub const REDIRECTED_LABEL: &str = "Redirected";

/// How a Sentinel incident is joined with one of Defender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// It is Defender's incident of this id.
    To(String),
    /// It is an incident of Sentinel's own, or of a provider that is not Defender.
    Apart,
}

/// Joins by provider and id, never by title.
pub fn joined(incident: &SentinelIncident) -> Joined {
    let defender = |name: &str| DEFENDER_PROVIDERS.iter().any(|known| known.eq_ignore_ascii_case(name.trim()));
    match (&incident.provider_name, &incident.provider_incident_id) {
        (Some(provider), Some(id)) if defender(provider) && !id.trim().is_empty() => Joined::To(id.trim().to_owned()),
        _ => Joined::Apart,
    }
}

/// The end of a chain of merges: `Ok(None)` when the incident was not merged.
///
/// # Errors
/// The ids of the circle when the chain never ends.
pub fn redirect_end<'a>(
    id: &'a str,
    redirects: &'a BTreeMap<String, Option<String>>,
) -> Result<Option<&'a str>, Vec<String>> {
    let (mut at, mut seen) = (id, BTreeSet::from([id]));
    while let Some(next) = redirects.get(at).and_then(Option::as_deref) {
        if !seen.insert(next) {
            return Err(seen.into_iter().map(str::to_owned).collect());
        }
        at = next;
    }
    Ok((at != id).then_some(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_by_provider_and_id() {
        let mut incident = SentinelIncident::new("a");
        incident.provider_incident_id = Some("29".into());
        incident.provider_name = Some("Azure Sentinel".into());
        assert_eq!(joined(&incident), Joined::Apart);
        incident.provider_name = Some("microsoft 365 defender".into());
        assert_eq!(joined(&incident), Joined::To("29".into()));
    }

    #[test]
    fn chains_end_and_circles_are_told() {
        let chain = |pairs: &[(&str, Option<&str>)]| {
            pairs.iter().map(|(a, b)| ((*a).to_owned(), b.map(str::to_owned))).collect::<BTreeMap<_, _>>()
        };
        let redirects = chain(&[("1", Some("2")), ("2", Some("3")), ("3", None)]);
        assert_eq!(redirect_end("1", &redirects), Ok(Some("3")));
        assert_eq!(redirect_end("3", &redirects), Ok(None));
        assert!(redirect_end("1", &chain(&[("1", Some("2")), ("2", Some("1"))])).is_err());
    }
}
