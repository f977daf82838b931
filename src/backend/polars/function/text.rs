//! Texts: `has`, `contains` and their kin, `=~`, regular expressions, case, length, joining.
//!
//! What is asked of one text is a [`TextTest`]: here it becomes an expression over a column, and the sieve asks it of the
//! values of a file.

use super::needles::Needles;
use super::question::TextTest;
use crate::backend::polars::kernel::{returns, shape};
use crate::backend::polars::operand::Operand;
use crate::backend::polars::types;
use crate::library::Native;
use crate::library::regex;
use crate::library::text::{Matcher, Place, fold, lower_char, upper_char};
use crate::value::Type;
use ::polars::prelude::{
    BooleanChunked, Column, DataType, Expr, Field, Int64Chunked, IntoColumn, NewChunkedArray, PolarsResult, Schema,
    StringChunked, concat_str, map_multiple,
};

/// What a relation asks of the text in the first operand, the second one being constant.
pub(super) fn relation(native: Native, operands: &[Operand]) -> Option<TextTest> {
    use Native as N;
    let (place, case_sensitive, negated) = match native {
        N::Has => (Place::TERM, false, false),
        N::HasCs => (Place::TERM, true, false),
        N::NotHas => (Place::TERM, false, true),
        N::NotHasCs => (Place::TERM, true, true),
        N::HasPrefix => (Place::TERM_START, false, false),
        N::HasPrefixCs => (Place::TERM_START, true, false),
        N::NotHasPrefix => (Place::TERM_START, false, true),
        N::NotHasPrefixCs => (Place::TERM_START, true, true),
        N::HasSuffix => (Place::TERM_END, false, false),
        N::HasSuffixCs => (Place::TERM_END, true, false),
        N::NotHasSuffix => (Place::TERM_END, false, true),
        N::NotHasSuffixCs => (Place::TERM_END, true, true),
        N::Contains => (Place::ANYWHERE, false, false),
        N::ContainsCs => (Place::ANYWHERE, true, false),
        N::NotContains => (Place::ANYWHERE, false, true),
        N::NotContainsCs => (Place::ANYWHERE, true, true),
        N::StartsWith => (Place::START, false, false),
        N::StartsWithCs => (Place::START, true, false),
        N::NotStartsWith => (Place::START, false, true),
        N::NotStartsWithCs => (Place::START, true, true),
        N::EndsWith => (Place::END, false, false),
        N::EndsWithCs => (Place::END, true, false),
        N::NotEndsWith => (Place::END, false, true),
        N::NotEndsWithCs => (Place::END, true, true),
        _ => return None,
    };
    let [text, needle] = operands else { return None };
    let needle = needle.text()?.to_owned();
    if text.ty() != Type::String {
        return None;
    }
    let needles = if case_sensitive { Needles::exact([&needle]) } else { Needles::matched([&needle]) };
    let matcher = Matcher::owned(needle, place, case_sensitive);
    Some(TextTest::new(move |text| matcher.is_match(text) != negated).without(needles, negated))
}

/// `=~`, `==` and their opposites with a constant side; also gives the other side.
pub(super) fn equal(case_sensitive: bool, negated: bool, operands: &[Operand]) -> Option<(&Operand, TextTest)> {
    let [left, right] = operands else { return None };
    let (column, constant) = match (left.text(), right.text()) {
        (None, Some(text)) => (left, text),
        (Some(text), None) => (right, text),
        _ => return None,
    };
    if column.ty() != Type::String {
        return None;
    }
    if case_sensitive {
        let constant = constant.to_owned();
        let needles = Needles::exact([&constant]);
        let test = TextTest::new(move |text| (text == constant) != negated);
        return Some((column, test.without(needles, negated)));
    }
    let folded = fold(constant);
    let needles = Needles::folded([&folded]);
    let test = TextTest::new(move |text| same(text, &folded) != negated);
    Some((column, test.without(needles, negated)))
}

/// `isempty` and `isnotempty` of a text.
pub(super) fn empty(negated: bool, operands: &[Operand]) -> Option<TextTest> {
    let [text] = operands else { return None };
    (text.ty() == Type::String).then(|| TextTest::new(move |text| text.is_empty() != negated))
}

/// Whether a text equals a folded one but for case.
pub(super) fn same(text: &str, folded: &str) -> bool {
    if text.is_ascii() { text.eq_ignore_ascii_case(folded) } else { fold(text) == folded }
}

/// `matches regex` with a constant pattern.
pub(super) fn matches_regex(operands: &[Operand]) -> Option<TextTest> {
    let [text, pattern] = operands else { return None };
    let regex = regex::compiled(pattern.text()?)?;
    if text.ty() != Type::String {
        return None;
    }
    let needles = Needles::regex(regex.as_str());
    Some(TextTest::new(move |text| regex.is_match(text)).without(needles, false))
}

/// `tolower` and `toupper`: letter by letter, no letter becomes several.
pub(super) fn case(upper: bool, operands: &[Operand]) -> Option<Expr> {
    let [text] = operands else { return None };
    let letter = if upper { upper_char } else { lower_char };
    let run = move |columns: &mut [Column]| -> PolarsResult<Column> {
        let Some(column) = columns.first() else { return Ok(Column::default()) };
        let convert = |text: &str| match (text.is_ascii(), upper) {
            (true, true) => text.to_ascii_uppercase(),
            (true, false) => text.to_ascii_lowercase(),
            (false, _) => text.chars().map(letter).collect(),
        };
        let texts = column.str()?.iter().map(|text| convert(text.unwrap_or_default()));
        Ok(StringChunked::from_iter_values(column.name().clone(), texts).into_column())
    };
    (text.ty() == Type::String).then(|| map_multiple(run, [text.expr()], returns(Type::String)))
}

/// `strlen`, in code points.
pub(super) fn length(operands: &[Operand]) -> Option<Expr> {
    let [text] = operands else { return None };
    let run = |columns: &mut [Column]| -> PolarsResult<Column> {
        let Some(column) = columns.first() else { return Ok(Column::default()) };
        let lengths = column.str()?.iter().map(|text| text.unwrap_or_default().chars().count() as i64);
        Ok(Int64Chunked::from_iter_values(column.name().clone(), lengths).into_column())
    };
    (text.ty() == Type::String).then(|| map_multiple(run, [text.expr()], returns(Type::Long)))
}

/// `strcat` of texts.
pub(super) fn concat(operands: &[Operand]) -> Option<Expr> {
    if operands.is_empty() || operands.iter().any(|o| o.ty() != Type::String) {
        return None;
    }
    Some(concat_str(operands.iter().map(Operand::expr).collect::<Vec<Expr>>(), "", true).cast(DataType::String))
}

/// A test of each text of a column of that name.
pub(in crate::backend::polars) fn text_expr(column: &str, passes: TextTest) -> Expr {
    test(types::column(column), "text", passes)
}

/// A test of each text of a column. A missing text is `""`.
pub(super) fn test(texts: Expr, name: &'static str, passes: TextTest) -> Expr {
    let run = move |column: Column| run_test(&[column], |text| passes.passes(text));
    let field = |_: &Schema, field: &Field| Ok(Field::new(field.name.clone(), DataType::Boolean));
    texts.map_with_fmt_str(run, field, name)
}

fn run_test(columns: &[Column], passes: impl Fn(&str) -> bool) -> PolarsResult<Column> {
    let (name, rows) = shape(columns);
    let Some(column) = columns.first() else { return Ok(Column::default()) };
    if rows > 0 && column.as_scalar_column().is_some() {
        let answer = column.get(0).ok().is_some_and(|v| passes(v.get_str().unwrap_or_default()));
        return Ok(BooleanChunked::from_slice(name, &[answer]).into_column().new_from_index(0, rows));
    }
    let mut answers = Vec::with_capacity(rows);
    for piece in column.str()?.downcast_iter() {
        let mut known = Memory::new(piece.len(), passes(""));
        let views = piece.views();
        for (text, view) in piece.iter().zip(views.iter()) {
            answers.push(known.ask(text.map_or(0, |_| view.as_u128()), || passes(text.unwrap_or_default())));
        }
    }
    Ok(BooleanChunked::from_slice(name, &answers).into_column())
}

/// Answers for texts that were met before. Columns read from a dictionary share the place of equal texts, so that the place
/// (the view) tells them without a look at the text.
struct Memory {
    slots: Vec<(u128, bool)>,
    mask: usize,
    asked: usize,
    found: usize,
}

/// After so many questions the memory is given up unless one in four was known.
const TRIAL: usize = 2048;

impl Memory {
    /// For so many texts. `empty` is the answer for the empty text, whose view is 0.
    fn new(texts: usize, empty: bool) -> Memory {
        let size = texts.next_power_of_two().clamp(16, 1 << 15);
        Memory { slots: vec![(0, empty); size], mask: size - 1, asked: 0, found: 0 }
    }

    fn ask(&mut self, view: u128, answer: impl FnOnce() -> bool) -> bool {
        if self.asked == TRIAL && self.found < TRIAL / 4 {
            return answer();
        }
        self.asked += usize::from(self.asked < TRIAL);
        // The place in the buffer lies in the upper half of a view, the length and the first letters in the lower one.
        let mixed = ((view >> 64) as u64 ^ view as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let slot = self.slots.get_mut((mixed >> 40) as usize & self.mask);
        match slot {
            Some((known, passes)) if *known == view => {
                self.found += 1;
                *passes
            }
            Some(slot) => {
                let passes = answer();
                *slot = (view, passes);
                passes
            }
            None => answer(),
        }
    }
}
