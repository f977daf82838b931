//! `huntline rules diff` and `huntline rules replay`

use super::args::{DiffArgs, ReplayArgs};
use super::sound;
use super::verify::{options, with_bar};
use crate::cli::context::{Context, Failure};
use crate::cli::sync::args::Form;
use crate::cli::sync::{rule_of, settings_of, told};
use crate::ledger::{Ledger, What};
use crate::policy::replay::{Recorded, replay as decide_again};
use crate::policy::verify::VerifySource;
use crate::policy::{Rule, diff as rule_diff};
use crate::value::datetime;
use std::io::Write;
use std::process::ExitCode;

/// Every state that two rules decide differently; 1 when there is one.
pub fn diff(context: &Context, args: &DiffArgs) -> Result<ExitCode, Failure> {
    let (a, b) = (rule_of(context, Some(&args.a))?, rule_of(context, Some(&args.b))?);
    for choice in [&a, &b] {
        sound(choice, args.format == Form::Json)?;
    }
    let settings = settings_of(&context.config.sync)?;
    let (first, second) =
        (VerifySource { name: &a.name, script: &a.source }, VerifySource { name: &b.name, script: &b.source });
    let options = options(args.quick, None);
    let found = with_bar(context, |progress| rule_diff::diff(&first, &second, &settings, &options, progress));
    let found = found.map_err(|fault| told(&a, &fault))?;
    let mut out = std::io::stdout().lock();
    match args.format {
        Form::Json => writeln!(out, "{}", found.json())?,
        Form::Text => write!(out, "{}", found.text(context.stdout_style))?,
    }
    Ok(if found.same() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// A journal decided again under another rule.
pub fn replay(context: &Context, args: &ReplayArgs) -> Result<ExitCode, Failure> {
    let reader = Ledger::open_read(&args.journal)?;
    let choice = rule_of(context, Some(&args.rule))?;
    sound(&choice, args.format == Form::Json)?;
    let settings = settings_of(&context.config.sync)?;
    let rule = Rule::compile(&choice.name, &choice.source, &settings).map_err(|fault| told(&choice, &fault))?;
    let mut entries = Vec::new();
    for entry in reader.entries() {
        let entry = entry?;
        let What::Decided(decision) = entry.what else { continue };
        let input = serde_json::from_value(decision.input).map_err(std::io::Error::other)?;
        let incident = entry.defender.or(entry.sentinel).unwrap_or_default();
        let at = Some(datetime::format(entry.at));
        entries.push(Recorded { incident, at, input, outcome: decision.outcome });
    }
    let report = decide_again(entries.into_iter(), &rule, &settings);
    let mut out = std::io::stdout().lock();
    match args.format {
        Form::Json => writeln!(out, "{}", report.json())?,
        Form::Text => write!(out, "{}", report.text(&choice.name, context.stdout_style))?,
    }
    Ok(ExitCode::SUCCESS)
}
