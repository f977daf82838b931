//! What may be read.
//!
//! In: an address. Out: yes, or a refusal that says how to allow it. Files of this machine may always be read, cached copies
//! too; hosts only where they are listed, or the whole network is allowed for the run.

use super::Refusal;
use crate::catalog::Address;
use crate::diagnostic::Code;
use reqwest::Url;
use std::path::PathBuf;

/// What may be read from the network; nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Every host may be asked.
    pub network: bool,
    /// Hosts that may be asked: `feeds.example.com`, or `*.example.com` for every host below it.
    pub allow: Vec<String>,
    /// `http://`, which anybody on the way can change, is allowed like `https://`.
    pub insecure: bool,
}

impl Policy {
    /// Whether every entry of `allow` names a host.
    ///
    /// # Errors
    /// The first one that no host can match: an address, a port, a lone `*`.
    pub fn check(&self) -> Result<(), Refusal> {
        let is_host = |pattern: &str| {
            let host = pattern.trim().trim_end_matches('.');
            let host = host.strip_prefix("*.").unwrap_or(host);
            let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
            address || (!host.is_empty() && !host.contains(|c: char| c.is_whitespace() || "/:*?@".contains(c)))
        };
        match self.allow.iter().find(|pattern| !is_host(pattern)) {
            None => Ok(()),
            Some(pattern) => {
                let message = format!("`allow` below `[external]` takes hosts, not `{pattern}`");
                let help = "write `feeds.example.com`, or `*.example.com` for every host below it; \
                            `--allow-network` allows all hosts for a run";
                Err(Refusal::new(Code::BadConfig, message).with_help(help))
            }
        }
    }

    /// Whether an address may be fetched.
    ///
    /// # Errors
    /// The refusal, with how to allow it.
    pub fn judge(&self, address: &Address) -> Result<(), Refusal> {
        let url = Url::parse(address.place()).map_err(|e| {
            Refusal::new(Code::WrongValue, format!("`{address}` is no address: {}", e.to_string().to_lowercase()))
        })?;
        self.judge_url(&url, address)?;
        if address.has_options() {
            let message = format!("signing in to the storage of `{address}` is not built");
            return Err(Refusal::new(Code::NotAllowed, message).with_help(format!(
                "leave out what follows `;` where a signature (SAS) or nothing is needed, or {}",
                add_help(address)
            )));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let message = format!("a user name or password in the address of `{address}` is not sent");
            return Err(Refusal::new(Code::NotAllowed, message).with_help(add_help(address)));
        }
        Ok(())
    }

    /// Whether a URL may be asked: the address itself, or where it was redirected to.
    pub(super) fn judge_url(&self, url: &Url, address: &Address) -> Result<(), Refusal> {
        let host = url.host_str().unwrap_or_default();
        let refuse = |message: String| Refusal::new(Code::NotAllowed, message);
        match url.scheme() {
            "https" => {}
            "http" if self.insecure => {}
            "http" => {
                let message = format!("`http://{host}` is not read: anybody on the way could change the answer");
                return Err(refuse(message).with_help(format!(
                    "use `https://`, set `insecure = true` below `[external]`, or {}",
                    add_help(address)
                )));
            }
            scheme => return Err(refuse(format!("`{address}` leads to `{scheme}://`, which is not fetched"))),
        }
        if self.network || self.allow.iter().any(|pattern| matches(pattern, host)) {
            return Ok(());
        }
        let of = if host_of(address) == Some(host.to_owned()) { String::new() } else { format!(" (from `{address}`)") };
        Err(refuse(format!("the host `{host}`{of} may not be asked")).with_help(format!(
            "allow it with `--allow-network`, or in huntline.toml: `[external] allow = [\"{host}\"]`, or {}",
            add_help(address)
        )))
    }
}

fn host_of(address: &Address) -> Option<String> {
    Some(Url::parse(address.place()).ok()?.host_str()?.to_owned())
}

/// How to go without the network.
pub(super) fn add_help(address: &Address) -> String {
    match address.shown() == address.identity() {
        true => format!("add a copy with `huntline cache add \"{address}\" FILE`"),
        false => "add a copy with `huntline cache add URL FILE`, the address as it is in the query".to_owned(),
    }
}

/// Whether a host is meant by a pattern. `*.example.com` means every host below `example.com`, not itself.
fn matches(pattern: &str, host: &str) -> bool {
    let pattern = pattern.trim().trim_end_matches('.').to_ascii_lowercase();
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    match pattern.strip_prefix("*.") {
        Some(domain) => {
            !domain.is_empty() && host.strip_suffix(domain).is_some_and(|left| left.len() > 1 && left.ends_with('.'))
        }
        None => !pattern.is_empty() && pattern == host,
    }
}

/// The path that a `file://` address means, on this machine only. `file://lists/a.txt` is relative to the working folder.
pub(super) fn file_path(address: &Address) -> Result<PathBuf, Refusal> {
    let text = address.place().get("file://".len()..).unwrap_or_default();
    let text = text.strip_prefix("localhost").filter(|rest| rest.starts_with('/')).unwrap_or(text);
    let path = percent_encoding::percent_decode_str(text).decode_utf8();
    let path = path.map_err(|_| Refusal::new(Code::WrongValue, format!("`{address}` is no path in UTF-8")))?;
    Ok(PathBuf::from(path.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_matched_whole() {
        assert!(matches("feeds.example.com", "Feeds.Example.com"));
        assert!(matches("*.example.com", "a.b.example.com"));
        for (pattern, host) in [
            ("*.example.com", "example.com"),
            ("*.example.com", "badexample.com"),
            ("example.com", "a.example.com"),
            ("example.com", "example.com.evil.test"),
            ("*", "example.com"),
            ("", ""),
            ("*.", "a."),
        ] {
            assert!(!matches(pattern, host), "{pattern} {host}");
        }
    }

    #[test]
    fn entries_that_match_no_host_are_told() {
        let check = |entry: &str| Policy { allow: vec![entry.to_owned()], ..Policy::default() }.check();
        for entry in ["https://a.example/", "a.example:443", "a.example/x", "*", "", "a b", "*.*.example"] {
            assert!(check(entry).is_err(), "{entry}");
        }
        for entry in ["a.example", "*.a.example", " localhost", "10.0.0.1", "[::1]", "a.example."] {
            assert_eq!(check(entry), Ok(()), "{entry}");
        }
    }

    #[test]
    fn refusals_say_how_to_allow() {
        let policy = Policy { allow: vec!["ok.example".to_owned()], ..Policy::default() };
        let judge = |text: &str| policy.judge(&Address::new(text));
        assert_eq!(judge("https://ok.example/list.txt"), Ok(()));
        let refusal = judge("https://no.example/list.txt?sig=s3cret").unwrap_err();
        let told = format!("{refusal:?}");
        assert!(told.contains("--allow-network") && told.contains("no.example") && !told.contains("s3cret"), "{told}");
        assert!(judge("http://ok.example/").unwrap_err().message.contains("http://"));
        assert!(judge("https://ok.example/x;a2V5").unwrap_err().message.contains("signing in"));
        assert!(judge("https://me:pw@ok.example/x").unwrap_err().message.contains("password"));
        assert!(judge("https://ok.example@evil.example/x").is_err());
        assert!(judge("https://").unwrap_err().message.contains("no address"));
    }

    #[test]
    fn file_addresses_are_paths() {
        let path = |text: &str| file_path(&Address::new(text)).unwrap();
        assert_eq!(path("file:///tmp/a%20b.txt"), PathBuf::from("/tmp/a b.txt"));
        assert_eq!(path("file://localhost/tmp/a"), PathBuf::from("/tmp/a"));
        assert_eq!(path("file://lists/a.txt"), PathBuf::from("lists/a.txt"));
    }
}
