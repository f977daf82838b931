//! `huntline generate`

use super::args::{GenerateArgs, GenerateFormat};
use super::context::{Context, Failure};
use super::progress::Line;
use crate::generate::{self, DEFAULT_END, Format, Manifest, Options};
use crate::value::datetime;
use std::io::Write;
use std::process::ExitCode;

/// Makes synthetic telemetry.
pub fn run(context: &Context, args: &GenerateArgs) -> Result<ExitCode, Failure> {
    let end = match &args.end {
        Some(text) => datetime::parse(text).ok_or_else(|| Failure::usage(format!("`--end {text}` is no datetime")))?,
        None => DEFAULT_END,
    };
    let format = match args.format {
        GenerateFormat::Ndjson => Format::Ndjson,
        GenerateFormat::Csv => Format::Csv,
        GenerateFormat::Parquet => Format::Parquet,
    };
    let options = Options {
        devices: u64::from(args.devices),
        days: u64::from(args.days),
        seed: args.seed,
        format,
        end,
        events_per_day: args.events_per_day,
        duplicates: args.duplicates,
        late: !args.on_time,
        out: args.out.clone(),
    };
    let manifest = write(context, &options)?;
    let rows: u64 = manifest.rows.values().sum();
    let attacks: usize = manifest.chains.iter().map(|c| c.traces.len()).sum();
    writeln!(
        std::io::stdout().lock(),
        "{rows} rows of {} devices in {}, {attacks} attacks planted: see {}",
        manifest.devices,
        args.out.display(),
        args.out.join("manifest.json").display(),
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Generates with a line of progress.
pub fn write(context: &Context, options: &Options) -> Result<Manifest, Failure> {
    let mut line = Line::new(context);
    let manifest = generate::generate(options, &mut |done, all, rows| {
        line.show(&format!("{}% of the period, {rows} rows", done * 100 / all.max(1)));
    });
    line.end();
    Ok(manifest?)
}
