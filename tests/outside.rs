//! What hunts call outside of the language, run over small tables: ASIM's views, portal functions, saved functions,
//! watchlists, other places.

use crate::harness::{self, to_json};
use huntline::catalog::{Catalog, Env, MemoryCatalog, Overlay, Places, device};
use huntline::mirror::Mirror;
use huntline::value::{Batch, Field, Type, Value, datetime};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::sync::Arc;

/// Documented tables with the columns given; all others are missing.
fn tables(rows: &Json) -> MemoryCatalog {
    let mut catalog = MemoryCatalog::default();
    for (name, rows) in rows.as_object().unwrap() {
        let schema = device::known_table(name).unwrap().schema();
        let rows = rows.as_array().unwrap().iter();
        let rows = rows.map(|row| schema.fields().iter().map(|f| cell(f, row.get(&*f.name))).collect());
        let batch = Batch::from_rows(&schema, rows.collect::<Vec<Vec<Value>>>());
        catalog.insert_batch(name, schema, batch);
    }
    catalog
}

fn cell(field: &Field, value: Option<&Json>) -> Value {
    let Some(value) = value else { return Value::missing(field.ty) };
    match field.ty {
        Type::String => Value::String(value.as_str().unwrap().to_owned()),
        Type::Datetime => Value::Datetime(datetime::parse(value.as_str().unwrap()).unwrap()),
        Type::Long => Value::Long(value.as_i64().unwrap()),
        Type::Int => Value::Int(i32::try_from(value.as_i64().unwrap()).unwrap()),
        Type::Bool => Value::Bool(value.as_bool().unwrap()),
        Type::Dynamic => Value::Dynamic(value.clone()),
        ty => panic!("no test needs a `{ty}`"),
    }
}

/// The result's rows, each an object.
fn rows(text: &str, env: &Env) -> Json {
    let json = match harness::run(text, env) {
        Ok(result) => to_json(&result),
        Err((_, told)) => panic!("{text}: {told}"),
    };
    let columns = json["columns"].as_array().unwrap();
    let object = |row: &Json| -> Json {
        let members = columns.iter().zip(row.as_array().unwrap());
        Json::Object(members.map(|(c, v)| (c["name"].as_str().unwrap().to_owned(), v.clone())).collect())
    };
    json["rows"].as_array().unwrap().iter().map(object).collect()
}

fn devices() -> Env {
    harness::env(tables(&json!({
        "DeviceFileEvents": [
            {"Timestamp": "2026-06-01T10:00:00Z", "DeviceId": "d1", "DeviceName": "pc1.corp.example",
             "ActionType": "FileCreated", "FileName": "a.exe", "FolderPath": "C:\\Temp\\a.exe", "SHA1": "aa1", "SHA256": "aa256",
             "InitiatingProcessAccountDomain": "corp", "InitiatingProcessAccountName": "ann"},
            {"Timestamp": "2026-06-02T10:00:00Z", "DeviceId": "d2", "DeviceName": "pc2", "ActionType": "FileRenamed",
             "FileName": "b.txt", "FolderPath": "C:\\Temp\\b.txt", "PreviousFileName": "c.txt",
             "PreviousFolderPath": "C:\\Temp", "SHA1": "aa1"}
        ],
        "ASimFileEventLogs": [
            {"TimeGenerated": "2026-06-03T00:00:00Z", "EventType": "FileCreated", "TargetFilePath": "/etc/x",
             "TargetFileName": "x", "DvcHostname": "lin1", "ActorUsername": "root"}
        ],
        "DeviceProcessEvents": [
            {"Timestamp": "2026-06-01T09:00:00Z", "DeviceId": "d1", "DeviceName": "pc1.corp.example", "FileName": "cmd.exe",
             "FolderPath": "C:\\Windows\\cmd.exe", "SHA1": "cc1", "SHA256": "cc256", "ProcessCommandLine": "cmd /c whoami",
             "AccountDomain": "corp", "AccountName": "ann", "ProcessVersionInfoCompanyName": "Maker",
             "InitiatingProcessSHA1": "aa1", "InitiatingProcessFileName": "a.exe"}
        ],
        "DeviceFileCertificateInfo": [
            {"Timestamp": "2026-06-01T00:00:00Z", "SHA1": "cc1", "IsSigned": true, "IsTrusted": true, "Signer": "Maker"}
        ],
        "DeviceNetworkEvents": [
            {"Timestamp": "2026-06-01T10:00:00Z", "DeviceId": "d1", "DeviceName": "pc1", "ActionType": "ConnectionSuccess",
             "LocalIP": "10.0.0.5", "LocalPort": 50000, "RemoteIP": "203.0.113.4", "RemotePort": 443,
             "RemoteUrl": "https://evil.example/x", "Protocol": "Tcp", "InitiatingProcessAccountName": "ann"},
            {"Timestamp": "2026-06-01T11:00:00Z", "DeviceId": "d1", "DeviceName": "pc1",
             "ActionType": "InboundConnectionAccepted", "LocalIP": "10.0.0.5", "LocalPort": 3389, "RemoteIP": "10.9.9.9",
             "RemotePort": 55555, "Protocol": "Tcp"}
        ],
        "DeviceNetworkInfo": [
            {"Timestamp": "2026-06-01T00:00:00Z", "DeviceId": "d1", "DeviceName": "pc1", "ReportId": 1,
             "IPAddresses": [{"IPAddress": "10.0.0.4", "AddressType": "Private"}]},
            {"Timestamp": "2026-06-01T01:00:00Z", "DeviceId": "d1", "DeviceName": "pc1", "ReportId": 2,
             "IPAddresses": [{"IPAddress": "10.0.0.5", "AddressType": "Private"}]},
            {"Timestamp": "2026-06-01T01:10:00Z", "DeviceId": "d1", "DeviceName": "pc1", "ReportId": 3,
             "NetworkAdapterName": "wireless", "NetworkAdapterStatus": "Down", "IPAddresses": []}
        ]
    })))
}

#[test]
fn views_give_events_under_the_names_of_the_schemas() {
    let env = devices();
    assert_eq!(
        rows("imFileEvent | sort by TimeGenerated asc | project EventType, Dvc, User, SrcFilePath, Hash, Type", &env),
        json!([
            {"EventType": "FileCreated", "Dvc": "pc1", "User": "corp\\ann", "SrcFilePath": "", "Hash": "aa256",
             "Type": "DeviceFileEvents"},
            {"EventType": "FileRenamed", "Dvc": "pc2", "User": "", "SrcFilePath": "C:\\Temp\\c.txt", "Hash": "aa1",
             "Type": "DeviceFileEvents"},
            {"EventType": "FileCreated", "Dvc": "lin1", "User": "root", "SrcFilePath": "", "Hash": "",
             "Type": "ASimFileEventLogs"}
        ])
    );
    let one = |text: &str, expected: Json| assert_eq!(rows(text, &env), json!([expected]), "{text}");
    one("_Im_FileEvent(dvchostname_has_any = 'lin1') | project FileName", json!({"FileName": "x"}));
    one(
        "imProcessCreate(commandline_has_any = 'whoami') | project User, Hash",
        json!({"User": "corp\\ann", "Hash": "cc256"}),
    );
    one("imProcessTerminate | count", json!({"Count": 0}));
    one(
        "_Im_NetworkSession(dstipaddr_has_any_prefix = dynamic(['203.0.'])) | project NetworkDirection, Src, DstHostname, User",
        json!({"NetworkDirection": "Outbound", "Src": "10.0.0.5", "DstHostname": "evil.example", "User": "ann"}),
    );
    one(
        "_Im_NetworkSession(ipaddr_has_any_prefix = dynamic(['10.9.'])) | project Dst, DstPortNumber, ASimMatchingIpAddr",
        json!({"Dst": "10.0.0.5", "DstPortNumber": 3389, "ASimMatchingIpAddr": "SrcIpAddr"}),
    );
}

#[test]
fn every_view_runs() {
    let env = harness::env(MemoryCatalog::default());
    for name in huntline::catalog::portal::names().filter(|n| n.starts_with("im") || n.starts_with("_Im_")) {
        assert_eq!(rows(&format!("{name} | take 5"), &env), json!([]), "{name}");
    }
}

#[test]
fn portal_functions_answer_from_the_mirror() {
    let env = devices();
    let text = "DeviceFileEvents | project FileName, SHA1 | invoke FileProfile(SHA1, 1000) | sort by FileName asc
        | project FileName, GlobalPrevalence, SignatureState, IsExecutable, ProfileAvailability";
    let known = |file: &str| {
        json!({"FileName": file, "GlobalPrevalence": 2, "SignatureState": "Unknown", "IsExecutable": true,
            "ProfileAvailability": "Available"})
    };
    assert_eq!(rows(text, &env), json!([known("a.exe"), known("b.txt")]));
    let text = "DeviceProcessEvents | project SHA256 | invoke FileProfile('SHA256') | project SHA1, Signer, SignatureState, Publisher";
    let expected = json!([{"SHA1": "cc1", "Signer": "Maker", "SignatureState": "SignedValid", "Publisher": "Maker"}]);
    assert_eq!(rows(text, &env), expected);
    let text = "datatable(SHA1:string)['zz', ''] | invoke FileProfile() | sort by SHA1 desc | project SHA1, GlobalPrevalence, ProfileAvailability";
    let expected = json!([
        {"SHA1": "zz", "GlobalPrevalence": null, "ProfileAvailability": "Missing"},
        {"SHA1": "", "GlobalPrevalence": null, "ProfileAvailability": ""}
    ]);
    assert_eq!(rows(text, &env), expected);
    let text = "datatable(SHA1:string, ProfileKey:string)['CC1', 'mine'] | invoke FileProfile() | project SHA1, ProfileKey, SHA256";
    let expected = json!([{"SHA1": "CC1", "ProfileKey": "mine", "SHA256": "cc256"}]);
    assert_eq!(rows(text, &env), expected, "hashes in any case; no column of the caller's is lost");
    let text = "AssignedIPAddresses('pc1') | project IPAddress, IPType";
    assert_eq!(rows(text, &env), json!([{"IPAddress": "10.0.0.5", "IPType": "Private"}]));
    let text = "AssignedIPAddresses('d1', datetime(2026-06-01T00:30:00Z)) | project IPAddress";
    assert_eq!(rows(text, &env), json!([{"IPAddress": "10.0.0.4"}]));
    let text = "DeviceNetworkEvents | project IP = LocalIP | distinct IP | invoke DeviceFromIP()";
    assert_eq!(rows(text, &env), json!([{"IP": "10.0.0.5", "DeviceId": "d1"}]));
    let text = "datatable(IP:string, IP1:long)['10.0.0.5', 1, '10.0.0.5', 2] | invoke DeviceFromIP() | sort by IP1 asc";
    let row = |n: i64| json!({"IP": "10.0.0.5", "IP1": n, "DeviceId": "d1"});
    assert_eq!(rows(text, &env), json!([row(1), row(2)]), "no row and no column is lost");
}

#[test]
fn files_beside_the_tables_are_functions_and_watchlists() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("functions/Add.kql", "(a:long, b:long = 2) { a + b }");
    write("functions/Early.kql", "let limit = 1; datatable(n:long)[1, 2] | where n <= limit");
    write("watchlists/Leavers.csv", "Mail,Reason\nann@x.example,moved\nbob@x.example,left\n");
    let mirror = || Mirror::open(dir.path()).unwrap();
    let far: Arc<dyn Catalog> = Arc::new(Overlay::new(tables(&json!({"DeviceInfo": [{"DeviceId": "far"}]})), mirror()));
    let places = Places::new(mirror(), vec![("workspace:prod".to_owned(), far)]);
    let env = Env::new(Arc::new(places), datetime::parse(harness::NOW).unwrap());
    assert_eq!(rows("print x = Add(40), y = Add(1, b = 1)", &env), json!([{"x": 42, "y": 2}]));
    assert_eq!(rows("let limit = 9; Early", &env), json!([{"n": 1}]));
    let text = "_GetWatchlist('leavers') | where Reason == 'left' | project SearchKey";
    assert_eq!(rows(text, &env), json!([{"SearchKey": "bob@x.example"}]));
    assert_eq!(rows("workspace('prod').DeviceInfo | project DeviceId", &env), json!([{"DeviceId": "far"}]));
    assert!(Path::new(&env.catalog.shelf().unwrap()).ends_with(dir.path().file_name().unwrap()));
}
