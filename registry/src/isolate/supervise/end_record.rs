//! Whether the end of a process is to be recorded, and by whom.
//!
//! Whoever waits for an answer of a process that ends records that, with the id of the call. Of one that
//! ends when nobody waits, perhaps nobody ever hears again: it is recorded by whoever reaps it.

use std::sync::Arc;

use registry_core::sync::OnceLock;
use registry_core::sync::atomic::{AtomicBool, Ordering};

use crate::crash::Crash;
use crate::isolate::ends::Ends;

/// What is known of why a process ends, and whether that was recorded. Relaxed throughout: who knows of
/// an end comes after it, and the exchange decides who is first.
#[derive(Debug, Default)]
pub(super) struct EndRecord {
    /// Whether it was killed here.
    killed: AtomicBool,
    /// Whether it was told to end.
    dismissed: AtomicBool,
    /// Whether its end was recorded.
    made: AtomicBool,
    /// Where it is recorded when nobody waits.
    place: OnceLock<Arc<Ends>>,
}

impl EndRecord {
    /// It is killed by this process.
    pub(super) fn note_killed(&self) {
        self.killed.store(true, Ordering::Relaxed);
    }

    /// It is told to end by itself.
    pub(super) fn note_dismissed(&self) {
        self.dismissed.store(true, Ordering::Relaxed);
    }

    /// From now on its end is recorded in `ends`, should nobody wait for it.
    pub(super) fn keep_in(&self, ends: &Arc<Ends>) {
        let _first = self.place.set(Arc::clone(ends));
    }

    /// Whether this end is to be recorded now: it came by itself or for a limit, and nobody has recorded
    /// it yet.
    pub(super) fn is_due(&self, crash: &Crash) -> bool {
        // One that ended by itself just before it was killed has another signal. A host that has its
        // children reaped by others knows of none, and then its own part stands to reason.
        let is_end = |signal, exit_code| {
            crash.is_untold() || (crash.signal, crash.exit_code) == (signal, exit_code)
        };
        let killed = self.killed.load(Ordering::Relaxed) && is_end(Some(libc::SIGKILL), None);
        let left = self.dismissed.load(Ordering::Relaxed) && is_end(None, Some(0));
        let by_host = (killed || left) && crash.limit.is_none();
        !by_host && !self.made.swap(true, Ordering::Relaxed)
    }

    /// Whether its end was recorded.
    pub(super) fn is_made(&self) -> bool {
        self.made.load(Ordering::Relaxed)
    }

    /// Records an end that nobody waits for, if it is to be.
    pub(super) fn make(&self, crash: &Crash) {
        if let Some(ends) = self.place.get()
            && self.is_due(crash)
        {
            ends.record_apart(crash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crash::Limit;

    const KILLED: Option<i32> = Some(libc::SIGKILL);

    fn end(signal: Option<i32>, exit_code: Option<i32>) -> Crash {
        Crash {
            signal,
            exit_code,
            ..Crash::default()
        }
    }

    #[test]
    fn an_end_is_recorded_once_unless_the_host_brought_it_about() {
        let untouched = EndRecord::default();
        assert!(untouched.is_due(&end(KILLED, None)));
        assert!(!untouched.is_due(&end(KILLED, None)));
        let killed = EndRecord::default();
        killed.note_killed();
        assert!(!killed.is_due(&end(KILLED, None)));
        let beyond = Crash {
            limit: Some(Limit::Memory { bytes_max: 1 }),
            ..end(KILLED, None)
        };
        assert!(!killed.is_due(&end(None, None)));
        assert!(killed.is_due(&beyond));
        let dismissed = EndRecord::default();
        dismissed.note_dismissed();
        assert!(!dismissed.is_due(&end(None, Some(0))));
        assert!(!dismissed.is_due(&end(None, None)));
        assert!(dismissed.is_due(&end(None, Some(1))));
        assert!(EndRecord::default().is_due(&end(None, None)));
    }
}
