//! `huntline fake` as a Defender to pull from: the real program, asked by plain HTTP, with each of its faults on.

use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// The end of the telemetry, in the middle of a working day.
const NOW: &str = "2026-10-01T14:00:00Z";
const GRAPH: &str = "/v1.0/security/runHuntingQuery";
const LEGACY: &str = "/api/advancedhunting/run";
const LA: &str = "/v1/workspaces/w/query";
/// Rows by what tells them apart.
const ROWS: &str = "DeviceProcessEvents | project Timestamp, DeviceId, ReportId";

/// The program, ended with the test.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer: status, head, body. All are empty where the connection closed before them.
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|l| l.split_once(": "));
        lines.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v).next()
    }

    fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
    }

    /// The rows of a Graph answer.
    fn rows(&self) -> Vec<Json> {
        assert_eq!(self.status, 200, "{}", self.body);
        self.json()["results"].as_array().cloned().unwrap()
    }
}

impl Server {
    /// Two devices for two days until [`NOW`], where the clock stands.
    fn start(options: &[&str]) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_huntline"))
            .args(["fake", "--control", "--quiet", "--world", "empty", "--now", NOW])
            .args(["--telemetry", "2,2", "--events-per-day", "3000"])
            .args(options)
            .env_remove("HUNTLINE_MIRROR")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").expect("an address on the first line").to_owned();
        let server = Server { child, address };
        server.control("clock", &json!({"now": NOW, "tick_seconds": 0}));
        server
    }

    fn send(&self, method: &str, path: &str, body: &str) -> Reply {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer t\r\nconnection: close\r\ncontent-type: \
             application/json\r\ncontent-length: {length}\r\n\r\n{body}",
            self.address
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        // A connection that is cut may end in an error; what came before it counts.
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        Reply { status, head: head.to_owned(), body: body.to_owned() }
    }

    fn control(&self, path: &str, body: &Json) {
        let reply = self.send("POST", &format!("/__control/{path}"), &body.to_string());
        assert_eq!(reply.status, 204, "{path} {body}: {}", reply.body);
    }

    fn ask(&self, path: &str, body: &Json) -> Reply {
        self.send("POST", path, &body.to_string())
    }

    fn hunt(&self, query: &str) -> Reply {
        self.ask(GRAPH, &json!({"Query": query}))
    }

    fn la(&self, query: &str) -> Reply {
        self.ask(LA, &json!({"query": query}))
    }

    /// The single number that a query gives.
    fn count(&self, query: &str) -> u64 {
        let rows = self.hunt(query).rows();
        rows[0].as_object().unwrap().values().next().and_then(Json::as_u64).unwrap()
    }

    /// `visible`, `stored` or `ever` of a table, as the control endpoint tells it.
    fn truth(&self, what: &str) -> u64 {
        let reply = self.send("GET", "/__control/telemetry", "");
        reply.json()["tables"]["DeviceProcessEvents"][what].as_u64().unwrap_or_else(|| panic!("{}", reply.body))
    }
}

fn distinct(rows: &[Json]) -> BTreeSet<String> {
    rows.iter().map(Json::to_string).collect()
}

/// Times of one form compare as texts.
fn times(rows: &[Json]) -> Vec<String> {
    rows.iter().map(|r| r["Timestamp"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn late_rows_come_with_the_clock_and_all_of_them_come() {
    let server = Server::start(&["--late"]);
    let now = server.hunt(ROWS).rows();
    assert_eq!(now.len() as u64, server.truth("visible"));
    server.control("telemetry", &json!({"late": false}));
    let all = server.hunt(ROWS).rows();
    assert_eq!(all.len() as u64, server.truth("ever"));
    server.control("telemetry", &json!({"late": true}));

    assert!(now.len() < all.len(), "{} of {}", now.len(), all.len());
    assert!(distinct(&now).is_subset(&distinct(&all)));
    let missing = distinct(&all).difference(&distinct(&now)).count();
    assert!(missing < all.len() / 10, "most rows come within minutes: {missing} of {} are missing", all.len());
    assert!(times(&now).iter().all(|t| t.as_str() <= "2026-10-01T13:59:53Z"), "a row came within seven seconds");
    let old = |rows: &[Json]| times(rows).iter().filter(|t| t.as_str() < "2026-10-01T00:00:00").count();
    assert_eq!(old(&now), old(&all), "after fourteen hours a row is there");

    // what came stays, and more comes
    server.control("clock", &json!({"advance_seconds": 3600}));
    let later = server.hunt(ROWS).rows();
    assert!(distinct(&now).is_subset(&distinct(&later)) && later.len() > now.len());
    // no way of naming the table leads past the view
    for query in [
        "union withsource=Source Device* | where Source == 'DeviceProcessEvents' | count",
        "let T = DeviceProcessEvents; T | count",
        "print toscalar(DeviceProcessEvents | count)",
    ] {
        assert_eq!(server.count(query), later.len() as u64, "{query}");
    }
    server.control("clock", &json!({"advance_seconds": 13 * 3600}));
    assert_eq!(distinct(&server.hunt(ROWS).rows()), distinct(&all));
}

#[test]
fn three_in_a_hundred_rows_come_twice_in_the_table_or_in_the_answer() {
    let server = Server::start(&["--duplicates", "30"]);
    let (ever, stored) = (server.truth("ever"), server.truth("stored"));
    assert_eq!(server.truth("visible"), ever);
    assert!((ever * 101 / 100..ever * 105 / 100).contains(&stored), "{stored} of {ever}");
    let rows = server.hunt(ROWS).rows();
    assert_eq!((rows.len() as u64, distinct(&rows).len() as u64), (stored, ever));
    assert_eq!(server.count("DeviceProcessEvents | summarize count()"), stored, "a stored row counts");
    assert_eq!(distinct(&server.hunt(ROWS).rows()), distinct(&rows));
    let la = server.la(ROWS).json();
    assert_eq!(la["tables"][0]["rows"].as_array().unwrap().len() as u64, stored);

    server.control("telemetry", &json!({"twice": "answered"}));
    assert_eq!(server.count("DeviceProcessEvents | summarize count()"), ever);
    let rows = server.hunt(ROWS).rows();
    assert_eq!(distinct(&rows).len() as u64, ever);
    assert!((ever * 101 / 100..ever * 105 / 100).contains(&(rows.len() as u64)), "{} of {ever}", rows.len());
}

#[test]
fn answers_end_at_the_limits() {
    let server = Server::start(&["--hunting-rows", "100", "--la-rows", "70"]);
    let query = format!("{ROWS} | sort by Timestamp asc");
    for path in [GRAPH, LEGACY] {
        let refused = server.ask(path, &json!({"Query": query}));
        assert_eq!(refused.status, 400);
        assert!(refused.message().contains("exceeded the allowed result size"), "{}", refused.body);
    }
    assert_eq!(server.hunt(&format!("{query} | take 100")).rows().len(), 100, "the limit itself is allowed");
    server.control("telemetry", &json!({"silent": true}));
    let cut = server.hunt(&query);
    assert_eq!((cut.rows().len(), cut.json().get("error").is_some()), (100, false));
    assert_eq!(server.ask(LEGACY, &json!({"Query": query})).json()["Results"].as_array().map(Vec::len), Some(100));
    server.control("telemetry", &json!({"silent": false, "hunting_rows": 100_000, "hunting_bytes": 5_000}));
    assert_eq!(server.hunt(&query).status, 400, "too many bytes");

    let partial = server.la(&query);
    let body = partial.json();
    assert_eq!((partial.status, body["error"]["code"].as_str()), (200, Some("PartialError")));
    assert_eq!(body["tables"][0]["rows"].as_array().map(Vec::len), Some(70));
    server.control("telemetry", &json!({"la_rows": 500_000, "la_bytes": 5_000}));
    let body = server.la(&query).json();
    assert!(body["error"]["details"][0]["message"].as_str().unwrap().contains("5000 bytes"), "{}", body["error"]);

    // the request's own range of time, and how far hunting looks back
    server.control("telemetry", &json!({"hunting_bytes": 10_000_000, "la_bytes": 10_000_000}));
    let ranged = server.ask(GRAPH, &json!({"Query": ROWS, "Timespan": "2026-09-30T08:00:00Z/PT6H"})).rows();
    let day = "2026-09-30T08:00:00Z";
    let wanted = format!("{ROWS} | where Timestamp between (datetime({day}) .. 6h)");
    assert!(!ranged.is_empty());
    assert_eq!(distinct(&ranged), distinct(&server.hunt(&wanted).rows()));
    let same = server.ask(LA, &json!({"query": ROWS, "timespan": "2026-09-30T08:00:00Z/PT6H"})).json();
    assert_eq!(same["tables"][0]["rows"].as_array().map(Vec::len), Some(ranged.len()));
    assert_eq!(server.ask(GRAPH, &json!({"Query": ROWS, "Timespan": "yesterday"})).status, 400);
    server.control("telemetry", &json!({"hunting_days": 1}));
    assert!(times(&server.hunt(ROWS).rows()).iter().all(|t| t.as_str() >= "2026-09-30T14:00:00"));
}

#[test]
fn every_fault_strikes_once_and_then_the_answer_is_whole() {
    let server = Server::start(&[]);
    let query = "DeviceProcessEvents | where Timestamp < datetime(2026-09-30T08:00:00Z) | project Timestamp, ReportId";
    let whole = server.hunt(query);
    let rows = whole.rows();
    assert!(rows.len() > 10);
    let struck = |fault: Json| {
        server.control("faults", &fault);
        let reply = server.hunt(query);
        let after = server.hunt(query).rows();
        assert_eq!(distinct(&after), distinct(&rows), "after {fault}");
        reply
    };
    for (kind, status) in [("server500", 500), ("gateway502", 502), ("unavailable503", 503), ("timeout504", 504)] {
        assert_eq!(struck(json!({"kind": kind})).status, status, "{kind}");
    }
    let throttled = struck(json!({"kind": "throttle", "retry_after": 7}));
    assert_eq!((throttled.status, throttled.header("retry-after")), (429, Some("7")));
    let quota = struck(json!({"kind": "cpu_quota", "retry_after": 120}));
    assert_eq!((quota.status, quota.header("retry-after")), (429, None));
    let told =
        "You have exceeded processing resources allocated to this tenant. You can run queries again in 2 minutes.";
    assert_eq!(quota.message(), told);
    assert_eq!(struck(json!({"kind": "silent", "rows": 5})).rows().len(), 5);
    let cut = struck(json!({"kind": "truncated"}));
    let promised: usize = cut.header("content-length").unwrap().parse().unwrap();
    assert!(cut.status == 200 && cut.body.len() < promised, "{} of {promised} bytes", cut.body.len());
    assert_eq!(struck(json!({"kind": "lost_answer"})).status, 0);
    let half = struck(json!({"kind": "badjson"}));
    assert!(half.status == 200 && serde_json::from_str::<Json>(&half.body).is_err());
    assert!(struck(json!({"kind": "too_large"})).message().contains("exceeded the allowed result size"));
    let drifted = struck(json!({"kind": "case_drift"})).json();
    assert_eq!(
        (drifted["schema"][0]["Name"].as_str(), whole.json()["schema"][0]["name"].as_str()),
        (Some("Timestamp"), Some("Timestamp"))
    );
    let shuffled = struck(json!({"kind": "reorder"})).rows();
    assert!(shuffled != rows && distinct(&shuffled) == distinct(&rows));
    assert_eq!(struck(json!({"kind": "duplicate"})).rows().len(), rows.len() + 1);

    server.control("faults", &json!({"service": "la", "kind": "partial"}));
    assert_eq!(server.la(query).json()["error"]["code"], "PartialError");
    assert_eq!(server.la(query).json().get("error"), None);
}

#[test]
fn faults_and_throttles_may_be_there_from_the_start() {
    let options = [
        "--fault",
        r#"{"service":"graph","kind":"server500","times":2}"#,
        "--limits",
        r#"{"hunting":{"calls":3,"seconds":3600},"la":{"calls":1,"seconds":3600}}"#,
        "--shuffle",
    ];
    let server = Server::start(&options);
    let statuses: Vec<u16> = (0..4).map(|_| server.hunt("DeviceEvents | count").status).collect();
    assert_eq!(statuses, [500, 500, 200, 429]);
    assert_eq!((server.la("DeviceEvents | count").status, server.la("DeviceEvents | count").status), (200, 429));
    server.control("limits", &json!({"hunting_cpu": {"rows": 50, "seconds": 600}}));
    let ordered = times(&server.hunt(&format!("{ROWS} | sort by Timestamp asc")).rows());
    assert!(ordered.is_sorted(), "what is sorted stays sorted");
    let refused = server.hunt("DeviceEvents | count");
    assert_eq!(refused.status, 429);
    assert!(refused.message().contains("exceeded processing resources"), "{}", refused.body);
    assert!(refused.header("retry-after").and_then(|s| s.parse::<u64>().ok()).is_some_and(|s| (1..=600).contains(&s)));
    server.control("limits", &json!({}));
    assert!(!times(&server.hunt(ROWS).rows()).is_sorted());
}
