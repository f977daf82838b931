//! `huntline rules test`

use super::args::TestArgs;
use super::{cases_path, sound};
use crate::cli::context::{Context, Failure};
use crate::cli::sync::args::Form;
use crate::cli::sync::{RuleChoice, rule_of, settings_of, told};
use crate::diagnostic::{Code, Diagnostic, Source, SourceId};
use crate::policy::{PRESETS, Rule, cases, preset, scenario};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

/// How often `--watch` looks.
const LOOK: Duration = Duration::from_millis(300);

/// Runs the cases beside rules, or scenarios.
pub fn run(context: &Context, args: &TestArgs) -> Result<ExitCode, Failure> {
    if !args.watch {
        return once(context, args);
    }
    let mut seen = BTreeMap::new();
    loop {
        let now = stamps(args);
        if now != seen {
            seen = now;
            if let Err(failure) = once(context, args) {
                failure.tell(context.stderr_style);
            }
            context.say("watching; Ctrl-C ends it");
        }
        std::thread::sleep(LOOK);
    }
}

/// When each file was last changed.
fn stamps(args: &TestArgs) -> BTreeMap<PathBuf, Option<SystemTime>> {
    let rules = args.rules.iter().map(PathBuf::from);
    let files = rules.flat_map(|r| [r.clone(), cases_path(&r, "json"), cases_path(&r, "md")]);
    let stamp = |path: PathBuf| {
        let changed = std::fs::metadata(&path).and_then(|m| m.modified()).ok();
        (path, changed)
    };
    files.chain(args.scenarios.clone()).map(stamp).collect()
}

fn once(context: &Context, args: &TestArgs) -> Result<ExitCode, Failure> {
    let names: Vec<String> = match args.rules.is_empty() {
        true => PRESETS.iter().map(|p| p.name.to_owned()).collect(),
        false => args.rules.clone(),
    };
    let pass = match &args.scenarios {
        Some(path) => scenarios(context, path, &names, args.format)?,
        None => {
            let mut pass = true;
            for name in &names {
                pass &= one(context, name, args.format)?;
            }
            pass
        }
    };
    Ok(if pass { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The cases beside one rule.
fn one(context: &Context, name: &str, form: Form) -> Result<bool, Failure> {
    let choice = rule_of(context, Some(name))?;
    let json = form == Form::Json;
    let rule = sound(&choice, json)?;
    let sources = case_sources(&choice)?;
    if sources.is_empty() {
        let missing = cases_path(Path::new(name), "json");
        let message = format!("`{name}` has no cases: `{}` is not there", missing.display());
        return Err(Diagnostic::general(Code::CannotRead, message).with_help("`huntline rules new` makes some").into());
    }
    let settings = settings_of(&context.config.sync)?;
    let list = cases::read(&sources).map_err(|d| Failure::from(d).with_sources(&sources, json))?;
    let report = cases::run_rule(&choice.name, &rule.text, &settings, &list).map_err(|fault| told(&choice, &fault))?;
    let mut out = std::io::stdout().lock();
    match form {
        Form::Json => writeln!(out, "{}", cases::json(&report, &sources))?,
        Form::Text => write!(out, "{}", cases::text(&report, &sources, context.stdout_style, context.verbose > 0))?,
    }
    Ok(report.pass())
}

fn case_sources(choice: &RuleChoice) -> Result<Vec<Source>, Failure> {
    let mut texts = Vec::new();
    match preset(&choice.name).filter(|_| choice.preset) {
        Some(preset) => {
            texts.push((format!("{}.cases.json", preset.name), preset.cases.to_owned()));
            texts.extend(preset.table.map(|t| (format!("{}.cases.md", preset.name), t.to_owned())));
        }
        None => {
            for path in
                ["json", "md"].map(|e| cases_path(Path::new(&choice.name), e)).into_iter().filter(|p| p.exists())
            {
                texts.push((path.display().to_string(), std::fs::read_to_string(&path)?));
            }
        }
    }
    let source =
        |(n, (name, text)): (usize, (String, String))| Source::new(SourceId(u16::try_from(n).unwrap_or(0)), name, text);
    Ok(texts.into_iter().enumerate().map(source).collect())
}

/// Scenarios of a file under each rule: expectations by the rule's name, a script's by its file's.
fn scenarios(context: &Context, path: &Path, names: &[String], form: Form) -> Result<bool, Failure> {
    let cannot = |what: String| Diagnostic::general(Code::CannotRead, format!("`{}`: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| cannot(e.to_string()))?;
    let file = scenario::read(&text).map_err(cannot)?;
    let settings = file.settings();
    let mut rules = Vec::new();
    for name in names {
        let choice = rule_of(context, Some(name))?;
        let rule = Rule::compile(&choice.name, &choice.source, &settings).map_err(|fault| told(&choice, &fault))?;
        let stem = Path::new(name).file_stem().map_or(name.clone(), |s| s.to_string_lossy().into_owned());
        rules.push((stem, rule));
    }
    let (mut passed, mut failed) = (0, 0);
    let mut out = std::io::stdout().lock();
    for scenario in &file.scenarios {
        for (policy, rule) in &rules {
            let Some(expected) = scenario.expect.get(policy) else { continue };
            let verdict = scenario.run(expected, rule, &settings).map_err(cannot)?;
            if verdict.pass {
                passed += 1
            } else {
                failed += 1
            }
            if form == Form::Json {
                let line = json!({"id": verdict.id, "policy": policy, "pass": verdict.pass, "got": verdict.got,
                    "expected": verdict.expected});
                writeln!(out, "{line}")?;
            } else if !verdict.pass {
                writeln!(out, "FAILED {} under {policy}: {}", verdict.id, verdict.title)?;
                for difference in &verdict.differences {
                    writeln!(out, "    {difference}")?;
                }
            }
        }
    }
    context.say(&format!("{passed} passed, {failed} failed"));
    if passed + failed == 0 {
        return Err(cannot("no scenario expects anything of these rules".to_owned()).into());
    }
    Ok(failed == 0)
}
