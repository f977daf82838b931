//! The `timespan` of a query request: an ISO 8601 duration, a start, or a start and an end.
//!
//! In: its text and the present. Out: the first and the last tick, or what is wrong with it.

use crate::fake::store::SECOND;
use crate::value::datetime;

/// First and last tick of `P30D`, `a`, `a/b`, `P30D/b` or `a/P30D`, both included; a side may be open.
pub(in crate::fake) fn window(text: &str, now: i64) -> Result<(Option<i64>, Option<i64>), String> {
    let refuse = || format!("The timespan '{text}' is not a valid ISO 8601 time interval.");
    let time = |part: &str| datetime::parse(part).ok_or_else(refuse);
    let length = |part: &str| duration(part).ok_or_else(refuse);
    let before = |end: i64, part: &str| length(part).map(|ticks| end.saturating_sub(ticks).max(datetime::MIN));
    let after = |start: i64, part: &str| length(part).map(|ticks| start.saturating_add(ticks).min(datetime::MAX));
    Ok(match text.split_once('/') {
        None if text.starts_with('P') => (Some(before(now, text)?), Some(now)),
        None => (Some(time(text)?), None),
        Some((from, to)) if from.starts_with('P') => {
            let to = time(to)?;
            (Some(before(to, from)?), Some(to))
        }
        Some((from, to)) if to.starts_with('P') => {
            let from = time(from)?;
            (Some(from), Some(after(from, to)?))
        }
        Some((from, to)) => (Some(time(from)?), Some(time(to)?)),
    })
}

/// Ticks of `P1DT2H3M4.5S`, weeks too. Months and years have no fixed length and are refused.
fn duration(text: &str) -> Option<i64> {
    let rest = text.strip_prefix('P').filter(|rest| !rest.is_empty() && !rest.ends_with('T'))?;
    let (days, clock) = rest.split_once('T').unwrap_or((rest, ""));
    let days = parts(days, &[('W', 604_800), ('D', 86_400)])?;
    Some(days.saturating_add(parts(clock, &[('H', 3_600), ('M', 60), ('S', 1)])?))
}

/// Ticks of numbers that are each followed by a letter, in the letters' order.
fn parts(text: &str, units: &[(char, i64)]) -> Option<i64> {
    let (mut rest, mut ticks) = (text, 0_i64);
    for (letter, seconds) in units {
        if let Some((number, after)) = rest.split_once(*letter) {
            let number: f64 = number.parse().ok().filter(|n: &f64| n.is_finite() && *n >= 0.0)?;
            ticks = ticks.saturating_add((number * (seconds * SECOND) as f64) as i64);
            rest = after;
        }
    }
    rest.is_empty().then_some(ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_form_is_read() {
        let at = |text: &str| datetime::parse(text).unwrap();
        let (a, b) = ("2026-01-01T00:00:00Z", "2026-01-03T12:00:00Z");
        let day = 86_400 * SECOND;
        let now = at("2026-02-01T00:00:00Z");
        for (text, from, to) in [
            ("P1D".to_owned(), now - day, Some(now)),
            ("P1DT12H".to_owned(), now - day * 3 / 2, Some(now)),
            ("PT0.5S".to_owned(), now - SECOND / 2, Some(now)),
            ("P1W".to_owned(), now - 7 * day, Some(now)),
            ("PT3153600000.0S".to_owned(), now - 36_500 * day, Some(now)),
            ("P9999999D".to_owned(), datetime::MIN, Some(now)),
            (a.to_owned(), at(a), None),
            (format!("{a}/{b}"), at(a), Some(at(b))),
            (format!("P2D/{b}"), at(b) - 2 * day, Some(at(b))),
            (format!("{a}/PT90M"), at(a), Some(at(a) + 5_400 * SECOND)),
        ] {
            assert_eq!(window(&text, now), Ok((Some(from), to)), "{text}");
        }
        for bad in ["", "P", "PT", "P1X", "1D", "P1D/P1D/x", "2026-01-01/x", "P-1D", "P1M"] {
            assert!(window(bad, now).is_err(), "{bad}");
        }
    }
}
