//! A breaker that refuses calls, for reports and errors.

use std::time::Duration;

use registry_core::breaker::Standing;

use crate::moment::Moment;
use crate::name::PlannerName;

/// A planner's breaker refuses calls.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("breaker open since {since} after {failures} failures in a row; next try in {}{}", self.wait(), self.last())]
#[non_exhaustive]
pub struct BreakerOpen {
    /// When it opened.
    pub since: Moment,
    /// Failures in a row.
    pub failures: u32,
    /// Time until a call may be tried.
    pub retry_after: Duration,
    /// The latest failure, with its code.
    pub last_error: Option<String>,
}

impl BreakerOpen {
    /// What refuses at `now`; none if a call may be made, be it on trial.
    pub(super) fn at(
        now: Duration,
        standing: Standing,
        last_error: impl FnOnce() -> Option<String>,
    ) -> Option<Self> {
        let span = standing.open.filter(|span| span.until > now)?;
        Some(Self {
            since: Moment::of(span.since),
            failures: standing.failures,
            retry_after: span.until.saturating_sub(now),
            last_error: last_error(),
        })
    }

    /// What a caller was refused by, whatever became of the breaker since.
    pub(super) fn refused(retry_after: Duration, now: Duration, standing: Standing) -> Self {
        Self {
            since: Moment::of(standing.open.map_or(now, |span| span.since)),
            failures: standing.failures,
            retry_after,
            last_error: None,
        }
    }

    /// The stable machine code.
    pub const fn code(&self) -> &'static str {
        "E_BREAKER_OPEN"
    }

    /// What to do about it.
    pub fn remedy(&self, planner: &PlannerName) -> String {
        format!(
            "Wait for {}, or close it now with `registry breaker reset {planner}`.",
            self.wait()
        )
    }

    /// The wait in whole seconds, rounded up.
    fn wait(&self) -> String {
        format!("{} s", self.retry_after.as_millis().div_ceil(1000))
    }

    fn last(&self) -> String {
        let last = self.last_error.as_ref();
        last.map_or_else(String::new, |error| format!("; last: {error}"))
    }
}
