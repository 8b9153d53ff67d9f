//! Calls that have not returned, so that a report can name those that should have.
//!
//! A planner in process runs on its caller's thread and cannot be stopped. It is told of the deadline
//! when it polls its context; whoever asks for a report reads from here that it did not heed it.

use std::time::Duration;

use registry_core::sync::Mutex;
use serde::Serialize;

/// Most overdue calls that are told of one planner.
const OVERDUE_MAX: usize = 16;

/// Calls that have not returned. There are as many as threads that called.
#[derive(Debug, Default)]
pub(super) struct UnderWay(Mutex<Vec<Call>>);

#[derive(Clone, Copy, Debug)]
struct Call {
    number: u64,
    begun: Duration,
    deadline: Duration,
}

/// A call whose deadline has passed, and that has not returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct OverdueCall {
    /// Its number among all calls of the registry, from 1.
    pub call: u64,
    /// How long it has been running, in milliseconds.
    pub running_ms: u64,
    /// How long ago its deadline was, in milliseconds.
    pub overdue_ms: u64,
}

/// Takes its call off the list when it is dropped, however the call ended.
#[derive(Debug)]
pub(super) struct Listed<'a> {
    list: &'a UnderWay,
    number: u64,
}

impl UnderWay {
    /// Lists a call that begins at `begun`.
    pub(super) fn list(&self, number: u64, begun: Duration, deadline: Duration) -> Listed<'_> {
        self.0.lock().push(Call {
            number,
            begun,
            deadline,
        });
        Listed { list: self, number }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.lock().len()
    }

    /// The calls whose deadline is over at `now`, the oldest first.
    pub(super) fn overdue(&self, now: Duration) -> Vec<OverdueCall> {
        let mut calls: Vec<_> = self.0.lock().clone();
        calls.retain(|call| call.deadline < now);
        calls.sort_by_key(|call| call.number);
        calls.truncate(OVERDUE_MAX);
        let millis = |since: Duration| {
            u64::try_from(now.saturating_sub(since).as_millis()).unwrap_or(u64::MAX)
        };
        calls
            .into_iter()
            .map(|call| OverdueCall {
                call: call.number,
                running_ms: millis(call.begun),
                overdue_ms: millis(call.deadline),
            })
            .collect()
    }
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        let mut calls = self.list.0.lock();
        if let Some(place) = calls.iter().position(|call| call.number == self.number) {
            calls.swap_remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_overdue_from_its_deadline_until_it_returns() {
        let secs = Duration::from_secs;
        let list = UnderWay::default();
        let first = list.list(1, secs(10), secs(50));
        let _second = list.list(2, secs(20), secs(30));
        assert_eq!(list.overdue(secs(30)), []);
        let numbers = |now| {
            let overdue = list.overdue(now);
            overdue
                .iter()
                .map(|call| (call.call, call.running_ms, call.overdue_ms))
                .collect::<Vec<_>>()
        };
        assert_eq!(numbers(secs(31)), [(2, 11_000, 1_000)]);
        assert_eq!(numbers(secs(51)), [(1, 41_000, 1_000), (2, 31_000, 21_000)]);
        drop(first);
        assert_eq!(numbers(secs(51)), [(2, 31_000, 21_000)]);
    }
}
