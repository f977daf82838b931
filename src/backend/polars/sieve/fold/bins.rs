//! Bins of the time of rows that lie in the order of their times, as those of the mirror's files do.
//!
//! In: the times of a row group as the file has them, and a key that is a bin of them. Out: the bin of each row, or none
//! where that is not so. A bin never falls as times grow: between two rows of one bin all have it, so most are not computed.

use super::group::whole;
use crate::backend::polars::sieve::rows::{Passed, Sieve};
use crate::value::datetime::UNIX_EPOCH;
use ::polars::prelude::{DataFrame, DataType, Expr as PolarsExpr, Int64Chunked, IntoColumn, IntoLazy, PolarsResult};

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
        Ok(self.of_times(times)?.map(|bins| coded(&bins)))
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
        let at = |tick: i64| -> PolarsResult<Option<Vec<i64>>> {
            let ticks = rows.iter().filter_map(|row| times.get(*row)).map(|micros| micros * 10 + UNIX_EPOCH + tick);
            let ticks = Int64Chunked::from_vec(self.time.into(), ticks.collect()).into_column();
            let frame = DataFrame::new(rows.len(), vec![ticks])?.lazy().with_columns([self.expr.clone()]).collect()?;
            Ok(whole(&frame, self.place)?.into_iter().collect())
        };
        Ok(at(0)?.zip(at(9)?))
    }
}

/// Values by number; equal ones lie side by side.
fn coded(bins: &[i64]) -> Coded {
    let (mut codes, mut distinct): (Vec<u32>, Vec<Option<i64>>) = (Vec::with_capacity(bins.len()), vec![]);
    for bin in bins {
        if distinct.last() != Some(&Some(*bin)) {
            distinct.push(Some(*bin));
        }
        codes.push(distinct.len() as u32 - 1);
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
        assert_eq!(coded(&[7, 7, 9]), (vec![0, 0, 1], vec![Some(7), Some(9)]));
    }
}
