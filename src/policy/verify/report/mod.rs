//! What a verification found, as data; its text is in [`text`].

mod text;
mod trace;

pub(in crate::policy) use text::state as show_state;
pub use trace::{Decided, State, Step, Trace};
pub(super) use trace::{decision, state, trace};

use super::find::Invariant;
use serde_json::{Value, json};

/// What a verification found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The rule's name.
    pub rule: String,
    /// What was verified: SHA-256 of the script, the constants and the directory.
    pub digest: String,
    /// Whether every state of the scope was looked at: not so after a stop at the first violation, or a cancellation.
    pub complete: bool,
    /// Whether it was the whole domain and not its quick part.
    pub full: bool,
    /// States.
    pub states: u64,
    /// States of each product of values.
    pub products: Vec<(&'static str, u64)>,
    /// Questions to the rule, repeated ones too.
    pub questions: u64,
    /// Questions that differ in any fact: a rule is a function of its facts, so only these were asked; 0 when all were.
    pub distinct_questions: u64,
    /// States in which something is held in the end.
    pub held: u64,
    /// States that were decided without asking the rule.
    pub by_default: u64,
    /// What is broken, in the order of the invariants.
    pub violations: Vec<Violation>,
    /// What breaks nothing and is worth knowing.
    pub warnings: Vec<Warning>,
    /// What the rule's branches did, where they were watched.
    pub branches: Option<Branches>,
}

/// Something that is broken.
#[derive(Clone, Debug)]
pub struct Violation {
    /// What.
    pub invariant: Invariant,
    /// In which way.
    pub kind: &'static str,
    /// In how many states.
    pub states: u64,
    /// The simplest of them.
    pub trace: Trace,
}

/// Something worth knowing.
#[derive(Clone, Debug)]
pub struct Warning {
    /// `I9` or `I15`.
    pub invariant: &'static str,
    /// What.
    pub message: &'static str,
    /// In how many states.
    pub states: u64,
    /// The simplest of them.
    pub example: State,
}

/// Branches of the rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branches {
    /// Those that were taken in some state.
    pub taken: usize,
    /// All.
    pub total: usize,
    /// Where those are that never were, as `line 4: else`.
    pub never: Vec<String>,
}

impl Report {
    /// True when nothing is broken and nothing was left out.
    pub fn passes(&self) -> bool {
        self.violations.is_empty() && self.complete
    }

    /// For programs. Seconds are the caller's: this module has no clock.
    pub fn json(&self, seconds: f64) -> Value {
        let violation = |v: &Violation| json!({"invariant": v.invariant.id(), "says": v.invariant.says(), "kind": v.kind, "states": v.states, "trace": v.trace});
        let warning = |w: &Warning| json!({"invariant": w.invariant, "message": w.message, "states": w.states, "example": w.example});
        let branches = self.branches.as_ref().map(|b| json!({"taken": b.taken, "total": b.total, "never": b.never}));
        json!({
            "rule": self.rule,
            "states": self.states,
            "seconds": seconds,
            "violations": self.violations.iter().map(violation).collect::<Vec<_>>(),
            "digest": self.digest,
            "scope": if self.full { "full" } else { "quick" },
            "complete": self.complete,
            "products": self.products.iter().map(|(n, s)| json!({"name": n, "states": s})).collect::<Vec<_>>(),
            "questions": self.questions,
            "distinct_questions": self.distinct_questions,
            "held": self.held,
            "by_default": self.by_default,
            "warnings": self.warnings.iter().map(warning).collect::<Vec<_>>(),
            "branches": branches,
        })
    }
}
