//! Random numbers that are the same on every machine: ChaCha, integers only.
//!
//! In: a seed and the place in the world that the numbers are for. Out: draws. Never a float, never the system's entropy.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// A stream of random numbers.
pub struct Random(ChaCha8Rng);

impl Random {
    /// The stream of a seed for one place; streams of different places know nothing of each other, so that a new kind of
    /// activity does not change the numbers of the others.
    pub fn of(seed: u64, place: &[u64]) -> Random {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        for part in place {
            hash.update(part.to_le_bytes());
        }
        Random(ChaCha8Rng::from_seed(hash.finalize().into()))
    }

    /// A number below `n`, 0 when `n` is 0. The bias of the multiplication is below 2^-40 for every `n` used here.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// A number from `low` to `high`, both possible.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).unsigned_abs()) as i64
    }

    /// True in `n` of a thousand draws.
    pub fn per_mille(&mut self, n: u64) -> bool {
        self.below(1000) < n
    }

    /// One of several texts.
    pub fn word(&mut self, words: &[&'static str]) -> &'static str {
        self.pick(words).copied().unwrap_or_default()
    }

    /// One of several things; `None` when there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len() as u64) as usize)
    }

    /// One of several things, by weight.
    pub fn weighted<'a, T>(&mut self, items: &'a [(u32, T)]) -> Option<&'a T> {
        let total: u64 = items.iter().map(|(weight, _)| u64::from(*weight)).sum();
        let mut at = self.below(total);
        for (weight, item) in items {
            match at.checked_sub(u64::from(*weight)) {
                Some(rest) => at = rest,
                None => return Some(item),
            }
        }
        None
    }

    /// Lower-case hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            text.push_str(&format!("{:016x}", self.0.next_u64()));
        }
        text.truncate(digits);
        text
    }

    /// Letters and digits, as installers and droppers name their folders.
    pub fn letters(&mut self, count: usize) -> String {
        const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
        (0..count).filter_map(|_| self.pick(LETTERS).map(|b| char::from(*b))).collect()
    }

    /// A random guid.
    pub fn guid(&mut self) -> String {
        let bits = u128::from(self.0.next_u64()) << 64 | u128::from(self.0.next_u64());
        // Version 4, variant 1: what Windows makes.
        let (version, variant) = (0xf_u128 << 76, 0b11_u128 << 62);
        crate::value::format_guid(bits & !version & !variant | 0x4 << 76 | 0b10 << 62)
    }
}

/// Ranks drawn with a weight of one over the rank: a few are met again and again, most are rare.
pub struct Zipf(Vec<u64>);

impl Zipf {
    /// Over `n` ranks.
    pub fn new(n: usize) -> Zipf {
        let mut total = 0;
        Zipf(
            (1..=n as u64)
                .map(|rank| {
                    total += 1_000_000 / rank;
                    total
                })
                .collect(),
        )
    }

    /// A rank, from 0.
    pub fn draw(&self, random: &mut Random) -> usize {
        let at = random.below(self.0.last().copied().unwrap_or(0));
        self.0.partition_point(|sum| *sum <= at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_for_ever() {
        let mut random = Random::of(7, &[1, 2]);
        assert_eq!(
            (random.below(1000), random.hex(8), random.guid()),
            (925, "0481b928".to_owned(), "3c16e31f-687a-4a06-a6b0-53b25a929df5".to_owned()),
            "a change here changes every generated file"
        );
    }

    #[test]
    fn low_ranks_come_most_often() {
        let (zipf, mut random) = (Zipf::new(50), Random::of(1, &[]));
        let mut counts = [0; 50];
        for _ in 0..10_000 {
            counts[zipf.draw(&mut random)] += 1;
        }
        assert!(counts[0] > 1800 && counts[0] < 2700, "{counts:?}");
        assert!(counts[0] > counts[4] && counts[4] > counts[40] && counts[49] > 0);
    }
}
