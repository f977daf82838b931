//! Services that keep objects: Azure Blob Storage, S3, Google Cloud Storage.
//!
//! In: an address and options. Out: a list of objects. This and `object` are the places in the mirror that wait for a
//! network: one small runtime, shared by all sources of a run, turns waiting into plain blocking calls.

use super::address::Service;
use super::object::Object;
use super::trouble::{Secrets, trouble};
use crate::diagnostic::{Code, Diagnostic};
use futures_util::TryStreamExt;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, RetryConfig};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// What services are told: `AZURE_STORAGE_ACCOUNT_NAME` and such, by the names that `object_store` has for them, in any case.
/// Values are secrets: they are never shown.
#[derive(Clone, Default, PartialEq)]
pub struct RemoteOptions(BTreeMap<String, String>);

impl fmt::Debug for RemoteOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl RemoteOptions {
    /// Options by name.
    pub fn new(options: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all: BTreeMap<String, String> =
            options.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        // The names that Azure's own tools have for the same things.
        let others = [
            ("azure_storage_account", "azure_storage_account_name"),
            ("azure_storage_key", "azure_storage_account_key"),
        ];
        for (other, name) in others {
            if let Some(value) = all.get(other).cloned() {
                all.entry(name.to_owned()).or_insert(value);
            }
        }
        for (name, value) in all.get("azure_storage_connection_string").map(|s| connection(s)).unwrap_or_default() {
            all.entry(name.to_owned()).or_insert(value);
        }
        RemoteOptions(all)
    }

    /// Whether an environment variable is such an option.
    pub fn is_option(variable: &str) -> bool {
        let variable = variable.to_ascii_uppercase();
        ["AZURE_", "AWS_", "GOOGLE_", "IDENTITY_ENDPOINT", "MSI_ENDPOINT"].iter().any(|p| variable.starts_with(p))
    }
}

/// The parts of a connection string of a storage account.
fn connection(text: &str) -> Vec<(&'static str, String)> {
    let part = |part: &str| {
        let (name, value) = part.trim().split_once('=')?;
        let option = match name {
            "AccountName" => "azure_storage_account_name",
            "AccountKey" => "azure_storage_account_key",
            "SharedAccessSignature" => "azure_storage_sas_key",
            "BlobEndpoint" => "azure_storage_endpoint",
            _ => return None,
        };
        Some((option, value.trim_end_matches('/').to_owned()))
    };
    text.split(';').filter_map(part).collect()
}

/// The containers of a run.
#[derive(Debug)]
pub struct Remotes {
    options: RemoteOptions,
    runtime: Option<Arc<Runtime>>,
    open: BTreeMap<(String, Option<String>), Arc<Remote>>,
}

impl Remotes {
    /// None yet.
    pub fn new(options: RemoteOptions) -> Self {
        Remotes { options, runtime: None, open: BTreeMap::new() }
    }

    /// A container by its address, and the signature that came with it.
    ///
    /// # Errors
    /// When it lacks an option, or one cannot be understood.
    pub fn open(&mut self, service: Service, root: &str, query: Option<&str>) -> Result<Arc<Remote>, Diagnostic> {
        let key = (root.to_owned(), query.map(str::to_owned));
        if let Some(remote) = self.open.get(&key) {
            return Ok(remote.clone());
        }
        let runtime = self.runtime()?;
        let secrets = Secrets::new(self.options.0.values().map(String::as_str).chain(query));
        let store = build(service, root, query, &self.options)
            .map_err(|e| trouble(&e, root, service, &secrets).into_diagnostic(root))?;
        let remote = Arc::new(Remote {
            store,
            runtime,
            root: root.to_owned(),
            query: query.map(str::to_owned),
            service,
            secrets,
        });
        self.open.insert(key, remote.clone());
        Ok(remote)
    }

    fn runtime(&mut self) -> Result<Arc<Runtime>, Diagnostic> {
        if let Some(runtime) = &self.runtime {
            return Ok(runtime.clone());
        }
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let built = builder.worker_threads(1).thread_name("objects").enable_all().build();
        let runtime =
            built.map_err(|e| Diagnostic::general(Code::CannotRead, format!("no thread can be started: {e}")))?;
        Ok(self.runtime.insert(Arc::new(runtime)).clone())
    }
}

/// Few retries: a host that cannot be reached is said within half a minute.
fn retries() -> RetryConfig {
    RetryConfig { max_retries: 4, retry_timeout: Duration::from_secs(30), ..RetryConfig::default() }
}

fn build(
    service: Service,
    root: &str,
    query: Option<&str>,
    options: &RemoteOptions,
) -> object_store::Result<Arc<dyn ObjectStore>> {
    let options = options.0.iter();
    Ok(match service {
        Service::Azure => {
            let all = options.filter_map(|(k, v)| k.parse::<AzureConfigKey>().ok().map(|k| (k, v)));
            // A signature in the address is meant, whatever else is set.
            let all = all.filter(|(k, _)| query.is_none() || !is_credential(k));
            let mut builder = all.fold(MicrosoftAzureBuilder::new(), |b, (k, v)| b.with_config(k, v));
            if let Some(signature) = query {
                builder = builder.with_config(AzureConfigKey::SasKey, signature);
            }
            Arc::new(builder.with_url(root).with_retry(retries()).build()?)
        }
        Service::S3 => {
            let all = options.filter_map(|(k, v)| k.parse::<AmazonS3ConfigKey>().ok().map(|k| (k, v)));
            let builder = all.fold(AmazonS3Builder::new(), |b, (k, v)| b.with_config(k, v));
            Arc::new(builder.with_url(root).with_retry(retries()).build()?)
        }
        Service::Google => {
            let all = options.filter_map(|(k, v)| k.parse::<GoogleConfigKey>().ok().map(|k| (k, v)));
            let builder = all.fold(GoogleCloudStorageBuilder::new(), |b, (k, v)| b.with_config(k, v));
            Arc::new(builder.with_url(root).with_retry(retries()).build()?)
        }
    })
}

fn is_credential(key: &AzureConfigKey) -> bool {
    use AzureConfigKey::{AccessKey, ClientSecret, FederatedTokenFile, Token, UseAzureCli};
    matches!(key, AccessKey | ClientSecret | FederatedTokenFile | Token | UseAzureCli)
}

/// A container.
pub struct Remote {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) runtime: Arc<Runtime>,
    pub(super) service: Service,
    pub(super) secrets: Secrets,
    root: String,
    query: Option<String>,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Remote {
    /// A container that is a store at hand, for tests.
    #[cfg(test)]
    pub fn over(store: Arc<dyn ObjectStore>) -> Arc<Remote> {
        let mut remotes = Remotes::new(RemoteOptions::default());
        let runtime = remotes.runtime().unwrap();
        let secrets = Secrets::default();
        Arc::new(Remote { store, runtime, service: Service::Azure, secrets, root: "az://logs".into(), query: None })
    }

    /// The address of a key.
    pub fn name_of(&self, key: &str) -> String {
        format!("{}/{key}", self.root)
    }

    /// The address of a key with the signature, a secret. [`Address`](super::address::Address) reads it back.
    pub fn address_of(&self, key: &str) -> String {
        let key = if self.root.starts_with("https") { key.replace('%', "%25") } else { key.to_owned() };
        match &self.query {
            Some(query) => format!("{}/{key}?{query}", self.root),
            None => format!("{}/{key}", self.root),
        }
    }

    /// The objects below a prefix, in the order of names, without empty and hidden ones.
    ///
    /// # Errors
    /// When the service does not answer, or refuses.
    pub fn list(self: &Arc<Self>, prefix: &str) -> Result<Vec<Arc<Object>>, Diagnostic> {
        let path = self.path(prefix)?;
        let prefix = Some(&path).filter(|p| !p.as_ref().is_empty());
        let listed: Result<Vec<ObjectMeta>, _> = self.runtime.block_on(self.store.list(prefix).try_collect());
        let mut listed = listed.map_err(|e| self.refused(&e, path.as_ref()))?;
        listed.sort_by(|a, b| a.location.cmp(&b.location));
        let hidden =
            |p: &Path| p.prefix_match(&path).is_some_and(|mut parts| parts.any(|p| p.as_ref().starts_with('.')));
        let wanted = listed.into_iter().filter(|meta| meta.size > 0 && !hidden(&meta.location));
        Ok(wanted.map(|meta| Arc::new(Object::new(self.clone(), meta))).collect())
    }

    /// The object with this name.
    ///
    /// # Errors
    /// When there is none, or the service refuses.
    pub fn one(self: &Arc<Self>, key: &str) -> Result<Arc<Object>, Diagnostic> {
        let path = self.path(key)?;
        if path.as_ref().is_empty() {
            return Err(Diagnostic::general(Code::CannotRead, format!("nothing is in `{}`", self.root)));
        }
        let meta = self.runtime.block_on(self.store.head(&path)).map_err(|e| self.refused(&e, key))?;
        Ok(Arc::new(Object::new(self.clone(), meta)))
    }

    fn path(&self, key: &str) -> Result<Path, Diagnostic> {
        Path::parse(key.trim_matches('/')).map_err(|_| {
            let text = format!("`{}` cannot be the name of an object", self.name_of(key));
            Diagnostic::general(Code::Usage, text).with_help("names have no empty parts, and none that is `.` or `..`")
        })
    }

    fn refused(&self, e: &object_store::Error, key: &str) -> Diagnostic {
        let name = self.name_of(key);
        trouble(e, &name, self.service, &self.secrets).into_diagnostic(&name)
    }
}
