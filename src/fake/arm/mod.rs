//! Microsoft Sentinel as Azure Resource Manager shows it: `Microsoft.SecurityInsights/incidents` and what hangs on them.
//!
//! In: a request and both services' records. Out: the answer. Subscription, resource group and workspace may have any name;
//! all of them show the same incidents. Behaviour follows the published specs, and for etags, closing reasons and limits
//! what users of the service reported.

mod body;
mod comments;
mod entities;
mod incidents;
mod related;
mod render;

use super::options::Options;
use super::store::Core;
pub(super) use incidents::conflict;

use super::wire::{Call, Reply};
use axum::http::Method;

/// The api-versions that are served. The shape of an incident follows the version.
const VERSIONS: &[&str] = &[
    "2021-04-01",
    "2021-10-01",
    "2022-08-01",
    "2022-11-01",
    "2023-02-01",
    "2023-11-01",
    "2024-03-01",
    "2024-09-01",
    "2025-03-01",
    "2025-06-01",
    "2025-09-01",
];

/// An api-version.
#[derive(Clone, Copy, Debug)]
pub(super) struct Version(&'static str);

impl Version {
    /// Incidents tell whose they are. Absent in 2022-11-01 and present in 2025-09-01; between the two it is our guess.
    fn has_provider(self) -> bool {
        self.0 >= "2024-03-01"
    }

    /// Owners tell whether they are a person, and automatic labels are called `AutoAssigned`, no more `System`.
    fn has_owner_type(self) -> bool {
        self.0 >= "2022-11-01"
    }
}

/// A place in the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The list.
    Incidents,
    /// One incident.
    Incident(String),
    /// The alerts of an incident.
    Alerts(String),
    /// The bookmarks of an incident.
    Bookmarks(String),
    /// The entities of an incident.
    Entities(String),
    /// The comments of an incident.
    Comments(String),
    /// One comment.
    Comment(String, String),
    /// The relations of an incident.
    Relations(String),
    /// One relation.
    Relation(String, String),
    /// Log Analytics' query behind ARM.
    Query,
}

/// The route of a path; names of the path are compared without case.
pub(super) fn route(segments: &[String]) -> Option<Route> {
    const FIXED: [(usize, &str); 5] = [
        (0, "subscriptions"),
        (2, "resourcegroups"),
        (4, "providers"),
        (5, "microsoft.operationalinsights"),
        (6, "workspaces"),
    ];
    let is = |at: usize, name: &str| segments.get(at).is_some_and(|s| s.eq_ignore_ascii_case(name));
    if !FIXED.iter().all(|(at, name)| is(*at, name)) {
        return None;
    }
    match segments.get(8..)? {
        [query] if query.eq_ignore_ascii_case("query") => Some(Route::Query),
        [providers, insights, incidents, rest @ ..]
            if providers.eq_ignore_ascii_case("providers")
                && insights.eq_ignore_ascii_case("microsoft.securityinsights")
                && incidents.eq_ignore_ascii_case("incidents") =>
        {
            below_incidents(rest)
        }
        _ => None,
    }
}

fn below_incidents(rest: &[String]) -> Option<Route> {
    Some(match rest {
        [] => Route::Incidents,
        [id] => Route::Incident(id.clone()),
        [id, what] => match what.to_ascii_lowercase().as_str() {
            "alerts" => Route::Alerts(id.clone()),
            "bookmarks" => Route::Bookmarks(id.clone()),
            "entities" => Route::Entities(id.clone()),
            "comments" => Route::Comments(id.clone()),
            "relations" => Route::Relations(id.clone()),
            _ => return None,
        },
        [id, what, name] if what.eq_ignore_ascii_case("comments") => Route::Comment(id.clone(), name.clone()),
        [id, what, name] if what.eq_ignore_ascii_case("relations") => Route::Relation(id.clone(), name.clone()),
        _ => return None,
    })
}

/// The spec's operation id, if the route takes the method.
pub(super) fn operation(route: &Route, method: &Method) -> Option<&'static str> {
    Some(match (route, method.as_str()) {
        (Route::Incidents, "GET") => "Incidents_List",
        (Route::Incident(_), "GET") => "Incidents_Get",
        (Route::Incident(_), "PUT") => "Incidents_CreateOrUpdate",
        (Route::Incident(_), "DELETE") => "Incidents_Delete",
        (Route::Alerts(_), "POST") => "Incidents_ListOfAlerts",
        (Route::Bookmarks(_), "POST") => "Incidents_ListOfBookmarks",
        (Route::Entities(_), "POST") => "Incidents_ListOfEntities",
        (Route::Comments(_), "GET") => "IncidentComments_ListByIncident",
        (Route::Comment(..), "GET") => "IncidentComments_Get",
        (Route::Comment(..), "PUT") => "IncidentComments_CreateComment",
        (Route::Comment(..), "DELETE") => "IncidentComments_DeleteComment",
        (Route::Relations(_), "GET") => "IncidentRelations_List",
        (Route::Relation(..), "GET") => "IncidentRelations_GetRelation",
        (Route::Relation(..), "PUT") => "IncidentRelations_CreateOrUpdateRelation",
        (Route::Relation(..), "DELETE") => "IncidentRelations_DeleteRelation",
        (Route::Query, "POST" | "GET") => "Query_Arm",
        _ => return None,
    })
}

/// Answers everything but queries.
pub(super) fn answer(core: &mut Core, options: &Options, call: &Call, route: &Route) -> Reply {
    let version = match version(call) {
        Ok(version) => version,
        Err(reply) => return reply,
    };
    let Some(operation) = operation(route, &call.method) else {
        let text = format!("The requested resource does not support http method '{}'.", call.method);
        let code = if *route == Route::Incidents { "UnsupportedApiVersion" } else { "MethodNotAllowed" };
        return Reply::arm_error(405, code, &text);
    };
    let id = match route {
        Route::Incident(id) if operation == "Incidents_CreateOrUpdate" => {
            return incidents::put(core, options, call, id, version);
        }
        Route::Incident(id) if operation == "Incidents_Delete" => return incidents::delete(core, id),
        Route::Incidents | Route::Query => return incidents::list(core, options, call, version),
        Route::Incident(id) | Route::Alerts(id) | Route::Bookmarks(id) | Route::Entities(id) => id,
        Route::Comments(id) | Route::Comment(id, _) | Route::Relations(id) | Route::Relation(id, _) => id,
    };
    if !core.sentinel.contains_key(id) {
        return Reply::arm_error(404, "NotFound", &format!("Incident '{id}' was not found."));
    }
    match route {
        Route::Alerts(id) => related::alerts(core, call, id),
        Route::Bookmarks(id) => related::bookmarks(core, call, id),
        Route::Entities(id) => related::entities(core, call, id),
        Route::Comments(id) => comments::list(core, options, call, id),
        Route::Comment(id, comment) => comments::one(core, options, call, id, comment),
        Route::Relations(id) => related::relations(core, options, call, id),
        Route::Relation(id, name) => related::relation(core, call, id, name),
        Route::Incidents | Route::Incident(_) | Route::Query => incidents::get(core, call, id, version),
    }
}

fn version(call: &Call) -> Result<Version, Reply> {
    let Some(asked) = call.query("api-version") else {
        let text = "The api-version query parameter (?api-version=) is required for all requests.";
        return Err(Reply::arm_error(400, "MissingApiVersionParameter", text));
    };
    VERSIONS.iter().find(|v| **v == asked).map(|v| Version(v)).ok_or_else(|| {
        let text = format!(
            "No registered resource provider found for API version '{asked}'. The supported api-versions are '{}'.",
            VERSIONS.join(", ")
        );
        Reply::arm_error(400, "NoRegisteredProviderFound", &text)
    })
}

/// The path of an incident, as ids in answers print it: that of the request, cut after the incident's name.
fn incident_path(call: &Call, name: &str) -> String {
    let parts: Vec<&str> = call.path.split('/').filter(|s| !s.is_empty()).collect();
    format!("/{}/{name}", parts.get(..11).unwrap_or(&parts).join("/"))
}

/// The path of the workspace's `Microsoft.SecurityInsights`.
fn insights_path(call: &Call) -> String {
    let parts: Vec<&str> = call.path.split('/').filter(|s| !s.is_empty()).collect();
    format!("/{}", parts.get(..10).unwrap_or(&parts).join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::pair;
    use super::super::wire::Body;
    use super::*;
    use axum::body::Bytes;
    use axum::http::{HeaderMap, HeaderValue};
    use serde_json::{Value as Json, json};
    use std::sync::Arc;

    const BASE: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w\
        /providers/Microsoft.SecurityInsights/incidents";

    fn ask(core: &mut Core, method: Method, path: &str, body: Option<Json>) -> (u16, Json) {
        ask_as(core, method, path, body, "2025-09-01")
    }

    fn ask_as(core: &mut Core, method: Method, path: &str, body: Option<Json>, version: &str) -> (u16, Json) {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Bearer name:ann@x"));
        let bytes = body.map(|b| Bytes::from(b.to_string())).unwrap_or_default();
        let call = Call::new(method, &format!("{BASE}{path}"), &format!("api-version={version}"), headers, bytes);
        let route = route(&call.segments()).expect("a route");
        let reply = answer(core, &Options::new(Arc::new(|| 0)), &call, &route);
        match reply.body {
            Body::Json(body) => (reply.status, body),
            _ => (reply.status, Json::Null),
        }
    }

    fn put(etag: Option<&Json>, further: Json) -> Option<Json> {
        let mut props = json!({"title": "t", "severity": "Low", "status": "New"});
        props.as_object_mut()?.extend(further.as_object()?.clone());
        Some(json!({"etag": etag, "properties": props}))
    }

    #[test]
    fn a_stale_or_missing_etag_is_a_conflict() {
        let mut core = pair();
        let (_, before) = ask(&mut core, Method::GET, "/inc-29", None);
        let etag = before["etag"].clone();
        let (status, body) = ask(&mut core, Method::PUT, "/inc-29", put(None, json!({})));
        assert_eq!((status, &body["error"]["code"]), (409, &json!("Conflict")));
        assert_eq!(body["error"]["message"], "Newer version of resource 'inc-29' exists. Data was not saved");
        assert_eq!(
            ask(&mut core, Method::PUT, "/inc-29/comments/c", Some(json!({"properties": {"message": "m"}}))).0,
            201
        );
        assert_eq!(
            ask(&mut core, Method::PUT, "/inc-29", put(Some(&etag), json!({}))).0,
            409,
            "a comment moves the etag"
        );
        let (_, now) = ask(&mut core, Method::GET, "/inc-29", None);
        assert_eq!(now["properties"]["title"], before["properties"]["title"]);
        assert_eq!(ask(&mut core, Method::PUT, "/inc-29", put(Some(&now["etag"]), json!({}))).0, 200);
        assert_eq!(core.sentinel["inc-29"].modified_by, "ann@x");
        assert_eq!(ask(&mut core, Method::PUT, "/fresh", put(None, json!({}))).0, 201);
    }

    #[test]
    fn put_replaces_but_read_only_properties_stay() {
        let mut core = pair();
        let etag = json!(core.sentinel["inc-29"].etag);
        let further = json!({"labels": [{"labelName": "a"}], "description": "d", "owner": {"assignedTo": "x"}});
        let (_, first) = ask(&mut core, Method::PUT, "/inc-29", put(Some(&etag), further));
        core.sentinel["inc-29"].props["labels"]
            .as_array_mut()
            .expect("labels")
            .push(json!({"labelName": "Auto", "labelType": "AutoAssigned"}));
        let (_, second) = ask(&mut core, Method::PUT, "/inc-29", put(Some(&first["etag"]), json!({})));
        let props = &second["properties"];
        assert_eq!(props["labels"], json!([{"labelName": "Auto", "labelType": "AutoAssigned"}]));
        assert_eq!((props.get("description"), &props["owner"]["assignedTo"]), (None, &Json::Null));
        assert_eq!((&props["providerIncidentId"], &props["incidentNumber"]), (&json!("29"), &json!(1)));
    }

    #[test]
    fn alerts_and_comments_are_capped() {
        let mut core = pair();
        core.seed(&json!({"defender": [{"id": "1", "alerts": 160}],
            "sentinel": [{"id": "i", "providerName": "Microsoft XDR", "providerIncidentId": "1"}]}))
            .expect("a seed");
        let (_, alerts) = ask(&mut core, Method::POST, "/i/alerts", None);
        assert_eq!(alerts["value"].as_array().map(Vec::len), Some(150));
        let comment = || Some(json!({"properties": {"message": "m"}}));
        for n in 0..100 {
            assert_eq!(ask(&mut core, Method::PUT, &format!("/i/comments/{n}"), comment()).0, 201);
        }
        assert_eq!(ask(&mut core, Method::PUT, "/i/comments/100", comment()).0, 400);
        assert_eq!(ask(&mut core, Method::PUT, "/i/comments/99", comment()).0, 200, "an old one may still be written");
    }

    #[test]
    fn the_shape_follows_the_version() {
        let mut core = pair();
        let (_, old) = ask_as(&mut core, Method::GET, "/inc-29", None, "2021-04-01");
        let (_, new) = ask_as(&mut core, Method::GET, "/inc-29", None, "2025-09-01");
        assert_eq!(
            (old["properties"].get("providerName"), &new["properties"]["providerName"]),
            (None, &json!("Microsoft XDR"))
        );
        assert_eq!(ask_as(&mut core, Method::GET, "/inc-29", None, "2019-01-01").0, 400);
        assert_eq!(ask(&mut core, Method::PUT, "", None).0, 405);
        assert_eq!(ask(&mut core, Method::GET, "/nope", None).0, 404);
        assert_eq!(
            (ask(&mut core, Method::DELETE, "/inc-29", None).0, ask(&mut core, Method::DELETE, "/inc-29", None).0),
            (200, 204)
        );
    }
}
