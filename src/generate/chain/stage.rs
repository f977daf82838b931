//! Where a chain is played: a host, a clock that runs on, and a record of what to look for.

use crate::generate::Text;
use crate::generate::event::{Event, Facts, File, Integrity, Logon, Process, Registry, Table};
use crate::generate::host::{Host, Start};
use crate::generate::image::{Hashes, Image};
use crate::generate::random::Random;
use crate::generate::world::{Account, Device};
use crate::value::datetime::TICKS_PER_SECOND;
use serde_json::Value as Json;
use std::sync::Arc;

/// What a chain left behind.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The place of its kind in `CHAINS`
    pub chain: usize,
    /// When it began and ended, in ticks
    pub time: (i64, i64),
    /// How many rows it left
    pub rows: u64,
    /// The fields that a hunter looks for, by the name of the column in the hunt's result
    pub keys: Vec<(&'static str, String)>,
}

/// Where a chain is played.
pub struct Stage<'s, 'w> {
    /// The host
    pub host: &'s mut Host<'w>,
    /// The chain's own chance
    pub random: Random,
    /// Now, in ticks
    pub clock: i64,
    trace: Trace,
}

impl<'s, 'w> Stage<'s, 'w> {
    /// A stage for a kind of chain, from a moment on.
    pub fn new(host: &'s mut Host<'w>, random: Random, chain: usize, clock: i64) -> Self {
        let trace = Trace { chain, time: (clock, clock), rows: 0, keys: Vec::new() };
        let mut stage = Stage { host, random, clock, trace };
        let device = stage.host.device.name.to_string();
        stage.key("DeviceName", device);
        stage
    }

    /// What was left behind.
    pub fn finish(self) -> Trace {
        Trace { time: (self.trace.time.0, self.clock), ..self.trace }
    }

    /// The device.
    pub fn device(&self) -> Arc<Device> {
        self.host.device.clone()
    }

    /// Lets some time pass, in milliseconds.
    pub fn wait(&mut self, least: i64, most: i64) {
        let milli = TICKS_PER_SECOND / 1000;
        self.clock += self.random.between(least * milli, most * milli);
    }

    /// Something that the hunt's result names.
    pub fn key(&mut self, column: &'static str, value: impl Into<String>) {
        self.trace.keys.push((column, value.into()));
    }

    /// Starts a program of Windows or of the trade.
    pub fn start(&mut self, parent: &Arc<Process>, program: &str, command: impl Into<String>) -> Arc<Process> {
        let image = self.host.device.images.named(program);
        self.start_image(parent, image, command, parent.integrity)
    }

    /// Starts a program with the rights given.
    pub fn start_image(
        &mut self,
        parent: &Arc<Process>,
        image: Arc<Image>,
        command: impl Into<String>,
        integrity: Integrity,
    ) -> Arc<Process> {
        self.trace.rows += 1;
        let account = parent.account.clone();
        self.host.start(self.clock, Start { image, command: command.into(), parent, account, integrity })
    }

    /// A connection that stands.
    pub fn connect(&mut self, by: &Arc<Process>, ip: &str, port: i64, url: &str) {
        self.trace.rows += 1;
        self.host.connect(self.clock, by, "ConnectionSuccess", ip, port, url);
    }

    /// A file that a process makes.
    pub fn create(&mut self, by: &Arc<Process>, path: &str, origin: Option<&str>) {
        self.trace.rows += 1;
        self.host.create_file(self.clock, by, path, origin);
    }

    /// A file that gets another name in its folder.
    pub fn rename(&mut self, by: &Arc<Process>, folder: &str, from: &str, to: &str) {
        let folder = Text::from(folder);
        let previous = Some((folder.clone(), from.into()));
        let file =
            File { folder, name: to.into(), previous, hashes: Some(Hashes::of(to)), size: Some(40_960), origin: None };
        let fields = r#"{"FileType":"Unknown"}"#.into();
        let event = self.event(Table::File, "FileRenamed");
        self.report(Event { initiator: Some(by.clone()), facts: Facts::File(Box::new(file)), fields, ..event });
    }

    /// A value of the registry that a process sets.
    pub fn set_value(&mut self, by: &Arc<Process>, key: String, name: &str, data: &str) {
        let (name, data) = (name.into(), data.into());
        let value = Registry { key: key.into(), name, kind: "String", data, previous: "".into() };
        let event = self.event(Table::Registry, "RegistryValueSet");
        self.report(Event { initiator: Some(by.clone()), facts: Facts::Registry(Box::new(value)), ..event });
    }

    /// Something in `DeviceEvents`, done to another process or about a file.
    pub fn device_event(
        &mut self,
        action: &'static str,
        by: &Arc<Process>,
        target: Option<Arc<Process>>,
        facts: Facts,
        fields: Json,
    ) {
        let event = self.event(Table::Device, action);
        let fields = fields.to_string().into();
        self.report(Event { initiator: Some(by.clone()), target, facts, fields, ..event });
    }

    /// A logon from elsewhere.
    pub fn logon(&mut self, action: &'static str, kind: &'static str, account: &Arc<Account>, from: (&str, &str)) {
        let failed = action == "LogonFailed";
        let logon = Logon {
            kind,
            account: account.clone(),
            protocol: "NTLM",
            failure: if failed { "InvalidUserNameOrPassword" } else { "" },
            admin: (!failed).then_some(true),
            remote_name: from.0.into(),
            remote_ip: from.1.into(),
            remote_port: Some(self.random.between(1_025, 65_535)),
        };
        let event = self.event(Table::Logon, action);
        self.report(Event { facts: Facts::Logon(Box::new(logon)), ..event });
    }

    /// A connection from elsewhere.
    pub fn accept(&mut self, by: &Arc<Process>, ip: &str, port: i64) {
        let connection = crate::generate::event::Connection {
            remote_ip: ip.into(),
            remote_port: Some(self.random.between(49_152, 65_535)),
            remote_url: "".into(),
            local_port: Some(port),
            protocol: "Tcp",
        };
        let event = self.event(Table::Network, "InboundConnectionAccepted");
        self.report(Event { initiator: Some(by.clone()), facts: Facts::Connection(Box::new(connection)), ..event });
    }

    fn event(&self, table: Table, action: &'static str) -> Event {
        self.host.event(table, self.clock, action)
    }

    fn report(&mut self, event: Event) {
        self.trace.rows += 1;
        self.host.report(event);
    }
}
