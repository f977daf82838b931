//! One question: within the quota, again when the service was busy, and no part taken for the whole.
//!
//! In: a query. Out: a whole answer, or why there is none and what that ends. Never: a call while the quota is spent.

use super::{Pull, Stopped, lock};
use crate::diagnostic::{Code, Diagnostic};
use crate::pull::machine::Machine;
use crate::pull::pace::{duration, ticks};
use crate::pull::port::{HuntFailure, Hunting, Page, Question, Store};
use crate::pull::report::TableReport;
use crate::pull::source::Source;
use futures_util::future::{Either, select};
use std::pin::pin;
use std::time::Duration;

/// Tries after failures that may pass.
const TRIES: u32 = 4;
/// How long a question waits for a spent quota in all: Defender counts CPU in cycles of 15 minutes.
const PATIENCE: Duration = Duration::from_secs(3600);

/// What helps where there is no token.
const SIGN_IN: &str = "`[sync.auth]` in huntline.toml says how to sign in; `huntline login --check` shows who asks";

/// Why a question has no answer that can be taken.
#[derive(Debug)]
pub(super) enum Broken {
    /// The run was asked to end.
    Stopped,
    /// Less may work: the answer was a part, too large, or took too long.
    Cut(String),
    /// This span never came whole; others may.
    Lost(Diagnostic),
    /// No use to go on with the table.
    Failed(Diagnostic),
    /// Nor to come back soon: this identity has no such table.
    Closed(Diagnostic),
}

impl From<Stopped> for Broken {
    fn from(_: Stopped) -> Broken {
        Broken::Stopped
    }
}

impl<H: Hunting, S: Store + 'static, M: Machine> Pull<H, S, M> {
    /// Asks until there is an answer. Of failures in a row the first is told: the others may only come of it.
    pub(super) async fn call(&self, question: Question<'_>, report: &mut TableReport) -> Result<Page, Broken> {
        let mut throttled = Duration::ZERO;
        let mut tries = 0;
        let mut first = None;
        loop {
            self.turn(report).await?;
            if let Some(told) = lock(&self.no_token).clone() {
                return Err(Broken::Failed(told));
            }
            report.calls += 1;
            self.advance(|p| p.calls += 1);
            let answer = match select(pin!(self.service.query(question)), self.stop.clone()).await {
                Either::Left((answer, _)) => answer,
                Either::Right(_) => return Err(Broken::Stopped),
            };
            let answer = answer.map_err(|failure| match failure {
                HuntFailure::Unavailable(text) => HuntFailure::Unavailable(first.get_or_insert(text).clone()),
                other => other,
            });
            match answer {
                Ok(page) => return self.whole(page, question),
                Err(HuntFailure::Throttled(wait)) if throttled.saturating_add(wait) <= PATIENCE => {
                    let wait = wait.max(Duration::from_secs(1));
                    throttled = throttled.saturating_add(wait);
                    lock(&self.pace).pause(self.machine.now().saturating_add(ticks(wait)));
                }
                Err(HuntFailure::Unavailable(_) | HuntFailure::NoToken { passes: true, .. }) if tries < TRIES => {
                    tries += 1;
                    self.wait(Duration::from_secs(1 << tries), report).await?;
                }
                Err(HuntFailure::TooLarge(text) | HuntFailure::Partial(text) | HuntFailure::Timeout(text)) => {
                    return Err(Broken::Cut(text));
                }
                Err(failure) => return Err(self.end(&failure, &report.table)),
            }
        }
    }

    /// What a failure ends: without a token, every table.
    fn end(&self, failure: &HuntFailure, table: &str) -> Broken {
        match failure {
            HuntFailure::NoToken { text, .. } => {
                let told = Diagnostic::general(Code::ServiceFailed, text.as_str()).with_help(SIGN_IN);
                Broken::Failed(lock(&self.no_token).get_or_insert(told).clone())
            }
            HuntFailure::Denied(_) | HuntFailure::UnknownTable(_) => {
                Broken::Closed(told(self.options.source, failure, table))
            }
            _ => Broken::Failed(told(self.options.source, failure, table)),
        }
    }

    /// Waits for a turn within the quota.
    async fn turn(&self, report: &mut TableReport) -> Result<(), Stopped> {
        loop {
            // The lock is not held while it waits.
            let turn = lock(&self.pace).take(self.machine.now());
            let Err(wait) = turn else {
                self.advance(|p| p.paused = None);
                return if self.stopped() { Err(Stopped) } else { Ok(()) };
            };
            self.advance(|p| p.paused = Some(wait));
            self.wait(wait, report).await?;
        }
    }

    /// Waits, and notes how long it was.
    pub(super) async fn wait(&self, time: Duration, report: &mut TableReport) -> Result<(), Stopped> {
        let begin = self.machine.now();
        let rested = self.rest(time).await;
        report.waited = report.waited.saturating_add(duration(self.machine.now().saturating_sub(begin)));
        rested
    }

    /// An answer that is whole by all that it says itself.
    fn whole(&self, page: Page, question: Question<'_>) -> Result<Page, Broken> {
        let (limit, bytes) = (self.options.source.limits().rows, page.body.len() as u64);
        self.advance(|p| p.bytes += bytes);
        if let Some(text) = page.partial {
            return Err(Broken::Cut(text));
        }
        if page.rows >= limit {
            return Err(Broken::Cut(format!("the answer has {} rows, {limit} are the most that come", page.rows)));
        }
        if let (1.., Some(time)) = (page.untimed, question.time) {
            let text = format!("{} rows of the answer have no `{time}` that can be read", page.untimed);
            return Err(Broken::Failed(Diagnostic::general(Code::ServiceFailed, text)));
        }
        Ok(page)
    }
}

/// A failure in words, with what may help.
fn told(source: Source, failure: &HuntFailure, table: &str) -> Diagnostic {
    let told = Diagnostic::general(Code::ServiceFailed, format!("`{table}`: {failure}"));
    match failure {
        HuntFailure::Denied(_) => told.with_help(match source {
            Source::Graph => "the identity needs Graph's permission ThreatHunting.Read.All",
            Source::Defender => "the identity needs the permission AdvancedHunting.Read.All of Defender's API",
            Source::LogAnalytics => "the identity needs the role Log Analytics Reader in the workspace",
        }),
        HuntFailure::UnknownTable(_) => {
            told.with_help(format!("switch it off with `{table} = false` below `[mirror.tables]`"))
        }
        HuntFailure::Throttled(_) | HuntFailure::Unavailable(_) => {
            told.with_help("what came so far is kept; run it again later")
        }
        _ => told,
    }
}
