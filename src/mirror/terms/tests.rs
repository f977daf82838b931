//! Filters never leave a row out: what a matcher accepts, the probe of its needle admits, through filters and their bytes.

use super::{BLOCK, Blocks, ColumnFilters, Probe, RowGroupFilter, Sidecar, SidecarBuilder};
use crate::library::text::{Matcher, Place, equal_ignore_case, fold, lower_char, upper_char};
use proptest::prelude::*;

const PLACES: [Place; 6] = [Place::TERM, Place::TERM_START, Place::TERM_END, Place::ANYWHERE, Place::START, Place::END];

/// The filters of rows with enough distinct texts, and one text among them, through their bytes.
pub(super) fn column_with(text: &str) -> ColumnFilters {
    let others: Vec<String> = (0..80).map(|n| format!("zq{n}")).collect();
    let texts = others.iter().map(String::as_str).chain([text]);
    let mut column = ColumnFilters::default();
    column.push(0, RowGroupFilter::of(texts.map(Some)).unwrap());
    let column = ColumnFilters::read(&column.write(), true).unwrap();
    // A filter may name a block in vain, but not for each of these.
    let is_nowhere = |term: &&str| column.candidates(0, &Probe::equals(term)).is_none();
    assert!(["thisisnowhere", "northisone", "norasthis"].iter().any(is_nowhere), "there is a filter");
    column
}

/// Texts and needles of few letters, so that they meet: ASCII, letters beyond it, letters that fold to ASCII, separators;
/// and words, digests, numbers and long names, one after the other.
fn text() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        "net|NetSh|plan|xx|wxyz|from|Base64|sys|stem32|ſtraße|É",
        "[0-9a-fA-F]{1,12}",
        "0?x[0-9a-f]{0,8}",
        "[0-9a-zA-Z]{1,50}",
        "[-. \\\\é]",
    ];
    let words = proptest::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat());
    prop_oneof![
        "[abAB1_. -]{0,12}",
        "[abAB1éÉßſısS. -]{0,12}",
        "[aAé\u{301}\u{212a}kKıiI-]{0,60}",
        "\\PC{0,20}",
        words.clone(),
        words,
    ]
}

/// A text, and what `tolower` and `toupper` make of it.
fn cases(text: &str) -> [String; 3] {
    [text.to_owned(), text.chars().map(lower_char).collect(), text.chars().map(upper_char).collect()]
}

/// A text, and a needle that was cut out of it, or not.
fn text_and_needle() -> impl Strategy<Value = (String, String)> {
    (text(), text(), 0..60_usize, 0..20_usize, 0..4_u8).prop_map(|(text, other, from, count, how)| {
        let cut: String = text.chars().skip(from.min(text.chars().count() / 2)).take(count).collect();
        let needle = match how {
            0 => other,
            1 => cut.to_uppercase(),
            2 => cut.to_lowercase(),
            _ => cut,
        };
        (text, needle)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_matching_text_is_left_out((text, needle) in text_and_needle()) {
        let column = column_with(&text);
        for place in PLACES {
            let probe = Probe::needle(&needle, place);
            for case_sensitive in [false, true] {
                let matcher = Matcher::new(&needle, place, case_sensitive);
                for text in cases(&text) {
                    if matcher.is_match(&text) {
                        prop_assert!(column.candidates(0, &probe).contains(0), "{:?} {:?} {:?}", text, needle, place);
                    }
                }
            }
        }
    }

    #[test]
    fn no_equal_text_is_left_out((text, needle) in text_and_needle()) {
        let column = column_with(&text);
        let cased = cases(&text);
        for other in [&needle, &text.to_uppercase(), &text.to_lowercase()].into_iter().chain(&cased) {
            if cased.iter().any(|text| equal_ignore_case(text, other)) {
                prop_assert!(column.candidates(0, &Probe::equals(other)).contains(0), "{:?} {:?}", text, other);
                let list = Probe::one_of([needle.as_str(), "x", other]);
                prop_assert!(column.candidates(0, &list).contains(0));
            }
        }
    }
}

/// The filters of a column of texts, by way of a file.
fn through_a_sidecar(texts: &[String]) -> ColumnFilters {
    let mut builder = SidecarBuilder::default();
    let filter = RowGroupFilter::of(texts.iter().map(|t| Some(t.as_str()))).unwrap();
    builder.row_group(vec![("C".to_owned(), filter)]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.terms");
    std::fs::write(&path, builder.finish(1, texts.len() as u64)).unwrap();
    Sidecar::open(&path, 1, texts.len() as u64).unwrap().column("C").unwrap()
}

/// Many texts in several blocks, through the bytes of a sidecar; every needle that is cut out of a text finds its block.
#[test]
fn no_row_is_left_out_of_a_sidecar() {
    let texts: Vec<String> = (0..3 * BLOCK as u64)
        .map(|n| {
            let mixed = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            match n % 4 {
                0 => format!("C:\\Windows\\{mixed:x}\\x{n}.exe /id:{{{:x}}}", mixed.rotate_left(20)),
                1 => format!("10.{}.{}.{}", n >> 16 & 255, n >> 8 & 255, n & 255),
                2 => format!("Größe {n} ſtraße-É{n}"),
                _ => format!("{mixed:016x}{n}"),
            }
        })
        .collect();
    let column = through_a_sidecar(&texts);
    let mut candidates = 0;
    for (row, text) in texts.iter().enumerate().step_by(37) {
        let cut: String = text.chars().skip(row % 7).take(12).collect();
        for place in PLACES {
            if Matcher::new(&cut, place, false).is_match(text) {
                let blocks = column.candidates(0, &Probe::needle(&cut, place));
                assert!(blocks.contains(row / BLOCK), "{text} {cut} {place:?}");
            }
        }
        let Blocks::Some(blocks) = column.candidates(0, &Probe::equals(&fold(text))) else { panic!() };
        assert!(blocks[row / BLOCK], "{text}");
        candidates += blocks.iter().filter(|b| **b).count();
    }
    let asked = texts.len().div_ceil(37);
    assert!(candidates < asked + asked / 20, "{candidates} blocks for {asked} texts");
}

/// Words of which only some blocks have each, among more digests than words; and words beyond the list, as there are too many.
#[test]
fn pieces_find_their_blocks() {
    let word = |n: usize| ["frombase64string", "invoke", "zyxwvutsrq", "nothing"][n / BLOCK];
    for (beyond, most) in [(0, 1), (9000, 4)] {
        let name = |n: usize| if n < beyond { format!("kq{n}wz") } else { String::new() };
        let texts: Vec<String> = (0..4 * BLOCK).map(|n| format!("{:x} {}x /{}", n * 7919, word(n), name(n))).collect();
        let column = through_a_sidecar(&texts);
        let blocks = |piece: &str, place| match column.candidates(0, &Probe::needle(piece, place)) {
            Blocks::All => vec![true; 4],
            Blocks::Some(blocks) => blocks,
        };
        for (piece, place, block) in [
            ("FromBase64Str", Place::ANYWHERE, 0),
            ("invo", Place::TERM_START, 1),
            ("srqx", Place::TERM_END, 2),
            ("othi", Place::ANYWHERE, 3),
        ] {
            let found = blocks(piece, place);
            assert!(found[block] && found.iter().filter(|b| **b).count() == 1, "{piece}: {found:?}");
        }
        assert_eq!(blocks("vokex", Place::TERM_START), [false; 4], "no term starts so");
        assert_eq!(blocks("zzyzx", Place::ANYWHERE), [false; 4]);
        let found = blocks("q8999w", Place::ANYWHERE);
        assert!(found.iter().filter(|b| **b).count() <= most && (beyond == 0 || found[1]), "{found:?}");
    }
}
