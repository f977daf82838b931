//! Texts to datetimes, as `todatetime()` and the `datetime()` literal take them.
//!
//! In: a text in ISO 8601 (also shortened, or with spaces), RFC 822, RFC 850, US order with slashes, or with the month's
//! name. Out: ticks in UTC. It never guesses: what has no year, or a part out of range, or a rest, is no datetime.

use super::{Parts, TICKS_PER_SECOND, checked, from_parts};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/// Reads a datetime. A text without zone is UTC; digits beyond the tick are cut off.
pub fn parse(text: &str) -> Option<i64> {
    let mut cursor = Cursor { rest: text.trim() };
    let date = date(&mut cursor)?;
    let time = match separator(&mut cursor)? {
        Separator::End => Time::default(),
        Separator::Time => time(&mut cursor)?,
    };
    let offset = zone(&mut cursor)?;
    let local = from_parts(Parts {
        year: date.year,
        month: date.month,
        day: date.day,
        hour: time.hour,
        minute: time.minute,
        second: time.second,
        tick: time.tick,
    })?;
    checked(local - offset)
}

/// What is left of the text.
struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    /// The longest start of the rest whose characters all pass.
    fn take(&mut self, accepts: impl Fn(u8) -> bool) -> &'a str {
        let end = self.rest.bytes().position(|b| !accepts(b)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or(("", self.rest));
        self.rest = rest;
        taken
    }

    /// Skips spaces; tells whether there were any.
    fn spaces(&mut self) -> bool {
        !self.take(|b| b == b' ' || b == b'\t').is_empty()
    }

    /// Skips this character.
    fn eat(&mut self, c: char) -> bool {
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// A separator that may have spaces around it (`2014 - 11 - 08`).
    fn eat_spaced(&mut self, c: char) -> bool {
        let before = self.rest;
        self.spaces();
        let found = self.eat(c);
        if found {
            self.spaces();
        } else {
            self.rest = before;
        }
        found
    }

    fn digits(&mut self) -> &'a str {
        self.take(|b| b.is_ascii_digit())
    }

    /// A number of at most so many digits.
    fn number(&mut self, most: usize) -> Option<u32> {
        let digits = self.digits();
        if digits.len() > most { None } else { digits.parse().ok() }
    }

    fn word(&mut self) -> &'a str {
        self.take(|b| b.is_ascii_alphabetic())
    }

    fn peek(&self) -> Option<u8> {
        self.rest.bytes().next()
    }
}

struct Date {
    year: i32,
    month: u32,
    day: u32,
}

#[derive(Default)]
struct Time {
    hour: u32,
    minute: u32,
    second: u32,
    tick: u32,
}

enum Separator {
    End,
    Time,
}

/// A date in any of the orders.
fn date(cursor: &mut Cursor) -> Option<Date> {
    skip_weekday(cursor);
    if cursor.peek()?.is_ascii_alphabetic() {
        return month_first(cursor);
    }
    let first = cursor.digits();
    if first.len() >= 3 {
        return year_first(cursor, four_digit_year(first)?);
    }
    let first: u32 = first.parse().ok()?;
    if cursor.eat_spaced('/') {
        return us_order(cursor, first, '/');
    }
    let dashed = cursor.eat_spaced('-');
    if !dashed && !cursor.spaces() {
        return None;
    }
    match cursor.peek()? {
        b'0'..=b'9' if dashed => us_order(cursor, first, '-'),
        b if b.is_ascii_alphabetic() => day_first(cursor, first, dashed),
        _ => None,
    }
}

/// `Sat,` or `Saturday` in front; it is not checked against the date.
fn skip_weekday(cursor: &mut Cursor) {
    let before = cursor.rest;
    let word = cursor.word().to_ascii_lowercase();
    if WEEKDAYS.iter().any(|name| *name == word || (word.len() == 3 && name.starts_with(&word))) {
        cursor.eat(',');
        cursor.spaces();
    } else {
        cursor.rest = before;
    }
}

/// `2014`, `2014-11`, `2014-11-08`, `2014/11/08`, `2014, 11, 8`.
fn year_first(cursor: &mut Cursor, year: i32) -> Option<Date> {
    let Some(separator) = ['-', '/', ','].into_iter().find(|c| cursor.eat_spaced(*c)) else {
        return Some(Date { year, month: 1, day: 1 });
    };
    let month = cursor.number(2)?;
    let day = if cursor.eat_spaced(separator) { cursor.number(2)? } else { 1 };
    Some(Date { year, month, day })
}

/// `11/08/2014`, after the month.
fn us_order(cursor: &mut Cursor, month: u32, separator: char) -> Option<Date> {
    let day = cursor.number(2)?;
    if !cursor.eat_spaced(separator) {
        return None;
    }
    Some(Date { year: any_year(cursor.digits())?, month, day })
}

/// `08 Nov 14`, `08-Nov-2014`, after the day.
fn day_first(cursor: &mut Cursor, day: u32, dashed: bool) -> Option<Date> {
    let month = month_of(cursor.word())?;
    let separated = if dashed { cursor.eat_spaced('-') } else { cursor.eat(',') | cursor.spaces() };
    if !separated {
        return None;
    }
    Some(Date { year: any_year(cursor.digits())?, month, day })
}

/// `Nov 8, 2014`, `November 8 2014`.
fn month_first(cursor: &mut Cursor) -> Option<Date> {
    let month = month_of(cursor.word())?;
    if !cursor.spaces() {
        return None;
    }
    let day = cursor.number(2)?;
    if !(cursor.eat(',') | cursor.spaces()) {
        return None;
    }
    cursor.spaces();
    Some(Date { year: any_year(cursor.digits())?, month, day })
}

fn month_of(word: &str) -> Option<u32> {
    let word = word.to_ascii_lowercase();
    let same = |name: &str| name == word || (word.len() == 3 && name.starts_with(&word));
    let index = MONTHS.iter().position(|name| same(name))?;
    u32::try_from(index + 1).ok()
}

fn four_digit_year(digits: &str) -> Option<i32> {
    (digits.len() == 4).then(|| digits.parse().ok()).flatten()
}

/// A year of four digits, or of two: 50 to 99 are of the last century.
fn any_year(digits: &str) -> Option<i32> {
    if digits.len() != 2 {
        return four_digit_year(digits);
    }
    let short: i32 = digits.parse().ok()?;
    Some(if short < 50 { 2000 + short } else { 1900 + short })
}

/// What stands between date and time: `T`, spaces or a comma; or the end, or a zone without time.
fn separator(cursor: &mut Cursor) -> Option<Separator> {
    if cursor.eat('T') || cursor.eat('t') {
        return Some(Separator::Time);
    }
    let apart = cursor.eat(',') | cursor.spaces();
    match cursor.peek() {
        Some(b'0'..=b'9') if apart => Some(Separator::Time),
        Some(b'0'..=b'9') => None,
        _ => Some(Separator::End),
    }
}

/// `15:05`, `15:05:02`, `15:05:02.1234567`, each also `03:05 PM`.
fn time(cursor: &mut Cursor) -> Option<Time> {
    let mut time = Time { hour: cursor.number(2)?, ..Time::default() };
    let clock = cursor.eat(':');
    if clock {
        time.minute = cursor.number(2)?;
        if cursor.eat(':') {
            time.second = cursor.number(2)?;
            if cursor.eat('.') {
                time.tick = ticks_of_fraction(cursor.digits())?;
            }
        }
    }
    match half_of_day(cursor) {
        Some(afternoon) if (1..=12).contains(&time.hour) => time.hour = time.hour % 12 + 12 * u32::from(afternoon),
        None if clock => {}
        _ => return None,
    }
    Some(time)
}

/// `AM` (false) or `PM` (true), with or without spaces in front.
fn half_of_day(cursor: &mut Cursor) -> Option<bool> {
    let before = cursor.rest;
    cursor.spaces();
    let word = cursor.word();
    let half = ["am", "pm"].iter().position(|half| word.eq_ignore_ascii_case(half));
    if half.is_none() {
        cursor.rest = before;
    }
    half.map(|half| half == 1)
}

/// Ticks of the digits after the point.
pub(in crate::value) fn ticks_of_fraction(digits: &str) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    Some(digits.bytes().chain(std::iter::repeat(b'0')).take(7).fold(0, |n, b| n * 10 + u32::from(b - b'0')))
}

/// The zone at the end, in ticks east of UTC: nothing, `Z`, `GMT`, `UTC`, `+02:00`, `-0800`, `+01`.
fn zone(cursor: &mut Cursor) -> Option<i64> {
    cursor.spaces();
    let offset = match cursor.peek() {
        None => return Some(0),
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(_) => {
            let name = cursor.word();
            let utc = ["Z", "GMT", "UTC"].iter().any(|utc| name.eq_ignore_ascii_case(utc));
            return (utc && cursor.rest.is_empty()).then_some(0);
        }
    };
    cursor.take(|b| b == b'+' || b == b'-');
    let digits = cursor.digits();
    let (hours, minutes) = match digits.len() {
        1 | 2 if cursor.eat(':') => (digits, cursor.digits()),
        1 | 2 => (digits, "0"),
        4 => digits.split_at_checked(2)?,
        _ => return None,
    };
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let fits = hours <= 14 && minutes < 60 && cursor.rest.is_empty();
    fits.then_some(offset * (hours * 3600 + minutes * 60) * TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::super::format;
    use super::parse;

    fn text(from: &str) -> String {
        parse(from).map_or_else(|| "null".to_owned(), format)
    }

    #[test]
    fn iso_in_every_length() {
        for (from, to) in [
            ("2021", "2021-01-01T00:00:00.0000000Z"),
            ("2021-03", "2021-03-01T00:00:00.0000000Z"),
            ("2021-3-7", "2021-03-07T00:00:00.0000000Z"),
            (" 2021 - 03 - 07 ", "2021-03-07T00:00:00.0000000Z"),
            ("2021, 3, 7", "2021-03-07T00:00:00.0000000Z"),
            ("2021/03/07 4:05", "2021-03-07T04:05:00.0000000Z"),
            ("2021-03-07T04:05Z", "2021-03-07T04:05:00.0000000Z"),
            ("2021-03-07 04:05:06.7", "2021-03-07T04:05:06.7000000Z"),
            ("2021-03-07T04:05:06.123456789z", "2021-03-07T04:05:06.1234567Z"),
            ("2021-03-07T04:05:06+02:00", "2021-03-07T02:05:06.0000000Z"),
            ("2021-03-07 04:05:06 -0830", "2021-03-07T12:35:06.0000000Z"),
            ("2021-03-07T04:05:06.5+01", "2021-03-07T03:05:06.5000000Z"),
        ] {
            assert_eq!(text(from), to, "{from}");
        }
    }

    #[test]
    fn mail_and_us_forms() {
        for (from, to) in [
            ("Tue, 9 Mar 21 15:05:02 GMT", "2021-03-09T15:05:02.0000000Z"),
            ("9 Mar 1999 15:05", "1999-03-09T15:05:00.0000000Z"),
            ("Tuesday, 09-Mar-21 15:05:02 UTC", "2021-03-09T15:05:02.0000000Z"),
            ("03/09/2021 12:05:02 AM", "2021-03-09T00:05:02.0000000Z"),
            ("3/9/2021 1:05:02.25 pm", "2021-03-09T13:05:02.2500000Z"),
            ("3/9/2021", "2021-03-09T00:00:00.0000000Z"),
            ("March 9, 2021 3 PM", "2021-03-09T15:00:00.0000000Z"),
            ("Mar 9 2021 15:05", "2021-03-09T15:05:00.0000000Z"),
        ] {
            assert_eq!(text(from), to, "{from}");
        }
    }

    #[test]
    fn what_is_no_datetime() {
        for from in [
            "",
            "null",
            "1546300800",
            "20210307",
            "2021-13-01",
            "2021-02-29",
            "2021-03-07T24:00",
            "2021-03-07T04",
            "2021-03-07T04:05:06.",
            "2021-03-07x",
            "2021-03-07 04:05 13:00",
            "13/13/2021",
            "0001-01-01T00:00:00+01:00",
            "3/9/2021 13:05 PM",
            "é",
        ] {
            assert_eq!(text(from), "null", "{from}");
        }
    }
}
