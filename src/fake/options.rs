//! What the fake is started with. In: the caller's wishes. Out: plain data; nothing here reads a clock or the environment.

use super::hunting::Hunt;
use super::telemetry::Telemetry;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Tells the present, in ticks of 100 ns since 0001-01-01. The caller owns the clock.
pub type TimeSource = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A member of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// User principal name.
    pub upn: String,
    /// Object id, a guid.
    pub object_id: String,
    /// Display name.
    pub display: String,
}

impl Person {
    /// A person from its three texts.
    pub fn new(upn: &str, object_id: &str, display: &str) -> Person {
        Person { upn: upn.to_owned(), object_id: object_id.to_owned(), display: display.to_owned() }
    }

    /// `{"upn","objectId","display"}`.
    pub(super) fn json(&self) -> Json {
        json!({"upn": self.upn, "objectId": self.object_id, "display": self.display})
    }
}

/// A scripted world: incidents at the start, and people and machines who act on them.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// Everything the world does follows from this number.
    pub seed: u64,
    /// Defender incidents at the start; each has a twin in Sentinel.
    pub incidents: usize,
    /// Actions a second done by the world itself; 0 leaves them to `POST /__control/step`.
    pub rate: f64,
}

impl World {
    /// A world by name: `quiet` acts only when told to, `busy` acts twice a second. `None` for another name.
    pub fn named(name: &str, seed: u64, incidents: usize) -> Option<World> {
        let rate = match name {
            "quiet" => 0.0,
            "busy" => 2.0,
            _ => return None,
        };
        Some(World { seed, incidents, rate })
    }
}

/// How the fake is started.
#[derive(Clone)]
pub struct Options {
    /// Serve `/__control/*`. Off: those paths are 404 like any other unknown path.
    pub control: bool,
    /// The first state; `None` starts empty.
    pub world: Option<World>,
    /// Where the present comes from until it is pinned.
    pub time: TimeSource,
    /// The query engine behind the hunting and Log Analytics APIs; `None` answers every query with an error that says so.
    pub hunt: Option<Arc<dyn Hunt>>,
    /// The directory; an empty one is filled with the world's own people.
    pub people: Vec<Person>,
    /// The tenant of every Defender record.
    pub tenant: String,
    /// What a writer is called whose token tells no name, after `API-`.
    pub app: String,
    /// Records on a page when the caller does not ask for a number.
    pub page_size: usize,
    /// The longest page of the Graph lists.
    pub graph_page_max: usize,
    /// How the query services deliver telemetry, until `POST /__control/telemetry` says otherwise.
    pub telemetry: Telemetry,
    /// Seconds a query may take before it is answered with 504; a caller may ask for another number.
    pub query_seconds: u64,
    /// Bytes a request body may have.
    pub body_cap: usize,
    /// Exchanges kept for `GET /__control/traffic`; older ones are dropped.
    pub traffic_cap: usize,
    /// Rows kept of the SecurityIncident change log; older ones are dropped.
    pub log_cap: usize,
}

impl Options {
    /// The defaults: no control endpoint, no world, no query engine, time as told by `time`.
    pub fn new(time: TimeSource) -> Options {
        Options {
            control: false,
            world: None,
            time,
            hunt: None,
            people: Vec::new(),
            tenant: "6f3a1c52-8d7e-4b0a-9c41-2e5d7f8a9b10".to_owned(),
            app: "huntline".to_owned(),
            page_size: 50,
            graph_page_max: 50,
            telemetry: Telemetry::default(),
            query_seconds: 180,
            body_cap: 4 << 20,
            traffic_cap: 10_000,
            log_cap: 100_000,
        }
    }
}
