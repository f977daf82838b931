//! A line of progress on a terminal, rewritten in place.
//!
//! In: how far something is. Out: on stderr, rows, bytes, rate and the time left, once it has taken longer than a second.

use super::context::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// What ends sooner shows no progress.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often a second the line changes at most.
const RATE: u8 = 10;

/// How far something is. What is not counted stays 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Amount {
    /// Parts done: files, calls, days.
    pub done: u64,
    /// Parts in all; 0 where nobody knows.
    pub all: u64,
    /// What the parts are: `files`.
    pub parts: &'static str,
    /// Rows.
    pub rows: u64,
    /// Bytes done.
    pub bytes: u64,
    /// Bytes in all; 0 where nobody knows.
    pub all_bytes: u64,
}

/// The line; it shows nothing where progress is not wanted.
#[derive(Debug)]
pub struct Line {
    wanted: bool,
    start: Instant,
    form: Form,
    bar: ProgressBar,
}

/// What the line shows beside its text.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Text,
    /// A bar of parts, and the time left.
    Parts,
    /// Bytes and their rate.
    Bytes,
    /// A bar of bytes, their rate, and the time left.
    AllBytes,
}

impl Form {
    fn of(amount: &Amount) -> Form {
        match amount {
            Amount { all_bytes: 1.., .. } => Form::AllBytes,
            Amount { bytes: 1.., .. } => Form::Bytes,
            Amount { all: 1.., .. } => Form::Parts,
            _ => Form::Text,
        }
    }

    fn template(self) -> &'static str {
        match self {
            Form::Text => "{wide_msg}",
            Form::Parts => "[{bar:20}] {percent:>3} %  {msg}, {eta} left",
            Form::Bytes => "{msg}, {binary_bytes}, {binary_bytes_per_sec}",
            Form::AllBytes => {
                "[{bar:20}] {percent:>3} %  {msg}, {binary_bytes} of {binary_total_bytes}, {binary_bytes_per_sec}, {eta} left"
            }
        }
    }
}

impl Line {
    /// A line that has not shown anything yet.
    pub fn new(context: &Context) -> Line {
        Line::from(context.progress, Instant::now())
    }

    fn from(wanted: bool, start: Instant) -> Line {
        Line { wanted, start, form: Form::Text, bar: ProgressBar::hidden() }
    }

    /// Shows a text.
    pub fn show(&mut self, text: &str) {
        if self.is_due() {
            self.take(Form::Text);
            self.bar.set_message(text.to_owned());
        }
    }

    /// Shows how far something is.
    pub fn tell(&mut self, amount: &Amount) {
        if !self.is_due() {
            return;
        }
        self.take(Form::of(amount));
        let (at, all) = match self.form {
            Form::Parts => (amount.done, amount.all),
            _ => (amount.bytes, amount.all_bytes),
        };
        if all > 0 {
            self.bar.set_length(all.max(at));
        }
        // Each of both may draw: what is shown in between has no words that are older than the bar.
        self.bar.set_message(words(amount));
        self.bar.set_position(at);
    }

    /// Takes the line away. It comes again with whatever is shown next.
    pub fn end(&mut self) {
        if !self.bar.is_hidden() {
            self.bar.finish_and_clear();
        }
        self.bar = ProgressBar::hidden();
    }

    /// Whether anything is shown now; it begins when it has taken long enough.
    fn is_due(&mut self) -> bool {
        if self.wanted && self.bar.is_hidden() && self.start.elapsed() >= PATIENCE {
            self.begin(ProgressDrawTarget::stderr_with_hz(RATE));
        }
        !self.bar.is_hidden()
    }

    fn begin(&mut self, target: ProgressDrawTarget) {
        self.bar = ProgressBar::with_draw_target(None, target).with_elapsed(self.start.elapsed());
        self.style(Form::Text);
    }

    fn take(&mut self, form: Form) {
        if self.form != form {
            self.style(form);
        }
    }

    fn style(&mut self, form: Form) {
        self.form = form;
        // A template that is broken shows the bar in its plain form.
        if let Ok(style) = ProgressStyle::with_template(form.template()) {
            self.bar.set_style(style.progress_chars("#>."));
        }
    }
}

/// `12 of 40 files, 120000 rows`
fn words(amount: &Amount) -> String {
    let parts = match amount {
        Amount { parts: "", .. } => String::new(),
        Amount { all: 0, .. } => format!("{} {}", amount.done, amount.parts),
        _ => format!("{} of {} {}", amount.done, amount.all, amount.parts),
    };
    let rows = if amount.rows > 0 { format!("{} rows", amount.rows) } else { String::new() };
    [parts, rows].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::TermLike;
    use std::io;
    use std::sync::{Arc, Mutex};

    /// A terminal that remembers what was written.
    #[derive(Clone, Debug, Default)]
    struct Paper(Arc<Mutex<String>>);

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            120
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            self.write_str("\n")
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn long_ago() -> Instant {
        Instant::now().checked_sub(Duration::from_secs(10)).unwrap()
    }

    /// The last thing that a line shows.
    fn shown(show: impl FnOnce(&mut Line)) -> String {
        let (paper, mut line) = (Paper::default(), Line::from(true, long_ago()));
        line.begin(ProgressDrawTarget::term_like_with_hz(Box::new(paper.clone()), 255));
        show(&mut line);
        line.bar.force_draw();
        let text = paper.0.lock().unwrap().clone();
        text.trim().lines().last().unwrap_or_default().trim().to_owned()
    }

    #[test]
    fn amounts_are_shown_by_what_is_known_of_them() {
        let parts = Amount { done: 10, all: 40, parts: "days", ..Amount::default() };
        assert!(shown(|l| l.tell(&parts)).starts_with("[#####>..............]  25 %  10 of 40 days, "));
        let bytes = Amount { rows: 7, bytes: 3 << 20, ..Amount::default() };
        assert!(shown(|l| l.tell(&bytes)).starts_with("7 rows, 3.00 MiB, "));
        let all = Amount { done: 1, all: 2, parts: "files", rows: 7, bytes: 1 << 20, all_bytes: 4 << 20 };
        let text = shown(|l| l.tell(&all));
        assert!(
            text.contains("25 %  1 of 2 files, 7 rows, 1.00 MiB of 4.00 MiB, ") && text.ends_with(" left"),
            "{text}"
        );
        assert_eq!(shown(|l| l.show("reading")), "reading");
    }

    #[test]
    fn the_words_are_never_older_than_the_bar() {
        let (paper, mut line) = (Paper::default(), Line::from(true, long_ago()));
        line.begin(ProgressDrawTarget::term_like_with_hz(Box::new(paper.clone()), 255));
        for done in [1, 2, 3] {
            line.tell(&Amount { done, all: 4, parts: "days", ..Amount::default() });
            std::thread::sleep(Duration::from_millis(50));
        }
        let text = paper.0.lock().unwrap().clone();
        for (percent, words) in [(50, "1 of 4 days"), (75, "2 of 4 days")] {
            let mixed = text.lines().find(|l| l.contains(&format!("{percent} %")) && l.contains(words));
            assert_eq!(mixed, None, "{text}");
        }
    }

    #[test]
    fn nothing_is_shown_soon_or_where_it_is_not_wanted() {
        let mut soon = Line::from(true, Instant::now());
        soon.show("x");
        assert!(soon.bar.is_hidden());
        let mut never = Line::from(false, long_ago());
        never.tell(&Amount { rows: 1, ..Amount::default() });
        assert!(never.bar.is_hidden());
        never.end();
    }
}
