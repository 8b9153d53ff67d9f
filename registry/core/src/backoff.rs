//! How long to wait between failed attempts.

use std::time::Duration;

/// A wait that doubles with each failure, up to a bound, and is spread so that many slots which
/// failed together do not try again together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    max: Duration,
}

impl Backoff {
    /// No wait at all.
    pub const NONE: Self = Self::new(Duration::ZERO, Duration::ZERO);

    /// At most `first` after one failure, doubling with each further one, never above `max`.
    pub const fn new(first: Duration, max: Duration) -> Self {
        Self { first, max }
    }

    /// The wait after `failures` failures in a row: between half of the bound for that number and
    /// the bound, where `random` decides.
    pub fn delay(&self, failures: u32, random: u64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let bound = self.first.saturating_mul(1 << doublings).min(self.max);
        let half = u64::try_from(bound.as_nanos() / 2).unwrap_or(u64::MAX);
        let spread = (u128::from(half) * u128::from(random)) >> 64;
        Duration::from_nanos(half).saturating_add(Duration::from_nanos_u128(spread))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn the_wait_doubles_up_to_its_bound() {
        let backoff = Backoff::new(ms(200), ms(2000));
        let least: Vec<_> = (1..=6).map(|n| backoff.delay(n, 0)).collect();
        assert_eq!(least, [100, 200, 400, 800, 1000, 1000].map(ms));
    }

    #[test]
    fn randomness_spreads_it_over_the_upper_half_only() {
        let backoff = Backoff::new(ms(200), ms(2000));
        assert_eq!(backoff.delay(1, u64::MAX / 2 + 1), ms(150));
        let most = backoff.delay(1, u64::MAX);
        assert_eq!(most, Duration::from_nanos(199_999_999));
    }

    #[test]
    fn extremes_neither_overflow_nor_wait() {
        let backoff = Backoff::new(Duration::MAX, Duration::MAX);
        let longest = backoff.delay(u32::MAX, u64::MAX);
        assert_eq!(longest.as_nanos(), 2 * u128::from(u64::MAX) - 1);
        assert_eq!(Backoff::NONE.delay(u32::MAX, u64::MAX), Duration::ZERO);
    }
}
