//! The HTTP twin of Microsoft Defender XDR (Graph), Microsoft Sentinel (ARM) and Log Analytics queries, on loopback.
//!
//! In: HTTP requests, and changes by others over `/__control`. Out: the vendors' answers, faults included. It holds its
//! state in memory, talks to nobody, and never binds or serves an address that is not loopback. It shares no code with the
//! engine that synchronises incidents: it is the witness against it.

mod arm;
mod control;
mod faults;
mod graph;
mod hunting;
mod odata;
mod options;
mod server;
mod socket;
mod store;
mod telemetry;
mod traffic;
mod wire;
mod world;

pub use hunting::{Answer, Hunt, HuntError, Hunting, LiveTable};
pub use options::{Options, Person, TimeSource, World};
pub use server::{bind, serve};
pub use telemetry::{Arrivals, Telemetry, Twice};

use faults::{Faults, Limits};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::Core;
use traffic::Ledger;

/// Everything that moves, behind one lock.
struct State {
    core: Core,
    faults: Faults,
    limits: Limits,
    telemetry: Telemetry,
    ledger: Ledger,
    world: world::Script,
    /// What links start with, by service.
    links: BTreeMap<String, String>,
}

impl State {
    fn first(options: &Options) -> State {
        let mut core = Core::new(options);
        let world = world::Script::start(&mut core, options);
        let (faults, limits, ledger) = Default::default();
        let telemetry = options.telemetry.clone();
        State { core, faults, limits, telemetry, ledger, world, links: BTreeMap::new() }
    }
}

/// The services and their state. Share it in an `Arc` between [`serve`] and the test or demo that drives it.
pub struct Fake {
    options: Options,
    state: Mutex<State>,
    resting: AtomicBool,
}

impl Fake {
    /// The services in their first state.
    pub fn new(options: Options) -> Fake {
        let state = Mutex::new(State::first(&options));
        Fake { options, state, resting: AtomicBool::new(false) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.core.settle();
        state
    }

    /// Replaces both sides: `{"defender":[...],"sentinel":[...],"now","tick_seconds","directory","lag"}`. Nothing changes
    /// on an error.
    pub fn seed(&self, body: &Json) -> Result<(), String> {
        let mut state = self.lock();
        let mut fresh = state.core.clone();
        fresh.seed(body)?;
        state.core = fresh;
        Ok(())
    }

    /// A change by somebody else: `{"side","id","set":{...},"by":"human|automation|provider","name"}`; `"gone": true`
    /// instead of `set` takes the incident away. Answers the actions it noted.
    pub fn edit(&self, body: &Json) -> Result<Json, String> {
        control::edit(&mut self.lock().core, body)
    }

    /// Merges Defender incident `from` into `into`, with all effects.
    pub fn merge(&self, from: &str, into: &str) -> Result<(), String> {
        self.lock().core.merge(from, into)
    }

    /// Both sides as stored, in the vendors' names; `flat` in the form of sync scenarios.
    pub fn state(&self, flat: bool) -> Json {
        let state = self.lock();
        if flat { state.core.flat_state() } else { state.core.state() }
    }

    /// Adds a fault rule, see `POST /__control/faults`.
    pub fn add_fault(&self, body: &Json) -> Result<(), String> {
        self.lock().faults.add(body)
    }

    /// Takes all fault rules back.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// Throttles as the services do, see `POST /__control/limits`. `{}` lifts them.
    pub fn set_limits(&self, body: &Json) -> Result<(), String> {
        let limits = Limits::parse(body.as_object().ok_or("limits are an object")?)?;
        self.lock().limits = limits;
        Ok(())
    }

    /// Changes how telemetry is delivered: any of [`Telemetry`]'s fields by name, `twice` by its word. Nothing changes on
    /// an error.
    pub fn set_telemetry(&self, body: &Json) -> Result<(), String> {
        self.lock().telemetry.set(body.as_object().ok_or("settings are an object")?)
    }

    /// Distinct rows that have arrived, rows that queries count, and distinct rows ever, by table; with the settings and
    /// the present. Runs queries: call it where a thread may wait.
    pub fn telemetry(&self) -> Result<Json, String> {
        telemetry::truth(self)
    }

    /// What links to further pages start with: `{"arm":"http://127.0.0.1:4011","graph":...}`. For validating proxies that
    /// replace the `Host` header; without it links follow that header.
    pub fn set_links(&self, body: &Json) -> Result<(), String> {
        let mut links = BTreeMap::new();
        for (service, base) in body.as_object().ok_or("links are an object")? {
            let base = base.as_str().unwrap_or_default().trim_end_matches('/');
            let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"].iter().any(|l| base.starts_with(l));
            if !local || !matches!(service.as_str(), "arm" | "graph") {
                return Err(format!("`{service}`: `{base}` is no link base: arm and graph have loopback URLs"));
            }
            links.insert(service.clone(), base.to_owned());
        }
        self.lock().links = links;
        Ok(())
    }

    /// Delays: `{"sentinel_seconds","list_seconds","mirror"}`.
    pub fn set_lag(&self, body: &Json) -> Result<(), String> {
        self.lock().core.set_lag(body.as_object().ok_or("a lag is an object")?)
    }

    /// The clock: `{"now": datetime, "tick_seconds": n}` pins it, `{"advance_seconds": n}` moves a pinned one.
    pub fn set_clock(&self, body: &Json) -> Result<(), String> {
        let mut state = self.lock();
        control::set_clock(&mut state.core, body)?;
        state.core.settle();
        Ok(())
    }

    /// Requests by service, method, operation and status, and the most in any 60 seconds.
    pub fn counts(&self) -> Json {
        self.lock().ledger.counts()
    }

    /// The exchanges so far, one JSON a line; of one service (`arm`, `graph`, `la`) or all.
    pub fn traffic(&self, service: Option<&str>) -> String {
        self.lock().ledger.lines(service)
    }

    /// Lets the world act `actions` times. Answers what was done, each `{"side","id","field","by","name","value","at"}`.
    pub fn step(&self, actions: usize) -> Json {
        let mut state = self.lock();
        let State { core, world, .. } = &mut *state;
        Json::Array(world.step(core, actions))
    }

    /// Lets the world act no more by itself: what it did so far stays, and [`Fake::step`] still works.
    pub fn rest(&self) {
        self.resting.store(true, Ordering::Relaxed);
    }

    fn is_resting(&self) -> bool {
        self.resting.load(Ordering::Relaxed)
    }

    /// What the world and `edit` did so far, oldest first.
    pub fn actions(&self) -> Json {
        Json::Array(self.lock().core.actions.iter().cloned().collect())
    }

    /// The people: `[{"upn","objectId","display"}]`.
    pub fn directory(&self) -> Json {
        Json::Array(self.lock().core.people.iter().map(Person::json).collect())
    }

    /// Back to the first state, without faults, limits and traffic.
    pub fn reset(&self) {
        *self.lock() = State::first(&self.options);
    }
}
