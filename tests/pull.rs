//! `huntline mirror pull` from `huntline fake`: the real program on both sides, on good days and bad ones.

use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// The end of the telemetry, in the middle of a working day.
const NOW: &str = "2026-10-01T14:00:00Z";
const TABLES: [&str; 3] = ["DeviceProcessEvents", "DeviceNetworkEvents", "DeviceInfo"];

/// The fake, ended with the test.
struct Fake {
    child: Child,
    url: String,
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Fake {
    /// Two devices for three days until [`NOW`], where the clock stands.
    fn start(options: &[&str]) -> Fake {
        let mut child = Command::new(env!("CARGO_BIN_EXE_huntline"))
            .args(["fake", "--control", "--quiet", "--world", "empty", "--now", NOW])
            .args(["--telemetry", "2,3", "--events-per-day", "2000"])
            .args(options)
            .env_remove("HUNTLINE_MIRROR")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let fake = Fake { child, url: line.trim().to_owned() };
        fake.control("clock", &json!({"now": NOW, "tick_seconds": 0}));
        fake
    }

    fn send(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer t\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn control(&self, path: &str, body: &Json) {
        let (status, told) = self.send("POST", &format!("/__control/{path}"), &body.to_string());
        assert_eq!(status, 204, "{path} {body}: {told}");
    }

    /// Distinct rows that have arrived.
    fn visible(&self, table: &str) -> u64 {
        let (_, body) = self.send("GET", "/__control/telemetry", "");
        let json: Json = serde_json::from_str(&body).unwrap();
        json["tables"][table]["visible"].as_u64().unwrap()
    }
}

fn huntline(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huntline"));
    command.current_dir(dir).args(["--mirror", "m"]).args(args).env_remove("HUNTLINE_MIRROR").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn pull(dir: &Path, fake: &Fake, more: &[&str]) -> Output {
    let tables = TABLES.join(",");
    let mut args = vec!["mirror", "pull", "--fake", &fake.url, "--now", NOW, "--tables", &tables, "--since", "14d"];
    args.extend(["--format", "json"]);
    args.extend(more);
    huntline(dir, &args)
}

/// A column of the report, by table.
fn column(out: &Output, name: &str) -> Vec<u64> {
    let json: Json = serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&out.stderr)));
    let place = json["columns"].as_array().unwrap().iter().position(|c| c["name"] == name).unwrap();
    json["rows"].as_array().unwrap().iter().map(|r| r[place].as_u64().unwrap()).collect()
}

fn stored(dir: &Path, table: &str) -> u64 {
    let out = huntline(dir, &["query", &format!("{table} | count"), "--format", "json"]);
    let json: Json = serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&out.stderr)));
    json["rows"][0][0].as_u64().unwrap()
}

fn same(dir: &Path, fake: &Fake) {
    for table in TABLES {
        assert_eq!(stored(dir, table), fake.visible(table), "{table}");
    }
}

#[test]
fn all_rows_come_once_and_the_next_pull_brings_what_is_late() {
    let fake = Fake::start(&["--late", "--duplicates", "30"]);
    let dir = tempfile::tempdir().unwrap();
    let out = pull(dir.path(), &fake, &[]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert_eq!(column(&out, "Rows"), TABLES.map(|t| fake.visible(t)));
    same(dir.path(), &fake);

    let again = pull(dir.path(), &fake, &[]);
    assert_eq!((column(&again, "Rows"), column(&again, "Calls")), (vec![0; 3], vec![1; 3]));

    fake.control("telemetry", &json!({"late": false}));
    let late = pull(dir.path(), &fake, &[]);
    assert!(column(&late, "Rows").iter().sum::<u64>() > 0, "{}", text(&late.stdout));
    same(dir.path(), &fake);
}

#[test]
fn answers_that_are_cut_or_refused_are_split() {
    for options in [
        &["--hunting-rows", "150"][..],
        &["--hunting-rows", "150", "--silent", "--shuffle"],
        &["--hunting-rows", "150", "--silent", "--duplicates", "30", "--twice", "answered"],
        &["--hunting-bytes", "200000"],
    ] {
        let fake = Fake::start(options);
        let dir = tempfile::tempdir().unwrap();
        let out = pull(dir.path(), &fake, &[]);
        assert!(out.status.success(), "{options:?}: {}", text(&out.stderr));
        assert!(column(&out, "Splits").iter().sum::<u64>() > 0, "{options:?}");
        same(dir.path(), &fake);
    }
}

#[test]
fn a_bad_day_ends_exact() {
    let fault = |kind: &str, times: u32| json!({"service": "graph", "kind": kind, "times": times}).to_string();
    let faults = [
        fault("server500", 2),
        fault("timeout504", 1),
        fault("too_large", 1),
        fault("truncated", 1),
        fault("badjson", 1),
        json!({"service": "graph", "kind": "throttle", "retry_after": 1}).to_string(),
        json!({"service": "graph", "kind": "cpu_quota", "retry_after": 2}).to_string(),
        json!({"service": "graph", "kind": "silent", "rows": 0}).to_string(),
    ];
    let mut options = vec!["--late", "--shuffle"];
    options.extend(faults.iter().flat_map(|f| ["--fault", f.as_str()]));
    let fake = Fake::start(&options);
    let dir = tempfile::tempdir().unwrap();
    let out = pull(dir.path(), &fake, &[]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    same(dir.path(), &fake);
}

#[test]
fn every_service_gives_the_same_rows() {
    let fake = Fake::start(&["--la-rows", "150"]);
    for source in ["graph", "defender", "log_analytics"] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("huntline.toml"), format!("[mirror.pull]\nsource = \"{source}\"\n")).unwrap();
        let out = pull(dir.path(), &fake, &[]);
        assert!(out.status.success(), "{source}: {}", text(&out.stderr));
        same(dir.path(), &fake);
    }
}

#[test]
fn what_cannot_be_pulled_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    for (config, args, told) in [
        ("", vec!["--tables", "DeviceInf"], "did you mean `DeviceInfo`?"),
        ("", vec!["--tables", "DeviceTvmSoftwareInventory"], "its rows have no time"),
        ("", vec!["--tables", "SigninLogs"], "`source = \"log_analytics\"`"),
        ("", vec!["--since", "soon"], "neither a span of time"),
        ("", vec!["--since", "2999-01-01"], "in the future"),
        ("", vec!["--every", "5m"], "--follow"),
        ("", vec!["--again", "--follow"], "cannot be used with"),
        ("[mirror.tables]\nDeviceInf = true\n", vec![], "did you mean `DeviceInfo`?"),
        ("[mirror.pull]\nsource = \"grph\"\n", vec![], "line 2: unknown value, expected one of `graph`"),
        ("[mirror.pull]\nsource = \"log_analytics\"\n", vec![], "`sync.sentinel.workspace_id` is not set"),
    ] {
        std::fs::write(dir.path().join("huntline.toml"), config).unwrap();
        let mut all = vec!["mirror", "pull"];
        all.extend(&args);
        let out = huntline(dir.path(), &all);
        let code = if args.is_empty() { 1 } else { 2 };
        assert_eq!(out.status.code(), Some(code), "{args:?}: {}", text(&out.stderr));
        assert!(text(&out.stderr).contains(told), "{args:?}: {}", text(&out.stderr));
    }
    std::fs::write(dir.path().join("huntline.toml"), "").unwrap();
    let fake = Fake::start(&[]);
    let out = huntline(
        dir.path(),
        &["mirror", "pull", "--fake", &fake.url, "--now", NOW, "--since", "60d", "--tables", "DeviceInfo"],
    );
    assert!(out.status.success() && text(&out.stderr).contains("keeps 30 days"), "{}", text(&out.stderr));
}

#[test]
fn a_table_that_fails_is_told_and_the_next_pull_brings_it() {
    let fake = Fake::start(&["--fault", &json!({"service": "graph", "kind": "forbidden", "times": 1}).to_string()]);
    let dir = tempfile::tempdir().unwrap();
    let out = pull(dir.path(), &fake, &[]);
    assert_eq!(out.status.code(), Some(1), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains("ThreatHunting.Read.All"), "{}", text(&out.stderr));
    let rows = column(&out, "Rows");
    assert_eq!(rows.iter().filter(|n| **n == 0).count(), 1, "{rows:?}");
    let out = pull(dir.path(), &fake, &[]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    same(dir.path(), &fake);
}

/// The second answer waits for the quota: that is when Ctrl-C comes.
#[test]
#[cfg(unix)]
fn ctrl_c_ends_a_pause_and_the_next_pull_goes_on() {
    let throttle = json!({"service": "graph", "kind": "throttle", "retry_after": 600, "times": 1}).to_string();
    let fake = Fake::start(&["--fault", &throttle]);
    let dir = tempfile::tempdir().unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_huntline"))
        .current_dir(dir.path())
        .args(["--mirror", "m", "mirror", "pull", "--fake", &fake.url, "--now", NOW, "--since", "14d", "--tables"])
        .arg(TABLES.join(","))
        .env_remove("HUNTLINE_MIRROR")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begin = std::time::Instant::now();
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(130), "{}", text(&out.stderr));
    assert!(begin.elapsed().as_secs() < 60 && text(&out.stderr).contains("interrupted"), "{}", text(&out.stderr));
    assert!(pull(dir.path(), &fake, &[]).status.success());
    same(dir.path(), &fake);
}

/// The data files of a table.
fn data_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(data_files(&path)),
            false => found.extend(path.extension().is_some_and(|e| e == "parquet").then_some(path)),
        }
    }
    found.sort();
    found
}

#[test]
fn hours_that_a_repair_lost_are_pulled_again() {
    let fake = Fake::start(&[]);
    let dir = tempfile::tempdir().unwrap();
    assert!(pull(dir.path(), &fake, &[]).status.success());
    let files = data_files(&dir.path().join("m").join("DeviceProcessEvents"));
    std::fs::remove_file(files.first().unwrap()).unwrap();
    let out = huntline(dir.path(), &["mirror", "verify", "--repair"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert!(stored(dir.path(), TABLES[0]) < fake.visible(TABLES[0]));
    let out = pull(dir.path(), &fake, &[]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    same(dir.path(), &fake);
    let again = pull(dir.path(), &fake, &[]);
    assert_eq!((column(&again, "Rows"), column(&again, "Calls")), (vec![0; 3], vec![1; 3]));
}

#[test]
fn every_hour_is_read_again_where_that_is_asked() {
    let fake = Fake::start(&[]);
    let dir = tempfile::tempdir().unwrap();
    assert!(pull(dir.path(), &fake, &[]).status.success());
    let again = pull(dir.path(), &fake, &["--again"]);
    assert!(again.status.success(), "{}", text(&again.stderr));
    assert_eq!(
        (column(&again, "Rows"), column(&again, "Duplicates")),
        (vec![0; 3], TABLES.map(|t| fake.visible(t)).to_vec())
    );
    same(dir.path(), &fake);
}

#[test]
fn the_report_for_reading_leaves_out_what_says_nothing() {
    let fake = Fake::start(&[]);
    let dir = tempfile::tempdir().unwrap();
    let args = ["mirror", "pull", "--fake", &fake.url, "--now", NOW, "--tables", "DeviceInfo", "--since", "14d"];
    let out = huntline(dir.path(), &args);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let told = text(&out.stdout);
    assert!(told.contains("Duplicates") && told.contains("Windows"), "{told}");
    for column in ["Rejected", "Splits", "Waited", "Error"] {
        assert!(!told.contains(column), "{column}: {told}");
    }
}

/// A pull that is killed again and again ends with the rows of one that is not.
#[test]
fn a_pull_that_is_killed_goes_on_where_it_was() {
    let fake = Fake::start(&["--hunting-rows", "150"]);
    let dir = tempfile::tempdir().unwrap();
    for pause in [300, 700, 1100, 1500] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_huntline"))
            .current_dir(dir.path())
            .args(["--mirror", "m", "mirror", "pull", "--fake", &fake.url, "--now", NOW, "--since", "14d", "--tables"])
            .arg(TABLES.join(","))
            .env_remove("HUNTLINE_MIRROR")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(pause));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let out = pull(dir.path(), &fake, &[]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    same(dir.path(), &fake);
}
