//! Bounds how many log lines one planner may write: a bucket of tokens that refills with time.

use std::time::{Duration, Instant};

use registry_core::sync::Mutex;

/// Lines that may come at once.
const BURST: u32 = 200;

/// Time in which one more line is earned.
const REFILL: Duration = Duration::from_millis(10);

/// A bound on one planner's log lines.
#[derive(Debug)]
pub(crate) struct LogLimit {
    bucket: Mutex<Bucket>,
}

#[derive(Debug)]
struct Bucket {
    tokens: u32,
    refilled: Instant,
    dropped: u64,
}

impl LogLimit {
    /// A full bucket.
    pub(crate) fn new() -> Self {
        Self {
            bucket: Mutex::new(Bucket {
                tokens: BURST,
                refilled: Instant::now(),
                dropped: 0,
            }),
        }
    }

    /// Whether a line may be written now; with it, how many were dropped since the last one.
    pub(crate) fn admit(&self) -> Option<u64> {
        self.bucket.lock().admit(Instant::now())
    }
}

impl Bucket {
    fn admit(&mut self, now: Instant) -> Option<u64> {
        self.refill(now);
        if self.tokens == 0 {
            self.dropped += 1;
            return None;
        }
        self.tokens -= 1;
        Some(std::mem::take(&mut self.dropped))
    }

    fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.refilled);
        let earned = u32::try_from(elapsed.as_nanos() / REFILL.as_nanos()).unwrap_or(u32::MAX);
        if earned >= BURST - self.tokens {
            self.tokens = BURST;
            self.refilled = now;
        } else {
            self.tokens += earned;
            self.refilled += REFILL * earned;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_lines_pass_at_the_refill_rate_and_the_dropped_are_counted_once() {
        let start = Instant::now();
        let mut bucket = Bucket {
            tokens: BURST,
            refilled: start,
            dropped: 0,
        };
        let passed = (0..500).filter(|_| bucket.admit(start).is_some()).count();
        assert_eq!(passed, 200);
        assert_eq!(bucket.admit(start + REFILL / 2), None);
        assert_eq!(bucket.admit(start + REFILL), Some(301));
        assert_eq!(bucket.admit(start + REFILL * 3), Some(0));
        assert_eq!(bucket.admit(start + REFILL * 3), Some(0));
        assert_eq!(bucket.admit(start + REFILL * 3), None);
        assert_eq!(bucket.admit(start + REFILL * 100_000), Some(1));
        assert_eq!(bucket.tokens, BURST - 1);
    }
}
