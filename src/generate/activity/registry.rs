//! Changes of the registry.

use crate::generate::event::{Event, Facts, Registry, Table};
use crate::generate::host::Host;

const ACTIONS: [(u32, &str); 5] = [
    (760, "RegistryValueSet"),
    (150, "RegistryKeyCreated"),
    (50, "RegistryValueDeleted"),
    (35, "RegistryKeyDeleted"),
    (5, "RegistryKeyRenamed"),
];

/// Something happens to a key or value.
pub fn happen(host: &mut Host<'_>, time: i64) {
    if host.random.per_mille(4) {
        return starts_with_session(host, time);
    }
    let action = host.random.weighted(&ACTIONS).copied().unwrap_or("RegistryValueSet");
    let by = host.actor();
    let key = key(host, by.account.is_of_company());
    let of_value = action.starts_with("RegistryValue");
    let name = if of_value {
        host.random.word(&["Version", "LastRun", "State", "Data", "Index", "Count", "Flags"])
    } else {
        ""
    };
    let (kind, data) = if action == "RegistryValueSet" { data(host) } else { ("None", String::new()) };
    let previous = if !data.is_empty() && host.random.per_mille(500) { data_before(host, kind) } else { String::new() };
    let change = Registry { key: key.into(), name: name.into(), kind, data: data.into(), previous: previous.into() };
    let event = Event {
        initiator: Some(by),
        facts: Facts::Registry(Box::new(change)),
        ..host.event(Table::Registry, time, action)
    };
    host.report(event);
}

fn key(host: &mut Host<'_>, of_person: bool) -> String {
    let sid = host.device.user.sid.clone();
    let random = &mut host.random;
    if of_person {
        return match random.below(3) {
            0 => format!(
                "HKEY_CURRENT_USER\\{sid}\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RecentDocs\\.{}",
                random.word(&["docx", "xlsx", "pdf", "txt"])
            ),
            1 => format!(
                "HKEY_CURRENT_USER\\{sid}\\Software\\Microsoft\\Office\\16.0\\Common\\{}",
                random.word(&["Identity", "Internet", "Roaming\\Identities", "ClientTelemetry"])
            ),
            _ => {
                format!("HKEY_CURRENT_USER\\{sid}\\Software\\Classes\\Local Settings\\MuiCache\\{}", random.letters(5))
            }
        };
    }
    match random.below(5) {
        0 => format!(
            "HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\{}\\Parameters",
            random.word(&["Tcpip", "Dnscache", "W32Time", "LanmanServer", "bam\\State"])
        ),
        1 => format!(
            "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tasks\\{{{}}}",
            random.guid()
        ),
        2 => format!("HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes\\CLSID\\{{{}}}\\InprocServer32", random.guid()),
        3 => format!(
            "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows Defender\\{}",
            random.word(&["Signature Updates", "Scan", "Real-Time Protection", "Diagnostics"])
        ),
        _ => format!("HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\WindowsUpdate\\UpdatePolicy\\{}", random.letters(6)),
    }
}

fn data(host: &mut Host<'_>) -> (&'static str, String) {
    let random = &mut host.random;
    match random.below(5) {
        0 | 1 => ("Dword", random.below(65_536).to_string()),
        2 => ("Qword", random.below(1 << 50).to_string()),
        3 => ("String", format!("C:\\Windows\\System32\\{}.dll", random.letters(8))),
        _ => {
            let digits = 2 * random.between(8, 60) as usize;
            ("Binary", random.hex(digits))
        }
    }
}

fn data_before(host: &mut Host<'_>, kind: &str) -> String {
    match kind {
        "Dword" | "Qword" => host.random.below(65_536).to_string(),
        _ => host.random.hex(16),
    }
}

/// A product of the trade starts with the session, as its installer wants it: what hunts for run keys must pass over.
fn starts_with_session(host: &mut Host<'_>, time: i64) {
    let user = host.device.user.clone();
    let (name, data, program) = match host.random.below(3) {
        0 => (
            "OneDrive",
            "\"C:\\Program Files\\Microsoft OneDrive\\OneDrive.exe\" /background".to_owned(),
            "OneDrive.exe",
        ),
        1 => (
            "MicrosoftEdgeAutoLaunch",
            "\"C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe\" --no-startup-window".to_owned(),
            "msedge.exe",
        ),
        _ => (
            "Teams",
            format!(
                "C:\\Users\\{}\\AppData\\Local\\Microsoft\\WindowsApps\\ms-teams.exe msteams:system-initiated",
                user.name
            ),
            "ms-teams.exe",
        ),
    };
    let by = host.running(program);
    let change = Registry {
        key: format!("HKEY_CURRENT_USER\\{}\\Software\\Microsoft\\Windows\\CurrentVersion\\Run", user.sid).into(),
        name: name.into(),
        kind: "String",
        data: data.into(),
        previous: "".into(),
    };
    let event = Event {
        initiator: Some(by),
        facts: Facts::Registry(Box::new(change)),
        ..host.event(Table::Registry, time, "RegistryValueSet")
    };
    host.report(event);
}
