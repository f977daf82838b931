//! Synthetic telemetry: the nine tables of device events of an invented company, with attacks planted in them.
//!
//! In: [`Options`]. Out: files in a form that the portals and the streaming API also give, and a [`Manifest`] of what is in
//! them. The same options give the same bytes on every machine: chance is ChaCha with a seed, order is that of sorted
//! things, and no number is ever a float. An hour of all devices is in memory at a time. Never reads a clock.

mod activity;
pub mod chain;
mod column;
mod command;
pub mod demo;
mod event;
mod host;
mod image;
mod manifest;
mod random;
mod world;
mod writer;

pub use manifest::{Manifest, Planted};

use crate::diagnostic::{Code, Diagnostic};
use crate::value::datetime::{TICKS_PER_DAY, UNIX_EPOCH};
use activity::HOUR;
use chain::{CHAINS, Planned, Stage, Trace};
use event::{Event, Table};
use host::Host;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use world::World;
use writer::Writer;

/// A shared text.
type Text = Arc<str>;

/// The end of the period where none is given: 2026-10-01T00:00:00Z.
pub const DEFAULT_END: i64 = UNIX_EPOCH + 20_727 * TICKS_PER_DAY;
/// Events that a busy workstation sends on a working day.
pub const EVENTS_PER_DAY: u64 = 12_000;

/// The form of the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Blobs of the streaming API
    #[default]
    Ndjson,
    /// Exports of the Defender portal
    Csv,
    /// Parquet files in the mirror's form
    Parquet,
}

/// What to generate.
#[derive(Clone, Debug)]
pub struct Options {
    /// Number of devices; one in ten is a server
    pub devices: u64,
    /// Number of days before the end
    pub days: u64,
    /// The seed
    pub seed: u64,
    /// The folder for the files
    pub out: PathBuf,
    /// Their form
    pub format: Format,
    /// The end of the period, in ticks
    pub end: i64,
    /// Events of a device on a working day
    pub events_per_day: u64,
    /// How many of a thousand rows come twice in the stream
    pub duplicates: u32,
    /// Whether rows of the stream may come hours late
    pub late: bool,
}

impl Options {
    /// The usual ones, into a folder.
    pub fn new(out: impl Into<PathBuf>) -> Options {
        Options {
            devices: 10,
            days: 30,
            seed: 1,
            out: out.into(),
            format: Format::default(),
            end: DEFAULT_END,
            events_per_day: EVENTS_PER_DAY,
            duplicates: 0,
            late: true,
        }
    }

    /// Start and end of the period, in ticks.
    pub fn period(&self) -> (i64, i64) {
        (self.end.saturating_sub(self.days as i64 * TICKS_PER_DAY), self.end)
    }

    /// How many rows to expect.
    fn expected_rows(&self) -> u64 {
        self.devices * self.days * self.events_per_day * 3 / 4
    }

    fn check(&self) -> Result<(), Diagnostic> {
        let refuse = |message: &str| Err(Diagnostic::general(Code::Usage, message));
        if !(1..=1_000_000).contains(&self.devices) {
            return refuse("the number of devices must be from 1 to 1000000");
        }
        if !(1..=3660).contains(&self.days) {
            return refuse("the number of days must be from 1 to 3660");
        }
        if !(1..=10_000_000).contains(&self.events_per_day) {
            return refuse("the number of events per day must be from 1 to 10000000");
        }
        if crate::value::datetime::checked(self.period().0 - 60 * TICKS_PER_DAY).is_none() {
            return refuse("the period must lie after the year 1");
        }
        Ok(())
    }
}

/// How far it is: hours done, hours of all, rows written.
pub type Progress<'p> = dyn FnMut(u64, u64, u64) + 'p;

/// Generates telemetry.
///
/// # Errors
/// A diagnostic when the options do not fit, when the folder holds telemetry already, or when a file cannot be written.
pub fn generate(options: &Options, progress: &mut Progress<'_>) -> Result<Manifest, Diagnostic> {
    options.check()?;
    refuse_other_telemetry(&options.out)?;
    let world = World::new(options.seed, options.devices);
    let mut run = Run::new(options, &world);
    let (start, end) = options.period();
    let first = start - start.rem_euclid(HOUR);
    let hours = ((end - first + HOUR - 1) / HOUR).unsigned_abs();
    for hour in 0..hours {
        run.hour(first + hour as i64 * HOUR)?;
        progress(hour + 1, hours, run.rows.values().sum());
    }
    run.writer.advance(i64::MAX)?;
    let manifest = Manifest::new(options, run.rows, run.traces);
    write_manifest(&options.out, &manifest)?;
    Ok(manifest)
}

/// A run through the period.
struct Run<'w> {
    options: &'w Options,
    hosts: Vec<Host<'w>>,
    planned: Peekable<std::vec::IntoIter<Planned>>,
    traces: Vec<Trace>,
    writer: Box<dyn Writer>,
    rows: BTreeMap<Table, u64>,
}

impl<'w> Run<'w> {
    fn new(options: &'w Options, world: &'w World) -> Run<'w> {
        let (start, end) = options.period();
        let hosts = world.devices.iter().map(|device| Host::new(world, device.clone(), options.seed, start)).collect();
        let planned = chain::plan(world, options.seed, options.expected_rows(), start, end);
        Run {
            options,
            hosts,
            planned: planned.into_iter().peekable(),
            traces: Vec::new(),
            writer: writer::of(options),
            rows: Table::ALL.into_iter().map(|table| (table, 0)).collect(),
        }
    }

    /// An hour of all devices.
    fn hour(&mut self, start: i64) -> Result<(), Diagnostic> {
        let until = (start + HOUR).min(self.options.end);
        while let Some(planned) = self.planned.next_if(|p| p.start < start + HOUR) {
            self.play(planned);
        }
        let mut events: Vec<Event> = Vec::new();
        for host in &mut self.hosts {
            activity::hour(host, start, self.options.events_per_day);
            events.extend(host.send(until));
        }
        let begin = self.options.period().0;
        events.retain(|event| event.time >= begin);
        // Stable: what happens at one tick stays in the order of the devices.
        events.sort_by_key(|event| event.time);
        for event in events {
            *self.rows.entry(event.table).or_default() += 1;
            self.writer.take(event)?;
        }
        self.writer.advance(until)
    }

    fn play(&mut self, planned: Planned) {
        let Planned { chain, device, start, random } = planned;
        if let (Some(host), Some(kind)) = (self.hosts.get_mut(device as usize), CHAINS.get(chain)) {
            let mut stage = Stage::new(host, random, chain, start);
            (kind.play)(&mut stage);
            self.traces.push(stage.finish());
        }
    }
}

/// Files of two runs in one folder would be taken for one company.
fn refuse_other_telemetry(out: &Path) -> Result<(), Diagnostic> {
    let there = Table::ALL.iter().map(|table| out.join(table.name())).find(|folder| folder.exists());
    match there {
        Some(folder) => Err(Diagnostic::general(Code::CannotWrite, format!("`{}` is there already", folder.display()))
            .with_help("give another folder, or remove the telemetry that it holds")),
        None => Ok(()),
    }
}

fn write_manifest(out: &Path, manifest: &Manifest) -> Result<(), Diagnostic> {
    let path = out.join("manifest.json");
    let text = serde_json::to_string_pretty(&manifest.to_json()).map_err(|error| Diagnostic::bug(error.to_string()))?;
    std::fs::write(&path, text + "\n").map_err(|error| writer::cannot_write(&path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    fn small(out: &Path, format: Format) -> Options {
        Options { devices: 11, days: 2, seed: 5, format, events_per_day: 150, duplicates: 30, ..Options::new(out) }
    }

    /// Every file below a folder with its bytes, in order of the names.
    fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(files(&path));
            } else {
                let bytes = std::fs::read(&path).unwrap();
                found.insert(path, bytes);
            }
        }
        found
    }

    fn digest(folder: &Path) -> String {
        let mut hash = Sha256::new();
        for (path, bytes) in files(folder) {
            hash.update(path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/"));
            hash.update(&bytes);
        }
        hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn the_default_end_is_a_midnight() {
        assert_eq!(crate::value::datetime::format(DEFAULT_END), "2026-10-01T00:00:00.0000000Z");
    }

    #[test]
    fn the_same_options_give_the_same_bytes_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let mut digests = Vec::new();
        for (name, format) in [("a", Format::Ndjson), ("b", Format::Ndjson), ("c", Format::Csv)] {
            let out = folder.path().join(name);
            generate(&small(&out, format), &mut |_, _, _| {}).unwrap();
            digests.push(digest(&out));
        }
        assert_eq!(digests[0], digests[1]);
        assert_eq!(
            digests,
            ["a4bebaca8d676cbf", "a4bebaca8d676cbf", "315d1c11b9a1edc6"],
            "a change here changes what everybody generated before"
        );
    }

    #[test]
    fn every_chain_is_planted_and_every_row_counted() {
        let folder = tempfile::tempdir().unwrap();
        let options = small(folder.path(), Format::Ndjson);
        let manifest = generate(&options, &mut |_, _, _| {}).unwrap();
        for planted in &manifest.chains {
            assert!(planted.hits > 0 && !planted.traces.is_empty(), "{}", planted.name);
            assert!(planted.traces.iter().all(|t| t.time.1 < options.end && t.rows > 4), "{}", planted.name);
        }
        let lines: u64 = files(folder.path())
            .iter()
            .filter(|(path, _)| path.ends_with("PT1H.json"))
            .map(|(_, bytes)| bytes.iter().filter(|b| **b == b'\n').count() as u64)
            .sum();
        let again = manifest.total() * 30 / 1000;
        assert!(lines > manifest.total() && lines < manifest.total() + 2 * again, "{lines} {}", manifest.total());
        assert!(manifest.rows.values().all(|rows| *rows > 0), "{:?}", manifest.rows);
    }

    #[test]
    fn rows_of_the_stream_are_json_with_their_own_times() {
        let folder = tempfile::tempdir().unwrap();
        generate(&small(folder.path(), Format::Ndjson), &mut |_, _, _| {}).unwrap();
        let mut initiators = 0;
        for (path, bytes) in files(folder.path()).iter().filter(|(path, _)| path.ends_with("PT1H.json")) {
            for line in std::str::from_utf8(bytes).unwrap().lines() {
                let row: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
                let (happened, arrived) = (row["properties"]["Timestamp"].as_str(), row["_TimeReceivedBySvc"].as_str());
                assert!(happened < arrived && arrived < row["time"].as_str(), "{}: {line}", path.display());
                initiators +=
                    u64::from(row["properties"]["InitiatingProcessId"].as_i64().is_some_and(|id| id % 4 == 0));
            }
        }
        assert!(initiators > 1000);
    }

    #[test]
    fn a_folder_with_telemetry_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("DeviceInfo")).unwrap();
        let error = generate(&small(folder.path(), Format::Csv), &mut |_, _, _| {}).unwrap_err();
        assert_eq!(error.code, Code::CannotWrite);
    }
}
