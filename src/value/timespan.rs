//! Timespans: a signed count of ticks (100 ns).

use super::datetime::{TICKS_PER_DAY, TICKS_PER_SECOND};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_as_kusto_does() {
        assert_eq!(format(0), "00:00:00");
        assert_eq!(format(-(TICKS_PER_DAY + 15_000_000)), "-1.00:00:01.5000000");
    }
}
