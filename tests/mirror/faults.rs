//! What may happen to a store: a full disk, a read-only one, two writers, damaged files, a file that grows while it is read, a
//! crash between two tables. After each the store opens, with exactly the rows that were committed.

use super::store::{Contents, Store, Telemetry, contents_of, contents_query, counts, records, text};
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn telemetry() -> Telemetry {
    Telemetry::new(3, 2, 900, 4)
}

/// Whether a process may make mounts of its own here.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn mounts(test: &str) -> bool {
    let script = "mount -t tmpfs -o size=1m none /tmp && touch /tmp/x";
    let allowed = Command::new("unshare").args(["-rm", "sh", "-c", script]).stderr(Stdio::null()).status();
    let allowed = allowed.is_ok_and(|status| status.success());
    if !allowed {
        println!("SKIPPED {test}: `unshare -rm` may not mount here");
    }
    allowed
}

/// Runs a script where its mounts are its own. `$1` is the program, `$2` the mirror, `$3` the query of all contents; the rest
/// is what the test gives.
fn in_namespace(store: &Store, script: &str, more: &[&str]) -> Output {
    Command::new("unshare")
        .args(["-rm", "sh", "-euc", script, "sh", env!("CARGO_BIN_EXE_huntline")])
        .arg(store.mirror())
        .arg(contents_query("true"))
        .args(more)
        .env("HUNTLINE_MIRROR", store.mirror())
        .output()
        .unwrap()
}

/// Bytes that a folder takes on a disk of pages.
fn room(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    4096 + entries.map(|path| if path.is_dir() { room(&path) } else { pages(&path) }).sum::<u64>()
}

fn pages(path: &Path) -> u64 {
    path.metadata().unwrap().len().div_ceil(4096) * 4096
}

/// Each table has the rows of one state or the other: a table moves at once.
fn assert_between(found: &Contents, before: &Contents, after: &Contents, when: &str) {
    for table in after.keys() {
        let now = found.get(table);
        assert!(now == before.get(table) || now == after.get(table), "{when}: {table} has {now:?}");
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    if !mounts("a_full_disk_loses_nothing") {
        return;
    }
    let telemetry = telemetry();
    let (first, second) = telemetry.files.split_at(2);
    let (store, full) = (Store::of(first), Store::of(&telemetry.files));
    let (before, after) = (store.contents(), full.contents());
    let (small, large) = (room(&store.mirror()), room(&full.mirror()));
    let script = "
        kept=$(mktemp -d); cp -a \"$2/.\" \"$kept\"
        mount -t tmpfs -o size=$4 none \"$2\"; cp -a \"$kept/.\" \"$2\"; rm -r \"$kept\"
        if \"$1\" import \"$5\" \"$6\" >&2; then echo fits; else echo full; fi
        \"$1\" query --format json \"$3\"; echo; echo ----
        mount -o remount,size=1g \"$2\"
        \"$1\" import \"$5\" \"$6\" >&2
        \"$1\" mirror verify >&2
        \"$1\" query --format json \"$3\"";
    let mut full_disks = 0;
    for share in [5, 30, 60, 90] {
        let size = (small + large.saturating_sub(small) * share / 100).to_string();
        let files: Vec<&str> = second.iter().map(|file| file.to_str().unwrap()).collect();
        let out = in_namespace(&store, script, &[&size, files[0], files[1]]);
        let (told, errors) = (text(&out.stdout), text(&out.stderr));
        assert!(out.status.success(), "{share} %: {told}{errors}");
        let (met, rest) = told.split_once('\n').unwrap();
        let (meanwhile, at_last) = rest.split_once("----").unwrap();
        if met == "full" {
            full_disks += 1;
            assert!(errors.contains("HL4002"), "{share} %: {errors}");
        }
        assert_between(&contents_of(meanwhile), &before, &after, &format!("a disk that is full at {share} %"));
        assert_eq!(contents_of(at_last), after, "{share} %, with room again");
    }
    assert!(full_disks >= 2, "the disk was full {full_disks} times of 4");
}

#[test]
fn a_read_only_store_answers_and_takes_nothing() {
    if !mounts("a_read_only_store_answers_and_takes_nothing") {
        return;
    }
    let telemetry = telemetry();
    let store = Store::of(&telemetry.files[..2]);
    let before = store.contents();
    let script = "
        mount --bind \"$2\" \"$2\"; mount -o remount,bind,ro \"$2\"
        if \"$1\" import \"$4\" >&2; then exit 9; fi
        if \"$1\" mirror compact >&2; then exit 8; fi
        \"$1\" mirror status >&2
        \"$1\" mirror verify >&2
        \"$1\" query --format json \"$3\"";
    let out = in_namespace(&store, script, &[telemetry.files[2].to_str().unwrap()]);
    let errors = text(&out.stderr);
    assert!(out.status.success(), "{:?} {errors}", out.status);
    assert!(errors.contains("HL4002"), "{errors}");
    assert_eq!(contents_of(&text(&out.stdout)), before);
    assert_eq!(store.contents(), before);
    store.import(&telemetry.files);
    assert_eq!(counts(&store.contents()), telemetry.rows);
}

#[test]
fn two_importers_at_once_bring_every_row_once() {
    let telemetry = telemetry();
    for (what, left, right) in
        [("the same files", 0..4, 0..4), ("other files", 0..2, 2..4), ("some of the same files", 0..3, 1..4)]
    {
        let store = Store::new();
        let start = |range: std::ops::Range<usize>| {
            let mut command = store.command(["import"]);
            command.args(&telemetry.files[range]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        for child in [start(left), start(right)] {
            let out = child.wait_with_output().unwrap();
            assert!(out.status.success(), "{what}: {}", text(&out.stderr));
        }
        assert_eq!(counts(&store.contents()), telemetry.rows, "{what}");
        store.assert_sound(what);
    }
}

/// What may become of a file.
const DAMAGES: [(&str, fn(&Path)); 3] = [("flipped", flip), ("cut off", cut), ("removed", remove)];

fn flip(path: &Path) {
    let mut file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let middle = file.metadata().unwrap().len() / 2;
    let mut byte = [0];
    file.seek(SeekFrom::Start(middle)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::Start(middle)).unwrap();
    file.write_all(&[byte[0] ^ 0x10]).unwrap();
}

fn cut(path: &Path) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() * 2 / 3).unwrap();
}

fn remove(path: &Path) {
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_damaged_file_is_named_and_set_aside_and_its_rows_can_come_again() {
    const TABLE: &str = "DeviceFileEvents";
    let telemetry = telemetry();
    let whole = Store::of(&telemetry.files);
    let all = whole.contents();
    for (what, damage) in DAMAGES {
        let store = whole.copy();
        let part = store.parts(TABLE).remove(0);
        let name = part.file_name().unwrap().to_str().unwrap().to_owned();
        damage(&part);

        let asked = store.run(&["query", "--format", "json", &contents_query("true")]);
        let told = text(&asked.stderr);
        assert!(matches!(asked.status.code(), Some(0 | 1)), "{what}: {:?} {told}", asked.status);
        if what != "flipped" {
            // A flipped bit may lie in a value, where only the digest of the file tells.
            assert_eq!(asked.status.code(), Some(1), "{what}");
        }
        if !asked.status.success() {
            assert!(told.contains("HL4006") && told.contains(&name), "{what}: {told}");
        }
        // Other tables answer as ever.
        store.ok(&["query", "DeviceProcessEvents | count"]);

        let verified = store.run(&["mirror", "verify", "--format", "json"]);
        assert_eq!(verified.status.code(), Some(1), "{what}: {}", text(&verified.stderr));
        let faults = records(&text(&verified.stdout));
        assert_eq!(faults.len(), 1, "{what}: {faults:?}");
        assert!(faults[0]["File"].as_str().unwrap().ends_with(&name), "{what}: {faults:?}");
        let lost = faults[0]["Rows"].as_u64().unwrap();
        assert!(lost > 0 && faults[0]["Table"] == TABLE, "{what}: {faults:?}");

        let repaired = store.run(&["mirror", "verify", "--repair", "--format", "json"]);
        assert!(repaired.status.success(), "{what}: {}", text(&repaired.stderr));
        let repairs = records(&text(&repaired.stdout));
        assert_eq!(repairs[0]["Rows"].as_u64(), Some(lost), "{what}: {repairs:?}");
        assert!(!repairs[0]["Repair"].as_str().unwrap().is_empty(), "{what}: {repairs:?}");
        let left = store.contents();
        assert_eq!(left[TABLE].0, all[TABLE].0 - lost, "{what}");
        assert!(all.iter().filter(|(table, _)| *table != TABLE).all(|(table, has)| left[table] == *has), "{what}");
        store.assert_sound(what);

        let mut again = store.command(["import", "--again"]);
        assert!(again.args(&telemetry.files).output().unwrap().status.success(), "{what}");
        assert_eq!(store.contents(), all, "{what}, and imported again");
    }
}

#[test]
fn a_file_that_grows_while_it_is_read_is_complete_at_last() {
    let telemetry = telemetry();
    let half = telemetry.lines.len() / 2;
    let path = telemetry.write("PT1H.json", telemetry.lines[..half].iter().map(String::as_str));
    let store = Store::new();
    let mut rest: Vec<u8> = Vec::new();
    telemetry.lines[half..].iter().for_each(|line| writeln!(rest, "{line}").unwrap());
    let mut imports = 0;
    std::thread::scope(|threads| {
        // Pieces that end in the middle of a line, as a blob that is being written has them.
        let writer = threads.spawn(|| {
            let mut file = OpenOptions::new().append(true).open(&path).unwrap();
            for piece in rest.chunks(rest.len() / 20 + 7) {
                file.write_all(piece).unwrap();
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        while !writer.is_finished() {
            store.import(std::slice::from_ref(&path));
            imports += 1;
        }
        writer.join().unwrap();
    });
    store.import(std::slice::from_ref(&path));
    assert!(imports > 0);
    assert_eq!(counts(&store.contents()), telemetry.rows);
    let rejects: u64 = store.report(&["mirror", "status"]).iter().map(|t| t["Rejects"].as_u64().unwrap()).sum();
    assert_eq!(rejects, 0, "half of a line is not a row yet");
    store.assert_sound("after a file that grew");
}

#[test]
fn a_crash_between_two_tables_is_made_good() {
    let telemetry = telemetry();
    let (first, second) = telemetry.files.split_at(2);
    let before = Store::of(first);
    let (old, all) = (before.contents(), Store::of(&telemetry.files).contents());
    let versions = |store: &Store| -> Vec<Option<u64>> { old.keys().map(|table| store.version(table)).collect() };
    let (start, tables) = (versions(&before), old.len());
    let mut between = 0;
    for round in 0..40 {
        let store = before.copy();
        let mut command = store.command(["import"]);
        let mut child = command.args(second).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let end = Instant::now() + Duration::from_secs(120);
        // Dies when the first table has moved.
        while versions(&store) == start && child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < end, "the import does not end");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let moved = versions(&store).iter().zip(&start).filter(|(now, then)| now != then).count();
        let when = format!("round {round}, {moved} of {tables} tables had moved");
        assert_between(&store.contents(), &old, &all, &when);
        let mut again = store.command(["import"]);
        let out = again.args(second).output().unwrap();
        assert!(out.status.success(), "{when}: {}", text(&out.stderr));
        assert_eq!(store.contents(), all, "{when}");
        store.assert_sound(&when);
        between += usize::from(moved > 0 && moved < tables);
        if between == 3 {
            return;
        }
    }
    assert!(between > 0, "in no round the program died between two tables");
}
