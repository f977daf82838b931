//! Sources over time: what is taken once stays taken, and what is added is taken once.

use super::super::source::{Expand, Known, SNIFFED, Taken, expand};
use super::*;
use crate::mirror::frame;
use crate::mirror::ingest::output::{Note, Summary};
use crate::value::{Schema, Type, Value};
use proptest::prelude::*;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder, and what imports took of it.
struct World {
    dir: tempfile::TempDir,
    taken: Taken,
}

/// What one import did.
#[derive(Debug, Default)]
struct Import {
    rows: Vec<i64>,
    rejects: Vec<(u64, String)>,
    ends: Vec<Summary>,
}

impl Import {
    fn failures(&self) -> Vec<String> {
        self.ends.iter().filter_map(|s| s.failure.as_ref().map(|f| format!("{f:?}"))).collect()
    }

    fn notes(&self) -> Vec<Note> {
        self.ends.iter().flat_map(|s| s.notes.clone()).collect()
    }
}

impl World {
    fn new() -> World {
        World { dir: tempfile::tempdir().unwrap(), taken: Taken::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn append(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        let mut file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        file.write_all(bytes.as_ref()).unwrap();
        path
    }

    /// Imports a path as the collector does, and remembers what was taken.
    fn import(&mut self, path: &Path) -> Import {
        self.import_sources(&expand(&[path.to_owned()], &Expand::default()).unwrap())
    }

    /// The same in pieces of any size.
    fn import_pieces(&mut self, path: &Path, size: u64) -> Import {
        let bytes = std::fs::metadata(path).unwrap().len();
        let pieces = (0..bytes).step_by(size as usize).map(|from| Source {
            name: path.display().to_string(),
            place: Place::In(Origin::File(path.to_owned()), Part::Lines(from..from + size)),
            named: true,
            bytes: size,
        });
        self.import_sources(&pieces.collect::<Vec<_>>())
    }

    fn import_sources(&mut self, sources: &[Source]) -> Import {
        let known: Arc<dyn Known> = Arc::new(self.taken.clone());
        let mut import = Import::default();
        for source in sources {
            take(source, Some(known.clone()), &mut import, &mut || {});
        }
        for end in import.ends.iter().filter(|s| s.failure.is_none()) {
            if let Some(mark) = &end.mark {
                self.taken.add(end.identity.as_deref(), mark, end.version.as_deref());
            }
        }
        import
    }
}

/// Reads a source; `at_message` is called at each message.
fn take(source: &Source, known: Option<Arc<dyn Known>>, import: &mut Import, at_message: &mut dyn FnMut()) {
    let schema = Schema::of([("ReportId", Type::Long)]);
    let mut send = |message| {
        at_message();
        match message {
            Message::Frame(frame) => {
                let batch = frame::to_batch(&frame.data, &schema).unwrap();
                import.rows.extend((0..batch.rows).map(|row| match batch.row(row)[..] {
                    [Value::Long(n)] => n,
                    _ => -1,
                }));
            }
            Message::Reject(reject) => import.rejects.push((reject.line, reject.reason.to_string())),
            Message::End(summary) => import.ends.push(summary),
        }
        Ok(())
    };
    let settings = Settings { guess: Some("DeviceEvents".into()), known, may_grow: true, ..Settings::default() };
    super::read(source, settings, &mut send).unwrap();
}

fn line(n: i64) -> String {
    format!("{{\"ReportId\":{n}}}\n")
}

#[test]
fn a_file_that_grew_gives_only_what_is_new_with_its_line_numbers() {
    let mut world = World::new();
    let path = world.append("a.json", line(1) + line(2).as_str() + "{\"Repo");
    let first = world.import(&path);
    assert_eq!((first.rows, first.rejects.len()), (vec![1, 2], 0));
    assert_eq!(first.ends[0].notes, [Note::Unfinished { line: 3 }]);
    assert_eq!(first.ends[0].consumed, 2 * line(1).len() as u64);
    world.append("a.json", "rtId\":3}\n{\"ReportId\":\"x\"}\n");
    let second = world.import(&path);
    assert_eq!(second.rows, [3]);
    assert_eq!(second.rejects[0].0, 4);
    assert_eq!(second.ends[0].grown_from, Some(first.ends[0].consumed));
    assert_eq!(second.ends[0].consumed, std::fs::metadata(&path).unwrap().len());
    let third = world.import(&path);
    assert_eq!(third.failures(), ["Repeated"]);
    assert_eq!(third.ends[0].lines, 4, "for line numbers in what follows");
}

#[test]
fn the_same_bytes_elsewhere_are_known_and_other_bytes_in_the_same_place_are_not() {
    let mut world = World::new();
    let path = world.append("a.json", line(1) + line(2).as_str());
    world.import(&path);
    let copy = world.append("b.json", line(1) + line(2).as_str());
    assert_eq!(world.import(&copy).failures(), ["Repeated"]);
    std::fs::write(&path, line(1) + line(3).as_str() + line(4).as_str()).unwrap();
    let other = world.import(&path);
    assert_eq!((other.rows, other.ends[0].grown_from), (vec![1, 3, 4], None));
}

#[test]
fn a_last_line_without_an_end_is_taken_when_it_is_whole() {
    let mut world = World::new();
    let path = world.append("a.json", line(1) + line(2).trim_end());
    assert_eq!(world.import(&path).rows, [1, 2]);
    world.append("a.json", "\n".to_owned() + line(3).as_str() + "{\"ReportId\":true}\n");
    let second = world.import(&path);
    assert_eq!(second.rows, [3]);
    assert_eq!(second.rejects[0].0, 4);
}

#[test]
fn csv_grows_below_its_header() {
    let mut world = World::new();
    let path = world.append("a.csv", "\u{feff}ReportId,FileName\r\n1,a\r\n2,\"b\r\n");
    let first = world.import(&path);
    assert_eq!((first.rows, first.rejects.len()), (vec![1], 0), "a quoted field may go on");
    assert_eq!(first.ends[0].notes, [Note::Unfinished { line: 3 }]);
    world.append("a.csv", "b\"\r\n3,c\r\n4");
    assert_eq!(world.import(&path).rows, [2, 3]);
    world.append("a.csv", ",d\r\nx,e\r\n5,f");
    let third = world.import(&path);
    assert_eq!(third.rows, [4, 5]);
    assert_eq!(third.rejects[0].0, 7);
    world.append("a.csv", "g\r\n6,h\r\n");
    let fourth = world.import(&path);
    assert_eq!(fourth.rows, [5, 6], "a row that went on is taken as it is now");
    assert_eq!(fourth.notes(), [Note::TakenAgain { line: 8 }]);
    assert_eq!(world.import(&path).failures(), ["Repeated"]);
}

#[test]
fn packed_files_and_members_are_known_by_their_packed_bytes() {
    let mut world = World::new();
    let mut gz = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    gz.write_all((line(1) + "{\"ReportId\":2").as_bytes()).unwrap();
    let path = world.append("a.json.gz", gz.finish().unwrap());
    let first = world.import(&path);
    assert_eq!((first.rows, first.rejects.len()), (vec![1], 1), "what is packed does not grow");
    assert_eq!(first.ends[0].consumed, std::fs::metadata(&path).unwrap().len());
    assert_eq!(world.import(&path).failures(), ["Repeated"]);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    for n in [1, 2] {
        zip.start_file(format!("{n}.json"), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(line(n).as_bytes()).unwrap();
    }
    let path = world.append("a.zip", zip.finish().unwrap().into_inner());
    let first = world.import(&path);
    assert_eq!(first.rows, [1, 2]);
    assert!(first.ends[1].identity.as_ref().unwrap().ends_with("a.zip!2.json"));
    assert_eq!(world.import(&path).failures(), ["Repeated", "Repeated"]);
}

#[test]
fn pieces_keep_what_they_had_when_the_file_grows() {
    let mut world = World::new();
    // Lines of 4 MB, so that few rows make several pieces.
    let long = |n: i64| format!("{{\"ReportId\":{n},\"Filler\":\"{}\"}}\n", "x".repeat(4 << 20));
    let path = world.append("a.json", (0..3).map(long).collect::<String>());
    let first = world.import(&path);
    assert_eq!((first.rows.len(), first.ends.len()), (3, 1));
    world.append("a.json", (3..9).map(long).collect::<String>() + "{\"ReportId");
    let second = world.import(&path);
    assert_eq!(second.rows, (3..9).collect::<Vec<_>>());
    assert_eq!((second.ends.len(), second.notes().len()), (2, 1));
    world.append("a.json", "\":9}\n");
    let third = world.import(&path);
    assert_eq!((third.rows, third.ends[0].lines), (vec![9], 8));
    assert!(matches!(third.ends[0].failure, Some(Failure::Repeated)));
    assert_eq!((third.ends[1].lines, third.ends[1].grown_from), (2, Some(long(8).len() as u64)));
}

#[test]
fn nothing_of_a_file_that_changes_while_it_is_read_is_trusted() {
    let changed = |change: &dyn Fn(&Path)| {
        let world = World::new();
        let path = world.append("a.json", line(1) + line(2).as_str());
        let sources = expand(std::slice::from_ref(&path), &Expand::default()).unwrap();
        let mut import = Import::default();
        take(&sources[0], None, &mut import, &mut || {});
        assert!(import.failures().is_empty());
        // The reject comes while the file is read.
        std::fs::write(&path, "{\"ReportId\":true}\n".to_owned() + line(2).as_str()).unwrap();
        let mut import = Import::default();
        take(&sources[0], None, &mut import, &mut || change(&path));
        import
    };
    let shrunk = changed(&|path| std::fs::write(path, line(1)).unwrap());
    assert!(shrunk.failures()[0].contains("it changed while it was read"), "{shrunk:?}");
    assert_eq!(shrunk.ends[0].mark, None);
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    let touched = changed(&|path| OpenOptions::new().write(true).open(path).unwrap().set_modified(later).unwrap());
    assert!(touched.failures()[0].contains("it changed"), "{touched:?}");
    let grown = changed(&|path| {
        OpenOptions::new().append(true).open(path).unwrap().write_all(line(9).as_bytes()).unwrap();
    });
    assert!(grown.failures().is_empty(), "{grown:?}");
    assert_eq!(
        grown.ends[0].consumed,
        "{\"ReportId\":true}\n".len() as u64 + line(2).len() as u64,
        "what came meanwhile comes next time"
    );
}

#[test]
fn forced_tables_and_formats_are_told_apart() {
    let mut world = World::new();
    let path = world.append("a.json", line(1));
    world.import(&path);
    let source = &expand(&[path], &Expand::default()).unwrap()[0];
    let (plain, forced) = (source.identity(None).unwrap(), source.identity(Some("T")).unwrap());
    assert!(forced.ends_with("a.json as T") && plain.ends_with("a.json"));
    let settings =
        Settings { known: Some(Arc::new(world.taken.clone())), forced: Some("T".into()), ..Settings::default() };
    let mut ended = None;
    super::read(source, settings, &mut |message| {
        if let Message::End(summary) = message {
            ended = Some(summary);
        }
        Ok(())
    })
    .unwrap();
    assert!(ended.unwrap().failure.is_none(), "the same bytes as another table are new");
}

/// Bytes as a history: how many are appended before each import.
fn histories() -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
    let cuts = prop::collection::vec(0usize..400, 1..12);
    (prop::collection::vec(0usize..60, 1..40), cuts)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// However a file of lines grows, byte by byte or in leaps, and whenever it is imported, each line is taken once.
    #[test]
    fn each_line_is_taken_once((fillers, cuts) in histories(), crlf in any::<bool>(), piece in prop::option::of(20u64..300)) {
        let end = if crlf { "\r\n" } else { "\n" };
        let lines = fillers.iter().enumerate().map(|(n, filler)| {
            format!("{{\"ReportId\":{n},\"FileName\":\"é{}\"}}{end}", "}{\\\"".repeat(filler % 5) + "x".repeat(*filler).as_str())
        });
        let text = lines.collect::<String>();
        let mut world = World::new();
        let (mut at, mut rows) = (0, vec![]);
        for cut in cuts.into_iter().chain([text.len()]) {
            let to = (at + cut).min(text.len());
            let path = world.append("a.json", &text.as_bytes()[at..to]);
            at = to;
            if to == 0 {
                continue;
            }
            let import = match piece {
                Some(size) => world.import_pieces(&path, size),
                None => world.import(&path),
            };
            prop_assert!(import.rejects.is_empty(), "{import:?}");
            rows.extend(import.rows);
        }
        prop_assert_eq!(rows, (0..fillers.len() as i64).collect::<Vec<_>>());
    }

    /// The same for CSV, with fields over several lines, when it grows by whole records.
    #[test]
    fn each_record_is_taken_once(fields in prop::collection::vec("[a-z\"\n,]{0,12}", 1..30), steps in prop::collection::vec(1usize..8, 1..12)) {
        let mut world = World::new();
        let path = world.append("a.csv", "ReportId,FileName\n");
        let mut rows = vec![];
        let mut records = fields.iter().enumerate().map(|(n, f)| format!("{n},\"{}\"\n", f.replace('"', "\"\"")));
        for step in steps.into_iter().chain([fields.len()]) {
            world.append("a.csv", records.by_ref().take(step).collect::<String>());
            let import = world.import(&path);
            prop_assert!(import.rejects.is_empty() && import.notes().is_empty(), "{import:?}");
            rows.extend(import.rows);
        }
        prop_assert_eq!(rows, (0..fields.len() as i64).collect::<Vec<_>>());
    }
}

#[test]
fn a_header_longer_than_what_is_looked_at_is_read_again() {
    let mut world = World::new();
    let header = format!("ReportId,{}\n", "x".repeat(SNIFFED));
    let path = world.append("a.csv", header + "1,a\n");
    assert_eq!(world.import(&path).rows, [1]);
    world.append("a.csv", "2,b\n");
    let second = world.import(&path);
    assert_eq!((second.rows, second.ends[0].grown_from), (vec![1, 2], None));
}
