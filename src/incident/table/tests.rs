//! A rich incident against the product's own schema, and which rows a change adds.

use super::*;
use serde_json::{Value, json};
use std::collections::HashMap;

const SCHEMA: &str = include_str!("../../catalog/tables.txt");
const AT: i64 = 639_000_000_000_000_000;
const DEVICE: &str = "3f9a1c6e2b8d4f70a5e1c9b3d7f2a6e4c8b0d1f5";

/// The columns of a table with their types.
fn schema(table: &str) -> HashMap<&'static str, &'static str> {
    let head = format!("table {table} ");
    let block = SCHEMA.lines().skip_while(|l| !l.starts_with(&head)).skip(1).take_while(|l| l.starts_with("  "));
    let column = |c: &'static str| {
        c.trim_start_matches(['<', '>']).split_once(':').unwrap_or((c.trim_start_matches(['<', '>']), "string"))
    };
    block.flat_map(str::split_whitespace).map(column).collect()
}

fn fits(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "datetime" => value.as_str().is_some_and(|t| t.len() == 28 && crate::value::datetime::parse(t).is_some()),
        "int" => value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
        "long" => value.is_i64() || value.is_u64(),
        "real" => value.is_number(),
        "bool" => value.is_boolean(),
        "dynamic" => value.is_object() || value.is_array(),
        _ => false,
    }
}

fn evidence() -> Vec<Value> {
    let user = json!({"accountName": "dana", "domainName": "contoso", "userSid": "S-1-5-21-1", "azureAdUserId": "b41c7e9d", "userPrincipalName": "dana@contoso.com"});
    let file =
        json!({"fileName": "Evil.exe", "filePath": "C:\\Temp", "sha1": "ABC1", "sha256": "ABC2", "fileSize": "4096"});
    let azure = json!({"resourceId": "/subscriptions/s1/resourceGroups/r/providers/x/vm1", "resourceName": "vm1", "resourceType": "VM"});
    let own = [
        (
            "deviceEvidence",
            json!({"mdeDeviceId": DEVICE, "deviceDnsName": "WS-1.contoso.com", "lastIpAddress": "10.0.0.6", "rbacGroupName": "Finance", "roles": ["compromised"]}),
        ),
        ("userEvidence", json!({"userAccount": user})),
        ("mailboxEvidence", json!({"upn": "dana@contoso.com", "primaryAddress": "dana@contoso.com"})),
        ("fileEvidence", json!({"fileDetails": file, "mdeDeviceId": DEVICE})),
        ("fileHashEvidence", json!({"algorithm": "sha256", "value": "FF"})),
        (
            "processEvidence",
            json!({"imageFile": file, "processId": 77, "processCommandLine": "evil.exe -x", "parentProcessId": 5, "mdeDeviceId": DEVICE, "userAccount": user}),
        ),
        ("ipEvidence", json!({"ipAddress": "203.0.113.9", "roles": ["destination"]})),
        ("urlEvidence", json!({"url": "https://evil.example/"})),
        ("dnsEvidence", json!({"domainName": "evil.example"})),
        (
            "analyzedMessageEvidence",
            json!({"networkMessageId": "n1", "subject": "Invoice", "recipientEmailAddress": "dana@contoso.com"}),
        ),
        ("mailClusterEvidence", json!({"emailCount": 3, "query": "q"})),
        ("submissionMailEvidence", json!({"networkMessageId": "n2", "subject": "Bad"})),
        ("malwareEvidence", json!({"name": "Emotet", "category": "trojan"})),
        ("registryKeyEvidence", json!({"registryHive": "HKEY_LOCAL_MACHINE", "registryKey": "SOFTWARE\\Run"})),
        (
            "registryValueEvidence",
            json!({"registryHive": "HKEY_LOCAL_MACHINE", "registryKey": "SOFTWARE\\Run", "registryValueName": "x", "registryValue": "evil.exe"}),
        ),
        ("cloudApplicationEvidence", json!({"appId": 20893, "displayName": "Exchange"})),
        ("oauthApplicationEvidence", json!({"appId": "o1", "displayName": "App"})),
        ("azureResourceEvidence", azure),
        ("securityGroupEvidence", json!({"displayName": "Admins", "sid": "S-1-5-21-2"})),
        ("ioTDeviceEvidence", json!({"deviceId": "i1", "deviceName": "cam", "ipAddress": {"ipAddress": "10.0.0.7"}})),
        ("kubernetesPodEvidence", json!({"name": "pod"})),
        ("quantumEvidence", json!({"spin": "up"})),
    ];
    own.into_iter()
        .map(|(name, mut e)| {
            e["@odata.type"] = format!("#microsoft.graph.security.{name}").into();
            e["createdDateTime"] = "2026-03-01T10:00:02Z".into();
            e
        })
        .collect()
}

fn defender() -> DefenderIncident {
    serde_json::from_value(json!({"id": "29", "status": "active", "severity": "high", "displayName": "Multi-stage", "assignedTo": "soc@contoso.com",
        "createdDateTime": "2026-03-01T10:00:00.5Z", "lastUpdateDateTime": "2026-03-01T10:05:00Z", "customTags": ["VIP"], "incidentWebUrl": "https://x/29",
        "comments": [{"comment": "seen", "createdByDisplayName": "Al", "createdDateTime": "2026-03-01T10:04:00Z"}],
        "alerts": [{"id": "da1_1", "providerAlertId": "g1", "incidentId": "29", "serviceSource": "microsoftDefenderForEndpoint", "title": "T", "severity": "high",
            "detectionSource": "antivirus", "category": "Execution", "status": "new", "mitreTechniques": ["T1059.001"], "threatFamilyName": "Emotet",
            "description": "d", "recommendedActions": "act", "alertWebUrl": "https://x/a", "detectorId": "det", "createdDateTime": "2026-03-01T10:00:01Z",
            "firstActivityDateTime": "2026-03-01T09:59:00Z", "lastActivityDateTime": "2026-03-01T09:59:30Z", "lastUpdateDateTime": "2026-03-01T10:01:00Z", "evidence": evidence()},
            {"id": "ca2_1", "providerAlertId": "g2", "incidentId": "29", "serviceSource": "microsoftDefenderForCloudApps", "title": "U", "severity": "low",
            "detectionSource": "cloudAppSecurity", "category": "Exfiltration", "status": "new", "createdDateTime": "2026-03-01T10:02:00Z", "evidence": []}]})).unwrap()
}

fn sentinel() -> SentinelIncident {
    serde_json::from_value(json!({"name": "6a1f", "status": "New", "severity": "High", "title": "Multi-stage", "providerName": "Microsoft XDR", "providerIncidentId": "29",
        "incidentNumber": 7, "createdTimeUtc": "2026-03-01T10:00:00Z", "lastModifiedTimeUtc": "2026-03-01T10:06:00Z", "incidentUrl": "https://y",
        "owner": {"objectId": "o", "userPrincipalName": "soc@contoso.com"}, "labels": [{"labelName": "VIP"}], "modifiedBy": "Microsoft XDR",
        "comments": [{"name": "c1", "message": "m", "author": "Al"}], "relatedAnalyticRuleIds": ["/subscriptions/s/alertRules/r1"],
        "alerts": [{"id": "/subscriptions/s1/resourceGroups/rg/x", "name": "5e", "kind": "SecurityAlert", "properties": {"systemAlertId": "5e", "providerAlertId": "G1",
            "alertDisplayName": "T", "severity": "High", "status": "New", "confidenceScore": 0.5, "tactics": ["Execution"], "timeGenerated": "2026-03-01T10:03:00Z"}},
            {"name": "6e", "properties": {"systemAlertId": "6e", "alertDisplayName": "Own rule", "severity": "Low", "productName": "Azure Sentinel"}}]})).unwrap()
}

fn of<'a>(rows: &'a [Row], table: &str) -> Vec<&'a Map<String, Value>> {
    rows.iter().filter(|r| r.table == table).map(|r| &r.columns).collect()
}

#[test]
fn every_column_is_in_the_schema_with_its_type() {
    let (d, s) = (defender(), sentinel());
    for (d, s) in [(Some(&d), Some(&s)), (Some(&d), None), (None, Some(&s))] {
        let rows = rows_of_change(d, s, (None, None), AT);
        if let Ok(folder) = std::env::var("HUNTLINE_ROWS") {
            for table in TABLES {
                let lines: Vec<String> =
                    of(&rows, table).iter().map(|c| format!("{}\n", Value::Object((*c).clone()))).collect();
                let side = format!("{}{}", if d.is_some() { "d" } else { "" }, if s.is_some() { "s" } else { "" });
                std::fs::write(format!("{folder}/{table}-{side}.ndjson"), lines.concat()).unwrap();
            }
        }
        for row in rows {
            let schema = schema(row.table);
            assert!(schema.len() > 10, "{}", row.table);
            for (name, value) in &row.columns {
                let kind = schema.get(name.as_str()).unwrap_or_else(|| panic!("{} has no {name}", row.table));
                assert!(fits(value, kind), "{}.{name}: {kind} is {value}", row.table);
            }
        }
    }
}

#[test]
fn an_alert_has_one_id_in_all_tables() {
    let rows = rows_of_change(Some(&defender()), Some(&sentinel()), (None, None), AT);
    let [incident] = of(&rows, "SecurityIncident")[..] else { panic!() };
    assert_eq!(incident["AlertIds"], json!(["da1_1", "ca2_1", "6e"]));
    assert_eq!(incident["AdditionalData"]["systemAlertIds"], json!(["5e"]));
    assert_eq!(incident["TimeGenerated"], "2026-03-01T10:06:00.0000000Z");
    let alerts = of(&rows, "SecurityAlert");
    assert_eq!(alerts.iter().map(|a| &a["SystemAlertId"]).collect::<Vec<_>>(), ["da1_1", "ca2_1", "6e"]);
    assert_eq!((&alerts[0]["ProviderName"], &alerts[0]["VendorOriginalId"]), (&json!("MDATP"), &json!("G1")));
    assert_eq!(of(&rows, "AlertInfo").len(), 2);
    assert!(
        of(&rows, "AlertEvidence")
            .iter()
            .all(|e| e["AlertId"] == "da1_1" && e["AdditionalFields"]["IncidentId"] == "29")
    );
}

#[test]
fn every_evidence_is_a_row_with_its_type_and_its_device() {
    let rows = rows_of_change(Some(&defender()), None, (None, None), AT);
    let rows = of(&rows, "AlertEvidence");
    let types: Vec<_> = rows.iter().map(|r| r["EntityType"].as_str().unwrap()).collect();
    assert_eq!(types.len(), evidence().len());
    assert_eq!(
        [types[0], types[1], types[9], types[16], types[21]],
        ["Machine", "User", "MailMessage", "OAuthApplication", "Quantum"]
    );
    let process = rows[5];
    assert_eq!((&process["DeviceId"], &process["DeviceName"]), (&json!(DEVICE), &json!("ws-1.contoso.com")));
    assert_eq!(
        (&process["SHA1"], &process["FileSize"], &process["AccountUpn"]),
        (&json!("abc1"), &json!(4096), &json!("dana@contoso.com"))
    );
    assert_eq!(rows[21]["AdditionalFields"]["spin"], "up");
    assert_eq!((&rows[17]["CloudPlatform"], &rows[17]["SubscriptionId"]), (&json!("Azure"), &json!("s1")));
}

#[test]
fn only_what_changed_adds_rows() {
    let (d, s) = (defender(), sentinel());
    assert_eq!(rows_of_change(Some(&d), Some(&s), (Some(&d), Some(&s)), AT), []);
    // A side that was not asked for, and alerts that were not asked for, change nothing.
    let bare = SentinelIncident { alerts: vec![], comments: vec![], ..s.clone() };
    assert_eq!(rows_of_change(None, Some(&bare), (Some(&d), Some(&s)), AT), []);
    let mut moved = d.clone();
    moved.alerts[0].other.insert("status".into(), "resolved".into());
    moved.alerts[0].other.insert("lastUpdateDateTime".into(), "2026-03-01T11:00:00Z".into());
    moved.alerts[0].evidence[6]["verdict"] = "malicious".into();
    // Sentinel's alert still says New: what Sentinel was read to say stands in SecurityAlert, without it Graph's does.
    let rows = rows_of_change(Some(&moved), Some(&s), (Some(&d), Some(&s)), AT);
    assert_eq!(rows.iter().map(|r| r.table).collect::<Vec<_>>(), ["AlertEvidence"]);
    let rows = rows_of_change(Some(&moved), None, (Some(&d), None), AT);
    assert_eq!(rows.iter().map(|r| r.table).collect::<Vec<_>>(), ["SecurityAlert", "AlertEvidence"]);
    assert_eq!(rows[0].columns["TimeGenerated"], rows[1].columns["Timestamp"]);
    assert_eq!(rows[1].columns["Timestamp"], "2026-03-01T11:00:00.0000000Z");
}

#[test]
fn a_closing_tells_its_time_and_sentinels_words() {
    let d = defender();
    let mut closed = d.clone();
    for (name, value) in
        [("status", "resolved"), ("classification", "falsePositive"), ("lastUpdateDateTime", "2026-03-02T00:00:00Z")]
    {
        let mut value_of = serde_json::to_value(&closed).unwrap();
        value_of[name] = value.into();
        closed = serde_json::from_value(value_of).unwrap();
    }
    let rows = rows_of_change(Some(&closed), None, (Some(&d), None), AT);
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(
        (&row.columns["Status"], &row.columns["ClassificationReason"]),
        (&json!("Closed"), &json!("InaccurateData"))
    );
    assert_eq!(row.columns["ClosedTime"], "2026-03-02T00:00:00.0000000Z");
    assert_eq!(row.columns.get("IncidentName"), None);
}
