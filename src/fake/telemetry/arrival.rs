//! When a row of a table is there, and how often: conditions in KQL, drawn from the row's own time and number.
//!
//! In: the settings, a table's columns, the time. Out: the conditions, as text; nothing is asked here.
//!
//! A draw is a whole number below [`DRAWS`], the same for a row on every run. Nine in ten rows come within about five
//! minutes of their event, one in ten thousand after half a day; this is how streams of Defender were seen to arrive.

use crate::value::datetime;

/// Draws are below this prime.
const DRAWS: u64 = 10_007;
/// The delay is the greatest of these lines: seconds at the line's first draw, that draw, hundredths of a second for each
/// further one.
const LINES: [(u64, u64, u64); 3] = [(7, 0, 3), (300, 9_000, 400), (3_900, 9_900, 43_800)];

/// What tables hold at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    /// Rows come 7 s to 14 h after their event; else at once, even those whose time is still to come.
    pub late: bool,
    /// How many of a thousand rows are there twice.
    pub twice: u32,
    /// Which ones follows from this number.
    pub seed: u64,
}

impl Arrivals {
    /// The condition that a row has arrived at `now`: KQL over its `time` column and `id`, a column of whole numbers where
    /// the table has one. `None`: every row has.
    pub fn arrived(&self, time: &str, id: Option<&str>, now: i64) -> Option<String> {
        let draw = self.draw(time, id, 7_919, 3);
        let line = |(first, at, step): (u64, u64, u64)| format!("{first}00 + ({draw} - {at}) * {step}");
        let lines = LINES.map(line).join(", ");
        let now = datetime::format(now);
        self.late.then(|| format!("['{time}'] + max_of({lines}) * 10ms <= datetime({now})"))
    }

    /// The condition that a row is there twice. `None`: no row is.
    pub fn doubled(&self, time: &str, id: Option<&str>) -> Option<String> {
        let draw = self.draw(time, id, 6_421, 11);
        (self.twice > 0).then(|| format!("{draw} < {}", u64::from(self.twice) * DRAWS / 1000))
    }

    /// A draw in KQL. Microseconds of the time vary most; two factors keep the draws of different purposes apart.
    fn draw(&self, time: &str, id: Option<&str>, factor: u64, salt: u64) -> String {
        let id = id
            .map(|id| format!(" + abs(coalesce(tolong(['{id}']), 0)) % {DRAWS} * {}", factor + 2))
            .unwrap_or_default();
        let shift = self.seed.wrapping_mul(salt) % DRAWS;
        format!("((tolong(['{time}']) / 10 % 1000003 * {factor}{id} + {shift}) % {DRAWS})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The delay of a draw in hundredths of a second, by the lines.
    fn delay(draw: u64) -> i64 {
        let line = |(first, at, step): (u64, u64, u64)| first as i64 * 100 + (draw as i64 - at as i64) * step as i64;
        LINES.map(line).into_iter().max().unwrap()
    }

    #[test]
    fn delays_span_seven_seconds_to_fourteen_hours() {
        let all: Vec<i64> = (0..DRAWS).map(delay).collect();
        assert!(all.is_sorted());
        assert_eq!(all[0], 700);
        assert!(all[9_000] <= 30_100, "nine in ten within five minutes");
        let last = all[DRAWS as usize - 1];
        assert!((13 * 360_000..=14 * 360_000).contains(&last), "{last}");
    }

    #[test]
    fn without_a_wish_there_is_no_condition() {
        let none = Arrivals::default();
        assert_eq!((none.arrived("T", None, 0), none.doubled("T", None)), (None, None));
    }

    #[test]
    fn the_seed_changes_the_draw_and_nothing_else() {
        let of = |seed| Arrivals { late: true, twice: 30, seed };
        assert_eq!(of(1).doubled("T", Some("R")), of(1).doubled("T", Some("R")));
        assert_ne!(of(1).doubled("T", Some("R")), of(2).doubled("T", Some("R")));
        assert_ne!(of(1).arrived("T", None, 0), of(1).arrived("T", None, 1));
    }
}
