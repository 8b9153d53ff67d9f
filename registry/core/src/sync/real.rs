//! What ships: `parking_lot` locks, `std` atomics and `once_cell`'s cell.

use std::time::Instant;

pub use once_cell::sync::OnceCell as OnceLock;
pub use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use std::thread_local;

/// Atomic integers and fences.
pub mod atomic {
    pub use std::sync::atomic::{
        AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };
}

/// A condition variable whose every wait has a deadline.
#[derive(Debug, Default)]
pub struct Condvar(parking_lot::Condvar);

impl Condvar {
    /// A condition variable nobody waits on.
    pub const fn new() -> Self {
        Self(parking_lot::Condvar::new())
    }

    /// Releases the lock, waits, and takes it again; `true` when the deadline ended the wait.
    pub fn wait_until<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        deadline: Instant,
    ) -> (MutexGuard<'a, T>, bool) {
        let timed_out = self.0.wait_until(&mut guard, deadline).timed_out();
        (guard, timed_out)
    }

    /// Wakes one waiter.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes every waiter.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// A number that no other thread of this process ever has, given in the order of first asking.
pub fn thread_ordinal() -> usize {
    static NEXT: atomic::AtomicUsize = atomic::AtomicUsize::new(0);
    thread_local! {
        // Relaxed: only the uniqueness of the numbers matters, and a read-modify-write gives it.
        static ORDINAL: usize = NEXT.fetch_add(1, atomic::Ordering::Relaxed);
    }
    ORDINAL.with(|ordinal| *ordinal)
}
