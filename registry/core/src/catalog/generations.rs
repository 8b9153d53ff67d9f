//! An append-only row of values of which one number names the latest.
//!
//! A reader loads the number and follows it to a cell that is never written again, so what it gets
//! is a plain reference that lives as long as the row: no lock, no counter, no write. The price is
//! that replaced values stay until the row is dropped or [compacted](Generations::compact) with a
//! unique borrow.
//!
//! Cells live in buckets that double in size and never move. The published number is a cell's
//! place, bucket and offset in one word, so that a reader shifts where it would otherwise take a
//! logarithm. The published cell is filled: a publisher fills it first and publishes its place
//! after, with a release that the reader's acquire meets.

use thiserror::Error;

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Mutex, OnceLock, broken};

/// Cells in the first bucket; a checker gets few, because it pays for each.
const FIRST_LEN: usize = if cfg!(registry_loom) { 1 } else { 8 };
/// Buckets in a row, a power of two, and with them the bound on publications.
const BUCKETS: usize = if cfg!(registry_loom) { 2 } else { 16 };
const BUCKET_BITS: u32 = BUCKETS.ilog2();
/// The place of no cell, at which a reader finds the first value.
const NOWHERE: usize = usize::MAX;

/// An append-only row of values, the latest of which is current.
#[derive(Debug)]
pub(super) struct Generations<S> {
    /// The place of the current value.
    current: AtomicUsize,
    buckets: [OnceLock<Box<[OnceLock<S>]>>; BUCKETS],
    first: S,
    /// How many values were published after `first`. Publishers know it from here alone, and
    /// never load what readers load.
    published: Mutex<usize>,
}

/// Why a value was not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    #[error("another value was published meanwhile")]
    Superseded,
    #[error("no room for further values")]
    Exhausted,
    #[error("a cell was already filled")]
    Filled,
}

impl<S> Generations<S> {
    /// A row whose current value is `first`.
    pub(super) fn new(first: S) -> Self {
        Self {
            current: AtomicUsize::new(NOWHERE),
            buckets: Self::fresh_buckets(),
            first,
            published: Mutex::new(0),
        }
    }

    /// The current value.
    ///
    /// Acquire pairs with the release in [`publish`](Self::publish): a reader that sees the place
    /// also sees the bucket and the cell that were filled before it.
    #[inline]
    pub(super) fn current(&self) -> &S {
        match self.cell(self.current.load(Ordering::Acquire)) {
            Some(value) => value,
            None => self.first(),
        }
    }

    /// Makes `value` current if `expected` values were published so far.
    pub(super) fn publish(&self, expected: usize, value: S) -> Result<&S, Refusal> {
        let mut published = self.published.lock();
        if *published != expected && !broken("catalog.no_base_check") {
            return Err(Refusal::Superseded);
        }
        let place = place(expected).ok_or(Refusal::Exhausted)?;
        self.provide(place)?;
        if broken("catalog.number_first") {
            self.current.store(place, Ordering::Release);
        }
        let cell = self.uninit_cell(place).ok_or(Refusal::Exhausted)?;
        cell.set(value).map_err(|_| Refusal::Filled)?;
        *published = expected + 1;
        let order = if broken("catalog.relaxed_publish") {
            Ordering::Relaxed
        } else {
            Ordering::Release
        };
        // A swap where a store would do: loom skips schedules in which a thread stores to an
        // atomic that it loaded before, as publishers do when they look at the base.
        self.current.swap(place, order);
        cell.get().ok_or(Refusal::Filled)
    }

    /// Drops every value but the current one, which becomes the first.
    pub(super) fn compact(&mut self) {
        let last = self.published.get_mut().checked_sub(1).and_then(place);
        let fresh = Self::fresh_buckets();
        let buckets = std::mem::replace(&mut self.buckets, fresh);
        *self.published.get_mut() = 0;
        self.current = AtomicUsize::new(NOWHERE);
        let current = last.and_then(|place| {
            let bucket = buckets.into_iter().nth(bucket(place))?.into_inner()?;
            bucket.into_iter().nth(offset(place))?.into_inner()
        });
        if let Some(current) = current {
            self.first = current;
        }
    }

    /// The first value, which after compacting is the current one.
    pub(super) fn first_mut(&mut self) -> &mut S {
        &mut self.first
    }

    /// Every value still held, oldest first.
    pub(super) fn held(&self) -> impl Iterator<Item = &S> {
        let published = *self.published.lock();
        let rest = (0..published).filter_map(|index| self.cell(place(index)?));
        std::iter::once(&self.first).chain(rest)
    }

    /// Where readers of no cell end: before the first publication, and, were a published cell
    /// empty against the invariant, then too.
    #[cold]
    fn first(&self) -> &S {
        &self.first
    }

    #[inline]
    fn cell(&self, place: usize) -> Option<&S> {
        self.uninit_cell(place)?.get()
    }

    #[inline]
    fn uninit_cell(&self, place: usize) -> Option<&OnceLock<S>> {
        self.buckets[bucket(place)].get()?.get(offset(place))
    }

    /// Makes the bucket of this place, if it is the first there.
    fn provide(&self, place: usize) -> Result<(), Refusal> {
        let bucket = bucket(place);
        if self.buckets[bucket].get().is_none() {
            let cells = (0..FIRST_LEN << bucket).map(|_| OnceLock::new()).collect();
            let set = self.buckets[bucket].set(cells);
            set.map_err(|_| Refusal::Filled)?;
        }
        Ok(())
    }

    fn fresh_buckets() -> [OnceLock<Box<[OnceLock<S>]>>; BUCKETS] {
        std::array::from_fn(|_| OnceLock::new())
    }
}

/// The place of the cell with this index, if there is one: bucket `b` holds `FIRST_LEN << b` cells.
fn place(index: usize) -> Option<usize> {
    let position = index.checked_add(FIRST_LEN)?;
    let log = position.ilog2();
    let bucket = (log - FIRST_LEN.ilog2()) as usize;
    let offset = position - (1 << log);
    (bucket < BUCKETS).then_some((offset << BUCKET_BITS) | bucket)
}

#[inline]
const fn bucket(place: usize) -> usize {
    place % BUCKETS
}

#[inline]
const fn offset(place: usize) -> usize {
    place >> BUCKET_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_fill_buckets_of_doubling_size_without_gap_or_overlap() {
        let places = [0, 7, 8, 23, 24, 55, 56].map(|index| {
            let place = place(index).unwrap();
            (bucket(place), offset(place))
        });
        let expected = [(0, 0), (0, 7), (1, 0), (1, 15), (2, 0), (2, 31), (3, 0)];
        assert_eq!(places, expected);
        let cells = FIRST_LEN * ((1 << BUCKETS) - 1);
        assert_eq!((place(cells), place(usize::MAX)), (None, None));
        assert_eq!(place(cells - 1).map(bucket), Some(BUCKETS - 1));
    }

    #[test]
    fn the_latest_value_is_current_and_references_to_older_ones_stay_good() {
        let row = Generations::new(String::from("0"));
        let oldest = row.current();
        for number in 0..100 {
            let published = row.publish(number, (number + 1).to_string()).unwrap();
            assert_eq!(published, &(number + 1).to_string());
            assert!(std::ptr::eq(published, row.current()));
        }
        assert_eq!(oldest, "0");
        let held: Vec<_> = row.held().cloned().collect();
        let all: Vec<_> = (0..=100).map(|n: usize| n.to_string()).collect();
        assert_eq!(held, all);
    }

    #[test]
    fn a_value_derived_from_an_older_one_is_refused() {
        let row = Generations::new(0);
        row.publish(0, 1).unwrap();
        assert_eq!(row.publish(0, 2), Err(Refusal::Superseded));
        assert_eq!(row.publish(2, 2), Err(Refusal::Superseded));
        assert_eq!(row.current(), &1);
    }

    #[test]
    fn compacting_keeps_the_current_value_and_starts_the_row_anew() {
        let mut row = Generations::new(0);
        row.compact();
        assert_eq!(row.current(), &0);
        for number in 0..20 {
            row.publish(number, number + 1).unwrap();
        }
        row.compact();
        assert_eq!(row.held().collect::<Vec<_>>(), [&20]);
        row.publish(0, 21).unwrap();
        assert_eq!(row.held().collect::<Vec<_>>(), [&20, &21]);
    }
}
