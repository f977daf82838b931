//! Datetimes as files write them.
//!
//! In: a text, and where its clock stood. Out: ticks in UTC. Never guesses: other texts are no datetime.

use crate::value::datetime::{self, Parts};

/// What a time without a zone means.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// UTC.
    #[default]
    Utc,
    /// The local time of a place.
    Local(Zone),
    /// UTC, but times with the month's name, which is the portal's form for local time, are of a place.
    Portal(Zone),
}

/// A time zone; `None` inside when nobody named one, which stands for UTC.
#[derive(Clone, Debug, Default)]
pub struct Zone(pub Option<jiff::tz::TimeZone>);

/// Reads a datetime.
pub fn parse(text: &str, clock: &Clock) -> Option<i64> {
    if let Some((ticks, zoned)) = parse_iso(text.as_bytes()) {
        return match clock {
            Clock::Local(zone) if !zoned => local(ticks, zone),
            _ => Some(ticks),
        };
    }
    let ticks = datetime::parse(text)?;
    match clock {
        Clock::Local(zone) => local(ticks, zone),
        Clock::Portal(zone) if text.starts_with(|c: char| c.is_ascii_alphabetic()) => local(ticks, zone),
        _ => Some(ticks),
    }
}

/// UTC of a local time. Of a time that a change of clocks makes twice it is the first.
fn local(ticks: i64, zone: &Zone) -> Option<i64> {
    let Some(zone) = &zone.0 else { return Some(ticks) };
    let p = datetime::parts(ticks);
    let small = |n: u32| i8::try_from(n).ok();
    let civil = jiff::civil::DateTime::new(
        i16::try_from(p.year).ok()?,
        small(p.month)?,
        small(p.day)?,
        small(p.hour)?,
        small(p.minute)?,
        small(p.second)?,
        i32::try_from(p.tick * 100).ok()?,
    );
    let timestamp = zone.to_ambiguous_timestamp(civil.ok()?).compatible().ok()?;
    let since = i64::try_from(timestamp.as_nanosecond() / 100).ok()?;
    datetime::checked(since.checked_add(datetime::UNIX_EPOCH)?)
}

/// The one form that machines write, `yyyy-mm-ddThh:mm:ss[.fffffff][Z]`, and whether it says `Z`. Anything else is left to
/// the slower reader.
fn parse_iso(text: &[u8]) -> Option<(i64, bool)> {
    let (head, tail) = text.split_at_checked(19)?;
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    let shaped = separators.iter().all(|(at, c)| head.get(*at) == Some(c)) && matches!(head.get(10), Some(b'T' | b' '));
    if !shaped {
        return None;
    }
    let (tail, zoned) = match tail.split_last() {
        Some((b'Z', rest)) => (rest, true),
        _ => (tail, false),
    };
    let tick = match tail.split_first() {
        None => 0,
        Some((b'.', digits)) => fraction(digits)?,
        Some(_) => return None,
    };
    let part = |from: usize, to: usize| number(head.get(from..to)?);
    let ticks = datetime::from_parts(Parts {
        year: i32::try_from(part(0, 4)?).ok()?,
        month: part(5, 7)?,
        day: part(8, 10)?,
        hour: part(11, 13)?,
        minute: part(14, 16)?,
        second: part(17, 19)?,
        tick,
    })?;
    Some((ticks, zoned))
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |n, d| d.is_ascii_digit().then(|| n * 10 + u32::from(d - b'0')))
}

/// Ticks of the digits after the point; those beyond the seventh are cut off.
fn fraction(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let kept = digits.get(..digits.len().min(7))?;
    let scale = 10u32.pow(7 - u32::try_from(kept.len()).ok()?);
    Some(number(kept)? * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Option<String> {
        parse(text, &Clock::Utc).map(datetime::format)
    }

    #[test]
    fn reads_every_form_to_the_tick() {
        let same = |text: &str, expected: &str| assert_eq!(utc(text).as_deref(), Some(expected), "{text}");
        same("2021-12-15T23:00:03.4494644Z", "2021-12-15T23:00:03.4494644Z");
        same("2021-12-15T23:00:05.5Z", "2021-12-15T23:00:05.5000000Z");
        same("2021-12-15T23:00:05", "2021-12-15T23:00:05.0000000Z");
        same("2021-12-15 23:00:05.123456789", "2021-12-15T23:00:05.1234567Z");
        same("2021-12-15T23:00:05+02:00", "2021-12-15T21:00:05.0000000Z");
        same("Oct 9, 2024 2:41:10 PM", "2024-10-09T14:41:10.0000000Z");
        same("10/25/2023, 9:43:21.990 AM", "2023-10-25T09:43:21.9900000Z");
        same("12/15/2021, 12:00:03.449 AM", "2021-12-15T00:00:03.4490000Z");
        assert_eq!(utc("2021-13-15T23:00:05Z"), None);
        assert_eq!(utc("2021-12-15T23:00:05.Z"), None);
        assert_eq!(utc("Invalid date"), None);
    }

    #[test]
    fn knows_whose_clock_it_was() {
        let zone = Zone(jiff::tz::TimeZone::get("Europe/Berlin").ok());
        let read = |text, clock: &Clock| parse(text, clock).map(datetime::format).unwrap();
        let portal = Clock::Portal(zone.clone());
        assert_eq!(read("Oct 9, 2024 2:39:59 PM", &portal), "2024-10-09T12:39:59.0000000Z");
        assert_eq!(read("2024-10-09T14:39:59", &portal), "2024-10-09T14:39:59.0000000Z");
        assert_eq!(read("10/9/2024, 2:39:59.001 PM", &Clock::Local(zone)), "2024-10-09T12:39:59.0010000Z");
    }
}
