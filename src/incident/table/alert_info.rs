//! AlertInfo: the head of every alert that Graph tells.

use super::super::Alert;
use super::columns::{Columns, add_once, list_text, text, texts, time};
use super::product::{capital, detection, service};
use super::reading::Reading;
use serde_json::{Map, Value};

/// The rows of alerts that are new, or whose row changed.
pub(super) fn changes(old: &Reading<'_>, new: &Reading<'_>, read_at: i64) -> Vec<Map<String, Value>> {
    let row = |alert: &&Alert| {
        let before = old.alert(&alert.id);
        let mut columns = Columns::default();
        let time = match before {
            None => recorded(alert, new, read_at),
            Some(_) => changed(alert, new, read_at),
        };
        columns.time("Timestamp", Some(time));
        let shown = columns_of(alert);
        if before.is_some_and(|b| columns_of(b) == shown) {
            return None;
        }
        columns.0.extend(shown);
        Some(columns.0)
    };
    new.alerts.iter().filter_map(row).collect()
}

/// When an alert was recorded: when it was made, else what comes closest.
pub(super) fn recorded(alert: &Alert, reading: &Reading<'_>, read_at: i64) -> i64 {
    let names = ["createdDateTime", "firstActivityDateTime", "lastUpdateDateTime"];
    names.iter().find_map(|name| time(&alert.other, name)).or_else(|| reading.created()).unwrap_or(read_at)
}

/// When an alert that was known before changed.
pub(super) fn changed(alert: &Alert, reading: &Reading<'_>, read_at: i64) -> i64 {
    time(&alert.other, "lastUpdateDateTime").or_else(|| reading.defender_changed()).unwrap_or(read_at)
}

/// The columns without the time.
fn columns_of(alert: &Alert) -> Map<String, Value> {
    let mut columns = Columns::default();
    columns.text("AlertId", Some(alert.id.as_str()));
    columns.text("Title", alert.title.as_deref());
    columns.text("Category", categories(alert).into_iter().next());
    shared(alert, &mut columns);
    columns.0
}

/// The columns that AlertInfo and AlertEvidence share.
pub(super) fn shared(alert: &Alert, columns: &mut Columns) {
    columns.text("Severity", text(&alert.other, "severity").map(capital));
    columns.text("ServiceSource", product(alert));
    columns.text("DetectionSource", text(&alert.other, "detectionSource").map(detection));
    columns.text("AttackTechniques", list_text(&techniques(alert)));
}

/// The product that raised an alert: by `serviceSource`, or where that says nothing by Graph's `productName`.
pub(super) fn product(alert: &Alert) -> Option<&str> {
    let source = alert.service_source.as_deref().filter(|s| !s.is_empty() && !s.starts_with("unknown"));
    source.map(service).or_else(|| text(&alert.other, "productName"))
}

/// The categories of an alert, the first one its own.
pub(super) fn categories(alert: &Alert) -> Vec<String> {
    let mut list = vec![];
    text(&alert.other, "category")
        .into_iter()
        .chain(texts(&alert.other, "categories"))
        .for_each(|c| add_once(&mut list, c));
    list
}

/// The ids of its MITRE techniques.
pub(super) fn techniques(alert: &Alert) -> Vec<String> {
    let mut list = vec![];
    texts(&alert.other, "mitreTechniques").for_each(|t| add_once(&mut list, t));
    list
}
