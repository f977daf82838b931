//! How the query services deliver telemetry: late, twice, out of order, and never more than a limit.
//!
//! In: what the caller or `POST /__control/telemetry` wishes. Out: what of a table is there at a time (`arrival`), what a
//! service does to an answer before it is sent (`delivery`), and the truth beside it (`truth`). Which row is late or comes
//! twice follows from the row and a seed, never from chance.

mod arrival;
mod delivery;
mod timespan;
mod truth;

pub use arrival::Arrivals;
pub(super) use delivery::{deliver, fitting};
pub(super) use timespan::window;
pub(super) use truth::truth;

use super::wire::Object;
use serde_json::{Value as Json, json};

/// Where rows are that come twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Twice {
    /// In the table, as in a workspace that took a row in twice: every query sees both, `count()` too.
    #[default]
    Stored,
    /// In answers of rows only: `count()` tells the distinct number.
    Answered,
}

impl Twice {
    /// The kind by its word: `stored` or `answered`.
    pub fn named(word: &str) -> Option<Twice> {
        match word {
            "stored" => Some(Twice::Stored),
            "answered" => Some(Twice::Answered),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Twice::Stored => "stored",
            Twice::Answered => "answered",
        }
    }
}

/// How telemetry is delivered. The defaults: every row at once, once, in order, within the documented limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telemetry {
    /// Rows become visible 7 s to 14 h after their event.
    pub late: bool,
    /// How many of a thousand rows come twice.
    pub duplicates: u32,
    /// Where they are.
    pub twice: Twice,
    /// Answers that no `sort` puts in order come in another one.
    pub shuffle: bool,
    /// Which rows are late, twice and where follows from this number.
    pub seed: u64,
    /// Rows a hunting query may return before it is refused (the service documents 100,000).
    pub hunting_rows: usize,
    /// Bytes of rows a hunting query may return before it is refused (documented for the older API: 124 MB).
    pub hunting_bytes: usize,
    /// A hunting answer over a limit is cut there without a word, instead of refused.
    pub silent: bool,
    /// Days that hunting looks back (documented: 30); `None` for all.
    pub hunting_days: Option<u32>,
    /// Rows a Log Analytics query may return before the answer is cut and marked partial (documented: 500,000).
    pub la_rows: usize,
    /// Bytes of rows a Log Analytics query may return before the same (documented: about 100 MiB).
    pub la_bytes: usize,
}

impl Default for Telemetry {
    fn default() -> Telemetry {
        Telemetry {
            late: false,
            duplicates: 0,
            twice: Twice::default(),
            shuffle: false,
            seed: 1,
            hunting_rows: 100_000,
            hunting_bytes: 124_000_000,
            silent: false,
            hunting_days: None,
            la_rows: 500_000,
            la_bytes: 100 << 20,
        }
    }
}

impl Telemetry {
    /// What the tables hold.
    pub(super) fn arrivals(&self) -> Arrivals {
        let stored = if self.twice == Twice::Stored { self.duplicates } else { 0 };
        Arrivals { late: self.late, twice: stored, seed: self.seed }
    }

    /// The settings, as `set` takes them.
    pub(super) fn json(&self) -> Json {
        json!({"late": self.late, "duplicates": self.duplicates, "twice": self.twice.word(), "shuffle": self.shuffle,
            "seed": self.seed, "hunting_rows": self.hunting_rows, "hunting_bytes": self.hunting_bytes,
            "silent": self.silent, "hunting_days": self.hunting_days, "la_rows": self.la_rows,
            "la_bytes": self.la_bytes})
    }

    /// Changes what `body` names. Nothing changes on an error.
    pub(super) fn set(&mut self, body: &Object) -> Result<(), String> {
        let mut next = self.clone();
        for (name, value) in body {
            let flag = || value.as_bool().ok_or_else(|| format!("`{name}` is true or false"));
            let number = || value.as_u64().ok_or_else(|| format!("`{name}` is a whole number"));
            let count = || number().map(|n| usize::try_from(n).unwrap_or(usize::MAX));
            match name.as_str() {
                "late" => next.late = flag()?,
                "duplicates" => next.duplicates = per_mille(number()?)?,
                "twice" => {
                    let word = value.as_str().unwrap_or_default();
                    next.twice = Twice::named(word).ok_or("`twice` is `stored` or `answered`")?;
                }
                "shuffle" => next.shuffle = flag()?,
                "seed" => next.seed = number()?,
                "hunting_rows" => next.hunting_rows = count()?,
                "hunting_bytes" => next.hunting_bytes = count()?,
                "silent" => next.silent = flag()?,
                "hunting_days" if value.is_null() => next.hunting_days = None,
                "hunting_days" => next.hunting_days = Some(u32::try_from(number()?).unwrap_or(u32::MAX)),
                "la_rows" => next.la_rows = count()?,
                "la_bytes" => next.la_bytes = count()?,
                other => return Err(format!("unknown setting `{other}`")),
            }
        }
        *self = next;
        Ok(())
    }
}

fn per_mille(number: u64) -> Result<u32, String> {
    u32::try_from(number).ok().filter(|n| *n <= 1000).ok_or_else(|| "`duplicates` is a number up to 1000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(telemetry: &mut Telemetry, body: &Json) -> Result<(), String> {
        telemetry.set(body.as_object().unwrap())
    }

    #[test]
    fn settings_come_back_as_they_were_set() {
        let mut telemetry = Telemetry::default();
        let mut body = json!({"late": true, "duplicates": 30, "twice": "answered", "shuffle": true, "seed": 7,
            "hunting_rows": 10, "hunting_bytes": 11, "silent": true, "hunting_days": 30, "la_rows": 12, "la_bytes": 13});
        set(&mut telemetry, &body).unwrap();
        assert_eq!(telemetry.json(), body);
        body["hunting_days"] = Json::Null;
        set(&mut telemetry, &json!({"hunting_days": null})).unwrap();
        assert_eq!(telemetry.json(), body);
    }

    #[test]
    fn nonsense_changes_nothing() {
        let mut telemetry = Telemetry::default();
        for bad in
            [json!({"late": true, "x": 1}), json!({"duplicates": 1001}), json!({"twice": "x"}), json!({"seed": -1})]
        {
            assert!(set(&mut telemetry, &bad).is_err(), "{bad}");
        }
        assert_eq!(telemetry, Telemetry::default());
    }

    #[test]
    fn rows_that_are_stored_twice_are_not_doubled_again() {
        let stored = Telemetry { duplicates: 30, ..Telemetry::default() };
        assert_eq!(stored.arrivals().twice, 30);
        assert_eq!(Telemetry { twice: Twice::Answered, ..stored }.arrivals().twice, 0);
    }
}
