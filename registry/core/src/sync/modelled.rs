//! What the model checkers run: their locks and atomics under the facade's names.

use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize as PlainUsize;
use std::time::{Duration, Instant};

#[cfg(registry_loom)]
use loom as checker;
#[cfg(registry_shuttle)]
use shuttle as checker;

pub use checker::sync::{MutexGuard, RwLockReadGuard, RwLockWriteGuard};
pub use checker::thread_local;

/// Atomic integers and fences.
pub mod atomic {
    pub use super::checker::sync::atomic::{
        AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };
}

/// A mutual exclusion lock that is never poisoned.
#[derive(Debug, Default)]
pub struct Mutex<T>(checker::sync::Mutex<T>);

impl<T> Mutex<T> {
    /// An unlocked mutex.
    pub fn new(value: T) -> Self {
        Self(checker::sync::Mutex::new(value))
    }

    /// Waits for the lock.
    #[track_caller]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value, which a unique borrow may reach without locking.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A readers-writer lock that is never poisoned.
///
/// Loom changes threads only where one is about to touch something shared. A writer that touches
/// nothing while it holds the lock would never be met there, and a failing `try_read` never be
/// explored; so writers touch `met` while they hold the lock, and readers before they try it.
#[derive(Debug, Default)]
pub struct RwLock<T> {
    lock: checker::sync::RwLock<T>,
    met: atomic::AtomicUsize,
}

impl<T> RwLock<T> {
    /// An unlocked lock.
    pub fn new(value: T) -> Self {
        Self {
            lock: checker::sync::RwLock::new(value),
            met: atomic::AtomicUsize::new(0),
        }
    }

    /// Waits for shared access.
    #[track_caller]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        self.lock.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shared access if no writer stands in the way.
    #[track_caller]
    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        // Relaxed, here and below: it must order nothing that the real lock does not.
        self.met.load(atomic::Ordering::Relaxed);
        self.lock.try_read().ok()
    }

    /// Waits for exclusive access.
    #[track_caller]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        let guard = self.lock.write().unwrap_or_else(PoisonError::into_inner);
        self.met.fetch_add(1, atomic::Ordering::Relaxed);
        guard
    }

    /// Exclusive access: tried once when `within` is zero, awaited otherwise.
    #[track_caller]
    pub fn try_write_for(&self, within: Duration) -> Option<RwLockWriteGuard<'_, T>> {
        if !within.is_zero() {
            return Some(self.write());
        }
        let guard = self.lock.try_write().ok()?;
        self.met.fetch_add(1, atomic::Ordering::Relaxed);
        Some(guard)
    }

    /// The value, which a unique borrow may reach without locking.
    pub fn get_mut(&mut self) -> &mut T {
        self.lock.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A condition variable; under a checker no wait times out.
#[derive(Debug, Default)]
pub struct Condvar(checker::sync::Condvar);

impl Condvar {
    /// A condition variable nobody waits on.
    pub fn new() -> Self {
        Self(checker::sync::Condvar::new())
    }

    /// Releases the lock, waits, and takes it again.
    #[track_caller]
    pub fn wait_until<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        _deadline: Instant,
    ) -> (MutexGuard<'a, T>, bool) {
        let guard = self.0.wait(guard);
        (guard.unwrap_or_else(PoisonError::into_inner), false)
    }

    /// Wakes one waiter.
    #[track_caller]
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes every waiter.
    #[track_caller]
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

checker::lazy_static! {
    // A plain counter: it is made anew for each schedule, and its order carries no meaning.
    static ref NEXT: PlainUsize = PlainUsize::new(0);
}

/// A number that no other thread of this schedule has, given in the order of first asking.
pub fn thread_ordinal() -> usize {
    thread_local! {
        static ORDINAL: usize = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
    ORDINAL.with(|ordinal| *ordinal)
}
