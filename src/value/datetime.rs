//! The calendar of ticks: 100 ns since 0001-01-01T00:00:00, proleptic Gregorian, no zone (all times are UTC).
//! In: parts of a date, or texts. Out: ticks, or parts. Never a guess: what lies out of range is `None`.

mod parse;

pub use parse::parse;
pub(in crate::value) use parse::ticks_of_fraction;

/// Ticks in a second.
pub const TICKS_PER_SECOND: i64 = 10_000_000;
/// Ticks in a day.
pub const TICKS_PER_DAY: i64 = 86_400 * TICKS_PER_SECOND;
/// Ticks from 0001-01-01 to 1970-01-01.
pub const UNIX_EPOCH: i64 = 621_355_968_000_000_000;
/// The last tick of 9999-12-31.
pub const MAX: i64 = 3_155_378_975_999_999_999;
/// The first tick of 0001-01-01.
pub const MIN: i64 = 0;

/// A date and time of day in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// 1 to 9999
    pub year: i32,
    /// 1 to 12
    pub month: u32,
    /// 1 to 31
    pub day: u32,
    /// 0 to 23
    pub hour: u32,
    /// 0 to 59
    pub minute: u32,
    /// 0 to 59
    pub second: u32,
    /// Ticks within the second, 0 to 9,999,999
    pub tick: u32,
}

/// Keeps ticks that lie in Kusto's range.
pub fn checked(ticks: i64) -> Option<i64> {
    (MIN..=MAX).contains(&ticks).then_some(ticks)
}

/// Days from 0001-01-01 of a date, by Howard Hinnant's `days_from_civil`, shifted from 1970.
fn days_from_civil(year: i32, month: u32, day: u32) -> i64 {
    let y = i64::from(year) - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let shifted = (i64::from(month) + 9) % 12;
    let doy = (153 * shifted + 2) / 5 + i64::from(day) - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 306
}

/// The date of a number of days since 0001-01-01.
fn civil_from_days(days: i64) -> (i32, u32, u32) {
    let z = days + 306;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year as i32, month as u32, day as u32)
}

/// Number of days in a month.
pub fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Ticks of a date and time; `None` when a part is out of its range.
pub fn from_parts(p: Parts) -> Option<i64> {
    let fits = (1..=9999).contains(&p.year)
        && (1..=12).contains(&p.month)
        && (1..=days_in_month(p.year, p.month)).contains(&p.day)
        && p.hour < 24
        && p.minute < 60
        && p.second < 60
        && i64::from(p.tick) < TICKS_PER_SECOND;
    if !fits {
        return None;
    }
    let seconds = i64::from(p.hour) * 3600 + i64::from(p.minute) * 60 + i64::from(p.second);
    Some(days_from_civil(p.year, p.month, p.day) * TICKS_PER_DAY + seconds * TICKS_PER_SECOND + i64::from(p.tick))
}

/// Midnight of a date; `None` when there is no such date.
pub fn from_date(year: i32, month: u32, day: u32) -> Option<i64> {
    from_parts(Parts { year, month, day, hour: 0, minute: 0, second: 0, tick: 0 })
}

/// The parts of a datetime.
pub fn parts(ticks: i64) -> Parts {
    let (year, month, day) = civil_from_days(ticks.div_euclid(TICKS_PER_DAY));
    let of_day = ticks.rem_euclid(TICKS_PER_DAY);
    let seconds = of_day / TICKS_PER_SECOND;
    Parts {
        year,
        month,
        day,
        hour: (seconds / 3600) as u32,
        minute: (seconds / 60 % 60) as u32,
        second: (seconds % 60) as u32,
        tick: (of_day % TICKS_PER_SECOND) as u32,
    }
}

/// Kusto's text of a datetime: `2015-12-31T23:59:59.9000000Z`, always seven digits. Written by hand: results hold many,
/// and formatting by `format!` takes four times as long.
pub fn format(ticks: i64) -> String {
    let p = parts(ticks);
    let year = u32::try_from(p.year).unwrap_or(0);
    let mut text = String::with_capacity(28);
    let parts = [
        (year, 4, '-'),
        (p.month, 2, '-'),
        (p.day, 2, 'T'),
        (p.hour, 2, ':'),
        (p.minute, 2, ':'),
        (p.second, 2, '.'),
        (p.tick, 7, 'Z'),
    ];
    for (number, digits, end) in parts {
        for place in (0..digits).rev() {
            text.push(char::from(b'0' + (number / 10u32.pow(place) % 10) as u8));
        }
        text.push(end);
    }
    text
}

/// Ticks of microseconds since 1970.
pub fn from_unix_micros(micros: i64) -> Option<i64> {
    checked(micros.checked_mul(10)?.checked_add(UNIX_EPOCH)?)
}

/// The system's clock. Only `cli` asks for it; everything else takes `Env::now`.
pub fn from_system_time(time: std::time::SystemTime) -> i64 {
    let since = time.duration_since(std::time::UNIX_EPOCH).map(|d| d.as_nanos() / 100).unwrap_or(0);
    UNIX_EPOCH + i64::try_from(since).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_closes() {
        assert_eq!(from_date(1, 1, 1), Some(0));
        assert_eq!(from_date(1970, 1, 1), Some(UNIX_EPOCH));
        assert_eq!(format(MAX), "9999-12-31T23:59:59.9999999Z");
        assert_eq!(from_date(2023, 2, 29), None);
        for days in (0..3_652_059).step_by(37) {
            let p = parts(days * TICKS_PER_DAY);
            assert_eq!(from_parts(p), Some(days * TICKS_PER_DAY));
        }
    }
}
