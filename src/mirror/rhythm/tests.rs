//! What is missing is found, and what is ordinary is not.

use super::*;
use crate::value::datetime::from_date;
use proptest::prelude::*;

/// Monday.
fn monday() -> i64 {
    from_date(2026, 6, 1).unwrap()
}

/// How busy the hours of a working day are in an office.
const OFFICE: [u64; 24] = [2, 2, 2, 2, 2, 3, 6, 22, 46, 58, 56, 44, 28, 46, 54, 50, 40, 24, 10, 6, 5, 4, 3, 2];

/// Numbers without a pattern.
struct Chance(u64);

impl Chance {
    /// From 0 to below 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// How many events come when so many are usual and none knows of another.
    fn count(&mut self, usual: f64) -> u64 {
        if usual > 50.0 {
            let normal = (0..12).map(|_| self.next()).sum::<f64>() - 6.0;
            return (usual + normal * usual.sqrt()).max(0.0) as u64;
        }
        let (mut left, mut count) = (self.next(), 0);
        let limit = (-usual).exp();
        while left > limit {
            left *= self.next();
            count += 1;
        }
        count
    }
}

fn weekday(start: i64) -> i64 {
    start.div_euclid(TICKS_PER_DAY).rem_euclid(7)
}

/// Hours from a Monday on, of so many rows each.
fn table(days: i64, mut rows: impl FnMut(i64, usize) -> u64) -> BTreeMap<i64, u64> {
    let hour = |n: i64| {
        let start = monday() + n * HOUR;
        (start, rows(start, (n % 24) as usize))
    };
    (0..days * 24).map(hour).filter(|(_, rows)| *rows > 0).collect()
}

/// An office: busy on working days, nearly silent otherwise.
fn office(days: i64, level: f64, seed: u64) -> BTreeMap<i64, u64> {
    let mut chance = Chance(seed);
    table(days, |start, hour| {
        let usual = if weekday(start) >= 5 { 3.0 } else { OFFICE[hour] as f64 };
        let noise = 0.75 + chance.next() / 2.0;
        chance.count(usual * level * noise)
    })
}

fn judge(hours: &BTreeMap<i64, u64>) -> Rhythm {
    let last = hours.keys().last().map_or(monday(), |start| start + HOUR);
    rhythm(hours, Some(last - 1), last + 2 * HOUR, &RhythmOptions::default())
}

fn take_out(hours: &mut BTreeMap<i64, u64>, from: i64, to: i64) {
    hours.retain(|start, _| !(from..to).contains(start));
}

fn at(day: i64, hour: i64) -> i64 {
    monday() + day * TICKS_PER_DAY + hour * HOUR
}

fn ranges(rhythm: &Rhythm) -> Vec<(i64, i64)> {
    rhythm.gaps.iter().map(|gap| (gap.from, gap.to)).collect()
}

#[test]
fn ordinary_tables_have_no_gap() {
    for seed in 1..=12 {
        for level in [0.003, 0.02, 0.1, 0.5, 3.0, 40.0] {
            for days in [5, 9, 15, 40] {
                let found = judge(&office(days, level, seed));
                assert_eq!(found.gaps, [], "seed {seed}, level {level}, {days} days");
                assert!(!found.stale);
            }
        }
    }
}

#[test]
fn gaps_of_an_office_are_named_to_the_hour() {
    for seed in 1..=10 {
        let mut hours = office(28, 5.0, seed);
        let planted = [(at(3, 10), at(3, 12)), (at(8, 0), at(9, 0)), (at(12, 12), at(13, 0)), (at(24, 9), at(24, 10))];
        for (from, to) in planted {
            take_out(&mut hours, from, to);
        }
        let found = judge(&hours);
        assert_eq!(ranges(&found), planted, "seed {seed}");
        assert!(found.known && found.gaps.iter().all(|gap| gap.found == 0 && gap.expected > 60.0), "{found:?}");
    }
}

#[test]
fn a_sharp_drop_is_a_gap_and_a_weak_one_is_not() {
    let drop = |share: f64| {
        let mut hours = office(28, 20.0, 3);
        for (_, rows) in hours.range_mut(at(17, 9)..at(17, 15)) {
            *rows = (*rows as f64 * share) as u64;
        }
        judge(&hours)
    };
    assert_eq!(ranges(&drop(0.04)), [(at(17, 9), at(17, 15))]);
    assert!(drop(0.04).gaps[0].found > 0);
    assert_eq!(drop(0.4).gaps, []);
}

#[test]
fn a_stray_row_does_not_split_a_gap_nor_make_it_longer() {
    let mut hours = office(28, 5.0, 8);
    take_out(&mut hours, at(10, 0), at(12, 0));
    hours.insert(at(10, 13), 4);
    hours.insert(at(12, 0), 1);
    let found = judge(&hours);
    assert_eq!(ranges(&found), [(at(10, 0), at(12, 0))]);
    assert_eq!(found.gaps[0].found, 4);
}

#[test]
fn long_silences_are_gaps_too() {
    let mut hours = office(60, 2.0, 4);
    take_out(&mut hours, at(15, 0), at(20, 0));
    take_out(&mut hours, at(30, 5), at(44, 7));
    assert_eq!(ranges(&judge(&hours)), [(at(15, 0), at(20, 0)), (at(30, 5), at(44, 7))]);
}

#[test]
fn sparse_tables_need_a_longer_silence() {
    let mut chance = Chance(7);
    let mut hours = table(60, |_, _| chance.count(0.4));
    take_out(&mut hours, at(20, 0), at(20, 6));
    assert_eq!(judge(&hours).gaps, []);
    take_out(&mut hours, at(40, 0), at(46, 0));
    let found = judge(&hours);
    assert_eq!(found.gaps.len(), 1, "{found:?}");
    assert!(found.gaps[0].from <= at(40, 0) && found.gaps[0].to >= at(46, 0));
}

#[test]
fn a_snapshot_an_hour_is_missed_soon() {
    let mut hours = table(14, |_, _| 4);
    take_out(&mut hours, at(9, 3), at(9, 5));
    assert_eq!(ranges(&judge(&hours)), [(at(9, 3), at(9, 5))]);
}

#[test]
fn tables_grow_and_shrink_without_a_gap() {
    let growing = table(40, |start, hour| OFFICE[hour] * (1 + ((start - monday()) / TICKS_PER_DAY).pow(2) as u64));
    assert_eq!(judge(&growing).gaps, [], "growing");
    let enrolled = table(20, |start, hour| OFFICE[hour] * if start < at(2, 9) { 1 } else { 40 });
    assert_eq!(judge(&enrolled).gaps, [], "enrolled");
    let removed = table(30, |start, hour| OFFICE[hour] * if start < at(14, 9) { 40 } else { 1 });
    assert_eq!(judge(&removed).gaps, [], "removed");
}

#[test]
fn a_holiday_is_no_gap_and_a_failure_of_a_day_is() {
    let mut hours = office(35, 20.0, 5);
    let weekend: Vec<u64> = (0..24).map(|hour| hours[&at(19, hour)]).collect();
    for (hour, rows) in (0..24).zip(weekend) {
        hours.insert(at(16, hour), rows);
    }
    assert_eq!(judge(&hours).gaps, []);
    take_out(&mut hours, at(23, 0), at(24, 0));
    assert_eq!(ranges(&judge(&hours)), [(at(23, 0), at(24, 0))]);
}

#[test]
fn years_are_judged_at_once() {
    let start = std::time::Instant::now();
    let mut hours = table(1500, |_, _| 900);
    take_out(&mut hours, at(777, 3), at(777, 9));
    assert_eq!(ranges(&judge(&hours)), [(at(777, 3), at(777, 9))]);
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn weeks_may_rest_on_other_days() {
    let rests = |start: i64| matches!(weekday(start), 4 | 5);
    let quiet = table(28, |start, hour| if rests(start) { 1 } else { OFFICE[hour] * 10 });
    assert_eq!(judge(&quiet).gaps, []);
    let silent = table(28, |start, hour| if rests(start) { 0 } else { OFFICE[hour] * 10 });
    assert_eq!(judge(&silent).gaps, []);
}

#[test]
fn young_tables_and_tables_without_times_are_not_judged() {
    let young = judge(&office(1, 5.0, 1));
    assert!(!young.known && young.gaps.is_empty() && !young.stale);
    let none = rhythm(&BTreeMap::new(), None, monday(), &RhythmOptions::default());
    assert_eq!(none, Rhythm::default());
    assert!(judge(&office(5, 5.0, 1)).known);
}

#[test]
fn clocks_that_are_wrong_make_no_gap() {
    let mut hours = office(21, 5.0, 2);
    hours.insert(from_date(1970, 1, 1).unwrap(), 3);
    hours.insert(from_date(2099, 1, 1).unwrap(), 2);
    let now = at(21, 2);
    let found = rhythm(&hours, Some(from_date(2099, 1, 1).unwrap()), now, &RhythmOptions::default());
    assert_eq!(found.gaps, []);
    assert_eq!(found.lag, Some(2 * HOUR));
}

#[test]
fn a_lag_is_unusual_when_rows_should_have_come() {
    let hours = office(26, 5.0, 6);
    let last = Some(at(26, 0) - 1);
    let stale = |now: i64| rhythm(&hours, last, now, &RhythmOptions::default()).stale;
    // Day 26 is a Saturday; the night before it is quiet.
    assert!(!stale(at(26, 2)), "nearly nothing comes at night");
    assert!(stale(at(26, 12)), "a few rows an hour come on a Saturday");
    assert!(stale(at(29, 0)) && stale(at(400, 0)));
    let patient = RhythmOptions { patience: 26 * HOUR, ..RhythmOptions::default() };
    assert!(!rhythm(&hours, last, at(26, 12), &patient).stale);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn regular_tables_have_no_gap(pattern in prop::collection::vec(0_u64..5000, 24), days in 1_i64..60, gone in 0_i64..48) {
        let hours = table(days, |_, hour| pattern[hour]);
        let last = hours.keys().last().copied();
        let found = rhythm(&hours, last, at(days, gone), &RhythmOptions::default());
        prop_assert_eq!(found.gaps, vec![]);
    }

    #[test]
    fn two_hours_out_of_a_dense_table_are_always_found(
        seed in 0_u64..1000, level in 100_u64..5000, from in 49_i64..600, length in 2_i64..160,
    ) {
        let mut chance = Chance(seed);
        let mut hours = table(35, |_, _| chance.count(level as f64));
        let planted = (at(0, from), at(0, from + length));
        take_out(&mut hours, planted.0, planted.1);
        prop_assert_eq!(ranges(&judge(&hours)), vec![planted]);
    }

    #[test]
    fn anything_is_taken(
        hours in prop::collection::btree_map(any::<i64>(), any::<u64>(), 0..40), last in any::<Option<i64>>(),
        now in any::<i64>(), near in prop::collection::btree_map(0_i64..2000, any::<u64>(), 0..400),
    ) {
        let options = RhythmOptions::default();
        rhythm(&hours, last, now, &options);
        let near: BTreeMap<i64, u64> = near.into_iter().map(|(hour, rows)| (monday() + hour * HOUR, rows)).collect();
        let found = rhythm(&near, last, at(90, 0), &options);
        prop_assert!(found.gaps.windows(2).all(|w| w[0].to <= w[1].from));
        prop_assert!(found.gaps.iter().all(|gap| gap.from < gap.to && (gap.found as f64) < gap.expected));
    }
}
