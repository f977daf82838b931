//! `huntline sync log`

use super::args::{Form, LogArgs};
use super::setup::ledger_path;
use crate::cli::context::{Context, Failure};
use crate::ledger::{Entry, Filter, Ledger, What};
use crate::value::datetime;
use serde_json::Value;
use std::io::Write;
use std::process::ExitCode;

/// The journal: what was decided, what was written, how it ended.
pub fn run(context: &Context, args: &LogArgs) -> Result<ExitCode, Failure> {
    let reader = Ledger::open_read(&ledger_path(context, args.ledger.ledger.as_ref()))?;
    let from = match &args.since {
        None => None,
        Some(text) => Some(datetime::parse(text).ok_or_else(|| Failure::usage(format!("`{text}` is no datetime")))?),
    };
    let filter = Filter { incident: args.incident.clone(), from, to: None, last: Some(args.last) };
    let mut out = std::io::stdout().lock();
    for entry in reader.journal(&filter)? {
        match args.ledger.format {
            Form::Json => writeln!(out, "{}", serde_json::to_string(&entry).map_err(std::io::Error::other)?)?,
            Form::Text => write_entry(&entry, &mut out)?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write_entry(entry: &Entry, out: &mut dyn Write) -> std::io::Result<()> {
    let head = format!("{} #{}", datetime::format(entry.at), entry.id.0);
    match &entry.what {
        What::Decided(decision) => {
            writeln!(
                out,
                "{head} decided by {} ({})",
                decision.rule,
                decision.rule_digest.get(..12).unwrap_or_default()
            )?;
            for d in list(&decision.outcome, "decisions") {
                let text = |name: &str| word(d, name);
                let said = format!("Defender {}, Sentinel {}", text("defender"), text("sentinel"));
                writeln!(out, "    {}: {} ({}) [{said}]", text("field"), text("decision"), text("reason"))?;
            }
            for lost in &decision.losers {
                let value = lost.value.as_str().map_or_else(|| lost.value.to_string(), str::to_owned);
                writeln!(out, "    lost in {}: {} `{value}`", lost.side.title(), lost.field.name())?;
            }
            for hold in list(&decision.outcome, "hold") {
                writeln!(out, "    held: {}: {}", word(hold, "field"), word(hold, "why"))?;
            }
        }
        What::Write { intent, closings } => {
            let ends: Vec<&str> = closings.iter().map(|c| c.how.name()).collect();
            let end = if ends.is_empty() { "open".to_owned() } else { ends.join(", ") };
            writeln!(out, "{head} {} {} {}: {end}", intent.kind.name(), intent.side.title(), intent.incident)?;
            writeln!(out, "    {}", intent.body)?;
        }
        What::Note(note) => writeln!(out, "{head} {}", note.text)?,
    }
    Ok(())
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn word(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or("-").to_owned()
}
