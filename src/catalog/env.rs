//! What running code may ask of the outside.

use super::Catalog;
use crate::value::Value;
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
