//! The image of a Defender incident in Sentinel, as Microsoft's own connector makes it (the documented built-in transform).

use super::super::wire::Object;
use super::{Core, Defender, Sentinel};
use serde_json::{Value as Json, json};

/// What the connector calls its own incidents.
const PROVIDER: &str = "Microsoft XDR";

/// The owner of an incident that has none.
pub(in crate::fake) fn nobody() -> Json {
    json!({"objectId": null, "email": null, "assignedTo": null, "userPrincipalName": null})
}

/// The properties that follow from Defender's.
pub(in crate::fake) fn image(core: &Core, incident: &Defender) -> Object {
    let status = match incident.text("status") {
        "active" => "New",
        "inProgress" | "awaitingAction" => "Active",
        _ => "Closed",
    };
    let severity = match incident.text("severity") {
        "high" => "High",
        "low" => "Low",
        "informational" => "Informational",
        _ => "Medium",
    };
    let owner = match incident.props.get("assignedTo").and_then(Json::as_str).filter(|t| !t.is_empty()) {
        None => nobody(),
        Some(upn) => core.owner_of(upn),
    };
    let (classification, reason) = match (status, incident.text("classification")) {
        (_, "truePositive") => (json!("TruePositive"), json!("SuspiciousActivity")),
        (_, "falsePositive") => (json!("FalsePositive"), json!("InaccurateData")),
        (_, "informationalExpectedActivity") => (json!("BenignPositive"), json!("SuspiciousButExpected")),
        ("Closed", _) => (json!("Undetermined"), Json::Null),
        _ => (Json::Null, Json::Null),
    };
    let mut labels: Vec<Json> =
        incident.tags().into_iter().map(|t| json!({"labelName": t, "labelType": "User"})).collect();
    if incident.text("status") == "redirected" {
        labels.push(json!({"labelName": "Redirected", "labelType": "AutoAssigned"}));
    }
    let take = |name: &str| incident.props.get(name).cloned().unwrap_or(Json::Null);
    let mut props = Object::new();
    props.insert("title".into(), take("displayName"));
    props.insert("description".into(), take("description"));
    props.insert("severity".into(), severity.into());
    props.insert("status".into(), status.into());
    props.insert("owner".into(), owner);
    props.insert("labels".into(), labels.into());
    props.insert("classification".into(), classification);
    props.insert("classificationReason".into(), reason);
    props.insert("classificationComment".into(), take("resolvingComment"));
    props
}

impl Core {
    /// The owner object of a user principal name: a person of the directory, else the text as it is.
    pub(in crate::fake) fn owner_of(&self, upn: &str) -> Json {
        match self.person(upn) {
            Some(p) => json!({"objectId": p.object_id, "email": p.upn, "assignedTo": p.display,
                "userPrincipalName": p.upn, "ownerType": "User"}),
            None => json!({"objectId": null, "email": null, "assignedTo": upn, "userPrincipalName": upn}),
        }
    }

    /// Makes the twin of a Defender incident, unless it has one. Answers its name.
    pub(in crate::fake) fn make_twin(&mut self, id: &str) -> Option<String> {
        if self.twins(id).next().is_some() {
            return None;
        }
        let incident = self.defender.get(id)?.clone();
        let (name, number) = (self.guid(), self.next_number());
        let created = incident.text("createdDateTime").to_owned();
        let mut props = image(self, &incident);
        props.insert("createdTimeUtc".into(), created.clone().into());
        props.insert("firstActivityTimeUtc".into(), created.clone().into());
        props.insert("lastActivityTimeUtc".into(), created.into());
        props.insert("incidentNumber".into(), number.into());
        props.insert("relatedAnalyticRuleIds".into(), json!([]));
        props.insert("providerName".into(), PROVIDER.into());
        props.insert("providerIncidentId".into(), id.into());
        let mut twin = Sentinel::new(&name, props, self.clock.now());
        twin.alert_ids = incident.alert_ids;
        self.sentinel.insert(name.clone(), twin);
        self.touch_sentinel(&name, "Microsoft Defender XDR");
        Some(name)
    }

    /// The names of the Sentinel incidents that stand for a Defender incident. There may be two.
    pub(in crate::fake) fn twins<'a>(&'a self, id: &'a str) -> impl Iterator<Item = String> + 'a {
        let ours =
            move |s: &&Sentinel| s.text("providerIncidentId") == id && s.text("providerName") != "Azure Sentinel";
        self.sentinel.values().filter(ours).map(|s| s.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::pair;
    use super::*;

    #[test]
    fn a_twin_is_made_once_and_carries_the_closing() {
        let mut core = pair();
        assert_eq!(core.make_twin("29"), None, "it has one");
        let made = core
            .seed(&json!({"defender": [{"id": "30", "status": "resolved", "classification": "falsePositive",
            "determination": "other", "assignedTo": "who@x", "customTags": ["t"]}], "sentinel": []}));
        made.expect("a seed");
        let name = core.make_twin("30").expect("a twin");
        let twin = &core.sentinel[&name];
        assert_eq!((twin.text("status"), twin.text("classificationReason")), ("Closed", "InaccurateData"));
        assert_eq!(twin.props["owner"]["userPrincipalName"], "who@x");
        assert_eq!(twin.user_labels(), ["t"]);
    }
}
