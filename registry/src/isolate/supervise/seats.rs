//! Which slots of a worker are free, taken, or left behind by callers who gave up.

use std::time::{Duration, Instant};

use crate::isolate::wire::{Discarded, Ends, Fault, Lane, SLOTS, SPIN};

/// Time that a planner has beyond its deadline to answer, before its worker is ended.
const GRACE: Duration = Duration::from_millis(250);

/// Frames of one abandoned call that are taken in one go.
const FRAMES_MAX: usize = 256;

/// Calls for which an answer to where threads may run counts.
const CALLS_MAX: u32 = 1_000;

/// A slot, and what the host remembers of it.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) index: usize,
    pub(super) lane: Lane,
    /// When its last answer came.
    pub(super) answered: Option<Instant>,
    /// Whether both sides may spin, and for how many more calls that counts.
    may_spin: Option<(bool, u32)>,
}

impl Seat {
    /// Whether the next call follows the last one so closely that both sides are to spin. Where threads may
    /// run can change at any time, so `may_spin` is asked whenever calls begin to follow each other closely, and
    /// now and then while they do.
    pub(super) fn pace(&mut self, may_spin: impl FnOnce() -> bool) -> bool {
        if self.answered.is_none_or(|at| at.elapsed() >= SPIN) {
            self.may_spin = None;
            return false;
        }
        let (allowed, left) = match self.may_spin {
            Some((allowed, left)) if left > 0 => (allowed, left - 1),
            _ => (may_spin(), CALLS_MAX),
        };
        self.may_spin = Some((allowed, left));
        allowed
    }
}

/// A call whose caller gave up. Its answer is dropped when it comes.
#[derive(Debug)]
struct Abandoned {
    seat: Seat,
    call: u64,
    /// When its worker is ended.
    end_at: Option<Instant>,
}

/// The slots of one worker.
#[derive(Debug, Default)]
pub(super) struct Seats {
    /// Taken from the end: the one that was used last is the warmest.
    free: Vec<Seat>,
    abandoned: Vec<Abandoned>,
    /// Slots that were ever used.
    pub(super) opened: usize,
}

/// What became of the calls that were given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reclaimed {
    /// All of them are over.
    All,
    /// Some are still to be answered.
    Some,
    /// The worker is to be ended: a call is long past its deadline, or the rules were broken.
    Hopeless,
}

impl Seats {
    /// A free seat, and whether its slot is used for the first time.
    pub(super) fn take(&mut self) -> Option<(Seat, bool)> {
        if let Some(seat) = self.free.pop() {
            return Some((seat, false));
        }
        let index = self.opened;
        (index < SLOTS).then(|| {
            self.opened += 1;
            let seat = Seat {
                index,
                lane: Lane::default(),
                answered: None,
                may_spin: None,
            };
            (seat, true)
        })
    }

    /// Gives a seat back whose call is over.
    pub(super) fn put(&mut self, seat: Seat) {
        self.free.push(seat);
    }

    /// Leaves a seat whose call is not over, and was wanted until `until`.
    pub(super) fn abandon(&mut self, seat: Seat, call: u64, until: Option<Instant>) {
        self.abandoned.push(Abandoned {
            seat,
            call,
            end_at: until.and_then(|until| until.checked_add(GRACE)),
        });
    }

    /// Whether somebody waits for an answer.
    pub(super) fn is_any_taken(&self) -> bool {
        self.free.len() + self.abandoned.len() < self.opened
    }

    /// Drops late answers, and frees the seats of the calls that are over by them.
    pub(super) fn reclaim<'a>(&mut self, ends: impl Fn(usize) -> Ends<'a>) -> Reclaimed {
        let now = Instant::now();
        for mut left in std::mem::take(&mut self.abandoned) {
            match left.drain(ends(left.seat.index)) {
                Ok(true) => self.free.push(left.seat),
                Ok(false) if left.end_at.is_none_or(|end_at| now < end_at) => {
                    self.abandoned.push(left);
                }
                Ok(false) | Err(_) => return Reclaimed::Hopeless,
            }
        }
        if self.abandoned.is_empty() {
            Reclaimed::All
        } else {
            Reclaimed::Some
        }
    }
}

impl Abandoned {
    /// Whether the answer has come.
    fn drain(&mut self, ends: Ends<'_>) -> Result<bool, Fault> {
        for _ in 0..FRAMES_MAX {
            match self.seat.lane.discard(ends, self.call)? {
                Discarded::Frame => {}
                Discarded::Answer => return Ok(true),
                Discarded::Nothing => return Ok(false),
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn where_threads_may_run_is_asked_anew_after_a_pause_and_now_and_then() {
        let (mut seat, _fresh) = Seats::default().take().unwrap();
        let asked = Cell::new(0);
        let pace = |seat: &mut Seat, answer: bool| {
            seat.pace(|| {
                asked.set(asked.get() + 1);
                answer
            })
        };
        // Nothing was answered yet.
        assert!(!pace(&mut seat, true));
        assert_eq!(asked.get(), 0);
        // An answer that is yet to come is never long ago.
        let soon = Instant::now() + Duration::from_hours(1);
        seat.answered = Some(soon);
        assert!(pace(&mut seat, true));
        for _ in 0..CALLS_MAX {
            assert!(pace(&mut seat, false));
        }
        assert_eq!(asked.get(), 1);
        assert!(!pace(&mut seat, false));
        assert_eq!(asked.get(), 2);
        seat.answered = None;
        assert!(!pace(&mut seat, true));
        seat.answered = Some(soon);
        assert!(pace(&mut seat, true));
        assert_eq!(asked.get(), 3);
    }
}
