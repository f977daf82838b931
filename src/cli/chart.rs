//! `huntline chart ingestion`: the data graph of the connector's page, drawn from the mirror.

use super::args::{By, ChartArgs, ChartCommand, IngestionArgs};
use super::context::{Context, Failure};
use super::{input, query};
use crate::catalog::device;
use crate::diagnostic::nearest;
use crate::pull;
use crate::sink::Format;
use crate::value::datetime::TICKS_PER_DAY;
use crate::value::timespan;
use std::process::ExitCode;

/// Draws it.
pub fn run(context: &Context, args: &ChartArgs) -> Result<ExitCode, Failure> {
    let ChartCommand::Ingestion(args) = &args.command;
    let text = ingestion_query(&tables(context, args)?, args)?;
    if context.verbose > 0 {
        context.say(&text);
    }
    let json = args.output.format == Some(Format::Json);
    query::run_own(context, "<ingestion chart>", &text, &args.output).map_err(|mut f| {
        f.json = json;
        f
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The tables to draw: the one that was asked for, or the enabled ones.
fn tables(context: &Context, args: &IngestionArgs) -> Result<Vec<String>, Failure> {
    let known = |name: &String| device::known_table(name).is_some();
    let chosen = match &args.table {
        Some(table) => vec![table.clone()],
        None => pull::enabled(&context.config.mirror.tables)?,
    };
    match chosen.iter().find(|t| !known(t)) {
        None => Ok(chosen),
        Some(unknown) => {
            let near = nearest(unknown, device::names());
            let hint = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            Err(Failure::usage(format!("no table is called `{unknown}`{hint}")))
        }
    }
}

/// The query, in the form of the connector's own: points without events are there, as zero.
fn ingestion_query(tables: &[String], args: &IngestionArgs) -> Result<String, Failure> {
    let since = input::span(&args.since, "--since")?;
    let hour = TICKS_PER_DAY / 24;
    let step = match &args.step {
        Some(text) => input::span(text, "--step")?,
        None if since < 3 * TICKS_PER_DAY => hour,
        None => TICKS_PER_DAY,
    };
    if since / step > 10_000 {
        return Err(Failure::usage(format!("`--step` is too small for `--since {}`: over 10,000 points", args.since)));
    }
    let (since, step) = (timespan::format(since), timespan::format(step));
    let list = tables.join(", ");
    let quoted = tables.iter().map(|t| format!("\"{t}\"")).collect::<Vec<_>>().join(", ");
    let (legend, by) = match args.by {
        Some(By::Table) => (format!("dynamic([{quoted}]) | mv-expand Legend to typeof(string)"), "Table".to_owned()),
        None => {
            let name = format!("\"{}\"", args.table.as_deref().unwrap_or("Events"));
            (name.clone(), name)
        }
    };
    Ok(format!(
        "let Now = now();\n\
         let Since = timespan({since});\n\
         let Step = timespan({step});\n\
         range Time from Now - Since to Now - Step step Step\n\
         | extend Count = 0, Legend = {legend}\n\
         | union (\n    \
             union withsource = Table {list}\n    \
             | where TimeGenerated >= Now - Since and TimeGenerated < Now\n    \
             | summarize Count = count() by Time = bin_at(TimeGenerated, Step, Now), Legend = {by}\n\
         )\n\
         | summarize Events = sum(Count) by Time, Legend\n\
         | sort by Time asc, Legend asc\n\
         | project Time, Events, Legend\n\
         | render timechart with (title = \"Data ingestion\", ytitle = \"events\")\n"
    ))
}
