//! How intruders get at credentials and accounts.

use super::Stage;
use crate::generate::event::{Facts, Integrity};
use crate::generate::world::Account;
use serde_json::json;
use std::sync::Arc;

/// The memory of lsass in a file, with the library that Windows has for it.
pub fn lsass_dump(stage: &mut Stage<'_, '_>) {
    let images = stage.device().images.clone();
    let desktop = stage.host.running("explorer.exe");
    let shell = stage.start_image(&desktop, images.named("cmd.exe"), "\"cmd.exe\" ", Integrity::High);
    stage.wait(5_000, 30_000);
    let lsass = stage.host.running("lsass.exe");
    stage.start(&shell, "tasklist.exe", "tasklist  /fi \"imagename eq lsass.exe\"");
    stage.wait(8_000, 30_000);
    let dump = format!("C:\\Windows\\Temp\\{}.dmp", stage.random.letters(5));
    let command = format!("rundll32.exe  C:\\Windows\\System32\\comsvcs.dll, MiniDump {} {dump} full", lsass.id);
    let dumper = stage.start(&shell, "rundll32.exe", command);
    stage.wait(40, 200);
    let fields = json!({ "DesiredAccess": 2_097_151 });
    stage.device_event("OpenProcessApiCall", &dumper, Some(lsass.clone()), Facts::None, fields);
    stage.wait(40, 200);
    let fields = json!({ "TotalBytesCopied": stage.random.between(40_000_000, 70_000_000) });
    stage.device_event("ReadProcessMemoryApiCall", &dumper, Some(lsass), Facts::None, fields);
    stage.wait(500, 1_500);
    stage.create(&dumper, &dump, None);
    stage.wait(20_000, 90_000);
    stage.start(&shell, "cmd.exe", format!("cmd.exe /c copy {dump} C:\\Users\\Public\\report.dat"));
    stage.key("DumpFile", dump);
}

const GUESSED: [&str; 14] = [
    "administrator",
    "admin",
    "backup",
    "test",
    "scanner",
    "sqladmin",
    "support",
    "guest",
    "user1",
    "svc_sql",
    "helpdesk",
    "oracle",
    "veeam",
    "reception",
];

/// Guessing until a password fits, and a look around.
pub fn rdp_brute_force(stage: &mut Stage<'_, '_>) {
    let device = stage.device();
    let ip = format!("198.51.100.{}", stage.random.between(10, 250));
    let from = ("", ip.as_str());
    for _ in 0..stage.random.between(120, 160) {
        let name = stage.random.word(&GUESSED);
        let guessed = Arc::new(Account {
            domain: device.host.clone(),
            name: name.into(),
            sid: "S-1-0-0".into(),
            upn: "".into(),
            object_id: "".into(),
            logon_id: 0,
        });
        stage.logon("LogonFailed", "RemoteInteractive", &guessed, from);
        stage.wait(900, 7_000);
    }
    let account = device.user.clone();
    stage.logon("LogonSuccess", "RemoteInteractive", &account, from);
    stage.wait(20_000, 60_000);
    let desktop = stage.host.running("explorer.exe");
    let shell = stage.start(&desktop, "cmd.exe", "\"cmd.exe\" ");
    let looks = [
        ("whoami.exe", "whoami  /priv"),
        ("net.exe", "net  group \"domain admins\" /domain"),
        ("nltest.exe", "nltest  /dclist:northhaven"),
    ];
    for (program, command) in looks {
        stage.wait(6_000, 25_000);
        stage.start(&shell, program, command);
    }
    stage.key("RemoteIP", ip);
    stage.key("AccountName", &*account.name);
}
