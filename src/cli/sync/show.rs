//! `huntline sync show`

use super::args::{Form, ShowArgs};
use super::setup::{ledger_path, settings_of};
use crate::cli::context::{Context, Failure};
use crate::diagnostic::{Code, Diagnostic};
use crate::incident::{DefenderIncident, Field, SentinelIncident, Side};
use crate::ledger::{Ledger, Pair, Reader};
use crate::sync::base::Base;
use crate::sync::run::{Reading, Record};
use serde_json::json;
use std::io::Write;
use std::process::ExitCode;

/// The pair of an incident, by either side's id.
pub fn find(reader: &Reader, id: &str) -> Result<Pair, Failure> {
    let found = match reader.pair(id)? {
        Some(pair) => Some(pair),
        None => reader.pair_by_sentinel(id)?,
    };
    found.ok_or_else(|| {
        Diagnostic::general(Code::NotInLedger, format!("the ledger has no incident `{id}`"))
            .with_help("name it by its number in Defender or by its name in Sentinel, a GUID")
            .into()
    })
}

/// The last reading of a side.
pub fn reading<T: serde::de::DeserializeOwned>(
    reader: &Reader,
    side: Side,
    id: &str,
) -> Result<Option<Reading<T>>, Failure> {
    let Some(stored) = reader.snapshot(side, id)?.filter(|s| !s.gone) else { return Ok(None) };
    let read = serde_json::from_value(stored.snapshot.body);
    Ok(Some(read.map_err(|e| Diagnostic::general(Code::LedgerDamaged, format!("the snapshot of `{id}`: {e}")))?))
}

/// One incident: both sides, what they agreed on, links to both portals.
pub fn run(context: &Context, args: &ShowArgs) -> Result<ExitCode, Failure> {
    let reader = Ledger::open_read(&ledger_path(context, args.ledger.ledger.as_ref()))?;
    let pair = find(&reader, &args.incident)?;
    let defender: Option<Reading<DefenderIncident>> = reading(&reader, Side::Defender, &pair.defender)?;
    let sentinel: Option<Reading<SentinelIncident>> = reading(&reader, Side::Sentinel, &pair.sentinel)?;
    let base: Option<Base> = pair.base()?;
    let mut out = std::io::stdout().lock();
    if args.ledger.format == Form::Json {
        writeln!(out, "{}", json!({"pair": pair, "base": base, "defender": defender, "sentinel": sentinel}))?;
        return Ok(ExitCode::SUCCESS);
    }
    let title = defender.as_ref().and_then(|d| d.incident.display_name.as_deref()).unwrap_or("(no title)");
    writeln!(out, "{title}\nDefender {}, Sentinel {}, joined by {}", pair.defender, pair.sentinel, pair.joined)?;
    for (word, mark) in [("frozen", &pair.frozen), ("parted", &pair.unlinked)] {
        if let Some(mark) = mark {
            writeln!(out, "{word}: {}", mark.reason)?;
        }
    }
    let directory = settings_of(&context.config.sync)?.directory;
    writeln!(out, "\n{:<16} {:<36} {:<36} agreed", "", "Defender", "Sentinel")?;
    for field in Field::ALL.into_iter().filter(|f| *f != Field::Comments) {
        let d = defender.as_ref().map_or("(gone)".to_owned(), |r| r.incident.said(field, &directory).text());
        let s = sentinel.as_ref().map_or("(gone)".to_owned(), |r| r.incident.said(field, &directory).text());
        let agreed = base.as_ref().filter(|b| !b.unsettled.contains(&field)).map(|b| {
            let (d, s) = (b.defender.said(field, &directory), b.sentinel.said(field, &directory));
            if d.same(&s) { d.text() } else { format!("{} | {}", d.text(), s.text()) }
        });
        let cut = |text: String| text.chars().take(34).collect::<String>();
        writeln!(out, "{:<16} {:<36} {:<36} {}", field.name(), cut(d), cut(s), agreed.unwrap_or("never".to_owned()))?;
    }
    if let Some(d) = &defender {
        writeln!(out, "\ncomments in Defender: {}; alerts: {}", d.incident.comments.len(), d.incident.alerts.len())?;
        if let Some(url) = &d.incident.incident_web_url {
            writeln!(out, "Defender portal: {url}")?;
        }
    }
    if let Some(s) = &sentinel {
        writeln!(out, "comments in Sentinel: {}", s.incident.comments.len())?;
        if let Some(url) = &s.incident.incident_url {
            writeln!(out, "Azure portal: {url}")?;
        }
    }
    for hold in reader.holds()?.into_iter().filter(|h| h.question.pair == pair.id) {
        writeln!(out, "held: {}: {}", hold.question.field.name(), hold.question.reason)?;
    }
    Ok(ExitCode::SUCCESS)
}
