//! A change by somebody outside of the APIs: what it does to the record, and the note it leaves.

use super::super::wire::Object;
use super::{Actor, Core, labels_of, tags_of, twin};
use crate::value::datetime;
use serde_json::{Value as Json, json};

/// Properties of Defender incidents that nobody sets.
const DEFENDER_FIXED: [&str; 3] = ["id", "lastUpdateDateTime", "alerts"];
/// Properties of Sentinel incidents that nobody sets.
const SENTINEL_FIXED: [&str; 4] = ["id", "name", "etag", "lastModifiedTimeUtc"];

impl Core {
    /// Notes a change of one field and answers the note. `before` are the texts of a set before the change.
    pub(in crate::fake) fn note_change(
        &mut self,
        side: &str,
        id: &str,
        field: &str,
        by: &Actor,
        value: Json,
        before: Option<Vec<String>>,
    ) -> Json {
        let name = if side == "defender" { by.in_defender() } else { by.in_sentinel() };
        let at = match side {
            "defender" => self.defender.get(id).map(|d| d.stamp),
            _ => self.sentinel.get(id).map(|s| s.stamp),
        };
        let at = datetime::format(at.unwrap_or_else(|| self.clock.now()));
        let mut note =
            json!({"side": side, "id": id, "field": field, "by": by.kind(), "name": name, "value": value, "at": at});
        if let (Some(before), Some(out)) = (before, note.as_object_mut()) {
            let after = tags_of(Some(&value));
            let added: Vec<&String> = after.iter().filter(|t| !before.contains(t)).collect();
            let removed: Vec<&String> = before.iter().filter(|t| !after.contains(t)).collect();
            out.insert("added".into(), json!(added));
            out.insert("removed".into(), json!(removed));
        }
        self.note(note.clone());
        note
    }

    /// Sets properties of a Defender incident; `comment` appends one, `add_alerts` adds alerts (objects, or a number of plain
    /// ones). Answers the notes.
    pub(in crate::fake) fn change_defender(&mut self, id: &str, set: Object, by: &Actor) -> Result<Vec<Json>, String> {
        if let Some(fixed) = DEFENDER_FIXED.into_iter().find(|n| set.contains_key(*n)) {
            return Err(format!("`{fixed}` cannot be set"));
        }
        let who = by.in_defender();
        let now = datetime::format(self.clock.now());
        let comment = text_of(&set, "comment")?;
        let Some(incident) = self.defender.get_mut(id) else { return Err(format!("no incident `{id}`")) };
        let before = incident.tags();
        for (name, value) in set.iter().filter(|(n, _)| !matches!(n.as_str(), "comment" | "add_alerts")) {
            incident.props.insert(name.clone(), value.clone());
        }
        if let Some(text) = comment {
            let list = incident.props.entry("comments").or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(json!({"@odata.type": "#microsoft.graph.security.alertComment", "comment": text,
                    "createdByDisplayName": who, "createdDateTime": now}));
            }
        }
        if let Some(count) = set.get("add_alerts") {
            self.add_alerts(Some(id), Some(count.clone()), &now)?;
        }
        self.spread(id, &set);
        self.touch_defender(id, &who);
        if set.contains_key("add_alerts") {
            self.carry_alerts(id);
        }
        let notes = set.into_iter().map(|(field, value)| {
            let before = (field == "customTags").then(|| before.clone());
            self.note_change("defender", id, &field, by, value, before)
        });
        Ok(notes.collect())
    }

    /// Sets properties of a Sentinel incident; `comment` appends one, an `owner` may be a user principal name. Answers
    /// the notes.
    pub(in crate::fake) fn change_sentinel(&mut self, id: &str, set: Object, by: &Actor) -> Result<Vec<Json>, String> {
        if let Some(fixed) = SENTINEL_FIXED.into_iter().find(|n| set.contains_key(*n)) {
            return Err(format!("`{fixed}` cannot be set"));
        }
        let who = by.in_sentinel();
        let now = datetime::format(self.clock.now());
        let mut props = set.clone();
        if let Some(labels) = set.get("labels").map(labels_of) {
            props.insert("labels".into(), labels);
        }
        match set.get("owner") {
            Some(Json::String(upn)) => drop(props.insert("owner".into(), self.owner_of(upn))),
            Some(Json::Null) => drop(props.insert("owner".into(), twin::nobody())),
            _ => {}
        }
        props.shift_remove("comment");
        let fresh = match text_of(&set, "comment")? {
            Some(text) => Some(self.sentinel_comment(&json!({"message": text, "author": self.author(&who)}), &now)?),
            None => None,
        };
        let all = match props.shift_remove("comments") {
            None => None,
            Some(Json::Array(list)) => {
                Some(list.iter().map(|c| self.sentinel_comment(c, &now)).collect::<Result<Vec<_>, _>>()?)
            }
            Some(_) => return Err("`comments` is an array".to_owned()),
        };
        let Some(incident) = self.sentinel.get_mut(id) else { return Err(format!("no incident `{id}`")) };
        let before = incident.user_labels();
        if let Some(all) = all {
            incident.comments = all.into_iter().collect();
        }
        incident.comments.extend(fresh);
        incident.props.extend(props);
        let labels = incident.user_labels();
        self.touch_sentinel(id, &who);
        let notes = set.into_iter().map(|(field, value)| match field.as_str() {
            "labels" => self.note_change("sentinel", id, &field, by, json!(labels), Some(before.clone())),
            _ => self.note_change("sentinel", id, &field, by, value, None),
        });
        Ok(notes.collect())
    }

    /// The author of a comment as Sentinel prints it: a person of the directory, else a name alone.
    pub(in crate::fake) fn author(&self, who: &str) -> Json {
        match self.person(who) {
            Some(p) => json!({"name": p.display, "email": p.upn, "userPrincipalName": p.upn, "objectId": p.object_id}),
            None => json!({ "name": who }),
        }
    }
}

fn text_of(set: &Object, name: &str) -> Result<Option<String>, String> {
    match set.get(name) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("`{name}` is a text")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::pair;
    use super::*;

    #[test]
    fn notes_tell_what_was_added() {
        let mut core = pair();
        let set = json!({"customTags": ["b"], "comment": "c"}).as_object().expect("an object").clone();
        let notes = core.change_defender("29", set, &Actor::Human("ann@x".into())).expect("a change");
        assert_eq!((&notes[0]["added"], &notes[0]["removed"]), (&json!(["b"]), &json!(["a"])));
        assert_eq!(
            (&notes[1]["field"], &notes[1]["value"], &notes[1]["name"]),
            (&json!("comment"), &json!("c"), &json!("ann@x"))
        );
        assert_eq!(core.actions.len(), 2);
        let set = json!({"add_alerts": 3}).as_object().expect("an object").clone();
        core.change_defender("29", set, &Actor::Provider).expect("a change");
        assert_eq!(core.sentinel["inc-29"].alert_ids.len(), 5, "Sentinel has heard of them");
    }
}
