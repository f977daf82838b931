//! Settings of `huntline.toml`, typed. The file is read here; the environment and the command line are read in `cli` only.

use crate::diagnostic::{Code, Diagnostic};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

mod fault;
mod pull;
mod sync;

pub use pull::{PullConfig, PullSource};
pub use sync::{AuthConfig, AuthMethod, BusinessHours, PersonConfig, SentinelConfig, SyncConfig};

/// The whole file. Unknown keys are refused, so that a misspelt one is not silently without effect.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[mirror]`
    pub mirror: MirrorConfig,
    /// `[external]`
    pub external: ExternalConfig,
    /// `[sync]`
    pub sync: SyncConfig,
    /// `[places]`: the mirror that stands for another place of queries, by `kind:name` (`"workspace:prod" = "mirrors/prod"`).
    pub places: BTreeMap<String, PathBuf>,
}

/// `[external]`: what `externaldata` may read.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExternalConfig {
    /// Hosts that may be asked without `--allow-network`: `feeds.example.com`, or `*.example.com` for every host below it.
    pub allow: Vec<String>,
    /// `http://` is allowed like `https://`.
    pub insecure: bool,
    /// The folder of the copies; `external` beside the mirror unless set.
    pub cache: Option<PathBuf>,
    /// A span of time (`1d`, `12h`) after which a copy is fetched again; a day unless set.
    pub max_age: Option<String>,
    /// Bytes of one file as it is fetched; 256 MiB unless set.
    pub max_bytes: Option<u64>,
    /// Bytes of one file unpacked; 1 GiB unless set.
    pub max_unpacked: Option<u64>,
    /// A span of time that one fetch may take in all; 5 minutes unless set.
    pub timeout: Option<String>,
    /// A PEM file of root certificates beside the system's.
    pub certificates: Option<PathBuf>,
    /// A database in MaxMind's format that `geo_info_from_ip_address` asks.
    pub ip_locations: Option<PathBuf>,
}

/// `[mirror]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MirrorConfig {
    /// Where the store lies.
    pub path: Option<PathBuf>,
    /// `[mirror.tables]`: check-boxes, as `DeviceInfo = false`. The nine tables of the Defender connector are on unless
    /// switched off, any other documented table is off unless switched on. They are pulled, and drawn by the ingestion chart.
    pub tables: BTreeMap<String, bool>,
    /// `[mirror.pull]`
    pub pull: PullConfig,
    /// How long old versions stay whole after `mirror compact` (`7d`); a week unless set.
    pub history: Option<String>,
    /// `[mirror.retention]`
    pub retention: RetentionConfig,
}

/// `[mirror.retention]`: how long rows are kept, by table, and as `default` for the others: a span of time (`365d`) or
/// `forever`.
pub type RetentionConfig = BTreeMap<String, String>;

/// The kinds of places: the functions of the language that name one.
const PLACES: [&str; 7] = ["workspace", "cluster", "database", "app", "adx", "resource", "arg"];

/// The name of the file that is looked for in the working directory.
pub const FILE_NAME: &str = "huntline.toml";

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`Code::BadConfig`] when the file cannot be read, is no TOML, or has keys or types that are not known.
    pub fn read(path: &Path) -> Result<Config, Diagnostic> {
        let bad = |what: String| Diagnostic::general(Code::BadConfig, format!("`{}`: {what}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|e| bad(e.to_string()))?;
        let config: Config = toml::from_str(&text).map_err(|e| bad(fault::told(&e, &text)))?;
        config.check_places().map_err(bad)?;
        Ok(config)
    }

    /// A place that no query can name would silently be without effect.
    fn check_places(&self) -> Result<(), String> {
        let mut seen: Vec<String> = vec![];
        for place in self.places.keys() {
            let kind = place.split_once(':').filter(|(_, name)| !name.is_empty()).map(|(kind, _)| kind);
            if !kind.is_some_and(|kind| PLACES.iter().any(|known| known.eq_ignore_ascii_case(kind))) {
                let kinds = PLACES.join(", ");
                return Err(format!("`{place}` below `[places]` is no place: write `kind:name`, with one of {kinds}"));
            }
            let plain = place.to_ascii_lowercase();
            if seen.contains(&plain) {
                return Err(format!("`{place}` stands twice below `[places]`: case does not count"));
            }
            seen.push(plain);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_unknown_keys() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE_NAME);
        std::fs::write(&file, "[mirror]\npath = \"m\"\n").unwrap();
        assert_eq!(Config::read(&file).unwrap().mirror.path, Some(PathBuf::from("m")));
        std::fs::write(&file, "[places]\n\"workspace:prod\" = \"p\"\n").unwrap();
        assert_eq!(Config::read(&file).unwrap().places.get("workspace:prod"), Some(&PathBuf::from("p")));
        std::fs::write(&file, "[external]\nallow = [\"a.example\"]\nmax_age = \"12h\"\n").unwrap();
        assert_eq!(Config::read(&file).unwrap().external.allow, ["a.example"]);
        let pull = "[mirror.tables]\nDeviceInfo = false\n[mirror.pull]\nsource = \"log_analytics\"\nsince = \"7d\"\n";
        std::fs::write(&file, pull).unwrap();
        let mirror = Config::read(&file).unwrap().mirror;
        assert_eq!((mirror.tables.get("DeviceInfo"), mirror.pull.source), (Some(&false), PullSource::LogAnalytics));
        assert_eq!((mirror.pull.since.as_str(), mirror.pull.every.as_str(), mirror.pull.parallel), ("7d", "5m", 3));
        std::fs::write(&file, "[mirror]\npaht = \"m\"\n").unwrap();
        assert!(Config::read(&file).unwrap_err().message.contains("paht"));
    }

    #[test]
    fn faults_are_told_with_their_line_and_without_names_of_rust() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE_NAME);
        let fault = |text: &str| {
            std::fs::write(&file, text).unwrap();
            Config::read(&file).unwrap_err().message
        };
        assert!(fault("[external]\nallow = \"a\"\n").contains("line 2: invalid type: a text, expected a list"));
        assert!(fault("external = 1\n").ends_with("expected a table"), "{}", fault("external = 1\n"));
        assert!(fault("[external]\n\nmax_bytes = -1\n").contains("line 3"));
        for place in ["wrkspace:prod", "prod", "workspace:"] {
            let text = fault(&format!("[places]\n\"{place}\" = \"p\"\n"));
            assert!(text.contains("is no place"), "{text}");
        }
        assert!(fault("[places]\n\"app:a\" = \"p\"\n\"APP:a\" = \"p\"\n").contains("twice"));
    }
}
