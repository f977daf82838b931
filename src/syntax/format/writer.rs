//! Lines, indentation, width, and where comments go.

use crate::diagnostic::{Source, Span};
use std::collections::VecDeque;

/// Lines are broken when they would get longer than this.
const WIDTH: usize = 100;

/// One level of indentation.
const INDENT: &str = "    ";

/// Writes text line by line.
pub struct Writer<'a> {
    source: Option<&'a Source>,
    out: String,
    level: usize,
    /// Byte at which the last line starts.
    line: usize,
    /// Comments that are not written yet.
    comments: VecDeque<Span>,
    /// A rehearsal that writes everything into one line, to see how long it gets.
    rehearsal: bool,
    /// A rehearsal that has failed: too long, or something needs lines of its own.
    failed: bool,
}

impl<'a> Writer<'a> {
    /// Starts with nothing written.
    pub fn new(source: &'a Source, comments: VecDeque<Span>) -> Self {
        Writer {
            source: Some(source),
            out: String::new(),
            level: 0,
            line: 0,
            comments,
            rehearsal: false,
            failed: false,
        }
    }

    /// The text, with the comments that are left.
    pub fn finish(mut self) -> String {
        self.flush(u32::MAX);
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.out
    }

    /// Adds text to the current line.
    pub fn text(&mut self, text: &str) {
        if self.failed {
            return;
        }
        self.out.push_str(text);
        if let Some(at) = text.rfind('\n') {
            self.line = self.out.len() - (text.len() - at - 1);
        }
        self.failed = self.rehearsal && self.out.len() > 2 * WIDTH;
    }

    /// Keeps a dot that comes next apart from one that was just written: `2. .x` is no range.
    pub fn before_dot(&mut self) {
        if self.out.ends_with('.') {
            self.text(" ");
        }
    }

    /// True when a rehearsal cannot succeed any more.
    pub fn gave_up(&self) -> bool {
        self.failed
    }

    /// Starts a line for something that stands at a place of the source.
    pub fn line_at(&mut self, at: u32) {
        if self.rehearsal {
            self.failed = true;
            return;
        }
        self.flush(at);
        self.fresh_line();
    }

    /// Runs with one more level of indentation.
    pub fn indented(&mut self, write: impl FnOnce(&mut Self)) {
        self.level += 1;
        write(self);
        self.level -= 1;
    }

    /// True when what a function writes fits into the rest of the line.
    pub fn fits(&self, write: impl FnOnce(&mut Writer<'_>)) -> bool {
        if self.rehearsal {
            return true;
        }
        let mut rehearsal = Writer {
            source: None,
            out: String::new(),
            level: 0,
            line: 0,
            comments: VecDeque::new(),
            rehearsal: true,
            failed: false,
        };
        write(&mut rehearsal);
        let used = self.out.get(self.line..).map_or(0, |line| line.chars().count());
        !rehearsal.failed && used + rehearsal.out.chars().count() <= WIDTH
    }

    /// Goes to the start of a line.
    fn fresh_line(&mut self) {
        let blank = self.out.get(self.line..).is_none_or(|line| line.trim().is_empty());
        if blank {
            self.out.truncate(self.line);
        } else {
            self.out.truncate(self.out.trim_end_matches(' ').len());
            self.out.push('\n');
            self.line = self.out.len();
        }
        self.out.push_str(&INDENT.repeat(self.level));
    }

    /// Writes the comments that stand before a place of the source.
    fn flush(&mut self, at: u32) {
        while let Some(comment) = self.comments.front().copied().filter(|comment| comment.start < at) {
            self.comments.pop_front();
            let Some(source) = self.source else { return };
            let text = source.slice(comment).trim_end();
            let started = self.out.get(self.line..).is_some_and(|line| !line.trim().is_empty());
            if started && ends_a_line(source, comment) {
                self.out.push_str("  ");
            } else {
                self.fresh_line();
            }
            self.out.push_str(text);
            self.out.push('\n');
            self.line = self.out.len();
        }
    }
}

/// True when something else stands before a comment in its line.
fn ends_a_line(source: &Source, comment: Span) -> bool {
    let before = source.text.get(..comment.start as usize).unwrap_or("");
    let line = before.rsplit(['\n', '\r']).next().unwrap_or("");
    !line.trim().is_empty()
}
