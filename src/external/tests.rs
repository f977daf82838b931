//! Reading of files and copies, without a network.

use super::*;
use crate::catalog::ColumnSource;
use crate::value::{Type, Value};
use std::io::Write;
use std::path::Path;

const SPAN: Span = Span { start: 0, end: 0, source: crate::diagnostic::SourceId(0) };

/// A day in 2026, in ticks.
fn now() -> i64 {
    datetime::parse("2026-05-01T12:00:00Z").unwrap()
}

fn data(format: ExternalFormat, addresses: &[&str]) -> ExternalData {
    let artifacts = addresses.iter().map(|a| Artifact { address: Address::new(a), format }).collect();
    ExternalData { artifacts, ignore_first_record: false, mapping: None }
}

fn rows_of(part: &ExternalPart) -> Vec<Vec<Value>> {
    match part {
        ExternalPart::Rows(batch) => (0..batch.rows).map(|row| batch.row(row)).collect(),
        ExternalPart::Parquet(path) => panic!("parquet at {}", path.display()),
    }
}

/// What a file of these bytes gives: rows, and texts of warnings; or the message.
fn read(
    bytes: &[u8],
    schema: &[(&str, Type)],
    change: impl FnOnce(&mut ExternalData),
    format: ExternalFormat,
) -> Result<(Vec<Vec<Value>>, String), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    std::fs::write(&path, bytes).unwrap();
    let mut data = data(format, &[path.to_str().unwrap()]);
    change(&mut data);
    let settings = Settings { max_unpacked: 1 << 20, ..Settings::new(folder.path().join("cache"), now()) };
    let schema = Schema::of(schema.iter().copied());
    let read = Store::new(settings).rows(&data, &schema, SPAN).map_err(|d| d.message)?;
    let told: Vec<&str> = read.warnings.iter().map(|w| w.message.as_str()).collect();
    Ok((rows_of(&read.parts[0]), told.join("\n")))
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

const AB: &[(&str, Type)] = &[("a", Type::String), ("b", Type::Long)];

#[test]
fn csv_with_quotes_line_ends_and_ragged_rows() {
    let bytes = b"\xef\xbb\xbfname,n\r\n\"x, \"\"y\"\"\nz\",7,extra\r\n\r\nshort\nw,many\n";
    let (rows, told) = read(bytes, AB, |d| d.ignore_first_record = true, ExternalFormat::Csv).unwrap();
    let expected =
        [vec![text("x, \"y\"\nz"), Value::Long(7)], vec![text("short"), Value::Null], vec![text("w"), Value::Null]];
    assert_eq!(rows, expected);
    assert!(told.contains("1 value of `b` that is no long"), "{told}");
    let (rows, told) = read(b"a,1\n\"open,2\nb,3\n", AB, |_| {}, ExternalFormat::Csv).unwrap();
    assert_eq!(rows.len(), 2);
    assert!(told.contains("has no end"), "{told}");
}

#[test]
fn separators_and_escapes() {
    for (format, bytes) in [
        (ExternalFormat::Tsv, &b"x\t1\n"[..]),
        (ExternalFormat::Psv, b"x|1\n"),
        (ExternalFormat::Scsv, b"x;1"),
        (ExternalFormat::Sohsv, b"x\x011\r\n"),
    ] {
        assert_eq!(read(bytes, AB, |_| {}, format).unwrap().0, [vec![text("x"), Value::Long(1)]], "{format:?}");
    }
    let (rows, _) = read(b"\"x\\ty\\\\z\t5\n", AB, |_| {}, ExternalFormat::Tsve).unwrap();
    assert_eq!(rows, [vec![text("\"x\ty\\z"), Value::Long(5)]]);
}

#[test]
fn txt_and_raw_are_one_field() {
    let bytes = b"# head, with commas\r\n\r\n10.0.0.1\n\xff\n";
    let (rows, told) = read(bytes, AB, |_| {}, ExternalFormat::Txt).unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0], [text("# head, with commas"), Value::Null]);
    assert_eq!(rows[2][0], text("\u{fffd}"));
    assert!(told.contains("1 value with bytes that are no UTF-8"), "{told}");
    let (rows, _) = read(b"a\n\nb\n", &AB[..1], |_| {}, ExternalFormat::Raw).unwrap();
    assert_eq!(rows, [vec![text("a\n\nb\n")]]);
    assert!(read(b"", AB, |_| {}, ExternalFormat::Txt).unwrap().1.contains("has no record"));
}

#[test]
fn json_by_name_and_by_path() {
    let lines = b"{\"b\":\"5\",\"a\":[1, 2]}\n\noops\n{\"a\":true}\n7\n";
    let (rows, told) = read(lines, AB, |_| {}, ExternalFormat::Json).unwrap();
    assert_eq!(rows, [vec![text("[1,2]"), Value::Long(5)], vec![text("true"), Value::Null]]);
    assert!(told.contains("2 records that cannot be read"), "{told}");
    for many in [
        &b"[{\"a\":\"x\",\n\"b\":1},{\"b\":2.0}]"[..],
        b"{\"a\":\"x\",\"b\":1}{\"b\":2}\n",
        b" {\"a\":\"x\",\"b\":1}\n[{\"b\":2}]",
    ] {
        let (rows, _) = read(many, AB, |_| {}, ExternalFormat::MultiJson).unwrap();
        assert_eq!(rows, [vec![text("x"), Value::Long(1)], vec![text(""), Value::Long(2)]]);
    }
    let mapping = |d: &mut ExternalData| {
        d.mapping = Some(vec![ColumnSource::Path("$.x['y z'][1]".to_owned()), ColumnSource::Constant("9".to_owned())]);
    };
    let (rows, _) = read(b"{\"x\":{\"y z\":[0,\"in\"]}}", AB, mapping, ExternalFormat::SingleJson).unwrap();
    assert_eq!(rows, [vec![text("in"), Value::Long(9)]]);
    assert!(read(b"{} {}", AB, |_| {}, ExternalFormat::SingleJson).unwrap_err().contains("more than one"));
    assert!(read(b"{\"a\":1,}", AB, |_| {}, ExternalFormat::MultiJson).unwrap_err().contains("is not multijson"));
    assert!(read(b"[\n{\n", AB, |_| {}, ExternalFormat::Json).unwrap_err().contains("no line"));
}

#[test]
fn types_convert_as_their_functions_do() {
    let schema = [("t", Type::Datetime), ("g", Type::Guid), ("d", Type::Dynamic), ("x", Type::Real), ("y", Type::Bool)];
    let bytes = b"2026-05-01 12:00,{E1EF54A6-C6F2-4389-836E-D289B37BCFE0},\"{\"\"k\"\":[1]}\",1e3,TRUE\n";
    let (rows, told) = read(bytes, &schema, |_| {}, ExternalFormat::Csv).unwrap();
    assert_eq!(rows[0][0], Value::Datetime(now()));
    assert_eq!(rows[0][2], Value::Dynamic(serde_json::json!({"k": [1]})));
    assert_eq!(rows[0][3..], [Value::Real(1000.0), Value::Bool(true)]);
    assert!(matches!(rows[0][1], Value::Guid(_)) && told.is_empty(), "{told}");
}

#[test]
fn packed_and_wide_texts_are_told_by_their_bytes() {
    let mut gz = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    gz.write_all(b"x,1\n").unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    zip.start_file("list.csv", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"x,1\n").unwrap();
    let wide: Vec<u8> = "\u{feff}x,1\n\u{1f600},2".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [gz.finish().unwrap(), zip.finish().unwrap().into_inner(), wide] {
        let (rows, _) = read(&bytes, AB, |_| {}, ExternalFormat::Csv).unwrap();
        assert_eq!(rows[0], [text("x"), Value::Long(1)]);
        assert!(rows.len() == 1 || rows[1] == [text("\u{1f600}"), Value::Long(2)]);
    }
    let mut bomb = flate2::write::GzEncoder::new(vec![], flate2::Compression::best());
    bomb.write_all(&vec![b'\n'; 2 << 20]).unwrap();
    let told = read(&bomb.finish().unwrap(), AB, |_| {}, ExternalFormat::Txt).unwrap_err();
    assert!(told.contains("larger than the limit of 1048576 bytes unpacked"), "{told}");
    assert!(read(b"\x1f\x8b\x08\x00broken", AB, |_| {}, ExternalFormat::Txt).unwrap_err().contains("cannot be read"));
}

#[test]
fn a_web_page_is_no_list() {
    let page = b"\n<!DOCTYPE html><html>sign in</html>";
    let (rows, told) = read(page, AB, |_| {}, ExternalFormat::Txt).unwrap();
    assert!(rows.len() == 1 && told.contains("looks like a web page"), "{told}");
    assert!(read(page, AB, |_| {}, ExternalFormat::MultiJson).unwrap_err().contains("is a web page"));
}

const SECRET: &str = "https://a.example/users.txt?sv=1&sig=s3cret";

fn kept(folder: &Path) -> Store {
    let store = Store::new(Settings::new(folder, now()));
    let file = folder.join("users");
    std::fs::write(&file, "ann\nbob\n").unwrap();
    store.cache().add(&Address::new(SECRET), &file, now()).unwrap();
    store
}

#[test]
fn copies_are_read_without_a_network_and_hold_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let store = kept(folder.path());
    let names = Schema::of([("name", Type::String)]);
    let again = "https://a.example/users.txt?sv=2&sig=0ther;impersonate";
    let rows = store.rows(&data(ExternalFormat::Txt, &[SECRET, again]), &names, SPAN).unwrap();
    assert_eq!(rows_of(&rows.parts[1]), [[text("ann")], [text("bob")]]);
    assert!(rows.warnings[0].message.contains("added on 2026-05-01 12:00"), "{:?}", rows.warnings);
    let listed = store.cache().list().unwrap();
    assert_eq!((listed.len(), listed[0].address.as_str(), listed[0].partial), (1, "https://a.example/users.txt", true));
    let index = std::fs::read_dir(folder.path().join("index")).unwrap().next().unwrap().unwrap().path();
    assert!(!std::fs::read_to_string(index).unwrap().contains("s3cret"));
    let refused = store.rows(&data(ExternalFormat::Txt, &["https://a.example/other?key=s3cret"]), &names, SPAN);
    let refused = format!("{:?}", refused.unwrap_err());
    assert!(refused.contains("may not be asked") && !refused.contains("s3cret"), "{refused}");
}

#[test]
fn damaged_copies_are_seen_and_removed_ones_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let store = kept(folder.path());
    let entry = store.cache().list().unwrap().remove(0);
    let object = store.cache().open(&entry).unwrap();
    std::fs::write(&object, "mallory\n").unwrap();
    let names = Schema::of([("name", Type::String)]);
    let told = store.rows(&data(ExternalFormat::Txt, &[SECRET]), &names, SPAN).unwrap_err();
    assert!(told.message.contains("contents are damaged"), "{told}");
    assert!(store.cache().remove(&Address::new(SECRET)).unwrap());
    assert!(!object.exists() && !store.cache().remove(&Address::new(SECRET)).unwrap());
    assert!(store.cache().list().unwrap().is_empty());
}

#[test]
fn parquet_is_left_to_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    std::fs::write(&path, b"PAR1....").unwrap();
    let store = Store::new(Settings::new(folder.path(), now()));
    let wanted = data(ExternalFormat::Parquet, &[path.to_str().unwrap()]);
    let rows = store.rows(&wanted, &Schema::of([("a", Type::Long)]), SPAN).unwrap();
    assert!(matches!(&rows.parts[0], ExternalPart::Parquet(found) if *found == path));
    std::fs::write(&path, b"a,b\n").unwrap();
    assert!(store.rows(&wanted, &Schema::of([("a", Type::Long)]), SPAN).unwrap_err().message.contains("not parquet"));
}

#[test]
fn many_may_write_one_copy_while_others_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let (store, names) = (kept(folder.path()), Schema::of([("name", Type::String)]));
    let address = Address::new(SECRET);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                (0..50).for_each(|_| drop(store.cache().add(&address, &folder.path().join("users"), now()).unwrap()));
            });
            scope.spawn(|| {
                for _ in 0..50 {
                    let rows = store.rows(&data(ExternalFormat::Txt, &[SECRET]), &names, SPAN).unwrap();
                    assert_eq!(rows_of(&rows.parts[0]).len(), 2);
                }
            });
        }
    });
    let files = |name: &str| std::fs::read_dir(folder.path().join(name)).unwrap().count();
    assert_eq!((files("objects"), files("index")), (1, 1));
}

#[test]
fn what_a_killed_process_left_is_swept() {
    let folder = tempfile::tempdir().unwrap();
    let store = kept(folder.path());
    let leave = |name: &str, hours: u64| {
        let file = std::fs::File::create(folder.path().join("objects").join(name)).unwrap();
        let then = std::time::SystemTime::now() - Duration::from_secs(hours * 3600);
        file.set_modified(then).unwrap();
    };
    leave(".writing-old", 30);
    leave(".writing-new", 1);
    drop(store.cache().begin().unwrap());
    let left = std::fs::read_dir(folder.path().join("objects")).unwrap().map(|e| e.unwrap().file_name());
    let mut left: Vec<String> = left.map(|n| n.to_string_lossy().into_owned()).collect();
    left.sort();
    assert_eq!((left.len(), left[0].as_str()), (2, ".writing-new"));
}

#[test]
fn several_may_write_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["one", "two"].map(|text| {
        let path = folder.path().join(text);
        std::fs::write(&path, text).unwrap();
        path
    });
    let addresses = [0, 1, 2].map(|n| Address::new(&format!("https://lists.example/{n}.txt")));
    std::thread::scope(|scope| {
        for n in 0..8 {
            let (files, addresses, place) = (&files, &addresses, folder.path().join("cache"));
            scope.spawn(move || {
                for round in 0..6 {
                    let cache = Cache::new(place.clone());
                    let (address, file) = (&addresses[(n + round) % 3], &files[(n / 3 + round) % 2]);
                    cache.add(address, file, now()).unwrap();
                }
            });
        }
    });
    let cache = Cache::new(folder.path().join("cache"));
    let entries = cache.list().unwrap();
    assert_eq!(entries.len(), 3);
    assert!(entries.iter().all(|e| cache.open(e).is_ok()), "{entries:?}");
}
