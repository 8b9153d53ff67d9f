//! What a plugin may ask of the host during a call: logging, cancellation, deadline, settings.
//!
//! The plugin's thread runs these functions, so none of them may block or panic.

#![expect(
    unsafe_code,
    reason = "a plugin calls these functions with the raw state it was lent"
)]

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use plugin_api::abi::abi_stable::prefix_type::WithMetadata;
use plugin_api::abi::abi_stable::staticref;
use plugin_api::abi::abi_stable::std_types::RSlice;
use plugin_api::abi::{Call, HostRef, HostTable, Sink, level};
use registry_core::sync::atomic::{AtomicBool, Ordering};

use super::log_limit::LogLimit;
use crate::config::Table;
use crate::name::PlannerName;
use crate::scrub;

/// Longest log line of a plugin, in bytes; the rest is cut.
const LOG_LINE_BYTES_MAX: usize = 4 << 10;

/// Carries to another process what a plugin asks of its host.
pub(crate) trait Relay: Send + Sync + std::fmt::Debug {
    /// Takes a log line at a level of [`level`], and how many were dropped before it.
    fn log(&self, level: u8, dropped: u64, text: &[u8]);

    /// Whether the caller no longer wants the answer.
    fn is_cancelled(&self) -> bool;
}

/// One call's view of the host.
#[derive(Debug)]
pub(crate) struct CallState<'a> {
    /// Whom log lines are from, whatever the plugin says.
    pub(crate) planner: &'a PlannerName,
    /// When the answer is no longer wanted.
    pub(crate) deadline: Option<Instant>,
    /// Set by the caller who gives up.
    pub(crate) cancelled: &'a AtomicBool,
    /// Set when all calls of this kind are given up, because the registry ends.
    pub(crate) halted: &'a AtomicBool,
    /// The operator's settings for this planner.
    pub(crate) settings: &'a Table,
    /// Bounds this planner's log lines.
    pub(crate) log_limit: &'a LogLimit,
    /// Whom log lines and cancellation are exchanged with, where the caller is in another process.
    pub(crate) relay: Option<&'a dyn Relay>,
}

impl CallState<'_> {
    /// What the plugin is lent; it must not be used once `self` is gone.
    pub(super) fn as_call(&self) -> Call {
        Call {
            host: HostRef(HostFunctions::TABLE.as_prefix()),
            state: std::ptr::from_ref(self).cast(),
        }
    }

    fn log(&self, level: u8, text: &[u8]) {
        let Some(dropped) = self.log_limit.admit() else {
            return;
        };
        let text = &text[..text.len().min(LOG_LINE_BYTES_MAX)];
        match self.relay {
            Some(relay) => relay.log(level, dropped, text),
            None => self.write(level, dropped, text),
        }
    }

    /// Takes a line that was relayed here.
    pub(crate) fn relayed(&self, level: u8, dropped: u64, text: &[u8]) {
        if let Some(dropped_here) = self.log_limit.admit() {
            self.write(level, dropped.saturating_add(dropped_here), text);
        }
    }

    fn write(&self, level: u8, dropped: u64, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        let text = scrub::plugin_text(&text);
        let planner = self.planner.as_str();
        if dropped > 0 {
            tracing::warn!(target: "registry::plugin", planner, dropped, "log lines came too fast and were dropped");
        }
        match level {
            level::ERROR => tracing::error!(target: "registry::plugin", planner, "{text}"),
            level::WARN => tracing::warn!(target: "registry::plugin", planner, "{text}"),
            level::INFO => tracing::info!(target: "registry::plugin", planner, "{text}"),
            _ => tracing::debug!(target: "registry::plugin", planner, "{text}"),
        }
    }

    fn is_cancelled(&self) -> bool {
        self.is_given_up() || self.relay.is_some_and(Relay::is_cancelled)
    }

    /// Whether nobody in this process wants the answer any more.
    pub(crate) fn is_given_up(&self) -> bool {
        // Relaxed: the flags guard no other memory, and a plugin that polls sees them soon enough.
        self.cancelled.load(Ordering::Relaxed) || self.halted.load(Ordering::Relaxed)
    }

    fn remaining_ns(&self) -> u64 {
        self.deadline.map_or(u64::MAX, |deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            u64::try_from(left.as_nanos()).unwrap_or(u64::MAX - 1)
        })
    }

    fn setting(&self, key: &[u8]) -> Option<Vec<u8>> {
        let value = self.settings.as_map().get(std::str::from_utf8(key).ok()?)?;
        serde_json::to_vec(value).ok()
    }
}

/// Holds the table, which is the same for every call.
struct HostFunctions;

impl HostFunctions {
    staticref! {
        const TABLE: WithMetadata<HostTable> = WithMetadata::new(HostTable {
            log,
            cancelled,
            remaining_ns,
            setting,
            #[cfg(plugin_api_next)]
            next,
        });
    }
}

#[cfg(plugin_api_next)]
extern "C" fn next() -> u32 {
    1
}

unsafe extern "C" fn log(state: *const c_void, level: u8, text: RSlice<'_, u8>) {
    // SAFETY: see `guarded`.
    unsafe { guarded(state, (), |call| call.log(level, text.as_slice())) }
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method by itself is tied to one lifetime"
)]
unsafe extern "C" fn cancelled(state: *const c_void) -> bool {
    // SAFETY: see `guarded`.
    unsafe { guarded(state, true, |call| call.is_cancelled()) }
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method by itself is tied to one lifetime"
)]
unsafe extern "C" fn remaining_ns(state: *const c_void) -> u64 {
    // SAFETY: see `guarded`.
    unsafe { guarded(state, 0, |call| call.remaining_ns()) }
}

unsafe extern "C" fn setting(state: *const c_void, key: RSlice<'_, u8>, value: Sink) -> bool {
    // SAFETY: see `guarded`; the sink was lent for this very call.
    unsafe {
        guarded(state, false, |call| match call.setting(key.as_slice()) {
            Some(json) => {
                value.push(&json);
                true
            }
            None => false,
        })
    }
}

/// Runs `answer` on the state behind a call. A panic, which only a broken `tracing` subscriber can
/// cause, ends here and not in the plugin's frames.
///
/// # Safety
/// `state` must come from [`CallState::as_call`], and that state must still live: the plugin is
/// lent it for the length of the call only.
unsafe fn guarded<R>(
    state: *const c_void,
    otherwise: R,
    answer: impl FnOnce(&CallState<'_>) -> R,
) -> R {
    // SAFETY: the caller vouches for it.
    let state = unsafe { &*state.cast::<CallState<'_>>() };
    match catch_unwind(AssertUnwindSafe(|| answer(state))) {
        Ok(answer) => answer,
        Err(payload) => {
            // Dropping it could panic again, outside of any guard.
            std::mem::forget(payload);
            otherwise
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A payload that panics again where it is dropped.
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::panic_any("dropped");
        }
    }

    #[test]
    fn a_panic_ends_here_whatever_its_payload_does() {
        let state = CallState {
            planner: &PlannerName::parse("waits").unwrap(),
            deadline: None,
            cancelled: &AtomicBool::new(false),
            halted: &AtomicBool::new(false),
            settings: &Table::default(),
            log_limit: &LogLimit::new(),
            relay: None,
        };
        // SAFETY: the state lives until the end of the test.
        let answer = unsafe { guarded(state.as_call().state, 7, |_| std::panic::panic_any(Bomb)) };
        assert_eq!(answer, 7);
    }
}
