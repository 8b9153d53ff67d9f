//! The gates of a planner whose file is admitted: holds, its start, its breaker, its probe.

use std::time::Duration;

use registry_core::breaker::BreakerPhase;

use super::Finding;
use crate::diagnose::explain::subject::Subject;
use crate::diagnose::{Observed, Problem, guard};
use crate::moment::Moment;
use crate::planner::{Phase, Planner, StartFailure};

/// Whoever holds it back for good or for a time. A failed self-test is the start's affair.
pub(super) fn hold(subject: &Subject<'_>) -> Finding {
    let by_author = subject.manifest().is_some_and(|own| own.quarantined);
    match subject.planner.and_then(Planner::lasting_hold) {
        Some(quarantine) => Finding::refused(String::new(), guard::held(&quarantine)),
        None if by_author => Finding::refused(String::new(), held_by_author()),
        None => Finding::passed("none by its author, the configuration or an operator".to_owned()),
    }
}

/// Of a file that is in no catalog.
fn held_by_author() -> Problem {
    Problem {
        code: "E_QUARANTINED",
        reason: "its author holds it back".to_owned(),
        remedy: "Ask its author for a version without the hold.".to_owned(),
    }
}

pub(super) fn breaker(planner: &Planner) -> Finding {
    let Some(open) = planner.breaker_open() else {
        let (phase, standing) = planner.breaker();
        return match (phase, standing.failures) {
            (BreakerPhase::Closed { .. }, 0) => untroubled(),
            (BreakerPhase::Closed { .. }, failures) => {
                Finding::passed(format!("closed, {failures} without a plan in a row"))
            }
            _ => Finding::passed("the next call is tried, and decides".to_owned()),
        };
    };
    Finding::refused(String::new(), guard::refusing(planner, &open))
}

pub(super) fn untroubled() -> Finding {
    Finding::passed("closed".to_owned())
}

pub(super) fn start(planner: &Planner, subject: &Subject<'_>, observed: &Observed<'_>) -> Finding {
    match planner.phase() {
        Phase::Ready => Finding::passed("ready".to_owned()),
        Phase::Starting { elapsed } => {
            Finding::passed(format!("starting for {} s", elapsed.as_secs()))
        }
        Phase::NotLoaded | Phase::Retired => {
            failed_before(planner, subject, observed).unwrap_or_else(not_loaded)
        }
        // That is the verdict of the last gate.
        Phase::Failed { cause, .. } if matches!(*cause, StartFailure::Probe(_)) => {
            Finding::passed("not loaded: its probe failed".to_owned())
        }
        Phase::Failed {
            cause,
            failures,
            retry_after,
        } => {
            let times = if failures == 1 { "time" } else { "times" };
            let evidence = format!(
                "failed {failures} {times} in a row; next try in {:.1} s",
                retry_after.as_secs_f64()
            );
            let problem = Problem::new(cause.code(), &*cause, cause.remedy(planner.name()));
            Finding::refused(evidence, problem)
        }
    }
}

/// What is remembered of the start before, if that one failed with the bytes there are now. It keeps
/// nobody from trying again; what cannot be read is not told.
fn failed_before(
    planner: &Planner,
    subject: &Subject<'_>,
    observed: &Observed<'_>,
) -> Option<Finding> {
    let failed = observed.journal.last_failed_start(planner.name()).ok()??;
    let now = subject.digest().map(|digest| digest.to_hex().to_string());
    if failed.digest.is_some() && failed.digest != now {
        return None;
    }
    let at = Moment::of_unix_ms(failed.at_ms);
    let why: Vec<_> = [failed.code, failed.detail].into_iter().flatten().collect();
    let why = why.join(": ");
    Some(Finding::passed(format!(
        "not loaded: its last start, at {at}, failed: {why}"
    )))
}

/// What a probe found of the bytes; none if none was made.
pub(super) fn probe(planner: &Planner) -> Option<Finding> {
    let Some(verdict) = planner.probe_verdict() else {
        return failed_probe(planner);
    };
    let made = format!(
        "at {}, {:.1} ms",
        Moment::of(Duration::from_secs(verdict.at_s)),
        Duration::from_micros(verdict.took_us).as_secs_f64() * 1000.0
    );
    Some(match verdict.fault {
        None => Finding::passed(format!("passed {made}")),
        Some(fault) => Finding::refused(
            format!(
                "failed during the {}, {made}{}",
                fault.stage.label(),
                if fault.flaky {
                    ", a second attempt went well"
                } else {
                    ""
                }
            ),
            Problem {
                code: "E_PROBE_FAILED",
                reason: format!("{} ({})", fault.reason, fault.code),
                remedy: "Report it to the plugin's author; a reload tries it again.".to_owned(),
            },
        ),
    })
}

/// A probe that failed and could not be remembered, or was made of other bytes.
fn failed_probe(planner: &Planner) -> Option<Finding> {
    match planner.phase() {
        Phase::Failed { cause, .. } if matches!(*cause, StartFailure::Probe(_)) => {
            let problem = Problem::new(cause.code(), &*cause, cause.remedy(planner.name()));
            Some(Finding::refused(String::new(), problem))
        }
        _ => None,
    }
}

pub(super) fn not_loaded() -> Finding {
    Finding::passed("not loaded: nobody has asked for it yet".to_owned())
}
