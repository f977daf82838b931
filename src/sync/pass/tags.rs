//! Tags: a set merge against the base, spelling kept on each side.

use super::outcome::RefusalKind;
use super::{Move, Pass};
use crate::incident::{Field, Label, REDIRECTED_LABEL, Side, has_tag, same_tag, same_tags};
use crate::sync::decision::{Decision, Planned, Question};
use crate::sync::merge::{Changed, merge_tags};
use crate::sync::value::Said;
use std::borrow::Cow;

/// The tags of both sides, parted into those that both shall have and those that were agreed to be on one side only.
struct Parted {
    defender: Vec<String>,
    sentinel: Vec<String>,
    only_defender: Vec<String>,
    only_sentinel: Vec<String>,
    /// What both shall have.
    merged: Vec<String>,
}

impl Parted {
    fn new(base: Option<(&[Cow<str>], &[Cow<str>])>, defender: &[Cow<str>], sentinel: &[Cow<str>]) -> Parted {
        let apart = |own: &[Cow<str>], other: &[Cow<str>], tag: &str| has_tag(own, tag) && !has_tag(other, tag);
        let only = |tag: &str| {
            base.is_some_and(|(d, s)| {
                (apart(d, s, tag) && apart(defender, sentinel, tag))
                    || (apart(s, d, tag) && apart(sentinel, defender, tag))
            })
        };
        let part = |tags: &[Cow<str>], split: bool| -> Vec<String> {
            tags.iter().filter(|t| only(t) == split).map(|t| t.to_string()).collect()
        };
        let merged = merge_tags(base, defender, sentinel).into_iter().filter(|t| !only(t)).map(str::to_owned).collect();
        Parted {
            defender: part(defender, false),
            sentinel: part(sentinel, false),
            only_defender: part(defender, true),
            only_sentinel: part(sentinel, true),
            merged,
        }
    }
}

impl Pass<'_> {
    /// Merges the tags, lets the rule look, and plans both sides.
    pub(super) fn tags(&mut self) {
        let merged = self.merged(Field::Tags);
        let base = merged.base.as_ref().map(|(d, s)| (tags_of(d), tags_of(s)));
        let base = base.as_ref().map(|(d, s)| (d.as_slice(), s.as_slice()));
        let parted = Parted::new(base, &tags_of(&merged.defender), &tags_of(&merged.sentinel));
        if same_tags(&parted.merged, &parted.defender) && same_tags(&parted.merged, &parted.sentinel) {
            return self.settle(Field::Tags, false, false);
        }
        let from = match merged.changed {
            Changed { sentinel: true, defender: false } => Side::Sentinel,
            _ => Side::Defender,
        };
        let plan = Planned { from, tags: Some(&parted.merged), comments: None };
        let question = Question { planned: Some(plan), ..self.question(&merged, None) };
        let Some((asked, ruling)) = self.ask(&question, Some(from)) else { return };
        self.note(&merged, asked, ruling.clone());
        let mut tags = parted.merged.clone();
        match ruling.decision {
            Decision::Accept => {}
            Decision::Hold => return self.hold(Field::Tags, ruling.reason),
            Decision::Split | Decision::Keep => return self.settle(Field::Tags, false, false),
            Decision::TakeDefender => tags.clone_from(&parted.defender),
            Decision::TakeSentinel => tags.clone_from(&parted.sentinel),
            Decision::MergeSets { add, remove } => {
                tags.retain(|tag| !has_tag(&remove, tag));
                let missing: Vec<String> = add.into_iter().filter(|t| !has_tag(&tags, t)).collect();
                tags.extend(missing);
            }
            other => {
                let message = format!("`{}` is no answer about `tags`", other.name());
                return self.refuse(Some(Field::Tags), RefusalKind::NotHere, message, ruling.line);
            }
        }
        self.write_tags(&tags, &parted);
    }

    fn write_tags(&mut self, tags: &[String], parted: &Parted) {
        let (defender, sentinel) = (!same_tags(tags, &parted.defender), !same_tags(tags, &parted.sentinel));
        if defender {
            let spelled = |tag: &String| parted.defender.iter().find(|own| same_tag(own, tag)).unwrap_or(tag).clone();
            let all = tags.iter().map(spelled).chain(parted.only_defender.iter().cloned());
            self.out.writes.defender.custom_tags = Some(all.collect());
        }
        if sentinel {
            let labels = &self.sentinel.labels;
            let kept = labels.iter().filter(|l| !l.is_user() || is_redirected(&l.label_name)).cloned();
            let user = tags.iter().chain(&parted.only_sentinel).map(|tag| {
                let own = labels.iter().find(|l| l.is_user() && same_tag(&l.label_name, tag));
                own.cloned().unwrap_or_else(|| Label::user(tag.clone()))
            });
            self.out.writes.sentinel.labels = Some(user.chain(kept).collect());
        }
        self.out.moves.insert(Field::Tags, Move::After { defender, sentinel });
    }
}

fn is_redirected(label: &str) -> bool {
    same_tag(label, REDIRECTED_LABEL)
}

/// The tags of a side; the label of merged incidents is no user's tag.
fn tags_of<'b>(said: &'b Said<'_>) -> Vec<Cow<'b, str>> {
    match said {
        Said::Tags(tags) => tags.iter().filter(|t| !is_redirected(t)).map(|t| Cow::Borrowed(t.as_ref())).collect(),
        _ => vec![],
    }
}
