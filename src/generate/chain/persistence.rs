//! How intruders stay.

use super::Stage;
use crate::generate::event::{Facts, File, Integrity};
use crate::generate::image::{Hashes, Image};
use serde_json::json;
use std::sync::Arc;

/// A program of the profile under the run key.
pub fn run_key(stage: &mut Stage<'_, '_>) {
    let device = stage.device();
    let user = device.user.clone();
    let name = stage.random.letters(7);
    let path = format!("C:\\Users\\{}\\AppData\\Roaming\\{name}\\{name}.exe", user.name);
    let host = format!("sync-{}.example", stage.random.letters(5));
    let ip = format!("203.0.113.{}", stage.random.between(151, 199));
    let desktop = stage.host.running("explorer.exe");
    let shell = stage.start(
        &desktop,
        "powershell.exe",
        format!("powershell.exe -w hidden -ep bypass -File \"C:\\Users\\{}\\Downloads\\setup.ps1\"", user.name),
    );
    stage.wait(1_000, 4_000);
    stage.create(&shell, &path, None);
    stage.wait(500, 2_000);
    let key = format!("HKEY_CURRENT_USER\\{}\\Software\\Microsoft\\Windows\\CurrentVersion\\Run", user.sid);
    stage.set_value(&shell, key, &format!("{name}Update"), &format!("\"{path}\" -s"));
    let image = Arc::new(Image::unsigned(&path));
    // The value works at the next logons of the day.
    for _ in 0..2 {
        stage.wait(40 * 60_000, 90 * 60_000);
        let started = stage.start_image(&desktop, image.clone(), format!("\"{path}\" -s"), Integrity::Medium);
        stage.wait(3_000, 9_000);
        stage.connect(&started, &ip, 443, &host);
    }
    stage.key("Program", path);
    stage.key("ValueName", format!("{name}Update"));
}

/// A service that somebody elsewhere brings, starts and uses.
pub fn service_install(stage: &mut Stage<'_, '_>) {
    let device = stage.device();
    let world = stage.host.world;
    let from = world.devices.iter().find(|d| d.index != device.index && !d.is_server()).unwrap_or(&device).clone();
    let name = stage.random.letters(8);
    let services = stage.host.running("services.exe");
    let server = stage.host.running("svchost.exe");
    stage.accept(&server, &from.ip, 445);
    stage.wait(100, 600);
    stage.logon("LogonSuccess", "Network", &from.user, (&from.host, &from.ip));
    stage.wait(400, 1_500);
    let path = format!("C:\\Windows\\{name}.exe");
    stage.create(&server, &path, None);
    stage.wait(200, 900);
    let hashes = Some(Hashes::of(&path));
    let file = File {
        folder: "C:\\Windows".into(),
        name: format!("{name}.exe").into(),
        previous: None,
        hashes,
        size: Some(716_176),
        origin: None,
    };
    let fields =
        json!({ "ServiceName": name, "ServiceAccount": "LocalSystem", "ServiceStartType": 3, "ServiceType": 16 });
    stage.device_event("ServiceInstalled", &services, None, Facts::File(Box::new(file)), fields);
    stage.wait(300, 1_200);
    let image = Arc::new(Image::unsigned(&path));
    let service = stage.start_image(&services, image, path, Integrity::System);
    for (program, command) in
        [("cmd.exe", "\"cmd\" /c whoami"), ("cmd.exe", "\"cmd\" /c net localgroup administrators")]
    {
        stage.wait(2_000, 9_000);
        stage.start(&service, program, command);
    }
    stage.key("ServiceName", name);
    stage.key("FromDevice", &*from.host);
}
