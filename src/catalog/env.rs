//! What running code may ask of the outside.

use super::{Catalog, External, ExternalData, ExternalRows};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::value::Schema;
use std::collections::HashMap;
use std::sync::Arc;

/// The surroundings of one query: its tables, the one `now()`, limits. Nothing else of the outside is seen.
#[derive(Clone)]
pub struct Env {
    /// Tables.
    pub catalog: Arc<dyn Catalog>,
    /// Ticks of `now()`, the same throughout the query.
    pub now: i64,
    /// Limits.
    pub limits: Limits,
    /// Values of declared query parameters, as text.
    pub parameters: HashMap<String, String>,
    /// The portal's time picker: `time column >= now - range` on every table that has one.
    pub time_range: Option<i64>,
    /// Who reads for `externaldata`; `None`: nothing may be read.
    pub external: Option<Arc<dyn External>>,
}

/// Bounds on what one query may use.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Ticks that the query may run; `None` for no limit.
    pub time: Option<i64>,
    /// Bytes of memory that it may use; `None` for no limit.
    pub memory: Option<u64>,
    /// Count what is read and skipped (see `RunStats`); it costs a look into every file's footer.
    pub stats: bool,
}

impl Env {
    /// An environment with no limits and no parameters.
    pub fn new(catalog: Arc<dyn Catalog>, now: i64) -> Env {
        let (limits, parameters) = (Limits::default(), HashMap::new());
        Env { catalog, now, limits, parameters, time_range: None, external: None }
    }

    /// The rows of an `externaldata`, with what to tell beside them.
    ///
    /// # Errors
    /// As [`External::rows`]; also when nothing may be read here.
    pub fn external_rows(&self, data: &ExternalData, schema: &Schema, span: Span) -> Result<ExternalRows, Diagnostic> {
        match &self.external {
            Some(external) => external.rows(data, schema, span),
            None => Err(Diagnostic::error(Code::NotAllowed, span, "`externaldata` may not read anything here")),
        }
    }
}

impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Env")
            .field("tables", &self.catalog.names().len())
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
