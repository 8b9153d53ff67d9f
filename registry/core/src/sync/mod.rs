//! The synchronisation facade: the only place that imports `std::sync`, `parking_lot`, `once_cell`,
//! `loom` or `shuttle` (plain `Arc` excepted).
//!
//! Everything that ships is written against these names, so that the model checkers run the very
//! code that ships. Three builds exist:
//!
//! | flag | locks, cells and atomics | purpose |
//! |---|---|---|
//! | none | `parking_lot`, `once_cell`, `std` | what ships |
//! | `--cfg registry_loom` | `loom` | every schedule of a small model |
//! | `--cfg registry_shuttle` | `shuttle` | random schedules of a large one |
//!
//! The surface is the part of `parking_lot`'s that all three can offer: locks are never poisoned,
//! and waiting takes a deadline. Two things differ under a checker, where time does not pass: a
//! condition variable never times out, and a write lock asked for with a zero bound is tried once,
//! with any other bound awaited.

mod fault;
#[cfg(any(registry_loom, registry_shuttle))]
mod modelled;
#[cfg(any(registry_loom, registry_shuttle))]
mod once;
#[cfg(not(any(registry_loom, registry_shuttle)))]
mod real;

pub(crate) use fault::broken;
#[cfg(any(registry_loom, registry_shuttle))]
pub use modelled::{
    Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic, thread_local,
    thread_ordinal,
};
#[cfg(any(registry_loom, registry_shuttle))]
pub use once::OnceLock;
#[cfg(not(any(registry_loom, registry_shuttle)))]
pub use real::{
    Condvar, Mutex, MutexGuard, OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic,
    thread_local, thread_ordinal,
};
