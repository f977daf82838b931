//! Processes that start: who starts what.

use crate::generate::command;
use crate::generate::event::{Integrity, Process};
use crate::generate::host::{Host, Start};
use crate::generate::image::Image;
use std::sync::Arc;

/// Who starts what, by weight. `console` stands for a program that needs a console window, `product` and `own` for programs
/// of the trade and for those that this device alone has.
const STARTS: [(u32, (&str, &str)); 62] = [
    (120, ("console", "conhost.exe")),
    (60, ("svchost.exe", "RuntimeBroker.exe")),
    (55, ("svchost.exe", "backgroundTaskHost.exe")),
    (45, ("svchost.exe", "dllhost.exe")),
    (40, ("svchost.exe", "WmiPrvSE.exe")),
    (45, ("svchost.exe", "taskhostw.exe")),
    (25, ("svchost.exe", "MoUsoCoreWorker.exe")),
    (14, ("svchost.exe", "CompatTelRunner.exe")),
    (10, ("svchost.exe", "GoogleUpdater.exe")),
    (10, ("svchost.exe", "rundll32.exe")),
    (6, ("svchost.exe", "schtasks.exe")),
    (4, ("svchost.exe", "sc.exe")),
    (3, ("svchost.exe", "certutil.exe")),
    (6, ("svchost.exe", "WerFault.exe")),
    (60, ("services.exe", "svchost.exe")),
    (6, ("services.exe", "TrustedInstaller.exe")),
    (6, ("services.exe", "msiexec.exe")),
    (8, ("services.exe", "OfficeClickToRun.exe")),
    (6, ("services.exe", "IntuneManagementExtension.exe")),
    (30, ("SearchIndexer.exe", "SearchProtocolHost.exe")),
    (20, ("SearchIndexer.exe", "SearchFilterHost.exe")),
    (30, ("MsMpEng.exe", "MpCmdRun.exe")),
    (14, ("MsSense.exe", "SenseIR.exe")),
    (24, ("SenseIR.exe", "powershell.exe")),
    (6, ("IntuneManagementExtension.exe", "powershell.exe")),
    (5, ("MsSense.exe", "SenseCncProxy.exe")),
    (50, ("chrome.exe", "chrome.exe")),
    (55, ("msedge.exe", "msedge.exe")),
    (20, ("ms-teams.exe", "msedgewebview2.exe")),
    (16, ("explorer.exe", "OUTLOOK.EXE")),
    (16, ("explorer.exe", "WINWORD.EXE")),
    (16, ("explorer.exe", "EXCEL.EXE")),
    (6, ("explorer.exe", "POWERPNT.EXE")),
    (10, ("OUTLOOK.EXE", "WINWORD.EXE")),
    (8, ("OUTLOOK.EXE", "Acrobat.exe")),
    (4, ("WINWORD.EXE", "splwow64.exe")),
    (12, ("explorer.exe", "notepad.exe")),
    (16, ("explorer.exe", "cmd.exe")),
    (10, ("explorer.exe", "powershell.exe")),
    (4, ("explorer.exe", "Zoom.exe")),
    (6, ("explorer.exe", "slack.exe")),
    (3, ("explorer.exe", "7zG.exe")),
    (2, ("explorer.exe", "mstsc.exe")),
    (1, ("explorer.exe", "mshta.exe")),
    (26, ("Code.exe", "git.exe")),
    (8, ("Code.exe", "cmd.exe")),
    (8, ("Code.exe", "node.exe")),
    (4, ("Code.exe", "python.exe")),
    (8, ("cmd.exe", "git.exe")),
    (4, ("cmd.exe", "PING.EXE")),
    (4, ("cmd.exe", "findstr.exe")),
    (4, ("cmd.exe", "net.exe")),
    (3, ("cmd.exe", "ipconfig.exe")),
    (3, ("cmd.exe", "tasklist.exe")),
    (3, ("cmd.exe", "reg.exe")),
    (2, ("cmd.exe", "whoami.exe")),
    (1, ("cmd.exe", "vssadmin.exe")),
    (1, ("cmd.exe", "bitsadmin.exe")),
    (4, ("svchost.exe", "gpupdate.exe")),
    (2, ("msiexec.exe", "regsvr32.exe")),
    (110, ("services.exe", "product")),
    (45, ("explorer.exe", "own")),
];

const CONSOLE: [&str; 9] = [
    "cmd.exe",
    "powershell.exe",
    "git.exe",
    "node.exe",
    "MpCmdRun.exe",
    "CompatTelRunner.exe",
    "schtasks.exe",
    "net.exe",
    "PING.EXE",
];

/// A process starts.
pub fn happen(host: &mut Host<'_>, time: i64) {
    let Some((parent, program)) = host.random.weighted(&STARTS).copied() else { return };
    let parent = if parent == "console" { host.random.word(&CONSOLE) } else { parent };
    let parent = host.running(parent);
    let image = image(host, program);
    let command = command::command(&mut host.random, &image.name, &host.device.clone());
    let account = parent.account.clone();
    let integrity = integrity(host, &parent);
    let process = host.start(time, Start { image, command, parent: &parent, account, integrity });
    host.keep(process);
}

fn image(host: &mut Host<'_>, program: &str) -> Arc<Image> {
    let images = host.device.images.clone();
    match program {
        // Low ranks are common to all devices: the lower of two draws.
        "product" => {
            let count = images.products.len() as u64;
            let rank = host.random.below(count).min(host.random.below(count)).min(host.random.below(count));
            images.products.get(rank as usize).cloned().unwrap_or_else(|| images.named("svchost.exe"))
        }
        "own" => host.random.pick(&host.own_images).cloned().unwrap_or_else(|| images.named("cmd.exe")),
        name => images.named(name),
    }
}

fn integrity(host: &mut Host<'_>, parent: &Process) -> Integrity {
    match parent.integrity {
        Integrity::System => Integrity::System,
        Integrity::Medium if host.random.per_mille(90) => Integrity::Low,
        Integrity::Medium if host.random.per_mille(50) => Integrity::High,
        of_parent => of_parent,
    }
}
