//! Sentinel's own log of changes: the table SecurityIncident, a row for each change, asked by Log Analytics' query service.
//! It alone says who changed an incident.

use super::http::{Call, Effect, Http};
use super::read::unreadable;
use super::record::Service;
use crate::sync::port::{Answer, LoggedChange};
use crate::value::datetime;
use reqwest::Method;
use serde_json::{Value, json};

/// The columns that are asked for.
const COLUMNS: [&str; 3] = ["IncidentName", "ModifiedBy", "LastModifiedTime"];
/// The query's operation in events and errors.
const OPERATION: &str = "changes.query";

impl Http {
    pub(super) async fn sentinel_changes(&self, since: i64) -> Answer<Vec<LoggedChange>> {
        let Some(workspace) = &self.settings.workspace_id else { return Ok(vec![]) };
        let path = ["v1", "workspaces", workspace, "query"];
        let call = self.call(Service::LogAnalytics, OPERATION, Method::POST, &path, &[])?;
        let wait = self.settings.timeouts.query.as_secs().clamp(1, 600);
        let call = Call {
            effect: Effect::Read,
            body: Some(json!({ "query": query(since) })),
            prefer: Some(format!("wait={wait}")),
            ..call
        };
        let reply = self.send(&call).await?;
        // An empty workspace.
        if reply.status == 204 {
            return Ok(vec![]);
        }
        let changes = changes(&reply.json).map_err(|why| unreadable(&call, &reply, &why))?;
        Ok(changes)
    }
}

/// Plain operators only, so that any engine of Kusto's language can answer it.
fn query(since: i64) -> String {
    format!(
        "SecurityIncident\n| where LastModifiedTime >= datetime({})\n| project {}",
        datetime::format(since),
        COLUMNS.join(", ")
    )
}

/// Reads the result's rows, oldest change first; a row that comes twice counts once.
fn changes(json: &Value) -> Result<Vec<LoggedChange>, String> {
    if json.is_null() {
        return Err("the answer is empty: the service did not see the query".to_owned());
    }
    if let Some(error) = json.get("error").filter(|e| !e.is_null()) {
        let text = |name| error.get(name).and_then(Value::as_str).unwrap_or_default();
        return Err(format!("the result is only a part: {}: {}", text("code"), text("message")));
    }
    let list = |value: &'static str, of: &Value| match of.get(value) {
        Some(Value::Array(items)) => Ok(items.clone()),
        _ => Err(format!("`{value}` is no list")),
    };
    let tables = list("tables", json)?;
    let named = |t: &&Value| t.get("name").and_then(Value::as_str) == Some("PrimaryResult");
    let table = tables.iter().find(named).or(tables.first()).ok_or("`tables` is empty")?;
    let columns = list("columns", table)?;
    let place = |name: &str| {
        let at = columns.iter().position(|c| c.get("name").and_then(Value::as_str) == Some(name));
        at.ok_or(format!("the result has no column `{name}`"))
    };
    let [incident, by, at] = COLUMNS;
    let (incident, by, at) = (place(incident)?, place(by)?, place(at)?);
    let mut changes = vec![];
    for (number, row) in list("rows", table)?.iter().enumerate() {
        let cell = |place: usize| row.get(place).and_then(Value::as_str).unwrap_or_default();
        let at = datetime::parse(cell(at)).ok_or(format!("row {number}: `{}` is no time", cell(at)))?;
        changes.push(LoggedChange { incident: cell(incident).to_owned(), modified_by: cell(by).to_owned(), at });
    }
    changes.sort_by(|a, b| (a.at, &a.incident, &a.modified_by).cmp(&(b.at, &b.incident, &b.modified_by)));
    changes.dedup();
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rows_by_name_and_refuses_a_part() {
        let mut answer = json!({"tables": [{"name": "PrimaryResult",
            "columns": [{"name": "LastModifiedTime"}, {"name": "IncidentName"}, {"name": "ModifiedBy"}],
            "rows": [["2024-01-02T00:00:00Z", "b", "Alice"], ["2024-01-01T00:00:00Z", "a", null], ["2024-01-02T00:00:00Z", "b", "Alice"]]}]});
        let read = changes(&answer).unwrap();
        assert_eq!(
            read.iter().map(|c| (c.incident.as_str(), c.modified_by.as_str())).collect::<Vec<_>>(),
            [("a", ""), ("b", "Alice")]
        );
        answer["error"] = json!({"code": "PartialError", "message": "m"});
        assert!(changes(&answer).unwrap_err().contains("PartialError: m"));
        assert!(changes(&Value::Null).unwrap_err().contains("empty"));
    }
}
