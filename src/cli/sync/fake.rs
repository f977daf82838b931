//! `huntline fake`

use super::args::{FakeArgs, TelemetryArgs};
use super::directory::write_csv;
use super::hunt::EngineHunt;
use super::setup::block_on;
use crate::cli::context::{Context, Failure};
use crate::cli::generate;
use crate::fake::{self, Fake, Options, Telemetry, TimeSource, Twice, World};
use crate::generate::{Format, Options as Generated};
use crate::incident::Person;
use crate::mirror::{self, ImportOptions, Mirror};
use crate::value::datetime::{self, TICKS_PER_SECOND};
use serde_json::Value;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;
use tempfile::TempDir;

/// Serves until it is interrupted. The address is printed first, on a line of its own.
pub fn run(context: &Context, args: &FakeArgs) -> Result<ExitCode, Failure> {
    // The folder goes when the services end.
    let (made, context) = with_telemetry(context, args)?;
    let mut options = options(&context);
    options.time = running_from(context.now);
    options.telemetry = telemetry(args);
    options.control = args.control;
    options.traffic_cap = args.traffic;
    options.world = World::named(&args.world, args.seed, args.incidents);
    if let (Some(world), Some(rate)) = (options.world.as_mut(), args.rate) {
        world.rate = rate;
    }
    block_on(async {
        let listener = fake::bind(&format!("127.0.0.1:{}", args.port)).await?;
        let fake = Arc::new(Fake::new(options));
        spoil(&fake, &args.telemetry)?;
        if let Some(path) = &args.directory {
            write_csv(path, &people(&fake))?;
        }
        writeln!(std::io::stdout(), "http://{}", listener.local_addr()?)?;
        context.say("serving Graph, ARM, hunting and Log Analytics; Ctrl-C ends it");
        fake::serve(listener, fake, async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
        Ok::<_, Failure>(())
    })??;
    drop(made);
    Ok(ExitCode::SUCCESS)
}

/// The clock of this machine, moved so that it is `now` at this moment.
fn running_from(now: i64) -> TimeSource {
    let present = || datetime::from_system_time(SystemTime::now());
    let ahead = now.saturating_sub(present());
    Arc::new(move || present().saturating_add(ahead))
}

/// How telemetry is delivered, from the start on.
fn telemetry(args: &FakeArgs) -> Telemetry {
    let wish = &args.telemetry;
    Telemetry {
        late: wish.late,
        duplicates: wish.duplicates,
        twice: Twice::named(&wish.twice).unwrap_or_default(),
        shuffle: wish.shuffle,
        seed: args.seed,
        hunting_rows: wish.hunting_rows,
        hunting_bytes: wish.hunting_bytes,
        silent: wish.silent,
        hunting_days: wish.hunting_days,
        la_rows: wish.la_rows,
        la_bytes: wish.la_bytes,
    }
}

/// The faults and throttles that are there from the start.
fn spoil(fake: &Fake, args: &TelemetryArgs) -> Result<(), Failure> {
    let json = |option: &str, text: &str| {
        serde_json::from_str::<Value>(text).map_err(|e| Failure::usage(format!("`{option} {text}` is no JSON: {e}")))
    };
    for text in &args.fault {
        fake.add_fault(&json("--fault", text)?).map_err(|e| Failure::usage(format!("`--fault {text}`: {e}")))?;
    }
    if let Some(text) = &args.limits {
        fake.set_limits(&json("--limits", text)?).map_err(|e| Failure::usage(format!("`--limits {text}`: {e}")))?;
    }
    Ok(())
}

/// The context over a mirror of synthetic telemetry in a folder of its own, if it is asked for. The telemetry ends with the
/// hour that is complete.
fn with_telemetry(context: &Context, args: &FakeArgs) -> Result<(Option<TempDir>, Context), Failure> {
    let Some((devices, days)) = args.telemetry.telemetry else { return Ok((None, context.clone())) };
    let dir = tempfile::tempdir()?;
    let hour = 3_600 * TICKS_PER_SECOND;
    let options = Generated {
        devices: u64::from(devices),
        days: u64::from(days),
        end: context.now - context.now.rem_euclid(hour),
        seed: args.seed,
        events_per_day: args.telemetry.events_per_day,
        format: Format::Parquet,
        ..Generated::new(dir.path().join("telemetry"))
    };
    let context = Context { mirror: dir.path().join("mirror"), ..context.clone() };
    fill(&context, &options)?;
    Ok((Some(dir), context))
}

/// Makes telemetry, and imports it into the context's mirror.
fn fill(context: &Context, options: &Generated) -> Result<(), Failure> {
    let manifest = generate::write(context, options)?;
    let filled = manifest.rows.iter().filter(|(_, rows)| **rows > 0);
    let folders: Vec<_> = filled.map(|(table, _)| options.out.join(table)).collect();
    mirror::import(&Mirror::open(&context.mirror)?, &folders, &ImportOptions::default(), &mut |_| true)?;
    Ok(())
}

/// The fake's options on this machine's clock, with the engine behind its query services.
pub fn options(context: &Context) -> Options {
    let mut options = Options::new(Arc::new(|| datetime::from_system_time(std::time::SystemTime::now())));
    options.hunt = Some(Arc::new(EngineHunt { context: context.clone() }));
    options
}

/// The people of a fake.
pub fn people(fake: &Fake) -> Vec<Person> {
    let list = fake.directory();
    let list = list.as_array();
    let person = |p: &Value| serde_json::from_value::<Person>(p.clone()).ok();
    list.into_iter().flatten().filter_map(person).collect()
}
