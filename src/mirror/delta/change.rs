//! A new version of a table.
//!
//! In: files that come and go, columns, counters. Out: the next version, wholly or not at all. A change is plain data that
//! can be kept beside the tables until it is done in all of them.

use super::bridge::run;
use super::{At, Columns, Part, Snapshot, is_table, memory, table, told};
use crate::diagnostic::Diagnostic;
use crate::mirror::layout::{DAY, day_name};
use deltalake::kernel::Action;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TableReference};
use deltalake::protocol::{DeltaOperation, SaveMode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

/// Versions after which the state is written as a whole, so that nobody has to read all of them.
const CHECKPOINT_EVERY: &str = "20";

/// What becomes of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The command that does it: `import`, `pull`, `compact`, `retain`, `repair`, `replace`.
    pub command: String,
    /// The table's columns from now on.
    pub columns: Columns,
    /// Its time column.
    pub time: Option<Arc<str>>,
    /// Files that come.
    pub add: Vec<Part>,
    /// Files that go.
    pub remove: Vec<Part>,
    /// New values of counters.
    pub counters: BTreeMap<String, i64>,
    /// When, in milliseconds since 1970.
    pub at: i64,
}

impl Change {
    /// Whether the rows stay the same and only lie in other files.
    fn moves(&self) -> bool {
        self.command == "compact"
    }

    fn operation(&self) -> DeltaOperation {
        match self.command.as_str() {
            "compact" => DeltaOperation::Optimize { predicate: None, target_size: 0 },
            "retain" | "repair" => DeltaOperation::Delete { predicate: None },
            "replace" => write(SaveMode::Overwrite),
            _ => write(SaveMode::Append),
        }
    }

    fn actions(&self, now: Option<&Columns>, metadata: Option<Value>) -> Result<Vec<Action>, serde_json::Error> {
        let mut all = Vec::with_capacity(self.add.len() + self.remove.len() + 2);
        if now.is_none() {
            all.push(json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}));
        }
        if now != Some(&self.columns) {
            all.push(json!({"metaData": self.metadata(metadata)}));
        }
        all.extend(self.remove.iter().map(|part| json!({"remove": self.removal(part)})));
        let mut actions = all.into_iter().map(serde_json::from_value).collect::<Result<Vec<Action>, _>>()?;
        let renamed = self.columns.renamed();
        let time = self.time.as_ref().map(|time| &**renamed.get(time).unwrap_or(time));
        actions.extend(self.add.iter().map(|part| Action::Add(part.to_add(time, self.moves()))));
        for (name, value) in &self.counters {
            let txn = json!({"txn": {"appId": name, "version": value, "lastUpdated": self.at}});
            actions.push(serde_json::from_value(txn)?);
        }
        Ok(actions)
    }

    /// The table's metadata: what it has, with these columns; or that of a new table.
    fn metadata(&self, now: Option<Value>) -> Value {
        if let Some(Value::Object(mut now)) = now {
            now.insert("schemaString".to_owned(), Value::from(self.columns.to_delta().to_string()));
            return Value::Object(now);
        }
        json!({
            "id": uuid::Uuid::new_v4().to_string(),
            "format": {"provider": "parquet", "options": {}},
            "schemaString": self.columns.to_delta().to_string(),
            "partitionColumns": [DAY],
            "createdTime": self.at,
            // Old versions stay readable until somebody decides otherwise (`mirror retain`, `mirror compact`).
            "configuration": {
                "delta.checkpointInterval": CHECKPOINT_EVERY,
                "delta.enableExpiredLogCleanup": "false",
                "delta.deletedFileRetentionDuration": "interval 3650 days",
            },
        })
    }

    fn removal(&self, part: &Part) -> Value {
        json!({
            "path": part.path,
            "deletionTimestamp": self.at,
            "dataChange": !self.moves(),
            "extendedFileMetadata": true,
            "partitionValues": {DAY: part.day.map(day_name)},
            "size": part.bytes,
        })
    }

    fn notes(&self) -> HashMap<String, Value> {
        let rows: u64 = self.add.iter().map(|p| p.rows).sum();
        HashMap::from([
            ("huntline.command".to_owned(), Value::from(self.command.as_str())),
            ("huntline.rows".to_owned(), Value::from(rows)),
        ])
    }
}

fn write(mode: SaveMode) -> DeltaOperation {
    DeltaOperation::Write { mode, partition_by: Some(vec![DAY.to_owned()]), predicate: None }
}

/// Makes a change of the table at a folder, which it makes when there is none. Returns the number of the new version.
///
/// # Errors
/// When the log is damaged or cannot be written; then nothing has changed.
pub fn commit(folder: &Path, change: &Change) -> Result<u64, Diagnostic> {
    let exists = is_table(folder);
    if !exists {
        std::fs::create_dir_all(folder).map_err(|e| crate::mirror::transaction::cannot_write(folder, &e))?;
    }
    let mut table = table(folder)?;
    let done = run(async {
        if exists {
            table.load().await?;
        }
        let state = table.snapshot().ok();
        let schema = state.map(|s| serde_json::to_value(s.schema().as_ref())).transpose()?;
        let now = schema.map(|s| Columns::of_delta(&s).unwrap_or_default());
        let metadata = state.map(|s| serde_json::to_value(s.metadata())).transpose()?;
        let actions = change.actions(now.as_ref(), metadata)?;
        let properties = CommitProperties::default().with_metadata(change.notes()).with_create_checkpoint(true);
        let reference = state.map(|s| s as &dyn TableReference);
        let commit = CommitBuilder::from(properties).with_actions(actions);
        let done = commit.build(reference, table.log_store(), change.operation()).await?;
        Ok(done.version())
    })?;
    let version = done.map_err(|e: deltalake::DeltaTableError| told(folder, &e, true))?;
    if let Ok(Some(newest)) = Snapshot::read(folder, At::Latest) {
        memory::remember(folder, &newest);
    }
    Ok(version)
}
