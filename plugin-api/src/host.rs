//! What a planner may ask of its host during a call.

#![expect(
    unsafe_code,
    reason = "the host's functions are reached through the tables of the binary interface"
)]

use std::time::Duration;

use abi_stable::std_types::RSlice;
use serde::de::DeserializeOwned;

use crate::PlanError;
use crate::abi::{Buffer, Call, Sink, level};

/// Largest setting that a planner can read, as JSON.
const SETTING_SIZE_BYTES_MAX: usize = 1 << 20;

/// What a planner may ask of its host: log lines, cancellation, the deadline and its settings.
///
/// It is lent for one call and can be shared with threads that end within the call.
#[derive(Debug)]
pub struct Context {
    /// `None` where there is no host, in an author's own tests.
    call: Option<Call>,
}

// SAFETY: the interface promises that every function of the host's table may be called from any
// thread while the call lasts, and a `Context` cannot outlive the call: it is neither cloned nor
// given away, only lent.
unsafe impl Sync for Context {}

impl Context {
    /// A context without a host, for unit tests of a planner: log lines go nowhere, nothing is
    /// cancelled, there is no deadline and there are no settings.
    pub fn detached() -> Self {
        Self { call: None }
    }

    pub(crate) fn of_call(call: Call) -> Self {
        Self { call: Some(call) }
    }

    /// Logs a failure. The host adds the planner's name, and drops lines that come too fast.
    pub fn error(&self, text: &str) {
        self.log(level::ERROR, text);
    }

    /// Logs something odd.
    pub fn warn(&self, text: &str) {
        self.log(level::WARN, text);
    }

    /// Logs something of note.
    pub fn info(&self, text: &str) {
        self.log(level::INFO, text);
    }

    /// Logs something that helps to find a fault.
    pub fn debug(&self, text: &str) {
        self.log(level::DEBUG, text);
    }

    /// Whether the answer is no longer wanted: the caller gave up, or the deadline has passed.
    /// [`check`](Self::check) tells which.
    pub fn is_cancelled(&self) -> bool {
        self.is_given_up() || self.is_over()
    }

    fn is_given_up(&self) -> bool {
        self.call.is_some_and(|call| {
            // SAFETY: the host's functions and state are valid until the call returns.
            unsafe { call.host.cancelled()(call.state) }
        })
    }

    /// Time left until the deadline, `None` where there is none.
    pub fn remaining(&self) -> Option<Duration> {
        let call = self.call?;
        // SAFETY: as in `is_given_up`.
        let left_ns = unsafe { call.host.remaining_ns()(call.state) };
        (left_ns != u64::MAX).then(|| Duration::from_nanos(left_ns))
    }

    fn is_over(&self) -> bool {
        self.remaining() == Some(Duration::ZERO)
    }

    /// The error to return when the caller gave up or the deadline has passed.
    pub fn check(&self) -> Result<(), PlanError> {
        if self.is_given_up() {
            Err(PlanError::cancelled())
        } else if self.is_over() {
            Err(PlanError::deadline())
        } else {
            Ok(())
        }
    }

    /// The operator's setting `key` for this planner, `None` where it is not set. A setting of
    /// another type than `T` is an error that names it.
    pub fn setting<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, PlanError> {
        let Some(call) = self.call else {
            return Ok(None);
        };
        let mut buffer = Buffer::new(SETTING_SIZE_BYTES_MAX);
        // SAFETY: as in `is_given_up`; the buffer is not touched before the host's function has
        // returned.
        let found = unsafe {
            let sink = Sink::into_buffer(&mut buffer);
            call.host.setting()(call.state, RSlice::from_slice(key.as_bytes()), sink)
        };
        if !found {
            return Ok(None);
        }
        let json = buffer
            .into_bytes()
            .ok_or_else(|| PlanError::config(key, "is larger than 1 MiB"))?;
        serde_json::from_slice(&json)
            .map(Some)
            .map_err(|error| PlanError::config(key, error.to_string()))
    }

    fn log(&self, level: u8, text: &str) {
        if let Some(call) = self.call {
            // SAFETY: as in `is_given_up`.
            unsafe { call.host.log()(call.state, level, RSlice::from_slice(text.as_bytes())) }
        }
    }
}
