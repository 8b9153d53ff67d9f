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
        Self::resume(half_life, Weights::default())
    }

    /// A record that goes on from remembered weights; what is no weight counts as none.
    pub fn resume(half_life: Duration, remembered: Weights) -> Self {
        let sane = |weight: f64| {
            if weight.is_finite() {
                weight.max(0.0)
            } else {
                0.0
            }
        };
        let weights = Weights {
            successes: sane(remembered.successes),
            failures: sane(remembered.failures),
            at: remembered.at,
        };
        Self {
            half_life,
            record: Mutex::new(Record {
                weights,
                totals: Totals::default(),
            }),
        }
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
    fn decayed(self, now: Duration, half_life: Duration) -> Self {
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

    #[test]
    fn remembered_weights_that_are_none_count_as_none() {
        let remembered = Weights {
            successes: f64::NAN,
            failures: -1.0,
            at: ZERO,
        };
        assert_eq!(Reliability::resume(HALF_LIFE, remembered).score(ZERO), None);
    }
}
