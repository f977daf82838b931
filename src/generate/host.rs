//! A device at work: its live processes, its numbers, and the events that it is about to send.
//!
//! In: a device and what it is told to do. Out: events whose initiating processes exist. Every process that starts here is
//! known by its own `ProcessCreated` event or by having started before the period.

use super::Text;
use super::event::{Connection, Event, Facts, File, Integrity, Process, Table};
use super::image::{Hashes, Image};
use super::random::{Random, Zipf};
use super::world::{Account, Device, World};
use crate::value::datetime::{TICKS_PER_DAY, TICKS_PER_SECOND};
use std::collections::VecDeque;
use std::sync::Arc;

/// How many of the processes that started last may still act.
const RECENT: usize = 40;

/// A process to start.
pub struct Start<'a> {
    /// Its program
    pub image: Arc<Image>,
    /// Its command line
    pub command: String,
    /// Who starts it
    pub parent: &'a Arc<Process>,
    /// Whose it will be
    pub account: Arc<Account>,
    /// Its rights
    pub integrity: Integrity,
}

/// A device at work.
pub struct Host<'w> {
    /// The company
    pub world: &'w World,
    /// The device
    pub device: Arc<Device>,
    /// Its chance
    pub random: Random,
    /// Processes that live over the whole period, the busiest first
    residents: Vec<Arc<Process>>,
    rank: Zipf,
    /// Processes that started last
    recent: VecDeque<Arc<Process>>,
    /// Programs that this device alone has
    pub own_images: Vec<Arc<Image>>,
    report: i64,
    snapshot: i64,
    unique: i64,
    /// Events not yet sent
    queue: Vec<Event>,
}

impl<'w> Host<'w> {
    /// A device that started some days before the period.
    pub fn new(world: &'w World, device: Arc<Device>, seed: u64, start: i64) -> Host<'w> {
        let mut random = Random::of(seed, &[2, device.index]);
        let mut host = Host {
            world,
            residents: Vec::new(),
            rank: Zipf::new(1),
            recent: VecDeque::new(),
            own_images: own_images(&device, &mut random),
            report: random.between(2_000, 400_000),
            snapshot: random.between(100_000_000_000_000_000, 800_000_000_000_000_000),
            unique: 0x1400_0000_0000 + random.between(100, 90_000),
            queue: Vec::new(),
            device,
            random,
        };
        host.boot(start);
        host
    }

    /// Starts the processes that live over the whole period.
    fn boot(&mut self, start: i64) {
        let up = start - self.random.between(1, 18) * TICKS_PER_DAY - self.random.between(0, TICKS_PER_DAY);
        let device = self.device.clone();
        let system = |name: &str| (device.images.named(name), device.system.clone());
        let (root, account) = system("wininit.exe");
        let mut born = up;
        let root = self.process(root, "wininit.exe".to_owned(), &account, Integrity::System, None, born);
        let (image, account) = system("services.exe");
        let services = self.process(image, "services.exe".to_owned(), &account, Integrity::System, Some(&root), born);
        let mut residents = Vec::new();
        for resident in super::command::residents(&device) {
            born += self.random.between(TICKS_PER_SECOND / 20, 4 * TICKS_PER_SECOND);
            let parent = if resident.of_person {
                residents.iter().find(|p: &&Arc<Process>| &*p.image.name == "explorer.exe")
            } else {
                None
            };
            let parent = parent.unwrap_or(&services).clone();
            let integrity = if resident.of_person { Integrity::Medium } else { Integrity::System };
            let image = device.images.named(resident.program);
            residents.push(self.process(image, resident.command, &resident.account, integrity, Some(&parent), born));
        }
        residents.extend([services, root]);
        self.rank = Zipf::new(residents.len());
        self.residents = residents;
    }

    /// Makes a process, without an event.
    fn process(
        &mut self,
        image: Arc<Image>,
        command: String,
        account: &Arc<Account>,
        integrity: Integrity,
        parent: Option<&Arc<Process>>,
        created: i64,
    ) -> Arc<Process> {
        self.unique += self.random.between(1, 9);
        Arc::new(Process {
            image,
            id: self.random.between(150, 6_000) * 4,
            unique: self.unique,
            command: command.into(),
            account: account.clone(),
            integrity,
            created,
            parent_id: parent.map_or(4, |p| p.id),
            parent_name: parent.map_or_else(|| Text::from("smss.exe"), |p| p.image.name.clone()),
            parent_created: parent.map_or(created, |p| p.created),
            session: i64::from(account.is_of_company()),
            remote_ip: parent.and_then(|p| p.remote_ip.clone()),
        })
    }

    /// Starts a process and reports it. Others do not act through it.
    pub fn start(&mut self, time: i64, start: Start<'_>) -> Arc<Process> {
        let lag = self.random.between(TICKS_PER_SECOND / 250, TICKS_PER_SECOND / 5);
        let Start { image, command, parent, account, integrity } = start;
        let process = self.process(image, command, &account, integrity, Some(parent), time - lag);
        let fields = if account.is_of_company() { r#"{"DesktopName":"Winsta0\\Default"}"# } else { "" };
        let event = Event {
            initiator: Some(parent.clone()),
            target: Some(process.clone()),
            fields: fields.into(),
            ..self.event(Table::Process, time, "ProcessCreated")
        };
        self.queue.push(event);
        process
    }

    /// Lets a process act for a while.
    pub fn keep(&mut self, process: Arc<Process>) {
        self.recent.push_front(process);
        self.recent.truncate(RECENT);
    }

    /// An event of this device, to be filled.
    pub fn event(&self, table: Table, time: i64, action: &'static str) -> Event {
        let device = self.device.clone();
        Event {
            table,
            time,
            device,
            action,
            report: 0,
            initiator: None,
            target: None,
            facts: Facts::None,
            fields: "".into(),
        }
    }

    /// Reports an event.
    pub fn report(&mut self, event: Event) {
        self.queue.push(event);
    }

    /// A process that acts now: mostly one of the few busy ones, sometimes one that started lately.
    pub fn actor(&mut self) -> Arc<Process> {
        let lately = self.random.per_mille(220);
        let recent = if lately { self.random.pick(self.recent.make_contiguous()).cloned() } else { None };
        recent.unwrap_or_else(|| self.resident())
    }

    /// One of those that live over the whole period.
    pub fn resident(&mut self) -> Arc<Process> {
        let at = self.rank.draw(&mut self.random);
        // INVARIANT: `boot` leaves two residents at least.
        self.residents.get(at).or_else(|| self.residents.first()).cloned().unwrap_or_else(|| {
            let image = self.device.images.named("svchost.exe");
            let account = self.device.system.clone();
            self.process(image, String::new(), &account, Integrity::System, None, 0)
        })
    }

    /// A live process of that program, the one that started last before those that live over the whole period; a service
    /// host where there is none.
    pub fn running(&mut self, program: &str) -> Arc<Process> {
        let find = |program: &str| {
            let named = |p: &&Arc<Process>| p.image.name.eq_ignore_ascii_case(program);
            self.recent.iter().find(named).or_else(|| self.residents.iter().find(named)).cloned()
        };
        find(program).or_else(|| find("svchost.exe")).unwrap_or_else(|| self.resident())
    }

    /// A connection of a process.
    pub fn connect(&mut self, time: i64, by: &Arc<Process>, action: &'static str, ip: &str, port: i64, url: &str) {
        let connection = Connection {
            remote_ip: ip.into(),
            remote_port: Some(port),
            remote_url: url.into(),
            local_port: Some(self.random.between(49_152, 65_535)),
            protocol: "Tcp",
        };
        let event = Event {
            initiator: Some(by.clone()),
            facts: Facts::Connection(Box::new(connection)),
            ..self.event(Table::Network, time, action)
        };
        self.report(event);
    }

    /// A file that a process made.
    pub fn create_file(&mut self, time: i64, by: &Arc<Process>, path: &str, origin: Option<&str>) {
        let (folder, name) = path.rsplit_once('\\').unwrap_or(("", path));
        let hashes = Hashes::of(path);
        let file = File {
            folder: folder.into(),
            name: name.into(),
            previous: None,
            size: Some((hashes.number % 3_000_000) as i64),
            hashes: Some(hashes),
            origin: origin.map(|url| (url.into(), "".into())),
        };
        let event = Event {
            initiator: Some(by.clone()),
            facts: Facts::File(Box::new(file)),
            fields: r#"{"FileType":"Unknown"}"#.into(),
            ..self.event(Table::File, time, "FileCreated")
        };
        self.report(event);
    }

    /// Sends what happened before a time, in order and numbered.
    pub fn send(&mut self, until: i64) -> Vec<Event> {
        self.queue.sort_by_key(|event| event.time);
        let count = self.queue.partition_point(|event| event.time < until);
        let mut events: Vec<Event> = self.queue.drain(..count).collect();
        for event in &mut events {
            event.report = self.next_report(event.table);
        }
        events
    }

    /// Reports are counted over all tables, with gaps; snapshots have long numbers of their own.
    fn next_report(&mut self, table: Table) -> i64 {
        if matches!(table, Table::Info | Table::NetworkInfo) {
            self.snapshot += self.random.between(1_000_003, 9_000_000_019);
            return self.snapshot;
        }
        self.report += if self.random.per_mille(40) { self.random.between(2, 12) } else { 1 };
        self.report
    }
}

/// Tools that one device alone has: one program in twenty that starts is such a one.
fn own_images(device: &Device, random: &mut Random) -> Vec<Arc<Image>> {
    let folder = format!("C:\\Users\\{}\\AppData\\Local\\Programs", device.user.name);
    (0..12)
        .map(|n| {
            let name = random.letters(7);
            let path = format!("{folder}\\{name}\\{name}{n}.exe");
            Arc::new(Image::unsigned(&path))
        })
        .collect()
}
