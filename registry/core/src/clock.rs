//! Time that a test can hold still.
//!
//! State machines here never read the system's clock: they are given the time as the span since
//! the clock was made. Clones of one clock agree; different clocks cannot be compared.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::sync::atomic::{AtomicU64, Ordering};

/// A clock, real or moved by hand.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Real(Instant),
    Dated(Instant, Duration),
    Wall,
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// A clock that follows the system's monotonic one, and reads zero now.
    pub fn monotonic() -> Self {
        Self(Source::Real(Instant::now()))
    }

    /// A clock that reads the time since 1970 when it is made, and from then on follows the system's
    /// monotonic one: it can be remembered, and does not jump when the system's date is set.
    pub fn dated() -> Self {
        Self(Source::Dated(Instant::now(), since_1970()))
    }

    /// The time since 1970 as the system has it at every moment; it jumps when the date is set.
    pub fn wall() -> Self {
        Self(Source::Wall)
    }

    /// Lets this much time pass: a real clock's thread sleeps, a manual clock moves.
    pub fn pause(&self, span: Duration) {
        match &self.0 {
            Source::Manual(nanos) => ManualClock(Arc::clone(nanos)).advance(span),
            _ => std::thread::sleep(span),
        }
    }

    /// The time since this clock was made, or since 1970 for one that knows the date.
    pub fn now(&self) -> Duration {
        match &self.0 {
            Source::Real(origin) => origin.elapsed(),
            Source::Dated(origin, date) => date.saturating_add(origin.elapsed()),
            Source::Wall => since_1970(),
            // Acquire, with the release in `advance`: who sees the new time sees what came before.
            Source::Manual(nanos) => Duration::from_nanos(nanos.load(Ordering::Acquire)),
        }
    }
}

/// A date before 1970 counts as 1970.
fn since_1970() -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default()
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

    /// Sets the clock, also back.
    pub fn set(&self, to: Duration) {
        let nanos = u64::try_from(to.as_nanos()).unwrap_or(u64::MAX);
        self.0.store(nanos, Ordering::Release);
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

    #[test]
    fn a_dated_clock_starts_at_the_date() {
        let (before, clock, after) = (Clock::wall().now(), Clock::dated(), Clock::wall().now());
        assert!(clock.now() >= before.min(after));
        assert!(before > Duration::from_hours(24 * 365 * 50), "{before:?}");
    }

    #[test]
    fn a_manual_clock_can_be_set_back() {
        let hand = ManualClock::new();
        hand.advance(Duration::from_secs(5));
        hand.set(Duration::from_secs(2));
        assert_eq!(hand.clock().now(), Duration::from_secs(2));
    }
}
