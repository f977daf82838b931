//! A list of needles, of which one must be found.
//!
//! In: the keys of each needle, the rarest first. Out: whether a filter has all keys of one of them. The first keys lie side
//! by side: most needles end there.

/// Keys of many needles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needles {
    /// The first key of each.
    first: Vec<u64>,
    /// The other keys of all.
    others: Vec<u64>,
    /// Where the other keys of each end.
    ends: Vec<usize>,
}

/// So many single keys, for each value that a fingerprint can have, are found almost surely (95 %), there or not.
const HOPELESS: usize = 3;

impl Needles {
    /// Adds a needle by its keys. One without keys is not added: the caller knows that it is found everywhere.
    pub(super) fn push(&mut self, keys: impl IntoIterator<Item = u64>) {
        let mut keys = keys.into_iter();
        if let Some(first) = keys.next() {
            self.first.push(first);
            self.others.extend(keys);
            self.ends.push(self.others.len());
        }
    }

    pub(super) fn append(&mut self, more: &Needles) {
        let before = self.others.len();
        self.first.extend_from_slice(&more.first);
        self.others.extend_from_slice(&more.others);
        self.ends.extend(more.ends.iter().map(|end| before + end));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// The keys of the needle, if it is the only one.
    pub(super) fn only(&self) -> Option<Vec<u64>> {
        let [first] = self.first.as_slice() else { return None };
        Some(std::iter::once(*first).chain(self.others.iter().copied()).collect())
    }

    /// Whether asking is a waste of time with fingerprints of so many bits.
    pub(super) fn too_many_for(&self, bits: u32) -> bool {
        let most = HOPELESS << bits;
        self.first.len() >= most && (0..self.first.len()).filter(|at| self.rest(*at).is_empty()).nth(most - 1).is_some()
    }

    /// Whether all keys of some needle are there.
    pub(super) fn any(&self, there: impl Fn(u64) -> bool) -> bool {
        let mut first = self.first.iter().enumerate();
        first.any(|(at, key)| there(*key) && self.rest(at).iter().all(|key| there(*key)))
    }

    fn rest(&self, at: usize) -> &[u64] {
        let end_of = |at: usize| self.ends.get(at).copied().unwrap_or(0);
        let start = at.checked_sub(1).map_or(0, end_of);
        self.others.get(start..end_of(at)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needles(all: &[&[u64]]) -> Needles {
        let mut needles = Needles::default();
        all.iter().for_each(|keys| needles.push(keys.iter().copied()));
        needles
    }

    #[test]
    fn all_keys_of_one_needle() {
        let needles = needles(&[&[1, 2, 3], &[], &[4], &[5, 6]]);
        let any = |there: &[u64]| needles.any(|key| there.contains(&key));
        assert!(any(&[3, 2, 1]) && any(&[4]) && any(&[6, 5]));
        assert!(!any(&[1, 2, 5]) && !any(&[]) && !any(&[2, 3, 6]));
    }

    #[test]
    fn lists_join() {
        let mut joined = needles(&[&[1, 2], &[3]]);
        joined.append(&needles(&[&[4, 5], &[6]]));
        assert_eq!(joined, needles(&[&[1, 2], &[3], &[4, 5], &[6]]));
        assert_eq!(joined.only(), None);
        assert_eq!(needles(&[&[7, 8]]).only(), Some(vec![7, 8]));
    }

    #[test]
    fn only_needles_of_one_key_are_hopeless() {
        let mut many = Needles::default();
        (0..800).for_each(|n| many.push([n, n]));
        assert!(!many.too_many_for(8));
        (0..768).for_each(|n| many.push([n]));
        assert!(many.too_many_for(8) && !many.too_many_for(16));
    }
}
