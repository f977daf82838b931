//! The identities against Microsoft Entra's token endpoint, as far as they go.

use super::*;
use azure_core::credentials::{AccessToken, TokenRequestOptions};
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
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
            false => Err(down()),
        };
        Box::pin(async move { answer })
    }
}

/// What the library says of a network that is down: the reason lies at the bottom, here with what was to be sent.
fn down() -> azure_core::Error {
    let cause = std::io::Error::other("down, with hunter2-hunter2");
    let inner = azure_core::Error::with_error(ErrorKind::Connection, cause, "retry policy expired");
    azure_core::Error::with_error(ErrorKind::Credential, inner, "Counter authentication failed. retry policy expired")
}

async fn tokens(life: i64, end: u32) -> (Vec<String>, bool) {
    let credential = Arc::new(Counter { calls: AtomicU32::new(0), life, end });
    let auth = Auth::Entra { credential, secret: Some(Secret::new("hunter2-hunter2")) };
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
    assert_eq!(seen[1], "no token: retry policy expired (down, with [secret])");
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
fn developer_tools_take_no_tenant() {
    let mut settings = Settings::new("s", "g", "w", Identity::DeveloperTools);
    settings.tenant = Some("contoso".into());
    let told = Auth::new(&settings, |_| panic!("nothing is sent")).err().unwrap().0;
    assert!(told.contains("developer_tools") && told.contains("takes no tenant"), "{told}");
}

#[test]
fn a_secret_is_never_shown() {
    let identity = Identity::ClientSecret { client: "app".into(), secret: Secret::new("hunter2") };
    let settings = Settings::new("s", "g", "w", identity);
    assert!(!format!("{settings:?}").contains("hunter2"));
}

/// The key that everybody knows, and a certificate of it that is valid from one year to another.
fn certificate(key: &str, from: i32, to: i32) -> String {
    let pair = rcgen::KeyPair::from_pem_and_sign_algo(PKCS8, &rcgen::PKCS_RSA_SHA256).unwrap();
    format!("{}{key}", certificate_of(&pair, from, to))
}

fn certificate_of(pair: &rcgen::KeyPair, from: i32, to: i32) -> String {
    let mut params = rcgen::CertificateParams::new(vec![]).unwrap();
    (params.not_before, params.not_after) = (rcgen::date_time_ymd(from, 1, 1), rcgen::date_time_ymd(to, 1, 1));
    params.self_signed(pair).unwrap().pem()
}

const PKCS8: &str = include_str!("../../../tests/keys/throwaway-pkcs8.pem");
const PKCS1: &str = include_str!("../../../tests/keys/throwaway-pkcs1.pem");

fn with_certificate(pem: &str) -> Settings {
    let identity = Identity::ClientCertificate { client: "the-app".into(), pem: Secret::new(pem) };
    let mut settings = Settings::new("s", "g", "w", identity);
    settings.tenant = Some("contoso".into());
    settings.authority_url = Some("https://login.example".into());
    settings
}

/// Microsoft Entra, which takes a statement only when its signature and its claims are right.
#[derive(Debug)]
struct Judge {
    certificate: Vec<u8>,
    seen: std::sync::Mutex<Vec<String>>,
}

impl Judge {
    fn new(pem: &str) -> Judge {
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec();
        Judge { certificate, seen: std::sync::Mutex::default() }
    }

    fn judge(&self, request: &Request) {
        let azure_core::http::Body::Bytes(body) = request.body() else { panic!("no bytes") };
        let form: Vec<_> = Url::parse(&format!("x:?{}", std::str::from_utf8(body).unwrap()))
            .unwrap()
            .query_pairs()
            .into_owned()
            .collect();
        let field = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).unwrap();
        assert_eq!((field("client_id"), field("grant_type"), field("scope")), ("the-app", "client_credentials", "s"));
        assert_eq!(field("client_assertion_type"), "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        let statement = field("client_assertion");
        let (text, signature) = statement.rsplit_once('.').unwrap();
        let key = der::fields(&self.certificate).unwrap().public_key;
        let key = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key);
        key.verify(text.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        let parts: Vec<serde_json::Value> =
            text.split('.').map(|p| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(p).unwrap()).unwrap()).collect();
        let digest = ring::digest::digest(&ring::digest::SHA256, &self.certificate);
        let header = serde_json::json!({"alg": "PS256", "typ": "JWT", "x5t#S256": URL_SAFE_NO_PAD.encode(digest)});
        assert_eq!(parts[0], header);
        let (claims, now) = (&parts[1], OffsetDateTime::now_utc().unix_timestamp());
        assert_eq!(claims["aud"], request.url().as_str());
        assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some("the-app"), Some("the-app")));
        let (begin, end) = (claims["nbf"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
        assert!(begin <= now && now - begin < 60 && end - begin == 600, "{claims}");
        self.seen.lock().unwrap().push(claims["jti"].as_str().unwrap().to_owned());
    }
}

impl HttpClient for Judge {
    fn execute_request<'a, 'b, 'c>(
        &'a self,
        request: &'b Request,
    ) -> Pin<Box<dyn Future<Output = azure_core::Result<AsyncRawResponse>> + Send + 'c>>
    where
        'a: 'c,
        'b: 'c,
    {
        self.judge(request);
        let body = r#"{"token_type":"Bearer","expires_in":0,"access_token":"abc"}"#;
        Box::pin(async move { Ok(AsyncRawResponse::from_bytes(200u16.into(), Headers::new(), body)) })
    }
}

#[tokio::test]
async fn a_certificate_becomes_a_token_by_a_statement_that_holds() {
    for key in [PKCS8, PKCS1] {
        let pem = certificate(key, 2020, 2090);
        // Another certificate before it, as in a file with its chain.
        let chain = certificate_of(&rcgen::KeyPair::generate().unwrap(), 2020, 2090);
        let judge = Arc::new(Judge::new(&pem));
        let transport = |_| Ok(Transport::new(Arc::clone(&judge) as Arc<dyn HttpClient>));
        let auth = Auth::new(&with_certificate(&format!("{chain}{pem}")), transport).unwrap();
        for _ in 0..2 {
            let token = auth.token(&Slot::default(), "s", Duration::from_secs(5)).await.unwrap();
            assert_eq!(token.expose(), "abc");
        }
        let seen = judge.seen.lock().unwrap();
        assert!(seen.len() == 2 && seen[0] != seen[1], "each statement has an id of its own: {seen:?}");
    }
}

#[test]
fn a_certificate_that_cannot_work_is_told_before_anything_is_sent() {
    let good = certificate(PKCS8, 2020, 2090);
    let other = certificate_of(&rcgen::KeyPair::generate().unwrap(), 2020, 2090);
    let curve = rcgen::KeyPair::generate().unwrap().serialize_pem();
    for (pem, why) in [
        (certificate(PKCS8, 2020, 2021), "expired at 2021-01-01T00:00:00Z"),
        (certificate(PKCS8, 2090, 2091), "not valid before 2090-01-01T00:00:00Z"),
        (format!("{other}{PKCS8}"), "does not belong"),
        (PKCS8.to_owned(), "no certificate"),
        (certificate("", 2020, 2090), "no private key"),
        (format!("{other}{curve}"), "RSA keys"),
        (good.replace("BEGIN PRIVATE KEY", "BEGIN ENCRYPTED PRIVATE KEY"), "has a password"),
        (good.replace("\nM", "\n!M"), "damaged"),
        ("0\u{82}".to_owned(), "openssl pkcs12"),
    ] {
        let fault = Auth::new(&with_certificate(&pem), |_| panic!("nothing is sent")).err().unwrap().0;
        assert!(fault.contains(why), "{why}: {fault}");
    }
}
