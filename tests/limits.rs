//! Queries that explode hit the memory limit and say so; Ctrl-C ends any query within a second.

use std::io::Write;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// `mv-expand`, `join` and `make_list` that would take many gigabytes.
const EXPLOSIONS: [&str; 4] = [
    "range x from 1 to 3000000 step 1 | extend a = range(1, 500, 1) | mv-expand a | summarize count()",
    "let T = range x from 1 to 60000 step 1 | extend k = 1; T | join kind=inner (T) on k | summarize sum(x)",
    "range x from 1 to 30000000 step 1 | extend s = strcat('abcdefghijklmnop', x) | summarize make_list(s) by x % 7",
    "range x from 1 to 30000000 step 1 | extend d = bag_pack('a', x) | evaluate bag_unpack(d) | summarize count()",
];

fn start(arguments: &[&str], query: &str) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_huntline"))
        .args(["query", "--mirror", "/nonexistent/huntline-limits"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    child.stdin.take().expect("a pipe").write_all(query.as_bytes()).expect("the query is written");
    child
}

/// The end of a process, which is killed after a while.
fn end(mut child: Child) -> Output {
    let deadline = Instant::now() + Duration::from_secs(60);
    while child.try_wait().expect("a child").is_none() {
        if Instant::now() > deadline {
            child.kill().expect("a child");
            panic!("the query went on for a minute");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().expect("its output")
}

#[test]
#[cfg(target_os = "linux")]
fn explosions_hit_the_memory_limit() {
    for query in EXPLOSIONS {
        let output = end(start(&["--memory-limit", "400MB"], query));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{query}: {told}");
        assert!(told.contains("HL3003") && told.contains("400 MiB"), "{query}: {told}");
        assert!(output.stdout.is_empty(), "{query}: half a result");
    }
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_a_query_within_a_second() {
    for query in EXPLOSIONS {
        let child = start(&["--memory-limit", "8GB"], query);
        std::thread::sleep(Duration::from_millis(250));
        let pressed = Instant::now();
        let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
        assert!(signal.success(), "{query}: it had ended already");
        let output = end(child);
        assert!(pressed.elapsed() < Duration::from_secs(1), "{query}: {:?}", pressed.elapsed());
        assert!(!output.status.success() && output.stdout.is_empty(), "{query}");
    }
}
