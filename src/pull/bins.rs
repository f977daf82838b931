//! What is due, and in which portions it is asked for. Pure.
//!
//! In: the service's counts, the mirror's. Out: bins that are due; windows of adjacent ones, newest first.

use super::kql::{HOUR, SLOT, hour};
use std::collections::BTreeMap;

/// A span of time within one hour, and how many rows the service has counted in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bin {
    /// Ticks.
    pub(super) start: i64,
    /// Ticks, not part of it.
    pub(super) end: i64,
    pub(super) rows: u64,
    /// Nothing but time without rows lies between this bin and the next newer one.
    pub(super) joined: bool,
}

/// Adjacent bins that are asked for together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Ticks.
    pub(super) start: i64,
    /// Ticks, not part of it.
    pub(super) end: i64,
    /// Rows counted.
    pub(super) rows: u64,
    /// Oldest first; never empty.
    pub(super) bins: Vec<Bin>,
}

impl Window {
    /// The hours that it has bins of, oldest first.
    pub(super) fn hours(&self) -> Vec<i64> {
        let mut hours: Vec<i64> = self.bins.iter().map(|b| hour(b.start)).collect();
        hours.dedup();
        hours
    }
}

/// Bins of the counts of one query over a span, oldest first. Steps without rows are left out.
pub(super) fn bins(counts: &BTreeMap<i64, u64>, from: i64, to: i64, step: impl Fn(i64) -> i64) -> Vec<Bin> {
    let counted = counts.range(..to).filter(|(start, rows)| **rows > 0 && **start + step(**start) > from);
    let bin = |(start, rows): (&i64, &u64)| {
        let (end, start) = ((start + step(*start)).min(to), (*start).max(from));
        Bin { start, end, rows: *rows, joined: true }
    };
    counted.map(bin).collect()
}

/// The bins to read. An hour is due when the service's count of it differs from the mirror's; of such an hour, five
/// minutes are left out when as many rows of them were received before. `seen` has what this process received.
pub(super) fn due(counted: &[Bin], known: &BTreeMap<i64, i64>, seen: &BTreeMap<i64, i64>) -> Vec<Bin> {
    let mut due = vec![];
    let mut previous = false;
    for group in counted.chunk_by(|a, b| hour(a.start) == hour(b.start)) {
        let Some(start) = group.first().map(|b| hour(b.start)) else { continue };
        let rows: u64 = group.iter().map(|b| b.rows).sum();
        let note = known.get(&start).copied();
        let taken = note == i64::try_from(rows).ok();
        let trusted = note == Some(sum(seen, start));
        for bin in group {
            let same = || seen.get(&bin.start).copied() == i64::try_from(bin.rows).ok();
            let wanted = !(taken || trusted && bin.end - bin.start == SLOT && same());
            if wanted {
                if let Some(older) = due.last_mut() {
                    let older: &mut Bin = older;
                    older.joined = previous;
                }
                due.push(*bin);
            }
            previous = wanted;
        }
    }
    due
}

/// The rows of an hour.
pub(super) fn sum(slots: &BTreeMap<i64, i64>, hour: i64) -> i64 {
    slots.range(hour..hour + HOUR).map(|(_, rows)| rows).sum()
}

/// Bins that wait to be read. The newest is read first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Queue(Vec<Bin>);

impl Queue {
    /// Of bins, oldest first.
    pub(super) fn new(bins: Vec<Bin>) -> Queue {
        Queue(bins)
    }

    /// The start of the newest bin.
    pub(super) fn newest(&self) -> Option<i64> {
        self.0.last().map(|b| b.start)
    }

    /// Takes the newest bin, and as many older ones as follow it closely and have no more than `most` rows with it.
    pub(super) fn next(&mut self, most: u64) -> Option<Window> {
        let newest = self.0.pop()?;
        let (mut rows, mut bins) = (newest.rows, vec![newest]);
        while let Some(older) = self.0.last().filter(|b| b.joined && rows + b.rows <= most).copied() {
            self.0.pop();
            rows += older.rows;
            bins.push(older);
        }
        bins.reverse();
        let start = bins.first().map_or(newest.start, |b| b.start);
        Some(Window { start, end: newest.end, rows, bins })
    }

    /// Puts a window back, as bins that may be finer.
    pub(super) fn put_back(&mut self, bins: Vec<Bin>) {
        self.0.extend(bins);
    }

    /// Whether a part of the hour waits.
    pub(super) fn has(&self, of: i64) -> bool {
        self.0.iter().rev().take_while(|b| b.end > of).any(|b| hour(b.start) == of)
    }

    /// Rows that wait.
    pub(super) fn rows(&self) -> u64 {
        self.0.iter().map(|b| b.rows).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(list: &[(i64, u64)]) -> Vec<Bin> {
        bins(&list.iter().map(|(h, n)| (h * HOUR, *n)).collect(), 0, 1000 * HOUR, |_| HOUR)
    }

    fn known(list: &[(i64, i64)]) -> BTreeMap<i64, i64> {
        list.iter().map(|(h, n)| (h * HOUR, *n)).collect()
    }

    fn windows(mut queue: Queue, most: u64) -> Vec<(i64, i64, u64)> {
        std::iter::from_fn(|| queue.next(most)).map(|w| (w.start / HOUR, w.end / HOUR, w.rows)).collect()
    }

    #[test]
    fn an_hour_is_due_when_the_counts_differ() {
        let counted = hours(&[(1, 5), (2, 5), (3, 5), (4, 0), (5, 5)]);
        let due = due(&counted, &known(&[(1, 5), (2, 4), (3, 6)]), &BTreeMap::new());
        assert_eq!(due.iter().map(|b| b.start / HOUR).collect::<Vec<_>>(), [2, 3, 5]);
    }

    #[test]
    fn windows_are_newest_first_and_no_larger_than_wanted() {
        let all = due(&hours(&[(1, 5), (2, 5), (3, 5), (7, 1), (9, 50), (10, 2)]), &known(&[(3, 5)]), &BTreeMap::new());
        assert_eq!(windows(Queue::new(all.clone()), 10), [(10, 11, 2), (9, 10, 50), (7, 8, 1), (1, 3, 10)]);
        assert_eq!(windows(Queue::new(all.clone()), 1), [(10, 11, 2), (9, 10, 50), (7, 8, 1), (2, 3, 5), (1, 2, 5)]);
        assert_eq!(windows(Queue::new(all), 1000), [(7, 11, 53), (1, 3, 10)], "empty hours between cost nothing");
    }

    #[test]
    fn of_an_hour_that_grows_only_what_is_new_is_read() {
        let counted = BTreeMap::from([(0, 3), (SLOT, 4), (3 * SLOT, 2)]);
        let counted = bins(&counted, 0, HOUR, |_| SLOT);
        let seen = BTreeMap::from([(0, 3), (SLOT, 1)]);
        let fresh = due(&counted, &known(&[(0, 4)]), &seen);
        assert_eq!(fresh.iter().map(|b| b.start / SLOT).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(due(&counted, &known(&[(0, 5)]), &seen).len(), 3, "another process was there in between");
        assert_eq!(due(&counted, &known(&[(0, 9)]), &seen).len(), 0);
    }

    #[test]
    fn bins_stay_within_their_span() {
        let cut = bins(&BTreeMap::from([(0, 1), (HOUR, 1), (2 * HOUR, 1)]), 5, 2 * HOUR, |_| HOUR);
        assert_eq!(cut.iter().map(|b| (b.start, b.end)).collect::<Vec<_>>(), [(5, HOUR), (HOUR, 2 * HOUR)]);
    }

    #[test]
    fn an_hour_waits_as_long_as_a_part_of_it_does() {
        let mut queue = Queue::new(bins(&BTreeMap::from([(0, 3), (SLOT, 4), (HOUR, 1)]), 0, 2 * HOUR, |_| SLOT));
        assert!(queue.has(0) && queue.has(HOUR) && !queue.has(2 * HOUR));
        queue.next(1).unwrap();
        assert!(queue.has(0) && !queue.has(HOUR));
        queue.next(7).unwrap();
        assert!(!queue.has(0));
    }
}
