//! Sleeping on a word that another process changes.

use std::time::Duration;

use registry_core::mailbox::Futex;
use registry_core::sync::atomic::AtomicU32;
use rustix::thread::{Timespec, futex};

/// Futexes on memory that processes share; a private one would never be woken from outside.
#[derive(Clone, Copy, Debug)]
pub(in crate::isolate) struct Shared;

impl Futex for Shared {
    fn wait(&self, word: &AtomicU32, expected: u32, bound: Duration) {
        let bound = Timespec {
            tv_sec: i64::try_from(bound.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(bound.subsec_nanos()),
        };
        // A changed word, a signal and the end of the bound are all reasons to look again.
        let _ended = futex::wait(word, futex::Flags::empty(), expected, Some(&bound));
    }

    fn wake(&self, word: &AtomicU32) {
        // It fails on an address that cannot be read alone, and this one is mapped.
        let _woken = futex::wake(word, futex::Flags::empty(), 1);
    }
}
