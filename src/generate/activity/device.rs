//! The mixed bag of `DeviceEvents`: each action with the fields that it is known for.

use crate::generate::event::{Connection, Event, Facts, File, Process, Table};
use crate::generate::host::Host;
use crate::generate::image::Hashes;
use serde_json::{Value as Json, json};
use std::sync::Arc;

type Detail = fn(&mut Host<'_>, Event) -> Event;

const ACTIONS: [(u32, (&str, Detail)); 23] = [
    (180, ("NamedPipeEvent", named_pipe)),
    (130, ("NtProtectVirtualMemoryApiCall", memory)),
    (90, ("AntivirusReport", report)),
    (80, ("ProcessCreatedUsingWmiQuery", wmi)),
    (60, ("BrowserLaunchedToOpenUrl", url)),
    (55, ("CreateRemoteThreadApiCall", thread)),
    (50, ("DpapiAccessed", dpapi)),
    (35, ("RemoteDesktopConnection", remote_desktop)),
    (40, ("ShellLinkCreateFileEvent", shell_link)),
    (30, ("NtAllocateVirtualMemoryApiCall", memory)),
    (30, ("PnpDeviceConnected", plug)),
    (40, ("PowerShellCommand", powershell)),
    (30, ("DriverLoad", driver)),
    (12, ("ServiceInstalled", service)),
    (20, ("OpenProcessApiCall", open_process)),
    (15, ("ReadProcessMemoryApiCall", read_memory)),
    (25, ("DnsQueryResponse", dns)),
    (12, ("ScheduledTaskUpdated", task)),
    (10, ("LdapSearch", ldap)),
    (8, ("AntivirusScanCompleted", scan)),
    (18, ("ScriptContent", script)),
    (2, ("UserAccountModified", account)),
    (8, ("OtherAlertRelatedActivity", other)),
];

/// One of many things.
pub fn happen(host: &mut Host<'_>, time: i64) {
    let Some((action, detail)) = host.random.weighted(&ACTIONS).copied() else { return };
    let initiator = host.random.per_mille(690).then(|| host.actor());
    let event = Event { initiator, ..host.event(Table::Device, time, action) };
    let event = detail(host, event);
    host.report(event);
}

fn with(event: Event, fields: Json) -> Event {
    Event { fields: fields.to_string().into(), ..event }
}

/// An event that is done to another process.
fn to(host: &mut Host<'_>, event: Event, fields: Json) -> Event {
    let initiator = event.initiator.clone().or_else(|| Some(host.actor()));
    let target: Arc<Process> = host.actor();
    Event { initiator, target: Some(target), ..with(event, fields) }
}

fn named_pipe(host: &mut Host<'_>, event: Event) -> Event {
    let pipe = host.random.word(&[
        "wkssvc",
        "srvsvc",
        "lsass",
        "ntsvcs",
        "InitShutdown",
        "mojo",
        "PIPE_EVENTROOT\\CIMV2SCM EVENT PROVIDER",
    ]);
    let pipe = if pipe == "mojo" {
        format!("mojo.{}.{}", host.random.below(90_000), host.random.below(1 << 40))
    } else {
        pipe.to_owned()
    };
    let fields = json!({
        "DesiredAccess": 1_180_063,
        "FileOperation": host.random.word(&["File created", "File opened"]),
        "NamedPipeEnd": host.random.word(&["Server", "Client"]),
        "PipeName": format!("\\Device\\NamedPipe\\{pipe}"),
        "RemoteClientsAccess": host.random.word(&["AcceptRemote", "RejectRemote"]),
        "SessionId": 0,
        "ThreadId": host.random.between(300, 6000) * 4,
    });
    with(event, fields)
}

fn memory(host: &mut Host<'_>, event: Event) -> Event {
    let fields = json!({
        "BaseAddress": 140_700_000_000_000_u64 + host.random.below(1 << 36) * 4096 % 100_000_000_000,
        "RegionSize": host.random.between(1, 64) * 4096,
        "ProtectionMask": host.random.word(&["32", "64", "4"]).parse::<i64>().unwrap_or(32),
    });
    to(host, event, fields)
}

fn report(host: &mut Host<'_>, event: Event) -> Event {
    let hashes = Hashes::of(&format!("content {}", host.random.below(40_000)));
    let folder = format!("C:\\Users\\{}\\Downloads", host.device.user.name);
    let name = format!("{}.exe", host.random.letters(9));
    let size = Some((hashes.number % 900_000) as i64);
    let file =
        File { folder: folder.into(), name: name.into(), previous: None, hashes: Some(hashes), size, origin: None };
    let event = Event { facts: Facts::File(Box::new(file)), ..event };
    with(event, json!({ "WasExecutingWhileDetected": false, "ReportSource": "Windows Defender", "ThreatName": "" }))
}

fn wmi(host: &mut Host<'_>, event: Event) -> Event {
    let machine = host.device.host.to_uppercase();
    to(host, event, json!({ "ClientMachine": machine, "IsRemoteMachine": false, "InitiatingProcess": "WmiPrvSE.exe" }))
}

fn url(host: &mut Host<'_>, event: Event) -> Event {
    let world = host.world;
    let named = |n: u64| world.sites.get(n as usize).filter(|s| !s.host.is_empty());
    let site = named(host.random.below(1500)).or_else(|| named(0));
    let remote_url = site.map(|s| format!("https://{}/{}", s.host, host.random.letters(6))).unwrap_or_default();
    let link = Connection {
        remote_ip: "".into(),
        remote_port: None,
        remote_url: remote_url.into(),
        local_port: None,
        protocol: "",
    };
    let initiator = Some(host.running("explorer.exe"));
    Event { initiator, facts: Facts::Connection(Box::new(link)), ..event }
}

fn thread(host: &mut Host<'_>, event: Event) -> Event {
    to(host, event, json!({ "IntegrityLevel": 8192 }))
}

fn dpapi(host: &mut Host<'_>, event: Event) -> Event {
    let fields = json!({
        "CallerProcessID": host.random.between(300, 6000) * 4,
        "DataDescription": host.random.word(&["", "Google Chrome", "Microsoft Edge", "Local Credential Data"]),
        "Flags": 1,
        "MasterKeyGUID": host.random.guid(),
        "OperationType": "SPCryptUnprotect",
        "ProtectionFlags": 16,
        "ReturnValue": 0,
    });
    with(event, fields)
}

fn remote_desktop(host: &mut Host<'_>, event: Event) -> Event {
    let world = host.world;
    let from = host.random.pick(&world.devices).map(|d| d.ip.clone()).unwrap_or_default();
    let link =
        Connection { remote_ip: from, remote_port: None, remote_url: "".into(), local_port: Some(3389), protocol: "" };
    with(Event { facts: Facts::Connection(Box::new(link)), ..event }, json!({ "Protocol": "RDP" }))
}

fn shell_link(host: &mut Host<'_>, event: Event) -> Event {
    let user = host.device.user.name.clone();
    let name = format!("{}.lnk", host.random.letters(8));
    let folder = format!("C:\\Users\\{user}\\AppData\\Roaming\\Microsoft\\Windows\\Recent");
    let file =
        File { folder: folder.into(), name: name.into(), previous: None, hashes: None, size: None, origin: None };
    let fields = json!({
        "FileSizeInBytes": host.random.between(600, 3000),
        "IsOnRemovableMedia": false,
        "ShellLinkCommandLine": "",
        "ShellLinkIconPath": "",
        "ShellLinkRunAsAdmin": false,
        "ShellLinkShowCommand": "SW_SHOWNORMAL",
        "ShellLinkWorkingDirectory": format!("C:\\Users\\{user}\\Documents"),
    });
    with(Event { facts: Facts::File(Box::new(file)), ..event }, fields)
}

fn plug(host: &mut Host<'_>, event: Event) -> Event {
    let (class, what) = host
        .random
        .pick(&[
            ("USB", "USB Composite Device"),
            ("Mouse", "HID-compliant mouse"),
            ("DiskDrive", "USB Flash Drive"),
            ("Monitor", "Generic PnP Monitor"),
        ])
        .copied()
        .unwrap_or_default();
    let fields = json!({
        "ClassName": class,
        "ClassId": format!("{{{}}}", host.random.guid()),
        "DeviceDescription": what,
        "DeviceId": format!("USB\\VID_{}&PID_{}\\{}", host.random.hex(4).to_uppercase(), host.random.hex(4).to_uppercase(), host.random.letters(10)),
        "VendorIds": "[\"USB\\\\COMPOSITE\"]",
    });
    with(event, fields)
}

fn powershell(host: &mut Host<'_>, event: Event) -> Event {
    let command = host.random.word(&[
        "Get-ItemProperty",
        "Out-Default",
        "Get-CimInstance",
        "ConvertTo-Json",
        "Select-Object",
        "Write-Host",
        "Get-Service",
    ]);
    let initiator = Some(host.running("powershell.exe"));
    with(Event { initiator, ..event }, json!({ "Command": command }))
}

fn driver(host: &mut Host<'_>, event: Event) -> Event {
    let name =
        host.random.word(&["WdFilter.sys", "tcpip.sys", "nvlddmkm.sys", "usbhub3.sys", "mrxsmb20.sys", "rtwlane.sys"]);
    let hashes = Hashes::of(name);
    let folder = "C:\\Windows\\System32\\drivers";
    let fields = json!({
        "ImageBase": 18_446_735_277_616_529_408_u64 + host.random.below(1 << 20) * 4096,
        "ImageName": format!("{folder}\\{name}"),
        "ImageSHA1": &*hashes.sha1,
        "ImageSHA256": &*hashes.sha256,
        "ImageMD5": &*hashes.md5,
        "UserSid": "S-1-5-18",
    });
    let file = File {
        folder: folder.into(),
        name: name.into(),
        previous: None,
        hashes: Some(hashes),
        size: None,
        origin: None,
    };
    with(Event { facts: Facts::File(Box::new(file)), ..event }, fields)
}

/// A service of a product of the trade, below `Program Files`.
fn service(host: &mut Host<'_>, event: Event) -> Event {
    let images = host.device.images.clone();
    let Some(product) = host.random.pick(&images.products) else { return event };
    let (folder, name) = product.path.rsplit_once('\\').unwrap_or(("", &product.name));
    let fields = json!({
        "ServiceName": name.trim_end_matches(".exe"),
        "ServiceAccount": "LocalSystem",
        "ServiceStartType": 2,
        "ServiceType": 16,
    });
    let hashes = Some(product.hashes.clone());
    let file = File {
        folder: folder.into(),
        name: name.into(),
        previous: None,
        hashes,
        size: Some(product.size),
        origin: None,
    };
    let initiator = Some(host.running("services.exe"));
    with(Event { initiator, facts: Facts::File(Box::new(file)), ..event }, fields)
}

/// Security products look at other processes, lsass too, and ask for little.
fn open_process(host: &mut Host<'_>, event: Event) -> Event {
    let by = host.random.word(&["MsMpEng.exe", "MsSense.exe", "svchost.exe", "WmiPrvSE.exe"]);
    let initiator = Some(host.running(by));
    let target = Some(host.running("lsass.exe"));
    let access = host.random.pick(&[4096, 5136, 4112]).copied().unwrap_or(4096);
    Event { initiator, target, ..with(event, json!({ "DesiredAccess": access })) }
}

fn read_memory(host: &mut Host<'_>, event: Event) -> Event {
    let bytes = host.random.between(100, 90_000);
    to(host, event, json!({ "TotalBytesCopied": bytes }))
}

fn dns(host: &mut Host<'_>, event: Event) -> Event {
    let world = host.world;
    let named = |n: u64| world.sites.get(n as usize).filter(|s| !s.host.is_empty());
    let Some(site) = named(host.random.below(1500)).or_else(|| named(0)) else { return event };
    let answer = format!("[{{\"Result\":\"{}\",\"DnsQueryType\":\"A\"}}]", site.ip);
    with(event, json!({ "DnsQueryString": &*site.host, "DnsQueryResult": answer }))
}

fn task(host: &mut Host<'_>, event: Event) -> Event {
    let name = host.random.word(&[
        "\\Microsoft\\Windows\\UpdateOrchestrator\\Schedule Scan",
        "\\GoogleSystem\\GoogleUpdater",
        "\\Microsoft\\Office\\Office Automatic Updates 2.0",
    ]);
    let content = "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n<Task version=\"1.4\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\r\n  <Triggers><CalendarTrigger><ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay></CalendarTrigger></Triggers>\r\n</Task>";
    // The content is JSON in JSON, as the sensor sends it.
    with(
        event,
        json!({ "SubjectUserName": format!("{}$", host.device.host.to_uppercase()), "TaskContent": json!(content).to_string(), "TaskName": name }),
    )
}

fn ldap(host: &mut Host<'_>, event: Event) -> Event {
    let filter = host.random.word(&[
        "(objectClass=*)",
        "(&(objectClass=user)(sAMAccountName=*))",
        "(servicePrincipalName=HTTP/*)",
    ]);
    let fields = json!({
        "AttributeList": ["objectClass", "cn"],
        "DistinguishedName": "DC=northhaven,DC=example",
        "ScopeOfSearch": host.random.word(&["Base", "SubTree"]),
        "SearchFilter": filter,
    });
    with(event, fields)
}

fn scan(host: &mut Host<'_>, event: Event) -> Event {
    let id = host.random.guid();
    with(
        event,
        json!({ "Domain": "NT AUTHORITY", "ScanId": format!("{{{id}}}"), "ScanParametersIndex": 1, "ScanTypeIndex": "Quick scan", "User": "SYSTEM" }),
    )
}

fn script(host: &mut Host<'_>, event: Event) -> Event {
    let mut content = String::from("param($Path)\r\n");
    for _ in 0..host.random.between(2, 40) {
        content.push_str(&format!(
            "$item{} = Get-Item -Path \"$Path\\{}\" -ErrorAction SilentlyContinue\r\n",
            host.random.below(99),
            host.random.letters(8)
        ));
    }
    let initiator = Some(host.running("powershell.exe"));
    with(Event { initiator, ..event }, json!({ "ScriptContent": content }))
}

fn account(host: &mut Host<'_>, event: Event) -> Event {
    let account = host.device.user.clone();
    let fields = json!({
        "SamAccountName": &*account.name,
        "DisplayName": "-",
        "OldUacValue": "0x210",
        "NewUacValue": "0x10",
        "UserAccountControl": "\r\n\t\t%%2089",
        "PasswordLastSet": "-",
    });
    with(Event { facts: Facts::Account(account), ..event }, fields)
}

fn other(host: &mut Host<'_>, event: Event) -> Event {
    let what = host.random.word(&["Process was inspected", "File was submitted for analysis"]);
    with(event, json!({ "Description": what }))
}
