//! Timespans: a signed count of ticks (100 ns).
//!
//! In: ticks or texts. Out: Kusto's text, or ticks; `None` where a text is no timespan or does not fit.

use super::datetime::{TICKS_PER_DAY, TICKS_PER_SECOND, ticks_of_fraction};

const NANOSECONDS_PER_TICK: i64 = 100;

/// Kusto's text of a timespan: `[-][d.]hh:mm:ss[.fffffff]`.
pub fn format(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let n = ticks.unsigned_abs();
    let (day, second) = (TICKS_PER_DAY.unsigned_abs(), TICKS_PER_SECOND.unsigned_abs());
    let days = if n >= day { format!("{}.", n / day) } else { String::new() };
    let seconds = n % day / second;
    let fraction = if n.is_multiple_of(second) { String::new() } else { format!(".{:07}", n % second) };
    format!("{sign}{days}{:02}:{:02}:{:02}{fraction}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Reads a timespan: `[-][d.]hh:mm[:ss[.fffffff]]`, a whole number of days, or a number with a unit (`1.5h`, `-10 ms`).
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let ticks = if text.contains(':') { clock(text)? } else { amount(text)? };
    i64::try_from(if negative { -ticks } else { ticks }).ok()
}

/// Nanoseconds of a unit, in any of Kusto's spellings.
pub fn unit(name: &str) -> Option<i64> {
    const SECOND: i64 = 1_000_000_000;
    Some(match name {
        "d" | "day" | "days" => 86_400 * SECOND,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600 * SECOND,
        "m" | "min" | "minute" | "minutes" => 60 * SECOND,
        "s" | "sec" | "second" | "seconds" => SECOND,
        "ms" | "milli" | "millis" | "millisec" | "millisecond" | "milliseconds" => 1_000_000,
        "micro" | "micros" | "microsec" | "microsecond" | "microseconds" => 1000,
        "tick" | "ticks" => NANOSECONDS_PER_TICK,
        "nano" | "nanos" | "nanosec" | "nanosecond" | "nanoseconds" => 1,
        _ => return None,
    })
}

/// `[d.]hh:mm[:ss[.fffffff]]`, in ticks.
fn clock(text: &str) -> Option<i128> {
    let (days, time) = match text.split_once('.') {
        Some((days, time)) if !days.contains(':') => (number(days, u32::MAX)?, time),
        _ => (0, text),
    };
    let mut parts = time.split(':');
    let hours = number(parts.next()?, 23)?;
    let minutes = number(parts.next()?, 59)?;
    let (seconds, fraction) = match parts.next() {
        None => (0, 0),
        Some(seconds) => match seconds.split_once('.') {
            None => (number(seconds, 59)?, 0),
            Some((seconds, fraction)) => (number(seconds, 59)?, seconds_fraction(fraction)?),
        },
    };
    if parts.next().is_some() {
        return None;
    }
    let whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
    Some(whole * i128::from(TICKS_PER_SECOND) + fraction)
}

/// `3`, `1.5h`, `10 ms`, in ticks; without a unit a whole number of days. What is less than a tick is cut off.
fn amount(text: &str) -> Option<i128> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, name) = text.split_at_checked(end)?;
    let name = name.trim();
    let per_unit = i128::from(unit(if name.is_empty() { "d" } else { name })?);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if (name.is_empty() && digits.contains('.')) || fraction.len() > 18 {
        return None;
    }
    let whole = number(whole, u64::MAX)?;
    let parts = if fraction.is_empty() { 0 } else { number(fraction, u64::MAX)? };
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    Some((whole * per_unit + parts * per_unit / scale) / i128::from(NANOSECONDS_PER_TICK))
}

fn number(digits: &str, most: impl Into<i128>) -> Option<i128> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let number = plain.then(|| digits.parse().ok()).flatten()?;
    (number <= most.into()).then_some(number)
}

fn seconds_fraction(digits: &str) -> Option<i128> {
    let plain = digits.len() <= 7 && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| ticks_of_fraction(digits)).flatten().map(i128::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_as_kusto_does() {
        assert_eq!(format(0), "00:00:00");
        assert_eq!(format(-(TICKS_PER_DAY + 15_000_000)), "-1.00:00:01.5000000");
    }

    #[test]
    fn reads_clock_forms_back() {
        for text in ["00:00:00", "-1.00:00:01.5000000", "3.04:05:06.0000007", "10675199.02:48:05.4775807"] {
            assert_eq!(parse(text).map(format).as_deref(), Some(text));
        }
        assert_eq!(parse("7:30"), parse("450m"));
        assert_eq!(parse("2.7:30"), parse("55.5h"));
        assert_eq!(parse("0:0:1.25"), Some(12_500_000));
        assert_eq!(parse("3"), Some(3 * TICKS_PER_DAY));
    }

    #[test]
    fn reads_units() {
        assert_eq!(parse("1.5h"), Some(5400 * TICKS_PER_SECOND));
        assert_eq!(parse("-10 ms"), Some(-100_000));
        assert_eq!(parse("7microseconds"), Some(70));
        assert_eq!(parse("0.1tick"), Some(0));
        assert_eq!(parse("250nanos"), Some(2));
        for text in
            ["", "h", "1.5", "1h30m", "24:00", "1:60", "1:2:3:4", "10675199.02:48:05.4775808", "1.2.3d", "5 parsecs"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
