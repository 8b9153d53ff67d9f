//! An append-only row of values of which one number names the latest.
//!
//! A reader loads the number and follows it to a cell that is never written again, so what it gets
//! is a plain reference that lives as long as the row: no lock, no counter, no write. The price is
//! that replaced values stay until the row is dropped or [compacted](Generations::compact) with a
//! unique borrow.
//!
//! Cells live in buckets that double in size and never move. Every cell below the published number
//! is filled: a publisher fills the cell first and publishes its number after, with a release that
//! the reader's acquire meets.

use thiserror::Error;

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Mutex, OnceLock, broken};

/// Cells in the first bucket; a checker gets few, because it pays for each.
const FIRST_LEN: usize = if cfg!(registry_loom) { 1 } else { 8 };
/// Buckets in a row, and with them the bound on publications: over a hundred million.
const BUCKETS: usize = if cfg!(registry_loom) { 2 } else { 24 };

type Bucket<S> = Box<[OnceLock<S>]>;

/// An append-only row of values, the latest of which is current.
#[derive(Debug)]
pub(super) struct Generations<S> {
    /// How many values were published after `first`.
    published: AtomicUsize,
    buckets: [OnceLock<Bucket<S>>; BUCKETS],
    first: S,
    /// The publishers' own count. They never read `published`.
    publishing: Mutex<usize>,
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
            published: AtomicUsize::new(0),
            buckets: std::array::from_fn(|_| OnceLock::new()),
            first,
            publishing: Mutex::new(0),
        }
    }

    /// The current value.
    ///
    /// Acquire pairs with the release in [`publish`](Self::publish): a reader that sees the number
    /// also sees the bucket and the cell that were filled before it. Were a cell empty against the
    /// invariant, the first value would be given, which the caller cannot tell from an early look.
    #[inline]
    pub(super) fn current(&self) -> &S {
        let published = self.published.load(Ordering::Acquire);
        self.cell(published).unwrap_or(&self.first)
    }

    /// Makes `value` current if `expected` values were published so far.
    pub(super) fn publish(&self, expected: usize, value: S) -> Result<&S, Refusal> {
        let mut published = self.publishing.lock();
        if *published != expected && !broken("catalog.no_base_check") {
            return Err(Refusal::Superseded);
        }
        let next = expected + 1;
        let (bucket, offset) = locate(expected);
        let bucket = self.buckets.get(bucket).ok_or(Refusal::Exhausted)?;
        if bucket.get().is_none() {
            let len = FIRST_LEN << locate(expected).0;
            let cells = (0..len).map(|_| OnceLock::new()).collect();
            bucket.set(cells).map_err(|_| Refusal::Filled)?;
        }
        if broken("catalog.number_first") {
            self.published.store(next, Ordering::Release);
        }
        let cell = bucket.get().and_then(|cells| cells.get(offset));
        let cell = cell.ok_or(Refusal::Exhausted)?;
        cell.set(value).map_err(|_| Refusal::Filled)?;
        *published = next;
        let order = if broken("catalog.relaxed_publish") {
            Ordering::Relaxed
        } else {
            Ordering::Release
        };
        self.published.store(next, order);
        cell.get().ok_or(Refusal::Filled)
    }

    /// Drops every value but the current one, which becomes the first.
    pub(super) fn compact(&mut self) {
        let published = std::mem::take(self.publishing.get_mut());
        self.published = AtomicUsize::new(0);
        let buckets =
            std::mem::replace(&mut self.buckets, std::array::from_fn(|_| OnceLock::new()));
        let Some((bucket, offset)) = published.checked_sub(1).map(locate) else {
            return;
        };
        let current = buckets
            .into_iter()
            .nth(bucket)
            .and_then(OnceLock::into_inner)
            .and_then(|cells| cells.into_iter().nth(offset))
            .and_then(OnceLock::into_inner);
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
        let published = self.published.load(Ordering::Acquire);
        (0..=published).filter_map(|number| self.cell(number))
    }

    #[inline]
    fn cell(&self, number: usize) -> Option<&S> {
        let Some(index) = number.checked_sub(1) else {
            return Some(&self.first);
        };
        let (bucket, offset) = locate(index);
        self.buckets.get(bucket)?.get()?.get(offset)?.get()
    }
}

/// The bucket of the cell with this index, and the cell's place in it: bucket `b` holds
/// `FIRST_LEN << b` cells.
#[inline]
const fn locate(index: usize) -> (usize, usize) {
    let position = index + FIRST_LEN;
    let log = position.ilog2();
    ((log - FIRST_LEN.ilog2()) as usize, position - (1 << log))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_fill_buckets_of_doubling_size_without_gap_or_overlap() {
        let places: Vec<_> = [0, 7, 8, 23, 24, 55, 56].map(locate).to_vec();
        assert_eq!(
            places,
            [(0, 0), (0, 7), (1, 0), (1, 15), (2, 0), (2, 31), (3, 0)]
        );
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
