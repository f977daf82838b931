//! Answers that were given before. A rule is a pure function of its facts, so the same facts need no second call.

use crate::incident::{DefenderIncident, SentinelIncident, Wire};
use crate::sync::decision::{IncidentQuestion, Planned, Question, Resolver, RuleFault, Ruling};
use crate::sync::input::{Change, Input};
use crate::sync::value::Said;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// The facts of a question, all of them and in their order: finer than what a rule sees, never coarser.
pub(super) type Facts = Box<[u8]>;

type Answer = Result<Option<Ruling>, RuleFault>;

/// A resolver that remembers. Not shared between threads.
pub(super) struct Memo<R> {
    /// Whom it asks.
    pub inner: R,
    known: RefCell<HashMap<Facts, Answer>>,
    key: RefCell<Key>,
    asked: Cell<u64>,
    ruled: Cell<bool>,
    remember: bool,
}

impl<R: Resolver> Memo<R> {
    pub(super) fn new(inner: R, remember: bool) -> Memo<R> {
        let (known, key) = (RefCell::default(), RefCell::default());
        Memo { inner, known, key, asked: Cell::new(0), ruled: Cell::new(false), remember }
    }

    /// Questions so far, repeated ones too.
    pub(super) fn asked(&self) -> u64 {
        self.asked.get()
    }

    /// Whether the rule decided anything since this was last called.
    pub(super) fn take_ruled(&self) -> bool {
        self.ruled.replace(false)
    }

    /// The questions that it has seen; it forgets them.
    pub(super) fn take_known(&self) -> Vec<Facts> {
        self.known.take().into_keys().collect()
    }

    fn answer(&self, write: impl FnOnce(&mut Key), ask: impl FnOnce() -> Answer) -> Answer {
        self.asked.set(self.asked.get() + 1);
        let answer = if self.remember { self.remembered(write, ask) } else { ask() };
        if !matches!(answer, Ok(None)) {
            self.ruled.set(true);
        }
        answer
    }

    fn remembered(&self, write: impl FnOnce(&mut Key), ask: impl FnOnce() -> Answer) -> Answer {
        let mut key = self.key.borrow_mut();
        key.bytes.clear();
        write(&mut key);
        if let Some(answer) = self.known.borrow().get(key.bytes.as_slice()) {
            return answer.clone();
        }
        let answer = ask();
        self.known.borrow_mut().insert(key.bytes.as_slice().into(), answer.clone());
        answer
    }
}

impl<R: Resolver> Resolver for Memo<R> {
    fn conflict(&self, question: &Question) -> Result<Ruling, RuleFault> {
        let ask = || self.inner.conflict(question).map(Some);
        let nothing = || RuleFault { message: "no decision".to_owned(), at: None };
        self.answer(|key| key.question(question), ask)?.ok_or_else(nothing)
    }

    fn review(&self, question: &Question) -> Answer {
        self.answer(|key| key.question(question), || self.inner.review(question))
    }

    fn incident(&self, question: &IncidentQuestion) -> Answer {
        let write = |key: &mut Key| {
            key.text(question.event.name());
            key.maybe(question.target);
            key.context(question.input);
        };
        self.answer(write, || self.inner.incident(question))
    }
}

/// Facts written one after the other, each with its length, so that no two questions look alike.
#[derive(Default)]
struct Key {
    bytes: Vec<u8>,
}

impl Key {
    fn question(&mut self, question: &Question) {
        self.text(question.field.name());
        match &question.base {
            None => self.number(0),
            Some((defender, sentinel)) => {
                self.number(1);
                self.said(defender);
                self.said(sentinel);
            }
        }
        self.said(&question.defender);
        self.said(&question.sentinel);
        self.change(question.defender_change.as_ref());
        self.change(question.sentinel_change.as_ref());
        self.text(question.order.name());
        self.planned(question.planned.as_ref());
        self.context(question.input);
    }

    fn text(&mut self, text: &str) {
        self.bytes.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.bytes.extend(text.as_bytes());
    }

    fn maybe(&mut self, text: Option<&str>) {
        match text {
            None => self.bytes.extend(u32::MAX.to_le_bytes()),
            Some(text) => self.text(text),
        }
    }

    fn number(&mut self, number: usize) {
        self.bytes.extend((number as u64).to_le_bytes());
    }

    fn texts<S: AsRef<str>>(&mut self, texts: &[S]) {
        self.number(texts.len());
        texts.iter().for_each(|t| self.text(t.as_ref()));
    }

    fn said(&mut self, said: &Said) {
        match said {
            Said::Nothing => self.bytes.push(0),
            Said::Unknown(text) => {
                self.bytes.push(1);
                self.text(text);
            }
            Said::Status(status) => {
                self.bytes.push(2);
                self.text(status.name());
            }
            Said::Closing(closing) => {
                self.bytes.push(3);
                self.text(closing.class.name());
                self.maybe(closing.determination.as_ref().map(|d| d.text()));
                self.maybe(closing.reason.as_ref().map(|r| r.text()));
            }
            Said::Owner(owner) => {
                self.bytes.push(4);
                self.maybe(owner.text());
            }
            Said::Severity(severity) => {
                self.bytes.push(5);
                self.text(severity.wire());
            }
            Said::Text(text) => {
                self.bytes.push(6);
                self.text(text);
            }
            Said::Tags(tags) => {
                self.bytes.push(7);
                self.texts(tags);
            }
        }
    }

    fn change(&mut self, change: Option<&Change>) {
        self.maybe(change.map(|c| c.by.name()));
        self.maybe(change.and_then(|c| c.name.as_deref()));
    }

    fn planned(&mut self, planned: Option<&Planned>) {
        let Some(planned) = planned else { return self.number(0) };
        self.number(1);
        self.text(planned.from.name());
        for list in [planned.tags, planned.comments] {
            match list {
                None => self.number(usize::MAX),
                Some(list) => self.texts(list),
            }
        }
    }

    /// What every question has: both incidents as they came, and what happened before.
    fn context(&mut self, input: &Input) {
        self.number(input.new_alerts as usize);
        for number in [input.history.flips, input.history.reopened, input.history.writes] {
            self.number(number as usize);
        }
        let moment = input.moment;
        self.bytes.extend([moment.weekday, moment.hour, u8::from(moment.business_hours)]);
        match &input.defender {
            None => self.bytes.push(0),
            Some(incident) => self.defender(incident),
        }
        match &input.sentinel {
            None => self.bytes.push(0),
            Some(incident) => self.sentinel(incident),
        }
    }

    fn defender(&mut self, incident: &DefenderIncident) {
        self.bytes.push(1);
        self.text(&incident.id);
        self.text(incident.status.text());
        self.maybe(incident.assigned_to.as_deref());
        self.maybe(incident.severity.as_ref().map(|s| s.text()));
        self.maybe(incident.display_name.as_deref());
        self.texts(&incident.custom_tags);
        self.number(incident.alerts.len());
        incident.alerts.iter().for_each(|a| self.maybe(a.service_source.as_deref()));
    }

    fn sentinel(&mut self, incident: &SentinelIncident) {
        self.bytes.push(1);
        self.text(&incident.id);
        self.text(incident.status.text());
        self.maybe(incident.severity.as_ref().map(|s| s.text()));
        self.maybe(incident.title.as_deref());
        self.number(usize::from(incident.owner.is_some()));
        if let Some(owner) = &incident.owner {
            let names =
                [&owner.object_id, &owner.user_principal_name, &owner.email, &owner.assigned_to, &owner.owner_type];
            names.into_iter().for_each(|n| self.maybe(n.as_deref()));
        }
        self.number(incident.labels.len());
        for label in &incident.labels {
            self.text(&label.label_name);
            self.maybe(label.label_type.as_deref());
        }
    }
}
