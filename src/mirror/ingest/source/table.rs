//! The table that a path names.
//!
//! In: a path or an address. Out: the name of a table.

use crate::catalog::device;
use std::sync::Arc;

/// The table that a path names: a blob container, a file or a folder.
pub fn of_path(path: &str) -> Option<Arc<str>> {
    let mut parts: Vec<&str> = path.split(['/', '\\']).collect();
    let file = parts.pop()?;
    of_file(file).or_else(|| parts.iter().rev().find_map(|folder| of_folder(folder))).map(Into::into)
}

/// `DeviceEvents.json`, `DeviceEvents-2024.csv.gz`, `Custom_CL.csv`.
fn of_file(file: &str) -> Option<&str> {
    let stem = file.split('.').next()?;
    let word = stem.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
    documented(stem).or_else(|| documented(word)).or_else(|| stem.ends_with("_CL").then_some(stem))
}

/// `insights-logs-advancedhunting-deviceevents`, `am-DeviceEvents`, `DeviceEvents`, `Custom_CL`.
fn of_folder(folder: &str) -> Option<&str> {
    // `abfss://container@account.dfs.core.windows.net/`: the container says it.
    let folder = folder.split_once('@').map_or(folder, |(container, _)| container);
    let container = ["insights-logs-advancedhunting-", "am-"].iter().find_map(|p| folder.strip_prefix(p));
    container.and_then(documented).or_else(|| documented(folder)).or_else(|| folder.ends_with("_CL").then_some(folder))
}

/// The documented table of a name in any case, current or old.
pub fn documented(name: &str) -> Option<&'static str> {
    let table = device::names().find(|t| t.eq_ignore_ascii_case(name));
    table.or_else(|| device::resolve_alias(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_tables() {
        let table = |path| of_path(path).map(|t| t.to_string());
        let blob =
            "x/insights-logs-advancedhunting-deviceprocessevents/tenantId=1/y=2026/m=07/d=18/h=14/m=00/PT1H.json";
        assert_eq!(table(blob).as_deref(), Some("DeviceProcessEvents"));
        assert_eq!(table("am-deviceevents/y=2026/PT05M_1.json").as_deref(), Some("DeviceEvents"));
        let whole = "abfss://insights-logs-advancedhunting-deviceinfo@acc.dfs.core.windows.net/y=2026/PT1H.json";
        assert_eq!(table(whole).as_deref(), Some("DeviceInfo"));
        assert_eq!(table("MiscEvents-2020.csv.gz").as_deref(), Some("DeviceEvents"));
        assert_eq!(table("data/DeviceInfo/2026-06-01.parquet").as_deref(), Some("DeviceInfo"));
        assert_eq!(table("my/Thing_CL.csv").as_deref(), Some("Thing_CL"));
        assert_eq!(table("data/truth.json"), None);
    }
}
