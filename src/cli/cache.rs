//! `huntline cache`: copies of what `externaldata` reads.

use super::args::{CacheAddArgs, CacheArgs, CacheCommand, CacheListArgs, CacheRefreshArgs, CacheRemoveArgs};
use super::context::{Context, Failure};
use super::output;
use crate::catalog::Address;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::external::{Cache, Entry, Policy, Settings, Store, Timeouts};
use crate::value::{Batch, QueryResult, Schema, Type, Value, datetime, timespan};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

/// The folder beside the mirror, unless the configuration says another.
const FOLDER: &str = "external";

/// Hands over to the subcommand.
pub fn run(context: &Context, args: &CacheArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        CacheCommand::List(args) => list(context, args),
        CacheCommand::Add(args) => add(context, args),
        CacheCommand::Refresh(args) => refresh(context, args),
        CacheCommand::Remove(args) => remove(context, args),
    }
}

/// Whoever reads for `externaldata`, by the configuration; `network`: any host may be asked. Copies are dated by the wall
/// clock, whatever `--now` says.
pub fn store(context: &Context, network: bool) -> Result<Store, Failure> {
    let config = &context.config.external;
    let span = |text: &Option<String>, key: &str| -> Result<Option<i64>, Failure> {
        let read = |text: &String| {
            let bad = || {
                let message = format!("`{key} = \"{text}\"` below `[external]` is no span of time");
                Diagnostic::general(Code::BadConfig, message).with_help("write it like 1d, 12h or 30s")
            };
            let spelled = text.contains(|c: char| c.is_alphabetic() || c == ':');
            timespan::parse(text).filter(|ticks| spelled && *ticks >= 0).ok_or_else(bad)
        };
        Ok(text.as_ref().map(read).transpose()?)
    };
    let folder = config.cache.clone().unwrap_or_else(|| context.mirror.with_file_name(FOLDER));
    let mut settings = Settings::new(folder, datetime::from_system_time(SystemTime::now()));
    settings.policy = Policy { network, allow: config.allow.clone(), insecure: config.insecure };
    settings.policy.check().map_err(|refusal| refusal.general())?;
    settings.max_age = span(&config.max_age, "max_age")?.unwrap_or(settings.max_age);
    settings.max_bytes = config.max_bytes.unwrap_or(settings.max_bytes);
    settings.max_unpacked = config.max_unpacked.unwrap_or(settings.max_unpacked);
    settings.certificates = config.certificates.clone();
    if let Some(ticks) = span(&config.timeout, "timeout")? {
        let total = Duration::from_nanos(ticks.unsigned_abs().saturating_mul(100));
        let usual = Timeouts::default();
        settings.timeouts = Timeouts { connect: usual.connect.min(total), read: usual.read.min(total), total };
    }
    Ok(Store::new(settings))
}

fn list(context: &Context, args: &CacheListArgs) -> Result<ExitCode, Failure> {
    let store = store(context, false)?;
    let entries = store.cache().list().map_err(|e| unusable(store.cache(), &e))?;
    if entries.is_empty() {
        context.say(&format!("there are no copies in {}", store.cache().folder().display()));
    }
    output::print(context, &listing(store.cache(), &entries), args.format)?;
    Ok(ExitCode::SUCCESS)
}

/// A row a copy.
fn listing(cache: &Cache, entries: &[Entry]) -> QueryResult {
    let schema = Schema::of([
        ("Address", Type::String),
        ("Date", Type::Datetime),
        ("Bytes", Type::Long),
        ("Origin", Type::String),
        ("State", Type::String),
        ("Digest", Type::String),
    ]);
    let text = |text: &str| Value::String(text.to_owned());
    let rows = entries.iter().map(|e| {
        let origin = match (e.added, e.partial) {
            (true, _) => "added",
            (false, true) => "fetched with a secret",
            (false, false) => "fetched",
        };
        let state = cache.open(e).map_or_else(|why| why, |_| "whole".to_owned());
        let date = datetime::parse(&e.date).map_or(Value::Null, Value::Datetime);
        let bytes = Value::Long(i64::try_from(e.bytes).unwrap_or(i64::MAX));
        vec![text(&e.address), date, bytes, text(origin), Value::String(state), text(&e.digest)]
    });
    let batch = Batch::from_rows(&schema, rows);
    QueryResult { schema, batches: vec![batch], ordered: true, ..QueryResult::default() }
}

fn add(context: &Context, args: &CacheAddArgs) -> Result<ExitCode, Failure> {
    let address = Address::new(&args.url);
    if !address.is_url() {
        return Err(Failure::usage(format!("`{address}` is no address: files are read where they are")));
    }
    if address.scheme().as_deref() == Some("file") {
        return Err(Failure::usage(format!("`{address}` is a file of this machine: it is read where it is")));
    }
    if address.place().split_once("://").is_none_or(|(_, rest)| rest.starts_with(['/', '?']) || rest.is_empty()) {
        return Err(Failure::usage(format!("`{address}` is no address: it names no host")));
    }
    let store = store(context, false)?;
    let now = datetime::from_system_time(SystemTime::now());
    let cannot = |code: Code, why: String| Diagnostic::general(code, format!("`{}` {why}", args.file.display()));
    if args.file.is_dir() {
        return Err(cannot(Code::CannotRead, "is a folder".to_owned()).into());
    }
    std::fs::File::open(&args.file).map_err(|e| cannot(Code::CannotRead, format!("cannot be read: {e}")))?;
    let entry = store.cache().add(&address, &args.file, now).map_err(|e| {
        cannot(Code::CannotWrite, format!("cannot be kept in the cache `{}`: {e}", store.cache().folder().display()))
    })?;
    context.say(&format!("{} is a copy of {} bytes", entry.address, entry.bytes));
    Ok(ExitCode::SUCCESS)
}

/// Fetches each one; those that fail keep their copy and are told at the end.
fn refresh(context: &Context, args: &CacheRefreshArgs) -> Result<ExitCode, Failure> {
    let store = store(context, args.allow_network)?;
    let mut failures = Diagnostics::default();
    for address in to_refresh(context, &store, &args.urls)? {
        match store.refresh(&address) {
            Ok(entry) => context.say(&format!("{}: {} bytes", entry.address, entry.bytes)),
            Err(refusal) => failures.push(refusal.general()),
        }
    }
    if failures.has_errors() { Err(failures.into()) } else { Ok(ExitCode::SUCCESS) }
}

/// The addresses named, or those of all copies that were fetched and can be fetched again.
fn to_refresh(context: &Context, store: &Store, named: &[String]) -> Result<Vec<Address>, Failure> {
    if !named.is_empty() {
        return Ok(named.iter().map(|url| Address::new(url)).collect());
    }
    let entries = store.cache().list().map_err(|e| unusable(store.cache(), &e))?;
    let (partial, whole): (Vec<Entry>, Vec<Entry>) = entries.into_iter().filter(|e| !e.added).partition(|e| e.partial);
    if whole.is_empty() {
        context.say("there is no copy to fetch again: added ones are fetched only when they are named");
    }
    for entry in partial {
        context.say(&format!("{} needs its secret: name the whole address", entry.address));
    }
    Ok(whole.iter().map(|e| Address::new(&e.address)).collect())
}

fn remove(context: &Context, args: &CacheRemoveArgs) -> Result<ExitCode, Failure> {
    let store = store(context, false)?;
    let mut failures = Diagnostics::default();
    for address in args.urls.iter().map(|url| Address::new(url)) {
        match store.cache().remove(&address).map_err(|e| unusable(store.cache(), &e))? {
            true => context.say(&format!("removed the copy of {address}")),
            false => failures.push(Diagnostic::general(Code::CannotRead, format!("there is no copy of `{address}`"))),
        }
    }
    if failures.has_errors() { Err(failures.into()) } else { Ok(ExitCode::SUCCESS) }
}

fn unusable(cache: &Cache, error: &std::io::Error) -> Diagnostic {
    let message = format!("the cache `{}` cannot be used: {error}", cache.folder().display());
    Diagnostic::general(Code::CannotRead, message)
}
