//! One GET over HTTPS, into a copy.
//!
//! In: an address that the policy allows. Out: its contents, written piece by piece. Each redirect is judged like the address
//! itself. Nothing but the address is sent: no cookie, no credential, no referrer. Errors never tell the whole address.

use super::cache::{Copy, Entry, Facts};
use super::{Refusal, Settings};
use crate::catalog::Address;
use crate::diagnostic::Code;
use reqwest::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED, LOCATION,
};
use reqwest::{Certificate, Client, Response, StatusCode, Url};
use std::error::Error;

/// Redirects that are followed.
const MAX_REDIRECTS: usize = 10;

/// What came back.
pub(super) enum Answer {
    /// The contents; they are in the copy.
    Whole(Facts),
    /// The known copy is still what the server has.
    Unchanged,
}

/// Fetches an address into a copy, on a thread of its own: whoever asks may be running on one that must not wait.
pub(super) fn fetch(
    settings: &Settings,
    address: &Address,
    known: Option<&Entry>,
    copy: &mut Copy,
) -> Result<Answer, Refusal> {
    let failed = |why: &str| refusal(address, why);
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| failed(&format!("no runtime: {e}")))?;
        let fetching = Fetching { settings, address, known };
        let total = settings.timeouts.total;
        let ended = runtime.block_on(async { tokio::time::timeout(total, fetching.run(copy)).await });
        // A name that is still being looked up is not waited for.
        runtime.shutdown_background();
        ended.unwrap_or_else(|_| Err(failed(&format!("it took longer than {} seconds", total.as_secs_f64()))))
    };
    std::thread::scope(|scope| scope.spawn(work).join())
        .unwrap_or_else(|_| Err(failed("the request stopped by a fault in huntline")))
}

fn refusal(address: &Address, why: &str) -> Refusal {
    Refusal::new(Code::FetchFailed, format!("`{address}` cannot be fetched: {why}"))
        .with_help(super::policy::add_help(address))
}

struct Fetching<'a> {
    settings: &'a Settings,
    address: &'a Address,
    known: Option<&'a Entry>,
}

impl Fetching<'_> {
    async fn run(&self, copy: &mut Copy) -> Result<Answer, Refusal> {
        let mut url = Url::parse(self.address.place()).map_err(|e| self.failed(&e.to_string()))?;
        for _ in 0..=MAX_REDIRECTS {
            self.settings.policy.judge_url(&url, self.address)?;
            url.set_fragment(None);
            let client = self.client(&url)?;
            let request = client.get(url.clone()).headers(self.headers());
            let response = request.send().await.map_err(|e| self.of_network(e))?;
            match response.status() {
                StatusCode::OK => return self.body(response, copy).await.map(Answer::Whole),
                StatusCode::NOT_MODIFIED if self.known.is_some() => return Ok(Answer::Unchanged),
                status if status.is_redirection() => url = self.redirected(&url, response.headers(), status)?,
                status => return Err(self.failed(&format!("the server answered {status}"))),
            }
        }
        Err(self.failed(&format!("it was redirected more than {MAX_REDIRECTS} times")))
    }

    /// Where a redirect leads to.
    fn redirected(&self, url: &Url, headers: &HeaderMap, status: StatusCode) -> Result<Url, Refusal> {
        let place = headers.get(LOCATION).and_then(|v| v.to_str().ok());
        let place = place.ok_or_else(|| self.failed(&format!("the server answered {status} without a place")))?;
        let next = url.join(place).map_err(|_| self.failed("it was redirected to something that is no address"))?;
        let downgraded = url.scheme() == "https" && next.scheme() == "http";
        if downgraded || !next.username().is_empty() || next.password().is_some() {
            let host = next.host_str().unwrap_or_default();
            return Err(self.failed(&format!("it was redirected to `{host}` without encryption, or with a password")));
        }
        Ok(next)
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        let mut add = |name: HeaderName, value: Option<&String>| {
            if let Some(value) = value.and_then(|v| HeaderValue::from_str(v).ok()) {
                headers.insert(name, value);
            }
        };
        if let Some(known) = self.known {
            add(IF_NONE_MATCH, known.etag.as_ref());
            add(IF_MODIFIED_SINCE, known.last_modified.as_ref());
        }
        headers
    }

    /// The whole body, up to the limit.
    async fn body(&self, mut response: Response, copy: &mut Copy) -> Result<Facts, Refusal> {
        let limit = self.settings.max_bytes;
        let too_large = || {
            let why = format!("it is larger than the limit of {limit} bytes");
            refusal(self.address, &why).with_help("raise `max_bytes` below `[external]` in huntline.toml")
        };
        if response.content_length().is_some_and(|n| n > limit) {
            return Err(too_large());
        }
        let coding = response.headers().get(CONTENT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !matches!(coding.to_ascii_lowercase().as_str(), "" | "identity" | "gzip" | "x-gzip") {
            return Err(self.failed(&format!("the server packs it as `{coding}`, which was not asked for")));
        }
        let text = |name: HeaderName| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let facts = Facts { etag: text(ETAG), last_modified: text(LAST_MODIFIED), media_type: text(CONTENT_TYPE) };
        while let Some(piece) = response.chunk().await.map_err(|e| self.of_network(e))? {
            if copy.bytes() + piece.len() as u64 > limit {
                return Err(too_large());
            }
            copy.write(&piece).map_err(|e| self.failed(&format!("the copy cannot be written: {e}")))?;
        }
        Ok(facts)
    }

    /// A client that follows no redirect by itself; no proxy to this machine.
    fn client(&self, url: &Url) -> Result<Client, Refusal> {
        // Somebody may have installed one already; any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let timeouts = self.settings.timeouts;
        let mut builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(timeouts.connect)
            .read_timeout(timeouts.read)
            .user_agent(concat!("huntline/", env!("CARGO_PKG_VERSION")));
        if is_loopback(url) {
            builder = builder.no_proxy();
        }
        if url.scheme() == "http" {
            // The system's certificates are not looked for: a container may have none.
            builder = builder.tls_certs_only([]);
        } else if let Some(path) = &self.settings.certificates {
            builder = builder.tls_certs_merge(certificates(path).map_err(|why| {
                Refusal::new(Code::BadConfig, format!("the certificates `{}` cannot be used: {why}", path.display()))
            })?);
        }
        builder.build().map_err(|e| self.failed(&format!("no HTTP client: {}", root(&e))))
    }

    fn failed(&self, why: &str) -> Refusal {
        refusal(self.address, why)
    }

    fn of_network(&self, error: reqwest::Error) -> Refusal {
        let why = match (error.is_timeout(), error.is_connect()) {
            (true, _) => "no answer in time".to_owned(),
            (false, true) => format!("no connection: {}", root(&error.without_url())),
            (false, false) => root(&error.without_url()),
        };
        self.failed(&why)
    }
}

fn certificates(path: &std::path::Path) -> Result<Vec<Certificate>, String> {
    let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
    let found = Certificate::from_pem_bundle(&bytes).map_err(|e| root(&e))?;
    if found.is_empty() { Err("there is none in it".to_owned()) } else { Ok(found) }
}

/// The innermost cause, which says most.
fn root(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// True for this machine.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
