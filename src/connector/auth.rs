//! Tokens: from Microsoft Entra by the identities of Azure's own library, or one fixed token for a service on this machine.
//!
//! In: an identity, its secret handed in by whoever read it. Out: a bearer token for a scope, kept until shortly before its
//! end. Never: a secret or a token in a text, in `Debug` or in an error.

mod assertion;
mod certificate;
mod claims;
mod der;
mod secret;
#[cfg(test)]
mod tests;

pub use claims::Claims;
pub use secret::Secret;
use secret::strike_assertions;

use super::http::root;
use super::settings::{Settings, SetupError};
use crate::value::datetime;
use assertion::Assertion;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport};
use azure_core::time::OffsetDateTime;
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientAssertionCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions, DeveloperToolsCredential, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use certificate::Certificate;
use reqwest::Url;
use std::error::Error;
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

/// How every text about a token that cannot be had begins.
pub(super) const NO_TOKEN: &str = "no token: ";

/// Tries after the first one for a token.
const RETRIES: u32 = 3;
/// Where tokens of the public cloud come from.
const AUTHORITY: &str = "https://login.microsoftonline.com";

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
    /// The Azure CLI, else the Azure Developer CLI, in the tenant that they are signed in to: the settings must name none.
    DeveloperTools,
    /// An app with a certificate; needs the tenant.
    ClientCertificate {
        /// The app's client id.
        client: String,
        /// The certificate and its key, as PEM.
        pem: Secret,
    },
    /// A fixed token for services on this machine, as the fake.
    Plain(Secret),
}

/// Where tokens come from.
pub(super) enum Auth {
    Plain(Secret),
    Entra {
        credential: Arc<dyn TokenCredential>,
        /// The app's secret, so that no answer of Entra's brings it into an error.
        secret: Option<Secret>,
    },
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
            // Whoever needs the token tries again itself, and somebody may be waiting.
            let retry = ExponentialRetryOptions { max_retries: RETRIES, ..ExponentialRetryOptions::default() };
            let retry = RetryOptions::exponential(retry);
            Ok(ClientOptions { transport, cloud, retry, ..ClientOptions::default() })
        };
        let mut secret = None;
        let credential: Arc<dyn TokenCredential> = match &settings.identity {
            Identity::Plain(token) => return Ok(Auth::Plain(token.clone())),
            Identity::ClientCertificate { client, pem } => {
                let certificate = Certificate::read(pem.expose())?;
                certificate.check(now())?;
                let (tenant, client) = (tenant()?.to_owned(), client.clone());
                let audience = token_address(settings, &tenant)?;
                let assertion = Assertion { certificate, client: client.clone(), audience };
                let options = ClientAssertionCredentialOptions { client_options: client_options(false)? };
                ClientAssertionCredential::new(tenant, client, assertion, Some(options)).map_err(bad)?
            }
            Identity::ClientSecret { client, secret: given } => {
                secret = Some(given.clone());
                let options = ClientSecretCredentialOptions { client_options: client_options(false)? };
                let given = azure_core::credentials::Secret::new(given.expose().to_owned());
                ClientSecretCredential::new(tenant()?, client.clone(), given, Some(options)).map_err(bad)?
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
            Identity::DeveloperTools if settings.tenant.is_some() => {
                let told = "the method `developer_tools` takes no tenant: leave it out, or use `azure_cli`";
                return Err(SetupError(told.to_owned()));
            }
            Identity::DeveloperTools => DeveloperToolsCredential::new(None).map_err(bad)?,
        };
        Ok(Auth::Entra { credential, secret })
    }

    /// A token for the scope, from the slot while it is fresh.
    pub(super) async fn token(&self, slot: &Slot, scope: &str, limit: Duration) -> Result<Secret, NoToken> {
        let (credential, secret) = match self {
            Auth::Plain(token) => return Ok(token.clone()),
            Auth::Entra { credential, secret } => (credential, secret),
        };
        let mut held = slot.0.lock().await;
        let now = Instant::now();
        if let Some(held) = held.as_ref().filter(|h| now < h.renew) {
            return Ok(held.token.clone());
        }
        match fetch(credential.as_ref(), scope, limit).await {
            Ok(fresh) => Ok(held.insert(fresh).token.clone()),
            Err(mut failure) => {
                failure.message = strike_assertions(&failure.message);
                if let Some(secret) = secret {
                    failure.message = secret.struck_from(&failure.message);
                }
                Auth::used_on(&mut held, failure)
            }
        }
    }

    /// The token that is held, while it is good and only the network keeps a fresh one away.
    fn used_on(held: &mut Option<Held>, failure: NoToken) -> Result<Secret, NoToken> {
        match held.as_mut() {
            Some(old) if failure.passes && Instant::now() + LEAST < old.end => {
                old.renew = Instant::now() + AGAIN;
                Ok(old.token.clone())
            }
            _ => Err(failure),
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
    let answer = answer.map_err(|_| NoToken { passes: true, message: format!("{NO_TOKEN}none within {limit:?}") })?;
    let token = answer.map_err(|e| {
        // The library puts its type's name before the reason, and an address with advice behind it.
        let text = e.to_string();
        let text = text.split("\nTo troubleshoot").next().unwrap_or_default();
        let text = text.split_once("authentication failed. ").map_or(text, |(_, reason)| reason);
        let (passes, reason) = (passes(&e), root(&e));
        // Of a network that is down it says only that it tried again.
        let reason = if passes && !text.contains(&reason) { format!(" ({reason})") } else { String::new() };
        NoToken { passes, message: format!("{NO_TOKEN}{text}{reason}") }
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

/// The clock, in ticks: certificates expire.
fn now() -> i64 {
    datetime::from_system_time(std::time::SystemTime::now())
}

/// Where a tenant's tokens are asked from.
fn token_address(settings: &Settings, tenant: &str) -> Result<String, SetupError> {
    let authority = settings.authority_url.as_deref().unwrap_or(AUTHORITY);
    let bad = |e| SetupError(format!("the authority and the tenant make no address: {e}"));
    let url = Url::parse(authority).and_then(|url| url.join(&format!("/{tenant}/oauth2/v2.0/token"))).map_err(bad)?;
    Ok(url.into())
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
