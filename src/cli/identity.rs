//! Who asks the services: from `[sync.auth]` and the environment to an identity.
//!
//! In: the configuration. Out: an identity of the connector's. Secrets come from the environment or from a file that only its
//! owner can read, never from an argument; no message tells one.

use super::context::Failure;
use crate::config::{AuthConfig, AuthMethod};
use crate::connector::{Identity, Secret};
use crate::diagnostic::{Code, Diagnostic};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The environment variables that may hold the app's secret, the first one first.
const SECRET: [&str; 2] = ["HUNTLINE_CLIENT_SECRET", "AZURE_CLIENT_SECRET"];
/// Where Kubernetes says that the workload's token is.
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
/// Bytes that a file with a secret or a certificate has at most.
const MAX_FILE: u64 = 1 << 20;
/// How a `.pfx` file becomes a PEM file.
const CONVERT: &str =
    "make a PEM file of it: `openssl pkcs12 -in app.pfx -out app.pem -nodes`, then `chmod 600 app.pem`";

/// The identity of a configuration.
///
/// # Errors
/// When something that the method needs is not set, or a file is not as it must be.
pub fn identity(auth: &AuthConfig) -> Result<Identity, Failure> {
    let client = || auth.client_id.clone().ok_or_else(|| bad("`sync.auth.client_id` is not set".to_owned()));
    Ok(match auth.method {
        AuthMethod::AzureCli => Identity::AzureCli,
        AuthMethod::DeveloperTools => Identity::DeveloperTools,
        AuthMethod::ManagedIdentity => Identity::ManagedIdentity { client: auth.client_id.clone() },
        AuthMethod::WorkloadIdentity => {
            let token_file = std::env::var_os(TOKEN_FILE).map(PathBuf::from);
            let token_file = token_file.ok_or_else(|| bad(format!("{TOKEN_FILE} is not set")))?;
            Identity::WorkloadIdentity { client: client()?, token_file }
        }
        AuthMethod::ClientSecret => Identity::ClientSecret { client: client()?, secret: secret(auth)? },
        AuthMethod::ClientCertificate => Identity::ClientCertificate { client: client()?, pem: certificate(auth)? },
    })
}

/// The app's secret: from its file, else from the environment.
fn secret(auth: &AuthConfig) -> Result<Secret, Failure> {
    if let Some(path) = &auth.secret_file {
        let text = String::from_utf8(private(path, "secret_file")?)
            .map_err(|_| bad(format!("{} is no text", named("secret_file"))))?;
        return match text.trim() {
            "" => Err(bad(format!("{} is empty", named("secret_file")))),
            text => Ok(Secret::new(text)),
        };
    }
    let found = SECRET.iter().find_map(|name| std::env::var(name).ok().filter(|s| !s.is_empty()));
    found.map(Secret::new).ok_or_else(|| {
        let [ours, azures] = SECRET;
        bad(format!("neither `sync.auth.secret_file` nor {ours} nor {azures} is set"))
    })
}

/// The app's certificate and its key, as PEM.
fn certificate(auth: &AuthConfig) -> Result<Secret, Failure> {
    let path = auth.certificate.as_ref().ok_or_else(|| bad("`sync.auth.certificate` is not set".to_owned()))?;
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    let pfx = || {
        let message = format!("{} is a `.pfx` file, which is not read", named("certificate"));
        Failure::from(Diagnostic::general(Code::BadConfig, message).with_help(CONVERT))
    };
    if extension == "pfx" || extension == "p12" {
        return Err(pfx());
    }
    let bytes = private(path, "certificate")?;
    // A `.pfx` under another name is DER, which begins so and is no text.
    String::from_utf8(bytes).map(Secret::new).map_err(|e| match e.as_bytes().first() {
        Some(0x30) => pfx(),
        _ => bad(format!("{} is no PEM file", named("certificate"))),
    })
}

/// The contents of a file that only this user can read.
fn private(path: &Path, setting: &str) -> Result<Vec<u8>, Failure> {
    let told = |what: String| bad(format!("{}: {what}", named(setting)));
    // The path is not told while there is no such file: somebody may have put the secret itself there.
    let file = File::open(path).map_err(|e| match e.kind() {
        ErrorKind::NotFound => told("there is no such file; the setting takes a path".to_owned()),
        kind => told(format!("it cannot be read: {kind}")),
    })?;
    owned_and_closed(&file, path).map_err(told)?;
    let mut bytes = vec![];
    let read = file.take(MAX_FILE + 1).read_to_end(&mut bytes);
    read.map_err(|e| told(format!("it cannot be read: {}", e.kind())))?;
    match bytes.len() as u64 > MAX_FILE {
        true => Err(told(format!("it is larger than {MAX_FILE} bytes"))),
        false => Ok(bytes),
    }
}

/// Looks at the open file itself, so that nobody can exchange it in between.
#[cfg(unix)]
fn owned_and_closed(file: &File, path: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let metadata = |file: &File| file.metadata().map_err(|e| format!("it cannot be looked at: {}", e.kind()));
    let found = metadata(file)?;
    if !found.is_file() {
        return Err(format!("`{}` is no file", path.display()));
    }
    if found.mode() & 0o077 != 0 {
        return Err(format!("`{0}` can be read by others: `chmod 600 {0}`", path.display()));
    }
    // A file that was made just now belongs to whoever runs this.
    let own = tempfile::tempfile().map_err(|e| format!("a temporary file cannot be made: {}", e.kind()))?;
    match metadata(&own)?.uid() == found.uid() {
        true => Ok(()),
        false => Err(format!("`{0}` belongs to somebody else: copy it, then `chmod 600` the copy", path.display())),
    }
}

/// Elsewhere the system has no such permissions; the folder's own keep others out.
#[cfg(not(unix))]
fn owned_and_closed(_: &File, _: &Path) -> Result<(), String> {
    Ok(())
}

fn named(setting: &str) -> String {
    format!("the file of `sync.auth.{setting}`")
}

fn bad(message: String) -> Failure {
    Diagnostic::general(Code::BadConfig, message).into()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn config(method: AuthMethod, path: &Path) -> AuthConfig {
        let path = Some(path.to_owned());
        AuthConfig {
            method,
            client_id: Some("app".to_owned()),
            secret_file: path.clone(),
            certificate: path,
            ..AuthConfig::default()
        }
    }

    fn fault(method: AuthMethod, path: &Path) -> String {
        let failure = identity(&config(method, path)).unwrap_err();
        format!("{:?}", failure.diagnostics)
    }

    #[test]
    fn a_secret_comes_from_a_file_that_nobody_else_reads() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "open sesame\n").unwrap();
        let allow = |mode| std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        allow(0o600);
        let found = identity(&config(AuthMethod::ClientSecret, file.path())).unwrap();
        assert!(found == Identity::ClientSecret { client: "app".to_owned(), secret: Secret::new("open sesame") });
        for mode in [0o640, 0o604, 0o620] {
            allow(mode);
            for method in [AuthMethod::ClientSecret, AuthMethod::ClientCertificate] {
                assert!(fault(method, file.path()).contains("chmod 600"), "{mode:o}");
            }
        }
        assert!(fault(AuthMethod::ClientSecret, Path::new("/")).contains("is no file"));
    }

    #[test]
    fn a_secret_in_place_of_a_path_is_not_told() {
        for method in [AuthMethod::ClientSecret, AuthMethod::ClientCertificate] {
            let told = fault(method, Path::new("q8Q~planted"));
            assert!(told.contains("no such file") && !told.contains("planted"), "{told}");
        }
    }

    #[test]
    fn a_pfx_is_refused_with_the_command_that_makes_a_pem() {
        assert!(fault(AuthMethod::ClientCertificate, Path::new("app.PFX")).contains("openssl pkcs12"));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [0x30, 0x82, 0x0a, 0xff]).unwrap();
        assert!(fault(AuthMethod::ClientCertificate, file.path()).contains("openssl pkcs12"));
    }
}
