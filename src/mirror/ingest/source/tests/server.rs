//! As much of Azure Blob Storage as a reader needs: lists, ranges, signatures that are checked, failures on demand.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

type Blobs = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// The service, with one container `logs` of the account `acc`.
pub struct Server {
    /// Its address, with the account.
    pub address: String,
    blobs: Blobs,
    status: Arc<AtomicU16>,
    asked: Arc<AtomicU16>,
}

impl Server {
    pub fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/acc", listener.local_addr().unwrap());
        let server =
            Server { address, blobs: Blobs::default(), status: Arc::new(AtomicU16::new(200)), asked: Arc::default() };
        let (blobs, status, asked) = (server.blobs.clone(), server.status.clone(), server.asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                asked.fetch_add(1, Ordering::Relaxed);
                let _ = answer(stream.unwrap(), &blobs, status.load(Ordering::Relaxed));
            }
        });
        server
    }

    pub fn put(&self, name: &str, text: &str) {
        self.put_bytes(name, text.into());
    }

    pub fn put_bytes(&self, name: &str, bytes: Vec<u8>) {
        self.blobs.lock().unwrap().insert(name.into(), bytes);
    }

    /// How many requests there were.
    pub fn asked(&self) -> u16 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Answers everything with this status; 200 as it should be.
    pub fn fail(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }
}

fn answer(mut stream: TcpStream, blobs: &Blobs, status: u16) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let mut range = None;
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(bytes) = line.strip_prefix("range: bytes=").or_else(|| line.strip_prefix("x-ms-range: bytes=")) {
            let (from, to) = bytes.split_once('-').unwrap();
            range = Some((from.parse::<usize>().unwrap(), to.parse::<usize>().unwrap()));
        }
    }
    let mut parts = request.split(' ');
    let (method, target) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query: BTreeMap<String, String> = query.split('&').filter_map(|p| p.split_once('=')).map(decoded).collect();
    let blobs = blobs.lock().unwrap().clone();
    let (status, headers, body) = if status != 200 {
        (status, String::new(), b"<Error>sig=planted-secret</Error>".to_vec())
    } else if query.get("sig").map(String::as_str) != Some("planted-secret") {
        (403, String::new(), b"<Error>the signature wrong-secret is another one</Error>".to_vec())
    } else if query.get("comp").map(String::as_str) == Some("list") {
        (200, String::new(), list(&blobs, query.get("prefix").map_or("", |p| p)).into_bytes())
    } else {
        let name = decoded(("", path.strip_prefix("/acc/logs/").unwrap_or(""))).1;
        blob(blobs.get(&name), range)
    };
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n")?;
    if method != "HEAD" {
        stream.write_all(&body)?;
    }
    stream.flush()
}

fn decoded((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned())
}

fn tag(bytes: &[u8]) -> String {
    format!("\"{:x}\"", xxhash_rust::xxh64::xxh64(bytes, 0))
}

fn blob(bytes: Option<&Vec<u8>>, range: Option<(usize, usize)>) -> (u16, String, Vec<u8>) {
    let Some(bytes) = bytes else { return (404, String::new(), b"<Error>BlobNotFound</Error>".to_vec()) };
    let about = format!("ETag: {}\r\nLast-Modified: Mon, 01 Jun 2026 00:00:00 GMT\r\n", tag(bytes));
    match range {
        None => (200, about, bytes.clone()),
        Some((from, to)) => {
            let end = (to + 1).min(bytes.len());
            let about = format!("{about}Content-Range: bytes {from}-{}/{}\r\n", end - 1, bytes.len());
            (206, about, bytes[from..end].to_vec())
        }
    }
}

fn list(blobs: &BTreeMap<String, Vec<u8>>, prefix: &str) -> String {
    // In no order of names, since the reader sorts; e-tags without quotes, as the service does.
    let blobs = blobs.iter().rev().filter(|(name, _)| name.starts_with(prefix)).map(|(name, bytes)| {
        format!(
            "<Blob><Name>{name}</Name><Properties><Last-Modified>Mon, 01 Jun 2026 00:00:00 GMT</Last-Modified>\
             <Etag>{}</Etag><Content-Length>{}</Content-Length><Content-Type>x</Content-Type></Properties></Blob>",
            tag(bytes).trim_matches('"'),
            bytes.len()
        )
    });
    let blobs: String = blobs.collect();
    format!("<?xml version=\"1.0\"?><EnumerationResults><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>")
}
