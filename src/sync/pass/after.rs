//! The incident as it is once everything was written and acknowledged: what verification, dry runs and cases go on with.

use super::Outcome;
use crate::incident::{DefenderComment, SentinelComment, Side, sentinel_copy_id};
use crate::sync::input::Input;
use crate::sync::plan::NewComment;
use std::collections::BTreeMap;

/// The author of copies in a state that was only computed.
const AUTHOR: &str = "huntline";

/// The input of the next pass when nobody else changes anything; `None` when one side is gone.
pub fn after(input: &Input, out: &Outcome) -> Option<Input> {
    let added: Vec<&NewComment> = out.writes.comments.iter().collect();
    let base = out.next_base(input, |_| true, &added)?;
    let (mut defender, mut sentinel) = (input.defender.clone()?, input.sentinel.clone()?);
    out.writes.defender.apply(&mut defender);
    out.writes.sentinel.apply(&mut sentinel);
    for comment in added {
        match comment.side {
            Side::Defender if comment.incident == defender.id => defender.comments.push(DefenderComment {
                comment: comment.text.clone(),
                created_by_display_name: Some(AUTHOR.to_owned()),
                created_date_time: None,
            }),
            Side::Defender => {}
            Side::Sentinel => sentinel.comments.push(SentinelComment {
                id: sentinel_copy_id(&comment.origin),
                message: comment.text.clone(),
                author: Some(AUTHOR.to_owned()),
                created_time_utc: None,
            }),
        }
    }
    // Field by field: a clone of the whole would copy both incidents and the base again, and verification does this often.
    Some(Input {
        base: Some(base),
        defender: Some(defender),
        sentinel: Some(sentinel),
        defender_changes: input.defender_changes.clone(),
        sentinel_changes: input.sentinel_changes.clone(),
        order: input.order.clone(),
        redirects: input.redirects.clone(),
        new_alerts: input.new_alerts,
        history: input.history,
        moment: input.moment,
        answers: BTreeMap::new(),
    })
}
