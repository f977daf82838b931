//! What stays as it is over the whole period: the company, its devices and accounts.
//!
//! In: the number of devices and the seed. Out: [`World`]. One device in ten is a server; all run Windows.

use super::Text;
use super::image::{Hashes, Images};
use super::random::Random;
use std::sync::Arc;

/// The company's domain. `.example` names belong to nobody.
pub const DOMAIN: &str = "northhaven.example";
/// The tenant of the company.
pub const TENANT: &str = "4f1d7c52-6a0e-4b83-9c35-d2e8b1a07f64";

/// What a device is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A person works at it.
    Workstation,
    /// It serves, day and night.
    Server,
}

/// A build of Windows.
#[derive(Debug)]
pub struct Build {
    platform: &'static str,
    number: i64,
    revision: &'static str,
    info: &'static str,
}

const WORKSTATION_BUILDS: [Build; 2] = [
    Build { platform: "Windows11", number: 26100, revision: "4946", info: "24H2" },
    Build { platform: "Windows10", number: 19045, revision: "6216", info: "22H2" },
];
const SERVER_BUILDS: [Build; 2] = [
    Build { platform: "WindowsServer2022", number: 20348, revision: "4052", info: "21H2" },
    Build { platform: "WindowsServer2019", number: 17763, revision: "7678", info: "1809" },
];

impl Build {
    /// `Windows11`
    pub fn platform(&self) -> &'static str {
        self.platform
    }
    /// `26100`
    pub fn number(&self) -> i64 {
        self.number
    }
    /// `4946`
    pub fn revision(&self) -> &'static str {
        self.revision
    }
    /// `24H2`
    pub fn info(&self) -> &'static str {
        self.info
    }
    /// `10.0`
    pub fn version(&self) -> &'static str {
        "10.0"
    }
}

/// An account.
#[derive(Debug)]
pub struct Account {
    /// `nt authority`, the company's, or the device's own name
    pub domain: Text,
    /// Name
    pub name: Text,
    /// Security identifier
    pub sid: Text,
    /// Name in the directory; empty for accounts of the system
    pub upn: Text,
    /// Identifier in the directory; empty for accounts of the system
    pub object_id: Text,
    /// The number of the logon session
    pub logon_id: i64,
}

impl Account {
    fn of_system(name: &str, sid: &str, logon_id: i64) -> Arc<Account> {
        let (domain, none) = (Text::from("nt authority"), Text::from(""));
        let (name, sid) = (name.into(), sid.into());
        Arc::new(Account { domain, name, sid, upn: none.clone(), object_id: none, logon_id })
    }

    fn of_company(name: &str, number: u64, random: &mut Random) -> Arc<Account> {
        Arc::new(Account {
            domain: "northhaven".into(),
            name: name.into(),
            sid: format!("S-1-5-21-2718281828-314159265-1618033988-{}", 1100 + number).into(),
            upn: format!("{name}@{DOMAIN}").into(),
            object_id: random.guid().into(),
            logon_id: random.between(200_000, 900_000_000),
        })
    }

    /// Whether a person or a service of the company is behind it, not the system itself.
    pub fn is_of_company(&self) -> bool {
        !self.upn.is_empty()
    }
}

/// A device.
pub struct Device {
    /// Its place among all.
    pub index: u64,
    /// Forty hexadecimal digits
    pub id: Text,
    /// Full name in lower case
    pub name: Text,
    /// Short name
    pub host: Text,
    /// Role
    pub role: Role,
    /// Its group in Defender
    pub group: Text,
    /// What it runs
    pub build: &'static Build,
    /// The programs of its build
    pub images: Arc<Images>,
    /// Address in the company's network
    pub ip: Text,
    /// Address on the internet
    pub public_ip: Text,
    /// Router
    pub gateway: Text,
    /// Address of the network adapter
    pub mac: Text,
    /// Who works at it; on servers the administrator
    pub user: Arc<Account>,
    /// Account of the system
    pub system: Arc<Account>,
    /// Account of network services
    pub network_service: Arc<Account>,
    /// Account of local services
    pub local_service: Arc<Account>,
    /// Identifier in the directory
    pub directory_id: Text,
    /// Maker and model
    pub hardware: (&'static str, &'static str),
}

impl Device {
    /// Whether it is a server.
    pub fn is_server(&self) -> bool {
        self.role == Role::Server
    }
}

/// Everything that stays as it is.
pub struct World {
    /// The devices.
    pub devices: Vec<Arc<Device>>,
    /// The accounts of people.
    pub people: Vec<Arc<Account>>,
    /// Addresses on the internet with the names that lead there, the busiest first.
    pub sites: Vec<Site>,
}

/// A place on the internet.
pub struct Site {
    /// Address
    pub ip: Text,
    /// Name; empty where connections show the address alone
    pub host: Text,
}

const FIRST: [&str; 24] = [
    "amara", "bennet", "carla", "dario", "elin", "farid", "greta", "hakim", "ines", "jonas", "katja", "liam",
    "mireille", "nadia", "oskar", "priya", "quentin", "rosa", "samir", "tove", "ulrich", "vera", "wanda", "yusuf",
];
const LAST: [&str; 16] = [
    "aho", "brandt", "costa", "duval", "eriksen", "fischer", "gomez", "horvat", "ito", "jansen", "keller", "lund",
    "moreau", "novak", "okafor", "petrov",
];
const HARDWARE: [(&str, &str); 4] = [
    ("Dell Inc.", "Latitude 7450"),
    ("LENOVO", "ThinkPad T14 Gen 5"),
    ("HP", "EliteBook 845 G11"),
    ("Dell Inc.", "OptiPlex 7020"),
];

impl World {
    /// A company of that many devices.
    pub fn new(seed: u64, devices: u64) -> World {
        let mut random = Random::of(seed, &[1]);
        let people: Vec<_> = (0..devices.max(12)).map(|n| Account::of_company(&person(n), n, &mut random)).collect();
        let sites = sites(&mut random);
        let builds = [&WORKSTATION_BUILDS, &SERVER_BUILDS];
        let images = builds.map(|pair| {
            pair.each_ref().map(|b| Arc::new(Images::of_build(&format!("10.0.{}.{}", b.number, b.revision))))
        });
        let devices = (0..devices)
            .map(|index| {
                let role = if index % 10 == 9 { Role::Server } else { Role::Workstation };
                let [workstation, server] = &builds;
                let [for_work, for_serving] = &images;
                let (pair, images) = if role == Role::Server { (server, for_serving) } else { (workstation, for_work) };
                let newer = !random.per_mille(300);
                let ([first, second], [new, old]) = (pair, images);
                let (build, images) = if newer { (first, new) } else { (second, old) };
                let user = people
                    .get(index as usize)
                    .cloned()
                    .unwrap_or_else(|| Account::of_system("system", "S-1-5-18", 999));
                Arc::new(device(index, role, build, images.clone(), user, &mut random))
            })
            .collect();
        World { devices, people, sites }
    }
}

fn person(n: u64) -> String {
    let of = |names: &[&'static str], n: u64| names.get((n % names.len() as u64) as usize).copied().unwrap_or_default();
    let again = n / (FIRST.len() * LAST.len()) as u64;
    let number = if again > 0 { again.to_string() } else { String::new() };
    format!("{}.{}{number}", of(&FIRST, n), of(&LAST, n * 5 + n / 24))
}

fn device(
    index: u64,
    role: Role,
    build: &'static Build,
    images: Arc<Images>,
    user: Arc<Account>,
    random: &mut Random,
) -> Device {
    let host = match role {
        Role::Server => format!("{}-{:02}", random.word(&["app", "file", "sql", "web", "dc"]), index / 10 + 1),
        Role::Workstation => format!("{}-{}", random.word(&["lt", "pc", "lt"]), random.letters(6)),
    };
    let name = format!("{host}.{DOMAIN}");
    let site = index / 200 % 250;
    Device {
        index,
        id: Hashes::of(&format!("{name}|{index}")).sha1,
        name: name.into(),
        host: host.into(),
        role,
        group: if role == Role::Server { "Servers".into() } else { format!("Workstations {}", index % 3 + 1).into() },
        build,
        images,
        ip: format!("10.{}.{site}.{}", 40 + index / 50_000, 20 + index % 200).into(),
        public_ip: format!("192.0.2.{}", 10 + site % 200).into(),
        gateway: format!("10.{}.{site}.1", 40 + index / 50_000).into(),
        mac: format!("00155D{}", random.hex(6).to_uppercase()).into(),
        user,
        system: Account::of_system("system", "S-1-5-18", 999),
        network_service: Account::of_system("network service", "S-1-5-20", 996),
        local_service: Account::of_system("local service", "S-1-5-19", 997),
        directory_id: random.guid().into(),
        hardware: match role {
            Role::Server => ("VMware, Inc.", "VMware Virtual Platform"),
            Role::Workstation => random.pick(&HARDWARE).copied().unwrap_or_default(),
        },
    }
}

/// Names under invented domains, and the services that every device calls.
fn sites(random: &mut Random) -> Vec<Site> {
    const CALLED: [&str; 14] = [
        "eu-v20.events.data.microsoft.com",
        "winatp-gw-weu.microsoft.com",
        "outlook.office365.com",
        "login.microsoftonline.com",
        "ctldl.windowsupdate.com",
        "teams.microsoft.com",
        "fe3cr.delivery.mp.microsoft.com",
        "edge.microsoft.com",
        "northhaven.sharepoint.com",
        "graph.microsoft.com",
        "update.googleapis.com",
        "ocsp.digicert.com",
        "wdcp.microsoft.com",
        "settings-win.data.microsoft.com",
    ];
    const SYLLABLES: [&str; 20] = [
        "news", "shop", "cdn", "map", "pay", "book", "trip", "cook", "game", "wiki", "mail", "photo", "sport", "bank",
        "data", "cloud", "forum", "radio", "garden", "music",
    ];
    (0..1500)
        .map(|n| {
            let host = match CALLED.get(n) {
                Some(host) => (*host).to_owned(),
                None if n % 5 < 3 => String::new(),
                None => format!("{}{}{n}.example", random.word(&SYLLABLES), random.word(&SYLLABLES)),
            };
            let first = random.pick(&[13u8, 20, 23, 40, 52, 104, 142, 151]).copied().unwrap_or(20);
            let ip = format!("{first}.{}.{}.{}", random.below(254), random.below(254), 1 + random.below(253));
            Site { ip: ip.into(), host: host.into() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn devices_and_people_are_told_apart() {
        let world = World::new(3, 400);
        let distinct =
            |of: &dyn Fn(&Device) -> Text| world.devices.iter().map(|d| of(d)).collect::<BTreeSet<_>>().len();
        assert_eq!(distinct(&|d| d.id.clone()), 400);
        assert_eq!(distinct(&|d| d.ip.clone()), 400);
        assert_eq!(distinct(&|d| d.user.name.clone()), 400);
        assert_eq!(world.devices.iter().filter(|d| d.is_server()).count(), 40);
    }
}
