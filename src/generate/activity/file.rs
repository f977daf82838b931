//! Files that are made, changed, renamed and deleted.

use crate::generate::event::{Event, Facts, File, Table};
use crate::generate::host::Host;
use crate::generate::image::Hashes;

const ACTIONS: [(u32, &str); 4] =
    [(485, "FileCreated"), (375, "FileRenamed"), (125, "FileModified"), (15, "FileDeleted")];

/// Something happens to a file.
pub fn happen(host: &mut Host<'_>, time: i64) {
    let action = host.random.weighted(&ACTIONS).copied().unwrap_or("FileCreated");
    let by = host.actor();
    let (folder, name) = if by.account.is_of_company() { of_person(host) } else { of_system(host) };
    let previous = (action == "FileRenamed").then(|| {
        let before = format!("{}.tmp", host.random.letters(8));
        (folder.as_str().into(), before.into())
    });
    let hashed = host.random.per_mille(670);
    // Few contents are met often: the number of the content is the lower of two draws.
    let content = host.random.below(40_000).min(host.random.below(40_000));
    let hashes = hashed.then(|| Hashes::of(&format!("content {content}")));
    let size = hashes.as_ref().map(|h| (h.number % 9_000_000) as i64);
    let file = File { folder: folder.into(), name: name.into(), previous, hashes, size, origin: None };
    let fields = if host.random.per_mille(850) {
        r#"{"FileType":"Unknown"}"#
    } else {
        host.random.word(&[
            r#"{"FileType":"PortableExecutable"}"#,
            r#"{"FileType":"Zip"}"#,
            r#"{"FileType":"Pdf"}"#,
            r#"{"FileType":"OpenXmlDocument"}"#,
        ])
    };
    let event = Event {
        initiator: Some(by),
        facts: Facts::File(Box::new(file)),
        fields: fields.into(),
        ..host.event(Table::File, time, action)
    };
    host.report(event);
}

fn of_person(host: &mut Host<'_>) -> (String, String) {
    let user = host.device.user.name.clone();
    let random = &mut host.random;
    match random.below(6) {
        0 => (
            format!("C:\\Users\\{user}\\Downloads"),
            format!("{}.{}", random.letters(9), random.word(&["pdf", "zip", "xlsx", "png"])),
        ),
        1 => {
            let kind = random.word(&["docx", "xlsx", "pptx", "txt", "pdf"]);
            (
                format!("C:\\Users\\{user}\\OneDrive - Northhaven\\Projects"),
                format!("{}-{}.{kind}", random.word(&["plan", "offer", "notes"]), random.letters(5)),
            )
        }
        2 => (
            format!("C:\\Users\\{user}\\AppData\\Local\\Microsoft\\Edge\\User Data\\Default\\Cache\\Cache_Data"),
            format!("f_{}", random.hex(6)),
        ),
        3 => (
            format!("C:\\Users\\{user}\\AppData\\Roaming\\Microsoft\\Windows\\Recent"),
            format!("{}.lnk", random.letters(8)),
        ),
        4 => (format!("C:\\Users\\{user}\\source\\portal\\node_modules\\{}", random.letters(6)), "index.js".to_owned()),
        _ => (
            format!("C:\\Users\\{user}\\AppData\\Local\\Temp"),
            format!("{}.{}", random.guid(), random.word(&["tmp", "log", "dat"])),
        ),
    }
}

fn of_system(host: &mut Host<'_>) -> (String, String) {
    let random = &mut host.random;
    match random.below(6) {
        0 => (
            "C:\\Windows\\Prefetch".to_owned(),
            format!("{}.EXE-{}.pf", random.letters(8).to_uppercase(), random.hex(8).to_uppercase()),
        ),
        1 => (
            format!("C:\\Windows\\SoftwareDistribution\\Download\\{}", random.hex(32)),
            format!("{}.cab", random.letters(8)),
        ),
        2 => (
            format!(
                "C:\\ProgramData\\Microsoft\\Windows Defender Advanced Threat Protection\\DataCollection\\{}",
                random.between(7000, 9999)
            ),
            format!("{}.ps1", random.guid()),
        ),
        3 => ("C:\\Windows\\Temp".to_owned(), format!("{}.tmp", random.guid())),
        4 => (format!("C:\\Windows\\WinSxS\\Temp\\InFlight\\{}", random.hex(24)), format!("{}.dll", random.letters(9))),
        _ => ("C:\\Windows\\System32\\LogFiles\\WMI".to_owned(), format!("trace{}.etl", random.below(900))),
    }
}
