//! The newest samples, up to a capacity that can be changed while it runs.
//!
//! Each thread pushes into a shard of its own choosing, so that pushing threads seldom meet; a
//! reader or a change of capacity locks all shards, in one order, and so sees one moment. Samples
//! carry the time they were taken at, which is what orders them across shards: a common counter
//! would be the contention that the shards avoid.
//!
//! Any thread may be the only one that pushes, so each shard may hold a full capacity; what is
//! read is the newest of all, never more than the capacity. A capacity of zero turns the ring off,
//! and a push then costs one load and one branch.

use std::collections::VecDeque;
use std::time::Duration;

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, broken, thread_ordinal};

/// Shards of a ring; a checker gets few, because it pays for each.
const SHARDS: usize = if cfg!(registry_loom) { 2 } else { 8 };

/// A bounded buffer of the newest samples.
#[derive(Debug)]
pub struct Ring<T> {
    capacity: AtomicUsize,
    shards: [Shard<T>; SHARDS],
}

/// Two cache lines, because processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Shard<T>(Mutex<VecDeque<Sample<T>>>);

#[derive(Debug)]
struct Sample<T> {
    at: Duration,
    value: T,
}

impl<T> Ring<T> {
    /// An empty ring for this many samples; none turns it off.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: AtomicUsize::new(capacity),
            shards: std::array::from_fn(|_| Shard(Mutex::new(VecDeque::new()))),
        }
    }

    /// Adds a sample taken at `at`; the oldest of this shard makes room, and is lost if that is true.
    #[inline]
    pub fn push(&self, at: Duration, value: T) -> bool {
        // Relaxed: a hint. A push that races with turning the ring on or off may go either way.
        let hint = self.capacity.load(Ordering::Relaxed);
        hint != 0 && self.push_into(thread_ordinal() % SHARDS, Sample { at, value }, hint)
    }

    fn push_into(&self, shard: usize, sample: Sample<T>, hint: usize) -> bool {
        let Some(shard) = self.shards.get(shard) else {
            return false;
        };
        let mut samples = shard.0.lock();
        // Relaxed: the capacity changes only under all shards' locks, and one of them is held.
        let capacity = if broken("ring.stale_capacity") {
            hint
        } else {
            self.capacity.load(Ordering::Relaxed)
        };
        if capacity == 0 {
            return false;
        }
        let is_full = samples.len() >= capacity;
        let oldest = is_full.then(|| samples.pop_front());
        samples.push_back(sample);
        drop(samples);
        drop(oldest);
        is_full
    }

    /// The newest samples at one moment, oldest first.
    pub fn snapshot(&self) -> Vec<T>
    where
        T: Clone,
    {
        let mut copies = Vec::new();
        if broken("ring.torn_read") {
            for shard in &self.shards {
                copies.extend(copies_of(&shard.0.lock()));
            }
        } else {
            let shards = self.lock_all();
            copies.extend(shards.iter().flat_map(|shard| copies_of(shard)));
        }
        // Stable: samples of one thread and one moment keep the order they were pushed in.
        copies.sort_by_key(|&(at, _)| at);
        let capacity = self.capacity();
        let surplus = copies.len().saturating_sub(capacity);
        let newest = copies.into_iter().skip(surplus);
        newest.map(|(_, value)| value).collect()
    }

    /// Changes the capacity; when it shrinks, the newest samples stay.
    pub fn set_capacity(&self, capacity: usize) {
        let mut shards = self.lock_all();
        // Relaxed: published by the locks.
        self.capacity.store(capacity, Ordering::Relaxed);
        let held: usize = shards.iter().map(|shard| shard.len()).sum();
        for _ in capacity..held {
            let oldest = shards
                .iter_mut()
                .filter(|shard| !shard.is_empty())
                .min_by_key(|shard| shard.front().map(|sample| sample.at));
            if let Some(shard) = oldest {
                shard.pop_front();
            }
        }
        for shard in &mut shards {
            shard.shrink_to(capacity);
        }
    }

    /// How many samples are kept at most.
    pub fn capacity(&self) -> usize {
        // Relaxed: a number to show.
        self.capacity.load(Ordering::Relaxed)
    }

    /// How many samples are in memory, which may be more than can be read.
    pub fn held(&self) -> usize {
        self.lock_all().iter().map(|shard| shard.len()).sum()
    }

    fn lock_all(&self) -> [MutexGuard<'_, VecDeque<Sample<T>>>; SHARDS] {
        self.shards.each_ref().map(|shard| shard.0.lock())
    }
}

fn copies_of<T: Clone>(shard: &VecDeque<Sample<T>>) -> impl Iterator<Item = (Duration, T)> {
    shard.iter().map(|sample| (sample.at, sample.value.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Pushes as if from threads that fell on different shards.
    fn spread(ring: &Ring<u64>, samples: impl IntoIterator<Item = u64>) {
        for value in samples {
            let shard = usize::try_from(value % 3).unwrap();
            let sample = Sample {
                at: at(value),
                value,
            };
            ring.push_into(shard, sample, ring.capacity());
        }
    }

    #[test]
    fn the_newest_samples_are_kept_in_order() {
        let ring = Ring::new(3);
        for value in 0..10 {
            ring.push(at(0), value);
        }
        assert_eq!(ring.snapshot(), [7, 8, 9]);
        assert_eq!(ring.held(), 3);
    }

    #[test]
    fn samples_of_several_shards_are_read_in_order_of_time_up_to_the_capacity() {
        let ring = Ring::new(4);
        spread(&ring, 0..10);
        assert_eq!(ring.snapshot(), [6, 7, 8, 9]);
        assert_eq!(ring.held(), 10);
    }

    #[test]
    fn shrinking_keeps_the_newest_of_all_shards_and_growing_makes_room() {
        let ring = Ring::new(100);
        spread(&ring, 0..10);
        ring.set_capacity(3);
        assert_eq!((ring.snapshot(), ring.held()), (vec![7, 8, 9], 3));
        ring.set_capacity(5);
        spread(&ring, 10..12);
        assert_eq!(ring.snapshot(), [7, 8, 9, 10, 11]);
    }

    #[test]
    fn a_ring_of_no_capacity_keeps_nothing_until_it_is_turned_on() {
        let ring = Ring::new(0);
        ring.push(at(0), 1);
        assert_eq!(ring.held(), 0);
        ring.set_capacity(2);
        ring.push(at(0), 2);
        assert_eq!(ring.snapshot(), [2]);
        ring.set_capacity(0);
        assert_eq!((ring.snapshot(), ring.held()), (vec![], 0));
    }

    #[test]
    fn nothing_is_lost_when_threads_push_at_once() {
        let ring = Ring::new(1000);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let ring = &ring;
                scope.spawn(move || (0..100).for_each(|n| _ = ring.push(at(n), (thread, n))));
            }
        });
        let mut seen = ring.snapshot();
        seen.sort_unstable();
        let all: Vec<_> = (0..4).flat_map(|t| (0..100).map(move |n| (t, n))).collect();
        assert_eq!(seen, all);
    }
}
