//! What running code may ask of the outside.

use super::{Catalog, External, ExternalData, ExternalRows};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::value::{Schema, Value};
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
    /// Where IP addresses are (`geo_info_from_ip_address`): takes an address as a string, gives a bag.
    pub ip_locations: Option<Arc<dyn Lookup>>,
    /// The portal's time picker: `time column >= now - range` on every table that has one.
    pub time_range: Option<i64>,
    /// Nothing will run: what is outside of the catalog (a watchlist without its file, what only a portal knows) may have
    /// any columns, with a warning. Else it is an error.
    pub assume_external: bool,
    /// Old names of tables and columns mean today's, without a word.
    pub legacy_names: bool,
    /// Who reads for `externaldata`; `None`: nothing may be read.
    pub external: Option<Arc<dyn External>>,
}

/// Something beside the tables that answers for single values.
pub trait Lookup: Send + Sync + std::fmt::Debug {
    /// The KQL function that asks it.
    fn name(&self) -> &'static str;

    /// The answer to the arguments of one row; the same arguments give the same answer.
    fn value(&self, arguments: &[Value]) -> Value;
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
        Env {
            catalog,
            now,
            limits: Limits::default(),
            parameters: HashMap::new(),
            ip_locations: None,
            time_range: None,
            assume_external: false,
            legacy_names: false,
            external: None,
        }
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
