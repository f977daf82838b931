//! The three-way merge of one field. Pure and total: every combination has an outcome, and a conflict is one of them.

use super::value::Said;
use crate::incident::{Side, has_tag};
use std::borrow::Cow;

/// What a three-way merge finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Merge {
    /// Nothing is to be done: the same meaning, or a difference that was agreed on.
    Same,
    /// This side changed and the other did not.
    Carry(Side),
    /// Both changed, to different meanings.
    Conflict,
    /// This side has a value that nobody knows, and something would have to be done about it.
    Unknown(Side),
}

/// Which side changed since the base; without a base every difference counts as a change of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Changed {
    /// Defender did.
    pub defender: bool,
    /// Sentinel did.
    pub sentinel: bool,
}

/// Merges one field. `echo` says of each side that its present value is what we wrote there ourselves: then it is no change.
pub fn merge(base: Option<&(Said, Said)>, defender: &Said, sentinel: &Said, echo: (bool, bool)) -> (Merge, Changed) {
    if defender.same(sentinel) {
        return (Merge::Same, changed(base, defender, sentinel, echo));
    }
    let changed = changed(base, defender, sentinel, echo);
    let found = match (defender, sentinel) {
        // An empty text says nothing: it is filled, and never wipes the other side.
        (Said::Nothing, Said::Nothing) => Merge::Same,
        (Said::Nothing, _) => one_sided(Side::Sentinel, changed.sentinel, sentinel),
        (_, Said::Nothing) => one_sided(Side::Defender, changed.defender, defender),
        _ => match (changed.defender, changed.sentinel) {
            // Our own write is on one side only: what it was to agree with has gone back since.
            (false, false) if ours_stands(base, defender, sentinel, echo) => Merge::Conflict,
            (false, false) => Merge::Same,
            (true, false) => Merge::Carry(Side::Defender),
            (false, true) => Merge::Carry(Side::Sentinel),
            (true, true) => Merge::Conflict,
        },
    };
    let unknown = match (found, defender, sentinel) {
        (Merge::Same, ..) => None,
        (_, Said::Unknown(_), _) => Some(Side::Defender),
        (_, _, Said::Unknown(_)) => Some(Side::Sentinel),
        _ => None,
    };
    (unknown.map_or(found, Merge::Unknown), changed)
}

/// True when a side still has what we wrote there, and that is not what was agreed.
fn ours_stands(base: Option<&(Said, Said)>, defender: &Said, sentinel: &Said, echo: (bool, bool)) -> bool {
    base.is_some_and(|(d, s)| (echo.0 && !d.same(defender)) || (echo.1 && !s.same(sentinel)))
}

fn one_sided(side: Side, changed: bool, said: &Said) -> Merge {
    match (changed, said) {
        (false, _) => Merge::Same,
        (true, Said::Unknown(_)) => Merge::Unknown(side),
        (true, _) => Merge::Carry(side),
    }
}

fn changed(base: Option<&(Said, Said)>, defender: &Said, sentinel: &Said, echo: (bool, bool)) -> Changed {
    match base {
        None => {
            let differ = !defender.same(sentinel);
            Changed { defender: differ, sentinel: differ }
        }
        Some((d, s)) => Changed { defender: !echo.0 && !d.same(defender), sentinel: !echo.1 && !s.same(sentinel) },
    }
}

/// Tags that both sides shall have: everything that either has now, without what either took away since the base.
/// Order and spelling are those of the first side that has it, Defender first.
pub fn merge_tags<'a>(
    base: Option<(&[Cow<'_, str>], &[Cow<'_, str>])>,
    defender: &'a [Cow<'a, str>],
    sentinel: &'a [Cow<'a, str>],
) -> Vec<&'a str> {
    let removed = |tag: &str| match base {
        None => false,
        Some((d, s)) => (has_tag(d, tag) && !has_tag(defender, tag)) || (has_tag(s, tag) && !has_tag(sentinel, tag)),
    };
    let mut out: Vec<&str> = Vec::new();
    for tag in defender.iter().chain(sentinel) {
        if !removed(tag) && !has_tag(&out, tag) {
            out.push(tag);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Status;

    const SAID: [Said<'static>; 5] = [
        Said::Nothing,
        Said::Unknown(Cow::Borrowed("escalated")),
        Said::Status(Status::New),
        Said::Status(Status::InProgress),
        Said::Status(Status::Closed),
    ];

    fn mirrored(found: Merge) -> Merge {
        match found {
            Merge::Carry(side) => Merge::Carry(side.other()),
            Merge::Unknown(side) => Merge::Unknown(side.other()),
            other => other,
        }
    }

    /// Every combination has an outcome, and swapping the sides swaps it.
    #[test]
    fn is_total_and_symmetric() {
        let bases = SAID.iter().flat_map(|d| SAID.iter().map(move |s| Some((d.clone(), s.clone())))).chain([None]);
        for base in bases {
            let swapped = base.clone().map(|(d, s)| (s, d));
            for d in &SAID {
                for s in &SAID {
                    let (found, changed) = merge(base.as_ref(), d, s, (false, false));
                    let (back, mirror) = merge(swapped.as_ref(), s, d, (false, false));
                    assert_eq!((changed.defender, changed.sentinel), (mirror.sentinel, mirror.defender));
                    let both_unknown = matches!((d, s), (Said::Unknown(_), Said::Unknown(_)));
                    assert!(both_unknown || back == mirrored(found), "{base:?} {d:?} {s:?}");
                    assert!(!d.same(s) || found == Merge::Same);
                }
            }
        }
    }

    #[test]
    fn our_own_write_is_no_change() {
        let status = Said::Status;
        let base = (status(Status::New), status(Status::New));
        // We wrote `in_progress` to Defender and died; then a person closed it in Sentinel.
        let (found, _) = merge(Some(&base), &status(Status::InProgress), &status(Status::Closed), (true, false));
        assert_eq!(found, Merge::Carry(Side::Sentinel));
        // ... or Sentinel went back: nobody can say what is meant.
        let (found, _) = merge(Some(&base), &status(Status::InProgress), &status(Status::New), (true, false));
        assert_eq!(found, Merge::Conflict);
    }

    #[test]
    fn a_difference_that_was_agreed_on_stays_agreed() {
        let base = (Said::Status(Status::New), Said::Status(Status::InProgress));
        assert_eq!(merge(Some(&base), &base.0, &base.1, (true, true)).0, Merge::Same);
    }

    #[test]
    fn a_removed_tag_is_not_brought_back() {
        let tags = |t: &[&'static str]| t.iter().map(|t| Cow::Borrowed(*t)).collect::<Vec<_>>();
        let (base_d, base_s) = (tags(&["vip"]), tags(&["VIP"]));
        let (d, s) = (tags(&["vip", "phish"]), tags(&[]));
        assert_eq!(merge_tags(Some((&base_d, &base_s)), &d, &s), ["phish"]);
        let (a, b) = (tags(&["a"]), tags(&["A", "b"]));
        assert_eq!(merge_tags(None, &a, &b), ["a", "b"]);
    }
}
