//! `externaldata` over HTTPS: a server of our own with a CA of our own. What may be asked, what is kept, what is read when
//! the network is gone, and that nothing hangs, grows without end, or leads elsewhere.

use huntline::catalog::{
    Address, Artifact, Env, External, ExternalData, ExternalFormat, ExternalPart, ExternalRows, MemoryCatalog,
};
use huntline::diagnostic::{Code, Diagnostic, Diagnostics, Source, SourceId, Span};
use huntline::engine;
use huntline::external::{Policy, Settings, Store, Timeouts};
use huntline::value::{Column, QueryResult, Schema, Type, Value, datetime};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const LINES: usize = 200_000;

/// A server on this machine, its CA, and a folder for copies.
struct Site {
    port: u16,
    /// Requests so far.
    hits: Arc<AtomicUsize>,
    folder: TempDir,
    runtime: Option<Runtime>,
}

/// A CA, and a certificate of it for `localhost`.
fn certificates() -> (String, ServerConfig) {
    let authority_key = KeyPair::generate().expect("a key");
    let mut authority = CertificateParams::new(vec![]).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = authority.self_signed(&authority_key).expect("a certificate").pem();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().expect("a key");
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let leaf = CertificateParams::new(names).expect("parameters").signed_by(&key, &issuer).expect("a certificate");
    let secret = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], secret)
        .expect("a configuration");
    (pem, config)
}

impl Site {
    fn start() -> Site {
        let folder = tempfile::tempdir().expect("a folder");
        let (pem, config) = certificates();
        std::fs::write(folder.path().join("ca.pem"), pem).expect("a file");
        std::fs::write(folder.path().join("other.pem"), certificates().0).expect("a file");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let hits = Arc::new(AtomicUsize::new(0));
        let (acceptor, counter) = (TlsAcceptor::from(Arc::new(config)), hits.clone());
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, counter) = (acceptor.clone(), counter.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let _ = answer(stream, port, &counter).await;
                    }
                });
            }
        });
        Site { port, hits, folder, runtime: Some(runtime) }
    }

    /// The server is gone.
    fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }

    fn address(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    fn settings(&self, allow: &[&str]) -> Settings {
        let now = datetime::parse("2026-05-01T12:00:00Z").expect("a time");
        Settings {
            policy: Policy { allow: allow.iter().map(|h| (*h).to_owned()).collect(), ..Policy::default() },
            certificates: Some(self.folder.path().join("ca.pem")),
            ..Settings::new(self.folder.path().join("cache"), now)
        }
    }

    fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }

    /// Nothing of a fetch that failed is left behind.
    fn leftovers(&self) -> Vec<PathBuf> {
        let objects = self.folder.path().join("cache/objects");
        let files = std::fs::read_dir(objects).map(|f| f.map(|e| e.expect("an entry").path()).collect::<Vec<_>>());
        files.unwrap_or_default()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop();
    }
}

/// One request and its answer.
async fn answer<S>(mut stream: S, port: u16, hits: &AtomicUsize) -> std::io::Result<()>
where
    S: AsyncReadExt + AsyncWriteExt + Unpin,
{
    let mut request = vec![];
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    hits.fetch_add(1, Ordering::SeqCst);
    let request = String::from_utf8_lossy(&request).to_lowercase();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let head = |status: &str, more: &str| format!("HTTP/1.1 {status}\r\nConnection: close\r\n{more}\r\n");
    match path.split('?').next().unwrap_or_default() {
        "/list.txt" if request.contains("if-none-match: \"v1\"") => {
            stream.write_all(head("304 Not Modified", "").as_bytes()).await?;
        }
        "/list.txt" | "/signed.txt" => {
            let body: String =
                (0..LINES).map(|n| format!("10.{}.{}.{}\r\n", n >> 16, (n >> 8) & 255, n & 255)).collect();
            let length = format!("ETag: \"v1\"\r\nContent-Length: {}\r\n", body.len());
            stream.write_all(head("200 OK", &length).as_bytes()).await?;
            stream.write_all(body.as_bytes()).await?;
        }
        "/hang" => tokio::time::sleep(Duration::from_secs(60)).await,
        "/endless" => {
            stream.write_all(head("200 OK", "Transfer-Encoding: chunked\r\n").as_bytes()).await?;
            let piece = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
            loop {
                stream.write_all(piece.as_bytes()).await?;
            }
        }
        "/cut" => {
            stream.write_all(head("200 OK", "Content-Length: 1000\r\n").as_bytes()).await?;
            stream.write_all(b"only this\n").await?;
        }
        "/page" => {
            let body = "<!doctype html><html>please sign in</html>";
            let more = format!("Content-Type: text/html\r\nContent-Length: {}\r\n", body.len());
            stream.write_all((head("200 OK", &more) + body).as_bytes()).await?;
        }
        "/near" => stream.write_all(head("302 Found", "Location: /list.txt\r\n").as_bytes()).await?,
        "/far" => {
            let place = format!("Location: https://127.0.0.1:{port}/list.txt\r\n");
            stream.write_all(head("307 Temporary Redirect", &place).as_bytes()).await?;
        }
        "/plain" => {
            let place = format!("Location: http://localhost:{port}/list.txt\r\n");
            stream.write_all(head("301 Moved Permanently", &place).as_bytes()).await?;
        }
        "/round" => stream.write_all(head("302 Found", "Location: /round\r\n").as_bytes()).await?,
        _ => stream.write_all(head("404 Not Found", "Content-Length: 0\r\n").as_bytes()).await?,
    }
    stream.flush().await?;
    stream.shutdown().await
}

fn read(settings: Settings, address: &str) -> Result<ExternalRows, Diagnostic> {
    let artifact = Artifact { address: Address::new(address), format: ExternalFormat::Txt };
    let data = ExternalData { artifacts: vec![artifact], ignore_first_record: false, mapping: None };
    Store::new(settings).rows(&data, &Schema::of([("ip", Type::String)]), Span::new(0, 0, SourceId(0)))
}

/// The texts of the one column.
fn texts(rows: &ExternalRows) -> &[String] {
    match rows.parts.as_slice() {
        [ExternalPart::Rows(batch)] => match batch.columns.as_slice() {
            [Column::String(texts)] => texts,
            other => panic!("{} columns", other.len()),
        },
        other => panic!("{} parts", other.len()),
    }
}

fn told(rows: &ExternalRows) -> String {
    rows.warnings.iter().map(|w| w.message.as_str()).collect::<Vec<_>>().join("\n")
}

/// Message and help of a refusal.
fn refused(settings: Settings, address: &str) -> String {
    let error = read(settings, address).map(|rows| told(&rows)).expect_err("a refusal");
    format!("{}\n{}", error.message, error.help.unwrap_or_default())
}

#[test]
fn a_long_list_is_fetched_once_and_read_without_the_network() {
    let mut site = Site::start();
    let list = site.address("/list.txt");
    let text = refused(site.settings(&[]), &list);
    assert!(text.contains("`localhost` may not be asked") && text.contains("--allow-network"), "{text}");
    assert_eq!(site.hits(), 0);

    let rows = read(site.settings(&["localhost"]), &list).expect("rows");
    assert_eq!((texts(&rows).len(), told(&rows)), (LINES, String::new()));
    assert_eq!(texts(&rows)[LINES - 1], "10.3.13.63");

    // Fresh: not asked again. Without leave: the copy, and it is said.
    let rows = read(site.settings(&["localhost"]), &list).expect("rows");
    assert_eq!((texts(&rows).len(), told(&rows), site.hits()), (LINES, String::new(), 1));
    let rows = read(site.settings(&[]), &list).expect("rows");
    assert!(told(&rows).contains("the copy of 2026-05-01 12:00: the network is not used"), "{}", told(&rows));

    // Old: asked again, and dated anew where nothing has changed.
    let later = |site: &Site, days: i64, allow: &[&str]| {
        let settings = site.settings(allow);
        Settings { now: settings.now + days * datetime::TICKS_PER_DAY, ..settings }
    };
    let rows = read(later(&site, 2, &["localhost"]), &list).expect("rows");
    assert_eq!((texts(&rows).len(), told(&rows), site.hits()), (LINES, String::new(), 2));
    let rows = read(later(&site, 2, &[]), &list).expect("rows");
    assert!(told(&rows).contains("the copy of 2026-05-03"), "{}", told(&rows));

    // Old and nobody answers: the copy, and it is said.
    site.stop();
    let rows = read(later(&site, 9, &["localhost"]), &list).expect("rows");
    assert_eq!(texts(&rows).len(), LINES);
    assert!(told(&rows).contains("the copy of 2026-05-03") && told(&rows).contains("no connection"), "{}", told(&rows));
}

#[test]
fn any_host_may_be_asked_when_the_run_allows_it() {
    let site = Site::start();
    let mut settings = site.settings(&[]);
    settings.policy.network = true;
    let rows = read(settings.clone(), &site.address("/near")).expect("rows");
    assert_eq!((texts(&rows).len(), site.hits()), (LINES, 2));
    assert!(refused(settings, &format!("http://localhost:{}/list.txt", site.port)).contains("`https://`"));
}

#[test]
fn redirects_lead_nowhere_else() {
    let site = Site::start();
    let allowed = || site.settings(&["localhost"]);
    let text = refused(allowed(), &site.address("/far"));
    assert!(text.contains("the host `127.0.0.1` (from `https://localhost"), "{text}");
    assert_eq!(site.hits(), 1);
    assert!(refused(allowed(), &site.address("/plain")).contains("without encryption"));
    assert!(refused(allowed(), &site.address("/round")).contains("more than 10 times"));
    assert_eq!(
        texts(&read(site.settings(&["localhost", "127.0.0.1"]), &site.address("/far")).expect("rows")).len(),
        LINES
    );
}

#[test]
fn nothing_hangs_grows_or_is_kept_in_part() {
    let site = Site::start();
    let impatient = |connect, read, total| {
        let millis = Duration::from_millis;
        let timeouts = Timeouts { connect: millis(connect), read: millis(read), total: millis(total) };
        Settings { timeouts, ..site.settings(&["localhost"]) }
    };
    let start = Instant::now();
    assert!(refused(impatient(500, 300, 9000), &site.address("/hang")).contains("no answer in time"));
    assert!(refused(impatient(500, 9000, 300), &site.address("/hang")).contains("longer than 0.3 seconds"));
    assert!(start.elapsed() < Duration::from_secs(8));

    let small = Settings { max_bytes: 1 << 20, ..site.settings(&["localhost"]) };
    assert!(refused(small.clone(), &site.address("/endless")).contains("larger than the limit of 1048576 bytes"));
    assert!(refused(small, &site.address("/list.txt")).contains("larger than the limit"), "its length says so");
    let cut = refused(site.settings(&["localhost"]), &site.address("/cut"));
    assert!(cut.contains("cannot be fetched"), "{cut}");
    assert!(refused(site.settings(&["localhost"]), &site.address("/none")).contains("404"));
    assert_eq!(site.leftovers(), Vec::<PathBuf>::new());
}

#[test]
fn a_wrong_certificate_is_no_answer() {
    let site = Site::start();
    let wrong = Settings { certificates: Some(site.folder.path().join("other.pem")), ..site.settings(&["localhost"]) };
    let text = refused(wrong, &site.address("/list.txt"));
    assert!(text.contains("certificate"), "{text}");
    let none = Settings { certificates: Some(site.folder.path().join("none.pem")), ..site.settings(&["localhost"]) };
    assert!(refused(none, &site.address("/list.txt")).contains("none.pem"));
    assert_eq!(site.hits(), 0);
}

#[test]
fn pages_are_told_and_secrets_are_not() {
    let site = Site::start();
    let rows = read(site.settings(&["localhost"]), &site.address("/page")).expect("rows");
    assert!(told(&rows).contains("looks like a web page"), "{}", told(&rows));
    let signed = site.address("/signed.txt?sv=1&sig=s3cret");
    assert_eq!(texts(&read(site.settings(&["localhost"]), &signed).expect("rows")).len(), LINES);
    let other = site.address("/signed.txt?sv=2&sig=0ther");
    let rows = read(site.settings(&[]), &other).expect("the copy");
    assert!(!told(&rows).contains("0ther") && site.hits() == 2, "{}", told(&rows));
    for file in std::fs::read_dir(site.folder.path().join("cache/index")).expect("a folder") {
        let text = std::fs::read_to_string(file.expect("an entry").path()).expect("text");
        assert!(!text.contains("s3cret"), "{text}");
    }
    for text in [
        refused(site.settings(&["localhost"]), &site.address("/none?token=s3cret")),
        refused(site.settings(&["localhost"]), &site.address("/x;s3cret")),
    ] {
        assert!(!text.contains("s3cret"), "{text}");
    }
}

/// What a query answers where these settings hold.
fn query(settings: Settings, text: &str) -> Result<QueryResult, Diagnostics> {
    let mut env = Env::new(Arc::new(MemoryCatalog::default()), settings.now);
    env.external = Some(Arc::new(Store::new(settings)));
    let mut results = engine::run(&Source::new(SourceId(0), "query", text), &env)?;
    Ok(results.pop().expect("a result"))
}

#[test]
fn a_query_reads_a_list_and_tells_where_it_is_from() {
    let site = Site::start();
    let list = site.address("/list.txt");
    let text = format!("externaldata(ip:string) [@'{list}'] with (format='txt') | where ip == '10.3.13.63'");
    let refused = query(site.settings(&[]), &text).expect_err("a refusal");
    assert_eq!(refused.0.first().map(|d| d.code), Some(Code::NotAllowed), "{refused}");
    assert!(refused.0.iter().all(|d| d.span.is_some() && d.help.is_some()));

    let rows = query(site.settings(&["localhost"]), &text).expect("rows");
    let expected = vec![Value::String("10.3.13.63".to_owned())];
    assert_eq!((rows.iter_rows().collect::<Vec<_>>(), rows.warnings.len()), (vec![expected.clone()], 0));
    let rows = query(site.settings(&[]), &text).expect("rows of the copy");
    assert_eq!(rows.iter_rows().collect::<Vec<_>>(), vec![expected]);
    assert_eq!(rows.warnings.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::EarlierCopy]);
}

#[test]
fn a_query_reads_files_of_this_machine() {
    let site = Site::start();
    let file = |name: &str, text: &str| {
        let path = site.folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let (one, two) = (file("one.csv", "name,n\n\"a, b\",1\n"), file("two.csv", "name,n\nc,x\n"));
    let text = format!("externaldata(name:string, n:long) [@'{one}', @'file://{two}'] with (ignoreFirstRecord=true)");
    let result = query(site.settings(&[]), &text).expect("rows");
    let name = |text: &str| Value::String(text.to_owned());
    let expected = [vec![name("a, b"), Value::Long(1)], vec![name("c"), Value::Null]];
    assert_eq!(result.iter_rows().collect::<Vec<_>>(), expected);
    assert_eq!(result.warnings.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::BadRow]);
}
