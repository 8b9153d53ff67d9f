//! What keeps a hostile side from keeping this one busy.
//!
//! Who waits sleeps on a word that the other side writes and can wake sleepers on, and lines of log may come
//! without end. Neither is a fault by itself: signals end sleeps early, too. But when it happens far more often
//! than it does between honest sides, each time costs a rest that nobody can cut short.

use std::thread;
use std::time::{Duration, Instant};

use registry_core::mailbox::Mailbox;

use super::futex::Shared;

/// One rest.
const REST: Duration = Duration::from_millis(1);

/// Sleeps that may end early during one wait. Between honest sides it is the last one that does.
const EARLY_MAX: u32 = 32;

/// What may happen so many times before each time costs a rest.
#[derive(Debug)]
pub(in crate::isolate) struct Allowance {
    left: u32,
}

impl Allowance {
    /// So many times cost nothing.
    pub(in crate::isolate) fn of(times: u32) -> Self {
        Self { left: times }
    }

    /// It happens once more.
    pub(in crate::isolate) fn spend(&mut self) {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => thread::sleep(REST),
        }
    }
}

/// Sleeps of one wait.
#[derive(Debug)]
pub(super) struct Sleeps {
    early: Allowance,
}

impl Default for Sleeps {
    fn default() -> Self {
        Self {
            early: Allowance::of(EARLY_MAX),
        }
    }
}

impl Sleeps {
    /// Sleeps until the other side's counts are not `seen` any more, at most for `bound`.
    pub(super) fn sleep(&mut self, mailbox: &Mailbox<'_, Shared>, seen: u32, bound: Duration) {
        let begun = Instant::now();
        mailbox.sleep(seen, bound);
        if begun.elapsed() < bound {
            self.early.spend();
        }
    }
}

#[cfg(test)]
mod tests {
    use registry_core::mailbox::Side;
    use registry_core::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn what_is_beyond_the_allowance_takes_time() {
        let begun = Instant::now();
        let mut allowance = Allowance::of(10);
        for _ in 0..15 {
            allowance.spend();
        }
        assert!(begun.elapsed() >= REST * 5);
    }

    #[test]
    fn a_side_that_is_woken_without_end_rests_in_between() {
        let (own, other, over) = (Side::default(), Side::default(), AtomicBool::new(false));
        let mailbox = Mailbox::new(&own, &other, Shared);
        let (mut sleeps, mut woken) = (Sleeps::default(), 0);
        let took = thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    other.spoil(&Shared);
                }
            });
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(100) {
                sleeps.sleep(&mailbox, mailbox.look(), Duration::from_mins(1));
                woken += 1;
            }
            let took = begun.elapsed();
            over.store(true, Ordering::Relaxed);
            took
        });
        assert!(woken > EARLY_MAX, "it was woken {woken} times");
        assert!(REST * (woken - EARLY_MAX) <= took, "{woken} in {took:?}");
    }
}
