//! `externaldata`: what the environment reads becomes a frame, a part for each artifact.

use super::failed;
use super::lowering::{Lowering, keep};
use super::relation::empty;
use super::scan;
use super::types::batch_to_frame;
use crate::catalog::{DataFile, ExternalData, ExternalPart, FileLayout, Table, TableSource};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Relation;
use ::polars::prelude::{IntoLazy, LazyFrame, PolarsResult, UnionArgs, concat};
use std::path::PathBuf;
use std::sync::Arc;

impl Lowering<'_> {
    /// The rows of all artifacts. They are read once, however often the plan names them.
    pub(super) fn external(&self, data: &Arc<ExternalData>, relation: &Relation) -> Result<LazyFrame, Diagnostic> {
        if let Some(known) = self.known_external(data) {
            return Ok(keep(known.lazy(), &relation.schema));
        }
        let read = self.env.external_rows(data, &relation.schema, relation.span)?;
        self.warn(read.warnings);
        for path in read.parts.iter().filter_map(parquet) {
            let held = scan::scan_foreign_schema(path)?;
            let absent = relation.schema.names().filter(|name| held.field(name).is_none());
            let told = absent.map(|name| {
                let message = format!("the parquet file has no column `{name}`: its values are missing");
                Diagnostic::warning(Code::OddContents, relation.span, message)
            });
            self.warn(told.collect());
        }
        let parts = read.parts.into_iter().map(|part| match part {
            ExternalPart::Rows(batch) => batch_to_frame(&batch, &relation.schema).map(IntoLazy::lazy),
            ExternalPart::Parquet(path) => {
                let file = DataFile { path, ..DataFile::default() };
                let table = Table {
                    name: "externaldata".into(),
                    schema: relation.schema.as_ref().clone(),
                    time_column: None,
                    source: TableSource::Files { files: vec![], layout: FileLayout::Foreign, renamed: Arc::default() },
                };
                scan::foreign_file(&table, &file, &relation.schema)
            }
        });
        let parts = parts.collect::<PolarsResult<Vec<LazyFrame>>>().map_err(failed(relation.span))?;
        let frame = match parts.as_slice() {
            [] => empty(&relation.schema).lazy(),
            [only] => only.clone(),
            several => concat(several, UnionArgs::default()).map_err(failed(relation.span))?,
        };
        let frame = self.run(keep(frame, &relation.schema)).map_err(failed(relation.span))?;
        self.remember_external(data, &frame);
        Ok(frame.lazy())
    }
}

const fn parquet(part: &ExternalPart) -> Option<&PathBuf> {
    match part {
        ExternalPart::Parquet(path) => Some(path),
        ExternalPart::Rows(_) => None,
    }
}
