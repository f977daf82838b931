//! The directory of people: a CSV file and entries of the configuration.

use crate::cli::context::Failure;
use crate::config::SyncConfig;
use crate::diagnostic::{Code, Diagnostic};
use crate::incident::{Directory, Person};
use std::path::Path;

/// Reads all people.
pub fn read(config: &SyncConfig) -> Result<Directory, Failure> {
    let mut people: Vec<Person> = config
        .people
        .iter()
        .map(|p| Person {
            upn: p.upn.clone(),
            object_id: p.object_id.clone(),
            display: p.display.clone(),
            team: p.team.clone(),
        })
        .collect();
    if let Some(path) = &config.directory {
        people.extend(read_csv(path)?);
    }
    Ok(Directory::new(people))
}

fn read_csv(path: &Path) -> Result<Vec<Person>, Failure> {
    let bad = |what: String| -> Failure {
        let diagnostic = Diagnostic::general(Code::BadConfig, format!("`{}`: {what}", path.display()));
        diagnostic.with_help("the columns are upn,objectId,display and, if you like, team").into()
    };
    let mut reader = csv::Reader::from_path(path).map_err(|e| bad(e.to_string()))?;
    let rows = reader.deserialize::<Person>().map(|row| row.map_err(|e| bad(e.to_string())));
    rows.map(|row| row.map(|p| Person { team: p.team.filter(|t| !t.is_empty()), ..p })).collect()
}

/// Writes people as such a file.
pub fn write_csv(path: &Path, people: &[Person]) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_path(path).map_err(|e| Failure::from(std::io::Error::other(e)))?;
    writer.write_record(["upn", "objectId", "display", "team"]).map_err(std::io::Error::other)?;
    for p in people {
        let team = p.team.as_deref().unwrap_or_default();
        writer.write_record([&p.upn, &p.object_id, &p.display, team]).map_err(std::io::Error::other)?;
    }
    Ok(writer.flush()?)
}
