//! Limits of one query: a watcher ends the process when time or memory runs out.
//!
//! A query cannot be stopped from within polars at any point, and the process holds nothing but the query: so the watcher
//! says why and exits. Nothing has been written to stdout by then, and files are written by renaming.

use super::context::{Context, Failure};
use super::input;
use crate::catalog::Limits;
use crate::diagnostic::{Code, Diagnostic};
use std::time::{Duration, Instant};

/// How often the watcher looks.
const PERIOD: Duration = Duration::from_millis(20);

/// What helps against either limit.
const NARROW: &str = "read less of the table (a shorter time range, fewer columns), or group before you join or expand";

/// Reads the limits as they are given.
pub fn limits(timeout: Option<&str>, memory: Option<&str>) -> Result<Limits, Failure> {
    let time = timeout.map(|text| input::span(text, "--timeout")).transpose()?;
    let memory = memory.map(|text| {
        size(text)
            .ok_or_else(|| Failure::usage(format!("`--memory-limit {text}` is no size: write it like 512MB or 4GB")))
    });
    let memory = memory.transpose()?;
    if memory.is_some() && resident().is_none() {
        return Err(Failure::usage("--memory-limit needs a system that tells a process its memory"));
    }
    Ok(Limits { time, memory, ..Limits::default() })
}

/// Watches until the process ends.
pub fn watch(context: &Context, limits: Limits, json: bool) {
    if limits.time.is_none() && limits.memory.is_none() {
        return;
    }
    let style = context.stderr_style;
    let start = Instant::now();
    let end = limits.time.map(|ticks| Duration::from_nanos(ticks.unsigned_abs().saturating_mul(100)));
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(PERIOD);
            let late = end.filter(|end| start.elapsed() > *end).map(|end| {
                let message = format!("the query ran into its time limit of {} s", end.as_secs_f64());
                Diagnostic::general(Code::TimeLimit, message).with_help(NARROW)
            });
            let full = limits.memory.filter(|limit| resident().is_some_and(|used| used > *limit)).map(|limit| {
                let message = format!("the query ran into its memory limit of {} MiB", limit >> 20);
                Diagnostic::general(Code::MemoryLimit, message).with_help(NARROW)
            });
            if let Some(diagnostic) = late.or(full) {
                Failure::from(diagnostic).with_sources(&[], json).tell(style);
                std::process::exit(1);
            }
        }
    });
}

/// Bytes of `512MB`, `4 GiB`, `1000000`.
fn size(text: &str) -> Option<u64> {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let unit = match unit.trim().to_ascii_lowercase().trim_end_matches("ib").trim_end_matches('b') {
        "" => 1,
        "k" => 1 << 10,
        "m" => 1 << 20,
        "g" => 1 << 30,
        "t" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit).filter(|n| *n > 0)
}

/// Bytes of its own that the process has in memory, where the system tells (Linux). Pages of mapped files are not its own:
/// the system takes them back whenever it needs room.
pub fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("RssAnon:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sizes() {
        assert_eq!(size("512MB"), Some(512 << 20));
        assert_eq!(size("4 GiB"), Some(4 << 30));
        assert_eq!(size("10"), Some(10));
        assert_eq!(size("x"), None);
        assert_eq!(size("0"), None);
    }
}
