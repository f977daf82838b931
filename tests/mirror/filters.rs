//! Filters over the mirror's files: the answer is the same whether term filters lie beside the files or not, and whether the
//! rows are sieved or read one by one.

use super::store::{Store, Telemetry};
use serde_json::Value as Json;
use std::fmt::Write;

/// Text columns of every kind: distinct, repeated, of one term and of many, JSON.
const COLUMNS: [(&str, &str); 9] = [
    ("DeviceProcessEvents", "ProcessCommandLine"),
    ("DeviceProcessEvents", "InitiatingProcessFileName"),
    ("DeviceFileEvents", "FolderPath"),
    ("DeviceFileEvents", "SHA256"),
    ("DeviceNetworkEvents", "RemoteIP"),
    ("DeviceNetworkEvents", "RemoteUrl"),
    ("DeviceRegistryEvents", "RegistryValueData"),
    ("DeviceRegistryEvents", "RegistryKey"),
    ("DeviceEvents", "DeviceName"),
];

const RELATIONS: [&str; 22] = [
    "has",
    "!has",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "contains",
    "!contains",
    "contains_cs",
    "startswith",
    "startswith_cs",
    "endswith",
    "endswith_cs",
    "==",
    "!=",
    "=~",
    "!~",
    "in",
    "in~",
    "has_any",
    "has_all",
];

/// The conditions on a column, made of texts that it holds: pieces of them in other cases, and texts that it does not hold.
fn conditions(column: &str, texts: &[String]) -> Vec<String> {
    let mut conditions = Vec::new();
    for (at, relation) in RELATIONS.iter().enumerate() {
        for (nth, text) in texts.iter().enumerate() {
            let chars: Vec<char> = text.chars().collect();
            let (from, to) =
                ((at * 3 + nth) % (chars.len() / 2 + 1), chars.len() - (at + nth * 2) % (chars.len() / 3 + 1));
            let piece: String = chars[from..to.max(from)].iter().collect();
            let term = text.split(|c: char| !c.is_alphanumeric()).filter(|t| t.len() > 3).nth(nth).unwrap_or(text);
            let needle = match (relation, nth % 3) {
                (&("==" | "!=" | "=~" | "!~" | "in" | "in~"), 0) => text.clone(),
                (_, 0) => term.to_owned(),
                (_, 1) => piece,
                (_, _) => term.to_uppercase(),
            };
            let quoted = |text: &str| serde_json::to_string(text).unwrap();
            conditions.push(match *relation {
                "in" | "in~" | "has_any" => {
                    format!(
                        "{column} {relation} ({}, {}, 'nowhere-77')",
                        quoted(&needle),
                        quoted(&needle.to_lowercase())
                    )
                }
                "has_all" => format!("{column} has_all ({}, {})", quoted(&needle), quoted(term)),
                relation => format!("{column} {relation} {}", quoted(&needle)),
            });
        }
    }
    conditions.push(format!("{column} has 'nowhere77'"));
    conditions.push(format!("{column} contains ''"));
    conditions.push(format!("isempty({column}) or {column} has 'exe'"));
    conditions.push(format!("not({column} has 'exe') and ReportId % 3 == 1"));
    conditions.push(format!("{column} matches regex '(?i)[a-f0-9]{{4}}.*e'"));
    conditions
}

/// A condition that every row passes, and by which files are read row by row: it reads more than the row.
const PLAIN: &str = "| where rand() < 2";

/// One query that counts and digests the rows of each condition.
fn query(table: &str, column: &str, conditions: &[String], prepare: &str) -> String {
    let mut text = String::from("union ");
    for (at, condition) in conditions.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        write!(
            text,
            "{comma}({table} {prepare} | where {condition} \
             | summarize N = count(), H = sum(hash(strcat({column}, DeviceId, Timestamp), 4294967291)) | extend Q = {at})"
        )
        .unwrap();
    }
    text + " | sort by Q asc | project Q, N, H"
}

fn answer(store: &Store, query: &str) -> Json {
    let answer: Json = serde_json::from_str(&store.ok(&["query", "--format", "json", query])).unwrap();
    answer["rows"].clone()
}

#[test]
fn answers_do_not_depend_on_filters() {
    let telemetry = Telemetry::new(4, 2, 3000, 3);
    let store = Store::of(&telemetry.files);
    store.ok(&["mirror", "compact"]);
    let mut queries = Vec::new();
    for (table, column) in COLUMNS {
        let texts = answer(&store, &format!("{table} | where strlen({column}) > 3 | summarize by {column} | take 200"));
        let texts: Vec<String> =
            texts.as_array().unwrap().iter().map(|row| row[0].as_str().unwrap().to_owned()).collect();
        let texts: Vec<String> = texts.iter().step_by(67).cloned().collect();
        assert!(!texts.is_empty(), "{table}.{column}");
        let conditions = conditions(column, &texts);
        let sieved = query(table, column, &conditions, "");
        // A column that is computed is no column of the files: nothing is asked of them.
        let plain = query(table, column, &conditions, &format!("{PLAIN} | extend {column} = strcat({column}, '')"));
        queries.push((conditions, sieved, plain));
    }
    let with: Vec<Json> = queries.iter().map(|(_, sieved, _)| answer(&store, sieved)).collect();
    for ((conditions, _, plain), with) in queries.iter().zip(&with) {
        let plain = answer(&store, plain);
        for (condition, (with, plain)) in
            conditions.iter().zip(with.as_array().unwrap().iter().zip(plain.as_array().unwrap()))
        {
            assert_eq!(with, plain, "{condition}");
        }
        let some = with.as_array().unwrap().iter().filter(|row| row[1] != 0).count();
        assert!(some * 2 > conditions.len(), "most conditions hold for some row");
    }
    assert!(store.remove_filters() > 4, "there were filters");
    for ((_, sieved, _), with) in queries.iter().zip(&with) {
        assert_eq!(answer(&store, sieved), *with, "without filters");
    }
    store.assert_sound("a filter that is gone costs time only");
}

#[test]
fn numbers_and_long_lists_do_not_depend_on_how_files_are_read() {
    let telemetry = Telemetry::new(4, 2, 2000, 3);
    let store = Store::of(&telemetry.files);
    let numbers = [
        ("DeviceNetworkEvents", "RemotePort", "443"),
        ("DeviceFileEvents", "FileSize", "4096"),
        ("DeviceEvents", "ProcessId", "4"),
        ("DeviceProcessEvents", "InitiatingProcessId", "700"),
    ];
    let mut conditions = Vec::new();
    for (table, column, number) in numbers {
        for condition in [
            format!("{column} == {number}"),
            format!("{column} != {number}"),
            format!("{column} in ({number}, 80, 3389)"),
            format!("{column} > {number} and {column} % 3 == 1"),
            format!("isnull({column})"),
            format!("isnotnull({column})"),
            format!("coalesce({column}, {number}) == {number}"),
            format!("{column} == -5 or {column} between (1 .. {number})"),
        ] {
            conditions.push((table, column, condition));
        }
    }
    for (table, column) in COLUMNS {
        let texts = answer(&store, &format!("{table} | where isnotempty({column}) | summarize by {column} | take 60"));
        let texts = texts.as_array().unwrap().iter().map(|row| row[0].as_str().unwrap().to_owned());
        let others = (0..100).map(|n| format!("indicator-{n}"));
        let list: Vec<String> = texts.step_by(20).map(|text| text.to_uppercase()).chain(others).collect();
        let list = serde_json::to_string(&list).unwrap();
        for relation in ["in~", "!in~", "has_any"] {
            conditions.push((table, column, format!("{column} {relation} (dynamic({list}))")));
        }
    }
    let mut held = 0;
    for (table, column, condition) in &conditions {
        let rows = |prepare: &str| {
            let query = format!(
                "{table} {prepare} | where DeviceName has 'northhaven' and {condition} \
                 | project Timestamp, Device = DeviceName, Value = {column}"
            );
            let rows = answer(&store, &query);
            let mut rows: Vec<String> = rows.as_array().unwrap().iter().map(Json::to_string).collect();
            rows.sort();
            rows
        };
        let sieved = rows("");
        held += usize::from(!sieved.is_empty());
        assert_eq!(sieved, rows(PLAIN), "{table} | where {}", condition.get(..80).unwrap_or(condition));
    }
    assert!(held * 2 > conditions.len(), "{held} of {} conditions hold somewhere", conditions.len());
}

/// Aggregations and keys of every kind that files are grouped by, and some that they are not.
const GROUPS: [(&str, &str); 31] = [
    ("DeviceNetworkEvents", "count() by DeviceName, bin(Timestamp, 1h)"),
    ("DeviceNetworkEvents", "dcount(RemoteIP), dcount(RemoteUrl), count() by DeviceName"),
    ("DeviceNetworkEvents", "dcount(RemotePort), min(RemotePort), max(RemotePort), sum(RemotePort) by ActionType"),
    ("DeviceLogonEvents", "make_set(AccountName), make_set(LogonType, 2), count() by DeviceName"),
    ("DeviceProcessEvents", "Total = count(), Devices = dcount(DeviceId), First = min(Timestamp) by FileName, SHA256"),
    ("DeviceProcessEvents", "count(), max(Timestamp)"),
    ("DeviceProcessEvents", "by FileName"),
    ("DeviceFileEvents", "countif(FileSize > 1000), countif(FileName endswith '.exe'), sum(FileSize) by ActionType"),
    ("DeviceFileEvents", "count() by bin(Timestamp, 1d)"),
    ("DeviceFileEvents", "count() by bin_at(Timestamp, 7m, datetime(2026-09-30))"),
    ("DeviceFileEvents", "count() by hourofday(Timestamp), ActionType, DeviceName"),
    ("DeviceEvents", "count(), min(ProcessTokenElevation), dcount(ProcessId) by ActionType, ReportId % 7"),
    ("DeviceEvents", "avg(ReportId), percentile(ReportId, 90) by ActionType"),
    ("DeviceInfo", "arg_max(Timestamp, OSPlatform) by DeviceId"),
    ("DeviceInfo", "arg_max(Timestamp, *) by DeviceId"),
    ("DeviceInfo", "arg_min(Timestamp, OSPlatform, strcat(DeviceName, '/', OSBuild), One = 1), arg_max(Timestamp, *)"),
    (
        "DeviceInfo",
        "arg_min(Timestamp, Name = DeviceName), count(), arg_max(Timestamp, Name = DeviceName) by OSPlatform",
    ),
    // Rows whose number is equal are told apart by nothing that is shown.
    ("DeviceFileEvents", "arg_max(FileSize, Size = FileSize, None = isnull(FileSize)) by ActionType, DeviceName"),
    ("DeviceNetworkEvents", "arg_min(RemotePort, Port = RemotePort), arg_max(RemotePort) by RemoteIP"),
    ("DeviceFileEvents", "avg(FileSize), avgif(FileSize, FileSize > 1000), maxif(FileSize, FileSize < 0) by FileName"),
    ("DeviceFileEvents", "sumif(FileSize, ActionType has 'Created'), minif(Timestamp, FileSize > 5) by DeviceName"),
    ("DeviceFileEvents", "count(), percentiles(FileSize, 50, 95, 0, 100) by InitiatingProcessFileName"),
    (
        "DeviceFileEvents",
        "percentile(Timestamp, 10), percentile(FileSize, 99.5), avg(FileSize), dcountif(FileSize, true)",
    ),
    (
        "DeviceNetworkEvents",
        "percentile(RemotePort, 50), dcountif(RemotePort, RemotePort > 443) by DeviceName, ActionType",
    ),
    ("DeviceNetworkEvents", "dcountif(RemoteIP, RemotePort == 443), make_set_if(RemoteUrl, RemotePort == 443, 3)"),
    (
        "DeviceProcessEvents",
        "count(), dcount(tolower(FileName)), make_set(toupper(FileName), 5) by tolower(DeviceName)",
    ),
    ("DeviceProcessEvents", "count(), avg(ProcessId) by IsInitiatingProcessRemoteSession, strcat(FileName, '?')"),
    ("DeviceEvents", "count(), dcount(DeviceId) by tostring(AdditionalFields.PipeName), isnull(AdditionalFields)"),
    // Of equal rows the first one wins.
    ("DeviceProcessEvents", "arg_max(ProcessId % 2, FileName, Timestamp) by DeviceName"),
    ("DeviceNetworkEvents", "arg_min(RemotePort, LocalPort, Timestamp) by ActionType"),
    ("DeviceNetworkEvents", "arg_max(RemotePort, LocalPort, Timestamp)"),
];

#[test]
fn groups_do_not_depend_on_how_files_are_read() {
    let telemetry = Telemetry::new(4, 2, 2000, 3);
    let store = Store::of(&telemetry.files);
    let filters = [
        "",
        "| where DeviceName has 'northhaven' and Timestamp > datetime(2026-09-29T07:31:00Z)",
        "| where ReportId < 0",
    ];
    for (table, groups) in GROUPS {
        for filter in filters {
            let rows = |prepare: &str| {
                let answer = answer(&store, &format!("{table} {prepare} {filter} | summarize {groups}"));
                let mut rows: Vec<String> = answer.as_array().unwrap().iter().map(Json::to_string).collect();
                rows.sort();
                rows
            };
            assert_eq!(rows(""), rows(PLAIN), "{table} {filter} | summarize {groups}");
        }
    }
    let union = format!("union {}", super::store::TABLES.join(", "));
    for groups in
        ["count()", "count() by bin(Timestamp, 1h)", "count() by bin_at(Timestamp, 1h, datetime(2026-09-30T00:30))"]
    {
        for since in ["2026-09-30", "2026-09-29T11:17:00Z"] {
            let rows = |prepare: &str| {
                let query = format!(
                    "{union} {prepare} | where Timestamp >= datetime({since}) | summarize {groups} | sort by count_ asc"
                );
                let mut rows: Vec<String> =
                    answer(&store, &query).as_array().unwrap().iter().map(Json::to_string).collect();
                rows.sort();
                rows
            };
            assert_eq!(rows(""), rows(PLAIN), "{since} {groups}");
            assert!(!rows("").is_empty());
        }
    }
}

/// Two sides of a join and their keys; the second side's columns are named by the first one's where they are alike.
const SIDES: [(&str, &str, &str); 5] = [
    (
        "DeviceNetworkEvents | where RemotePort in (443, 445, 8443)",
        "DeviceProcessEvents | where FileName has 'powershell' | project DeviceId, ProcessId, FileName",
        "DeviceId, $left.InitiatingProcessId == $right.ProcessId",
    ),
    ("DeviceEvents", "DeviceLogonEvents | where ActionType == 'LogonFailed' | distinct DeviceName", "DeviceName"),
    ("DeviceFileEvents", "datatable(SHA256: string, Note: string)['', 'none', 'x', 'nowhere']", "SHA256"),
    (
        "union (DeviceFileEvents | where FileName endswith 'e'), (DeviceImageLoadEvents | project DeviceId, ReportId, InitiatingProcessFileName = FileName)",
        "DeviceProcessEvents | where ReportId % 97 == 1 | project DeviceId, InitiatingProcessFileName, ReportId",
        "DeviceId, InitiatingProcessFileName",
    ),
    (
        "DeviceRegistryEvents | extend DeviceId = toupper(DeviceId)",
        "DeviceInfo | summarize take_any(OSPlatform) by DeviceId, ReportId",
        "DeviceId, ReportId",
    ),
];

#[test]
fn joins_do_not_depend_on_how_sides_are_read() {
    let telemetry = Telemetry::new(4, 2, 2000, 3);
    let store = Store::of(&telemetry.files);
    let kinds = [
        "inner",
        "innerunique",
        "leftouter",
        "rightouter",
        "fullouter",
        "leftsemi",
        "leftanti",
        "rightsemi",
        "rightanti",
    ];
    let mut some = 0;
    for (one, other, keys) in SIDES {
        for (left, right) in [(one, other), (other, one)] {
            let swapped = left == other;
            let keys = if swapped {
                keys.replace(
                    "$left.InitiatingProcessId == $right.ProcessId",
                    "$left.ProcessId == $right.InitiatingProcessId",
                )
            } else {
                keys.to_owned()
            };
            for kind in kinds {
                let digest = |prepare: &str| {
                    let query = format!(
                        "{left} {prepare} | join kind={kind} ({right} {prepare}) on {keys} \
                         | extend Row = tostring(pack_all()) | summarize count(), sum(hash(Row, 4294967291))"
                    );
                    answer(&store, &query)
                };
                // Behind a row number nothing is known of the rows to come.
                let plain = digest("| serialize Z = row_number() | where Z > 0 | project-away Z");
                assert_eq!(digest(""), plain, "{left} | join kind={kind} ({right}) on {keys}");
                some += usize::from(plain[0][0] != 0);
            }
        }
    }
    assert!(some > 60, "only {some} joins have rows");
}

/// Groups below computed columns. `{}` stands behind each table.
const COMPUTED: [&str; 10] = [
    "DeviceEvents {} | extend Pipe = tostring(AdditionalFields.PipeName), Op = tostring(AdditionalFields.FileOperation) \
     | where isnotempty(Pipe) | summarize count(), dcount(DeviceId) by Pipe, Op",
    "DeviceNetworkEvents {} | project Timestamp, Who = DeviceName, Port = RemotePort + 1 | where Port > 80 \
     | extend Port = Port * 2, Old = Port | summarize sum(Port), max(Old), count(), arg_max(Timestamp, Old) by Who",
    // The names of two columns change sides.
    "DeviceProcessEvents {} | extend DeviceName = FileName, FileName = DeviceName \
     | summarize count(), make_set(DeviceName, 3) by FileName",
    "DeviceProcessEvents {} | where FileName endswith '.exe' | make-series Starts = count() default = 0 on Timestamp \
     from datetime(2026-09-29) to datetime(2026-10-01) step 6h by DeviceName",
    "DeviceProcessEvents {} | make-series N = dcount(DeviceId), S = avg(ProcessId) default = 1.5 on Timestamp step 5h",
    "union (DeviceFileEvents {} | extend K = strcat(ActionType, '!'), At = Timestamp), \
           (DeviceProcessEvents {} | project K = FileName, At = Timestamp) \
     | summarize count(), dcount(bin(At, 1h)), arg_max(At, L = strlen(K)) by K",
    "DeviceLogonEvents {} | extend Day = startofday(Timestamp), K = 7 | where Day > datetime(2026-09-28) \
     | summarize count(), max(K), dcount(AccountName) by Day, LogonType",
    // A key with a point is no path.
    r#"DeviceProcessEvents {} | extend D = parse_json(strcat('{"a.b":1,"a":{"b":"', FileName, '"}}'))
      | summarize count() by X = tostring(D['a.b']), Y = tostring(D.a.b)"#,
    r#"DeviceProcessEvents {} | extend D = parse_json(strcat('{"a[0]":"","a":["', FileName, '"]}'))
      | where isnotempty(tostring(D.a[0])) | summarize count() by X = tostring(D['a[0]'])"#,
    "DeviceFileEvents {} | extend A = strcat(FileName, DeviceName) | summarize count(), dcount(A) by tolower(A)",
];

#[test]
fn groups_do_not_depend_on_computed_columns() {
    let telemetry = Telemetry::new(4, 2, 2000, 3);
    let store = Store::of(&telemetry.files);
    for query in COMPUTED {
        let rows = |prepare: &str| {
            let answer = answer(&store, &query.replace("{}", prepare));
            let mut rows: Vec<String> = answer.as_array().unwrap().iter().map(Json::to_string).collect();
            rows.sort();
            rows
        };
        assert_eq!(rows(""), rows(PLAIN), "{query}");
        assert!(!rows("").is_empty(), "{query}");
    }
}

#[test]
fn conditions_may_read_more_than_columns_or_nothing() {
    let telemetry = Telemetry::new(3, 1, 600, 1);
    let store = Store::of(&telemetry.files);
    let count = |query: &str| answer(&store, query)[0][0].clone();
    let all = count("DeviceNetworkEvents | where DeviceName has 'northhaven' | count");
    assert_ne!(all, 0);
    for always in [
        "where DeviceName has 'northhaven' and ReportId >= rand(1)",
        "where DeviceName has 'northhaven' and rand() < 2",
        "where DeviceName has 'northhaven' and DeviceName in ((DeviceInfo | project DeviceName))",
        "where DeviceName has 'northhaven' and (DeviceName in ((DeviceInfo | project DeviceName)) or RemotePort == -1)",
        "where DeviceName has toscalar(print 'northhaven')",
    ] {
        assert_eq!(count(&format!("DeviceNetworkEvents | {always} | count")), all, "{always}");
    }
    let nothing = "let k = toscalar(DeviceInfo | where ReportId < 0 | project tolong(ReportId)); DeviceNetworkEvents";
    let never = format!(
        "{nothing} | where DeviceName has 'northhaven' and tostring(parse_json(AdditionalFields)[k]) == 'y' | count"
    );
    assert_eq!(count(&never), 0);
    let groups = format!(
        "{nothing} | where DeviceName has 'northhaven' | summarize A = countif(ReportId >= rand(1)), \
         B = countif(isempty(tostring(parse_json(AdditionalFields)[k]))) | project tostring(pack_array(A, B))"
    );
    assert_eq!(count(&groups), format!("[{all},{all}]"));
}

#[test]
fn ticks_stay_with_their_column_where_names_differ_by_case() {
    let telemetry = Telemetry::new(1, 1, 10, 1);
    let line = r#"{"When":"2026-09-30T01:00:00.1234567Z","when":"2026-09-30T02:00:00.7654321Z","Note":"x"}"#;
    let file = telemetry.write("mine.json", [line].into_iter());
    let store = Store::new();
    store.ok(&["import", "--table", "Mine_CL", file.to_str().unwrap()]);
    let rows = answer(&store, "Mine_CL | where Note == 'x' | project When, when");
    assert_eq!(rows.to_string(), r#"[["2026-09-30T01:00:00.1234567Z","2026-09-30T02:00:00.7654321Z"]]"#);
    let rows = answer(&store, "Mine_CL | extend N = strcat(Note, '') | where N == 'x' | project When, when");
    assert_eq!(rows.to_string(), r#"[["2026-09-30T01:00:00.1234567Z","2026-09-30T02:00:00.7654321Z"]]"#);
}

#[test]
fn times_of_another_column_are_not_the_tables_own() {
    let store = Store::new();
    let import = |name: &str, lines: &str| {
        let file = store.mirror().with_file_name(name);
        std::fs::write(&file, lines).unwrap();
        store.ok(&["import", "--table", "Mine_CL", file.to_str().unwrap()]);
    };
    // The first file knows but one time; the second brings the column that the table's times are taken from then on.
    import(
        "first.json",
        "{\"TimeGenerated\":\"2026-09-01T05:10:00Z\",\"A\":\"a\"}\n{\"TimeGenerated\":\"2026-09-01T06:10:00Z\",\"A\":\"b\"}\n",
    );
    import(
        "second.json",
        "{\"Timestamp\":\"2026-09-01T03:10:00Z\",\"TimeGenerated\":\"2026-09-01T07:10:00Z\",\"A\":\"c\"}\n",
    );
    let rows = |query: &str| answer(&store, query).to_string();
    for groups in ["count()", "dcount(A)"] {
        for step in ["1h", "7m"] {
            let query = format!(
                "Mine_CL | summarize N = {groups} by T = bin(Timestamp, {step}) | sort by N asc | project N, isnull(T)"
            );
            assert_eq!(rows(&query), "[[1,false],[2,true]]", "{query}");
        }
    }
    assert_eq!(rows("Mine_CL | where Timestamp > datetime(2026-01-01) | count"), "[[1]]");
}
