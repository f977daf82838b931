//! Services that say too much: each answers with what it was sent.

use super::place::WORD;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// What Microsoft Entra does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entra {
    /// It gives a token.
    Gives,
    /// It refuses, and tells what it was sent.
    Refuses,
}

/// Microsoft Entra over TLS, and every other service without; both on this machine.
pub struct Services {
    plain: u16,
    entra: u16,
    authority: String,
    told: Arc<AtomicUsize>,
    runtime: Option<Runtime>,
}

impl Services {
    pub fn start(entra: Entra) -> Services {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listen = || runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let (plain, secure) = (listen(), listen());
        let ports = (plain.local_addr().unwrap().port(), secure.local_addr().unwrap().port());
        let told = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&told);
        runtime.spawn(async move {
            while let Ok((stream, _)) = plain.accept().await {
                let count = Arc::clone(&count);
                tokio::spawn(async move { answer(stream, |sent| echo(sent, &count)).await });
            }
        });
        let (authority, config) = certificates();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        runtime.spawn(async move {
            while let Ok((stream, _)) = secure.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let _ = answer(stream, |sent| token(sent, entra)).await;
                    }
                });
            }
        });
        Services { plain: ports.0, entra: ports.1, authority, told, runtime: Some(runtime) }
    }

    /// The certificate of the authority that Entra's is from.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    pub fn plain_port(&self) -> u16 {
        self.plain
    }

    pub fn entra_port(&self) -> u16 {
        self.entra
    }

    /// How often a token was told.
    pub fn told(&self) -> usize {
        self.told.load(Ordering::SeqCst)
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
    }
}

/// A refusal that tells the whole request, its headers too.
fn echo(sent: &str, told: &AtomicUsize) -> (u16, String) {
    if sent.contains(WORD) {
        told.fetch_add(1, Ordering::SeqCst);
    }
    let message = format!("not with {sent}");
    (401, json!({"error": {"code": "InvalidAuthenticationToken", "message": message}}).to_string())
}

/// A token whose signature is the word, or a refusal that tells the secret.
fn token(sent: &str, entra: Entra) -> (u16, String) {
    if entra == Entra::Refuses {
        let message = format!("AADSTS7000215: not with {sent}");
        let answer = json!({"error": "invalid_client", "error_description": message, "error_codes": [7_000_215]});
        return (401, answer.to_string());
    }
    let claims =
        json!({"appid": "11111111", "tid": "22222222", "oid": "33333333", "exp": 4_000_000_000_u64, "roles": []});
    let token = format!("e30.{}.{WORD}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    (200, json!({"token_type": "Bearer", "expires_in": 3600, "access_token": token}).to_string())
}

/// One request and its answer.
async fn answer<S>(mut stream: S, say: impl Fn(&str) -> (u16, String)) -> std::io::Result<()>
where
    S: AsyncReadExt + AsyncWriteExt + Unpin,
{
    let mut sent = vec![];
    while !sent.ends_with(b"\r\n\r\n") {
        sent.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&sent).to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|t| t.split("\r\n").next());
    let mut body = vec![0; length.map_or(0, |n| n.parse().unwrap())];
    stream.read_exact(&mut body).await?;
    sent.extend(body);
    let sent = String::from_utf8_lossy(&sent).into_owned();
    let bearer = sent.lines().find(|line| line.to_ascii_lowercase().starts_with("authorization")).unwrap_or_default();
    let (status, text) = say(&sent);
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nwww-authenticate: Bearer error=\"{bearer}\"\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        text.len()
    );
    stream.write_all(format!("{head}{text}").as_bytes()).await?;
    stream.shutdown().await
}

/// An authority, and a certificate of it for `localhost`.
fn certificates() -> (String, ServerConfig) {
    let mut authority = CertificateParams::new(vec![]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap();
    (pem, config)
}
