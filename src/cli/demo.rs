//! `huntline demo`: the main job with nothing set up.

use super::args::{DemoArgs, EnvArgs};
use super::context::{Context, Failure};
use super::{generate, input, output};
use crate::diagnostic::{Code, Diagnostic, Source, SourceId};
use crate::engine;
use crate::generate::demo;
use crate::mirror::{self, ImportOptions, Mirror};
use crate::sink;
use crate::value::QueryResult;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// The query that Sentinel's connector page runs for its data graph, for one table.
const CONNECTOR: &str = "let Now = now();
(range TimeGenerated from ago(14d) to Now-1d step 1d
| extend Count = 0
| union isfuzzy=true (
    DeviceEvents
    | summarize Count = count() by bin_at(TimeGenerated, 1d, Now)
)
| summarize Count=max(Count) by bin_at(TimeGenerated, 1d, Now)
| sort by TimeGenerated
| project Value = iff(isnull(Count), 0, Count), Time = TimeGenerated, Legend = \"Events\")
| render timechart
";
/// Incidents joined with the evidence of their alerts.
const INCIDENTS: &str = "SecurityIncident
| summarize arg_max(TimeGenerated, Title, Severity, Status, AlertIds) by ProviderIncidentId
| mv-expand AlertId = AlertIds to typeof(string)
| join kind=inner AlertEvidence on AlertId
| summarize Evidence = count(), Kinds = make_set(EntityType) by ProviderIncidentId, Title, Severity, Status
| order by Evidence desc
";
/// The file that marks a folder as the demo's own, so that it may be made anew.
const MARK: &str = ".huntline-demo";

/// Makes the mirror, hunts in it, draws.
pub fn run(context: &Context, args: &DemoArgs) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    let mirror = args.dir.join("mirror");
    fresh(&args.dir)?;
    writeln!(out, "Six devices, two weeks, some attacks: telemetry of an invented company.\n")?;
    let generated = args.dir.join("telemetry");
    let manifest = generate::write(context, &demo::options(generated.clone(), context.now))?;
    let folders: Vec<_> = manifest.rows.keys().map(|table| generated.join(table)).collect();
    mirror::import(&Mirror::open(&mirror)?, &folders, &ImportOptions::default(), &mut |_| true)?;
    let context = &Context { mirror: mirror.clone(), ..context.clone() };
    let judged = super::mirror::judge(mirror::status(&Mirror::open(&mirror)?)?, context.now);
    let listing = super::output::for_reading(super::mirror::listing(&judged), &super::mirror::OPTIONAL);
    table(context, &listing, &mut out)?;

    for hunt in demo::HUNTS {
        writeln!(out, "\n== {}: {}\n", hunt.name, hunt.story)?;
        writeln!(out, "{}\n", indent(hunt.text))?;
        table(context, &answer(context, hunt.name, hunt.text)?, &mut out)?;
    }

    writeln!(out, "\n== ingestion: the data graph of the connector's page, its own query\n")?;
    writeln!(out, "{}\n", indent(CONNECTOR))?;
    let result = answer(context, "connector", CONNECTOR)?;
    output::draw_terminal(context, &result, &mut out)?;
    for file in ["ingestion.svg", "ingestion.html"] {
        let path = args.dir.join(file);
        output::draw(context, &result, &path)?;
        writeln!(out, "wrote {}", path.display())?;
    }

    writeln!(
        out,
        "\n== incidents: Defender and Sentinel kept in step, against twins of both services in this process\n"
    )?;
    super::sync::demo::run(context, &args.dir, &mut out)?;
    writeln!(out, "\n== incidents as tables: who is hit by what\n")?;
    writeln!(out, "{}\n", indent(INCIDENTS))?;
    table(context, &answer(context, "incidents", INCIDENTS)?, &mut out)?;
    writeln!(out, "\nYour turn: huntline query --mirror {} 'DeviceProcessEvents | take 5'", mirror.display())?;
    Ok(ExitCode::SUCCESS)
}

/// An empty folder. One that is not the demo's own is left alone.
fn fresh(dir: &Path) -> Result<(), Failure> {
    let occupied = dir.is_dir() && std::fs::read_dir(dir)?.next().is_some();
    if occupied && !dir.join(MARK).is_file() {
        let what = format!("`{}` holds other files, and the demo would remove them", dir.display());
        return Err(Diagnostic::general(Code::Usage, what).with_help("name another folder with --dir").into());
    }
    if occupied {
        std::fs::remove_dir_all(dir)?;
    }
    std::fs::create_dir_all(dir)?;
    Ok(std::fs::write(dir.join(MARK), "made by `huntline demo`, which removes this folder when it runs again\n")?)
}

fn answer(context: &Context, name: &str, text: &str) -> Result<QueryResult, Failure> {
    let source = Source::new(SourceId(0), name, text);
    let env = input::environment(context, &EnvArgs::default())?;
    let results = engine::run(&source, &env);
    let results = results.map_err(|d| Failure::from(d).with_sources(std::slice::from_ref(&source), false))?;
    Ok(results.into_iter().next_back().ok_or_else(|| Diagnostic::bug("the demo's query gave no result"))?)
}

/// A table as wide as the terminal.
fn table(context: &Context, result: &QueryResult, out: &mut dyn Write) -> Result<(), Failure> {
    Ok(sink::write(result, sink::Format::Table, out, &output::options(context, Some(10)))?)
}

fn indent(text: &str) -> String {
    text.trim_end().lines().map(|l| format!("    {l}")).collect::<Vec<_>>().join("\n")
}
