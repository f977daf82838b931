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

    /// No groups yet, and room for so many groups and values.
    pub(super) fn with_room(groups: usize, values: usize) -> ByGroup<T> {
        ByGroup { values: Vec::with_capacity(values), ends: Vec::with_capacity(groups) }
    }

    /// Adds a value to the group that is not ended yet.
    pub(super) fn push(&mut self, value: T) {
        self.values.push(value);
    }

    /// Ends a group; the next one begins behind it.
    pub(super) fn end(&mut self) {
        self.ends.push(self.values.len());
    }

    /// The values of each group.
    pub(super) fn groups(&self) -> impl Iterator<Item = &[T]> {
        (0..self.ends.len()).map(|group| self.group(group))
    }

    /// The values of one group.
    pub(super) fn group(&self, group: usize) -> &[T] {
        let begin = group.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(group).copied().unwrap_or_default();
        self.values.get(begin..end).unwrap_or_default()
    }

    /// All values, those of a group side by side.
    pub(super) fn values(&self) -> &[T] {
        &self.values
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
        assert_eq!((laid_out.group(2), laid_out.group(4)), (&[5, 3, 5][..], &[][..]));
        assert_eq!(laid_out.values(), [1, 9, 5, 3, 5]);
    }

    #[test]
    fn groups_are_added_behind_the_others() {
        let mut laid_out = ByGroup::with_room(3, 3);
        for group in [&[4, 2][..], &[], &[7]] {
            group.iter().for_each(|value| laid_out.push(*value));
            laid_out.end();
        }
        assert_eq!(laid_out.groups().collect::<Vec<&[i64]>>(), [&[4, 2][..], &[], &[7]]);
    }

    #[test]
    fn nothing_has_no_groups() {
        assert_eq!(ByGroup::of(0, std::iter::empty::<(u32, i64)>()).groups().count(), 0);
    }
}
