//! Logons: at the keyboard, over the network, by services, and some that fail.

use crate::generate::event::{Event, Facts, Logon, Table};
use crate::generate::host::Host;

const ACTIONS: [(u32, &str); 3] = [(640, "LogonSuccess"), (215, "LogonAttempted"), (145, "LogonFailed")];

/// Somebody logs on, or tries to. All of it comes from inside the company.
pub fn happen(host: &mut Host<'_>, time: i64) {
    let action = host.random.weighted(&ACTIONS).copied().unwrap_or("LogonSuccess");
    let logon = if host.device.is_server() { over_network(host) } else { at_keyboard(host) };
    let failed = action == "LogonFailed";
    let logon = Logon {
        failure: if failed {
            host.random.word(&["InvalidUserNameOrPassword", "InvalidUserNameOrPassword", "PasswordExpired"])
        } else {
            ""
        },
        admin: (!failed).then(|| host.device.is_server()),
        ..logon
    };
    let local = logon.remote_ip.is_empty();
    let by = host.random.per_mille(590).then(|| host.running(if local { "winlogon.exe" } else { "lsass.exe" }));
    let event = Event {
        initiator: by,
        facts: Facts::Logon(Box::new(logon)),
        fields: if local { r#"{"IsLocalLogon":true}"#.into() } else { "".into() },
        ..host.event(Table::Logon, time, action)
    };
    host.report(event);
}

fn at_keyboard(host: &mut Host<'_>) -> Logon {
    let kind = host
        .random
        .weighted(&[(40, "Interactive"), (30, "Unlock"), (20, "CachedInteractive"), (10, "Network")])
        .copied();
    Logon {
        kind: kind.unwrap_or("Interactive"),
        account: host.device.user.clone(),
        protocol: host.random.word(&["Negotiate", "Kerberos"]),
        failure: "",
        admin: None,
        remote_name: "".into(),
        remote_ip: "".into(),
        remote_port: None,
    }
}

fn over_network(host: &mut Host<'_>) -> Logon {
    let world = host.world;
    let from = host.random.pick(&world.devices).unwrap_or(&host.device).clone();
    let kind =
        host.random.weighted(&[(78, "Network"), (12, "Batch"), (6, "Service"), (4, "RemoteInteractive")]).copied();
    Logon {
        kind: kind.unwrap_or("Network"),
        account: from.user.clone(),
        protocol: host.random.word(&["Kerberos", "Kerberos", "NTLM", "Negotiate"]),
        failure: "",
        admin: None,
        remote_name: from.host.clone(),
        remote_ip: from.ip.clone(),
        remote_port: Some(host.random.between(49_152, 65_535)),
    }
}
