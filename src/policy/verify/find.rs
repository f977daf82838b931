//! What was found broken: counted for every kind, with the simplest state of each.

use std::collections::BTreeMap;

/// What every rule has to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// Every question has a decision.
    Total,
    /// Only legal values are written.
    Legal,
    /// Both sides agree, or the difference is recorded, after two passes at most.
    Converges,
    /// No value comes back after it was left, and our own writes decide nothing.
    NoPingPong,
    /// The pass after the last write plans nothing.
    Idempotent,
    /// What is closed is opened for a cause only.
    NeverReopens,
    /// A closing that nobody changed comes back natively the same.
    Lossless,
    /// No person's change is overwritten without a trace.
    NoSilentLoss,
    /// The order of lists does not matter.
    OrderFree,
    /// A tag that a person took away stays away.
    MonotoneTags,
    /// A comment is on each side once.
    CommentOnce,
    /// A merged incident is never written to.
    RedirectTerminal,
    /// A loop with somebody else's machine ends.
    Bounded,
}

impl Invariant {
    /// All that can be broken.
    pub const ALL: [Invariant; 13] = [
        Invariant::Total,
        Invariant::Legal,
        Invariant::Converges,
        Invariant::NoPingPong,
        Invariant::Idempotent,
        Invariant::NeverReopens,
        Invariant::Lossless,
        Invariant::NoSilentLoss,
        Invariant::OrderFree,
        Invariant::MonotoneTags,
        Invariant::CommentOnce,
        Invariant::RedirectTerminal,
        Invariant::Bounded,
    ];

    /// Its number, as `I4`.
    pub const fn id(self) -> &'static str {
        match self {
            Invariant::Total => "I1",
            Invariant::Legal => "I2",
            Invariant::Converges => "I3",
            Invariant::NoPingPong => "I4",
            Invariant::Idempotent => "I5",
            Invariant::NeverReopens => "I6",
            Invariant::Lossless => "I7",
            Invariant::NoSilentLoss => "I8",
            Invariant::OrderFree => "I10",
            Invariant::MonotoneTags => "I11",
            Invariant::CommentOnce => "I12",
            Invariant::RedirectTerminal => "I13",
            Invariant::Bounded => "I14",
        }
    }

    /// What it demands, in a line.
    pub const fn says(self) -> &'static str {
        match self {
            Invariant::Total => "every question has a decision",
            Invariant::Legal => "only legal values are written",
            Invariant::Converges => "both sides agree after two passes, or the difference is recorded",
            Invariant::NoPingPong => "no value comes back after it was left, and our own writes decide nothing",
            Invariant::Idempotent => "the pass after the last write plans nothing",
            Invariant::NeverReopens => "what is closed is opened for a cause only",
            Invariant::Lossless => "a closing that nobody changed comes back natively the same",
            Invariant::NoSilentLoss => "no person's change is overwritten without a trace",
            Invariant::OrderFree => "the order of lists does not matter",
            Invariant::MonotoneTags => "a tag that a person took away stays away",
            Invariant::CommentOnce => "a comment is on each side once",
            Invariant::RedirectTerminal => "a merged incident is never written to",
            Invariant::Bounded => "a loop with somebody else's machine ends",
        }
    }
}

/// An invariant and the way in which it is broken.
pub(super) type What = (Invariant, &'static str);

/// How simple a state is: passes to follow, values that are not plain, place in the enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Simple {
    pub passes: usize,
    pub distance: usize,
    pub product: usize,
    pub index: u64,
}

/// States that break one thing in one way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub states: u64,
    pub simplest: Simple,
    last: (usize, u64),
}

/// Where findings go.
#[derive(Default)]
pub(super) struct Findings {
    pub found: BTreeMap<What, Found>,
    /// Things to know that break nothing: counted, with the simplest state of each.
    pub warned: BTreeMap<&'static str, Found>,
    at: Option<Simple>,
    /// Of which finding the sentence is wanted, and the sentence.
    wanted: Option<What>,
    said: Option<String>,
}

impl Findings {
    /// Findings that only listen for one, to tell it.
    pub fn wanting(what: What) -> Findings {
        Findings { wanted: Some(what), ..Findings::default() }
    }

    /// The sentence about what was wanted.
    pub fn into_said(self) -> Option<String> {
        self.said
    }

    /// The state that findings belong to from now on.
    pub fn at(&mut self, product: usize, index: u64, distance: usize) {
        self.at = Some(Simple { passes: 0, distance, product, index });
    }

    /// Something is broken in the present state, to be seen after this many passes.
    pub fn broken(&mut self, what: What, passes: usize, say: impl FnOnce() -> String) {
        if self.wanted == Some(what) && self.said.is_none() {
            self.said = Some(say());
        }
        if let Some(at) = self.at {
            count(&mut self.found, what, Simple { passes, ..at });
        }
    }

    /// Something is worth knowing about the present state.
    pub fn warn(&mut self, what: &'static str) {
        if let Some(at) = self.at {
            count(&mut self.warned, what, at);
        }
    }

    /// Takes in what another worker found.
    pub fn merge(&mut self, other: Findings) {
        merge(&mut self.found, other.found);
        merge(&mut self.warned, other.warned);
    }
}

fn count<K: Ord>(map: &mut BTreeMap<K, Found>, what: K, at: Simple) {
    let here = (at.product, at.index);
    let found = map.entry(what).or_insert(Found { states: 0, simplest: at, last: (usize::MAX, 0) });
    // A state that breaks one thing in two fields is one state.
    found.states += u64::from(found.last != here);
    found.last = here;
    found.simplest = found.simplest.min(at);
}

fn merge<K: Ord>(into: &mut BTreeMap<K, Found>, from: BTreeMap<K, Found>) {
    for (what, other) in from {
        let found = into.entry(what).or_insert(Found { states: 0, ..other });
        found.states += other.states;
        found.simplest = found.simplest.min(other.simplest);
    }
}
