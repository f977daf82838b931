//! What intruders are after: control, data, ransom.

use super::Stage;
use crate::generate::event::Integrity;
use crate::generate::image::{Image, VersionInfo};
use std::sync::Arc;

/// Calls at an even pace.
pub fn beacon(stage: &mut Stage<'_, '_>) {
    let device = stage.device();
    let name = stage.random.letters(9);
    let path = format!("C:\\Users\\{}\\AppData\\Local\\{name}\\agent.exe", device.user.name);
    let host = format!("telemetry-{}.example", stage.random.letters(5));
    let ip = format!("198.51.100.{}", stage.random.between(10, 250));
    let desktop = stage.host.running("explorer.exe");
    let agent = stage.start_image(&desktop, Arc::new(Image::unsigned(&path)), format!("\"{path}\""), Integrity::Medium);
    for _ in 0..72 {
        stage.wait(288_000, 312_000);
        stage.connect(&agent, &ip, 443, &host);
    }
    stage.key("RemoteIP", ip);
    stage.key("RemoteUrl", host);
}

/// A share goes to the internet, by a tool under another name.
pub fn renamed_tool(stage: &mut Stage<'_, '_>) {
    let folder = format!("C:\\ProgramData\\{}", stage.random.letters(6));
    let path = format!("{folder}\\svchost.exe");
    let version = VersionInfo {
        company: "https://rclone.org".into(),
        product: "Rclone".into(),
        version: "1.71.0".into(),
        internal: "rclone".into(),
        original: "rclone.exe".into(),
        description: "Rclone".into(),
    };
    let image = Arc::new(Image::new(&path, version, "", true));
    let desktop = stage.host.running("explorer.exe");
    let shell = stage.start(&desktop, "cmd.exe", "\"cmd.exe\" ");
    stage.wait(3_000, 9_000);
    stage.create(&shell, &path, None);
    stage.create(&shell, &format!("{folder}\\svc.conf"), None);
    stage.wait(5_000, 20_000);
    let command = format!(
        "{path}  copy \\\\file-01\\finance store:q3 --config {folder}\\svc.conf --transfers 16 --no-check-certificate"
    );
    let tool = stage.start_image(&shell, image, command, Integrity::Medium);
    for _ in 0..25 {
        stage.wait(2_000, 15_000);
        let ip = format!("203.0.113.{}", stage.random.between(210, 215));
        stage.connect(&tool, &ip, 443, "store.cloudbox.example");
    }
    stage.key("FolderPath", path);
}

/// No way back, then no documents.
pub fn ransomware(stage: &mut Stage<'_, '_>) {
    let device = stage.device();
    let path = format!("C:\\Users\\Public\\{}.exe", stage.random.letters(5));
    let ending = stage.random.letters(6);
    let desktop = stage.host.running("explorer.exe");
    let locker =
        stage.start_image(&desktop, Arc::new(Image::unsigned(&path)), format!("\"{path}\" -m all"), Integrity::High);
    let no_way_back = [
        ("vssadmin.exe", "vssadmin.exe delete shadows /all /quiet"),
        ("bcdedit.exe", "bcdedit.exe /set {default} recoveryenabled no"),
        ("wbadmin.exe", "wbadmin.exe delete catalog -quiet"),
        ("wevtutil.exe", "wevtutil.exe cl Security"),
    ];
    for (program, command) in no_way_back {
        stage.wait(300, 2_000);
        stage.start(&locker, program, command);
    }
    let folders = ["Documents", "Desktop", "Pictures", "OneDrive - Northhaven\\Projects"];
    for n in 0..stage.random.between(190, 240) {
        let below = stage.random.word(&folders);
        let folder = format!("C:\\Users\\{}\\{below}", device.user.name);
        let kind = stage.random.word(&["docx", "xlsx", "pptx", "pdf", "jpg"]);
        let name = format!("{}-{n}.{kind}", stage.random.letters(6));
        stage.rename(&locker, &folder, &name, &format!("{name}.{ending}"));
        stage.wait(40, 320);
    }
    for below in folders {
        let note = format!("C:\\Users\\{}\\{below}\\READ_ME_{}.txt", device.user.name, ending.to_uppercase());
        stage.create(&locker, &note, None);
        stage.wait(40, 200);
    }
    stage.key("Ending", ending);
    stage.key("Program", path.to_lowercase());
}
