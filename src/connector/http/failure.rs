//! What a failed request means: what the service said, what may have happened, and whether another try is any use.

use super::{Call, Effect};
use crate::sync::port::{ServiceError, ServiceErrorKind};
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::error::Error;
use std::time::Duration;

/// The code of a request that was not sent, because it could only have been wrong.
pub(in crate::connector) const NOT_SENT: &str = "NotSent";
/// The code of a raw answer that is larger than it may be.
pub(in crate::connector) const TOO_LARGE: &str = "TooLarge";
/// What is said when the time limit ended a try.
pub(in crate::connector) const LATE: &str = "no answer in time";
/// Characters of a service's message that are kept.
const MESSAGE: usize = 300;
/// What ARM answers when something above the incident is missing: then an incident is not gone, the settings are wrong.
const ABOVE: [&str; 6] = [
    "ResourceGroupNotFound",
    "SubscriptionNotFound",
    "ParentResourceNotFound",
    "InvalidResourceType",
    "InvalidResourceNamespace",
    "NoRegisteredProviderFound",
];

/// A failure of one try.
#[derive(Debug)]
pub(in crate::connector) struct Failure {
    pub(in crate::connector) error: ServiceError,
    pub(in crate::connector) again: Again,
    /// True when the service itself failed or could not be reached.
    pub(in crate::connector) sick: bool,
}

/// Whether to try again.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::connector) enum Again {
    Never,
    /// After a while of our choosing.
    Later,
    /// After the time that the service named.
    After(Duration),
    /// With another token.
    NewToken,
}

impl Failure {
    pub(in crate::connector) fn new(
        call: &Call,
        kind: ServiceErrorKind,
        message: impl AsRef<str>,
        correlation: &str,
    ) -> Failure {
        let message = format!("`{}`: {}", call.operation, short(message.as_ref()));
        let error = ServiceError { side: call.service.side(), kind, message, correlation: correlation.to_owned() };
        Failure { error, again: Again::Never, sick: false }
    }

    /// No answer, or no whole one: a read may be tried again, a write may have been done.
    pub(in crate::connector) fn lost(call: &Call, message: impl AsRef<str>, correlation: &str) -> Failure {
        let (kind, again) = match call.effect {
            Effect::Read => (ServiceErrorKind::Unavailable, Again::Later),
            Effect::Write => (ServiceErrorKind::Unknown, Again::Never),
        };
        Failure { again, sick: true, ..Failure::new(call, kind, message, correlation) }
    }

    /// The network's failure, before or after the request went out.
    pub(in crate::connector) fn of_network(call: &Call, error: reqwest::Error, correlation: &str) -> Failure {
        let (unsent, connect) = (error.is_builder(), error.is_connect());
        let text = match (error.is_timeout(), connect) {
            // Nothing was asked yet: that is not slow, and asking for less is no use.
            (true, true) => "none in time".to_owned(),
            (true, false) => LATE.to_owned(),
            (false, _) => root(&error.without_url()),
        };
        if unsent {
            let kind = ServiceErrorKind::Refused { status: 0, code: NOT_SENT.to_owned() };
            return Failure::new(call, kind, text, correlation);
        }
        match connect {
            true => {
                let failure =
                    Failure::new(call, ServiceErrorKind::Unavailable, format!("no connection: {text}"), correlation);
                Failure { again: Again::Later, sick: true, ..failure }
            }
            false => Failure::lost(call, text, correlation),
        }
    }

    /// An answer that cannot be read. After a write the write was done, so it has to be looked at again.
    pub(in crate::connector) fn unreadable(
        call: &Call,
        status: u16,
        message: impl AsRef<str>,
        correlation: &str,
    ) -> Failure {
        let kind = match call.effect {
            Effect::Read => ServiceErrorKind::Refused { status, code: "Unreadable".to_owned() },
            Effect::Write => ServiceErrorKind::Unknown,
        };
        Failure::new(call, kind, message, correlation)
    }

    /// What an answer with a status other than 2xx means.
    pub(in crate::connector) fn of_status(
        call: &Call,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
        correlation: &str,
    ) -> Failure {
        let said = Said::read(body);
        let text = format!("{status} {said}");
        let asked = super::retry::asked(headers);
        let refused = || ServiceErrorKind::Refused { status, code: said.code.clone() };
        let make = |kind| Failure::new(call, kind, &text, correlation);
        match status {
            401 => Failure { again: Again::NewToken, ..make(ServiceErrorKind::Denied) },
            403 => make(ServiceErrorKind::Denied),
            404 if said.is_about_the_incident() => make(ServiceErrorKind::NotFound),
            409 | 412 => make(ServiceErrorKind::Conflict),
            429 => {
                let again = asked.map_or(Again::Later, Again::After);
                Failure { again, ..make(ServiceErrorKind::Throttled(asked.unwrap_or(Duration::from_secs(1)))) }
            }
            408 | 500.. => {
                let mut failure = Failure::lost(call, &text, correlation);
                if let (Again::Later, Some(asked)) = (&failure.again, asked) {
                    failure.again = Again::After(asked);
                }
                failure
            }
            _ => make(refused()),
        }
    }
}

/// What an error says, without the operation's name.
pub(in crate::connector) fn why(error: &ServiceError) -> &str {
    error.message.split_once("`: ").map_or(error.message.as_str(), |(_, why)| why)
}

/// What was wrong at the bottom: the libraries' own words above it say little.
pub(in crate::connector) fn root(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// What a refusal says, in one line.
pub(in crate::connector) fn said(body: &[u8]) -> String {
    short(&Said::read(body).to_string())
}

/// What a service said in the body of its answer: OData's, ARM's and Log Analytics' forms, and RFC 9457's.
struct Said {
    code: String,
    message: String,
    /// False when the body has no error of the service's form: a gateway's page, or nothing.
    own: bool,
}

impl Said {
    fn read(body: &[u8]) -> Said {
        let text = |v: &Value, names: &[&str]| {
            names.iter().find_map(|n| v.get(n)?.as_str()).unwrap_or_default().trim().to_owned()
        };
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        if let Some(error) = value.get("error").filter(|e| e.is_object()) {
            let mut said = Said { code: text(error, &["code"]), message: text(error, &["message"]), own: true };
            let inner = error.get("innererror").or_else(|| error.get("innerError")).unwrap_or(&Value::Null);
            for part in [text(inner, &["code"]), text(inner, &["message"])] {
                if !part.is_empty() && !said.message.contains(&part) {
                    said.message = format!("{} ({part})", said.message);
                }
            }
            return said;
        }
        let code = text(&value, &["code", "error", "type"]);
        let mut message = text(&value, &["message", "error_description", "detail", "title"]);
        if value.is_null() {
            message =
                String::from_utf8_lossy(body.get(..body.len().min(MESSAGE)).unwrap_or_default()).trim().to_owned();
        }
        Said { code, message, own: false }
    }

    /// True when a 404 says that the incident is gone, and not the workspace, the route or a gateway's backend.
    fn is_about_the_incident(&self) -> bool {
        let above = ABOVE.iter().any(|c| c.eq_ignore_ascii_case(&self.code))
            || self.message.contains("Microsoft.OperationalInsights/workspaces/")
                && !self.message.contains("/incidents/");
        self.own && !above
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.code.as_str(), self.message.as_str()) {
            ("", "") => f.write_str("without a word"),
            (code, "") => f.write_str(code),
            ("", message) => f.write_str(message),
            (code, message) => write!(f, "{code}: {message}"),
        }
    }
}

/// One line, not too long.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MESSAGE) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_of_error() {
        let said = |text: &str| Said::read(text.as_bytes()).to_string();
        assert_eq!(said(r#"{"error":{"code":"Conflict","message":"Newer"}}"#), "Conflict: Newer");
        let inner = r#"{"error":{"code":"BadArgumentError","message":"bad","innererror":{"code":"SyntaxError"}}}"#;
        assert_eq!(said(inner), "BadArgumentError: bad (SyntaxError)");
        assert_eq!(said(r#"{"type":"t","title":"x","detail":"y"}"#), "t: y");
        assert_eq!(said("<html>oops</html>"), "<html>oops</html>");
        assert_eq!(said(""), "without a word");
    }

    #[test]
    fn a_missing_workspace_is_no_missing_incident() {
        let about = |text: &str| Said::read(text.as_bytes()).is_about_the_incident();
        assert!(about(r#"{"error":{"code":"NotFound","message":"Incident was not found"}}"#));
        assert!(!about(r#"{"error":{"code":"ResourceGroupNotFound","message":"x"}}"#));
        let workspace =
            "The Resource 'Microsoft.OperationalInsights/workspaces/w' under resource group 'g' was not found.";
        assert!(!about(&format!(r#"{{"error":{{"code":"ResourceNotFound","message":"{workspace}"}}}}"#)));
        assert!(!about("<html>404</html>"));
    }
}
