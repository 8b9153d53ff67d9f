//! A living thing behind a reference that outlives it.
//!
//! References to headers are never taken back, so what must end, the instance, sits in a cell that
//! can be emptied: retiring raises a flag that turns new calls away, waits within a bound for the
//! calls in flight, takes the instance out and drops it. **Dropping is the shutdown**: it happens
//! once because a value is owned once, and after the calls because it is taken out under the write
//! lock. An instance whose calls do not end in time is left in its cell, and said to be leaked.
//!
//! Callers only ever *try* to read, so a call never waits for a retirement. Retiring from inside
//! a call on the same thread would wait for itself, and is refused instead.

use std::cell::Cell;
use std::time::Duration;

use thiserror::Error;

use crate::sync::atomic::{AtomicBool, Ordering, fence};
use crate::sync::{RwLock, broken, thread_local};

thread_local! {
    /// How many calls this thread is inside of.
    static CALLS: Cell<u32> = Cell::default();
}

/// An instance that can be called until it is retired.
#[derive(Debug)]
pub struct Instance<I> {
    retired: AtomicBool,
    cell: RwLock<Option<I>>,
}

/// The instance was retired: a newer generation took its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("retired: a newer generation took its place")]
pub struct Retired;

impl Retired {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        "E_RETIRED"
    }
}

/// Retiring was asked for from inside a call, which it would have to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("asked for from inside a call, which it would have to wait for")]
pub struct InsideCall;

impl InsideCall {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        "E_INSIDE_CALL"
    }

    /// Refuses when this thread is inside a call of any instance.
    pub fn check() -> Result<(), Self> {
        if CALLS.with(Cell::get) == 0 || broken("instance.no_inside_check") {
            Ok(())
        } else {
            Err(Self)
        }
    }
}

/// How a drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// The instance was taken out and dropped by this very drain.
    ShutDown,
    /// It had been taken out before.
    Already,
    /// Calls were still in flight at the end of the bound, and the instance stays where it is.
    Leaked,
}

impl<I> Instance<I> {
    /// An instance that can be called.
    pub fn new(instance: I) -> Self {
        Self {
            retired: AtomicBool::new(false),
            cell: RwLock::new(Some(instance)),
        }
    }

    /// Calls the instance, unless it was retired.
    ///
    /// Whoever gets [`Retired`] also sees everything that was published before the retirement, so
    /// one fresh look into the catalog finds the successor.
    pub fn call<R>(&self, f: impl FnOnce(&I) -> R) -> Result<R, Retired> {
        if self.is_retired() {
            return Err(Retired);
        }
        let Some(cell) = self.cell.try_read() else {
            // Only a drain takes the write lock, and it raised the flag before. The two fences,
            // here and there, order that store before this load, whose acquire then brings what
            // was published before the flag.
            if !broken("instance.no_fence") {
                fence(Ordering::SeqCst);
            }
            self.retired.load(Ordering::Acquire);
            return Err(Retired);
        };
        // Taken out: the lock itself orders us after the drain.
        let Some(instance) = &*cell else {
            return Err(Retired);
        };
        let _inside = Inside::enter();
        Ok(f(instance))
    }

    /// Whether new calls are turned away.
    pub fn is_retired(&self) -> bool {
        // Acquire, with the release in `retire`: who is turned away sees the successor.
        self.retired.load(Ordering::Acquire)
    }

    /// Turns new calls away from now on.
    pub fn retire(&self) {
        let order = if broken("instance.relaxed_retire") {
            Ordering::Relaxed
        } else {
            Ordering::Release
        };
        self.retired.store(true, order);
    }

    /// Retires, waits for the calls in flight at most `within`, and drops the instance.
    ///
    /// May be repeated: a leaked instance whose calls have ended since is dropped then.
    pub fn drain(&self, within: Duration) -> Result<Drained, InsideCall> {
        InsideCall::check()?;
        self.retire();
        fence(Ordering::SeqCst);
        let within = if broken("instance.no_drain") {
            Duration::ZERO
        } else {
            within
        };
        let Some(mut cell) = self.cell.try_write_for(within) else {
            return Ok(Drained::Leaked);
        };
        let instance = cell.take();
        // The instance's own code runs in its drop, and never under a lock of ours.
        drop(cell);
        Ok(match instance {
            Some(instance) => {
                drop(instance);
                Drained::ShutDown
            }
            None => Drained::Already,
        })
    }
}

/// Marks this thread as inside a call, for as long as it lives.
struct Inside;

impl Inside {
    fn enter() -> Self {
        CALLS.with(|calls| calls.set(calls.get().saturating_add(1)));
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        CALLS.with(|calls| calls.set(calls.get().saturating_sub(1)));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc;
    use std::thread;

    use super::*;
    use crate::sync::atomic::AtomicUsize;

    struct Counting(Arc<AtomicUsize>);

    impl Drop for Counting {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn counting() -> (Instance<Counting>, impl Fn() -> usize) {
        let shutdowns = Arc::new(AtomicUsize::new(0));
        let instance = Instance::new(Counting(Arc::clone(&shutdowns)));
        (instance, move || shutdowns.load(Ordering::Relaxed))
    }

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn a_drained_instance_is_shut_down_once_and_turns_calls_away() {
        let (instance, shutdowns) = counting();
        assert_eq!(instance.call(|_| shutdowns()), Ok(0));
        assert_eq!(instance.drain(MINUTE), Ok(Drained::ShutDown));
        assert_eq!(instance.drain(MINUTE), Ok(Drained::Already));
        assert_eq!(instance.call(|_| ()), Err(Retired));
        drop(instance);
        assert_eq!(shutdowns(), 1);
    }

    #[test]
    fn calls_nest() {
        let instance = Instance::new(1);
        let sum = instance.call(|a| instance.call(|b| a + b));
        assert_eq!(sum, Ok(Ok(2)));
    }

    #[test]
    fn draining_from_inside_a_call_is_refused_also_after_a_panic_in_another() {
        let (instance, _) = counting();
        let (other, shutdowns) = counting();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _never = other.call(|_| panic!("in a call"));
        }));
        assert!(panicked.is_err());
        assert_eq!(instance.call(|_| other.drain(MINUTE)), Ok(Err(InsideCall)));
        assert_eq!(shutdowns(), 0);
        assert_eq!(other.drain(MINUTE), Ok(Drained::ShutDown));
    }

    #[test]
    fn what_is_still_being_called_is_leaked_and_can_be_drained_later() {
        let (instance, shutdowns) = counting();
        let (entered, wait_entered) = mpsc::channel();
        let (leave, wait_leave) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let instance = &instance;
            scope.spawn(move || {
                instance.call(|_| {
                    entered.send(()).unwrap();
                    wait_leave.recv().unwrap();
                })
            });
            wait_entered.recv().unwrap();
            assert_eq!(
                instance.drain(Duration::from_millis(1)),
                Ok(Drained::Leaked)
            );
            assert_eq!(instance.call(|_| ()), Err(Retired));
            assert_eq!(shutdowns(), 0);
            leave.send(()).unwrap();
        });
        assert_eq!(instance.drain(MINUTE), Ok(Drained::ShutDown));
        assert_eq!(shutdowns(), 1);
    }
}
