//! Records from outside: in the flat form of sync scenarios or the vendors' own, with everything missing filled in.

use super::super::options::Person;
use super::super::wire::Object;
use super::record::Comment;
use super::{Core, Defender, SECOND, Sentinel, twin};
use crate::value::datetime;
use serde_json::{Value as Json, json};

/// The texts of an array.
pub(in crate::fake) fn tags_of(value: Option<&Json>) -> Vec<String> {
    let list = value.and_then(Json::as_array).into_iter().flatten();
    list.filter_map(Json::as_str).map(str::to_owned).collect()
}

/// Labels in ARM's form, from objects or plain texts. What has no type was set by a user.
pub(in crate::fake) fn labels_of(value: &Json) -> Json {
    let each = value.as_array().into_iter().flatten().filter_map(|label| {
        let name = label.as_str().or_else(|| label.get("labelName")?.as_str())?;
        let kind = label.get("labelType").and_then(Json::as_str).unwrap_or("User");
        Some(json!({"labelName": name, "labelType": kind}))
    });
    Json::Array(each.collect())
}

impl Core {
    /// Replaces the state: `{"defender":[...],"sentinel":[...],"now","tick_seconds","directory","lag"}`, all optional.
    pub(in crate::fake) fn seed(&mut self, body: &Json) -> Result<(), String> {
        let Some(body) = body.as_object() else { return Err("a seed is an object".to_owned()) };
        const KNOWN: [&str; 6] = ["defender", "sentinel", "now", "tick_seconds", "directory", "lag"];
        if let Some(other) = body.keys().find(|k| !KNOWN.contains(&k.as_str())) {
            return Err(format!("unknown property `{other}`: a seed has {}", KNOWN.join(", ")));
        }
        if let Some(now) = body.get("now") {
            let at = now.as_str().and_then(datetime::parse).ok_or("`now` is no datetime")?;
            let step = body.get("tick_seconds").and_then(Json::as_f64).map(|s| (s * SECOND as f64) as i64);
            self.clock.pin(at, step);
        }
        if let Some(list) = body.get("directory") {
            self.people = people(list)?;
        }
        self.lag = super::Lag::default();
        self.defender.clear();
        self.alerts.clear();
        self.sentinel.clear();
        self.pending.clear();
        self.actions.clear();
        self.log.clear();
        (self.next_number, self.next_id) = (1, 1);
        for one in objects(body, "defender")? {
            self.add_defender(one)?;
        }
        for one in objects(body, "sentinel")? {
            self.add_sentinel(one)?;
        }
        match body.get("lag") {
            Some(Json::Object(lag)) => self.set_lag(lag),
            Some(_) => Err("`lag` is an object".to_owned()),
            None => Ok(()),
        }
    }

    /// Adds a Defender incident. Answers its id.
    pub(in crate::fake) fn add_defender(&mut self, mut given: Object) -> Result<String, String> {
        let id = match given.shift_remove("id") {
            Some(Json::String(id)) => self.seen_id(id),
            Some(Json::Number(id)) => self.seen_id(id.to_string()),
            Some(_) => return Err("a Defender `id` is a text".to_owned()),
            None => self.next_id(),
        };
        let now = self.clock.now();
        let at = |given: &Object, name: &str| given.get(name).and_then(Json::as_str).and_then(datetime::parse);
        let stamp = at(&given, "lastUpdateDateTime").unwrap_or(now);
        let created = at(&given, "createdDateTime").unwrap_or(stamp.min(now) - 3600 * SECOND);
        let (created_text, stamp_text) = (datetime::format(created), datetime::format(stamp));
        let alerts = given.shift_remove("alerts");
        let comments = comments_of(given.shift_remove("comments"), &created_text);
        let defaults = json!({
            "id": id, "tenantId": self.tenant, "status": "active",
            "incidentWebUrl": format!("https://security.microsoft.com/incidents/{id}?tid={}", self.tenant),
            "redirectIncidentId": Json::Null, "displayName": "Suspicious activity on one endpoint",
            "createdDateTime": created_text, "lastUpdateDateTime": stamp_text, "assignedTo": Json::Null,
            "classification": "unknown", "determination": "unknown", "severity": "medium", "customTags": [],
            "systemTags": [], "description": Json::Null, "lastModifiedBy": Json::Null, "resolvingComment": Json::Null,
            "summary": Json::Null, "priorityScore": Json::Null, "comments": comments,
        });
        let Json::Object(mut props) = defaults else { return Err("no defaults".to_owned()) };
        props.extend(given);
        props.insert("id".into(), id.clone().into());
        props.insert("createdDateTime".into(), created_text.clone().into());
        props.insert("lastUpdateDateTime".into(), stamp_text.into());
        self.defender.insert(id.clone(), Defender::new(props, stamp));
        self.add_alerts(Some(&id), alerts, &created_text)?;
        Ok(id)
    }

    /// Ids that the fake gives later are higher than any that was given to it.
    fn seen_id(&mut self, id: String) -> String {
        self.next_id = id.parse::<u64>().map_or(self.next_id, |n| self.next_id.max(n.saturating_add(1)));
        id
    }

    /// Alerts as an array of objects, or as a number of plain ones. Answers their ids.
    pub(super) fn add_alerts(
        &mut self,
        incident: Option<&str>,
        alerts: Option<Json>,
        at: &str,
    ) -> Result<Vec<String>, String> {
        Ok(match alerts {
            None | Some(Json::Null) => Vec::new(),
            Some(Json::Number(n)) => {
                let count = n.as_u64().filter(|n| *n <= 10_000).ok_or("`alerts` is a number up to 10000")?;
                let each = (1..=count as usize).map(|i| super::AlertSpec::plain(i, at));
                each.map(|spec| self.make_alert(incident, spec, at)).collect()
            }
            Some(Json::Array(list)) => {
                let objects = list.into_iter().map(|a| match a {
                    Json::Object(alert) => Ok(alert),
                    other => Err(format!("an alert is an object, not `{other}`")),
                });
                let objects = objects.collect::<Result<Vec<_>, _>>()?;
                objects.into_iter().map(|alert| self.take_alert(incident, alert, at)).collect()
            }
            Some(_) => return Err("`alerts` is an array or a number".to_owned()),
        })
    }

    /// Adds a Sentinel incident. Answers its name.
    pub(in crate::fake) fn add_sentinel(&mut self, mut given: Object) -> Result<String, String> {
        let mut own = match given.shift_remove("properties") {
            Some(Json::Object(props)) => {
                given.retain(|k, _| !matches!(k.as_str(), "type" | "systemData"));
                let name = given.get("name").cloned();
                given.insert("id".into(), name.unwrap_or(Json::Null));
                props
            }
            Some(_) => return Err("`properties` is an object".to_owned()),
            None => Object::new(),
        };
        let name = match given.shift_remove("id").or_else(|| given.get("name").cloned()) {
            Some(Json::String(id)) => id.rsplit('/').next().unwrap_or(&id).to_owned(),
            None | Some(Json::Null) => self.guid(),
            Some(_) => return Err("a Sentinel `id` is a text".to_owned()),
        };
        given.shift_remove("name");
        let etag = given.shift_remove("etag");
        let extras = ["comments", "relations", "bookmarks", "alerts", "alertIds", "modifiedBy", "additionalData"];
        let [comments, relations, bookmarks, alerts, alert_ids, modified_by, _] =
            extras.map(|name| own.shift_remove(name).or_else(|| given.shift_remove(name)));
        own.extend(given);
        let twin_of = own.get("providerIncidentId").and_then(Json::as_str).unwrap_or_default().to_owned();
        let (mut props, stamp) = self.sentinel_defaults(own)?;
        if let Some(labels) = props.get("labels") {
            let labels = labels_of(labels);
            props.insert("labels".into(), labels);
        }
        let at = props.get("createdTimeUtc").and_then(Json::as_str).unwrap_or_default().to_owned();
        let mut record = Sentinel::new(&name, props, stamp);
        let known = self.defender.get(&twin_of).map(|d| d.alert_ids.clone());
        record.alert_ids = match (alert_ids, alerts) {
            (Some(ids), _) => tags_of(Some(&ids)),
            (None, Some(alerts)) => self.add_alerts(None, Some(alerts), &at)?,
            (None, None) => known.unwrap_or_default(),
        };
        for given in comments.as_ref().and_then(Json::as_array).into_iter().flatten() {
            let (id, comment) = self.sentinel_comment(given, &at)?;
            record.comments.insert(id, comment);
        }
        for relation in relations.as_ref().and_then(Json::as_array).into_iter().flatten() {
            let target = relation.pointer("/properties/relatedResourceId").and_then(Json::as_str);
            if let (Some(id), Some(target)) = (relation.get("name").and_then(Json::as_str), target) {
                record.relations.insert(id.to_owned(), (target.to_owned(), super::etag(self.serial())));
            }
        }
        for bookmark in bookmarks.as_ref().and_then(Json::as_array).into_iter().flatten() {
            record.bookmarks.extend(bookmark.as_object().cloned());
        }
        self.sentinel.insert(name.clone(), record);
        let by = modified_by.as_ref().and_then(Json::as_str).unwrap_or("Microsoft Defender XDR");
        self.first_row(&name, etag.as_ref().and_then(Json::as_str), by);
        Ok(name)
    }

    /// The change log's first row of a record, whose time and etag stay as given.
    fn first_row(&mut self, name: &str, etag: Option<&str>, by: &str) {
        let fresh = super::etag(self.serial());
        let Some(record) = self.sentinel.get_mut(name) else { return };
        record.etag = etag.map_or(fresh, str::to_owned);
        record.modified_by = by.to_owned();
        let row = super::changelog::row(record, &self.alerts, by);
        self.log.push(row);
    }

    /// The properties given, with defaults for the others; and the time of the last change.
    fn sentinel_defaults(&mut self, given: Object) -> Result<(Object, i64), String> {
        let now = self.clock.now();
        let at = |name: &str| given.get(name).and_then(Json::as_str).and_then(datetime::parse);
        let stamp = at("lastModifiedTimeUtc").unwrap_or(now);
        let created = at("createdTimeUtc").unwrap_or(stamp.min(now) - 3600 * SECOND);
        let number = match given.get("incidentNumber").and_then(Json::as_i64) {
            Some(number) => {
                self.next_number = self.next_number.max(number.saturating_add(1));
                number
            }
            None => self.next_number(),
        };
        let created_text = datetime::format(created);
        let defaults = json!({
            "title": format!("Incident {number}"), "description": Json::Null, "severity": "Medium", "status": "New",
            "classification": Json::Null, "classificationReason": Json::Null, "classificationComment": Json::Null,
            "owner": Json::Null, "labels": [], "firstActivityTimeUtc": created_text,
            "lastActivityTimeUtc": created_text, "incidentNumber": number, "relatedAnalyticRuleIds": [],
            "providerName": "Azure Sentinel", "providerIncidentId": number.to_string(),
        });
        let Json::Object(mut props) = defaults else { return Err("no defaults".to_owned()) };
        props.extend(given);
        if props.get("owner").is_none_or(Json::is_null) {
            props.insert("owner".into(), twin::nobody());
        }
        props.insert("createdTimeUtc".into(), created_text.into());
        props.insert("lastModifiedTimeUtc".into(), datetime::format(stamp).into());
        Ok((props, stamp))
    }

    /// A comment in either form: `{id,message,...}` or `{name,properties:{message,...}}`.
    pub(in crate::fake) fn sentinel_comment(&mut self, given: &Json, at: &str) -> Result<(String, Comment), String> {
        let props = given.get("properties").unwrap_or(given);
        let text = |name: &str| props.get(name).and_then(Json::as_str);
        let message = text("message").ok_or("a Sentinel comment has a `message`")?.to_owned();
        let id = given.get("name").or_else(|| given.get("id")).and_then(Json::as_str).map(str::to_owned);
        let id = id.unwrap_or_else(|| self.guid());
        let author = props.get("author").cloned().unwrap_or_else(|| json!({"name": "Analyst"}));
        let created = text("createdTimeUtc").unwrap_or(at).to_owned();
        let modified = text("lastModifiedTimeUtc").unwrap_or(&created).to_owned();
        let etag = super::etag(self.serial());
        Ok((id, Comment { message, author, created, modified, etag }))
    }
}

/// Defender comments, with what they leave out.
fn comments_of(given: Option<Json>, at: &str) -> Json {
    let list = given.as_ref().and_then(Json::as_array).into_iter().flatten();
    let each = list.filter_map(|c| {
        let text = c.as_str().or_else(|| c.get("comment")?.as_str())?;
        let get = |name: &str, default: &str| c.get(name).and_then(Json::as_str).unwrap_or(default).to_owned();
        Some(json!({"@odata.type": "#microsoft.graph.security.alertComment", "comment": text,
            "createdByDisplayName": get("createdByDisplayName", "Analyst"), "createdDateTime": get("createdDateTime", at)}))
    });
    Json::Array(each.collect())
}

fn objects(body: &Object, name: &str) -> Result<Vec<Object>, String> {
    let list = match body.get(name) {
        None => return Ok(Vec::new()),
        Some(Json::Array(list)) => list,
        Some(_) => return Err(format!("`{name}` is an array")),
    };
    // A scenario says null for an incident that is gone.
    let each = list.iter().filter(|o| !o.is_null()).map(|o| match o {
        Json::Object(one) => Ok(one.clone()),
        other => Err(format!("`{name}` has an item that is no object: `{other}`")),
    });
    each.collect()
}

fn people(list: &Json) -> Result<Vec<Person>, String> {
    let each = list.as_array().into_iter().flatten().map(|p| {
        let text = |name: &str| p.get(name).and_then(Json::as_str);
        match (text("upn"), text("objectId")) {
            (Some(upn), Some(id)) => Ok(Person::new(upn, id, text("display").unwrap_or(upn))),
            _ => Err("a person of `directory` has `upn` and `objectId`".to_owned()),
        }
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::pair;
    use super::*;

    #[test]
    fn both_forms_are_taken_and_state_can_be_seeded_again() {
        let mut core = pair();
        core.add_sentinel(
            json!({"name": "v", "etag": "\"e\"", "properties": {"title": "t", "severity": "High", "status": "Active"},
                "comments": [{"id": "c1", "message": "m"}]})
            .as_object()
            .expect("an object")
            .clone(),
        )
        .expect("the vendor's form");
        assert_eq!((core.sentinel["v"].etag.as_str(), core.sentinel["v"].comments.len()), ("\"e\"", 1));
        let state = core.state();
        let again = json!({"defender": state["defender"], "sentinel": state["sentinel"], "now": state["now"]});
        core.seed(&again).expect("a seed");
        assert_eq!(core.state()["sentinel"][1]["properties"], state["sentinel"][1]["properties"]);
        assert_eq!(core.state()["defender"], state["defender"]);
    }

    #[test]
    fn wrong_seeds_are_refused() {
        let mut core = pair();
        for bad in
            [json!([]), json!({"x": 1}), json!({"defender": 1}), json!({"now": "soon"}), json!({"sentinel": [1]})]
        {
            assert!(core.seed(&bad).is_err(), "{bad}");
        }
    }
}
