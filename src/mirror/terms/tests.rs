//! Filters never leave a row out: what a matcher accepts, the probe of its needle admits, through filters and their bytes.

use super::{BLOCK, Blocks, Probe, RowGroupFilter, Sidecar, SidecarBuilder};
use crate::library::text::{Matcher, Place, equal_ignore_case, fold, lower_char, upper_char};
use proptest::prelude::*;

const PLACES: [Place; 6] = [Place::TERM, Place::TERM_START, Place::TERM_END, Place::ANYWHERE, Place::START, Place::END];

/// Rows of which each block has enough distinct ones to have a filter, and one text among them.
pub(super) fn filter_with(text: &str) -> RowGroupFilter {
    let others: Vec<String> = (0..80).map(|n| format!("zq{n}")).collect();
    let texts = others.iter().map(String::as_str).chain([text]);
    let filter = RowGroupFilter::of(texts.map(Some)).unwrap();
    assert!(!filter.blocks[0].admits(&Probe::equals("thisisnowhere")), "there is a filter");
    filter
}

/// Texts and needles of few letters, so that they meet: ASCII, letters beyond it, letters that fold to ASCII, separators.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[abAB1_. -]{0,12}", "[abAB1éÉßſısS. -]{0,12}", "[aAé\u{301}\u{212a}kKıiI-]{0,60}", "\\PC{0,20}",]
}

/// A text, and what `tolower` and `toupper` make of it.
fn cases(text: &str) -> [String; 3] {
    [text.to_owned(), text.chars().map(lower_char).collect(), text.chars().map(upper_char).collect()]
}

/// A text, and a needle that was cut out of it, or not.
fn text_and_needle() -> impl Strategy<Value = (String, String)> {
    (text(), text(), 0..20_usize, 0..20_usize, 0..4_u8).prop_map(|(text, other, from, count, how)| {
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
        let filter = filter_with(&text);
        for place in PLACES {
            let probe = Probe::needle(&needle, place);
            for case_sensitive in [false, true] {
                let matcher = Matcher::new(&needle, place, case_sensitive);
                for text in cases(&text) {
                    if matcher.is_match(&text) {
                        prop_assert!(filter.blocks[0].admits(&probe), "{:?} {:?} {:?}", text, needle, place);
                    }
                }
            }
        }
    }

    #[test]
    fn no_equal_text_is_left_out((text, needle) in text_and_needle()) {
        let filter = filter_with(&text);
        let cased = cases(&text);
        for other in [&needle, &text.to_uppercase(), &text.to_lowercase()].into_iter().chain(&cased) {
            if cased.iter().any(|text| equal_ignore_case(text, other)) {
                prop_assert!(filter.blocks[0].admits(&Probe::equals(other)), "{:?} {:?}", text, other);
                prop_assert!(filter.blocks[0].admits(&Probe::one_of([needle.as_str(), "x", other])));
            }
        }
    }
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
    let mut builder = SidecarBuilder::default();
    let filter = RowGroupFilter::of(texts.iter().map(|t| Some(t.as_str()))).unwrap();
    builder.row_group(vec![("C".to_owned(), filter)]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.terms");
    std::fs::write(&path, builder.finish(1, texts.len() as u64)).unwrap();
    let column = Sidecar::open(&path, 1, texts.len() as u64).unwrap().column("C").unwrap();
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
