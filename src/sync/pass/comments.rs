//! Comments: copied once each way, never back, in the order in which they were written.

use super::outcome::RefusalKind;
use super::{Merged, Move, Pass};
use crate::incident::{
    Field, Fingerprint, MAX_SENTINEL_COMMENTS, SentinelComment, Side, copy_text, marker_of, sentinel_copy_id,
};
use crate::sync::decision::{Decision, Planned, Question, Ruling};
use crate::sync::merge::{Changed, Merge};
use crate::sync::plan::NewComment;
use crate::sync::value::Said;
use std::collections::BTreeSet;

impl Pass<'_> {
    /// Plans the copies of what is new; those of Sentinel's comments go to `defender_id`, the end of a chain of merges.
    pub(super) fn comments(&mut self, defender_id: &str) {
        self.out.moves.insert(Field::Comments, Move::After { defender: false, sentinel: false });
        let Some(base) = self.input.base.as_ref().filter(|b| !b.unsettled.contains(&Field::Comments)) else {
            return; // The first link: what was written before it stays where it is.
        };
        let copied = self.copied();
        let mut new = self.new_in_sentinel(&base.seen, &copied, defender_id);
        new.extend(self.new_in_defender(&base.seen, &copied));
        if new.is_empty() {
            return;
        }
        let Some(ruling) = self.review_comments(&new) else { return };
        match ruling.decision {
            Decision::Accept => {}
            Decision::Hold => return self.hold(Field::Comments, ruling.reason),
            Decision::Keep | Decision::Split => return,
            Decision::Append(texts) => {
                new = texts.iter().flat_map(|text| self.said_by_rule(text, defender_id)).collect();
                new.retain(|c| !copied.contains(&c.origin));
            }
            other => {
                let message = format!("`{}` is no answer about `comments`", other.name());
                return self.refuse(Some(Field::Comments), RefusalKind::NotHere, message, ruling.line);
            }
        }
        self.fit(new);
    }

    /// Origins of every copy that is on either side, by its marker or by its id.
    fn copied(&self) -> BTreeSet<Fingerprint> {
        let texts = self.defender.comments.iter().map(|c| c.comment.as_str());
        let texts = texts.chain(self.sentinel.comments.iter().map(|c| c.message.as_str()));
        texts.filter_map(marker_of).collect()
    }

    fn new_in_sentinel(
        &self,
        seen: &BTreeSet<Fingerprint>,
        copied: &BTreeSet<Fingerprint>,
        defender_id: &str,
    ) -> Vec<NewComment> {
        let mut comments: Vec<&SentinelComment> = self.sentinel.comments.iter().collect();
        comments.sort_by(|a, b| a.created_time_utc.cmp(&b.created_time_utc).then_with(|| a.id.cmp(&b.id)));
        let mut out = Vec::new();
        for comment in comments {
            let print = Fingerprint::of_sentinel(comment);
            if marker_of(&comment.message).is_none() && !seen.contains(&print) && !copied.contains(&print) {
                let text = copy_text(Side::Sentinel, comment.author.as_deref(), &comment.message, &print);
                out.push(NewComment { side: Side::Defender, incident: defender_id.to_owned(), origin: print, text });
            }
        }
        out
    }

    fn new_in_defender(&self, seen: &BTreeSet<Fingerprint>, copied: &BTreeSet<Fingerprint>) -> Vec<NewComment> {
        let mut out = Vec::new();
        for (comment, print) in self.defender.comments.iter().zip(self.defender.fingerprints()) {
            let id = sentinel_copy_id(&print);
            let there = self.sentinel.comments.iter().any(|c| c.id.eq_ignore_ascii_case(&id));
            let known = seen.contains(&print) || copied.contains(&print) || there;
            if marker_of(&comment.comment).is_none() && !known {
                let author = comment.created_by_display_name.as_deref();
                let text = copy_text(Side::Defender, author, &comment.comment, &print);
                let incident = self.sentinel.id.clone();
                out.push(NewComment { side: Side::Sentinel, incident, origin: print, text });
            }
        }
        out
    }

    fn review_comments(&mut self, new: &[NewComment]) -> Option<Ruling> {
        let from = new.first().map_or(Side::Defender, |c| c.side.other());
        let changed = |side: Side| new.iter().any(|c| c.side == side.other());
        let changed = Changed { defender: changed(Side::Defender), sentinel: changed(Side::Sentinel) };
        let merged = Merged {
            field: Field::Comments,
            base: None,
            defender: Said::Nothing,
            sentinel: Said::Nothing,
            found: Merge::Carry(from),
            changed,
        };
        let texts: Vec<String> = new.iter().map(|c| c.text.clone()).collect();
        let question = self.question(&merged, None);
        let planned = Some(Planned { from, tags: None, comments: Some(&texts) });
        let (asked, ruling) = self.ask(&Question { planned, ..question }, Some(from))?;
        self.note(&merged, asked, ruling.clone());
        Some(ruling)
    }

    /// A text of the rule's own, for both sides.
    fn said_by_rule(&self, text: &str, defender_id: &str) -> [NewComment; 2] {
        let to = |side: Side, incident: &str| {
            let origin = Fingerprint::of_rule(incident, text);
            let text = copy_text(side.other(), Some("rule"), text, &origin);
            NewComment { side, incident: incident.to_owned(), origin, text }
        };
        [to(Side::Defender, defender_id), to(Side::Sentinel, &self.sentinel.id)]
    }

    /// Plans what a Sentinel incident still holds; the rest waits for a person.
    fn fit(&mut self, new: Vec<NewComment>) {
        let mut room = MAX_SENTINEL_COMMENTS.saturating_sub(self.sentinel.comments.len());
        let mut full = false;
        for comment in new {
            if comment.side == Side::Sentinel {
                if room == 0 {
                    full = true;
                    continue;
                }
                room -= 1;
            }
            self.out.writes.comments.push(comment);
        }
        if full {
            self.hold(Field::Comments, format!("Sentinel holds {MAX_SENTINEL_COMMENTS} comments"));
        }
    }
}
