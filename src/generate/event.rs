//! What happened: one record that the columns of its table are read from.
//!
//! In: the activities and attack chains. Out: [`Event`], with what it is about shared, not copied.

use super::Text;
use super::image::{Hashes, Image};
use super::world::{Account, Device};
use std::sync::Arc;

/// A table of device events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// `DeviceProcessEvents`
    Process,
    /// `DeviceNetworkEvents`
    Network,
    /// `DeviceFileEvents`
    File,
    /// `DeviceEvents`
    Device,
    /// `DeviceRegistryEvents`
    Registry,
    /// `DeviceImageLoadEvents`
    ImageLoad,
    /// `DeviceLogonEvents`
    Logon,
    /// `DeviceInfo`
    Info,
    /// `DeviceNetworkInfo`
    NetworkInfo,
}

impl Table {
    /// All of them, in the order of the connector.
    pub const ALL: [Table; 9] = [
        Table::Process,
        Table::Network,
        Table::File,
        Table::Device,
        Table::Registry,
        Table::ImageLoad,
        Table::Logon,
        Table::Info,
        Table::NetworkInfo,
    ];

    /// The table's name.
    pub fn name(self) -> &'static str {
        match self {
            Table::Process => "DeviceProcessEvents",
            Table::Network => "DeviceNetworkEvents",
            Table::File => "DeviceFileEvents",
            Table::Device => "DeviceEvents",
            Table::Registry => "DeviceRegistryEvents",
            Table::ImageLoad => "DeviceImageLoadEvents",
            Table::Logon => "DeviceLogonEvents",
            Table::Info => "DeviceInfo",
            Table::NetworkInfo => "DeviceNetworkInfo",
        }
    }
}

/// How much a process may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of Windows")]
pub enum Integrity {
    System,
    High,
    Medium,
    Low,
}

impl Integrity {
    /// The name in telemetry.
    pub fn name(self) -> &'static str {
        match self {
            Integrity::System => "System",
            Integrity::High => "High",
            Integrity::Medium => "Medium",
            Integrity::Low => "Low",
        }
    }

    /// The kind of token that goes with it.
    pub fn elevation(self) -> &'static str {
        match self {
            Integrity::System => "TokenElevationTypeDefault",
            Integrity::High => "TokenElevationTypeFull",
            Integrity::Medium | Integrity::Low => "TokenElevationTypeLimited",
        }
    }
}

/// A process, alive or gone.
#[derive(Debug)]
pub struct Process {
    /// Its program.
    pub image: Arc<Image>,
    /// Number; used again after its end
    pub id: i64,
    /// Number that is never used again
    pub unique: i64,
    /// Command line
    pub command: Text,
    /// Whose it is
    pub account: Arc<Account>,
    /// Rights
    pub integrity: Integrity,
    /// Start, in ticks
    pub created: i64,
    /// Number of the parent
    pub parent_id: i64,
    /// Program of the parent
    pub parent_name: Text,
    /// Start of the parent, in ticks
    pub parent_created: i64,
    /// 0 for services
    pub session: i64,
    /// Address of the person in front of it, when they are far away
    pub remote_ip: Option<Text>,
}

/// One event.
#[derive(Clone)]
pub struct Event {
    /// The table that it belongs to
    pub table: Table,
    /// When, in ticks
    pub time: i64,
    /// Where
    pub device: Arc<Device>,
    /// What; empty in tables that have no `ActionType`
    pub action: &'static str,
    /// Number of the report, given when the event is sent
    pub report: i64,
    /// The process that did it
    pub initiator: Option<Arc<Process>>,
    /// The process that it was done to, or that was created
    pub target: Option<Arc<Process>>,
    /// What else it is about
    pub facts: Facts,
    /// `AdditionalFields`: JSON text, or empty
    pub fields: Text,
}

/// What an event is about.
#[derive(Clone)]
#[allow(missing_docs, reason = "each names its content")]
pub enum Facts {
    None,
    File(Box<File>),
    Library(Arc<Image>),
    Connection(Box<Connection>),
    Registry(Box<Registry>),
    Logon(Box<Logon>),
    Account(Arc<Account>),
    Adapter(Box<Adapter>),
}

/// A file that was made, changed or found.
#[derive(Clone)]
pub struct File {
    /// Folder without the last backslash
    pub folder: Text,
    /// Name
    pub name: Text,
    /// What it was called before, folder and name
    pub previous: Option<(Text, Text)>,
    /// Hashes, where they were taken
    pub hashes: Option<Hashes>,
    /// Bytes
    pub size: Option<i64>,
    /// Where it came from: address and the page that led there
    pub origin: Option<(Text, Text)>,
}

/// A connection, or one that was tried.
#[derive(Clone)]
pub struct Connection {
    /// The other side's address
    pub remote_ip: Text,
    /// The other side's port
    pub remote_port: Option<i64>,
    /// The other side's name or URL
    pub remote_url: Text,
    /// Port on the device
    pub local_port: Option<i64>,
    /// `Tcp`, `Udp`
    pub protocol: &'static str,
}

/// A change of the registry.
#[derive(Clone)]
pub struct Registry {
    /// Key
    pub key: Text,
    /// Name of the value
    pub name: Text,
    /// Type of the value
    pub kind: &'static str,
    /// Its data
    pub data: Text,
    /// Its data before
    pub previous: Text,
}

/// A logon, or one that failed.
#[derive(Clone)]
pub struct Logon {
    /// `Interactive`, `Network`, ...
    pub kind: &'static str,
    /// Whose
    pub account: Arc<Account>,
    /// `Kerberos`, `NTLM`, ...
    pub protocol: &'static str,
    /// Why it failed
    pub failure: &'static str,
    /// Whether the account rules the device
    pub admin: Option<bool>,
    /// The device that it came from
    pub remote_name: Text,
    /// The address that it came from
    pub remote_ip: Text,
    /// The port that it came from
    pub remote_port: Option<i64>,
}

/// A network adapter, for the snapshots of a device.
#[derive(Clone)]
pub struct Adapter {
    /// Identifier
    pub name: Text,
    /// `Ethernet`, `Wireless80211`
    pub kind: &'static str,
    /// `Up`, `Down`
    pub status: &'static str,
    /// Address of the hardware
    pub mac: Text,
    /// Address, when it is up
    pub ip: Option<Text>,
}
