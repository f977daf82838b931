//! What `externaldata` reads: addresses, formats, and the trait of whoever may read them.
//!
//! In: what a query names. Out: [`ExternalData`], which the plan carries, and [`External`], which a backend asks for the rows.
//! Nothing is read here. An address may carry a secret: it is never shown whole.

use crate::diagnostic::{Diagnostic, SECRET_PARAMETERS, Span};
use crate::value::{Batch, Schema};
use std::fmt;
use std::path::PathBuf;

/// Whoever reads the artifacts of `externaldata`.
pub trait External: Send + Sync {
    /// The rows of all artifacts, in order. `schema` is the declared one, `span` where it was written.
    ///
    /// # Errors
    /// A diagnostic at `span` when an artifact may not be read, cannot be read, or is not of its format.
    fn rows(&self, data: &ExternalData, schema: &Schema, span: Span) -> Result<ExternalRows, Diagnostic>;
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct ExternalRows {
    /// The rows, a part for each artifact.
    pub parts: Vec<ExternalPart>,
    /// What to tell beside them: earlier copies, skipped records, contents that look odd.
    pub warnings: Vec<Diagnostic>,
}

/// The rows of one artifact.
#[derive(Clone, Debug)]
pub enum ExternalPart {
    /// Rows of the declared schema.
    Rows(Batch),
    /// A parquet file that the backend reads by its own scan, columns by name, as files of [`super::FileLayout::Foreign`].
    Parquet(PathBuf),
}

/// What an `externaldata` reads and how.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalData {
    /// The artifacts, in order; at least one.
    pub artifacts: Vec<Artifact>,
    /// The first record of each artifact is left out.
    pub ignore_first_record: bool,
    /// Where each column of the schema comes from (`ingestionMapping`); `None` is Kusto's identity mapping: by position in
    /// text formats, by name in JSON.
    pub mapping: Option<Vec<ColumnSource>>,
}

/// A file or blob.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    /// Where it is.
    pub address: Address,
    /// Its format.
    pub format: ExternalFormat,
}

/// Where a column comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnSource {
    /// The field with this number, from 0, of a text format.
    Ordinal(usize),
    /// A JSON path (`$.a.b`).
    Path(String),
    /// This text, in every row.
    Constant(String),
    /// Nowhere: its values are missing.
    Nowhere,
}

/// The formats that are read. Kusto's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternalFormat {
    /// Comma-separated values after RFC 4180.
    Csv,
    /// Tab-separated values.
    Tsv,
    /// Tab-separated values with `\` as escape.
    Tsve,
    /// Values separated by `|`.
    Psv,
    /// Values separated by `;`.
    Scsv,
    /// Values separated by the character 1.
    Sohsv,
    /// A record a line; empty lines are skipped.
    Txt,
    /// The whole text is one value.
    Raw,
    /// A JSON object a line.
    Json,
    /// One JSON object.
    SingleJson,
    /// JSON objects, or one array of them, over any number of lines.
    MultiJson,
    /// Parquet.
    Parquet,
}

/// Kusto's formats that are not read, as they are named and as files end.
const NOT_BUILT: &[&str] = &["avro", "apacheavro", "orc", "w3clogfile", "log", "azmonstream"];

impl ExternalFormat {
    /// Every format.
    pub const ALL: [ExternalFormat; 12] = [
        ExternalFormat::Csv,
        ExternalFormat::Tsv,
        ExternalFormat::Tsve,
        ExternalFormat::Psv,
        ExternalFormat::Scsv,
        ExternalFormat::Sohsv,
        ExternalFormat::Txt,
        ExternalFormat::Raw,
        ExternalFormat::Json,
        ExternalFormat::SingleJson,
        ExternalFormat::MultiJson,
        ExternalFormat::Parquet,
    ];

    /// Kusto's name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            ExternalFormat::Csv => "csv",
            ExternalFormat::Tsv => "tsv",
            ExternalFormat::Tsve => "tsve",
            ExternalFormat::Psv => "psv",
            ExternalFormat::Scsv => "scsv",
            ExternalFormat::Sohsv => "sohsv",
            ExternalFormat::Txt => "txt",
            ExternalFormat::Raw => "raw",
            ExternalFormat::Json => "json",
            ExternalFormat::SingleJson => "singlejson",
            ExternalFormat::MultiJson => "multijson",
            ExternalFormat::Parquet => "parquet",
        }
    }

    /// The format of that name, in any case.
    pub fn from_name(name: &str) -> Option<ExternalFormat> {
        ExternalFormat::ALL.into_iter().find(|f| f.name().eq_ignore_ascii_case(name))
    }

    /// True for a format of Kusto's that is not read.
    pub fn is_not_built(name: &str) -> bool {
        NOT_BUILT.iter().any(|n| n.eq_ignore_ascii_case(name))
    }

    /// The format by the ending of a name, as Kusto tells it: what compresses it apart, and CSV for any ending that names
    /// no format. The error is the name of a format that is not read.
    ///
    /// # Errors
    /// The ending, when it is one of a format that is not read.
    pub fn of_address(address: &Address) -> Result<ExternalFormat, String> {
        let place = address.place();
        let place = place.split(['?', '#']).next().unwrap_or_default();
        let name = place.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
        let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zip")).unwrap_or(&name);
        match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some(ending) if ExternalFormat::is_not_built(ending) => Err(ending.to_owned()),
            Some(ending) => Ok(ExternalFormat::from_name(ending).unwrap_or(ExternalFormat::Csv)),
            None => Ok(ExternalFormat::Csv),
        }
    }

    /// True when records are JSON objects, whose columns have names.
    pub const fn is_json(self) -> bool {
        matches!(self, ExternalFormat::Json | ExternalFormat::SingleJson | ExternalFormat::MultiJson)
    }

    /// True when a record is one text, so that there is one field only.
    pub const fn is_one_field(self) -> bool {
        matches!(self, ExternalFormat::Txt | ExternalFormat::Raw)
    }
}

/// Where an artifact is: a storage connection string (`https://host/path?query;options`) or the path of a file. Printing it
/// shows no secret.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address {
    whole: String,
}

impl Address {
    /// An address as it was written.
    pub fn new(text: &str) -> Address {
        Address { whole: text.trim().to_owned() }
    }

    /// True for an address with a scheme (`https://`); else it is a path.
    pub fn is_url(&self) -> bool {
        self.scheme().is_some()
    }

    /// The scheme, in lower case.
    pub fn scheme(&self) -> Option<String> {
        let (scheme, _) = self.whole.split_once("://")?;
        let plain = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        plain.then(|| scheme.to_ascii_lowercase())
    }

    /// The whole place with its query, secrets included, without the options after `;`. For whoever reads it only.
    pub fn place(&self) -> &str {
        match self.is_url() {
            true => self.whole.split(';').next().unwrap_or_default(),
            false => &self.whole,
        }
    }

    /// True when options for signing in follow the place (`;managed_identity=system`, `;key`).
    pub fn has_options(&self) -> bool {
        self.is_url() && self.whole.split_once(';').is_some_and(|(_, options)| !options.trim().is_empty())
    }

    /// What tells this place from others: the place itself without user name and password, scheme and host in lower case,
    /// and of a signed address (SAS) without its query, which changes with each signature.
    pub fn identity(&self) -> String {
        let Some((scheme, rest)) = self.place().split_once("://").filter(|_| self.is_url()) else {
            return self.place().to_owned();
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let host = authority.rsplit('@').next().unwrap_or_default();
        let path = path.split_once('?').filter(|(_, query)| is_signed(query)).map_or(path, |(before, _)| before);
        format!("{}://{}{path}", scheme.to_ascii_lowercase(), host.to_ascii_lowercase())
    }

    /// The address without what may be secret: options, user names and passwords, signatures, values of parameters that
    /// are named like keys.
    pub fn shown(&self) -> String {
        let identity = self.identity();
        match identity.split_once('?').filter(|_| self.is_url()) {
            Some((before, query)) => {
                let query: Vec<String> = query.split('&').map(shown_parameter).collect();
                format!("{before}?{}", query.join("&"))
            }
            None => identity,
        }
    }

    /// True when [`Address::shown`] leaves something out: the address cannot be fetched again from what is shown.
    pub fn hides(&self) -> bool {
        let whole = self.whole.split('#').next().unwrap_or_default();
        // Letters of scheme and host may differ in case.
        self.is_url() && !self.shown().eq_ignore_ascii_case(whole)
    }
}

fn is_signed(query: &str) -> bool {
    query.split('&').any(|p| p.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case("sig")))
}

fn shown_parameter(parameter: &str) -> String {
    match parameter.split_once('=') {
        Some((name, _)) if SECRET_PARAMETERS.iter().any(|s| s.eq_ignore_ascii_case(name)) => format!("{name}=..."),
        _ => parameter.to_owned(),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        for (written, shown) in [
            ("https://a.example/c/users.txt;c2VjcmV0", "https://a.example/c/users.txt"),
            ("https://a.example/c/users.csv.gz?sv=2022&sig=s%3D;impersonate", "https://a.example/c/users.csv.gz"),
            ("https://me:s3cret@a.example/x?days=7&api_key=s3cret#top", "https://a.example/x?days=7&api_key=..."),
            ("https://me:s3cret@a.example?x=1", "https://a.example?x=1"),
            ("lists/a;b?c#d.txt", "lists/a;b?c#d.txt"),
        ] {
            let address = Address::new(written);
            assert_eq!(address.shown(), shown);
            assert_eq!(format!("{address:?}"), format!("{shown:?}"));
        }
        assert!(!Address::new("https://a.example/x?days=7#top").hides());
        assert!(Address::new("https://a.example/x?token=1").hides());
        assert!(!Address::new("https://me:s3cret@a.example/").identity().contains("s3cret"));
        assert_eq!(Address::new("HTTPS://A.example/X").identity(), "https://a.example/X");
        assert!(!Address::new("HTTPS://A.example/X").hides());
        assert_ne!(
            Address::new("https://a.example/?token=1").identity(),
            Address::new("https://a.example/?token=2").identity()
        );
    }

    #[test]
    fn endings_tell_formats() {
        let of = |text: &str| ExternalFormat::of_address(&Address::new(text));
        assert_eq!(of("https://a.example/users.TXT?x=.json;secret"), Ok(ExternalFormat::Txt));
        assert_eq!(of("data/part.tsv.gz"), Ok(ExternalFormat::Tsv));
        assert_eq!(of("https://a.example/download/"), Ok(ExternalFormat::Csv));
        assert_eq!(of("https://a.example/list.hdb"), Ok(ExternalFormat::Csv));
        assert_eq!(of("x.parquet"), Ok(ExternalFormat::Parquet));
        assert_eq!(of("x.avro"), Err("avro".to_owned()));
    }
}
