//! A change by somebody else, between a client's reads: a person in a portal, an automation, or Microsoft's correlation.

use super::super::store::{Actor, Core};
use serde_json::{Value as Json, json};

/// Who a human is when the caller does not say.
const SOMEBODY: &str = "analyst@contoso.com";

/// Does `{"side","id","set","by","name","gone"}`. Answers the actions noted, one a field.
pub(in crate::fake) fn edit(core: &mut Core, body: &Json) -> Result<Json, String> {
    let text = |name: &str| body.get(name).and_then(Json::as_str);
    let side = text("side").ok_or("`side` is defender or sentinel")?;
    let id = text("id").ok_or("`id` is missing")?;
    let human = core.people.first().map_or(SOMEBODY, |p| p.upn.as_str()).to_owned();
    let by = Actor::parse(text("by").unwrap_or("human"), text("name"), &human)?;
    let exists = match side {
        "defender" => core.defender.contains_key(id),
        "sentinel" => core.sentinel.contains_key(id),
        other => return Err(format!("unknown side `{other}`: use defender or sentinel")),
    };
    if !exists {
        return Err(format!("no incident `{id}` in `{side}`"));
    }
    if body.get("gone").and_then(Json::as_bool) == Some(true) {
        match side {
            "defender" => drop(core.defender.shift_remove(id)),
            _ => drop(core.sentinel.shift_remove(id)),
        }
        return Ok(Json::Array(vec![core.note_change(side, id, "gone", &by, json!(true), None)]));
    }
    let Some(Json::Object(set)) = body.get("set") else { return Err("`set` is an object of properties".to_owned()) };
    let set = match set.get("properties") {
        Some(Json::Object(inner)) if side == "sentinel" => inner.clone(),
        _ => set.clone(),
    };
    let actions = match side {
        "defender" => core.change_defender(id, set, &by)?,
        _ => core.change_sentinel(id, set, &by)?,
    };
    Ok(Json::Array(actions))
}

#[cfg(test)]
mod tests {
    use super::super::super::store::tests::pair;
    use super::*;

    #[test]
    fn an_edit_leaves_its_author_on_both_sides() {
        let mut core = pair();
        for (side, id, by, name, want) in [
            ("defender", "29", "human", Some("ann@x"), "ann@x"),
            ("defender", "29", "automation", None, "Automation"),
            ("defender", "29", "automation", Some("soar"), "API-soar"),
            ("defender", "29", "provider", None, "Microsoft Defender XDR - alert correlation"),
            ("sentinel", "inc-29", "human", Some("ann@x"), "ann@x"),
            ("sentinel", "inc-29", "automation", Some("Close noise"), "Automation rule - Close noise"),
            ("sentinel", "inc-29", "provider", None, "Microsoft Defender XDR"),
        ] {
            let body = json!({"side": side, "id": id, "set": {"severity": "low"}, "by": by, "name": name});
            edit(&mut core, &body).expect("an edit");
            let got = match side {
                "defender" => core.defender[id].text("lastModifiedBy"),
                _ => core.sentinel[id].modified_by.as_str(),
            };
            assert_eq!(got, want);
        }
        let table = core.log.table();
        let modified_by = table.columns.iter().position(|(n, _)| n == "ModifiedBy").expect("a column");
        assert_eq!(table.rows.last().expect("a row")[modified_by], "Microsoft Defender XDR");
    }

    #[test]
    fn comments_and_owners_can_be_set_shortly() {
        let mut core = pair();
        edit(
            &mut core,
            &json!({"side": "sentinel", "id": "inc-29", "set": {"owner": "zed@x", "comment": "hi", "labels": ["l"]}}),
        )
        .expect("an edit");
        let record = &core.sentinel["inc-29"];
        assert_eq!((record.comments.len(), &record.props["owner"]["userPrincipalName"]), (1, &json!("zed@x")));
        edit(&mut core, &json!({"side": "defender", "id": "29", "gone": true})).expect("an edit");
        assert!(core.defender.is_empty());
        assert!(edit(&mut core, &json!({"side": "defender", "id": "29", "set": {}})).is_err());
    }
}
