//! Tags: a set merge against the base, spelling kept on each side.

use super::outcome::RefusalKind;
use super::{Move, Pass};
use crate::incident::{Field, Label, REDIRECTED_LABEL, has_tag, same_tag, same_tags};
use crate::sync::decision::{Decision, Planned, Question};
use crate::sync::merge::{Changed, merge_tags};
use crate::sync::value::Said;
use std::borrow::Cow;

impl<'a> Pass<'a> {
    /// Merges the tags, lets the rule look, and plans both sides.
    pub(super) fn tags(&mut self) {
        let merged = self.merged(Field::Tags);
        let (defender, sentinel) = (tags_of(&merged.defender), tags_of(&merged.sentinel));
        let base = merged.base.as_ref().map(|(d, s)| (tags_of(d), tags_of(s)));
        let base = base.as_ref().map(|(d, s)| (d.as_slice(), s.as_slice()));
        let mut tags: Vec<String> = merge_tags(base, &defender, &sentinel).into_iter().map(str::to_owned).collect();
        let done = |tags: &[String]| same_tags(tags, &defender) && same_tags(tags, &sentinel);
        if done(&tags) {
            return self.settle(Field::Tags, false, false);
        }
        let from = match merged.changed {
            Changed { sentinel: true, defender: false } => crate::incident::Side::Sentinel,
            _ => crate::incident::Side::Defender,
        };
        let planned = tags.clone();
        let plan = Planned { from, tags: Some(&planned), comments: None };
        let question = Question { planned: Some(plan), ..self.question(&merged, None) };
        let Some((asked, ruling)) = self.ask(&question, Some(from)) else { return };
        self.note(&merged, asked, ruling.clone());
        match &ruling.decision {
            Decision::Accept => {}
            Decision::Hold => return self.hold(Field::Tags, ruling.reason),
            Decision::Split | Decision::Keep => return self.settle(Field::Tags, false, false),
            Decision::TakeDefender => tags = defender.iter().map(|t| t.to_string()).collect(),
            Decision::TakeSentinel => tags = sentinel.iter().map(|t| t.to_string()).collect(),
            Decision::MergeSets { add, remove } => {
                tags.retain(|tag| !has_tag(remove, tag));
                let missing: Vec<String> = add.iter().filter(|t| !has_tag(&tags, t.as_str())).cloned().collect();
                tags.extend(missing);
            }
            other => {
                let message = format!("`{}` is no answer about `tags`", other.name());
                return self.refuse(Some(Field::Tags), RefusalKind::NotHere, message, ruling.line);
            }
        }
        self.write_tags(&tags, &defender, &sentinel);
    }

    fn write_tags(&mut self, tags: &[String], defender: &[Cow<str>], sentinel: &[Cow<str>]) {
        let (to_defender, to_sentinel) = (!same_tags(tags, defender), !same_tags(tags, sentinel));
        let spelled = |tag: &String, own: &[Cow<str>]| {
            own.iter().find(|o| same_tag(o, tag)).map_or_else(|| tag.clone(), |o| o.to_string())
        };
        if to_defender {
            let tags = tags.iter().map(|tag| spelled(tag, defender)).collect();
            self.out.writes.defender.custom_tags = Some(tags);
        }
        if to_sentinel {
            let kept = self.sentinel.labels.iter().filter(|l| !l.is_user() || is_redirected(&l.label_name)).cloned();
            let user = tags.iter().map(|tag| {
                let own = self.sentinel.labels.iter().find(|l| l.is_user() && same_tag(&l.label_name, tag));
                own.cloned().unwrap_or_else(|| Label::user(tag.clone()))
            });
            self.out.writes.sentinel.labels = Some(user.chain(kept).collect());
        }
        self.out.moves.insert(Field::Tags, Move::After { defender: to_defender, sentinel: to_sentinel });
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
