//! Marks that are set once, and a row of them that is looked through only when one was set since.
//!
//! A row of thousands is asked for its marks much more often than one is set. All marks of a row share a
//! counter, [`Marks`], and a [`View`] keeps what it saw last together with the count it saw it at.
//!
//! Invariant: whoever knows, by whatever means, that [`set`](Mark::set) has returned finds the mark in
//! every view.

use std::sync::Arc;

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Mutex, broken};

/// Nothing has happened.
const BLANK: usize = 0;

/// It is set, and may not be counted yet.
const SET: usize = 1;

/// It is set and counted.
const COUNTED: usize = 2;

/// How often marks were set; clones share one counter.
#[derive(Clone, Debug, Default)]
pub struct Marks(Arc<AtomicUsize>);

/// A mark that is set once and stays.
#[derive(Debug)]
pub struct Mark {
    state: AtomicUsize,
    marks: Marks,
}

/// Which marks of a row are set, as they were last looked through.
#[derive(Debug, Default)]
pub struct View(Mutex<Option<Arc<Seen>>>);

#[derive(Debug)]
struct Seen {
    count: usize,
    set: Arc<[u32]>,
}

impl Marks {
    /// No mark is set.
    pub fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn count(&self) -> usize {
        // Acquire, with the release in `add`: who sees the count sees the marks that were set before it.
        self.0.load(Ordering::Acquire)
    }

    fn add(&self) {
        let order = if broken("mark.relaxed_count") {
            Ordering::Relaxed
        } else {
            Ordering::Release
        };
        self.0.fetch_add(1, order);
    }
}

impl Mark {
    /// A mark that is not set, counted by `marks`.
    pub fn new(marks: Marks) -> Self {
        Self {
            state: AtomicUsize::new(BLANK),
            marks,
        }
    }

    /// What counts it.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Whether it is set.
    #[inline]
    pub fn is_set(&self) -> bool {
        // Relaxed: what a mark leads to is reached through a lock, or through the count.
        self.state.load(Ordering::Relaxed) != BLANK
    }

    /// Sets it, if nobody has.
    #[inline]
    pub fn set(&self) {
        // Acquire, with the release below: who does not count it has the count before what comes next.
        if self.state.load(Ordering::Acquire) != COUNTED {
            self.set_first();
        }
    }

    /// Several threads may come here at once. Each counts, for none knows whether another has yet.
    #[cold]
    fn set_first(&self) {
        if broken("mark.trusts_others") && self.is_set() {
            return;
        }
        // Relaxed: the count publishes it. It comes first, so that who looks for what was counted finds it.
        let order = Ordering::Relaxed;
        let _already = self.state.compare_exchange(BLANK, SET, order, order);
        self.marks.add();
        self.state.store(COUNTED, Ordering::Release);
    }
}

impl View {
    /// The numbers of the marks of `row` that are set. It must be the same row, counted by the same
    /// `marks`, each time.
    pub fn look<'a>(&self, marks: &Marks, row: impl Iterator<Item = &'a Mark>) -> Arc<[u32]> {
        let count = marks.count();
        if let Some(seen) = &*self.0.lock()
            && seen.count == count
        {
            return Arc::clone(&seen.set);
        }
        // Looked through without the lock: who comes meanwhile looks as well.
        let numbered = (0..).zip(row);
        let set = numbered.filter_map(|(number, mark)| mark.is_set().then_some(number));
        let seen = Arc::new(Seen {
            count,
            set: set.collect(),
        });
        let set = Arc::clone(&seen.set);
        let previous = self.0.lock().replace(seen);
        drop(previous);
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_shows_what_was_set_and_looks_only_when_something_was() {
        let marks = Marks::new();
        let row = [(); 3].map(|()| Mark::new(marks.clone()));
        let view = View::default();
        assert_eq!(*view.look(&marks, row.iter()), [0; 0]);
        row[1].set();
        assert_eq!(*view.look(&marks, row.iter()), [1]);
        row[1].set();
        let nobody_looks = std::iter::from_fn(|| panic!("it was looked through once more"));
        assert_eq!(*view.look(&marks, nobody_looks), [1]);
        row[0].set();
        assert_eq!(*view.look(&marks, row.iter()), [0, 1]);
        assert_eq!(row.each_ref().map(Mark::is_set), [true, true, false]);
    }
}
