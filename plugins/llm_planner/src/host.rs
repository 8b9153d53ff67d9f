//! What the planner uses of the world around it, so that tests can put a world of their own there.

use std::ffi::OsString;
use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use plugin_api::{Context, PlanError, PlanErrorKind};
use serde_json::Value;

use crate::error::AskError;

/// Longest call where the host sets no deadline, or one further away.
const CALL_TIME_MAX: Duration = Duration::from_mins(5);

/// Longest time between two looks at whether the call was cancelled.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Settings, time and the caller's will, for the length of one call.
pub(crate) trait Host: Sync {
    /// The operator's setting for this planner.
    fn setting(&self, key: &str) -> Result<Option<Value>, PlanError>;
    /// A variable of the environment.
    fn variable(&self, name: &str) -> Option<OsString>;
    /// Whether the caller gave up.
    fn is_cancelled(&self) -> bool;
    /// Time left for the call.
    fn remaining(&self) -> Duration;
    /// The time of day.
    fn now(&self) -> SystemTime;
    /// Blocks the thread; at most [`POLL_INTERVAL`] is asked for.
    fn sleep(&self, time: Duration);
    /// Any number.
    fn random(&self) -> u64;
    /// Logs something odd.
    fn warn(&self, text: &str);
}

/// Whether to go on.
pub(crate) fn check(host: &dyn Host) -> Result<(), AskError> {
    if host.is_cancelled() {
        Err(AskError::Cancelled)
    } else if host.remaining().is_zero() {
        Err(AskError::Deadline)
    } else {
        Ok(())
    }
}

/// Sleeps for `time`, unless the call is cancelled or ends before.
pub(crate) fn pause(host: &dyn Host, time: Duration) -> Result<(), AskError> {
    let mut left = time;
    while !left.is_zero() {
        check(host)?;
        let slice = left.min(POLL_INTERVAL);
        host.sleep(slice);
        left -= slice;
    }
    check(host)
}

/// The real world.
#[derive(Debug)]
pub(crate) struct CallHost<'call> {
    cx: &'call Context,
    started: Instant,
}

impl<'call> CallHost<'call> {
    pub(crate) fn new(cx: &'call Context) -> Self {
        Self {
            cx,
            started: Instant::now(),
        }
    }
}

impl Host for CallHost<'_> {
    fn setting(&self, key: &str) -> Result<Option<Value>, PlanError> {
        self.cx.setting(key)
    }

    fn variable(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }

    fn is_cancelled(&self) -> bool {
        let given_up = self.cx.check().err();
        given_up.is_some_and(|error| error.kind() == PlanErrorKind::Cancelled)
    }

    fn remaining(&self) -> Duration {
        let own = CALL_TIME_MAX.saturating_sub(self.started.elapsed());
        self.cx.remaining().map_or(own, |left| left.min(own))
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, time: Duration) {
        thread::sleep(time);
    }

    fn random(&self) -> u64 {
        // The standard library seeds each of these differently, which is all that jitter needs.
        RandomState::new().hash_one(0_u8)
    }

    fn warn(&self, text: &str) {
        self.cx.warn(text);
    }
}
