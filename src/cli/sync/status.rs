//! `huntline sync status`

use super::args::{Form, LedgerArgs};
use super::setup::ledger_path;
use crate::cli::context::{Context, Failure};
use crate::ledger::{Ledger, Poll};
use crate::value::datetime::{self, TICKS_PER_SECOND};
use serde_json::json;
use std::io::Write;
use std::process::ExitCode;

/// How the sync stands; 1 when something waits for a person.
pub fn run(context: &Context, args: &LedgerArgs) -> Result<ExitCode, Failure> {
    let reader = Ledger::open_read(&ledger_path(context, args.ledger.as_ref()))?;
    let (stats, holds, letters) = (reader.stats()?, reader.holds()?, reader.letters()?);
    let lag = stats.lag(context.now).map(|ticks| ticks / TICKS_PER_SECOND);
    let mut out = std::io::stdout().lock();
    if args.format == Form::Json {
        let value = json!({"stats": stats, "lag_seconds": lag, "holds": holds, "dead_letters": letters});
        writeln!(out, "{value}")?;
    } else {
        writeln!(
            out,
            "incidents on both sides  {} ({} never agreed yet, {} frozen, {} parted)",
            stats.pairs, stats.unsettled, stats.frozen, stats.unlinked
        )?;
        writeln!(out, "waiting to be decided    {}", stats.queue)?;
        writeln!(out, "rows for the mirror      {}", stats.outbox)?;
        writeln!(out, "open writes              {}", stats.open_intents)?;
        writeln!(out, "lag                      {}", lag.map_or("never polled".to_owned(), |s| format!("{s} s")))?;
        for (name, poll) in [("Defender", &stats.defender), ("Sentinel", &stats.sentinel)] {
            writeln!(out, "{name:<24} {}", polled(poll))?;
        }
        for pair in reader.pairs() {
            let pair = pair?;
            if let Some(mark) = &pair.frozen {
                writeln!(out, "frozen  {} = {}: {}", pair.defender, pair.sentinel, mark.reason)?;
            }
        }
        for hold in &holds {
            let pair = reader.pair_by_id(hold.question.pair)?;
            let id = pair.map(|p| p.defender).unwrap_or_default();
            let said = |side: &str| word(&hold.question.question, side).unwrap_or("-");
            let field = word(&hold.question.question, "field").unwrap_or(hold.question.field.name());
            let waits = if hold.answer.is_some() { " (answered, waits for the next pass)" } else { "" };
            writeln!(
                out,
                "held    {id} {field}: {} [Defender: {}, Sentinel: {}]{waits}",
                hold.question.reason,
                said("defender"),
                said("sentinel")
            )?;
        }
        for letter in &letters {
            let refusal = &letter.refusal;
            writeln!(
                out,
                "refused #{} {} {} ({} times): {}",
                letter.id.0,
                refusal.side.title(),
                refusal.incident,
                letter.tries,
                refusal.error
            )?;
        }
        if !holds.is_empty() {
            writeln!(out, "\nanswer with: huntline sync resolve INCIDENT FIELD --take defender|sentinel")?;
        }
    }
    let waits = holds.iter().any(|h| h.answer.is_none()) || !letters.is_empty() || stats.frozen > 0;
    Ok(if waits { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn polled(poll: &Poll) -> String {
    let time = |at: Option<i64>| at.map_or("never".to_owned(), datetime::format);
    match &poll.error {
        Some(error) => format!("read {}; failed {}: {error}", time(poll.ok_at), time(poll.error_at)),
        None => format!("read {}", time(poll.ok_at)),
    }
}

fn word<'a>(value: &'a serde_json::Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(serde_json::Value::as_str)
}
