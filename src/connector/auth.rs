//! Tokens: from Microsoft Entra by the identities of Azure's own library, or one fixed token for a service on this machine.
//!
//! In: an identity, its secret handed in by whoever read it. Out: a bearer token for a scope, kept until shortly before its
//! end. Never: a secret or a token in a text, in `Debug` or in an error.

use super::settings::{Settings, SetupError};
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::{ClientOptions, Transport};
use azure_core::time::OffsetDateTime;
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, DeveloperToolsCredential, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// A token is renewed this long before its end.
const EARLY: Duration = Duration::from_secs(300);
/// When renewing fails, a token that is good for longer than this is used on.
const LEAST: Duration = Duration::from_secs(30);
/// After a failed renewal the old token is used this long before the next attempt.
const AGAIN: Duration = Duration::from_secs(30);

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text, for the one place that sends it.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// An app with a client secret; needs the tenant.
    ClientSecret {
        /// The app's client id.
        client: String,
        /// Its secret.
        secret: Secret,
    },
    /// The identity of the machine or app service that huntline runs on.
    ManagedIdentity {
        /// The client id of a user-assigned identity; the machine's own one without it.
        client: Option<String>,
    },
    /// A federated identity, as Kubernetes gives it; needs the tenant.
    WorkloadIdentity {
        /// The client id.
        client: String,
        /// The file with the service account's token; it is read anew when it changes.
        token_file: PathBuf,
    },
    /// Whoever is signed in to the Azure CLI, in the settings' tenant when there is one.
    AzureCli,
    /// The Azure CLI, else the Azure Developer CLI.
    DeveloperTools,
    /// An app with a certificate: refused, not built yet.
    ClientCertificate,
    /// A fixed token for services on this machine, as the fake.
    Plain(Secret),
}

/// Where tokens come from.
pub(super) enum Auth {
    Plain(Secret),
    Entra(Arc<dyn TokenCredential>),
}

/// The token of one service.
#[derive(Default)]
pub(super) struct Slot(Mutex<Option<Held>>);

struct Held {
    token: Secret,
    renew: Instant,
    end: Instant,
}

/// Why there is no token.
#[derive(Debug)]
pub(super) struct NoToken {
    /// False when trying later is no use.
    pub(super) passes: bool,
    pub(super) message: String,
}

impl Auth {
    /// Prepares an identity; asks for nothing yet. `transport` makes what carries the requests for tokens, told whether
    /// they stay near: a managed identity asks its own machine, where no proxy leads.
    pub(super) fn new(
        settings: &Settings,
        transport: impl Fn(bool) -> Result<Transport, SetupError>,
    ) -> Result<Auth, SetupError> {
        let bad = |e: azure_core::Error| SetupError(format!("the identity cannot be used: {e}"));
        let tenant = || {
            let missing = || SetupError("this identity needs the tenant".to_owned());
            settings.tenant.as_deref().filter(|t| !t.is_empty()).ok_or_else(missing)
        };
        let client_options = |near| -> Result<ClientOptions, SetupError> {
            let (transport, cloud) = (Some(transport(near)?), Some(Arc::new(cloud(settings))));
            Ok(ClientOptions { transport, cloud, ..ClientOptions::default() })
        };
        let credential: Arc<dyn TokenCredential> = match &settings.identity {
            Identity::Plain(token) => return Ok(Auth::Plain(token.clone())),
            Identity::ClientCertificate => {
                let text = "a client certificate is not built yet, because it needs OpenSSL: use a client secret, a managed \
                            identity or a workload identity";
                return Err(SetupError(text.to_owned()));
            }
            Identity::ClientSecret { client, secret } => {
                let options = ClientSecretCredentialOptions { client_options: client_options(false)? };
                let secret = azure_core::credentials::Secret::new(secret.expose().to_owned());
                ClientSecretCredential::new(tenant()?, client.clone(), secret, Some(options)).map_err(bad)?
            }
            Identity::ManagedIdentity { client } => {
                let user_assigned_id = client.clone().map(UserAssignedId::ClientId);
                let options =
                    ManagedIdentityCredentialOptions { user_assigned_id, client_options: client_options(true)? };
                ManagedIdentityCredential::new(Some(options)).map_err(bad)?
            }
            Identity::WorkloadIdentity { client, token_file } => {
                let options = WorkloadIdentityCredentialOptions {
                    credential_options: ClientAssertionCredentialOptions { client_options: client_options(false)? },
                    client_id: Some(client.clone()),
                    tenant_id: Some(tenant()?.to_owned()),
                    token_file_path: Some(token_file.clone()),
                };
                WorkloadIdentityCredential::new(Some(options)).map_err(bad)?
            }
            Identity::AzureCli => {
                let options = AzureCliCredentialOptions { tenant_id: settings.tenant.clone(), ..Default::default() };
                AzureCliCredential::new(Some(options)).map_err(bad)?
            }
            Identity::DeveloperTools => DeveloperToolsCredential::new(None).map_err(bad)?,
        };
        Ok(Auth::Entra(credential))
    }

    /// A token for the scope, from the slot while it is fresh.
    pub(super) async fn token(&self, slot: &Slot, scope: &str, limit: Duration) -> Result<Secret, NoToken> {
        let credential = match self {
            Auth::Plain(token) => return Ok(token.clone()),
            Auth::Entra(credential) => credential,
        };
        let mut held = slot.0.lock().await;
        let now = Instant::now();
        if let Some(held) = held.as_ref().filter(|h| now < h.renew) {
            return Ok(held.token.clone());
        }
        match fetch(credential.as_ref(), scope, limit).await {
            Ok(fresh) => Ok(held.insert(fresh).token.clone()),
            Err(failure) => match held.as_mut() {
                Some(old) if failure.passes && Instant::now() + LEAST < old.end => {
                    old.renew = Instant::now() + AGAIN;
                    Ok(old.token.clone())
                }
                _ => Err(failure),
            },
        }
    }

    /// Drops a token that the service refused; true when another one can be had.
    pub(super) async fn refused(&self, slot: &Slot, scope: &str, token: &Secret, limit: Duration) -> bool {
        if matches!(self, Auth::Plain(_)) {
            return false;
        }
        {
            let mut held = slot.0.lock().await;
            if held.as_ref().is_some_and(|h| h.token == *token) {
                *held = None;
            }
        }
        self.token(slot, scope, limit).await.is_ok_and(|fresh| fresh != *token)
    }
}

async fn fetch(credential: &dyn TokenCredential, scope: &str, limit: Duration) -> Result<Held, NoToken> {
    let answer = timeout(limit, credential.get_token(&[scope], None)).await;
    let answer = answer.map_err(|_| NoToken { passes: true, message: format!("no token within {limit:?}") })?;
    let token = answer.map_err(|e| {
        // The library appends an address with advice, after a line break.
        let text = e.to_string();
        let text = text.split("\nTo troubleshoot").next().unwrap_or_default();
        NoToken { passes: passes(&e), message: format!("no token: {text}") }
    })?;
    let now = Instant::now();
    let left = (token.expires_on - OffsetDateTime::now_utc()).whole_seconds().max(0);
    let left = Duration::from_secs(u64::try_from(left).unwrap_or(0));
    let renew = now + left.saturating_sub(EARLY.min(left / 2));
    Ok(Held { token: Secret::new(token.token.secret()), renew, end: now + left })
}

/// True when the reason, which the library wraps, lies in the network or is Entra's own trouble.
fn passes(error: &azure_core::Error) -> bool {
    let here = match error.kind() {
        ErrorKind::Io | ErrorKind::Connection => true,
        ErrorKind::HttpResponse { status, .. } => matches!(u16::from(*status), 408 | 429 | 500..),
        _ => false,
    };
    here || error.source().and_then(|s| s.downcast_ref()).is_some_and(passes)
}

fn cloud(settings: &Settings) -> CloudConfiguration {
    match &settings.authority_url {
        None => CloudConfiguration::AzurePublic,
        Some(url) => {
            let mut custom = CustomConfiguration::default();
            custom.authority_host = url.clone();
            custom.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use azure_core::credentials::{AccessToken, TokenRequestOptions};
    use azure_core::http::headers::Headers;
    use azure_core::http::{AsyncRawResponse, HttpClient, Request};
    use std::pin::Pin;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Gives token after token, each good for `life` seconds; fails from the `end`th call on.
    #[derive(Debug)]
    struct Counter {
        calls: AtomicU32,
        life: i64,
        end: u32,
    }

    impl TokenCredential for Counter {
        fn get_token<'a, 'b, 'c, 'd, 'e>(
            &'a self,
            _: &'b [&'c str],
            _: Option<TokenRequestOptions<'d>>,
        ) -> Pin<Box<dyn Future<Output = azure_core::Result<AccessToken>> + Send + 'e>>
        where
            'a: 'e,
            'b: 'e,
            'c: 'e,
            'd: 'e,
        {
            let call = self.calls.fetch_add(1, Ordering::Relaxed);
            let end = OffsetDateTime::now_utc() + azure_core::time::Duration::seconds(self.life);
            let answer = match call < self.end {
                true => Ok(AccessToken::new(format!("t{call}"), end)),
                false => Err(azure_core::Error::with_message(ErrorKind::Connection, "down")),
            };
            Box::pin(async move { answer })
        }
    }

    async fn tokens(life: i64, end: u32) -> (Vec<String>, bool) {
        let auth = Auth::Entra(Arc::new(Counter { calls: AtomicU32::new(0), life, end }));
        let slot = Slot::default();
        let limit = Duration::from_secs(1);
        let mut seen = vec![];
        for _ in 0..2 {
            seen.push(auth.token(&slot, "s", limit).await.map_or_else(|e| e.message, |t| t.expose().to_owned()));
        }
        let another = auth.refused(&slot, "s", &Secret::new("t0"), limit).await;
        (seen, another)
    }

    #[tokio::test]
    async fn a_token_is_kept_renewed_early_and_used_on_while_it_is_good() {
        assert_eq!(tokens(3600, 9).await, (vec!["t0".into(), "t0".into()], true));
        assert_eq!(tokens(3600, 1).await, (vec!["t0".into(), "t0".into()], false));
        let (seen, _) = tokens(0, 1).await;
        assert!(seen[1].contains("down"), "{seen:?}");
    }

    /// Microsoft Entra, as far as a client secret goes.
    #[derive(Debug)]
    struct Entra(u16, &'static str);

    impl HttpClient for Entra {
        fn execute_request<'a, 'b, 'c>(
            &'a self,
            request: &'b Request,
        ) -> Pin<Box<dyn Future<Output = azure_core::Result<AsyncRawResponse>> + Send + 'c>>
        where
            'a: 'c,
            'b: 'c,
        {
            assert_eq!(request.url().as_str(), "https://login.example/contoso/oauth2/v2.0/token");
            let answer = AsyncRawResponse::from_bytes(self.0.into(), Headers::new(), self.1);
            Box::pin(async move { Ok(answer) })
        }
    }

    #[tokio::test]
    async fn a_client_secret_becomes_a_token_or_a_reason() {
        let identity = Identity::ClientSecret { client: "app".into(), secret: Secret::new("hunter2") };
        let mut settings = Settings::new("s", "g", "w", identity);
        settings.authority_url = Some("https://login.example".into());
        let auth = |status, body| move |_| Ok(Transport::new(Arc::new(Entra(status, body))));
        let good = r#"{"token_type":"Bearer","expires_in":3600,"access_token":"abc"}"#;
        assert!(Auth::new(&settings, auth(200, good)).err().unwrap().0.contains("tenant"));
        settings.tenant = Some("contoso".into());
        let (slot, limit) = (Slot::default(), Duration::from_secs(5));
        let given = Auth::new(&settings, auth(200, good)).unwrap().token(&slot, "s", limit).await.unwrap();
        assert_eq!(given.expose(), "abc");
        let bad =
            r#"{"error":"invalid_client","error_description":"AADSTS7000215: no such secret","error_codes":[7000215]}"#;
        let why = Auth::new(&settings, auth(401, bad)).unwrap().token(&Slot::default(), "s", limit).await.unwrap_err();
        assert!(!why.passes && why.message.contains("AADSTS7000215") && !why.message.contains("hunter2"), "{why:?}");
    }

    #[test]
    fn a_network_that_is_down_is_no_denial() {
        let wrapped = |kind| {
            let inner = azure_core::Error::with_message(kind, "inner");
            azure_core::Error::with_error(ErrorKind::Credential, inner, "outer")
        };
        let answered =
            |status: u16| ErrorKind::HttpResponse { status: status.into(), error_code: None, raw_response: None };
        assert!(passes(&wrapped(ErrorKind::Connection)) && passes(&wrapped(answered(503))));
        assert!(!passes(&wrapped(answered(401))) && !passes(&wrapped(ErrorKind::Credential)));
    }

    #[test]
    fn a_certificate_is_refused_by_name() {
        let settings = Settings::new("s", "g", "w", Identity::ClientCertificate);
        let why = Auth::new(&settings, |_| Err(SetupError(String::new()))).err().unwrap();
        assert!(why.0.contains("certificate is not built yet"), "{why}");
    }

    #[test]
    fn a_secret_is_never_shown() {
        let identity = Identity::ClientSecret { client: "app".into(), secret: Secret::new("hunter2") };
        let settings = Settings::new("s", "g", "w", identity);
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
