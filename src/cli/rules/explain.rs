//! `huntline rules explain`

use super::args::ExplainArgs;
use super::sound;
use crate::cli::context::{Context, Failure};
use crate::cli::sync::args::Form;
use crate::cli::sync::{RealClock, Sides, block_on, failed, plan_reader, rule_of, told};
use crate::diagnostic::{Code, Diagnostic};
use crate::policy::explain::explain;
use crate::sync::run::dry_run;
use std::io::Write;
use std::process::ExitCode;

/// One incident, as both services have it now, under a rule.
pub fn run(context: &Context, args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let choice = rule_of(context, args.sides.rule.as_deref())?;
    sound(&choice, args.format == Form::Json)?;
    let sides = Sides::new(context, &args.sides)?;
    let clock = RealClock::new(&context.config.sync)?;
    let reader = plan_reader(&sides)?;
    let plan = block_on(dry_run(&sides.services, reader.as_ref(), &sides.rule, &clock, &sides.options))?;
    let plan = plan.map_err(|e| failed(&e))?;
    let found =
        plan.incidents.iter().find(|i| i.defender == args.incident || i.sentinel.eq_ignore_ascii_case(&args.incident));
    let found = found.ok_or_else(|| {
        let message = format!("nothing is to be decided about incident `{}`", args.incident);
        Diagnostic::general(Code::NotInLedger, message)
            .with_help("`huntline sync plan` shows the incidents in which something would be done")
    })?;
    let explanation = explain(&choice.name, &choice.source, &found.input, &sides.options.settings);
    let explanation = explanation.map_err(|fault| told(&choice, &fault))?;
    let mut out = std::io::stdout().lock();
    match args.format {
        Form::Json => writeln!(out, "{}", explanation.json())?,
        Form::Text => write!(out, "{}", explanation.text(context.stdout_style))?,
    }
    Ok(ExitCode::SUCCESS)
}
