//! Command lines, as the programs of a Windows network are started by people, services and the system.
//!
//! In: a program and chance. Out: text. None of them matches what the hunts in `samples` look for; near misses are meant.

use super::random::Random;
use super::world::{Account, Device};
use base64::Engine as _;
use std::sync::Arc;

/// A process that lives over the whole period.
pub struct Resident {
    /// Program
    pub program: &'static str,
    /// Command line
    pub command: String,
    /// Whose it is
    pub account: Arc<Account>,
    /// Whether it belongs to the person at the device
    pub of_person: bool,
}

/// The busiest service host.
const FIRST_SERVICE: (&str, &str, char) = ("netsvcs -p", "Schedule", 's');

/// Service hosts: group, service and account.
const SERVICES: [(&str, &str, char); 16] = [
    FIRST_SERVICE,
    ("NetworkService -p", "Dnscache", 'n'),
    ("netsvcs -p", "Winmgmt", 's'),
    ("utcsvc -p", "DiagTrack", 's'),
    ("netsvcs -p", "BITS", 's'),
    ("netsvcs -p", "wuauserv", 's'),
    ("NetworkService -p", "CryptSvc", 'n'),
    ("LocalServiceNetworkRestricted -p", "EventLog", 'l'),
    ("LocalService -p", "nsi", 'l'),
    ("DcomLaunch -p", "PlugPlay", 's'),
    ("netsvcs -p", "gpsvc", 's'),
    ("netsvcs -p", "UserManager", 's'),
    ("LocalServiceNoNetworkFirewall -p", "mpssvc", 'l'),
    ("termsvcs", "TermService", 'n'),
    ("NetworkService -p", "LanmanWorkstation", 'n'),
    ("LocalServiceNetworkRestricted -p", "Dhcp", 'l'),
];

/// The processes that live over the whole period, the busiest first.
pub fn residents(device: &Device) -> Vec<Resident> {
    let service = |n: usize| {
        let (group, name, account) = SERVICES.get(n).copied().unwrap_or(FIRST_SERVICE);
        let account = match account {
            'n' => &device.network_service,
            'l' => &device.local_service,
            _ => &device.system,
        };
        let command = format!("svchost.exe -k {group} -s {name}");
        Resident { program: "svchost.exe", command, account: account.clone(), of_person: false }
    };
    let of_system = |program: &'static str, command: &str| {
        let command = command.to_owned();
        Resident { program, command, account: device.system.clone(), of_person: false }
    };
    let mut list =
        vec![service(0), of_system("MsSense.exe", "\"MsSense.exe\""), of_system("MsMpEng.exe", "\"MsMpEng.exe\"")];
    list.extend((1..4).map(service));
    list.extend(of_person(device));
    list.extend((4..SERVICES.len()).map(service));
    list.extend([
        of_system("lsass.exe", "lsass.exe"),
        of_system("WmiPrvSE.exe", "wmiprvse.exe -secured -Embedding"),
        of_system("SearchIndexer.exe", "SearchIndexer.exe /Embedding"),
        of_system("spoolsv.exe", "spoolsv.exe"),
        of_system("NisSrv.exe", "\"NisSrv.exe\""),
        of_system("SenseCncProxy.exe", "\"SenseCncProxy.exe\" -server"),
        of_system("csrss.exe", "csrss.exe ObjectDirectory=\\Windows SharedSection=1024,20480,768 Windows=On"),
        of_system("winlogon.exe", "winlogon.exe"),
    ]);
    list
}

/// What the person at a workstation has open, or what a server serves with.
fn of_person(device: &Device) -> Vec<Resident> {
    let programs: &[(&str, &str)] = if device.is_server() {
        &[("explorer.exe", "Explorer.EXE")]
    } else {
        &[
            ("explorer.exe", "Explorer.EXE"),
            ("msedge.exe", "\"msedge.exe\" --no-startup-window --win-session-start"),
            ("chrome.exe", "\"chrome.exe\" "),
            ("OUTLOOK.EXE", "\"OUTLOOK.EXE\" "),
            ("ms-teams.exe", "\"ms-teams.exe\" msteams:system-initiated"),
            ("OneDrive.exe", "\"OneDrive.exe\" /background"),
            ("sihost.exe", "sihost.exe"),
            ("ctfmon.exe", "\"ctfmon.exe\""),
            ("Code.exe", "\"Code.exe\" "),
        ]
    };
    let people = programs.iter().map(|(program, command)| Resident {
        program,
        command: (*command).to_owned(),
        account: device.user.clone(),
        of_person: true,
    });
    let servers: &[(&str, &str)] = if device.is_server() {
        &[
            ("w3wp.exe", "w3wp.exe -ap \"portal\" -v \"v4.0\" -l \"webengine4.dll\" -a \\\\.\\pipe\\iisipm"),
            ("sqlservr.exe", "\"sqlservr.exe\" -sMSSQLSERVER"),
            ("dns.exe", "dns.exe"),
        ]
    } else {
        &[]
    };
    let servers = servers.iter().map(|(program, command)| Resident {
        program,
        command: (*command).to_owned(),
        account: device.network_service.clone(),
        of_person: false,
    });
    servers.chain(people).collect()
}

/// The command line of a program that starts now.
pub fn command(random: &mut Random, program: &str, device: &Device) -> String {
    let user = &device.user.name;
    match program.to_lowercase().as_str() {
        "conhost.exe" => "conhost.exe 0xffffffff -ForceV1".to_owned(),
        "svchost.exe" => {
            let (group, name, _) = random.pick(&SERVICES).copied().unwrap_or(FIRST_SERVICE);
            format!("svchost.exe -k {group} -s {name}")
        }
        "powershell.exe" => powershell(random),
        "cmd.exe" => shell(random, user),
        "chrome.exe" | "msedge.exe" | "msedgewebview2.exe" | "ms-teams.exe" | "slack.exe" | "code.exe" => {
            browser(random, program)
        }
        "winword.exe" => format!("\"WINWORD.EXE\" /n \"{}\" /o \"\"", document(random, user, "docx")),
        "excel.exe" => format!("\"EXCEL.EXE\" \"{}\"", document(random, user, "xlsx")),
        "powerpnt.exe" => format!("\"POWERPNT.EXE\" \"{}\" /ou \"\"", document(random, user, "pptx")),
        "acrobat.exe" => format!("\"Acrobat.exe\" \"{}\"", document(random, user, "pdf")),
        "notepad.exe" => format!("\"notepad.exe\" {}", document(random, user, "txt")),
        "git.exe" => git(random),
        "python.exe" => format!(
            "python.exe -m {} --workers {}",
            random.word(&["pytest", "pip list", "http.server 8080", "black ."]),
            random.below(9)
        ),
        "node.exe" => format!(
            "node.exe ./node_modules/.bin/{} --port {}",
            random.word(&["vite", "eslint", "tsc", "jest"]),
            random.between(3000, 9999)
        ),
        "rundll32.exe" => rundll32(random),
        "taskhostw.exe" => random
            .word(&[
                "taskhostw.exe",
                "taskhostw.exe Install $(Arg0)",
                "taskhostw.exe KEYROAMING",
                "taskhostw.exe SYSTEM",
            ])
            .to_owned(),
        "dllhost.exe" => format!(
            "DllHost.exe /Processid:{{{}}}",
            random.word(&[
                "3AD05575-8857-4850-9277-11B85BDB8E09",
                "AB8902B4-09CA-4BB6-B78D-A8F59079A8D5",
                "973D20D7-562D-44B9-B70B-5A0F49CCDF3F"
            ])
        ),
        "backgroundtaskhost.exe" => {
            format!("\"backgroundTaskHost.exe\" -ServerName:App.AppX{}.mca", random.letters(26))
        }
        "searchprotocolhost.exe" => format!(
            "\"SearchProtocolHost.exe\" Global\\UsGthrFltPipeMssGthrPipe{0}_ Global\\UsGthrCtrlFltPipeMssGthrPipe{0} 1 -2147483646",
            random.below(900)
        ),
        "werfault.exe" => {
            format!("WerFault.exe -u -p {} -s {}", random.between(200, 6000) * 4, random.between(200, 900) * 4)
        }
        "mpcmdrun.exe" => random
            .word(&[
                "\"MpCmdRun.exe\" SignatureUpdate -ScheduleJob -RestrictPrivileges",
                "\"MpCmdRun.exe\" GetDeviceTicket",
                "\"MpCmdRun.exe\" IdleTask -TaskName WdCacheMaintenance",
            ])
            .to_owned(),
        "senseir.exe" => format!(
            "\"SenseIR.exe\" \"OfflineSenseIR\" \"{}\" \"{}\"",
            random.between(2000, 9000),
            base64_of(&format!("{{\"CommandId\":\"{}\"}}", random.guid()))
        ),
        _ => tool(random, program, device),
    }
}

/// Administration tools with a handful of usual forms, and everything else.
fn tool(random: &mut Random, program: &str, device: &Device) -> String {
    let forms: &[&str] = match program.to_lowercase().as_str() {
        "net.exe" => &["net use", "net.exe start", "net view", "net  localgroup administrators"],
        "whoami.exe" => &["whoami.exe", "whoami.exe /upn"],
        "ipconfig.exe" => &["ipconfig.exe /all", "ipconfig /flushdns"],
        "tasklist.exe" => &["tasklist.exe /svc", "tasklist  /fi \"imagename eq ms-teams.exe\""],
        "reg.exe" => &[
            "reg.exe query \"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\" /v ProductName",
            "reg query HKCU\\Software\\Microsoft\\Office\\16.0\\Common\\Identity",
        ],
        "sc.exe" => &["sc.exe query wuauserv", "sc.exe start w32time task_started", "sc.exe qc Spooler"],
        "schtasks.exe" => &[
            "schtasks.exe /query /fo csv /v",
            "schtasks.exe /run /tn \"\\Microsoft\\Windows\\UpdateOrchestrator\\Schedule Scan\"",
        ],
        "gpupdate.exe" => &["gpupdate.exe /target:computer", "gpupdate /force"],
        "certutil.exe" => {
            &["certutil.exe -verifystore My", "certutil -hashfile setup.msi SHA256", "certutil.exe -pulse"]
        }
        "bitsadmin.exe" => &["bitsadmin.exe /list /allusers", "bitsadmin /util /version"],
        "vssadmin.exe" => &["vssadmin.exe list shadows", "vssadmin  list writers"],
        "bcdedit.exe" => &["bcdedit.exe /enum"],
        "wevtutil.exe" => &["wevtutil.exe qe System /c:20 /f:text", "wevtutil.exe gl Security"],
        "nltest.exe" => &["nltest.exe /sc_query:northhaven"],
        "mshta.exe" => &["\"mshta.exe\" \"C:\\Program Files\\Report Portal\\welcome.hta\""],
        "regsvr32.exe" => &[
            "regsvr32.exe /s \"C:\\Program Files\\7-Zip\\7-zip.dll\"",
            "regsvr32 /s /n /i:user \"C:\\Windows\\System32\\shdocvw.dll\"",
        ],
        "msiexec.exe" => &[
            "C:\\Windows\\system32\\msiexec.exe /V",
            "msiexec.exe /i \"C:\\Windows\\ccmcache\\4k\\agent.msi\" /qn /norestart",
        ],
        "ping.exe" => &["ping  -n 3 10.40.0.5", "ping.exe dc-01.northhaven.example"],
        "findstr.exe" => &["findstr.exe /i error", "findstr  /v REM"],
        "wmiprvse.exe" => &["wmiprvse.exe -secured -Embedding", "wmiprvse.exe -Embedding"],
        "runtimebroker.exe" => &["RuntimeBroker.exe -Embedding"],
        "mstsc.exe" => &["\"mstsc.exe\" /v:app-01.northhaven.example"],
        _ => &[],
    };
    if !forms.is_empty() {
        return random.word(forms).to_owned();
    }
    match random.below(5) {
        0 => format!("\"{program}\""),
        1 => format!("\"{program}\" /service /id:{}", random.below(900)),
        2 => format!("\"{program}\" --session {} --user {}", random.guid(), device.user.name),
        3 => format!(
            "\"{program}\" --config \"C:\\ProgramData\\{}\\settings{}.json\" --quiet",
            random.letters(6),
            random.below(40)
        ),
        _ => long_tail(random, program),
    }
}

fn document(random: &mut Random, user: &str, kind: &str) -> String {
    let place = random.word(&["Documents", "Desktop", "Downloads", "OneDrive - Northhaven\\Projects"]);
    let what = random.word(&["offer", "minutes", "budget", "plan", "contract", "report", "invoice", "slides"]);
    format!("C:\\Users\\{user}\\{place}\\{what}-{}-{}.{kind}", random.letters(4), random.below(90))
}

fn powershell(random: &mut Random) -> String {
    match random.below(10) {
        0 => {
            let script = format!(
                "Get-Service -Name {} | Select-Object Status",
                random.word(&["Sense", "WinDefend", "wuauserv"])
            );
            format!("powershell.exe -NoProfile -NonInteractive -EncodedCommand {}", base64_of_utf16(&script))
        }
        1..=5 => format!(
            "powershell.exe -ExecutionPolicy AllSigned -NoProfile -NonInteractive -Command \"& {{$OutputEncoding = [Console]::OutputEncoding =[System.Text.Encoding]::UTF8;$scriptFileStream = [System.IO.File]::Open('C:\\ProgramData\\Microsoft\\Windows Defender Advanced Threat Protection\\DataCollection\\{}\\{}.ps1', [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read, [System.IO.FileShare]::Read);}}\"",
            random.between(7000, 9999),
            random.guid()
        ),
        6 | 7 => format!(
            "powershell.exe -ExecutionPolicy Bypass -File \"C:\\Program Files (x86)\\Microsoft Intune Management Extension\\Content\\DetectionScripts\\{}_1.ps1\"",
            random.guid()
        ),
        _ => format!(
            "powershell.exe -Command \"Get-ItemProperty 'HKLM:\\SOFTWARE\\{}' | ConvertTo-Json\"",
            random.letters(8)
        ),
    }
}

fn shell(random: &mut Random, user: &str) -> String {
    match random.below(4) {
        0 => "\"cmd.exe\" ".to_owned(),
        1 => "cmd.exe /c ver".to_owned(),
        2 => format!(
            "C:\\Windows\\system32\\cmd.exe /c \"\"C:\\Users\\{user}\\AppData\\Local\\Temp\\{}\\run{}.cmd\" \"",
            random.letters(8),
            random.below(100)
        ),
        _ => format!("\"cmd.exe\" /d /s /c \"git log -n {} --format=%H\"", random.below(50)),
    }
}

fn browser(random: &mut Random, program: &str) -> String {
    let kind = random.word(&[
        "renderer",
        "utility --utility-sub-type=network.mojom.NetworkService",
        "gpu-process",
        "renderer",
    ]);
    format!(
        "\"{program}\" --type={kind} --lang=en-GB --device-scale-factor=1.25 --num-raster-threads=4 --renderer-client-id={} --time-ticks-at-unix-epoch=-1790{:012} --launch-time-ticks={} --field-trial-handle=2020,i,{},{},262144 --variations-seed-version --mojo-platform-channel-handle={} /prefetch:1",
        random.below(4000),
        random.below(999_999_999_999),
        random.below(99_999_999_999),
        random.below(1 << 40),
        random.below(1 << 40),
        random.below(9000)
    )
}

fn git(random: &mut Random) -> String {
    match random.below(3) {
        0 => "git.exe status -z -uall".to_owned(),
        1 => format!("git.exe show --textconv :src/{}.ts", random.letters(8)),
        _ => format!("git.exe rev-parse {}", random.hex(40)),
    }
}

fn rundll32(random: &mut Random) -> String {
    match random.below(3) {
        0 => "rundll32.exe C:\\Windows\\System32\\shell32.dll,SHCreateLocalServerRunDll {9BA05972-F6A8-11CF-A442-00A0C90A8F39} -Embedding".to_owned(),
        1 => "rundll32.exe Windows.StateRepositoryClient.dll,StateRepositoryDoMaintenanceTasks".to_owned(),
        _ => format!("rundll32.exe C:\\Windows\\System32\\Startupscan.dll,SusRunTask {}", random.below(20)),
    }
}

/// Long command lines, as class paths are.
fn long_tail(random: &mut Random, program: &str) -> String {
    let mut text = format!("\"{program}\" -Xmx{}m -cp ", random.between(2, 16) * 256);
    for _ in 0..random.between(3, 16) {
        text.push_str(&format!(
            "C:\\Program Files\\App\\lib\\{}-{}.{}.jar;",
            random.letters(9),
            random.below(9),
            random.below(30)
        ));
    }
    text
}

/// Base64 of a text.
pub fn base64_of(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Base64 of a text in UTF-16, as PowerShell's `-EncodedCommand` wants it.
pub fn base64_of_utf16(text: &str) -> String {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
