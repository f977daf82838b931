//! Texts of datetimes and timespans in a given form.
//!
//! In: a value and a form of specifiers and separators. A run of one letter is cut into the longest specifiers that there
//! are: `dddd` is `dd` twice, never the name of the day.

use super::DATE;
use crate::library::arguments::{constant_text, text, ticks};
use crate::library::{Accepts, Example, Function, Parameter, ResultName, Returns, Signature};
use crate::value::datetime::{Parts, TICKS_PER_DAY, TICKS_PER_SECOND, parts};
use crate::value::{Type, Value};
use std::fmt::Write;

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "format_datetime",
        &[Signature::new(&[DATE, FORM], Returns::Type(Type::String))],
        format_datetime,
        "The text of a datetime in a given form.",
    )
    .result_name(ResultName::FirstArgument)
    .remarks(
        "Specifiers: `y` `yy` `yyyy`, `M` `MM`, `d` `dd`, `h` `hh` (12 hours), `H` `HH`, `m` `mm`, `s` `ss`, `tt`, `f` to \
         `fffffff`, `F` to `FFFFFFF` (without zeros at the end). Separators: space / - : , . _ [ ]",
    )
    .examples(&[
        Example::new("format_datetime(datetime(2024-03-01 15:04:05), 'yyyy-MM-dd [HH:mm]')", "'2024-03-01 [15:04]'"),
        Example::new("format_datetime(datetime(2024-03-01 15:04:05), 'M/d/yy h:mm tt')", "'3/1/24 3:04 PM'"),
    ])
    .check(|constants| check(constants, &DATETIME)),
    Function::new(
        "format_timespan",
        &[Signature::new(
            &[Parameter::new("timespan", Accepts::Type(Type::Timespan)), FORM],
            Returns::Type(Type::String),
        )],
        format_timespan,
        "The text of a timespan in a given form.",
    )
    .result_name(ResultName::FirstArgument)
    .remarks(
        "Specifiers: `d` to `dddddddd` (with zeros in front), `h` `hh`, `H` `HH`, `m` `mm`, `s` `ss`, `f` to `fffffff`, `F` \
         to `FFFFFFF`. A negative timespan has its sign in front.",
    )
    .examples(&[
        Example::new("format_timespan(26h + 3m, 'd.hh:mm')", "'1.02:03'"),
        Example::new("format_timespan(-90s, 'm:ss')", "'-1:30'"),
    ])
    .check(|constants| check(constants, &TIMESPAN)),
];

const FORM: Parameter = Parameter::new("format", Accepts::Type(Type::String)).constant();

/// The specifiers of a kind of value: letters, and the lengths that each may have.
type Specifiers = [(char, &'static [usize])];

const UP_TO_7: &[usize] = &[7, 6, 5, 4, 3, 2, 1];
const DATETIME: [(char, &[usize]); 10] = [
    ('y', &[4, 2, 1]),
    ('M', &[2, 1]),
    ('d', &[2, 1]),
    ('h', &[2, 1]),
    ('H', &[2, 1]),
    ('m', &[2, 1]),
    ('s', &[2, 1]),
    ('t', &[2]),
    ('f', UP_TO_7),
    ('F', UP_TO_7),
];
const TIMESPAN: [(char, &[usize]); 7] = [
    ('d', &[8, 7, 6, 5, 4, 3, 2, 1]),
    ('h', &[2, 1]),
    ('H', &[2, 1]),
    ('m', &[2, 1]),
    ('s', &[2, 1]),
    ('f', UP_TO_7),
    ('F', UP_TO_7),
];
const SEPARATORS: &str = " /-:,._[]";

/// A piece of a form.
enum Piece {
    Separator(char),
    Specifier(char, usize),
}

/// Cuts a form into pieces; the first character that is none as an error.
fn pieces(form: &str, specifiers: &Specifiers) -> Result<Vec<Piece>, char> {
    let mut pieces = Vec::new();
    let mut rest = form;
    while let Some(letter) = rest.chars().next() {
        let run = rest.chars().take_while(|c| *c == letter).count();
        let lengths = specifiers.iter().find(|(specifier, _)| *specifier == letter).map(|(_, lengths)| lengths);
        let length = match lengths.and_then(|lengths| lengths.iter().find(|length| **length <= run)) {
            Some(length) => {
                pieces.push(Piece::Specifier(letter, *length));
                *length
            }
            None if SEPARATORS.contains(letter) => {
                pieces.push(Piece::Separator(letter));
                1
            }
            None => return Err(letter),
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(pieces)
}

fn check(constants: &[Option<Value>], specifiers: &Specifiers) -> Result<(), String> {
    let Some(form) = constant_text(constants, 1) else { return Ok(()) };
    match pieces(form, specifiers) {
        Ok(_) => Ok(()),
        Err(letter) => Err(format!("`{letter}` in the format `{form}` is neither a specifier nor a separator")),
    }
}

/// Writes a form piece by piece; an empty text when it is broken.
fn fill(form: &str, specifiers: &Specifiers, mut write: impl FnMut(&mut String, char, usize)) -> String {
    let mut filled = String::with_capacity(form.len() + 8);
    for piece in pieces(form, specifiers).unwrap_or_default() {
        match piece {
            Piece::Separator(c) => filled.push(c),
            Piece::Specifier(letter, length) => write(&mut filled, letter, length),
        }
    }
    filled
}

fn number(out: &mut String, value: u64, width: usize) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{value:0width$}");
}

/// The first digits of a fraction of a second, with or without the zeros at its end.
fn fraction(out: &mut String, tick: u32, length: usize, zeros: bool) {
    let digits = format!("{tick:07}");
    let digits = digits.get(..length).unwrap_or_default();
    out.push_str(if zeros { digits } else { digits.trim_end_matches('0') });
}

fn format_datetime(arguments: &[Value]) -> Value {
    let Some(time) = ticks(arguments, 0) else { return Value::String(String::new()) };
    let p = parts(time);
    Value::String(fill(text(arguments, 1), &DATETIME, |out, letter, length| datetime_piece(out, &p, letter, length)))
}

fn datetime_piece(out: &mut String, p: &Parts, letter: char, length: usize) {
    let year = p.year.unsigned_abs();
    match letter {
        'y' if length < 4 => number(out, u64::from(year % 100), length),
        'y' => number(out, u64::from(year), length),
        'M' => number(out, u64::from(p.month), length),
        'd' => number(out, u64::from(p.day), length),
        'h' => number(out, u64::from((p.hour + 11) % 12 + 1), length),
        'H' => number(out, u64::from(p.hour), length),
        'm' => number(out, u64::from(p.minute), length),
        's' => number(out, u64::from(p.second), length),
        't' => out.push_str(if p.hour < 12 { "AM" } else { "PM" }),
        _ => fraction(out, p.tick, length, letter == 'f'),
    }
}

fn format_timespan(arguments: &[Value]) -> Value {
    let Some(span) = ticks(arguments, 0) else { return Value::String(String::new()) };
    let size = span.unsigned_abs();
    let seconds = size / TICKS_PER_SECOND.unsigned_abs();
    let tick = (size % TICKS_PER_SECOND.unsigned_abs()) as u32;
    let filled = fill(text(arguments, 1), &TIMESPAN, |out, letter, length| match letter {
        'd' => number(out, size / TICKS_PER_DAY.unsigned_abs(), length),
        'h' | 'H' => number(out, seconds / 3600 % 24, length),
        'm' => number(out, seconds / 60 % 60, length),
        's' => number(out, seconds % 60, length),
        _ => fraction(out, tick, length, letter == 'f'),
    });
    let sign = if span < 0 { "-" } else { "" };
    Value::String(format!("{sign}{filled}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::datetime::parse;

    fn form(date: &str, form: &str) -> String {
        let arguments = [parse(date).map_or(Value::Null, Value::Datetime), Value::String(form.to_owned())];
        format_datetime(&arguments).as_str().unwrap_or_default().to_owned()
    }

    #[test]
    fn runs_are_cut_into_specifiers() {
        assert_eq!(form("2024-07-04", "ddd MMM"), "044 077");
        assert_eq!(form("2024-07-04", "yyy"), "2424");
    }

    #[test]
    fn hours_and_fractions() {
        assert_eq!(form("2024-07-04 00:05:00.0500000", "h tt fff FFF"), "12 AM 050 05");
        assert_eq!(form("2024-07-04 12:05", "hh tt [FFF]"), "12 PM []");
    }

    #[test]
    fn unknown_letters_are_refused() {
        let constants = |form: &str| [None, Some(Value::String(form.to_owned()))];
        assert!(check(&constants("yyyy-MM-ddTHH"), &DATETIME).is_err());
        assert!(check(&constants("%d"), &TIMESPAN).is_err());
        assert!(check(&constants("ddd.hh"), &TIMESPAN).is_ok());
    }
}
