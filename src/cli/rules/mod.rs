//! `huntline rules`

pub mod args;
mod compare;
mod explain;
mod test;
mod verify;

use super::context::{Context, Failure};
use super::sync::args::Form;
use super::sync::{RuleChoice, rule_of};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, Source};
use crate::policy::{PRESETS, check, definitions, preset};
use args::{CheckArgs, DefinitionsArgs, NewArgs, RulesArgs, RulesCommand};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Hands over to the subcommand.
pub fn run(context: &Context, args: &RulesArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        RulesCommand::New(args) => new(context, args),
        RulesCommand::Check(args) => check_all(context, args),
        RulesCommand::Test(args) => test::run(context, args),
        RulesCommand::Verify(args) => verify::run(context, args),
        RulesCommand::Diff(args) => compare::diff(context, args),
        RulesCommand::Explain(args) => explain::run(context, args),
        RulesCommand::Replay(args) => compare::replay(context, args),
        RulesCommand::Definitions(args) => write_definitions(args),
        RulesCommand::List => list(),
    }
}

/// A rule with cases, and what editors complete it with. Nothing that is there is written over.
fn new(context: &Context, args: &NewArgs) -> Result<ExitCode, Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if args.name.is_empty() || !args.name.chars().all(plain) {
        return Err(Failure::usage(format!("`{}` is no name for a rule: letters, digits, `_` and `-`", args.name)));
    }
    let (script, cases) = match &args.from {
        None => definitions::scaffold(&args.name),
        Some(name) => {
            let from = preset(name).ok_or_else(|| Failure::usage(format!("there is no preset `{name}`")))?;
            (from.source.to_owned(), from.cases.to_owned())
        }
    };
    let rule = args.dir.join(format!("{}.rhai", args.name));
    let files = [(rule.clone(), script), (cases_path(&rule, "json"), cases)];
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        let message = format!("`{}` is there already", path.display());
        return Err(Diagnostic::general(Code::CannotWrite, message).with_help("choose another name").into());
    }
    std::fs::create_dir_all(args.dir.join("definitions"))?;
    for (path, text) in &files {
        std::fs::write(path, text)?;
        context.say(&format!("wrote {}", path.display()));
    }
    std::fs::write(args.dir.join("definitions").join("huntline.d.rhai"), definitions::definitions())?;
    let rule = rule.display();
    context.say(&format!("next: edit it, then `huntline rules test {rule}` and `huntline rules verify {rule}`"));
    Ok(ExitCode::SUCCESS)
}

/// The cases beside a rule.
fn cases_path(rule: &Path, extension: &str) -> PathBuf {
    rule.with_extension(format!("cases.{extension}"))
}

/// What is wrong with rules, before they run.
fn check_all(context: &Context, args: &CheckArgs) -> Result<ExitCode, Failure> {
    let (mut errors, mut warnings) = (0, 0);
    let json = args.format == Form::Json;
    for name in &args.rules {
        let choice = rule_of(context, Some(name))?;
        let (source, found) = check::check(&choice.name, &choice.source);
        errors += found.iter().filter(|d| d.severity == Severity::Error).count();
        warnings += found.iter().filter(|d| d.severity == Severity::Warning).count();
        if !found.is_empty() {
            let failure: Failure = Diagnostics(found).into();
            failure.with_sources(&[source], json).tell(context.stderr_style);
        }
    }
    context.say(&format!("{} checked: {errors} errors, {warnings} warnings", plural(args.rules.len(), "rule")));
    Ok(if errors > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn plural(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// Refuses to go on with a rule that has errors.
fn sound(choice: &RuleChoice, json: bool) -> Result<Source, Failure> {
    let (source, mut found) = check::check(&choice.name, &choice.source);
    found.retain(|d| d.severity == Severity::Error);
    match found.is_empty() {
        true => Ok(source),
        false => Err(Failure::from(Diagnostics(found)).with_sources(&[source], json)),
    }
}

fn write_definitions(args: &DefinitionsArgs) -> Result<ExitCode, Failure> {
    let text = definitions::definitions();
    match &args.out {
        Some(path) => std::fs::write(path, text)?,
        None => std::io::stdout().lock().write_all(text.as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The presets, each with the first line of its text.
fn list() -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    for preset in PRESETS {
        let first = preset.source.lines().next().unwrap_or_default();
        let words = first.trim_start_matches("//").trim().split_once(": ").map_or("", |(_, words)| words);
        writeln!(out, "{:<24} {words}", preset.name)?;
    }
    Ok(ExitCode::SUCCESS)
}
