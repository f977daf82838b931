//! How each column of each table is read from an event.
//!
//! In: the schemas of `catalog::device` and [`Event`]s. Out: [`Column`]s that read [`Cell`]s. A column means the same in every
//! table that has it, so there is one reader for each name, not for each table. Copies no text.

use super::event::{Adapter, Connection, Event, Facts, File, Logon, Process, Registry, Table};
use super::image::{Hashes, Image};
use super::world::{Account, DOMAIN, TENANT};
use crate::catalog::device;
use crate::value::Type;

/// The content of one column of one row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing; for a string column the empty string
    Missing,
    /// Text, of a `string` or `dynamic` column
    Text(&'a str),
    /// Text made for the row
    Made(String),
    /// `long` or `int`
    Number(i64),
    /// `bool`
    Bool(bool),
    /// `datetime`, in ticks
    Time(i64),
}

/// A column of a table, with its reader.
pub struct Column {
    /// Its name
    pub name: &'static str,
    /// Its type
    pub ty: Type,
    /// Whether Sentinel alone has it
    pub of_sentinel: bool,
    source: Option<Source>,
}

type Read<T> = for<'a> fn(&'a T) -> Cell<'a>;

/// The part of an event that a column is read from.
#[derive(Clone, Copy)]
enum Source {
    Event(Read<Event>),
    Initiator(Read<Process>),
    Target(Read<Process>),
    File(Read<File>, Option<Read<Image>>),
    Connection(Read<Connection>),
    Registry(Read<Registry>),
    Logon(Read<Logon>),
    Account(Read<Account>),
    Adapter(Read<Adapter>),
}

impl Column {
    /// The columns of a table, in the schema's order.
    pub fn all(table: Table) -> Vec<Column> {
        let known = device::known_table(table.name()).map(|t| t.columns.as_slice()).unwrap_or_default();
        known
            .iter()
            .map(|c| Column { name: c.name, ty: c.ty, of_sentinel: !c.portals.defender, source: source(table, c.name) })
            .collect()
    }

    /// Whether any row of it has content.
    pub fn is_filled(&self) -> bool {
        self.source.is_some()
    }

    /// The column's content for an event.
    pub fn read<'a>(&self, event: &'a Event) -> Cell<'a> {
        let Some(source) = self.source else { return Cell::Missing };
        match (source, &event.facts) {
            (Source::Event(read), _) => read(event),
            (Source::Initiator(read), _) => event.initiator.as_deref().map_or(Cell::Missing, read),
            (Source::Target(read), _) => event.target.as_deref().map_or(Cell::Missing, read),
            (Source::File(read, _), Facts::File(file)) => read(file),
            (Source::File(_, Some(read)), Facts::Library(image)) => read(image),
            (Source::File(_, Some(read)), _) => event.target.as_deref().map_or(Cell::Missing, |p| read(&p.image)),
            (Source::Connection(read), Facts::Connection(connection)) => read(connection),
            (Source::Registry(read), Facts::Registry(registry)) => read(registry),
            (Source::Logon(read), Facts::Logon(logon)) => read(logon),
            (Source::Account(read), Facts::Logon(logon)) => read(&logon.account),
            (Source::Account(read), Facts::Account(account)) => read(account),
            (Source::Account(read), _) if event.table == Table::Process => {
                event.target.as_deref().map_or(Cell::Missing, |p| read(&p.account))
            }
            (Source::Adapter(read), Facts::Adapter(adapter)) => read(adapter),
            _ => Cell::Missing,
        }
    }
}

fn number(value: Option<i64>) -> Cell<'static> {
    value.map_or(Cell::Missing, Cell::Number)
}

fn source(table: Table, column: &str) -> Option<Source> {
    if let Some(rest) = column.strip_prefix("InitiatingProcess") {
        return of_process(rest).map(Source::Initiator);
    }
    if table == Table::Info {
        return of_device(column).or_else(|| of_event(column)).map(Source::Event);
    }
    if column == "ProcessId" || column.starts_with("Process") {
        return of_process(column.trim_start_matches("Process")).map(Source::Target);
    }
    of_file(column)
        .or_else(|| of_connection(column).map(Source::Connection))
        .filter(|source| table != Table::Logon || !matches!(source, Source::Connection(_)))
        .or_else(|| of_registry(column).map(Source::Registry))
        .or_else(|| of_logon(column).map(Source::Logon))
        .or_else(|| column.strip_prefix("Account").and_then(of_account).map(Source::Account))
        .or_else(|| of_adapter(column).map(Source::Adapter))
        .or_else(|| of_session(column))
        .or_else(|| of_event(column).map(Source::Event))
}

/// The columns of every table.
fn of_event(column: &str) -> Option<Read<Event>> {
    let read: Read<Event> = match column {
        "Timestamp" | "TimeGenerated" => |e| Cell::Time(e.time),
        "DeviceId" => |e| Cell::Text(&e.device.id),
        "DeviceName" => |e| Cell::Text(&e.device.name),
        "ActionType" => |e| Cell::Text(e.action),
        "MachineGroup" => |e| Cell::Text(&e.device.group),
        "ReportId" => |e| Cell::Number(e.report),
        "AdditionalFields" => |e| Cell::Text(&e.fields),
        "Type" => |e| Cell::Text(e.table.name()),
        "TenantId" => |_| Cell::Text(TENANT),
        "_IsBillable" => |_| Cell::Text("True"),
        "LocalIP" => |e| match &e.facts {
            Facts::Connection(_) => Cell::Text(&e.device.ip),
            _ => Cell::Missing,
        },
        "LocalIPType" => |_| Cell::Text("Private"),
        "OnboardingStatus" => |_| Cell::Text("Onboarded"),
        "RequestProtocol" => |_| Cell::Text("Local"),
        "RequestAccountName" => |e| e.initiator.as_deref().map_or(Cell::Missing, |p| Cell::Text(&p.account.name)),
        "RequestAccountDomain" => |e| e.initiator.as_deref().map_or(Cell::Missing, |p| Cell::Text(&p.account.domain)),
        "RequestAccountSid" => |e| e.initiator.as_deref().map_or(Cell::Missing, |p| Cell::Text(&p.account.sid)),
        "NetworkAdapterDnsSuffix" => |_| Cell::Text(DOMAIN),
        "DnsAddresses" => |e| Cell::Made(format!("[\"{}\"]", e.device.gateway)),
        "DefaultGateways" => |e| Cell::Made(format!("[\"{}\"]", e.device.gateway)),
        "ConnectedNetworks" => |_| {
            Cell::Made(format!(
                r#"[{{"Name":"{DOMAIN}","Description":"{DOMAIN}","IsConnectedToInternet":true,"Category":"Domain"}}]"#
            ))
        },
        _ => return None,
    };
    Some(read)
}

/// The columns of `DeviceInfo`.
fn of_device(column: &str) -> Option<Read<Event>> {
    let read: Read<Event> = match column {
        "ClientVersion" => |_| Cell::Text("10.8760.26100.1006"),
        "PublicIP" => |e| Cell::Text(&e.device.public_ip),
        "OSArchitecture" => |_| Cell::Text("64-bit"),
        "OSPlatform" => |e| Cell::Text(e.device.build.platform()),
        "OSBuild" => |e| Cell::Number(e.device.build.number()),
        "OSVersion" => |e| Cell::Text(e.device.build.version()),
        "OSVersionInfo" => |e| Cell::Text(e.device.build.info()),
        "OSDistribution" => |e| Cell::Text(e.device.build.platform()),
        "OsBuildRevision" => |e| Cell::Text(e.device.build.revision()),
        "IsAzureADJoined" => |e| Cell::Bool(!e.device.is_server()),
        "JoinType" => |e| Cell::Text(if e.device.is_server() { "Domain Joined" } else { "Hybrid Azure AD Join" }),
        "AadDeviceId" => |e| if e.device.is_server() { Cell::Missing } else { Cell::Text(&e.device.directory_id) },
        "LoggedOnUsers" => |e| {
            let user = &e.device.user;
            Cell::Made(format!(r#"[{{"UserName":"{}","DomainName":"NORTHHAVEN","Sid":"{}"}}]"#, user.name, user.sid))
        },
        "OnboardingStatus" => |_| Cell::Text("Onboarded"),
        "DeviceCategory" => |_| Cell::Text("Endpoint"),
        "DeviceType" => |e| Cell::Text(if e.device.is_server() { "Server" } else { "Workstation" }),
        "Vendor" => |e| Cell::Text(e.device.hardware.0),
        "Model" => |e| Cell::Text(e.device.hardware.1),
        "IsInternetFacing" => |e| Cell::Bool(e.device.is_server() && e.device.host.starts_with("web")),
        "SensorHealthState" => |_| Cell::Text("Active"),
        "IsExcluded" | "IsTransient" => |_| Cell::Bool(false),
        "ExposureLevel" => |e| Cell::Text(if e.device.index % 3 == 0 { "Medium" } else { "Low" }),
        "AssetValue" => |e| Cell::Text(if e.device.is_server() { "High" } else { "Normal" }),
        "ConnectivityType" => |_| Cell::Text("Streamlined"),
        _ => return None,
    };
    Some(read)
}

/// What follows `InitiatingProcess` or `Process` in a column's name.
fn of_process(rest: &str) -> Option<Read<Process>> {
    let read: Read<Process> = match rest {
        "FileName" => |p| Cell::Text(&p.image.name),
        "FolderPath" => |p| Cell::Text(&p.image.lower_path),
        "SHA1" => |p| Cell::Text(&p.image.hashes.sha1),
        "SHA256" => |p| Cell::Text(&p.image.hashes.sha256),
        "MD5" => |p| Cell::Text(&p.image.hashes.md5),
        "FileSize" => |p| Cell::Number(p.image.size),
        "VersionInfoCompanyName" => |p| Cell::Text(&p.image.version.company),
        "VersionInfoProductName" => |p| Cell::Text(&p.image.version.product),
        "VersionInfoProductVersion" => |p| Cell::Text(&p.image.version.version),
        "VersionInfoInternalFileName" => |p| Cell::Text(&p.image.version.internal),
        "VersionInfoOriginalFileName" => |p| Cell::Text(&p.image.version.original),
        "VersionInfoFileDescription" => |p| Cell::Text(&p.image.version.description),
        "Id" => |p| Cell::Number(p.id),
        "UniqueId" => |p| Cell::Made(p.unique.to_string()),
        "CommandLine" => |p| Cell::Text(&p.command),
        "CreationTime" => |p| Cell::Time(p.created),
        "ParentId" => |p| Cell::Number(p.parent_id),
        "ParentFileName" => |p| Cell::Text(&p.parent_name),
        "ParentCreationTime" => |p| Cell::Time(p.parent_created),
        "AccountDomain" => |p| Cell::Text(&p.account.domain),
        "AccountName" => |p| Cell::Text(&p.account.name),
        "AccountSid" => |p| Cell::Text(&p.account.sid),
        "AccountUpn" => |p| Cell::Text(&p.account.upn),
        "AccountObjectId" => |p| Cell::Text(&p.account.object_id),
        "LogonId" => |p| Cell::Number(p.account.logon_id),
        "IntegrityLevel" => |p| Cell::Text(p.integrity.name()),
        "TokenElevation" => |p| Cell::Text(p.integrity.elevation()),
        "SignerType" => |p| Cell::Text(if p.image.signer.is_empty() { "Unknown" } else { p.image.signer }),
        "SignatureStatus" => |p| Cell::Text(if p.image.signer.is_empty() { "Unsigned" } else { "Valid" }),
        "SessionId" => |p| Cell::Number(p.session),
        "RemoteSessionIP" => |p| p.remote_ip.as_deref().map_or(Cell::Missing, Cell::Text),
        _ => return None,
    };
    Some(read)
}

/// The sessions of the two processes of an event.
fn of_session(column: &str) -> Option<Source> {
    Some(match column {
        "IsInitiatingProcessRemoteSession" => Source::Initiator(|p| Cell::Bool(p.remote_ip.is_some())),
        "IsProcessRemoteSession" => Source::Target(|p| Cell::Bool(p.remote_ip.is_some())),
        "CreatedProcessSessionId" => Source::Target(|p| Cell::Number(p.session)),
        "LogonId" => Source::Account(|a| Cell::Number(a.logon_id)),
        _ => return None,
    })
}

fn of_file(column: &str) -> Option<Source> {
    fn hash(file: &File, of: fn(&Hashes) -> &str) -> Cell<'_> {
        file.hashes.as_ref().map_or(Cell::Missing, |h| Cell::Text(of(h)))
    }
    Some(match column {
        "FileName" => Source::File(|f| Cell::Text(&f.name), Some(|i| Cell::Text(&i.name))),
        "FolderPath" => {
            Source::File(|f| Cell::Made(format!("{}\\{}", f.folder, f.name)), Some(|i| Cell::Text(&i.path)))
        }
        "SHA1" => Source::File(|f| hash(f, |h| &h.sha1), Some(|i| Cell::Text(&i.hashes.sha1))),
        "SHA256" => Source::File(|f| hash(f, |h| &h.sha256), Some(|i| Cell::Text(&i.hashes.sha256))),
        "MD5" => Source::File(|f| hash(f, |h| &h.md5), Some(|i| Cell::Text(&i.hashes.md5))),
        "FileSize" => Source::File(|f| number(f.size), Some(|i| Cell::Number(i.size))),
        "PreviousFolderPath" => {
            Source::File(|f| f.previous.as_ref().map_or(Cell::Missing, |(folder, _)| Cell::Text(folder)), None)
        }
        "PreviousFileName" => {
            Source::File(|f| f.previous.as_ref().map_or(Cell::Missing, |(_, name)| Cell::Text(name)), None)
        }
        "FileOriginUrl" => Source::File(|f| f.origin.as_ref().map_or(Cell::Missing, |(url, _)| Cell::Text(url)), None),
        "FileOriginReferrerUrl" => {
            Source::File(|f| f.origin.as_ref().map_or(Cell::Missing, |(_, page)| Cell::Text(page)), None)
        }
        _ => return None,
    })
}

fn of_connection(column: &str) -> Option<Read<Connection>> {
    let read: Read<Connection> = match column {
        "RemoteIP" => |c| Cell::Text(&c.remote_ip),
        "RemotePort" => |c| number(c.remote_port),
        "RemoteUrl" => |c| Cell::Text(&c.remote_url),
        "LocalPort" => |c| number(c.local_port),
        "Protocol" => |c| Cell::Text(c.protocol),
        "RemoteIPType" => |c| Cell::Text(kind_of_address(&c.remote_ip)),
        _ => return None,
    };
    Some(read)
}

/// What Defender calls the kind of an address.
fn kind_of_address(ip: &str) -> &'static str {
    match ip {
        "" => "",
        "127.0.0.1" | "::1" => "Loopback",
        _ if ip.starts_with("10.") || ip.starts_with("192.168.") => "Private",
        _ => "Public",
    }
}

fn of_registry(column: &str) -> Option<Read<Registry>> {
    let read: Read<Registry> = match column {
        "RegistryKey" => |r| Cell::Text(&r.key),
        "RegistryValueName" => |r| Cell::Text(&r.name),
        "RegistryValueType" => |r| Cell::Text(r.kind),
        "RegistryValueData" => |r| Cell::Text(&r.data),
        "PreviousRegistryKey" => |r| Cell::Text(&r.key),
        "PreviousRegistryValueName" => |r| Cell::Text(if r.previous.is_empty() { "" } else { &r.name }),
        "PreviousRegistryValueData" => |r| Cell::Text(&r.previous),
        _ => return None,
    };
    Some(read)
}

fn of_logon(column: &str) -> Option<Read<Logon>> {
    let read: Read<Logon> = match column {
        "LogonType" => |l| Cell::Text(l.kind),
        "Protocol" => |l| Cell::Text(l.protocol),
        "FailureReason" => |l| Cell::Text(l.failure),
        "IsLocalAdmin" => |l| l.admin.map_or(Cell::Missing, Cell::Bool),
        "RemoteDeviceName" => |l| Cell::Text(&l.remote_name),
        "RemoteIP" => |l| Cell::Text(&l.remote_ip),
        "RemoteIPType" => |l| Cell::Text(kind_of_address(&l.remote_ip)),
        "RemotePort" => |l| number(l.remote_port),
        _ => return None,
    };
    Some(read)
}

fn of_account(rest: &str) -> Option<Read<Account>> {
    let read: Read<Account> = match rest {
        "Domain" => |a| Cell::Text(&a.domain),
        "Name" => |a| Cell::Text(&a.name),
        "Sid" => |a| Cell::Text(&a.sid),
        "Upn" => |a| Cell::Text(&a.upn),
        "ObjectId" => |a| Cell::Text(&a.object_id),
        _ => return None,
    };
    Some(read)
}

fn of_adapter(column: &str) -> Option<Read<Adapter>> {
    let read: Read<Adapter> = match column {
        "NetworkAdapterName" => |a| Cell::Text(&a.name),
        "NetworkAdapterType" => |a| Cell::Text(a.kind),
        "NetworkAdapterStatus" => |a| Cell::Text(a.status),
        "NetworkAdapterVendor" => |_| Cell::Text("Intel Corporation"),
        "MacAddress" => |a| Cell::Text(&a.mac),
        "TunnelType" => |_| Cell::Text("None"),
        "IPv4Dhcp" => |a| a.ip.as_ref().map_or(Cell::Missing, |_| Cell::Text("10.40.0.5")),
        "IPAddresses" => |a| match &a.ip {
            Some(ip) => Cell::Made(format!(
                r#"[{{"IPAddress":"{ip}","SubnetPrefix":24,"AddressType":"Private"}},{{"IPAddress":"fe80::{}","SubnetPrefix":64,"AddressType":"Private"}}]"#,
                a.mac.get(8..).unwrap_or_default().to_lowercase()
            )),
            None => Cell::Text("[]"),
        },
        _ => return None,
    };
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns that such devices leave empty.
    const EMPTY: [&str; 34] = [
        "AppGuardContainerId",
        "AwsResourceName",
        "AzureResourceId",
        "AzureVmId",
        "AzureVmSubscriptionId",
        "CloudPlatforms",
        "DeviceDynamicTags",
        "DeviceManualTags",
        "DeviceObjectId",
        "DeviceSubtype",
        "DiscoverySources",
        "ExclusionReason",
        "FileOriginIP",
        "GcpFullResourceName",
        "HardwareUuid",
        "HostDeviceId",
        "IPv6Dhcp",
        "InitiatingProcessRemoteSessionDeviceName",
        "IsAzureInfoProtectionApplied",
        "LogonID",
        "MergedDeviceIds",
        "MergedToDeviceId",
        "MitigationStatus",
        "ProcessRemoteSessionDeviceName",
        "RegistryDeviceTag",
        "RequestSourceIP",
        "RequestSourcePort",
        "RestrictedDeviceSecurityOperations",
        "SensitivityLabel",
        "SensitivitySubLabel",
        "ShareName",
        "Site",
        "SourceSystem",
        "_BilledSize",
    ];

    #[test]
    fn every_column_is_filled_or_known_to_be_empty() {
        for table in Table::ALL {
            let columns = Column::all(table);
            assert!(columns.len() > 20, "{table:?}");
            for column in columns {
                let empty = EMPTY.contains(&column.name);
                assert_eq!(column.source.is_none(), empty, "{table:?}.{}", column.name);
            }
        }
    }
}
