//! Bins of the time of rows that lie in the order of their times, as those of the mirror's files do.
//!
//! In: a key that is a bin of the times of a row group. Out: the bin of each row, or none where that is not so. Bins of whole
//! hours are known without a time: the log tells how many rows each hour has. Of other bins the times are read; a bin never
//! falls as times grow, so between two rows of one bin all have it, and most are not computed.

use super::group::whole;
use crate::backend::polars::sieve::rows::{Passed, Sieve};
use crate::value::datetime::{TICKS_PER_DAY, UNIX_EPOCH};
use ::polars::prelude::{DataFrame, DataType, Expr as PolarsExpr, Int64Chunked, IntoColumn, IntoLazy, PolarsResult};

/// Ticks of an hour.
const HOUR: i64 = TICKS_PER_DAY / 24;

/// Rows from one that is computed to the next.
const STRIDE: usize = 256;

/// A key that is a bin of a column of times.
pub(super) struct Bin<'a> {
    /// The column.
    pub(super) time: &'a str,
    /// The bin, under the name of its place.
    pub(super) expr: &'a PolarsExpr,
    /// Its place among what is computed.
    pub(super) place: usize,
}

/// The bin of each row by number, and the bins.
type Coded = (Vec<u32>, Vec<Option<i64>>);

impl Bin<'_> {
    /// The bins of the rows.
    pub(super) fn of_rows(&self, sieve: &Sieve<'_>, rows: &Passed) -> PolarsResult<Option<Coded>> {
        if let Some(hours) = rows.by_hour()
            && let Some(coded) = self.of_hours(&hours)?
        {
            return Ok(Some(coded));
        }
        let Some(field) = sieve.schema.field(self.time) else { return Ok(None) };
        let times = sieve.stored_column(rows, field)?;
        if times.null_count() > 0 || !matches!(times.dtype(), DataType::Datetime(..)) {
            return Ok(None);
        }
        let times = times.to_physical_repr().rechunk();
        let times = times.i64()?.cont_slice()?;
        if !times.is_sorted() {
            return Ok(None);
        }
        Ok(self.of_times(times)?.map(|bins| coded(bins.into_iter().map(|bin| (bin, 1)))))
    }

    /// The bins of rows of which so many lie in each hour, one hour after the other; none where an hour lies in two bins.
    fn of_hours(&self, hours: &[(i64, usize)]) -> PolarsResult<Option<Coded>> {
        let at = |offset: i64| self.at(hours.iter().map(|(hour, _)| hour * HOUR + offset).collect());
        let firsts = at(0)?;
        let Some(bins) = firsts.filter(|_| !hours.is_empty()) else { return Ok(None) };
        if at(HOUR - 1)?.as_ref() != Some(&bins) {
            return Ok(None);
        }
        let rows = hours.iter().map(|(_, rows)| *rows);
        Ok(Some(coded(bins.into_iter().zip(rows))))
    }

    /// The bins of times, microseconds since 1970 in their order; none where one of them lies in two bins.
    fn of_times(&self, times: &[i64]) -> PolarsResult<Option<Vec<i64>>> {
        let Some(last) = times.len().checked_sub(1) else { return Ok(Some(vec![])) };
        let ends: Vec<usize> = (0..last).step_by(STRIDE).chain([last]).collect();
        let Some((lowest, highest)) = self.computed(times, &ends)? else { return Ok(None) };
        let mut bins = vec![0; times.len()];
        let mut open: Vec<usize> = Vec::new();
        let pieces = ends.windows(2).zip(lowest.windows(2)).zip(highest.windows(2));
        for ((ends, lowest), highest) in pieces {
            let ([from, to], [low, _], [_, high]) = (ends, lowest, highest) else { continue };
            match bins.get_mut(*from..=*to).filter(|_| low == high) {
                Some(piece) => piece.fill(*low),
                None => open.extend(*from..=*to),
            }
        }
        if ends.len() < 2 {
            open = ends;
        }
        let Some((lowest, highest)) = self.computed(times, &open)? else { return Ok(None) };
        if lowest != highest {
            return Ok(None);
        }
        for (row, bin) in open.into_iter().zip(lowest) {
            if let Some(place) = bins.get_mut(row) {
                *place = bin;
            }
        }
        Ok(Some(bins))
    }

    /// The bins of the first and of the last tick that a row's time may stand for: files have microseconds.
    fn computed(&self, times: &[i64], rows: &[usize]) -> PolarsResult<Option<(Vec<i64>, Vec<i64>)>> {
        let at = |tick: i64| {
            let micros = rows.iter().filter_map(|row| times.get(*row));
            self.at(micros.map(|micros| micros * 10 + UNIX_EPOCH + tick).collect())
        };
        Ok(at(0)?.zip(at(9)?))
    }

    /// The bins of these times.
    fn at(&self, ticks: Vec<i64>) -> PolarsResult<Option<Vec<i64>>> {
        let count = ticks.len();
        let ticks = Int64Chunked::from_vec(self.time.into(), ticks).into_column();
        let frame = DataFrame::new(count, vec![ticks])?.lazy().with_columns([self.expr.clone()]).collect()?;
        Ok(whole(&frame, self.place)?.into_iter().collect())
    }
}

/// Values by number, each for so many rows; equal ones lie side by side.
fn coded(bins: impl Iterator<Item = (i64, usize)>) -> Coded {
    let (mut codes, mut distinct): (Vec<u32>, Vec<Option<i64>>) = (vec![], vec![]);
    for (bin, rows) in bins {
        if rows > 0 && distinct.last() != Some(&Some(bin)) {
            distinct.push(Some(bin));
        }
        codes.extend(std::iter::repeat_n((distinct.len() as u32).saturating_sub(1), rows));
    }
    (codes, distinct)
}

#[cfg(test)]
mod tests {
    use super::super::name_of;
    use super::*;
    use ::polars::prelude::{col, lit};
    use proptest::prelude::*;

    /// `bin(T, step)` of ticks.
    fn bin(step: i64) -> PolarsExpr {
        (col("T").floor_div(lit(step)) * lit(step)).alias(name_of(3))
    }

    fn bins(step: i64, times: &[i64]) -> Option<Vec<i64>> {
        Bin { time: "T", expr: &bin(step), place: 3 }.of_times(times).unwrap()
    }

    proptest! {
        #[test]
        fn bins_are_those_of_each_row(
            steps in proptest::collection::vec(0..400_i64, 0..2000),
            step in prop_oneof![Just(10_i64), Just(70), Just(1000), Just(360_000)],
            start in -1_000_000_i64..1_000_000,
        ) {
            let mut time = start;
            let times: Vec<i64> = steps.iter().map(|step| { time += step; time }).collect();
            let each: Vec<i64> =
                times.iter().map(|micros| (micros * 10 + UNIX_EPOCH).div_euclid(step) * step).collect();
            match bins(step, &times) {
                Some(bins) => prop_assert_eq!(bins, each),
                None => prop_assert!(step % 10 != 0 || UNIX_EPOCH % step != 0, "{}", step),
            }
        }
    }

    #[test]
    fn a_time_in_two_bins_is_not_told() {
        assert_eq!(bins(3, &[0, 1, 2]), None);
        assert_eq!(bins(10, &[]), Some(vec![]));
        assert_eq!(bins(10, &[5]), Some(vec![UNIX_EPOCH + 50]));
    }

    #[test]
    fn neighbours_share_a_number() {
        let coded = |bins: &[(i64, usize)]| coded(bins.iter().copied());
        assert_eq!(coded(&[(7, 1), (7, 1), (9, 1)]), (vec![0, 0, 1], vec![Some(7), Some(9)]));
        assert_eq!(coded(&[(5, 0), (7, 2), (9, 0), (9, 3)]), (vec![0, 0, 1, 1, 1], vec![Some(7), Some(9)]));
    }

    #[test]
    fn hours_tell_bins_of_whole_hours_only() {
        let of_hours =
            |step, hours: &[(i64, usize)]| Bin { time: "T", expr: &bin(step), place: 3 }.of_hours(hours).unwrap();
        let hours = [(20, 2), (22, 0), (23, 1), (24, 1)];
        let days = of_hours(24 * HOUR, &hours);
        assert_eq!(days, Some((vec![0, 0, 0, 1], vec![Some(0), Some(24 * HOUR)])));
        let each = of_hours(HOUR, &hours);
        assert_eq!(each, Some((vec![0, 0, 1, 2], vec![Some(20 * HOUR), Some(23 * HOUR), Some(24 * HOUR)])));
        assert_eq!(of_hours(HOUR / 2, &hours), None);
        assert_eq!(of_hours(HOUR, &[]), None);
    }
}
