//! `huntline import --watch` with real processes: a folder that another tool fills, and Ctrl-C.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn huntline(mirror: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huntline"));
    command.arg("--mirror").arg(mirror).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn rows(mirror: &Path) -> u64 {
    let query = "DeviceEvents | summarize Rows = count(), Ids = dcount(ReportId)";
    let output = huntline(mirror).args(["query", "--format", "csv", query]).output().expect("the binary starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().nth(1).and_then(|line| line.split(',').next()?.parse().ok()).unwrap_or(0)
}

/// Waits until the mirror has so many rows, and fails when it does not in time, or has more.
fn wait_for(mirror: &Path, wanted: u64, watch: &mut Child) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let now = rows(mirror);
        if now == wanted {
            return;
        }
        assert!(now < wanted, "{now} rows are more than {wanted}");
        assert!(watch.try_wait().expect("a child").is_none(), "the watch ended");
        assert!(Instant::now() < deadline, "{now} of {wanted} rows after a minute");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn append(path: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).expect("a file");
    file.write_all(text.as_bytes()).expect("it is written");
}

#[test]
#[cfg(unix)]
fn a_pattern_is_waited_for_until_it_matches() {
    let dir = tempfile::tempdir().expect("a folder");
    let mirror = dir.path().join("mirror");
    let mut watch = huntline(&mirror);
    let mut watch = watch
        .args(["import", "--every", "0.3s", "--watch"])
        .arg(dir.path().join("Device*.json"))
        .spawn()
        .expect("the binary starts");
    std::thread::sleep(Duration::from_secs(1));
    assert!(watch.try_wait().expect("a child").is_none(), "nothing is there yet, and it waits");
    append(&dir.path().join("DeviceEvents.json"), "{\"ReportId\":1}\n{\"ReportId\":2}\n");
    wait_for(&mirror, 2, &mut watch);
    let pid = watch.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
    assert_eq!(watch.wait_with_output().expect("its output").status.code(), Some(0));
}

#[test]
#[cfg(unix)]
fn a_folder_is_followed_until_ctrl_c() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mirror, folder) = (dir.path().join("mirror"), dir.path().join("in"));
    std::fs::create_dir(&folder).expect("a folder");
    let blob = folder.join("DeviceEvents.json");
    append(&blob, "{\"ReportId\":1}\n{\"ReportId\":2}\n{\"Repo");
    append(&folder.join("notes.txt"), "no table");
    let mut watch = huntline(&mirror);
    let mut watch =
        watch.args(["import", "--every", "0.3s", "--watch"]).arg(&folder).spawn().expect("the binary starts");
    wait_for(&mirror, 2, &mut watch);
    append(&blob, "rtId\":3}\n");
    wait_for(&mirror, 3, &mut watch);
    append(&folder.join("DeviceEvents-more.csv"), "ReportId,FileName\n4,a\n5,b\n");
    wait_for(&mirror, 5, &mut watch);
    let pid = watch.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
    let output = watch.wait_with_output().expect("its output");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(rows(&mirror), 5);
}
