//! Frames handed over one at a time between two sides that share words of memory, each of which only
//! one side writes.
//!
//! ```text
//! one side's memory                 the other side's memory
//! counts: posted, taken   ◄─reads─►  counts: posted, taken
//! sleeping                ◄─reads─►  sleeping
//! ```
//!
//! A side fills a frame, which lies in memory of its own, and raises its `posted`. The other side copies
//! the frame and raises its `taken`; until that is seen, the frame is not written again. Both counts
//! stand in one word, so that a side which is about to answer tells of both at once.
//!
//! What must always hold, whatever the other side writes:
//!
//! * What this side did is kept in [`Counts`] of its own, never read back from shared memory.
//! * Nothing is taken unless exactly one frame is open; any other difference is [`Broken`].
//! * No wait is without bound: the caller says how long each one lasts.
//!
//! And between honest sides no wake-up is lost: who is about to sleep says so before it looks once more,
//! and who has changed its counts looks for a sleeper after that. A fence on either side orders the two.

use std::time::Duration;

use crate::sync::atomic::{AtomicU32, Ordering, fence};
use crate::sync::broken;

/// What is written here, for whoever has to know whether the other side was built from the same.
pub const SOURCE: &[u8] = include_bytes!("mailbox.rs");

/// Sleeping on a word until it changes, and waking whoever does.
pub trait Futex {
    /// Returns when woken, after `bound`, or at once when `word` is not `expected`. May return early.
    fn wait(&self, word: &AtomicU32, expected: u32, bound: Duration);

    /// Wakes whoever sleeps on `word`.
    fn wake(&self, word: &AtomicU32);
}

/// What one side writes and the other reads.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct Side {
    /// Frames posted in the low half, frames of the other side taken in the high half.
    counts: AtomicU32,
    /// Whether somebody of this side sleeps until the other side's counts change, or is about to.
    sleeping: AtomicU32,
}

/// What a side did so far, in memory that the other side cannot reach. Both counts wrap around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    posted: u16,
    taken: u16,
}

/// The other side's counts are none that the rules can lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the counts of frames do not fit")]
pub struct Broken;

/// One side's view of both.
#[derive(Debug)]
pub struct Mailbox<'a, F> {
    own: &'a Side,
    other: &'a Side,
    futex: F,
}

impl Side {
    /// Raises a doubt in everybody who sleeps or is about to: the word is changed, and the sleepers are
    /// woken. For when the side that wrote it is gone. A frame that it has posted can be taken still.
    pub fn spoil(&self, futex: &impl Futex) {
        let counts = self.counts.load(Ordering::Relaxed);
        self.counts
            .store(counts.wrapping_add(SPOILT), Ordering::Release);
        futex.wake(&self.counts);
    }
}

/// Changes the frames taken so that the difference is no honest one.
const SPOILT: u32 = 0x7fff << 16;

impl<'a, F: Futex> Mailbox<'a, F> {
    /// The view of the side that writes `own`.
    pub fn new(own: &'a Side, other: &'a Side, futex: F) -> Self {
        Self { own, other, futex }
    }

    /// The other side's counts, to be judged and to be waited on.
    pub fn look(&self) -> u32 {
        // Acquire, with the release in `publish`: who sees the count sees the frame.
        self.other.counts.load(Ordering::Acquire)
    }

    /// Whether the frame that was posted last has been taken.
    pub fn may_post(counts: Counts, seen: u32) -> Result<bool, Broken> {
        let [_, taken] = halves(seen);
        match counts.posted.wrapping_sub(taken) {
            0 => Ok(true),
            1 => Ok(false),
            _ => Err(Broken),
        }
    }

    /// Whether the other side has posted a frame that is not taken yet.
    pub fn may_take(counts: Counts, seen: u32) -> Result<bool, Broken> {
        let [posted, _] = halves(seen);
        match posted.wrapping_sub(counts.taken) {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Broken),
        }
    }

    /// Hands over the frame that was filled.
    pub fn post(&self, counts: &mut Counts) {
        counts.posted = counts.posted.wrapping_add(1);
        self.publish(*counts);
    }

    /// Gives the other side its frame back, after it was copied.
    pub fn take(&self, counts: &mut Counts) {
        self.take_quietly(counts);
        self.publish(*counts);
    }

    /// Like [`take`](Self::take), but the other side learns of it with the next post only.
    pub fn take_quietly(&self, counts: &mut Counts) {
        counts.taken = counts.taken.wrapping_add(1);
    }

    fn publish(&self, counts: Counts) {
        let word = u32::from(counts.posted) | u32::from(counts.taken) << 16;
        let order = if broken("mailbox.relaxed_post") {
            Ordering::Relaxed
        } else {
            // With the acquire in `look`.
            Ordering::Release
        };
        self.own.counts.store(word, order);
        if !broken("mailbox.no_fence") {
            // Orders the store before the load; the fence in `sleep` does the same there, so that at
            // least one of the two sides sees what the other one wrote.
            fence(Ordering::SeqCst);
        }
        // Relaxed: the flag carries nothing but itself.
        let sleeps = self.other.sleeping.load(Ordering::Relaxed) != 0;
        if sleeps && !broken("mailbox.no_wake") {
            self.futex.wake(&self.own.counts);
        }
    }

    /// Sleeps until the other side's counts are not `seen` any more, at most for `bound`.
    pub fn sleep(&self, seen: u32, bound: Duration) {
        self.own.sleeping.store(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let changed = self.other.counts.load(Ordering::Relaxed) != seen;
        if !changed {
            self.futex.wait(&self.other.counts, seen, bound);
        }
        self.own.sleeping.store(0, Ordering::Relaxed);
    }
}

fn halves(word: u32) -> [u16; 2] {
    let [a, b, c, d] = word.to_le_bytes();
    [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])]
}
