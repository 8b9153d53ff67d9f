//! How well something has been doing lately: outcomes whose weight halves with age.
//!
//! `score = (S + 1) / (S + F + 2)`, where `S` and `F` are the decayed numbers of successes and
//! failures. Without recent outcomes the score drifts to one half. Totals do not decay.

use std::time::Duration;

use crate::sync::Mutex;

/// Characters kept of an error's text.
const ERROR_CHARS_MAX: usize = 240;

/// The record of one thing's outcomes.
#[derive(Debug)]
pub struct Reliability {
    half_life: Duration,
    record: Mutex<Record>,
}

#[derive(Debug, Default)]
struct Record {
    weights: Weights,
    totals: Totals,
}

/// Decayed numbers of outcomes as of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weights {
    /// Decayed successes.
    pub successes: f64,
    /// Decayed failures.
    pub failures: f64,
    /// The moment they were decayed to.
    pub at: Duration,
}

/// Plain numbers of outcomes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Successes.
    pub successes: u64,
    /// Failures.
    pub failures: u64,
    /// Time that all of them took together.
    pub duration: Duration,
    /// When the latest success was recorded.
    pub last_success: Option<Duration>,
    /// The latest failure's text, cut at 240 characters.
    pub last_error: Option<String>,
}

impl Reliability {
    /// A record without outcomes.
    pub fn new(half_life: Duration) -> Self {
        Self {
            half_life,
            record: Mutex::default(),
        }
    }

    /// Adds what was remembered of earlier outcomes; what is no weight counts as none, and a moment
    /// later than `now` as `now`.
    pub fn recall(&self, now: Duration, remembered: Weights, totals: Totals) {
        let sane = |weight: f64| {
            if weight.is_finite() {
                weight.max(0.0)
            } else {
                0.0
            }
        };
        let earlier = Weights {
            successes: sane(remembered.successes),
            failures: sane(remembered.failures),
            at: remembered.at.min(now),
        };
        let earlier = earlier.decayed(now, self.half_life);
        let mut record = self.record.lock();
        record.weights = record.weights.decayed(now, self.half_life);
        record.weights.successes += earlier.successes;
        record.weights.failures += earlier.failures;
        let own = std::mem::take(&mut record.totals);
        record.totals = totals.followed_by(own);
    }

    /// Records a success.
    pub fn succeeded(&self, now: Duration, took: Duration) {
        let mut record = self.record.lock();
        record.weights = record.weights.decayed(now, self.half_life);
        record.weights.successes += 1.0;
        record.totals.successes += 1;
        record.totals.duration = record.totals.duration.saturating_add(took);
        record.totals.last_success = Some(now);
    }

    /// Records a failure.
    pub fn failed(&self, now: Duration, took: Duration, error: &str) {
        let error: String = error.chars().take(ERROR_CHARS_MAX).collect();
        let mut record = self.record.lock();
        record.weights = record.weights.decayed(now, self.half_life);
        record.weights.failures += 1.0;
        record.totals.failures += 1;
        record.totals.duration = record.totals.duration.saturating_add(took);
        record.totals.last_error = Some(error);
    }

    /// The score now; none before the first outcome.
    pub fn score(&self, now: Duration) -> Option<f64> {
        let weights = self.record.lock().weights;
        weights.decayed(now, self.half_life).score()
    }

    /// The weights now.
    pub fn weights(&self, now: Duration) -> Weights {
        let weights = self.record.lock().weights;
        weights.decayed(now, self.half_life)
    }

    /// The totals.
    pub fn totals(&self) -> Totals {
        self.record.lock().totals.clone()
    }
}

impl Weights {
    /// `(S + 1) / (S + F + 2)`; none before the first outcome.
    pub fn score(&self) -> Option<f64> {
        let known = self.successes + self.failures;
        (known > 0.0).then(|| (self.successes + 1.0) / (known + 2.0))
    }

    /// These weights at a later moment; threads that lag behind leave the moment where it is.
    #[must_use]
    pub fn decayed(self, now: Duration, half_life: Duration) -> Self {
        let age = now.saturating_sub(self.at);
        if age.is_zero() {
            return self;
        }
        // A half-life of zero gives an infinite number of halvings, and so no weight.
        let left = (-(age.as_secs_f64() / half_life.as_secs_f64())).exp2();
        Self {
            successes: self.successes * left,
            failures: self.failures * left,
            at: now,
        }
    }
}

impl Totals {
    /// The totals of these outcomes and of `later` ones.
    #[must_use]
    pub fn followed_by(self, later: Self) -> Self {
        Self {
            successes: self.successes.saturating_add(later.successes),
            failures: self.failures.saturating_add(later.failures),
            duration: self.duration.saturating_add(later.duration),
            last_success: later.last_success.max(self.last_success),
            last_error: later.last_error.or(self.last_error),
        }
    }

    /// How many outcomes there were.
    pub fn outcomes(&self) -> u64 {
        self.successes.saturating_add(self.failures)
    }

    /// The mean time an outcome took; none before the first.
    pub fn mean_duration(&self) -> Option<Duration> {
        let outcomes = u128::from(self.successes) + u128::from(self.failures);
        let nanos = self.duration.as_nanos().checked_div(outcomes)?;
        u64::try_from(nanos).ok().map(Duration::from_nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF_LIFE: Duration = Duration::from_mins(15);
    const ZERO: Duration = Duration::ZERO;
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_score_follows_the_formula() {
        let record = Reliability::new(HALF_LIFE);
        assert_eq!(record.score(ZERO), None);
        record.succeeded(ZERO, SECOND);
        assert_eq!(record.score(ZERO), Some(2.0 / 3.0));
        record.failed(ZERO, SECOND, "e");
        record.failed(ZERO, SECOND, "e");
        assert_eq!(record.score(ZERO), Some(2.0 / 5.0));
    }

    #[test]
    fn weights_halve_with_each_half_life_and_totals_stay() {
        let record = Reliability::new(HALF_LIFE);
        for _ in 0..4 {
            record.succeeded(ZERO, SECOND);
        }
        record.failed(HALF_LIFE * 2, SECOND * 6, "late");
        let weights = Weights {
            successes: 1.0,
            failures: 1.0,
            at: HALF_LIFE * 2,
        };
        assert_eq!(record.weights(HALF_LIFE * 2), weights);
        assert_eq!(record.score(HALF_LIFE * 3), Some(1.5 / 3.0));
        let totals = record.totals();
        assert_eq!((totals.successes, totals.failures), (4, 1));
        assert_eq!(totals.mean_duration(), Some(SECOND * 2));
        assert_eq!(totals.last_success, Some(ZERO));
    }

    #[test]
    fn a_thread_that_lags_behind_does_not_turn_time_back() {
        let record = Reliability::new(HALF_LIFE);
        record.succeeded(HALF_LIFE, SECOND);
        record.succeeded(ZERO, SECOND);
        let weights = record.weights(HALF_LIFE);
        assert_eq!((weights.successes, weights.at), (2.0, HALF_LIFE));
    }

    #[test]
    fn a_half_life_of_zero_forgets_at_once() {
        let record = Reliability::new(ZERO);
        record.succeeded(ZERO, SECOND);
        assert_eq!(record.score(ZERO), Some(2.0 / 3.0));
        assert_eq!(record.score(SECOND), None);
    }

    #[test]
    fn the_last_error_is_cut_by_characters() {
        let record = Reliability::new(HALF_LIFE);
        record.failed(ZERO, SECOND, &"ä".repeat(241));
        assert_eq!(record.totals().last_error, Some("ä".repeat(240)));
        assert_eq!(Totals::default().mean_duration(), None);
    }

    fn recalled(now: Duration, remembered: Weights) -> Reliability {
        let record = Reliability::new(HALF_LIFE);
        record.recall(now, remembered, Totals::default());
        record
    }

    #[test]
    fn remembered_weights_that_are_none_count_as_none() {
        let remembered = Weights {
            successes: f64::NAN,
            failures: -1.0,
            at: ZERO,
        };
        assert_eq!(recalled(ZERO, remembered).score(ZERO), None);
    }

    #[test]
    fn what_is_remembered_is_added_as_old_as_it_is_and_never_younger_than_now() {
        let remembered = |at| Weights {
            successes: 4.0,
            failures: 0.0,
            at,
        };
        let old = recalled(HALF_LIFE * 2, remembered(ZERO));
        assert_eq!(old.score(HALF_LIFE * 2), Some(2.0 / 3.0));
        let of_the_future = recalled(ZERO, remembered(HALF_LIFE * 1000));
        assert_eq!(of_the_future.score(HALF_LIFE), Some(3.0 / 4.0));
        let record = Reliability::new(HALF_LIFE);
        record.failed(HALF_LIFE, SECOND, "own");
        let totals = Totals {
            successes: 7,
            last_error: Some("earlier".to_owned()),
            last_success: Some(SECOND),
            ..Totals::default()
        };
        record.recall(HALF_LIFE, remembered(ZERO), totals);
        let totals = record.totals();
        assert_eq!((totals.successes, totals.failures), (7, 1));
        assert_eq!(totals.last_error.as_deref(), Some("own"));
        assert_eq!(totals.last_success, Some(SECOND));
        assert_eq!(record.score(HALF_LIFE), Some(3.0 / 5.0));
    }

    #[test]
    fn whatever_the_clock_does_the_score_stays_within_its_bounds() {
        let moments = [0, 1, 900, 1 << 20, u64::from(u32::MAX), u64::MAX].map(Duration::from_secs);
        let record = Reliability::new(HALF_LIFE);
        for before in moments {
            for after in moments {
                record.succeeded(before, SECOND);
                record.failed(after, SECOND, "e");
                for at in moments {
                    let score = record.score(at);
                    let bounded = |score: f64| score.is_finite() && (0.0..=1.0).contains(&score);
                    assert!(score.is_none_or(bounded), "{score:?}");
                }
            }
        }
    }
}
