//! Fields that wait for a person: the question, and the answer that may come from another process.
//!
//! In: questions from the sync, answers from people. Out: both. An answer belongs to the facts it was given for: when the
//! facts change, the old answer is dropped, and an answer to the old question is refused.

use super::journal::{Note, add_note};
use super::pairs::incidents;
use super::{Desk, Ledger, LedgerError, PairId, Reader, all, field_of, from_json, one, run, to_json};
use crate::incident::Field;
use rusqlite::{Row, params};
use serde::Serialize;
use serde_json::{Value, json};

/// A question about a field.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Question {
    /// The pair.
    pub pair: PairId,
    /// The field.
    pub field: Field,
    /// Why nothing is written, one line.
    pub reason: String,
    /// The digest of the facts that the question follows from.
    pub facts: String,
    /// The question itself: the values of both sides.
    pub question: Value,
    /// When it came up, ticks.
    pub at: i64,
}

/// What a person said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The answer.
    pub answer: Value,
    /// Who.
    pub by: String,
    /// When, ticks.
    pub at: i64,
}

/// A field that is held.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hold {
    /// The question; its time is that of the first time it came up.
    pub question: Question,
    /// The answer, until it is taken.
    pub answer: Option<Answer>,
}

/// What holding a field changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// It was not held before.
    New,
    /// It was held for the same facts: time and answer stay.
    Same,
    /// It was held for other facts: the question is new, and an answer to the old one is dropped.
    Changed,
}

const COLUMNS: &str = "SELECT pair, field, reason, facts, since, question, answer, by, answered FROM hold";

fn read(row: &Row<'_>) -> Result<Hold, LedgerError> {
    let (pair, field) = (PairId(row.get("pair")?), field_of(&row.get::<_, String>("field")?)?);
    let place = format!("the hold of `{}` of pair {}", field.name(), pair.0);
    let answer = match row.get::<_, Option<String>>("answer")? {
        None => None,
        Some(text) => Some(Answer { answer: from_json(&text, &place)?, by: row.get("by")?, at: row.get("answered")? }),
    };
    let question = Question {
        pair,
        field,
        reason: row.get("reason")?,
        facts: row.get("facts")?,
        question: from_json(&row.get::<_, String>("question")?, &place)?,
        at: row.get("since")?,
    };
    Ok(Hold { question, answer })
}

impl Reader {
    /// Everything that is held, oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn holds(&self) -> Result<Vec<Hold>, LedgerError> {
        all(&self.conn, &format!("{COLUMNS} ORDER BY since, pair, field"), [], read)
    }

    /// One hold.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn held(&self, pair: PairId, field: Field) -> Result<Option<Hold>, LedgerError> {
        one(&self.conn, &format!("{COLUMNS} WHERE pair = ?1 AND field = ?2"), params![pair.0, field.name()], read)
    }
}

impl Desk {
    /// Answers the question of a hold; a second answer takes the place of the first until the sync takes it. `facts` is
    /// that of the question that is answered. The journal keeps every answer.
    ///
    /// # Errors
    /// [`LedgerError::NotHeld`], [`LedgerError::QuestionChanged`] when the facts are no longer those, or the ledger
    /// cannot be written.
    pub fn answer(&self, pair: PairId, field: Field, facts: &str, answer: &Answer) -> Result<(), LedgerError> {
        let text = to_json(&answer.answer)?;
        self.change(|conn| {
            let sql = "SELECT facts FROM hold WHERE pair = ?1 AND field = ?2";
            match one(conn, sql, params![pair.0, field.name()], |row| Ok(row.get::<_, String>(0)?))? {
                None => return Err(LedgerError::NotHeld(pair, field)),
                Some(now) if now != facts => return Err(LedgerError::QuestionChanged(pair, field)),
                Some(_) => {}
            }
            let sql = "UPDATE hold SET answer = ?3, by = ?4, answered = ?5 WHERE pair = ?1 AND field = ?2";
            run(conn, sql, params![pair.0, field.name(), text, answer.by, answer.at])?;
            let data = json!({ "field": field, "facts": facts, "answer": answer.answer, "by": answer.by });
            add_note(
                conn,
                &Note { pair: Some(pair), text: "a held field was answered".to_owned(), data, at: answer.at },
            )?;
            Ok(())
        })
    }
}

impl Ledger {
    /// Holds a field. The same facts again change nothing.
    ///
    /// # Errors
    /// When there is no such pair, or the ledger cannot be written.
    pub fn hold(&self, ask: &Question) -> Result<Held, LedgerError> {
        let question = to_json(&ask.question)?;
        let (pair, field) = (ask.pair, ask.field.name());
        self.change(|conn| {
            incidents(conn, pair)?;
            let sql = "SELECT facts FROM hold WHERE pair = ?1 AND field = ?2";
            let before = one(conn, sql, params![pair.0, field], |row| Ok(row.get::<_, String>(0)?))?;
            if before.as_ref() == Some(&ask.facts) {
                return Ok(Held::Same);
            }
            let sql = "INSERT INTO hold (pair, field, reason, facts, since, question) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                ON CONFLICT DO UPDATE SET reason = excluded.reason, facts = excluded.facts, since = excluded.since,
                question = excluded.question, answer = NULL, by = NULL, answered = NULL";
            run(conn, sql, params![pair.0, field, ask.reason, ask.facts, ask.at, question])?;
            Ok(if before.is_none() { Held::New } else { Held::Changed })
        })
    }

    /// Lets go of a field; false when it was not held.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn release(&self, pair: PairId, field: Field) -> Result<bool, LedgerError> {
        let sql = "DELETE FROM hold WHERE pair = ?1 AND field = ?2";
        self.change(|conn| Ok(run(conn, sql, params![pair.0, field.name()])? > 0))
    }

    /// Takes the answer of a hold, which stays held. Call it inside [`Ledger::together`] with what the answer brought
    /// about: an answer that is taken is given only once.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn take_answer(&self, pair: PairId, field: Field) -> Result<Option<Answer>, LedgerError> {
        self.change(|conn| {
            let Some(answer) = self.held(pair, field)?.and_then(|hold| hold.answer) else { return Ok(None) };
            let sql = "UPDATE hold SET answer = NULL, by = NULL, answered = NULL WHERE pair = ?1 AND field = ?2";
            run(conn, sql, params![pair.0, field.name()])?;
            Ok(Some(answer))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::fresh;

    #[test]
    fn an_answer_is_for_the_facts_it_was_given_for() {
        let (_dir, ledger) = fresh();
        let pair = ledger.link("7", "a", "provider", 1).unwrap().id;
        let ask = |facts: &str, at| Question {
            pair,
            field: Field::Closing,
            reason: "both sides changed it".into(),
            facts: facts.into(),
            question: json!({ "defender": "malware", "sentinel": "benign" }),
            at,
        };
        let said = Answer { answer: json!("take_d"), by: "alice".into(), at: 5 };
        assert!(matches!(ledger.answer(pair, Field::Closing, "f1", &said), Err(LedgerError::NotHeld(..))));
        assert_eq!(ledger.hold(&ask("f1", 2)).unwrap(), Held::New);
        ledger.answer(pair, Field::Closing, "f1", &said).unwrap();
        assert_eq!(ledger.hold(&ask("f1", 3)).unwrap(), Held::Same);
        let held = ledger.held(pair, Field::Closing).unwrap().unwrap();
        assert_eq!(held, Hold { question: ask("f1", 2), answer: Some(said.clone()) });
        assert_eq!(ledger.hold(&ask("f2", 4)).unwrap(), Held::Changed);
        assert_eq!(ledger.take_answer(pair, Field::Closing).unwrap(), None);
        assert!(matches!(ledger.answer(pair, Field::Closing, "f1", &said), Err(LedgerError::QuestionChanged(..))));
        ledger.answer(pair, Field::Closing, "f2", &said).unwrap();
        assert_eq!(ledger.take_answer(pair, Field::Closing).unwrap(), Some(said));
        assert_eq!(ledger.take_answer(pair, Field::Closing).unwrap(), None);
        assert_eq!(ledger.holds().unwrap(), [Hold { question: ask("f2", 4), answer: None }]);
        assert!(ledger.release(pair, Field::Closing).unwrap());
        assert!(!ledger.release(pair, Field::Closing).unwrap());
        assert_eq!(ledger.entries().count(), 2, "the journal keeps both answers");
    }
}
