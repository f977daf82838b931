//! What a decision leaves in the ledger: the journal, fields that wait for a person, and the end of the queue.

use super::pair::Loaded;
use super::{PassReport, RunError, Sync};
use crate::incident::Field;
use crate::ledger::{self, Loser, Question};
use crate::sync::input::Input;
use crate::sync::pass::{Hold, Outcome, Subject};
use crate::sync::port::Services;
use serde_json::{Value, json};

impl<S: Services> Sync<'_, S> {
    /// Journals what was decided, when there is anything to tell, and keeps the fields that wait for a person.
    pub(super) fn remember(
        &self,
        loaded: &Loaded,
        input: &Input,
        outcome: &Outcome,
        report: &mut PassReport,
    ) -> Result<(), RunError> {
        report.decided += 1;
        report.held += outcome.holds.len();
        let (pair, at) = (loaded.pair.id, self.clock.now());
        let mut news = !outcome.rulings.is_empty() || !outcome.writes.is_empty() || !outcome.refusals.is_empty();
        self.ledger.together(|ledger| {
            let mut held_before = Vec::new();
            for field in Field::ALL {
                held_before.extend(ledger.held(pair, field)?.map(|_| field));
            }
            for hold in &outcome.holds {
                let field = hold.field.unwrap_or(Field::Status);
                let question = question(outcome, hold, input);
                let facts = ledger::digest(&question);
                let ask = Question { pair, field, reason: hold.why.clone(), facts, question, at };
                news |= ledger.hold(&ask)? != ledger::Held::Same;
            }
            let waits = |field: &Field| outcome.holds.iter().any(|h| h.field.unwrap_or(Field::Status) == *field);
            // An answered field is let go only when what was answered is written: until then the answer counts again.
            for field in held_before.into_iter().filter(|f| !waits(f) && !input.answers.contains_key(f)) {
                ledger.release(pair, field)?;
                news = true;
            }
            if let Some(reason) = &outcome.freeze {
                ledger.freeze(pair, reason, at)?;
            }
            if let Some(reason) = &outcome.unlink {
                ledger.unlink(pair, reason, at)?;
            }
            if news {
                let losers = outcome
                    .lost
                    .iter()
                    .map(|l| Loser { field: l.field, side: l.side, value: json!(l.value) })
                    .collect();
                ledger.decide(&ledger::Decision {
                    pair,
                    rule: self.options.rule.name.clone(),
                    rule_digest: self.options.rule.digest.clone(),
                    input: recorded(input),
                    outcome: outcome.json(),
                    losers,
                    holds: outcome.holds.iter().filter_map(|h| h.field).collect(),
                    at,
                })?;
            }
            Ok(())
        })?;
        report.frozen += usize::from(outcome.freeze.is_some());
        Ok(())
    }

    /// Takes a decided pair from the queue, with the answers that were carried out.
    pub(super) fn finish(&self, loaded: &Loaded, input: &Input, outcome: &Outcome) -> Result<(), RunError> {
        for field in input.answers.keys() {
            match outcome.holds.iter().any(|h| h.field == Some(*field)) {
                true => drop(self.ledger.take_answer(loaded.pair.id, *field)?),
                false => drop(self.ledger.release(loaded.pair.id, *field)?),
            }
        }
        for (side, id, mark) in &loaded.marks {
            self.ledger.decided(*side, id, *mark)?;
        }
        Ok(())
    }
}

/// What a person is asked about a held field.
fn question(outcome: &Outcome, hold: &Hold, input: &Input) -> Value {
    let ruled = outcome.rulings.iter().rev().find(|r| match r.subject {
        Subject::Field(field) => Some(field) == hold.field,
        Subject::Incident(_) => hold.field.is_none(),
    });
    let base = input
        .base
        .as_ref()
        .map(|b| json!({"defender": b.defender.status.text(), "sentinel": b.sentinel.status.text()}));
    json!({
        "field": hold.name(),
        "why": hold.why,
        "defender": ruled.map(|r| r.defender.clone()),
        "sentinel": ruled.map(|r| r.sentinel.clone()),
        "base_status": base,
    })
}

/// An input as the journal keeps it: all that a decision is made of, without the evidence of alerts.
fn recorded(input: &Input) -> Value {
    let mut input = input.clone();
    if let Some(defender) = &mut input.defender {
        defender.other.clear();
        for alert in &mut defender.alerts {
            alert.evidence.clear();
            alert.other.clear();
        }
    }
    if let Some(sentinel) = &mut input.sentinel {
        sentinel.other.clear();
        sentinel.alerts.clear();
        sentinel.entities.clear();
    }
    serde_json::to_value(&input).unwrap_or(Value::Null)
}
