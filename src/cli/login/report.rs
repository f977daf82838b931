//! What was found, for people and for programs.
//!
//! In: a finding a service. Out: lines or JSON on stdout. Never: a token.

use super::needs::Missing;
use crate::cli::sync::args::Form;
use crate::connector::{Api, Claims};
use crate::value::datetime;
use serde_json::{Value, json};
use std::io::Write;

/// What was found at a service.
pub struct Finding {
    /// The service.
    pub api: Api,
    /// What the token says, where it can be read.
    pub claims: Option<Claims>,
    /// What is missing.
    pub missing: Vec<Missing>,
    /// True when the service answered a read.
    pub read: bool,
    /// Why there is no token or no answer.
    pub error: Option<String>,
    /// Something to know beside.
    pub note: Option<&'static str>,
}

impl Finding {
    /// Nothing found yet.
    pub fn new(api: Api) -> Finding {
        Finding { api, claims: None, missing: vec![], read: false, error: None, note: None }
    }

    /// True when nothing is missing.
    pub fn is_good(&self) -> bool {
        self.missing.is_empty() && self.error.is_none()
    }

    fn lines(&self) -> Vec<String> {
        let who = self.claims.as_ref().map_or("a token that only the service can read".to_owned(), who);
        let mut lines = vec![match (&self.claims, &self.error) {
            (None, Some(_)) => format!("{}:", self.api.name()),
            _ => format!("{}: {who}", self.api.name()),
        }];
        if let Some(claims) = &self.claims {
            let granted: Vec<&str> = claims.roles.iter().chain(&claims.scopes).map(String::as_str).collect();
            if !granted.is_empty() {
                lines.push(format!("  granted: {}", granted.join(", ")));
            }
        }
        if self.read {
            lines.push(format!("  read: {}", what_was_read(self.api)));
        }
        for missing in &self.missing {
            lines.push(format!("  missing: {}, for {}", missing.permission, missing.purpose));
            lines.push(format!("    grant it: {}", missing.grant));
        }
        lines.extend(self.error.iter().map(|why| format!("  error: {why}")));
        lines.extend(self.note.iter().map(|note| format!("  note: {note}")));
        lines
    }

    fn json(&self) -> Value {
        let identity = self.claims.as_ref().map(|c| {
            json!({
                "app_id": c.app_id, "app_name": c.app_name, "user": c.user, "object_id": c.object_id, "tenant": c.tenant,
                "audience": c.audience, "expires": c.expires.map(datetime::format), "roles": c.roles, "scopes": c.scopes,
            })
        });
        json!({
            "service": self.api.name(), "ok": self.is_good(), "identity": identity, "missing": self.missing,
            "read": self.read, "error": self.error, "note": self.note,
        })
    }
}

fn what_was_read(api: Api) -> &'static str {
    match api {
        Api::LogAnalytics => "the workspace answers queries",
        Api::Arm => "the workspace's incidents; whether they may be written shows at the first write",
        Api::Graph | Api::Defender => "incidents",
    }
}

/// Who a token is for.
fn who(claims: &Claims) -> String {
    let mut parts = vec![];
    if let Some(user) = &claims.user {
        parts.push(format!("user {user}"));
    }
    if let Some(app) = &claims.app_id {
        let name = claims.app_name.as_ref().map_or(String::new(), |name| format!(" ({name})"));
        parts.push(format!("app {app}{name}"));
    }
    parts.extend(claims.object_id.iter().map(|id| format!("object {id}")));
    parts.extend(claims.tenant.iter().map(|id| format!("tenant {id}")));
    parts.extend(claims.expires.map(|at| format!("token until {}", datetime::format(at))));
    match parts.is_empty() {
        true => "a token that does not say whose it is".to_owned(),
        false => parts.join(", "),
    }
}

/// Writes the report to stdout.
pub fn write(findings: &[Finding], form: Form) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let good = findings.iter().all(Finding::is_good);
    if form == Form::Json {
        let services: Vec<Value> = findings.iter().map(Finding::json).collect();
        return writeln!(out, "{}", json!({ "ok": good, "services": services }));
    }
    for line in findings.iter().flat_map(Finding::lines) {
        writeln!(out, "{line}")?;
    }
    match good {
        true => writeln!(out, "Nothing is missing."),
        false => writeln!(out, "Something is missing: see above."),
    }
}
