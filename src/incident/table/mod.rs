//! Incidents as rows of the tables in which they are hunted: SecurityIncident, SecurityAlert, AlertInfo, AlertEvidence.
//!
//! In: an incident as both services tell it now, and as it was read before. Out: the rows that this reading adds, columns by
//! the documented names. Never: a clock, a request, a column that the schema does not have.
//!
//! One alert has one id in all four tables: Graph's `id`, which is `AlertId` in AlertInfo and AlertEvidence, an entry of
//! `AlertIds` in SecurityIncident and `SystemAlertId` in SecurityAlert. Only an alert that Defender did not tell of keeps the
//! id that Sentinel gave it. Sentinel's own id of the others stays in SecurityAlert's `ExtendedProperties.SystemAlertId` and in
//! SecurityIncident's `AdditionalData.systemAlertIds`, for joins with rows that Sentinel exported itself.

mod alert_evidence;
mod alert_info;
mod columns;
mod entities;
mod evidence_columns;
mod product;
mod reading;
mod security_alert;
mod security_incident;
#[cfg(test)]
mod tests;

use super::{DefenderIncident, SentinelIncident};
use reading::Reading;
use serde_json::{Map, Value};

/// The tables, in the order of the rows.
pub const TABLES: [&str; 4] = ["SecurityIncident", "SecurityAlert", "AlertInfo", "AlertEvidence"];

/// One row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The table, one of [`TABLES`].
    pub table: &'static str,
    /// The columns that have a value. Datetimes are texts in ISO 8601 with seven digits, `dynamic` is JSON as it is.
    pub columns: Map<String, Value>,
}

/// The rows that a new reading of one incident adds to the tables.
///
/// * SecurityIncident: one row when it is new, or when something that the table shows changed. Sentinel's values where
///   Sentinel was read, else Defender's in Sentinel's words.
/// * SecurityAlert: one row for every alert that is new or changed, by Sentinel where its alerts were read, else by Graph.
/// * AlertInfo, AlertEvidence: one row for every alert and every piece of evidence that Graph tells and that is new or changed.
///
/// A side that is `None`, and a list of alerts, entities or comments that is empty, was not asked for: what was read before
/// still holds, unless the incident was merged away. `before` must therefore be the readings as they came, with their alerts.
/// Times are the records' own; `read_at` (ticks) stands in only where a record has none.
pub fn rows_of_change(
    defender: Option<&DefenderIncident>,
    sentinel: Option<&SentinelIncident>,
    before: (Option<&DefenderIncident>, Option<&SentinelIncident>),
    read_at: i64,
) -> Vec<Row> {
    let old = Reading::new(before.0, before.1, None);
    let new = Reading::new(defender, sentinel, Some(&old));
    let mut rows = vec![];
    let mut add = |table, columns| rows.push(Row { table, columns });
    security_incident::changes(&old, &new, read_at).into_iter().for_each(|c| add("SecurityIncident", c));
    security_alert::changes(&old, &new, read_at).into_iter().for_each(|c| add("SecurityAlert", c));
    alert_info::changes(&old, &new, read_at).into_iter().for_each(|c| add("AlertInfo", c));
    alert_evidence::changes(&old, &new, read_at).into_iter().for_each(|c| add("AlertEvidence", c));
    rows
}
