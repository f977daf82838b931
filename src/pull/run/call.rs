//! One question: within the quota, again when the service was busy, and no part taken for the whole.

use super::{Pull, Stopped, lock};
use crate::diagnostic::{Code, Diagnostic};
use crate::pull::machine::Machine;
use crate::pull::pace::ticks;
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

/// Why a question has no answer that can be taken.
#[derive(Debug)]
pub(super) enum Broken {
    /// The run was asked to end.
    Stopped,
    /// Less may work: the answer was a part, too large, or took too long.
    Cut(String),
    /// No use to go on with the table.
    Failed(Diagnostic),
}

impl From<Stopped> for Broken {
    fn from(_: Stopped) -> Broken {
        Broken::Stopped
    }
}

impl<H: Hunting, S: Store + 'static, M: Machine> Pull<H, S, M> {
    /// Asks until there is an answer.
    pub(super) async fn call(&self, question: Question<'_>, report: &mut TableReport) -> Result<Page, Broken> {
        let mut throttled = Duration::ZERO;
        let mut tries = 0;
        loop {
            self.turn(report).await?;
            report.calls += 1;
            self.advance(|p| p.calls += 1);
            let answer = match select(pin!(self.service.query(question)), self.stop.clone()).await {
                Either::Left((answer, _)) => answer,
                Either::Right(_) => return Err(Broken::Stopped),
            };
            match answer {
                Ok(page) => return self.whole(page, question),
                Err(HuntFailure::Throttled(wait)) if throttled < PATIENCE => {
                    let wait = wait.max(Duration::from_secs(1));
                    throttled += wait;
                    lock(&self.pace).pause(self.machine.now().saturating_add(ticks(wait)));
                }
                Err(HuntFailure::Unavailable(_)) if tries < TRIES => {
                    tries += 1;
                    self.wait(Duration::from_secs(1 << tries), report).await?;
                }
                Err(HuntFailure::TooLarge(text) | HuntFailure::Partial(text) | HuntFailure::Timeout(text)) => {
                    return Err(Broken::Cut(text));
                }
                Err(failure) => return Err(Broken::Failed(told(self.options.source, &failure, &report.table))),
            }
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

    /// Waits, and notes it.
    pub(super) async fn wait(&self, time: Duration, report: &mut TableReport) -> Result<(), Stopped> {
        report.waited += time;
        self.rest(time).await
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
            Source::Defender => "the identity needs the permission AdvancedQuery.Read.All of Defender's API",
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
