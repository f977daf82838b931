//! Query texts and the environment that they run in.

use super::args::{EnvArgs, TextArgs};
use super::cache;
use super::context::{Context, Failure};
use crate::catalog::{Catalog, Env, MemoryCatalog, Overlay, Places};
use crate::diagnostic::{Code, Diagnostic, Source, SourceId, Span};
use crate::external::IpLocations;
use crate::mirror::{self, At, Mirror};
use crate::syntax;
use crate::value::{datetime, timespan};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// The queries to run: one, or the chosen one of several, or all of a file.
pub fn queries(args: &TextArgs) -> Result<Vec<Source>, Failure> {
    let source = match (&args.text, &args.file) {
        (Some(text), _) => Source::new(SourceId(0), "<argument>", text.clone()),
        (None, Some(path)) if path != Path::new("-") => read_source(path, SourceId(0))?,
        (None, _) => Source::new(SourceId(0), "<stdin>", read_stdin()?),
    };
    pick(source, args.pick)
}

/// A query file.
pub fn read_source(path: &Path, id: SourceId) -> Result<Source, Failure> {
    let bytes = std::fs::read(path).map_err(|e| cannot_read(path, &e.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| cannot_read(path, "it is not UTF-8 text"))?;
    Ok(Source::new(id, path.display().to_string(), text))
}

fn read_stdin() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(|e| cannot_read(Path::new("<stdin>"), &e.to_string()))?;
    Ok(String::from_utf8(bytes).map_err(|_| cannot_read(Path::new("<stdin>"), "it is not UTF-8 text"))?)
}

fn cannot_read(path: &Path, why: &str) -> Diagnostic {
    Diagnostic::general(Code::CannotRead, format!("`{}` cannot be read: {why}", path.display()))
}

/// The query of that number, from 1, or all.
fn pick(source: Source, number: Option<usize>) -> Result<Vec<Source>, Failure> {
    let mut all = split(source);
    let Some(n) = number else { return Ok(all) };
    match n.checked_sub(1).filter(|i| *i < all.len()) {
        Some(i) => Ok(vec![all.swap_remove(i)]),
        None => Err(Failure::usage(format!("there is no query {n}: the text holds {}", all.len()))),
    }
}

/// The queries of a text. Each piece keeps what stands before it as blanks, so that positions stay those of the file.
pub fn split(source: Source) -> Vec<Source> {
    let spans = syntax::split_queries(&source);
    if spans.len() <= 1 {
        return vec![source];
    }
    let piece = |span: &Span| {
        let before = source.text.get(..span.start as usize).unwrap_or_default();
        let blank: String = before.chars().flat_map(blank).collect();
        Source::new(source.id, source.name.clone(), blank + source.slice(*span))
    };
    spans.iter().map(piece).collect()
}

/// As many bytes of blank as the character has, line ends kept.
fn blank(c: char) -> impl Iterator<Item = char> {
    let keep = if c == '\n' { '\n' } else { ' ' };
    std::iter::repeat_n(keep, c.len_utf8())
}

/// The environment of a query: the mirror, tables laid over it, parameters.
pub fn environment(context: &Context, args: &EnvArgs) -> Result<Env, Failure> {
    let at = args.as_of.as_deref().map(as_of).transpose()?.unwrap_or_default();
    let mirror = Places::new(Mirror::open_at(&context.mirror, at)?, places(context)?);
    let catalog: Arc<dyn Catalog> = match args.tables.is_empty() {
        true => Arc::new(mirror),
        false => Arc::new(Overlay::new(tables_in_place(args)?, mirror)),
    };
    let mut env = Env::new(catalog, context.now);
    for parameter in &args.parameters {
        let (name, value) = split_pair(parameter, "--param")?;
        env.parameters.insert(name.to_owned(), value.to_owned());
    }
    if let Some(path) = &context.config.external.ip_locations {
        env.ip_locations = Some(Arc::new(IpLocations::open(path).map_err(|refusal| refusal.general())?));
    }
    env.external = Some(Arc::new(cache::store(context, args.allow_network)?));
    env.time_range = args.time_range.as_deref().map(|text| span(text, "--time-range")).transpose()?;
    env.legacy_names = args.legacy_names;
    Ok(env)
}

/// `--as-of`: a number is a version of the table, anything else a time.
fn as_of(text: &str) -> Result<At, Failure> {
    if let Ok(version) = text.parse() {
        return Ok(At::Version(version));
    }
    let wrong = || {
        Diagnostic::general(Code::Usage, format!("`--as-of {text}` is neither a version nor a time"))
            .with_help("write a number as `huntline mirror log TABLE` lists them, or a time like 2026-07-01T12:00:00Z")
    };
    Ok(At::Time(datetime::parse(text).ok_or_else(wrong)?))
}

/// The mirrors that stand for other places.
fn places(context: &Context) -> Result<Vec<(String, Arc<dyn Catalog>)>, Failure> {
    let mut places: Vec<(String, Arc<dyn Catalog>)> = vec![];
    for (place, path) in &context.config.places {
        if !path.is_dir() {
            let text = format!("the mirror `{}` of the place `{place}` is not there", path.display());
            return Err(Diagnostic::general(Code::BadConfig, text).into());
        }
        places.push((place.clone(), Arc::new(Mirror::open(path)?)));
    }
    Ok(places)
}

/// The tables of `--table NAME=PATH`.
fn tables_in_place(args: &EnvArgs) -> Result<MemoryCatalog, Failure> {
    let mut tables = MemoryCatalog::default();
    for given in &args.tables {
        let (name, path) = split_pair(given, "--table")?;
        tables.insert(mirror::read_file_as_table(Path::new(path), name, args.timezone.as_deref())?);
    }
    Ok(tables)
}

fn split_pair<'a>(text: &'a str, option: &str) -> Result<(&'a str, &'a str), Failure> {
    text.split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| Failure::usage(format!("`{option} {text}` lacks its name: write NAME=...")))
}

/// A span of time as people write it on a command line (`7d`, `12h`, `1.06:00:00`), in ticks.
pub fn span(text: &str, option: &str) -> Result<i64, Failure> {
    let spelled = text.contains(|c: char| c.is_alphabetic() || c == ':');
    timespan::parse(text)
        .filter(|ticks| spelled && *ticks > 0)
        .ok_or_else(|| Failure::usage(format!("`{option} {text}` is no span of time: write it like 7d, 12h or 30m")))
}
