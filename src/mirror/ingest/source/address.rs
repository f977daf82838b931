//! Addresses of objects: the service, the container and what is asked for in it.
//!
//! In: `az://container/prefix`, `abfss://container@account.dfs.core.windows.net/prefix`, `s3://bucket/prefix`,
//! `gs://bucket/prefix`, `https://account.blob.core.windows.net/container/prefix`, `file:///path`. Out: their parts. What
//! follows a `?` of a signed address is a secret: it is in no name and no message.

use crate::diagnostic::{Code, Diagnostic};
use percent_encoding::percent_decode_str;
use std::fmt;
use std::path::PathBuf;

/// A service that keeps objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Azure Blob Storage.
    Azure,
    /// Amazon S3, and what speaks like it.
    S3,
    /// Google Cloud Storage.
    Google,
}

/// An address, taken apart.
#[derive(Clone, PartialEq)]
pub enum Address {
    /// A path on this machine.
    Local(PathBuf),
    /// Objects.
    Remote {
        /// Who keeps them.
        service: Service,
        /// The container, as an address.
        root: String,
        /// A name, the start of names, or a pattern; empty for all.
        key: String,
        /// The signature, a secret.
        query: Option<String>,
    },
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Local(path) => f.debug_tuple("Local").field(path).finish(),
            Address::Remote { root, key, .. } => write!(f, "Remote({root}/{key})"),
        }
    }
}

impl Address {
    /// Takes an address apart; none for a path.
    ///
    /// # Errors
    /// When nothing here reads addresses of that kind.
    pub fn parse(text: &str) -> Result<Option<Address>, Diagnostic> {
        let Some((scheme, rest)) = text.split_once("://") else { return Ok(None) };
        let scheme = scheme.to_ascii_lowercase();
        if scheme.is_empty() || !scheme.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Ok(None);
        }
        let (place, query) = match rest.split_once('?') {
            // In a pattern, `?` is any one character.
            Some((place, query)) if query.contains('=') => (place, Some(query.to_owned())),
            _ => (rest, None),
        };
        let (host, path) = place.split_once('/').unwrap_or((place, ""));
        let service = match scheme.as_str() {
            "file" if host.is_empty() || host == "localhost" => {
                return Ok(Some(Address::Local(PathBuf::from(format!("/{}", decoded(path))))));
            }
            "az" | "azure" | "adl" | "abfs" | "abfss" => Service::Azure,
            "s3" | "s3a" => Service::S3,
            "gs" => Service::Google,
            "https" if is_azure(host) => {
                let (container, key) = path.split_once('/').unwrap_or((path, ""));
                let root = format!("https://{host}/{container}");
                return remote(Service::Azure, root, container, decoded(key), query).map(Some);
            }
            _ => return Err(unknown(&scheme, host)),
        };
        let container = host.split('@').next().unwrap_or_default();
        remote(service, format!("{scheme}://{host}"), container, path.to_owned(), query).map(Some)
    }
}

fn remote(
    service: Service,
    root: String,
    container: &str,
    key: String,
    query: Option<String>,
) -> Result<Address, Diagnostic> {
    if container.is_empty() {
        return Err(Diagnostic::general(Code::Usage, format!("`{root}` names no container"))
            .with_help("write it like az://container/prefix"));
    }
    let root = match root.split_once(':') {
        // `user:password@host` is none of ours, and would be shown.
        Some((scheme, rest)) if rest.contains(':') && rest.contains('@') => {
            return Err(Diagnostic::general(Code::Usage, format!("a `{scheme}` address cannot hold a password"))
                .with_help("give keys by environment variables"));
        }
        _ => root,
    };
    Ok(Address::Remote { service, root, key: key.trim_start_matches('/').to_owned(), query })
}

fn decoded(path: &str) -> String {
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

fn is_azure(host: &str) -> bool {
    let ends =
        [".blob.core.windows.net", ".dfs.core.windows.net", ".blob.fabric.microsoft.com", ".dfs.fabric.microsoft.com"];
    ends.iter().any(|end| host.to_ascii_lowercase().ends_with(end))
}

fn unknown(scheme: &str, host: &str) -> Diagnostic {
    let host = host.rsplit('@').next().unwrap_or_default();
    Diagnostic::general(Code::Usage, format!("addresses like `{scheme}://{host}` cannot be imported"))
        .with_help("az://, abfss://, s3://, gs://, file:// and https://ACCOUNT.blob.core.windows.net/ can")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Service, String, String, Option<String>) {
        match Address::parse(text).unwrap().unwrap() {
            Address::Remote { service, root, key, query } => (service, root, key, query),
            Address::Local(path) => panic!("{path:?}"),
        }
    }

    #[test]
    fn addresses_are_taken_apart() {
        let (service, root, key, _) = parts("az://logs/tenantId=1/y=2026");
        assert_eq!((service, root.as_str(), key.as_str()), (Service::Azure, "az://logs", "tenantId=1/y=2026"));
        let (_, root, key, _) = parts("abfss://logs@acc.dfs.core.windows.net/a");
        assert_eq!((root.as_str(), key.as_str()), ("abfss://logs@acc.dfs.core.windows.net", "a"));
        let (_, root, key, query) = parts("https://acc.blob.core.windows.net/logs/a%20b?sv=1&sig=secret");
        assert_eq!((root.as_str(), key.as_str()), ("https://acc.blob.core.windows.net/logs", "a b"));
        assert_eq!(query.as_deref(), Some("sv=1&sig=secret"));
        assert_eq!(parts("s3://bucket").2, "");
        assert_eq!(parts("gs://bucket/h=?").2, "h=?");
        assert_eq!(Address::parse("file:///a%20b/c").unwrap(), Some(Address::Local("/a b/c".into())));
        assert_eq!(Address::parse("a/b.json").unwrap(), None);
    }

    #[test]
    fn what_is_not_read_is_refused_without_its_secrets() {
        for text in ["https://example.com/x?sig=secret", "ftp://me:secret@host/x", "az://me:secret@host/x", "az:///x"] {
            let error = Address::parse(text).unwrap_err();
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
        let signed = Address::parse("https://a.blob.core.windows.net/c/k?sig=secret").unwrap();
        assert!(!format!("{signed:?}").contains("secret"));
    }
}
