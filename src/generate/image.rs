//! Programs: what a file on disk is called, where it lies, what its hashes and version resource say.
//!
//! In: `images.txt` and the build of Windows. Out: [`Image`]s, shared by all devices of a build. The same program has the
//! same hashes on every device and for every seed.

use super::Text;
use std::collections::BTreeMap;
use std::sync::Arc;
use xxhash_rust::xxh64::xxh64;

/// A program, or a library that programs load.
#[derive(Debug)]
pub struct Image {
    /// File name, as its maker writes it.
    pub name: Text,
    /// Full path.
    pub path: Text,
    /// Full path in lower case, as initiating processes are recorded.
    pub lower_path: Text,
    /// Hashes of the content.
    pub hashes: Hashes,
    /// Bytes.
    pub size: i64,
    /// The version resource.
    pub version: VersionInfo,
    /// Who signed it: `OsVendor`, `Signed...`, or nobody.
    pub signer: &'static str,
    /// Whether it is the kind of program that opens connections.
    pub talks: bool,
}

/// The hashes of a file.
#[derive(Clone, Debug)]
pub struct Hashes {
    /// SHA-1
    pub sha1: Text,
    /// SHA-256
    pub sha256: Text,
    /// MD5
    pub md5: Text,
    /// A number that goes with the content, for its size.
    pub number: u64,
}

/// What the version resource of a program says.
#[derive(Clone, Debug)]
pub struct VersionInfo {
    /// Company
    pub company: Text,
    /// Product
    pub product: Text,
    /// Version of the product
    pub version: Text,
    /// Internal name
    pub internal: Text,
    /// Original file name
    pub original: Text,
    /// Description
    pub description: Text,
}

impl Hashes {
    /// The hashes of a content that is known by a label: digits made from it, for no such content exists.
    pub fn of(label: &str) -> Hashes {
        let words: Vec<String> = (0..9).map(|n| format!("{:016x}", xxh64(label.as_bytes(), n))).collect();
        let digits = words.concat();
        let part = |from: usize, count: usize| Text::from(digits.get(from..from + count).unwrap_or_default());
        Hashes { sha1: part(0, 40), sha256: part(40, 64), md5: part(104, 32), number: xxh64(label.as_bytes(), 9) >> 16 }
    }
}

impl VersionInfo {
    /// No version resource.
    pub fn none() -> VersionInfo {
        let none = Text::from("");
        VersionInfo {
            company: none.clone(),
            product: none.clone(),
            version: none.clone(),
            internal: none.clone(),
            original: none.clone(),
            description: none,
        }
    }
}

impl Image {
    /// A program at a path, with the version resource given.
    pub fn new(path: &str, version: VersionInfo, signer: &'static str, talks: bool) -> Image {
        let name = path.rsplit('\\').next().unwrap_or(path);
        let hashes = Hashes::of(&format!("{}|{}|{}", version.original, version.version, name.to_lowercase()));
        Image {
            name: name.into(),
            path: path.into(),
            lower_path: path.to_lowercase().into(),
            size: (15_000 + hashes.number % 6_000_000) as i64 & !511,
            hashes,
            version,
            signer,
            talks,
        }
    }

    /// A program without version resource and signature, as people and intruders bring them.
    pub fn unsigned(path: &str) -> Image {
        Image::new(path, VersionInfo::none(), "", true)
    }
}

/// The programs of one build of Windows.
pub struct Images {
    by_name: BTreeMap<String, Arc<Image>>,
    /// Products of the trade, by rank: the first ones are on every device.
    pub products: Vec<Arc<Image>>,
    /// Libraries that programs load, by rank.
    pub libraries: Vec<Arc<Image>>,
}

const WORDS: [&str; 24] = [
    "Agent",
    "Asset",
    "Audio",
    "Backup",
    "Bridge",
    "Cache",
    "Client",
    "Cloud",
    "Data",
    "Graph",
    "Helper",
    "Index",
    "Media",
    "Monitor",
    "Patch",
    "Policy",
    "Portal",
    "Print",
    "Report",
    "Session",
    "Sync",
    "Update",
    "Video",
    "Workspace",
];
const MAKERS: [&str; 5] = ["Tailwind Software", "Fabrikam, Inc.", "Northwind Systems", "Wide World Tools GmbH", ""];

impl Images {
    /// The programs of a build (`10.0.22631.5768`).
    pub fn of_build(build: &str) -> Images {
        let listed =
            include_str!("images.txt").lines().filter(|l| !l.starts_with('#')).filter_map(|l| read_image(l, build));
        Images {
            by_name: listed.map(|image| (image.name.to_lowercase(), Arc::new(image))).collect(),
            products: (0..320).map(product).collect(),
            libraries: (0..900).map(|n| library(n, build)).collect(),
        }
    }

    /// The program of that name, in any case. A name that is not listed gives the program that hosts everything.
    pub fn named(&self, name: &str) -> Arc<Image> {
        let found = self.by_name.get(&name.to_lowercase()).or_else(|| self.by_name.get("svchost.exe"));
        found.cloned().unwrap_or_else(|| Arc::new(Image::unsigned(name)))
    }

    /// Whether that program is listed.
    #[cfg(test)]
    pub fn knows(&self, name: &str) -> bool {
        self.by_name.contains_key(&name.to_lowercase())
    }
}

/// `NAME | FOLDER | COMPANY | PRODUCT | DESCRIPTION | ORIGINAL NAME | VERSION`
fn read_image(line: &str, build: &str) -> Option<Image> {
    let mut parts = line.split(" | ");
    let mut next = || parts.next().map(str::trim);
    let (name, folder, company, product, description, original, version) =
        (next()?, next()?, next()?, next()?, next()?, next()?, next()?);
    let of_windows = |text: &str, windows: &str| Text::from(if text == "=" { windows } else { text });
    let talks = name.ends_with('*');
    let name = name.trim_end_matches('*');
    let version = VersionInfo {
        company: of_windows(company, "Microsoft Corporation"),
        product: of_windows(product, "Microsoft® Windows® Operating System"),
        version: if version == "os" { build } else { version }.into(),
        internal: original.trim_end_matches(".exe").into(),
        original: original.into(),
        description: description.into(),
    };
    let signer = if company == "=" { "OsVendor" } else { "SignedByKnownPublisher" };
    Some(Image::new(&format!("{folder}\\{name}"), version, signer, talks))
}

/// An invented product of the trade.
fn product(n: usize) -> Arc<Image> {
    let word = |k: usize| WORDS.get(k % WORDS.len()).copied().unwrap_or_default();
    let (first, second) = (word(n), word(n * 7 + n / 24 + 3));
    let folder = match n % 3 {
        0 => "C:\\Program Files",
        1 => "C:\\Program Files (x86)",
        _ => "C:\\ProgramData",
    };
    let name = format!("{first}{second}{}.exe", n / 24 * 8 + 32);
    let company = MAKERS.get(n % MAKERS.len()).copied().unwrap_or_default();
    let version = match company {
        "" => VersionInfo::none(),
        _ => VersionInfo {
            company: company.into(),
            product: format!("{first} {second}").into(),
            version: format!("{}.{}.{}", n % 9 + 1, n % 13, n * 37 % 4000).into(),
            internal: name.trim_end_matches(".exe").into(),
            original: name.as_str().into(),
            description: format!("{first} {second} Service").into(),
        },
    };
    let signer = if company.is_empty() { "" } else { "SignedByKnownPublisher" };
    Arc::new(Image::new(&format!("{folder}\\{first} {second}\\{name}"), version, signer, n.is_multiple_of(2)))
}

/// A library; the first ones are those that every program loads.
fn library(n: usize, build: &str) -> Arc<Image> {
    const COMMON: [&str; 20] = [
        "ntdll",
        "kernel32",
        "KernelBase",
        "user32",
        "gdi32",
        "advapi32",
        "msvcrt",
        "sechost",
        "rpcrt4",
        "combase",
        "ole32",
        "oleaut32",
        "shell32",
        "shlwapi",
        "ws2_32",
        "crypt32",
        "bcrypt",
        "wininet",
        "winhttp",
        "amsi",
    ];
    let word = |k: usize| WORDS.get(k % WORDS.len()).copied().unwrap_or_default();
    let path = match COMMON.get(n) {
        Some(name) => format!("C:\\Windows\\System32\\{name}.dll"),
        None if !n.is_multiple_of(4) => {
            format!("C:\\Windows\\System32\\{}{}{}.dll", word(n).to_lowercase(), word(n * 11).to_lowercase(), n)
        }
        None => format!("C:\\Program Files\\{} {}\\x64\\{}Core{n}.dll", word(n), word(n * 5 + 1), word(n * 3)),
    };
    let name = path.rsplit('\\').next().unwrap_or_default();
    let version = VersionInfo {
        company: "Microsoft Corporation".into(),
        product: "Microsoft® Windows® Operating System".into(),
        version: build.into(),
        internal: name.into(),
        original: name.into(),
        description: "".into(),
    };
    Arc::new(Image::new(&path, version, "OsVendor", false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_a_program() {
        let images = Images::of_build("10.0.1.1");
        let lines = include_str!("images.txt").lines().filter(|l| !l.starts_with('#')).count();
        assert_eq!(images.by_name.len(), lines);
        let word = images.named("winword.exe");
        assert_eq!(&*word.path, "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE");
        assert!(word.talks && images.named("CMD.exe").signer == "OsVendor");
    }

    #[test]
    fn builds_share_products_but_not_the_system() {
        let (a, b) = (Images::of_build("10.0.1.1"), Images::of_build("10.0.2.2"));
        assert_ne!(a.named("cmd.exe").hashes.sha1, b.named("cmd.exe").hashes.sha1);
        assert_eq!(a.products[3].hashes.sha256, b.products[3].hashes.sha256);
    }
}
