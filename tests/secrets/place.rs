//! A working folder, the program in it, and the search for what was planted.

use super::services::Services;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What every planted secret holds. Letters and digits only, so that no encoding but base64 changes it.
pub const WORD: &str = "kX7plantedQ9wZ24";
/// The key of the tests' certificate.
const KEY: &str = include_str!("../keys/throwaway-pkcs8.pem");

/// A line from the middle of the certificate's key.
pub fn key_line() -> &'static str {
    KEY.lines().nth(9).unwrap()
}

/// A certificate and its key, as PEM.
pub fn certificate() -> String {
    let key = rcgen::KeyPair::from_pem_and_sign_algo(KEY, &rcgen::PKCS_RSA_SHA256).unwrap();
    let certificate = rcgen::CertificateParams::new(vec![]).unwrap().self_signed(&key).unwrap();
    format!("{}{KEY}", certificate.pem())
}

/// The planted secret in a text, in the form in which it stands there.
pub fn found(text: &[u8]) -> Option<String> {
    let mut forms = vec![WORD.to_owned(), key_line().to_owned()];
    for shift in 0..3 {
        // What stands before moves the letters, and the neighbours have a part in the first and the last one.
        let bytes = [&b"\0\0"[..shift], WORD.as_bytes()].concat();
        let first = [0, 2, 3][shift];
        let whole = bytes.len() * 8 / 6;
        forms.push(STANDARD_NO_PAD.encode(&bytes)[first..whole].to_owned());
        forms.push(URL_SAFE_NO_PAD.encode(&bytes)[first..whole].to_owned());
    }
    forms.into_iter().find(|form| memchr::memmem::find(text, form.as_bytes()).is_some())
}

/// A working folder with a configuration for the services.
pub struct Place<'a> {
    folder: TempDir,
    services: &'a Services,
    /// Files that hold a secret because that is where it belongs.
    holders: RefCell<BTreeSet<PathBuf>>,
}

impl<'a> Place<'a> {
    pub fn new(services: &'a Services) -> Place<'a> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), services.authority()).unwrap();
        Place { folder, services, holders: RefCell::default() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file that may hold a secret, for its owner only.
    pub fn hold(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        self.holders.borrow_mut().insert(self.path(name));
    }

    /// The configuration, which ends in `[sync.auth]`.
    pub fn config(&self, auth: &str) -> String {
        config(self.services.plain_port(), self.services.entra_port(), auth)
    }

    /// Writes it.
    pub fn configure(&self, auth: &str) {
        std::fs::write(self.path("huntline.toml"), self.config(auth)).unwrap();
    }

    /// The same, with Microsoft Entra where nobody listens.
    pub fn configure_away(&self, auth: &str) {
        std::fs::write(self.path("huntline.toml"), config(self.services.plain_port(), 1, auth)).unwrap();
    }

    /// Runs the program, looks at all that it said and wrote, and gives what it said.
    pub fn run(&self, arguments: &[&str], environment: &[(&str, String)]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_huntline"));
        command.current_dir(self.folder.path()).args(arguments).env_clear();
        command.env("HOME", self.folder.path()).env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
        command.env("SSL_CERT_FILE", self.path("ca.pem")).env("NO_PROXY", "localhost,127.0.0.1");
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        let output = command.output().unwrap();
        for (stream, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            let text = String::from_utf8_lossy(bytes);
            assert!(found(bytes).is_none(), "{stream} of {arguments:?} tells {:?}:\n{text}", found(bytes));
            assert!(!text.contains("panicked at"), "{arguments:?}:\n{text}");
        }
        self.search(self.folder.path(), arguments);
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    fn search(&self, folder: &Path, arguments: &[&str]) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            assert!(found(name.as_bytes()).is_none(), "{arguments:?} named a file {name}");
            if path.is_dir() {
                self.search(&path, arguments);
            } else if !self.holders.borrow().contains(&path) {
                let form = found(&std::fs::read(&path).unwrap());
                assert!(form.is_none(), "{arguments:?} wrote {form:?} to {}", path.display());
            }
        }
    }
}

fn config(plain: u16, entra: u16, auth: &str) -> String {
    format!(
        "[sync]
graph_url = 'http://127.0.0.1:{plain}'
ledger = 'sync.db'
[sync.sentinel]
subscription = '00000000-0000-4000-8000-000000000000'
resource_group = 'group'
workspace = 'workspace'
workspace_id = '00000000-0000-4000-8000-000000000001'
url = 'http://127.0.0.1:{plain}'
log_analytics_url = 'http://127.0.0.1:{plain}'
[sync.auth]
tenant = '22222222-2222-4222-8222-222222222222'
client_id = '11111111-1111-4111-8111-111111111111'
authority_url = 'https://localhost:{entra}'
{auth}
"
    )
}
