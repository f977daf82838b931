//! What `externaldata` reads, brought to this machine and made rows.
//!
//! In: addresses and formats of a query, and [`Settings`]. Out: rows, through the trait [`External`]. Nothing leaves the
//! machine unless the policy allows the host; what was fetched once stays in a cache and is read from there. The clock is
//! told by the caller; time limits of requests apart, nothing here looks at one. No secret of an address is printed or kept.

mod cache;
mod http;
mod location;
mod policy;
mod read;
#[cfg(test)]
mod tests;

pub use cache::{Cache, Entry};
pub use location::IpLocations;
pub use policy::Policy;

use crate::catalog::{Address, Artifact, External, ExternalData, ExternalFormat, ExternalPart, ExternalRows};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::value::{Schema, datetime};
use std::path::PathBuf;
use std::time::Duration;

/// Bytes of one artifact as it is fetched, unless set.
pub const MAX_BYTES: u64 = 256 << 20;
/// Bytes of one artifact unpacked, unless set.
pub const MAX_UNPACKED: u64 = 1 << 30;

/// Everything that reading is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The cache's folder; made when something is first kept.
    pub cache: PathBuf,
    /// What may be read.
    pub policy: Policy,
    /// Ticks of this moment by the wall clock.
    pub now: i64,
    /// Ticks after which a fetched copy is fetched again, where its host may be asked.
    pub max_age: i64,
    /// Bytes of one artifact as it is fetched.
    pub max_bytes: u64,
    /// Bytes of one artifact unpacked; also of local files.
    pub max_unpacked: u64,
    /// How long a request may take.
    pub timeouts: Timeouts,
    /// A PEM file of further root certificates.
    pub certificates: Option<PathBuf>,
}

/// How long a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To the connection.
    pub connect: Duration,
    /// Between two pieces of an answer.
    pub read: Duration,
    /// In all, redirects included.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        let seconds = Duration::from_secs;
        Timeouts { connect: seconds(10), read: seconds(30), total: seconds(300) }
    }
}

impl Settings {
    /// Settings with every default: no network, copies good for a day.
    pub fn new(cache: impl Into<PathBuf>, now: i64) -> Settings {
        Settings {
            cache: cache.into(),
            policy: Policy::default(),
            now,
            max_age: datetime::TICKS_PER_DAY,
            max_bytes: MAX_BYTES,
            max_unpacked: MAX_UNPACKED,
            timeouts: Timeouts::default(),
            certificates: None,
        }
    }
}

/// Why something cannot be read, before it has a place in a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code.
    pub code: Code,
    /// What is wrong, one line, without secrets.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Refusal {
    fn new(code: Code, message: impl Into<String>) -> Refusal {
        Refusal { code, message: message.into(), help: None }
    }

    fn with_help(mut self, help: impl Into<String>) -> Refusal {
        self.help = Some(help.into());
        self
    }

    /// As an error at a place of a query.
    pub fn at(self, span: Span) -> Diagnostic {
        let error = Diagnostic::error(self.code, span, self.message);
        Diagnostic { help: self.help, ..error }
    }

    /// As an error that no text is to blame for.
    pub fn general(self) -> Diagnostic {
        let error = Diagnostic::general(self.code, self.message);
        Diagnostic { help: self.help, ..error }
    }
}

/// Something to tell beside the rows.
type Warning = (Code, String);

/// A file on this machine to read an artifact from.
struct Local {
    path: PathBuf,
    /// What the server called it.
    media_type: Option<String>,
    warnings: Vec<Warning>,
}

/// Reads files, cached copies, and what the policy lets it fetch.
#[derive(Clone, Debug)]
pub struct Store {
    settings: Settings,
    cache: Cache,
}

impl Store {
    /// A store with these settings.
    pub fn new(settings: Settings) -> Store {
        Store { cache: Cache::new(settings.cache.clone()), settings }
    }

    /// Its cache.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Fetches an address into the cache whatever the age of its copy.
    ///
    /// # Errors
    /// When the policy does not allow it, or the fetching fails; the copy stays as it was.
    pub fn refresh(&self, address: &Address) -> Result<Entry, Refusal> {
        let known = self.cache.find(address).map_err(|e| self.cache.failed(&e))?;
        self.settings.policy.judge(address)?;
        self.fetch(address, known.as_ref())
    }

    /// Fetches and keeps. A copy that the server calls unchanged is dated anew.
    fn fetch(&self, address: &Address, known: Option<&Entry>) -> Result<Entry, Refusal> {
        let known = known.filter(|e| self.cache.open(e).is_ok());
        let failed = |e: std::io::Error| self.cache.failed(&e);
        let mut copy = self.cache.begin().map_err(failed)?;
        match (http::fetch(&self.settings, address, known, &mut copy)?, known) {
            (http::Answer::Whole(facts), _) => {
                copy.keep(&self.cache, address, facts, self.settings.now, false).map_err(failed)
            }
            (http::Answer::Unchanged, Some(known)) => {
                let entry = Entry { date: datetime::format(self.settings.now), ..known.clone() };
                self.cache.write(address, &entry).map_err(failed)?;
                Ok(entry)
            }
            (http::Answer::Unchanged, None) => {
                Err(Refusal::new(Code::FetchFailed, format!("`{address}` answered that nothing has changed")))
            }
        }
    }

    /// Where an artifact lies on this machine, after fetching it if need be.
    fn local(&self, address: &Address) -> Result<Local, Refusal> {
        match address.scheme().as_deref() {
            None => Ok(Local { path: PathBuf::from(address.place()), media_type: None, warnings: vec![] }),
            Some("file") => policy::file_path(address).map(|path| Local { path, media_type: None, warnings: vec![] }),
            Some("https" | "http") => self.copy(address),
            Some(scheme) => {
                // A copy may have been added by hand for any address.
                let found = self.cache.find(address).map_err(|e| self.cache.failed(&e))?;
                let message = format!("addresses with `{scheme}://` are not fetched: `{address}`");
                found.map_or_else(
                    || Err(Refusal::new(Code::NotAllowed, message).with_help(policy::add_help(address))),
                    |entry| self.kept(address, &entry, vec![added(address, &entry)]),
                )
            }
        }
    }

    /// The cached copy of an address, fetched where there is none, or an old one, and the policy allows it.
    fn copy(&self, address: &Address) -> Result<Local, Refusal> {
        let mut warnings = vec![];
        let mut known = self.cache.find(address).map_err(|e| self.cache.failed(&e))?;
        let allowed = self.settings.policy.judge(address);
        if let Some(entry) = &known
            && let Err(why) = self.cache.open(entry)
        {
            let damage = damaged(address, &why);
            if allowed.is_err() || entry.added {
                return Err(damage);
            }
            warnings.push((Code::EarlierCopy, damage.message));
            known = None;
        }
        let entry = match (known, allowed) {
            (None, Err(refusal)) => return Err(refusal),
            (None, Ok(())) => self.fetch(address, None)?,
            (Some(entry), _) if entry.added => {
                warnings.push(added(address, &entry));
                entry
            }
            (Some(entry), Err(_)) => {
                let message = format!("`{address}` is the copy of {}: the network is not used", entry.day());
                warnings.push((Code::EarlierCopy, message));
                entry
            }
            (Some(entry), Ok(())) if entry.age(self.settings.now) < self.settings.max_age => entry,
            (Some(entry), Ok(())) => match self.fetch(address, Some(&entry)) {
                Ok(fresh) => fresh,
                Err(refusal) => {
                    let why = refusal.message;
                    warnings.push((Code::EarlierCopy, format!("the copy of {} was read: {why}", entry.day())));
                    entry
                }
            },
        };
        self.kept(address, &entry, warnings)
    }

    fn kept(&self, address: &Address, entry: &Entry, warnings: Vec<Warning>) -> Result<Local, Refusal> {
        match self.cache.open(entry) {
            Ok(path) => Ok(Local { path, media_type: entry.media_type.clone(), warnings }),
            Err(why) => Err(damaged(address, &why)),
        }
    }

    fn artifact(
        &self,
        artifact: &Artifact,
        data: &ExternalData,
        schema: &Schema,
    ) -> Result<(ExternalPart, Vec<Warning>), Refusal> {
        let local = self.local(&artifact.address)?;
        let mut warnings = local.warnings;
        if artifact.format == ExternalFormat::Parquet {
            read::check_parquet(&local.path, &artifact.address)?;
            return Ok((ExternalPart::Parquet(local.path), warnings));
        }
        let job = read::Job {
            path: &local.path,
            address: &artifact.address,
            media_type: local.media_type.as_deref(),
            format: artifact.format,
            data,
            schema,
            limit: self.settings.max_unpacked,
        };
        let batch = read::read(&job, &mut warnings)?;
        Ok((ExternalPart::Rows(batch), warnings))
    }
}

fn added(address: &Address, entry: &Entry) -> Warning {
    (Code::EarlierCopy, format!("`{address}` is the copy added on {}", entry.day()))
}

fn damaged(address: &Address, why: &str) -> Refusal {
    Refusal::new(Code::CannotRead, format!("the copy of `{address}` is not used: {why}"))
        .with_help("remove it with `huntline cache remove`, then fetch or add it again")
}

impl External for Store {
    fn rows(&self, data: &ExternalData, schema: &Schema, span: Span) -> Result<ExternalRows, Diagnostic> {
        let mut rows = ExternalRows::default();
        for artifact in &data.artifacts {
            let read = match self.artifact(artifact, data, schema) {
                // Another process may have replaced the copy between looking and reading: once more.
                Err(refusal) if refusal.code == Code::CannotRead && artifact.address.is_url() => {
                    self.artifact(artifact, data, schema)
                }
                read => read,
            };
            let (part, warnings) = read.map_err(|r| r.at(span))?;
            rows.parts.push(part);
            rows.warnings.extend(warnings.into_iter().map(|(code, text)| Diagnostic::warning(code, span, text)));
        }
        Ok(rows)
    }
}
