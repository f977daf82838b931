//! Microsoft Graph `/v1.0/security`: Defender's incidents and alerts.
//!
//! In: a request and the records. Out: the answer. There is no etag and no lock here, as in the service: the last writer
//! wins. Writes are strict: an unknown or read-only property, or a value of the other service, is a 400.

mod incidents;
mod patch;
mod render;

use super::options::Options;
use super::store::Core;
use super::wire::{Call, Reply};
use axum::http::Method;
use serde_json::{Value as Json, json};

/// A place in the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The incidents.
    Incidents,
    /// One incident.
    Incident(String),
    /// The comments of an incident.
    Comments(String),
    /// The alerts of an incident.
    AlertsOf(String),
    /// The alerts.
    Alerts,
    /// One alert.
    Alert(String),
    /// The comments of an alert.
    AlertComments(String),
    /// Hunting.
    Hunt,
    /// Hunting by the older API.
    LegacyHunt,
}

/// The route of a path.
pub(super) fn route(segments: &[String]) -> Option<Route> {
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    Some(match parts.as_slice() {
        ["api", "advancedhunting" | "advancedqueries", "run"] => Route::LegacyHunt,
        ["v1.0", "security", rest @ ..] => match rest {
            ["incidents"] => Route::Incidents,
            ["incidents", id] => Route::Incident((*id).to_owned()),
            ["incidents", id, "comments"] => Route::Comments((*id).to_owned()),
            ["incidents", id, "alerts"] => Route::AlertsOf((*id).to_owned()),
            ["alerts_v2"] => Route::Alerts,
            ["alerts_v2", id] => Route::Alert((*id).to_owned()),
            ["alerts_v2", id, "comments"] => Route::AlertComments((*id).to_owned()),
            ["runHuntingQuery" | "microsoft.graph.security.runHuntingQuery"] => Route::Hunt,
            _ => return None,
        },
        _ => return None,
    })
}

/// A name for the counts, if the route takes the method.
pub(super) fn operation(route: &Route, method: &Method) -> Option<&'static str> {
    Some(match (route, method.as_str()) {
        (Route::Incidents, "GET") => "incidents.list",
        (Route::Incident(_), "GET") => "incidents.get",
        (Route::Incident(_), "PATCH") => "incidents.update",
        (Route::Comments(_), "POST") => "incidents.comment",
        (Route::AlertsOf(_), "GET") => "incidents.alerts",
        (Route::Alerts, "GET") => "alerts.list",
        (Route::Alert(_), "GET") => "alerts.get",
        (Route::Alert(_), "PATCH") => "alerts.update",
        (Route::AlertComments(_), "POST") => "alerts.comment",
        (Route::Hunt, "POST") => "runHuntingQuery",
        (Route::LegacyHunt, "POST") => "advancedhunting.run",
        _ => return None,
    })
}

/// Graph's error body. The ids and the date inside are filled in when the answer is sent.
pub(super) fn graph_error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, json!({"error": {"code": code, "message": message, "innerError": {}}}))
}

/// Answers everything but hunting.
pub(super) fn answer(core: &mut Core, options: &Options, call: &Call, route: &Route) -> Reply {
    if operation(route, &call.method).is_none() {
        return graph_error(405, "MethodNotAllowed", &format!("Method '{}' is not allowed here.", call.method));
    }
    let result = match route {
        Route::Incidents => incidents::list(core, options, call),
        Route::Incident(id) if call.method == Method::PATCH => patch::incident(core, options, call, id),
        Route::Incident(id) => incidents::get(core, call, id),
        Route::Comments(id) => incidents::comment(core, options, call, id),
        Route::AlertsOf(id) => incidents::alerts(core, options, call, Some(id)),
        Route::Alerts => incidents::alerts(core, options, call, None),
        Route::Alert(id) if call.method == Method::PATCH => patch::alert(core, options, call, id),
        Route::Alert(id) => incidents::alert(core, call, id),
        Route::AlertComments(id) => incidents::alert_comment(core, options, call, id),
        Route::Hunt | Route::LegacyHunt => Err(not_found()),
    };
    result.unwrap_or_else(|reply| reply)
}

fn not_found() -> Reply {
    graph_error(404, "NotFound", "The requested resource does not exist.")
}

fn bad(message: impl AsRef<str>) -> Reply {
    graph_error(400, "BadRequest", message.as_ref())
}

/// `@odata.context` of a collection or an entity of it.
fn context(what: &str) -> Json {
    format!("https://graph.microsoft.com/v1.0/$metadata#security/{what}").into()
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::pair;
    use super::super::wire::Body;
    use super::*;
    use axum::body::Bytes;
    use axum::http::{HeaderMap, HeaderValue};
    use std::sync::Arc;

    fn ask(core: &mut Core, method: Method, path: &str, body: Option<Json>, prefer: bool) -> (u16, Json) {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Bearer t"));
        headers.insert("host", HeaderValue::from_static("127.0.0.1:1"));
        if prefer {
            headers.insert("prefer", HeaderValue::from_static("include-unknown-enum-members"));
        }
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let bytes = body.map(|b| Bytes::from(b.to_string())).unwrap_or_default();
        let call = Call::new(method, &format!("/v1.0/security{path}"), query, headers, bytes);
        let route = route(&call.segments()).expect("a route");
        let reply = answer(core, &Options::new(Arc::new(|| 0)), &call, &route);
        match reply.body {
            Body::Json(body) => (reply.status, body),
            _ => (reply.status, Json::Null),
        }
    }

    #[test]
    fn a_patch_changes_what_is_sent_and_no_more() {
        let mut core = pair();
        let (_, before) = ask(&mut core, Method::GET, "/incidents/29", None, false);
        let change = json!({"customTags": ["b"], "assignedTo": "ann@x"});
        let (status, after) = ask(&mut core, Method::PATCH, "/incidents/29", Some(change), false);
        assert_eq!((status, &after["customTags"], &after["status"]), (200, &json!(["b"]), &before["status"]));
        assert!(after["lastUpdateDateTime"].as_str() > before["lastUpdateDateTime"].as_str());
        assert_eq!((&after["lastModifiedBy"], after.get("@odata.etag")), (&json!("API-huntline"), None));
        assert!(core.alerts.values().all(|a| a["assignedTo"] == "ann@x"), "its alerts are assigned with it");
        core.merge("29", "29").expect_err("itself");
        core.defender["29"].props.insert("status".into(), "redirected".into());
        assert_eq!(ask(&mut core, Method::PATCH, "/incidents/29", Some(json!({"status": "active"})), false).0, 400);
        assert_eq!(ask(&mut core, Method::GET, "/incidents/29", None, false).0, 200, "still readable");
        assert_eq!(ask(&mut core, Method::PATCH, "/incidents/77", Some(json!({"status": "active"})), false).0, 404);
    }

    #[test]
    fn comments_have_no_id_and_are_not_compared() {
        let mut core = pair();
        let comment = || Some(json!({"@odata.type": "microsoft.graph.security.alertComment", "comment": "c"}));
        ask(&mut core, Method::POST, "/incidents/29/comments", comment(), false);
        let (status, all) = ask(&mut core, Method::POST, "/incidents/29/comments", comment(), false);
        let all = all["value"].as_array().expect("all comments").clone();
        assert_eq!((status, all.len(), all[0].get("id")), (200, 2, None));
        assert_eq!(ask(&mut core, Method::POST, "/incidents/29/comments", Some(json!({"comment": ""})), false).0, 400);
    }

    #[test]
    fn later_members_are_shown_on_demand() {
        let mut core = pair();
        core.defender["29"].props.insert("status".into(), "awaitingAction".into());
        assert_eq!(ask(&mut core, Method::GET, "/incidents/29", None, false).1["status"], "unknownFutureValue");
        assert_eq!(ask(&mut core, Method::GET, "/incidents/29", None, true).1["status"], "awaitingAction");
    }

    #[test]
    fn lists_are_filtered_expanded_and_paged() {
        let mut core = pair();
        let seed = json!({"defender": [{"id": "1", "alerts": 1}, {"id": "2", "status": "resolved"}, {"id": "3"}]});
        core.seed(&seed).expect("a seed");
        let (_, page) = ask(&mut core, Method::GET, "/incidents?$top=2&$expand=alerts&$count=true", None, false);
        assert_eq!((page["value"].as_array().map(Vec::len), &page["@odata.count"]), (Some(2), &json!(3)));
        let next = page["@odata.nextLink"].as_str().expect("a link").to_owned();
        let path = next.strip_prefix("http://127.0.0.1:1/v1.0/security").expect("our host");
        let (_, rest) = ask(&mut core, Method::GET, path, None, false);
        assert_eq!((rest["value"].as_array().map(Vec::len), rest.get("@odata.nextLink")), (Some(1), None));
        let (_, open) = ask(&mut core, Method::GET, "/incidents?$filter=status%20eq%20'active'", None, false);
        assert_eq!(open["value"].as_array().map(Vec::len), Some(2));
        for bad in [
            "$filter=status%20eq%20'Closed'",
            "$filter=x%20eq%201",
            "$top=0",
            "$orderby=x",
            "$search=x",
            "$expand=x",
            "$select=x",
        ] {
            assert_eq!(ask(&mut core, Method::GET, &format!("/incidents?{bad}"), None, false).0, 400, "{bad}");
        }
    }
}
