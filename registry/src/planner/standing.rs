//! Where a planner stands: how it did, who holds it back, and whether its breaker is open.

use std::time::Duration;

use registry_core::breaker::{BreakerPhase, Standing};

use super::breaker_open::BreakerOpen;
use super::change::{Change, tell};
use super::hold::{HoldEnd, Holder, Kept, Quarantine};
use super::ledger::Ledger;
use super::record::Record;
use super::start_error::StartFailure;
use super::supervised::{Phase, Planner};
use super::under_way::OverdueCall;
use crate::moment::Moment;
use crate::name::PlannerName;

/// How a planner did, as far as is remembered.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TrackRecord {
    /// From 0 to 1; none before the first outcome.
    pub(crate) score: Option<f64>,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) mean_duration: Option<Duration>,
    pub(crate) last_success: Option<Moment>,
    pub(crate) last_error: Option<String>,
}

impl Planner {
    /// Its record, which outlives it.
    pub(crate) fn record(&self) -> &std::sync::Arc<Record> {
        &self.record
    }

    /// Who holds it back now, if anybody does. An author's or an operator's hold comes before a
    /// self-test that failed, whose hold ends when the next try is due, and a probe that did.
    pub fn quarantine(&self) -> Option<Quarantine> {
        self.lasting_hold().or_else(|| match self.phase() {
            Phase::Failed {
                cause, retry_after, ..
            } => self
                .failed_probe(&cause)
                .or_else(|| self.failed_self_test(&cause, retry_after)),
            Phase::NotLoaded => self.remembered_probe(),
            _ => None,
        })
    }

    /// The hold of its author or an operator.
    pub(crate) fn lasting_hold(&self) -> Option<Quarantine> {
        let ledger = &self.supervision.ledger;
        let standing = |by, ends| Quarantine {
            planner: self.name.clone(),
            by,
            since: ledger.begun,
            reason: String::new(),
            ends,
        };
        if self.manifest.quarantined {
            return Some(standing(Holder::Author, HoldEnd::OtherVersion));
        }
        if self.options.hold {
            return Some(standing(Holder::Configuration, HoldEnd::Setting));
        }
        ledger.operators_hold(&self.record)
    }

    pub(super) fn failed_self_test(
        &self,
        cause: &StartFailure,
        retry_after: Duration,
    ) -> Option<Quarantine> {
        let StartFailure::SelfTest(problem) = cause else {
            return None;
        };
        if retry_after.is_zero() {
            return None;
        }
        let now = self.supervision.ledger.clock.now();
        let since = self.failed_at.lock().unwrap_or(now);
        Some(Quarantine {
            planner: self.name.clone(),
            by: Holder::SelfTest,
            since: Moment::of(since),
            reason: problem.to_string(),
            ends: HoldEnd::NextTry(Moment::of(now.saturating_add(retry_after))),
        })
    }

    /// Why its breaker refuses calls now, if it does.
    pub fn breaker_open(&self) -> Option<BreakerOpen> {
        self.record.breaker_open(&self.supervision.ledger.breaker)
    }

    /// What its breaker is doing, and how long it has been.
    pub(crate) fn breaker(&self) -> (BreakerPhase, Standing) {
        let policy = &self.supervision.ledger.breaker;
        let breaker = &self.record.breaker;
        (breaker.phase(policy), breaker.standing())
    }

    /// How reliable its outcomes say it is, from 0 to 1; none before the first.
    pub fn reliability(&self) -> Option<f64> {
        self.record.score(self.supervision.ledger.clock.now())
    }

    /// How it did.
    pub(crate) fn track_record(&self) -> TrackRecord {
        let totals = self.record.reliability.totals();
        TrackRecord {
            score: self.reliability(),
            succeeded: totals.successes,
            failed: totals.failures,
            mean_duration: totals.mean_duration(),
            last_success: totals.last_success.map(Moment::of),
            last_error: totals.last_error,
        }
    }

    /// Calls that should have returned and have not. A planner in process cannot be stopped: the thread
    /// that called it is lost until it returns.
    pub fn overdue_calls(&self) -> Vec<OverdueCall> {
        let now = self.supervision.ledger.clock.now();
        self.record.under_way.overdue(now)
    }
}

impl Ledger {
    /// The hold of an operator that has not ended.
    pub(super) fn operators_hold(&self, record: &Record) -> Option<Quarantine> {
        let (hold, has_ended) = record.hold(self.clock.now(), self.date.now());
        if has_ended {
            tell(
                &self.journal,
                record.name(),
                &Change::Released { lifted: false },
            );
        }
        hold.map(|kept| quarantine(record.name(), kept))
    }
}

/// An operator's hold for those who are to know of it.
pub(super) fn quarantine(planner: &PlannerName, kept: Kept) -> Quarantine {
    Quarantine {
        planner: planner.clone(),
        by: Holder::Operator,
        since: kept.since,
        reason: kept.reason,
        ends: kept.until.map_or(HoldEnd::Lifted, HoldEnd::At),
    }
}
