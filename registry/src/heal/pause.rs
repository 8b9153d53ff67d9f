//! The pauses between attempts.

use std::time::Duration;
#[cfg(test)]
use std::{fmt, sync::Arc};

/// How often a pause looks whether it is given up.
const STEP: Duration = Duration::from_millis(20);

/// How pauses are made.
#[derive(Debug)]
pub(super) enum Pause {
    /// By sleeping.
    Sleep,
    /// By telling a test of them.
    #[cfg(test)]
    Told(Told),
}

/// What a test does in place of a pause.
#[cfg(test)]
#[derive(Clone)]
pub(super) struct Told(pub(super) Arc<dyn Fn(Duration) + Send + Sync>);

#[cfg(test)]
impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Told")
    }
}

impl Pause {
    /// Returns after `whole`, or soon after it is given up.
    pub(super) fn pause(&self, whole: Duration, is_given_up: impl Fn() -> bool) {
        match self {
            Self::Sleep => sleep(whole, is_given_up),
            #[cfg(test)]
            Self::Told(Told(told)) => told(whole),
        }
    }
}

fn sleep(whole: Duration, is_given_up: impl Fn() -> bool) {
    let mut left = whole;
    while !left.is_zero() && !is_given_up() {
        let step = left.min(STEP);
        std::thread::sleep(step);
        left -= step;
    }
}
