//! The table SecurityIncident: Sentinel appends a row at every change, and it is the only place that tells who did it.

use super::super::hunting::LiveTable;
use super::super::wire::Object;
use super::record::Sentinel;
use indexmap::IndexMap;
use serde_json::{Value as Json, json};
use std::collections::VecDeque;

/// Columns and their Kusto types, in the order of the rows.
const COLUMNS: &[(&str, &str)] = &[
    ("TimeGenerated", "datetime"),
    ("IncidentName", "string"),
    ("IncidentNumber", "int"),
    ("ProviderIncidentId", "string"),
    ("ProviderName", "string"),
    ("Title", "string"),
    ("Description", "string"),
    ("Severity", "string"),
    ("Status", "string"),
    ("Classification", "string"),
    ("ClassificationReason", "string"),
    ("ClassificationComment", "string"),
    ("Owner", "dynamic"),
    ("ModifiedBy", "string"),
    ("CreatedTime", "datetime"),
    ("LastModifiedTime", "datetime"),
    ("ClosedTime", "datetime"),
    ("FirstActivityTime", "datetime"),
    ("LastActivityTime", "datetime"),
    ("Labels", "dynamic"),
    ("AlertIds", "dynamic"),
    ("BookmarkIds", "dynamic"),
    ("Comments", "dynamic"),
    ("RelatedAnalyticRuleIds", "dynamic"),
    ("AdditionalData", "dynamic"),
    ("IncidentUrl", "string"),
    ("SourceSystem", "string"),
    ("Type", "string"),
];

/// The rows, oldest first, at most as many as asked for.
#[derive(Clone)]
pub(in crate::fake) struct ChangeLog {
    rows: VecDeque<Vec<Json>>,
    cap: usize,
}

impl ChangeLog {
    pub(super) fn new(cap: usize) -> ChangeLog {
        ChangeLog { rows: VecDeque::new(), cap: cap.max(1) }
    }

    pub(super) fn push(&mut self, row: Vec<Json>) {
        if self.rows.len() >= self.cap {
            self.rows.pop_front();
        }
        self.rows.push_back(row);
    }

    pub(super) fn clear(&mut self) {
        self.rows.clear();
    }

    /// The table for queries.
    pub(in crate::fake) fn table(&self) -> LiveTable {
        LiveTable {
            name: "SecurityIncident".to_owned(),
            columns: COLUMNS.iter().map(|(name, ty)| ((*name).to_owned(), (*ty).to_owned())).collect(),
            rows: self.rows.iter().cloned().collect(),
        }
    }
}

/// The row of a record as it is now. Strings are never null in the table.
pub(super) fn row(incident: &Sentinel, alerts: &IndexMap<String, Object>, by: &str) -> Vec<Json> {
    let text = |name: &str| Json::from(incident.text(name));
    let time = |name: &str| incident.props.get(name).cloned().unwrap_or(Json::Null);
    let list = |name: &str| incident.props.get(name).cloned().unwrap_or_else(|| json!([]));
    let modified = time("lastModifiedTimeUtc");
    let closed = if incident.text("status") == "Closed" { modified.clone() } else { Json::Null };
    let comments: Vec<Json> = incident
        .comments
        .iter()
        .map(|(id, c)| json!({"id": id, "message": c.message, "createdTimeUtc": c.created, "author": c.author}))
        .collect();
    let products: Vec<&str> = super::alerts::distinct(incident, alerts, "productName");
    let data = json!({"alertsCount": incident.alert_ids.len(), "bookmarksCount": incident.bookmarks.len(),
        "commentsCount": incident.comments.len(), "alertProductNames": products});
    vec![
        modified.clone(),
        incident.name.clone().into(),
        time("incidentNumber"),
        text("providerIncidentId"),
        text("providerName"),
        text("title"),
        text("description"),
        text("severity"),
        text("status"),
        text("classification"),
        text("classificationReason"),
        text("classificationComment"),
        incident.props.get("owner").cloned().unwrap_or_else(super::twin::nobody),
        by.into(),
        time("createdTimeUtc"),
        modified,
        closed,
        time("firstActivityTimeUtc"),
        time("lastActivityTimeUtc"),
        list("labels"),
        json!(incident.alert_ids),
        json!(incident.bookmarks.iter().filter_map(|b| b.get("name")).collect::<Vec<_>>()),
        comments.into(),
        list("relatedAnalyticRuleIds"),
        data,
        text("incidentUrl"),
        "Azure".into(),
        "SecurityIncident".into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::tests::pair;
    use super::*;

    #[test]
    fn every_row_has_every_column() {
        let core = pair();
        let table = core.log.table();
        assert!(table.rows.iter().all(|r| r.len() == COLUMNS.len()));
        let at = |name: &str| COLUMNS.iter().position(|(n, _)| *n == name).expect("a column");
        assert_eq!(table.rows[0][at("ProviderIncidentId")], json!("29"));
        assert_eq!(table.rows[0][at("Classification")], json!(""));
    }

    #[test]
    fn the_oldest_rows_are_dropped() {
        let mut log = ChangeLog::new(2);
        (0..5).for_each(|n| log.push(vec![json!(n)]));
        assert_eq!(log.table().rows, [vec![json!(3)], vec![json!(4)]]);
    }
}
