//! An immutable hash table from names to values.
//!
//! It is built once and only read after, so it needs none of what makes a general map grow,
//! shrink and forget. Each cell holds half of the hash beside the name: one cache line tells whether
//! it is the one, and the name is compared to be sure. Cells that are taken send their entry on to
//! the next free one.
//!
//! A cell also remembers that its value was found ready, so that who asks again need not reach for
//! the value: among ten thousand, that line of memory is rarely at hand.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;

use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::broken;

/// The randomly seeded hash of names, the same for every generation of a catalog: a lookup can
/// begin to hash before it knows which generation is current.
#[derive(Clone, Debug, Default)]
pub(super) struct NameHash(RandomState);

impl NameHash {
    /// The hash of the bytes alone. The terminator that `str` adds when hashed as a value serves
    /// composite keys, and costs another round.
    #[inline]
    pub(super) fn of(&self, name: &str) -> u64 {
        let mut hasher = self.0.build_hasher();
        hasher.write(name.as_bytes());
        hasher.finish()
    }
}

/// An immutable hash table from names to values.
#[derive(Debug)]
pub(super) struct Table<V> {
    /// A power of two of cells, more than there are entries, so that every search ends.
    cells: Box<[Option<Entry<V>>]>,
    len: usize,
}

#[derive(Debug)]
struct Entry<V> {
    /// The half of the hash that does not select the cell.
    hash: u32,
    /// Whether the value was found ready before. It then stays so.
    ready: AtomicBool,
    name: Box<str>,
    value: V,
}

impl<V> Table<V> {
    /// A table without entries.
    pub(super) fn empty() -> Self {
        Self::with_cells(1)
    }

    /// A table of these entries, or the first name that occurs twice.
    pub(super) fn new(hash: &NameHash, entries: Vec<(Box<str>, V)>) -> Result<Self, Box<str>> {
        // At most two cells in three are taken: searches stay short.
        let room = (entries.len() + entries.len() / 2 + 1).next_power_of_two();
        let mut table = Self::with_cells(room);
        for (name, value) in entries {
            let hash = hash.of(&name);
            if table.get(hash, &name).is_some() {
                return Err(name);
            }
            table.insert(hash, name, value);
        }
        Ok(table)
    }

    /// The value of this name, which hashes to `hash`.
    #[inline]
    pub(super) fn get(&self, hash: u64, name: &str) -> Option<&V> {
        self.entry(hash, name).map(|entry| &entry.value)
    }

    /// Like [`get`](Self::get), for a value that is `ready`, which is not asked again once it was.
    #[inline]
    pub(super) fn get_ready(
        &self,
        hash: u64,
        name: &str,
        ready: impl FnOnce(&V) -> bool,
    ) -> Option<&V> {
        let entry = self.entry(hash, name)?;
        // Acquires what the thread saw that found it ready.
        let known = entry.ready.load(if broken("catalog.relaxed_ready") {
            Ordering::Relaxed
        } else {
            Ordering::Acquire
        });
        (known || entry.becomes_ready(ready)).then_some(&entry.value)
    }

    /// Names and values, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        let entries = self.cells.iter().flatten();
        entries.map(|entry| (&*entry.name, &entry.value))
    }

    /// How many entries there are.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Bytes of the cells and the names.
    pub(super) fn bytes(&self) -> usize {
        let names: usize = self.iter().map(|(name, _)| name.len()).sum();
        size_of_val(&*self.cells) + names
    }

    fn with_cells(count: usize) -> Self {
        Self {
            cells: std::iter::repeat_with(|| None).take(count).collect(),
            len: 0,
        }
    }

    fn insert(&mut self, hash: u64, name: Box<str>, value: V) {
        let mut at = hash;
        while self.cell(at).is_some_and(Option::is_some) {
            at = at.wrapping_add(1);
        }
        let index = self.index(at);
        if let Some(cell) = self.cells.get_mut(index) {
            *cell = Some(Entry {
                hash: upper(hash),
                ready: AtomicBool::new(false),
                name,
                value,
            });
            self.len += 1;
        }
    }

    #[inline]
    fn entry(&self, hash: u64, name: &str) -> Option<&Entry<V>> {
        let mut at = hash;
        loop {
            let entry = self.cell(at)?.as_ref()?;
            if entry.hash == upper(hash) && *entry.name == *name {
                return Some(entry);
            }
            at = at.wrapping_add(1);
        }
    }

    #[inline]
    fn cell(&self, at: u64) -> Option<&Option<Entry<V>>> {
        self.cells.get(self.index(at))
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the low bits select the cell"
    )]
    fn index(&self, at: u64) -> usize {
        at as usize & self.cells.len().wrapping_sub(1)
    }
}

impl<V> Entry<V> {
    #[cold]
    fn becomes_ready(&self, ready: impl FnOnce(&V) -> bool) -> bool {
        let ready = ready(&self.value);
        if ready {
            self.ready.store(true, Ordering::Release);
        }
        ready
    }
}

/// The half of a hash that is kept in the cell, which the lower half selects.
#[inline]
const fn upper(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(count: usize) -> Vec<(Box<str>, usize)> {
        (0..count).map(|n| (n.to_string().into(), n)).collect()
    }

    #[test]
    fn every_name_is_found_and_no_other() {
        let hash = NameHash::default();
        for count in [0, 1, 2, 3, 100, 1000] {
            let table = Table::new(&hash, entries(count)).unwrap();
            assert_eq!(table.len(), count);
            let find = |n: usize| table.get(hash.of(&n.to_string()), &n.to_string()).copied();
            assert!((0..count).all(|n| find(n) == Some(n)));
            assert!((count..2 * count + 2).all(|n| find(n).is_none()));
            let mut all: Vec<_> = table.iter().map(|(_, n)| *n).collect();
            all.sort_unstable();
            assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn names_of_one_hash_are_told_apart() {
        let mut table = Table::new(&NameHash::default(), entries(4)).unwrap();
        table.insert(u64::MAX, "a".into(), 10);
        table.insert(u64::MAX, "b".into(), 11);
        assert_eq!(table.get(u64::MAX, "a"), Some(&10));
        assert_eq!(table.get(u64::MAX, "b"), Some(&11));
        assert_eq!(table.get(u64::MAX, "c"), None);
    }

    #[test]
    fn a_value_is_asked_until_it_is_ready_and_then_no_more() {
        let hash = NameHash::default();
        let table = Table::new(&hash, entries(2)).unwrap();
        let asked = std::cell::Cell::new(0);
        let get = |name, answer| {
            table.get_ready(hash.of(name), name, |_| {
                asked.set(asked.get() + 1);
                answer
            })
        };
        assert_eq!((get("0", false), asked.get()), (None, 1));
        assert_eq!((get("0", true), asked.get()), (Some(&0), 2));
        assert_eq!((get("0", false), asked.get()), (Some(&0), 2));
        assert_eq!((get("1", false), asked.get()), (None, 3));
        assert_eq!((get("2", true), asked.get()), (None, 3));
    }

    #[cfg(not(any(registry_loom, registry_shuttle)))]
    #[test]
    fn two_cells_with_a_shared_value_fit_a_cache_line() {
        assert_eq!(size_of::<Option<Entry<std::sync::Arc<u8>>>>(), 32);
    }

    #[test]
    fn a_name_that_occurs_twice_is_named() {
        let twice = [("a", 1), ("b", 2), ("a", 3)].map(|(name, n)| (name.into(), n));
        let refused = Table::new(&NameHash::default(), twice.into()).unwrap_err();
        assert_eq!(&*refused, "a");
    }
}
