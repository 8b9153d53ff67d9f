//! Time that a test can hold still.
//!
//! State machines here never read the system's clock: they are given the time as the span since
//! the clock was made. Clones of one clock agree; different clocks cannot be compared.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::sync::atomic::{AtomicU64, Ordering};

/// A monotonic clock, real or moved by hand.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Real(Instant),
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// A clock that follows the system's monotonic one, and reads zero now.
    pub fn monotonic() -> Self {
        Self(Source::Real(Instant::now()))
    }

    /// The time since this clock was made.
    pub fn now(&self) -> Duration {
        match &self.0 {
            Source::Real(origin) => origin.elapsed(),
            // Acquire, with the release in `advance`: who sees the new time sees what came before.
            Source::Manual(nanos) => Duration::from_nanos(nanos.load(Ordering::Acquire)),
        }
    }
}

/// The hand that moves a manual clock.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// A manual clock that reads zero.
    pub fn new() -> Self {
        Self(Arc::new(AtomicU64::new(0)))
    }

    /// The clock this hand moves.
    pub fn clock(&self) -> Clock {
        Clock(Source::Manual(Arc::clone(&self.0)))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.0.fetch_add(nanos, Ordering::Release);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand_and_its_clones_agree() {
        let hand = ManualClock::new();
        let clock = hand.clock();
        let other = clock.clone();
        assert_eq!(clock.now(), Duration::ZERO);
        hand.advance(Duration::from_millis(1500));
        assert_eq!(clock.now(), Duration::from_millis(1500));
        assert_eq!(other.now(), Duration::from_millis(1500));
    }

    #[test]
    fn the_real_clock_never_goes_back() {
        let clock = Clock::monotonic();
        let (first, second) = (clock.now(), clock.now());
        assert!(second >= first);
    }
}
