//! A fake on a port of this machine, and a sync against it.

use huntline::connector::{Connector, Identity, Secret, Settings as Services};
use huntline::fake::{Fake, Options, World as Script, bind, serve};
use huntline::incident::{Directory, Person};
use huntline::ledger::{Ledger, PairName};
use huntline::policy::{Rule, preset};
use huntline::sync::input::{Moment, Settings};
use huntline::sync::run::{Clock, Identities, PassReport, RuleName, RunError, Sync};
use huntline::sync::run::{Options as RunOptions, SyncPlan, dry_run};
use huntline::value::datetime::{self, TICKS_PER_SECOND};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

/// A fake that is being served.
pub struct World {
    pub fake: Arc<Fake>,
    pub url: String,
    pub dir: tempfile::TempDir,
    /// Serves until it is dropped.
    _runtime: tokio::runtime::Runtime,
}

pub struct RealClock;

impl Clock for RealClock {
    fn now(&self) -> i64 {
        datetime::from_system_time(SystemTime::now())
    }

    fn moment(&self) -> Moment {
        Moment::default()
    }
}

impl World {
    /// A world of so many incidents that acts `rate` times a second.
    pub fn new(seed: u64, incidents: usize, rate: f64) -> World {
        let mut options = Options::new(Arc::new(|| RealClock.now()));
        options.control = true;
        options.world = Some(Script { seed, incidents, rate });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let fake = Arc::new(Fake::new(options));
        fake.set_lag(&serde_json::json!({"sentinel_seconds": 0})).unwrap();
        let listener = runtime.block_on(bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(serve(listener, Arc::clone(&fake), std::future::pending()));
        World { fake, url, dir: tempfile::tempdir().unwrap(), _runtime: runtime }
    }

    /// A world with exactly these incidents, in the form of sync scenarios.
    pub fn of(state: &serde_json::Value) -> World {
        let world = World::new(1, 0, 0.0);
        world.fake.seed(state).unwrap();
        world
    }

    pub fn ledger_path(&self) -> PathBuf {
        self.dir.path().join("sync.db")
    }

    pub fn people(&self) -> Vec<Person> {
        serde_json::from_value(self.fake.directory()).unwrap()
    }

    pub fn connector(&self) -> Connector {
        self.connector_with_log(None)
    }

    /// With a workspace id, the change log is asked; this fake has no engine behind it and refuses.
    fn connector_with_log(&self, workspace_id: Option<&str>) -> Connector {
        let identity = Identity::Plain(Secret::new("name:API-huntline"));
        let mut settings = Services::new("sub", "group", "workspace", identity);
        for url in [&mut settings.graph_url, &mut settings.arm_url, &mut settings.log_analytics_url] {
            url.clone_from(&self.url);
        }
        for budget in [&mut settings.budgets.graph, &mut settings.budgets.arm_reads, &mut settings.budgets.arm_writes] {
            (budget.burst, budget.per_second) = (10_000, 10_000.0);
        }
        settings.workspace_id = workspace_id.map(str::to_owned);
        settings.timeouts.request = std::time::Duration::from_secs(5);
        settings.retry.base = std::time::Duration::from_millis(5);
        Connector::new(settings).unwrap()
    }

    pub fn settings(&self) -> Settings {
        Settings { directory: Directory::new(self.people()), max_writes_per_hour: 1_000, ..Settings::default() }
    }

    /// What a run is told.
    pub fn options(&self, rule: &Rule) -> RunOptions {
        RunOptions {
            settings: self.settings(),
            identities: Identities { ours: vec!["API-huntline".to_owned()], ..Identities::default() },
            rule: RuleName { name: rule.name().to_owned(), digest: rule.digest().to_owned() },
            overlap: 600 * TICKS_PER_SECOND,
            skew: 2 * TICKS_PER_SECOND,
            parallel: 4,
            tables: false,
        }
    }

    pub fn preset(&self, name: &str) -> Rule {
        Rule::compile(name, preset(name).unwrap().source, &self.settings()).unwrap()
    }

    pub fn ledger(&self) -> Ledger {
        let name =
            PairName { tenant: "t".to_owned(), subscription: "sub".to_owned(), workspace: "workspace".to_owned() };
        Ledger::open(&self.ledger_path(), &name).unwrap()
    }

    /// One pass under a rule.
    pub fn pass(&self, rule: &Rule) -> Result<PassReport, RunError> {
        let (services, ledger, options, stop) =
            (self.connector(), self.ledger(), self.options(rule), AtomicBool::new(false));
        let sync =
            Sync { services: &services, ledger: &ledger, rule, clock: &RealClock, options: &options, stop: &stop };
        block_on(sync.pass(false))
    }

    /// Passes until nothing is done any more; the number of passes.
    pub fn settle(&self, rule: &Rule) -> usize {
        for pass in 1..=20 {
            if self.pass(rule).is_ok_and(|r| r.quiet()) {
                return pass;
            }
        }
        panic!("not quiet after 20 passes: {:?}", self.pass(rule));
    }

    /// A dry run that also asks the change log.
    pub fn plan_with_log(&self, rule: &Rule) -> SyncPlan {
        self.dry(rule, &self.connector_with_log(Some("00000000-0000-4000-8000-000000000001")))
    }

    /// A dry run under a rule.
    pub fn plan(&self, rule: &Rule) -> SyncPlan {
        self.dry(rule, &self.connector())
    }

    fn dry(&self, rule: &Rule, services: &Connector) -> SyncPlan {
        let reader = self.ledger_path().exists().then(|| Ledger::open_read(&self.ledger_path()).unwrap());
        block_on(dry_run(services, reader.as_ref(), rule, &RealClock, &self.options(rule))).unwrap()
    }
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
