//! A mirror that the real program writes, telemetry to bring into it, and what is in it.

use huntline::generate::{self, Options};
use huntline::value::datetime;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The tables of generated telemetry.
pub const TABLES: [&str; 9] = [
    "DeviceEvents",
    "DeviceFileEvents",
    "DeviceImageLoadEvents",
    "DeviceInfo",
    "DeviceLogonEvents",
    "DeviceNetworkEvents",
    "DeviceNetworkInfo",
    "DeviceProcessEvents",
    "DeviceRegistryEvents",
];

/// The end of generated telemetry.
pub const END: &str = "2026-10-01T00:00:00Z";

/// For each table with rows: how many, and a sum over all that is in them, whatever their order.
pub type Contents = BTreeMap<String, (u64, i64)>;

/// Blobs of the streaming API. Three rows in a hundred come twice, and no file is of one table only.
pub struct Telemetry {
    _dir: tempfile::TempDir,
    /// The files.
    pub files: Vec<PathBuf>,
    /// Their lines, in order of time.
    pub lines: Vec<String>,
    /// Rows by table, each counted once; tables without rows are not there.
    pub rows: BTreeMap<String, u64>,
}

impl Telemetry {
    /// Telemetry of so many devices and days until [`END`], in so many files.
    pub fn new(devices: u64, days: u64, events_per_day: u64, files: usize) -> Telemetry {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("made");
        let options = Options { devices, days, events_per_day, duplicates: 30, seed: 11, ..Options::new(&out) };
        let manifest = generate::generate(&options, &mut |_, _, _| {}).unwrap();
        let mut lines: Vec<String> = blobs(&out)
            .iter()
            .flat_map(|blob| std::fs::read_to_string(blob).unwrap().lines().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        // Every line begins with the time at which it was sent.
        lines.sort();
        let some = manifest.rows.iter().filter(|(_, rows)| **rows > 0);
        let rows = some.map(|(table, rows)| (table.to_string(), *rows)).collect();
        let mut made = Telemetry { files: vec![], lines, rows, _dir: dir };
        made.files = (0..files).map(|n| made.write_part(&format!("stream-{n:02}.json"), n, files)).collect();
        made
    }

    /// A file of each line whose number leaves this remainder.
    fn write_part(&self, name: &str, rest: usize, of: usize) -> PathBuf {
        let lines = self.lines.iter().enumerate().filter(|(n, _)| n % of == rest).map(|(_, line)| line.as_str());
        self.write(name, lines)
    }

    /// A file of these lines.
    pub fn write<'l>(&self, name: &str, lines: impl Iterator<Item = &'l str>) -> PathBuf {
        let path = self._dir.path().join(name);
        let mut file = BufWriter::new(std::fs::File::create(&path).unwrap());
        lines.for_each(|line| writeln!(file, "{line}").unwrap());
        file.flush().unwrap();
        path
    }

    /// What tells the rows of a table apart, from the lines themselves: device, ticks, report; each row once.
    pub fn keys(&self, table: &str) -> Vec<String> {
        let category = format!("AdvancedHunting-{table}");
        let mut once = BTreeSet::new();
        let mut keys = Vec::new();
        for line in &self.lines {
            let record: Json = serde_json::from_str(line).unwrap();
            let row = &record["properties"];
            if record["category"] == category.as_str() && once.insert(row.to_string()) {
                keys.push(key(&row["DeviceId"], &row["Timestamp"], &row["ReportId"]));
            }
        }
        keys.sort();
        keys
    }
}

/// Device, ticks and report of a row.
fn key(device: &Json, time: &Json, report: &Json) -> String {
    let ticks = datetime::parse(time.as_str().unwrap()).unwrap();
    format!("{}|{ticks}|{report}", device.as_str().unwrap())
}

fn blobs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(blobs(&path)),
            false if path.ends_with("PT1H.json") => found.push(path),
            false => {}
        }
    }
    found
}

/// A mirror in a folder that goes away with it. A `huntline.toml` in that folder is the program's configuration.
pub struct Store {
    dir: tempfile::TempDir,
}

impl Store {
    /// No mirror yet.
    pub fn new() -> Store {
        Store { dir: tempfile::tempdir().unwrap() }
    }

    /// A mirror of these files, each imported by itself.
    pub fn of(files: &[PathBuf]) -> Store {
        let store = Store::new();
        for file in files {
            store.import(std::slice::from_ref(file));
        }
        store
    }

    /// The same files in another folder.
    pub fn copy(&self) -> Store {
        let copy = Store::new();
        copy_folder(self.dir.path(), copy.dir.path());
        copy
    }

    /// Where it lies.
    pub fn mirror(&self) -> PathBuf {
        self.dir.path().join("mirror")
    }

    /// Writes the configuration.
    pub fn configure(&self, text: &str) {
        std::fs::write(self.dir.path().join("huntline.toml"), text).unwrap();
    }

    /// The program on this mirror.
    pub fn command<S: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_huntline"));
        command.current_dir(self.dir.path()).env("HUNTLINE_MIRROR", self.mirror()).args(args);
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs the program, which must succeed. What it wrote to stdout.
    pub fn ok(&self, args: &[&str]) -> String {
        said(&self.run(args), &args.join(" "))
    }

    /// A report of the program: its rows, each by the names of the columns.
    pub fn report(&self, args: &[&str]) -> Vec<Json> {
        records(&self.ok(&[args, &["--format", "json"]].concat()))
    }

    /// Imports files to the end.
    pub fn import(&self, files: &[PathBuf]) {
        let mut command = self.command(["import"]);
        said(&command.args(files).output().unwrap(), "import");
    }

    /// All that is in it.
    pub fn contents(&self) -> Contents {
        self.contents_where("true")
    }

    /// All of which this holds; `{table}` stands for the name of each table.
    pub fn contents_where(&self, condition: &str) -> Contents {
        contents_of(&self.ok(&["query", "--format", "json", &contents_query(condition)]))
    }

    /// Device, ticks and report of each row of a table.
    pub fn keys(&self, table: &str) -> Vec<String> {
        let query = format!("{table} | project DeviceId, Timestamp, ReportId");
        let rows = records(&self.ok(&["query", "--format", "json", &query]));
        let mut keys: Vec<String> =
            rows.iter().map(|row| key(&row["DeviceId"], &row["Timestamp"], &row["ReportId"])).collect();
        keys.sort();
        keys
    }

    /// Every file is as it was written.
    pub fn assert_sound(&self, when: &str) {
        let out = self.run(&["mirror", "verify"]);
        assert!(out.status.success(), "{when}: {}{}", text(&out.stdout), text(&out.stderr));
        // What lies beside a data file came and went with it.
        let beside = text(&out.stdout).lines().filter(|line| line.contains("_huntline")).count();
        assert_eq!(beside, 0, "{when}: {}", text(&out.stdout));
    }

    /// Parquet files of a table, the largest first.
    pub fn parts(&self, table: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.mirror().join(table)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true if !path.ends_with("_delta_log") => folders.push(path),
                    false if path.extension().is_some_and(|e| e == "parquet") => found.push(path),
                    _ => {}
                }
            }
        }
        found.sort_by_key(|path| std::cmp::Reverse(path.metadata().unwrap().len()));
        found
    }

    /// Removes the term filters of all tables; how many there were.
    pub fn remove_filters(&self) -> usize {
        let folders = TABLES.iter().map(|table| self.mirror().join(table).join("_huntline"));
        let files = folders.filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().map(|e| e.unwrap().path());
        let filters = files.filter(|path| path.extension().is_some_and(|e| e == "terms"));
        filters.map(|path| std::fs::remove_file(path).unwrap()).count()
    }

    /// The newest version of a table, by the names of its log.
    pub fn version(&self, table: &str) -> Option<u64> {
        let entries = std::fs::read_dir(self.mirror().join(table).join("_delta_log")).ok()?;
        let names = entries.filter_map(|e| e.ok()?.file_name().into_string().ok());
        names.filter_map(|name| name.strip_suffix(".json")?.parse().ok()).max()
    }
}

/// Counts all rows, and sums a hash over all of their columns.
pub fn contents_query(condition: &str) -> String {
    let table = |table: &&str| {
        let condition = condition.replace("{table}", table);
        format!(
            "({table} | where {condition} \
             | project Table = \"{table}\", Digest = hash(tostring(pack_all()), 4294967291))"
        )
    };
    let tables: Vec<String> = TABLES.iter().map(table).collect();
    format!("union {} | summarize Rows = count(), Digest = sum(Digest) by Table", tables.join(", "))
}

/// The answer of [`contents_query`], as JSON.
pub fn contents_of(json: &str) -> Contents {
    let rows = records(json);
    let one = |row: &Json| {
        let numbers = (row["Rows"].as_u64().unwrap(), row["Digest"].as_i64().unwrap());
        (row["Table"].as_str().unwrap().to_owned(), numbers)
    };
    rows.iter().map(one).collect()
}

/// The rows of a result, each by the names of the columns.
pub fn records(json: &str) -> Vec<Json> {
    let result: Json = serde_json::from_str(json).unwrap_or_else(|e| panic!("{e}: {json}"));
    let names: Vec<String> =
        result["columns"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_owned()).collect();
    let record = |row: &Json| names.iter().cloned().zip(row.as_array().unwrap().iter().cloned()).collect();
    result["rows"].as_array().unwrap().iter().map(record).collect()
}

/// How many rows each table has.
pub fn counts(contents: &Contents) -> BTreeMap<String, u64> {
    contents.iter().map(|(table, (rows, _))| (table.clone(), *rows)).collect()
}

/// What a program that must have succeeded wrote to stdout.
pub fn said(out: &Output, what: &str) -> String {
    assert!(out.status.success(), "{what}: {:?} {}{}", out.status, text(&out.stdout), text(&out.stderr));
    text(&out.stdout)
}

/// Bytes that a program wrote.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy_folder(&path, &target),
            false => drop(std::fs::copy(&path, &target).unwrap()),
        }
    }
}

#[test]
fn rows_of_the_stream_are_there_once_and_to_the_tick() {
    let telemetry = Telemetry::new(3, 2, 400, 3);
    let store = Store::of(&telemetry.files);
    assert_eq!(counts(&store.contents()), telemetry.rows);
    for table in TABLES {
        assert_eq!(store.keys(table), telemetry.keys(table), "{table}");
    }
    store.import(&telemetry.files);
    assert_eq!(counts(&store.contents()), telemetry.rows, "a second import adds nothing");
    store.assert_sound("after two imports");
}
