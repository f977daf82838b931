//! The filter of one block.
//!
//! In: distinct keys. Out: a binary fuse filter, or the word that the block is always a candidate; and their bytes.

use super::probe::Probe;
use xorf::{BinaryFuse8, BinaryFuse16, Descriptor, Filter};

/// Bytes before the fingerprints: width, seed, segment length, length of all segments but two, number of fingerprints.
const HEAD: usize = 1 + 8 + 4 + 4 + 4;

/// No segment is longer.
const LONGEST_SEGMENT: u32 = 262_144;

/// What one block of a column says about its keys.
#[derive(Clone, Debug)]
pub enum BlockFilter {
    /// The block may have any key.
    Always,
    /// Fingerprints of 8 bits: 0.4 % of all other keys seem to be there.
    Narrow(BinaryFuse8),
    /// Fingerprints of 16 bits: 0.002 % of all other keys seem to be there.
    Wide(BinaryFuse16),
}

impl BlockFilter {
    /// A filter of keys, none of which is there twice. What cannot be built is [`BlockFilter::Always`].
    pub(super) fn new(keys: &[u64], wide: bool) -> BlockFilter {
        let built = if wide {
            BinaryFuse16::try_from(keys).ok().map(BlockFilter::Wide)
        } else {
            BinaryFuse8::try_from(keys).ok().map(BlockFilter::Narrow)
        };
        // A filter that forgot a key would hide rows: each is asked for once.
        built.filter(|filter| keys.iter().all(|key| filter.contains(*key))).unwrap_or(BlockFilter::Always)
    }

    /// Whether a key may be there.
    pub(super) fn contains(&self, key: u64) -> bool {
        match self {
            BlockFilter::Always => true,
            BlockFilter::Narrow(filter) => filter.contains(&key),
            BlockFilter::Wide(filter) => filter.contains(&key),
        }
    }

    /// Whether a row of the block may satisfy the condition that the probe stands for. Which terms hold a piece, a filter does
    /// not know: [`Probe::with_words`] comes before.
    pub(super) fn admits(&self, probe: &Probe) -> bool {
        match (self, probe) {
            (BlockFilter::Always, _) | (_, Probe::Always | Probe::Part(_)) => true,
            (_, Probe::Key(key)) => self.contains(*key),
            (_, Probe::All(probes)) => probes.iter().all(|probe| self.admits(probe)),
            (_, Probe::Any(probes)) => probes.iter().any(|probe| self.admits(probe)),
            (BlockFilter::Narrow(filter), Probe::OneOf(needles)) => {
                needles.too_many_for(8) || needles.any(|key| filter.contains(&key))
            }
            (BlockFilter::Wide(filter), Probe::OneOf(needles)) => {
                needles.too_many_for(16) || needles.any(|key| filter.contains(&key))
            }
        }
    }

    /// Appends the filter's bytes, little-endian.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            BlockFilter::Always => out.push(0),
            BlockFilter::Narrow(filter) => {
                head(8, &filter.descriptor, filter.fingerprints.len(), out);
                out.extend_from_slice(&filter.fingerprints);
            }
            BlockFilter::Wide(filter) => {
                head(16, &filter.descriptor, filter.fingerprints.len(), out);
                filter.fingerprints.iter().for_each(|print| out.extend_from_slice(&print.to_le_bytes()));
            }
        }
    }

    /// Reads a filter from the front of some bytes, and moves them on. None where they are no filter.
    pub(super) fn read(bytes: &mut &[u8]) -> Option<BlockFilter> {
        let (width, rest) = bytes.split_first()?;
        if *width == 0 {
            *bytes = rest;
            return Some(BlockFilter::Always);
        }
        let (head, rest) = bytes.split_at_checked(HEAD)?;
        let (descriptor, count) = descriptor(head)?;
        let size = count.checked_mul(match width {
            8 => 1,
            16 => 2,
            _ => return None,
        })?;
        let (prints, rest) = rest.split_at_checked(size)?;
        *bytes = rest;
        Some(match width {
            8 => BlockFilter::Narrow(BinaryFuse8 { descriptor, fingerprints: prints.into() }),
            _ => {
                let (pairs, _) = prints.as_chunks::<2>();
                let fingerprints = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
                BlockFilter::Wide(BinaryFuse16 { descriptor, fingerprints })
            }
        })
    }
}

fn head(width: u8, descriptor: &Descriptor, prints: usize, out: &mut Vec<u8>) {
    out.push(width);
    out.extend_from_slice(&descriptor.seed.to_le_bytes());
    out.extend_from_slice(&descriptor.segment_length.to_le_bytes());
    out.extend_from_slice(&descriptor.segment_count_length.to_le_bytes());
    // A block has 8192 rows: their keys fit.
    out.extend_from_slice(&u32::try_from(prints).unwrap_or(u32::MAX).to_le_bytes());
}

/// The descriptor of a filter and the number of its fingerprints. Lengths that would lead beyond the fingerprints are refused.
fn descriptor(head: &[u8]) -> Option<(Descriptor, usize)> {
    let four = |at: usize| head.get(at..).and_then(<[u8]>::first_chunk).map(|bytes| u32::from_le_bytes(*bytes));
    let seed = head.get(1..).and_then(<[u8]>::first_chunk).map(|bytes| u64::from_le_bytes(*bytes))?;
    let (segment, all, prints) = (four(9)?, four(13)?, four(17)?);
    let sound = segment.is_power_of_two()
        && segment <= LONGEST_SEGMENT
        && all.is_multiple_of(segment)
        && u64::from(all) + 2 * u64::from(segment) <= u64::from(prints);
    let descriptor = Descriptor {
        seed,
        segment_length: segment,
        segment_length_mask: segment.wrapping_sub(1),
        segment_count_length: all,
    };
    sound.then_some((descriptor, usize::try_from(prints).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(from: u64, count: u64) -> Vec<u64> {
        (from..from + count).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect()
    }

    fn copy(filter: &BlockFilter) -> BlockFilter {
        let mut bytes = vec![];
        filter.write(&mut bytes);
        bytes.push(7);
        let mut rest = bytes.as_slice();
        let read = BlockFilter::read(&mut rest).unwrap();
        assert_eq!(rest, [7]);
        read
    }

    #[test]
    fn no_key_is_forgotten_and_few_are_invented() {
        for count in [64, 100, 1000, 8192, 60_000] {
            for (wide, most) in [(false, 70), (true, 3)] {
                let filter = copy(&BlockFilter::new(&keys(0, count), wide));
                assert!(!matches!(filter, BlockFilter::Always), "{count}");
                assert!(keys(0, count).iter().all(|key| filter.contains(*key)));
                let invented = keys(1 << 40, 10_000).iter().filter(|key| filter.contains(**key)).count();
                assert!(invented <= most, "{count} keys, {invented} of 10,000");
            }
        }
    }

    #[test]
    fn small_sets_never_fail() {
        for count in 0..64 {
            for wide in [false, true] {
                let filter = copy(&BlockFilter::new(&keys(9, count), wide));
                assert!(keys(9, count).iter().all(|key| filter.contains(*key)), "{count}");
            }
        }
    }

    #[test]
    fn the_same_keys_give_the_same_bytes() {
        let (mut a, mut b) = (vec![], vec![]);
        BlockFilter::new(&keys(3, 5000), true).write(&mut a);
        BlockFilter::new(&keys(3, 5000), true).write(&mut b);
        assert_eq!(a, b);
    }

    #[test]
    fn lengths_that_lead_astray_are_refused() {
        let mut bytes = vec![];
        BlockFilter::new(&keys(3, 500), false).write(&mut bytes);
        for (at, value) in [(0, 9), (9, 3), (12, 255), (13, 1), (16, 127), (17, 0), (20, 255)] {
            let mut broken = bytes.clone();
            if broken[at] != value {
                broken[at] = value;
                assert!(BlockFilter::read(&mut broken.as_slice()).is_none(), "byte {at}");
            }
        }
        assert!(BlockFilter::read(&mut &bytes[..bytes.len() - 1]).is_none());
        assert!(BlockFilter::read(&mut [].as_slice()).is_none());
    }

    #[test]
    fn all_any_and_always() {
        let (there, gone) = (keys(0, 1000), keys(1 << 40, 1000));
        let filter = BlockFilter::new(&there, true);
        let key = |key: &u64| Probe::Key(*key);
        assert!(filter.admits(&Probe::Always));
        assert!(filter.admits(&Probe::All(there.iter().map(key).collect())));
        assert!(!filter.admits(&Probe::All(vec![key(&there[0]), key(&gone[0])])));
        assert!(filter.admits(&Probe::Any(vec![key(&gone[0]), key(&there[0])])));
        assert!(filter.admits(&Probe::any([key(&gone[0]), key(&there[0])])));
        assert!(!filter.admits(&Probe::any(gone.iter().take(10).map(key))));
        assert!(!filter.admits(&Probe::Any(vec![])), "nothing is in an empty list");
        assert!(filter.admits(&Probe::All(vec![])));
        assert!(BlockFilter::Always.admits(&Probe::Any(vec![])));
        assert!(filter.admits(&Probe::any(vec![key(&gone[0]); 3 << 16])), "so many are not asked one by one");
    }
}
