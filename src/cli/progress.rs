//! A line of progress on a terminal, rewritten in place.

use super::context::Context;
use std::io::Write;
use std::time::{Duration, Instant};

/// How often the line changes at most.
const PERIOD: Duration = Duration::from_millis(100);

/// The line; it shows nothing where progress is not wanted.
#[derive(Debug)]
pub struct Line {
    wanted: bool,
    last: Option<Instant>,
}

impl Line {
    /// A line that has not shown anything yet.
    pub fn new(context: &Context) -> Line {
        Line { wanted: context.progress, last: None }
    }

    /// Shows a text, unless the last one is too fresh.
    pub fn show(&mut self, text: &str) {
        if self.wanted && self.last.is_none_or(|last| last.elapsed() >= PERIOD) {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K{text}");
            self.last = Some(Instant::now());
        }
    }

    /// Takes the line away.
    pub fn end(&mut self) {
        if self.last.take().is_some() {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}
