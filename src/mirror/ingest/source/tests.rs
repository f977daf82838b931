//! Paths and objects become sources. The service is a small one of our own, on this machine.

mod server;

use super::expand::{Found, find};
use super::object::Object;
use super::place::Handle;
use super::remote::Remote;
use super::*;
use crate::diagnostic::{Code, Diagnostic};
use crate::mirror::ingest::output::{Failure, Message, Settings, Summary};
use crate::mirror::ingest::reader;
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use server::Server;
use std::path::PathBuf;

fn names(sources: &[Source]) -> Vec<&str> {
    sources.iter().map(|s| s.name.as_str()).collect()
}

fn text_of(source: &Source) -> String {
    let Place::In(origin, part) = &source.place else { panic!() };
    let handle = origin.open().unwrap();
    let range = part.range(&handle, handle.stamp().unwrap().bytes).unwrap();
    let mut text = String::new();
    handle.read(range).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// The options of a run against the service.
fn options(server: &Server, more: &[(&str, &str)]) -> RemoteOptions {
    let all = [
        ("AZURE_STORAGE_ACCOUNT", "acc"),
        ("AZURE_STORAGE_ENDPOINT", server.address.as_str()),
        ("AZURE_ALLOW_HTTP", "true"),
    ];
    RemoteOptions::new(all.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
}

fn remote(server: &Server, address: &str, more: &[(&str, &str)]) -> Result<Vec<Source>, Diagnostic> {
    let how = Expand { named: true, remote: options(server, more) };
    expand(&[PathBuf::from(address)], &how)
}

const SIGNED: (&str, &str) = ("AZURE_STORAGE_SAS_TOKEN", "sv=2024-01-01&sig=planted-secret");

#[test]
fn paths_patterns_and_files_by_address() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["b.json", "a/2.json", "a/1.json", "a/.hidden", "a/.git/x"] {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "{\"n\":1}\n").unwrap();
    }
    let root = dir.path().display().to_string();
    let found = |path: &str| {
        let sources = expand(&[PathBuf::from(path)], &Expand::default())?;
        let named = sources.iter().any(|s| s.named);
        Ok((sources.iter().map(|s| s.name.replace(&root, "")).collect::<Vec<_>>(), named))
    };
    assert_eq!(found(&root), Ok((vec!["/a/1.json".into(), "/a/2.json".into(), "/b.json".into()], false)));
    assert_eq!(found(&format!("{root}/a/*.json")), Ok((vec!["/a/1.json".into(), "/a/2.json".into()], false)));
    assert_eq!(found(&format!("file://{root}/b.json")), Ok((vec!["/b.json".into()], true)));
    let missing: Diagnostic = found(&format!("{root}/c*")).unwrap_err();
    assert!(missing.message.contains("nothing matches"), "{}", missing.message);
    assert_eq!(found(&format!("{root}/c")).unwrap_err().code, Code::CannotRead);
    let awaited = expand(&[PathBuf::from(format!("{root}/c*"))], &Expand { named: false, ..Expand::default() });
    assert!(awaited.unwrap().is_empty(), "what is waited for may not be there yet");
}

#[test]
fn a_service_is_listed_and_read() {
    let server = Server::start();
    let folder = "am-deviceevents/y=2026";
    server.put(&format!("{folder}/h=02/PT1H.json"), "{\"n\":3}\n");
    server.put(&format!("{folder}/h=01/PT1H.json"), "{\"n\":1}\n{\"n\":2}\n");
    server.put(&format!("{folder}/h=01/.part"), "x");
    server.put(&format!("{folder}/empty"), "");
    server.put("other/x.csv", "a,b\n1,2\n");
    let sources = remote(&server, "az://logs/am-deviceevents", &[SIGNED]).unwrap();
    let base = "az://logs/am-deviceevents/y=2026";
    assert_eq!(names(&sources), [format!("{base}/h=01/PT1H.json"), format!("{base}/h=02/PT1H.json")]);
    assert_eq!(text_of(&sources[0]), "{\"n\":1}\n{\"n\":2}\n");
    assert_eq!((sources[0].named, sources[0].bytes), (false, 16));
    assert_eq!(sources[0].table().as_deref(), Some("DeviceEvents"));
    assert_eq!(sources[0].identity(None).unwrap(), sources[0].name);
    let one = remote(&server, "az://logs/other/x.csv", &[SIGNED]).unwrap();
    assert_eq!((names(&one), one[0].named), (vec!["az://logs/other/x.csv"], true));
    let pattern = remote(&server, "az://logs/*/y=2026/*/PT1H.json", &[SIGNED]).unwrap();
    assert_eq!(pattern.len(), 2);
    assert!(remote(&server, "az://logs/*/nothing", &[SIGNED]).unwrap_err().message.contains("nothing matches"));
}

#[test]
fn what_a_service_refuses_is_said_without_secrets() {
    let server = Server::start();
    server.put("x.json", "{\"n\":1}\n");
    let missing = remote(&server, "az://logs/y.json", &[SIGNED]).unwrap_err();
    assert_eq!(missing.message, "`az://logs/y.json` cannot be read: there is no such object or container");
    let wrong = ("AZURE_STORAGE_SAS_TOKEN", "sv=2024-01-01&sig=wrong-secret");
    let refused = remote(&server, "az://logs/x.json", &[wrong]).unwrap_err();
    assert!(refused.message.contains("may not read it"), "{}", refused.message);
    assert!(refused.help.as_ref().unwrap().contains("AZURE_STORAGE_ACCOUNT_KEY"));
    server.fail(500);
    let failed = remote(&server, "az://logs/x.json", &[SIGNED]).unwrap_err();
    server.fail(200);
    let nowhere = ("AZURE_STORAGE_ENDPOINT", "http://127.0.0.1:1/acc");
    let unreachable = remote(&server, "az://logs/x.json", &[SIGNED, nowhere]).unwrap_err();
    assert!(unreachable.message.contains("its host cannot be reached"), "{}", unreachable.message);
    let none = expand(&[PathBuf::from("az://logs/x.json")], &Expand::default()).unwrap_err();
    assert!(none.help.as_ref().unwrap().contains("AZURE_STORAGE_ACCOUNT_NAME"), "{none:?}");
    for told in [missing, refused, failed, unreachable, none] {
        let told = format!("{told:?}");
        assert!(!told.contains("secret") && !told.contains("sig="), "{told}");
    }
    let options = options(&server, &[SIGNED]);
    assert!(!format!("{options:?}").contains("secret"));
}

#[test]
fn other_services_are_asked_where_they_are() {
    let server = Server::start();
    let refused = |address: &str, options: &[(&str, &str)]| {
        let options = options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let how = Expand { named: true, remote: RemoteOptions::new(options) };
        let before = server.asked();
        let error = expand(&[address.into()], &how).unwrap_err();
        assert!(server.asked() > before, "{error:?}");
        assert!(error.message.contains("may not read it"), "{error:?}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        error.help.unwrap()
    };
    let keys = [("AWS_ACCESS_KEY_ID", "somebody"), ("AWS_SECRET_ACCESS_KEY", "secret-key")];
    let place = [("AWS_ENDPOINT_URL", server.address.as_str()), ("AWS_ALLOW_HTTP", "true"), ("AWS_REGION", "eu")];
    assert!(
        refused("s3://bucket/x", &[keys, [place[0], place[1]], [place[2], place[2]]].concat()).contains("AWS_REGION")
    );
    let account = serde_json::json!({
        "gcs_base_url": server.address, "disable_oauth": true, "client_email": "", "private_key": "", "private_key_id": "",
    });
    let account = account.to_string();
    let google = [("GOOGLE_SERVICE_ACCOUNT_KEY", account.as_str()), ("GOOGLE_ALLOW_HTTP", "true")];
    assert!(refused("gs://bucket/x", &google).contains("GOOGLE_SERVICE_ACCOUNT"));
}

#[test]
fn objects_of_a_run_share_a_connection_string() {
    let server = Server::start();
    server.put("x.json", "{\"n\":1}\n");
    let text = format!("AccountName=acc;SharedAccessSignature={};BlobEndpoint={}/", SIGNED.1, server.address);
    let how = RemoteOptions::new([
        ("AZURE_STORAGE_CONNECTION_STRING".to_owned(), text),
        ("AZURE_ALLOW_HTTP".to_owned(), "true".to_owned()),
    ]);
    let found = find(&["az://logs/x.json".into()], &Expand { named: true, remote: how }).unwrap();
    assert!(matches!(&found[..], [Found::Object(object, true)] if object.key() == "x.json"));
}

/// An object in memory.
fn in_memory(bytes: &[u8]) -> (Arc<InMemory>, Arc<Remote>, Arc<Object>) {
    let store = Arc::new(InMemory::new());
    let remote = Remote::over(store.clone());
    put(&store, &remote, bytes);
    let object = remote.one("x").unwrap();
    (store, remote, object)
}

fn put(store: &InMemory, remote: &Remote, bytes: &[u8]) {
    let _ = remote.runtime.block_on(store.put(&Key::from("x"), bytes.to_vec().into())).unwrap();
}

#[test]
fn ranges_of_objects_come_in_blocks() {
    let bytes: Vec<u8> = (0..9_500_000u32).map(|n| (n % 251) as u8).collect();
    let (_, _, object) = in_memory(&bytes);
    let handle = Origin::Object(object).open().unwrap();
    for range in [0..bytes.len() as u64, 1..5, 4_194_300..8_388_700, 7..7] {
        let mut read = Vec::new();
        handle.read(range.clone()).unwrap().read_to_end(&mut read).unwrap();
        assert!(read == bytes[range.start as usize..range.end as usize], "{range:?}");
    }
}

#[test]
fn an_object_that_changes_while_it_is_read_is_seen() {
    let (store, remote, object) = in_memory(b"one\ntwo\n");
    let open = || {
        let handle = Origin::Object(object.clone()).open().unwrap();
        let before = handle.stamp().unwrap();
        (handle, before)
    };
    let read = |handle: &Handle| handle.read(0..8).and_then(|mut r| r.read_to_end(&mut Vec::new()));
    let (handle, before) = open();
    read(&handle).unwrap();
    assert!(before.holds(&handle.stamp().unwrap(), false));
    put(&store, &remote, b"one\ntwo\nthree\n");
    let (handle, before) = open();
    read(&handle).unwrap();
    let now = handle.stamp().unwrap();
    assert!(before.holds(&now, true) && !before.holds(&now, false));
    put(&store, &remote, b"one\nTWO\n");
    let (handle, before) = open();
    read(&handle).unwrap();
    assert!(!before.holds(&handle.stamp().unwrap(), true));
    remote.runtime.block_on(store.delete(&Key::from("x"))).unwrap();
    assert!(read(&open().0).unwrap_err().to_string().contains("there is no such object"));
}

/// Reads sources, and remembers what was taken of them.
fn import(sources: &[Source], taken: &mut Taken) -> Vec<Summary> {
    let settings = Settings {
        guess: Some("DeviceEvents".into()),
        known: Some(Arc::new(taken.clone())),
        may_grow: true,
        ..Settings::default()
    };
    let mut ends = vec![];
    for source in sources {
        let mut send = |message| {
            if let Message::End(summary) = message {
                ends.push(summary);
            }
            Ok(())
        };
        reader::read(source, settings.clone(), &mut send).unwrap();
    }
    for end in ends.iter().filter(|end| end.failure.is_none()) {
        taken.add(end.identity.as_deref(), end.mark.as_deref().unwrap(), end.version.as_deref());
    }
    ends
}

#[test]
fn an_hour_blob_that_grew_gives_only_its_new_part() {
    let server = Server::start();
    let lines = |numbers: std::ops::Range<u32>| numbers.map(|n| format!("{{\"ReportId\":{n}}}\n")).collect::<String>();
    let (key, address) = ("h=01/PT1H.json", "az://logs/h=01");
    let mut taken = Taken::default();
    let mut round = |text: &str| {
        server.put(key, text);
        let before = server.asked();
        let end = import(&remote(&server, address, &[SIGNED]).unwrap(), &mut taken).swap_remove(0);
        (end, server.asked() - before)
    };
    let first = round(&(lines(0..3) + "{\"Report")).0;
    assert_eq!((first.rows, first.version.as_ref()), (3, None), "its last line is not finished");
    let second = round(&lines(0..5)).0;
    assert_eq!((second.rows, second.grown_from), (2, Some(first.consumed)));
    assert_eq!(second.consumed, lines(0..5).len() as u64);
    let (third, asked) = round(&lines(0..5));
    assert!(matches!(third.failure, Some(Failure::Repeated)));
    assert_eq!(asked, 1, "the list says that it is the same: it is not asked for");
    let fourth = round(&lines(1..7)).0;
    assert_eq!((fourth.rows, fourth.grown_from), (6, None), "it was written anew");
}

#[test]
fn archives_in_a_service_are_read_from_within() {
    use std::io::Write;
    let server = Server::start();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    zip.start_file("DeviceInfo.json", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"{\"ReportId\":1}\n{\"ReportId\":2}\n").unwrap();
    server.put_bytes("packed.zip", zip.finish().unwrap().into_inner());
    let sources = remote(&server, "az://logs/packed.zip", &[SIGNED]).unwrap();
    assert_eq!(sources[0].identity(None).unwrap(), "az://logs/packed.zip!DeviceInfo.json");
    assert_eq!(sources[0].table().as_deref(), Some("DeviceInfo"));
    let mut taken = Taken::default();
    assert_eq!(import(&sources, &mut taken)[0].rows, 2);
    assert!(matches!(import(&sources, &mut taken)[0].failure, Some(Failure::Repeated)));
}

#[test]
fn a_watched_address_keeps_its_signature_to_itself() {
    let server = Server::start();
    server.put("x.json", "{\"ReportId\":1}\n");
    let how = Expand { named: false, remote: options(&server, &[]) };
    let roots = [PathBuf::from(format!("az://logs/x.json?{}", SIGNED.1))];
    let listing = list(&roots, &how).unwrap();
    assert!(!format!("{listing:?}").contains("planted"));
    let seen = &listing["az://logs/x.json"];
    assert_eq!(names(&expand(std::slice::from_ref(&seen.path), &how).unwrap()), ["az://logs/x.json"]);
}
