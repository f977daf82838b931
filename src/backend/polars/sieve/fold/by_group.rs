//! Values laid out by group, in one piece of memory.
//!
//! In: pairs of a group and a value, in any order. Out: the values of each group side by side, in the order of the pairs.

/// Values by group.
pub(super) struct ByGroup<T> {
    values: Vec<T>,
    /// Where the values of each group end; they begin where those of the group before end.
    ends: Vec<usize>,
}

impl<T: Copy + Default> ByGroup<T> {
    /// Lays out the values of so many groups. The pairs are gone through twice.
    pub(super) fn of(groups: usize, pairs: impl Iterator<Item = (u32, T)> + Clone) -> ByGroup<T> {
        let mut ends = vec![0_usize; groups];
        for (group, _) in pairs.clone() {
            if let Some(count) = ends.get_mut(group as usize) {
                *count += 1;
            }
        }
        let mut all = 0;
        for count in &mut ends {
            let begin = all;
            all += *count;
            *count = begin;
        }
        let mut values = vec![T::default(); all];
        // From here to the end of the loop an end is the place of the group's next value.
        for (group, value) in pairs {
            if let Some(next) = ends.get_mut(group as usize) {
                if let Some(place) = values.get_mut(*next) {
                    *place = value;
                }
                *next += 1;
            }
        }
        ByGroup { values, ends }
    }

    /// Sorts the values of each group.
    pub(super) fn sorted(mut self) -> ByGroup<T>
    where
        T: Ord,
    {
        let (mut rest, mut begin) = (self.values.as_mut_slice(), 0);
        for end in &self.ends {
            let Some((group, others)) = rest.split_at_mut_checked(end - begin) else { break };
            group.sort_unstable();
            (rest, begin) = (others, *end);
        }
        self
    }

    /// The values of each group.
    pub(super) fn groups(&self) -> impl Iterator<Item = &[T]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, end)| self.values.get(begin..*end).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_by_group_in_the_order_of_the_pairs() {
        let pairs = [(2, 5), (0, 1), (2, 3), (0, 9), (2, 5)];
        let laid_out = ByGroup::of(4, pairs.into_iter());
        let groups: Vec<&[i64]> = laid_out.groups().collect();
        assert_eq!(groups, [&[1, 9][..], &[], &[5, 3, 5], &[]]);
        let sorted = ByGroup::of(4, pairs.into_iter()).sorted();
        assert_eq!(sorted.groups().collect::<Vec<_>>(), [&[1, 9][..], &[], &[3, 5, 5], &[]]);
    }

    #[test]
    fn nothing_has_no_groups() {
        assert_eq!(ByGroup::of(0, std::iter::empty::<(u32, i64)>()).groups().count(), 0);
    }
}
