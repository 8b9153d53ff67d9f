//! A once-cell for the model checkers, which have none of their own.
//!
//! The value rests in `std`'s cell, which the checkers cannot see; what they explore is the flag
//! beside it, with the orderings of the cell that ships: setting releases, getting acquires.

use super::atomic::{AtomicUsize, Ordering};
use super::modelled::Mutex;

/// A cell that is written at most once.
#[derive(Debug)]
pub struct OnceLock<T> {
    value: std::sync::OnceLock<T>,
    writing: Mutex<()>,
    filled: AtomicUsize,
}

impl<T> OnceLock<T> {
    /// An empty cell.
    pub fn new() -> Self {
        Self {
            value: std::sync::OnceLock::new(),
            writing: Mutex::new(()),
            filled: AtomicUsize::new(0),
        }
    }

    /// The value, once set.
    pub fn get(&self) -> Option<&T> {
        if self.filled.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.value.get()
    }

    /// Sets the value, or hands it back when there is one already.
    pub fn set(&self, value: T) -> Result<(), T> {
        let _writing = self.writing.lock();
        self.value.set(value)?;
        // A read-modify-write instead of a store: loom skips schedules in which the storing thread
        // had loaded the same atomic before.
        self.filled.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// The value, made by `init` when there is none.
    pub fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        let _writing = self.writing.lock();
        if self.filled.load(Ordering::Acquire) == 0 {
            let value = self.value.get_or_init(init);
            self.filled.fetch_add(1, Ordering::Release);
            return value;
        }
        self.value.get_or_init(init)
    }

    /// The value, which a unique borrow may reach without synchronising.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut()
    }

    /// The value.
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        Self::new()
    }
}
