//! Distinct texts and keys of a block, in the order in which they came.
//!
//! In: texts or keys, one at a time. Out: each of them once. The memory is used again for the next block.

use super::BLOCK;
use xxhash_rust::xxh3::xxh3_64;

/// Distinct texts of one block. Texts are compared, not only their hashes: one that is taken for another would be missing in
/// the filter.
pub(super) struct Texts<'t> {
    /// Places of texts, counted from 1; 0 is free. At most half full: a block has no more texts than rows.
    slots: Vec<u32>,
    texts: Vec<&'t str>,
    hashes: Vec<u64>,
}

impl<'t> Texts<'t> {
    pub(super) fn new() -> Texts<'t> {
        Texts { slots: vec![0; 2 * BLOCK], texts: vec![], hashes: vec![] }
    }

    pub(super) fn all(&self) -> &[&'t str] {
        &self.texts
    }

    pub(super) fn clear(&mut self) {
        self.slots.fill(0);
        self.texts.clear();
        self.hashes.clear();
    }

    pub(super) fn insert(&mut self, text: &'t str) {
        self.insert_hashed(xxh3_64(text.as_bytes()), text);
    }

    fn insert_hashed(&mut self, hash: u64, text: &'t str) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while let Some(slot) = self.slots.get_mut(at) {
            let Some(place) = (*slot as usize).checked_sub(1) else {
                self.texts.push(text);
                self.hashes.push(hash);
                *slot = self.texts.len() as u32;
                return;
            };
            if self.hashes.get(place) == Some(&hash) && self.texts.get(place) == Some(&text) {
                return;
            }
            at = (at + 1) & mask;
        }
    }
}

/// Distinct keys of one block. Keys are hashes already: their low bits tell the slot.
pub(super) struct Keys {
    /// Keys; 0 is free. A power of two, at most half full.
    slots: Vec<u64>,
    keys: Vec<u64>,
    zero: bool,
}

impl Keys {
    pub(super) fn new() -> Keys {
        Keys { slots: vec![0; 2 * BLOCK], keys: vec![], zero: false }
    }

    pub(super) fn all(&self) -> &[u64] {
        &self.keys
    }

    pub(super) fn clear(&mut self) {
        self.slots.fill(0);
        self.keys.clear();
        self.zero = false;
    }

    pub(super) fn insert(&mut self, key: u64) {
        let is_new = if key == 0 { !std::mem::replace(&mut self.zero, true) } else { self.place(key) };
        if is_new {
            self.keys.push(key);
            if self.keys.len() * 2 > self.slots.len() {
                self.grow();
            }
        }
    }

    /// Puts a key other than 0 into its slot. Whether it was not there.
    fn place(&mut self, key: u64) -> bool {
        let mask = self.slots.len() - 1;
        let mut at = key as usize & mask;
        while let Some(slot) = self.slots.get_mut(at) {
            match *slot {
                0 => {
                    *slot = key;
                    return true;
                }
                known if known == key => return false,
                _ => at = (at + 1) & mask,
            }
        }
        false
    }

    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        self.slots.clear();
        self.slots.resize(size, 0);
        let keys = std::mem::take(&mut self.keys);
        keys.iter().filter(|key| **key != 0).for_each(|key| {
            self.place(*key);
        });
        self.keys = keys;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_one_hash_are_told_apart() {
        let mut texts = Texts::new();
        for (hash, text) in [(7, "a"), (7, "b"), (7, "a"), (7 + 2 * BLOCK as u64, "c"), (7, "b")] {
            texts.insert_hashed(hash, text);
        }
        assert_eq!(texts.all(), ["a", "b", "c"]);
        texts.clear();
        texts.insert("b");
        texts.insert("b");
        assert_eq!(texts.all(), ["b"]);
    }

    #[test]
    fn keys_come_once_and_in_order() {
        let mut keys = Keys::new();
        for n in (0..100_000_u64).chain(0..100_000) {
            keys.insert(n * n);
        }
        assert_eq!(keys.all(), (0..100_000).map(|n| n * n).collect::<Vec<u64>>());
        keys.clear();
        keys.insert(4);
        keys.insert(0);
        keys.insert(0);
        assert_eq!(keys.all(), [4, 0]);
    }
}
