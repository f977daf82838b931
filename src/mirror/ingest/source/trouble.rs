//! What services answer when they do not give an object, in plain words.
//!
//! In: an error of the library. Out: a diagnostic that says what to set. Services repeat signatures in their answers, so
//! their texts are not shown; of other texts, what might be a secret is masked.

use super::address::Service;
use crate::diagnostic::{Code, Diagnostic};
use object_store::Error;
use std::fmt;

const DENIED: &str = "the key is wrong, or who you are may not read it";
const UNKNOWN: &str = "the service does not know who you are";

/// Texts that must not be shown.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl Secrets {
    /// These texts, and the values in those that are signatures. What is short stands in other texts by chance.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all: Vec<String> = texts.into_iter().flat_map(|t| t.split('&').chain([t])).map(str::to_owned).collect();
        all.retain(|t| t.len() >= 6);
        all.sort_by_key(|t| std::cmp::Reverse(t.len()));
        Secrets(all)
    }

    /// A text without secrets and without what follows the `?` of an address.
    fn mask(&self, text: &str) -> String {
        let masked = self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"));
        let words = masked.split(' ').map(|word| match word.split_once('?') {
            Some((place, _)) if place.contains("://") => place,
            _ => word,
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

/// What is wrong, and what to do.
#[derive(Debug)]
pub struct Trouble {
    /// What is wrong, to follow `... cannot be read: `.
    pub what: String,
    help: Option<&'static str>,
}

impl Trouble {
    /// As a diagnostic about a name.
    pub fn into_diagnostic(self, name: &str) -> Diagnostic {
        let problem = Diagnostic::general(Code::CannotRead, format!("`{name}` cannot be read: {}", self.what));
        match self.help {
            Some(help) => problem.with_help(help),
            None => problem,
        }
    }
}

/// What an error of the library means for a name.
pub fn trouble(error: &Error, name: &str, service: Service, secrets: &Secrets) -> Trouble {
    let sign_in = Some(sign_in(service));
    let (what, help) = match error {
        Error::NotFound { .. } => {
            ("there is no such object or container".to_owned(), Some("names are told by their case"))
        }
        Error::PermissionDenied { .. } => (DENIED.to_owned(), sign_in),
        Error::Unauthenticated { .. } => (UNKNOWN.to_owned(), sign_in),
        Error::Precondition { .. } | Error::NotModified { .. } => ("it changed while it was read".to_owned(), None),
        Error::Generic { source, .. } => generic(&chain(source.as_ref()), service, secrets),
        _ => (format!("the service of `{name}` gave an answer that is not understood"), None),
    };
    Trouble { what, help }
}

/// The texts of an error and of what it comes from, from the outside in.
fn chain(error: &(dyn std::error::Error + 'static)) -> Vec<String> {
    std::iter::successors(Some(error), |e| e.source()).map(ToString::to_string).collect()
}

fn generic(texts: &[String], service: Service, secrets: &Secrets) -> (String, Option<&'static str>) {
    let sign_in = Some(sign_in(service));
    let any = |words: &[&str]| texts.iter().any(|t| words.iter().any(|w| t.contains(w)));
    if any(&["must be specified", "Missing"]) {
        let innermost = texts.last().map(|t| secrets.mask(t)).unwrap_or_default();
        return (innermost, sign_in);
    }
    let status = texts.iter().find_map(|t| status(t));
    if status.as_ref().is_some_and(|s| s.starts_with("403")) {
        return (DENIED.to_owned(), sign_in);
    }
    // Without keys, the library asks the machine it runs on who it is: only machines in a cloud know.
    let unknown = status.as_ref().is_some_and(|s| s.starts_with("401"));
    if unknown || any(&["169.254.169.254", "token request", "metadata request"]) {
        return (UNKNOWN.to_owned(), sign_in);
    }
    if any(&["error sending request", "connect", "dns", "timed out", "operation timed out"]) {
        let innermost = texts.last().map(|t| secrets.mask(t)).unwrap_or_default();
        let help = "is the name of the account right, and can this machine reach it?";
        return (format!("its host cannot be reached ({innermost})"), Some(help));
    }
    if let Some(status) = status {
        return (format!("the service answered {status}"), None);
    }
    let first = texts.first().map(|t| secrets.mask(t)).unwrap_or_default();
    (first.chars().take(200).collect(), None)
}

/// The status in `... non-2xx status code: 500 Internal Server Error: body`, without the body.
fn status(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("status code: ")?;
    Some(rest.split(':').next().unwrap_or_default().trim().to_owned())
}

/// Which variables say who is asking.
fn sign_in(service: Service) -> &'static str {
    match service {
        Service::Azure => {
            "set AZURE_STORAGE_ACCOUNT_NAME, and one of AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_TOKEN, \
             AZURE_CLIENT_ID with AZURE_TENANT_ID and AZURE_CLIENT_SECRET, or AZURE_USE_AZURE_CLI=true; the role \
             \"Storage Blob Data Reader\" is enough"
        }
        Service::S3 => {
            "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION; AWS_ENDPOINT_URL for other services"
        }
        Service::Google => "set GOOGLE_SERVICE_ACCOUNT to the path of a key file, or GOOGLE_APPLICATION_CREDENTIALS",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked() {
        let secrets = Secrets::new(["sv=2024&sig=abc%2Fdef", "keykeykey", "x"]);
        let text = secrets.mask("GET https://a.blob.core.windows.net/c?other=1 with keykeykey and sig=abc%2Fdef in x");
        assert_eq!(text, "GET https://a.blob.core.windows.net/c with *** and *** in x");
        assert!(!format!("{secrets:?}").contains("key"));
    }

    #[test]
    fn answers_are_told_without_their_bodies() {
        let told = |text: &str| generic(&[text.to_owned()], Service::Azure, &Secrets::default());
        let answer = "Server returned non-2xx status code: 500 Internal Server Error: <Error>planted</Error>";
        assert_eq!(told(answer).0, "the service answered 500 Internal Server Error");
        let (what, help) = told("Account must be specified");
        assert_eq!(what, "Account must be specified");
        assert!(help.unwrap().contains("AZURE_STORAGE_ACCOUNT_NAME"));
    }
}
