//! The program is killed at random moments of an import, a compaction, a retention and a pull, and runs again: all rows are
//! there once, and every file is as it was written. `HUNTLINE_MIRROR_KILLS` says how often; a few times unless set.

use super::store::{Contents, END, Store, Telemetry, counts, said};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The configuration that `retain` runs with.
const RETENTION: &str = "[mirror.retention]\ndefault = \"2d\"\nDeviceEvents = \"365d\"\n";
/// What it keeps of telemetry that ends at [`END`].
const KEPT: &str = "Timestamp >= datetime(2026-09-29) or '{table}' == 'DeviceEvents'";

/// Something that is done to a store, and what must come of it.
struct Deed {
    name: &'static str,
    before: Store,
    args: Vec<String>,
    after: Contents,
    /// More rows than this are never there, whatever was interrupted.
    most: u64,
    /// How long it takes without being killed.
    takes: Duration,
}

impl Deed {
    /// Does it once to a copy, undisturbed, to know how long it takes; `after` is what must be there then.
    fn new(name: &'static str, before: Store, args: Vec<String>, after: Option<Contents>) -> Deed {
        let once = before.copy();
        let start = Instant::now();
        said(&once.command(&args).output().unwrap(), name);
        let takes = start.elapsed();
        let found = once.contents();
        let after = after.unwrap_or_else(|| found.clone());
        assert_eq!(found, after, "{name}, undisturbed");
        let most = rows(&before.contents()).max(rows(&after));
        Deed { name, before, args, after, most, takes }
    }

    /// Kills it after a share of its time. True when it was still running.
    fn disturb(&self, share: f64) -> bool {
        let store = self.before.copy();
        let mut child = quiet(&mut store.command(&self.args));
        std::thread::sleep(self.takes.mul_f64(share));
        child.kill().unwrap();
        let was_running = !child.wait().unwrap().success();
        let when = format!("{} killed at {share:.3} of {:?}", self.name, self.takes);
        // Nobody has cleaned up yet, and the store answers.
        let found = rows(&store.contents());
        assert!(found <= self.most, "{when}: {found} rows are more than {}", self.most);
        said(&store.command(&self.args).output().unwrap(), &when);
        assert_eq!(store.contents(), self.after, "{when}, and run again");
        store.assert_sound(&when);
        was_running
    }
}

fn rows(contents: &Contents) -> u64 {
    contents.values().map(|(rows, _)| rows).sum()
}

fn quiet(command: &mut Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn strings(args: &[&str]) -> Vec<String> {
    args.iter().map(|arg| (*arg).to_owned()).collect()
}

fn import(telemetry: &Telemetry, all: &Contents) -> Deed {
    let (first, second) = telemetry.files.split_at(telemetry.files.len() / 2);
    let files = second.iter().map(|file| file.to_str().unwrap().to_owned());
    let args = std::iter::once("import".to_owned()).chain(files).collect();
    Deed::new("import", Store::of(first), args, Some(all.clone()))
}

fn retain(full: &Store) -> Deed {
    let before = full.copy();
    before.configure(RETENTION);
    let kept = before.contents_where(KEPT);
    Deed::new("retain", before, strings(&["mirror", "retain", "--now", END]), Some(kept))
}

/// A service to pull from, ended with the test.
struct Fake {
    child: Child,
    url: String,
}

impl Fake {
    fn start() -> Fake {
        let mut child = Command::new(env!("CARGO_BIN_EXE_huntline"))
            .args(["fake", "--quiet", "--world", "empty", "--now", END, "--telemetry", "2,2"])
            .args(["--events-per-day", "300", "--duplicates", "30", "--shuffle"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Fake { child, url: line.trim().to_owned() }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A pull from the project's own service.
fn pull() -> (Fake, Deed) {
    let fake = Fake::start();
    let args = strings(&["mirror", "pull", "--fake", &fake.url, "--since", "2d", "--now", END]);
    let deed = Deed::new("pull", Store::new(), args, None);
    assert!(rows(&deed.after) > 500, "{:?}", deed.after);
    (fake, deed)
}

#[test]
fn whatever_is_killed_ends_with_every_row_once() {
    let kills: usize = std::env::var("HUNTLINE_MIRROR_KILLS").ok().and_then(|t| t.parse().ok()).unwrap_or(6);
    let telemetry = Telemetry::new(3, 4, 900, 8);
    let full = Store::of(&telemetry.files);
    let all = full.contents();
    assert_eq!(counts(&all), telemetry.rows);
    let compact = Deed::new("compact", full.copy(), strings(&["mirror", "compact"]), Some(all.clone()));
    let (_fake, pull) = pull();
    let deeds = [import(&telemetry, &all), compact, retain(&full), pull];
    let (mut moment, mut interrupted) = (987_654_321_u64, 0);
    for kill in 0..kills {
        moment = moment.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let share = (moment >> 11) as f64 / (1_u64 << 53) as f64;
        interrupted += usize::from(deeds[kill % deeds.len()].disturb(share));
    }
    assert!(interrupted * 3 >= kills, "only {interrupted} of {kills} were still running when they were killed");
}
