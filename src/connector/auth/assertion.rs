//! What an app with a certificate shows instead of a secret: a signed statement of who it is (RFC 7523), in the form that
//! Microsoft Entra asks for.
//!
//! In: a certificate, the app's id, the address of the tokens. Out: a statement that is good for ten minutes.

use super::certificate::Certificate;
use azure_core::error::ErrorKind;
use azure_core::http::ClientMethodOptions;
use azure_core::time::OffsetDateTime;
use azure_identity::ClientAssertion;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::pin::Pin;
use uuid::Uuid;

/// Seconds that a statement is good for.
const LIFETIME: i64 = 600;

/// Makes statements for an app.
#[derive(Debug)]
pub(super) struct Assertion {
    pub(super) certificate: Certificate,
    /// The app's client id.
    pub(super) client: String,
    /// The address that tokens are asked from.
    pub(super) audience: String,
}

impl Assertion {
    /// A statement as of a time in seconds since 1970, under an id of its own.
    fn statement(&self, now: i64, id: &str) -> Option<String> {
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": self.certificate.digest() });
        let claims = json!({
            "aud": self.audience,
            "iss": self.client,
            "sub": self.client,
            "jti": id,
            "nbf": now,
            "iat": now,
            "exp": now + LIFETIME,
        });
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(header), part(claims));
        let signature = self.certificate.sign(text.as_bytes())?;
        Some(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// A statement of this moment. The certificate may have expired since the start.
    fn now(&self) -> azure_core::Result<String> {
        let fault = |text: String| azure_core::Error::with_message(ErrorKind::Credential, text);
        self.certificate.check(super::now()).map_err(|e| fault(e.0))?;
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let statement = self.statement(now, &Uuid::new_v4().to_string());
        statement.ok_or_else(|| fault("the statement cannot be signed: the system has no random numbers".to_owned()))
    }
}

impl ClientAssertion for Assertion {
    fn secret<'a, 'b, 'c>(
        &'a self,
        _: Option<ClientMethodOptions<'b>>,
    ) -> Pin<Box<dyn Future<Output = azure_core::Result<String>> + Send + 'c>>
    where
        'a: 'c,
        'b: 'c,
    {
        let statement = self.now();
        Box::pin(async move { statement })
    }
}
