//! Merges: Defender moves everything of one incident into another and leaves a redirect.
//!
//! What moves and what does not follows Microsoft's documentation of correlation: alerts and tags move, comments stay, the
//! source is closed with the tag `Redirected`, and Sentinel sees it later.

use super::lag::What;
use super::{Actor, Core, tags_of};
use serde_json::{Value as Json, json};

impl Core {
    /// Merges `from` into `into`, whatever state they are in: correlation's own vetoes are [`Core::may_merge`]'s business.
    /// A merge into an incident that redirects back makes a circle.
    pub(in crate::fake) fn merge(&mut self, from: &str, into: &str) -> Result<(), String> {
        if from == into {
            return Err(format!("`{from}` cannot be merged into itself"));
        }
        let target_has = self.defender.get(into).map(|d| (d.tags(), d.text("severity").to_owned()));
        let Some((mut tags, severity)) = target_has else { return Err(format!("no Defender incident `{into}`")) };
        let Some(source) = self.defender.get_mut(from) else { return Err(format!("no Defender incident `{from}`")) };
        let moved = std::mem::take(&mut source.alert_ids);
        let moved_tags = source.tags();
        let worst = worst(source.text("severity"), &severity);
        source.props.insert("status".into(), "redirected".into());
        source.props.insert("redirectIncidentId".into(), into.into());
        source.props.insert("customTags".into(), json!([]));
        let mut system = tags_of(source.props.get("systemTags"));
        if !system.iter().any(|t| t == "Redirected") {
            system.push("Redirected".to_owned());
        }
        source.props.insert("systemTags".into(), json!(system));
        for id in &moved {
            if let Some(alert) = self.alerts.get_mut(id) {
                alert.insert("incidentId".into(), into.into());
            }
        }
        for tag in moved_tags {
            if !tags.iter().any(|t| t.eq_ignore_ascii_case(&tag)) {
                tags.push(tag);
            }
        }
        if let Some(target) = self.defender.get_mut(into) {
            target.alert_ids.extend(moved);
            target.props.insert("customTags".into(), json!(tags));
            target.props.insert("severity".into(), worst.into());
        }
        let by = Actor::Provider.in_defender();
        self.touch_defender(from, &by);
        self.touch_defender(into, &by);
        self.later(What::Merged(from.to_owned(), into.to_owned()));
        Ok(())
    }

    /// Correlation leaves alone what is closed, what two people own, and what was judged differently.
    pub(in crate::fake) fn may_merge(&self, from: &str, into: &str) -> bool {
        let (Some(a), Some(b)) = (self.defender.get(from), self.defender.get(into)) else { return false };
        let open = |status: &str| matches!(status, "active" | "inProgress");
        let (owner_a, owner_b) = (a.text("assignedTo"), b.text("assignedTo"));
        let owners = owner_a.is_empty() || owner_b.is_empty() || owner_a == owner_b;
        let same = |name: &str| a.text(name) == b.text(name);
        from != into
            && open(a.text("status"))
            && open(b.text("status"))
            && owners
            && same("classification")
            && same("determination")
    }

    /// The merge reaches Sentinel.
    pub(super) fn arrive_merge(&mut self, from: &str, into: &str) {
        let by = Actor::Provider.in_sentinel();
        let mut moved_labels = Vec::new();
        for name in self.twins(from).collect::<Vec<_>>() {
            let Some(twin) = self.sentinel.get_mut(&name) else { continue };
            moved_labels.extend(twin.user_labels());
            let closed = twin.text("status") == "Closed";
            twin.alert_ids.clear();
            twin.props.insert("status".into(), "Closed".into());
            if !closed {
                twin.props.insert("classification".into(), "Undetermined".into());
                twin.props.insert("classificationReason".into(), Json::Null);
            }
            let labels = twin.props.entry("labels").or_insert_with(|| json!([]));
            if let Some(list) = labels.as_array_mut() {
                list.retain(|l| l.get("labelType").and_then(Json::as_str) != Some("User"));
                if !list.iter().any(|l| l.get("labelName").and_then(Json::as_str) == Some("Redirected")) {
                    list.push(json!({"labelName": "Redirected", "labelType": "AutoAssigned"}));
                }
            }
            self.touch_sentinel(&name, &by);
        }
        let alerts = self.defender.get(into).map(|d| d.alert_ids.clone()).unwrap_or_default();
        let tags = self.defender.get(into).map(|d| d.tags()).unwrap_or_default();
        moved_labels.extend(tags);
        for name in self.twins(into).collect::<Vec<_>>() {
            let Some(twin) = self.sentinel.get_mut(&name) else { continue };
            twin.alert_ids.clone_from(&alerts);
            let mut have = twin.user_labels();
            for label in &moved_labels {
                if have.iter().any(|h| h.eq_ignore_ascii_case(label)) {
                    continue;
                }
                have.push(label.clone());
                if let Some(list) = twin.props.entry("labels").or_insert_with(|| json!([])).as_array_mut() {
                    list.push(json!({"labelName": label, "labelType": "User"}));
                }
            }
            self.touch_sentinel(&name, &by);
        }
    }
}

/// The higher of two severities.
fn worst(a: &str, b: &str) -> String {
    const ORDER: [&str; 5] = ["unknown", "informational", "low", "medium", "high"];
    let rank = |s: &str| ORDER.iter().position(|o| *o == s).unwrap_or(0);
    if rank(a) > rank(b) { a.to_owned() } else { b.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::tests::pair;
    use super::*;

    fn two() -> Core {
        let mut core = pair();
        let other = json!({"id": "31", "customTags": ["A", "b"], "alerts": 3, "severity": "high"});
        core.add_defender(other.as_object().expect("an object").clone()).expect("an incident");
        core.make_twin("31");
        core
    }

    #[test]
    fn alerts_and_tags_move_and_comments_stay() {
        let mut core = two();
        core.defender["29"].props.insert("comments".into(), json!([{"comment": "c"}]));
        core.merge("29", "31").expect("a merge");
        let (from, into) = (&core.defender["29"], &core.defender["31"]);
        assert_eq!((from.text("status"), from.text("redirectIncidentId")), ("redirected", "31"));
        assert_eq!((from.alert_ids.len(), into.alert_ids.len(), into.tags().len()), (0, 5, 2));
        assert_eq!(from.props["comments"].as_array().map(Vec::len), Some(1));
        assert!(core.alerts.values().all(|a| a["incidentId"] == "31"));
        let image = &core.sentinel["inc-29"];
        assert_eq!(image.text("status"), "Closed");
        assert_eq!(image.props["labels"], json!([{"labelName": "Redirected", "labelType": "AutoAssigned"}]));
        let target = core.twins("31").next().expect("a twin");
        assert_eq!(core.sentinel[&target].alert_ids.len(), 5);
    }

    #[test]
    fn chains_and_circles_can_be_made() {
        let mut core = two();
        core.add_defender(json!({"id": "32"}).as_object().expect("an object").clone()).expect("an incident");
        core.merge("29", "31").expect("a merge");
        core.merge("31", "32").expect("a chain");
        core.merge("32", "29").expect("a circle");
        assert_eq!(core.defender["32"].text("redirectIncidentId"), "29");
        assert!(core.merge("29", "29").is_err() && core.merge("29", "99").is_err());
    }

    #[test]
    fn correlation_has_vetoes() {
        let mut core = two();
        assert!(core.may_merge("29", "31"));
        core.defender["29"].props.insert("assignedTo".into(), "a@x".into());
        assert!(core.may_merge("29", "31"), "one owner is enough");
        core.defender["31"].props.insert("assignedTo".into(), "b@x".into());
        assert!(!core.may_merge("29", "31"));
    }
}
