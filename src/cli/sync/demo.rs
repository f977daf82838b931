//! The demo's incidents: a fake in this process, a dry run, an applied sync, and what hunts see of it.

use super::args::SidesArgs;
use super::plan::{draw, failed};
use super::setup::{RealClock, Sides, block_on};
use super::{fake as server, tables};
use crate::cli::context::{Context, Failure};
use crate::fake::{self, Fake, World};
use crate::incident::Directory;
use crate::ledger::Ledger;
use crate::sync::run::{PassReport, RunError, Sync, dry_run};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What the world follows from.
const SEED: u64 = 3;
/// Incidents at the start.
const INCIDENTS: usize = 4;
/// What people and machines do before the second sync.
const ACTIONS: usize = 24;

/// Links a small world, lets it act on both sides, shows what a sync would do, and does it.
pub fn run(context: &Context, dir: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    let mut options = server::options(context);
    options.world = Some(World { seed: SEED, incidents: INCIDENTS, rate: 0.0 });
    let fake = Arc::new(Fake::new(options));
    fake.set_lag(&serde_json::json!({"sentinel_seconds": 0})).map_err(std::io::Error::other)?;
    block_on(async {
        let listener = fake::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let serving = tokio::spawn(fake::serve(listener, Arc::clone(&fake), std::future::pending()));
        let args = SidesArgs {
            rule: Some("human_over_automation".to_owned()),
            ledger: Some(dir.join("sync.db")),
            fake: Some(url),
            ..SidesArgs::default()
        };
        let done = steps(context, &args, &fake, out).await;
        serving.abort();
        done
    })?
}

async fn steps(context: &Context, args: &SidesArgs, fake: &Fake, out: &mut dyn Write) -> Result<(), Failure> {
    let mut sides = Sides::new(context, args)?;
    sides.options.settings.directory = Directory::new(server::people(fake));
    let clock = RealClock::new(&context.config.sync)?;
    let ledger = Ledger::open(&sides.ledger, &sides.name)?;
    let stop = AtomicBool::new(false);
    let sync = Sync {
        services: &sides.services,
        ledger: &ledger,
        rule: &sides.rule,
        clock: &clock,
        options: &sides.options,
        stop: &stop,
    };
    let first = settle(&sync).await.map_err(|e| failed(&e))?;
    writeln!(out, "Both sides are linked for the first time: {} incidents.", first.linked)?;
    let actions = fake.step(ACTIONS);
    let actions = actions.as_array().map_or(0, Vec::len);
    writeln!(out, "Then analysts, automation and Defender's correlation act on both sides: {actions} changes.\n")?;
    writeln!(out, "    huntline sync plan --rule human_over_automation\n")?;
    let plan = dry_run(&sides.services, Some(&ledger), &sides.rule, &clock, &sides.options).await;
    draw(&plan.map_err(|e| failed(&e))?, context, out)?;
    writeln!(out, "\n    huntline sync apply --rule human_over_automation\n")?;
    let done = settle(&sync).await.map_err(|e| failed(&e))?;
    let (d, s, c, held) = (done.patched, done.put, done.comments, ledger.holds()?.len());
    writeln!(out, "{d} changed in Defender, {s} in Sentinel, {c} comments added, {held} held for a person")?;
    let rows = tables::export(context, &ledger)?;
    writeln!(out, "{rows} rows of SecurityIncident, SecurityAlert, AlertInfo and AlertEvidence are in the mirror.")?;
    Ok(())
}

/// Passes until both sides are quiet.
async fn settle<S: crate::sync::port::Services>(sync: &Sync<'_, S>) -> Result<PassReport, RunError> {
    let mut total = PassReport::default();
    for _ in 0..10 {
        let report = sync.pass(false).await?;
        let quiet = report.quiet();
        total.linked += report.linked;
        total.add(report);
        if quiet {
            break;
        }
    }
    Ok(total)
}
