//! Paths and objects become sources. The service is a small one of our own, on this machine.

mod server;

use super::expand::{Found, find};
use super::object::Object;
use super::place::Handle;
use super::remote::Remote;
use super::*;
use crate::diagnostic::{Code, Diagnostic};
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt};
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
