//! The gates, one function each, in the order in which discovery and trust apply them.
//!
//! The first refusal ends the judging; the gates behind it are without a verdict.

mod standing;
mod trust;

use super::subject::{Code, Subject};
use super::{Gate, GateKind, Verdict};
use crate::config::Policy as Isolation;
use crate::diagnose::{Observed, Problem};
use crate::trust::Refusal;

/// What a gate found, and why it refuses if it does.
struct Finding {
    evidence: String,
    problem: Option<Problem>,
}

/// Judges what is asked about, gate by gate.
pub(super) fn judge(subject: &Subject<'_>, observed: &Observed<'_>) -> Vec<Gate> {
    let mut gates: Vec<Gate> = Vec::new();
    for gate in gates_of(subject) {
        let refused = gates.iter().any(|gate| gate.verdict == Verdict::Refused);
        let finding = if refused {
            None
        } else {
            find(gate, subject, observed)
        };
        gates.push(match finding {
            None => Gate {
                gate,
                verdict: if refused {
                    Verdict::NotReached
                } else {
                    unjudged(gate)
                },
                evidence: String::new(),
                problem: None,
            },
            Some(Finding { evidence, problem }) => Gate {
                gate,
                verdict: match problem {
                    Some(_) => Verdict::Refused,
                    None => Verdict::Passed,
                },
                evidence,
                problem,
            },
        });
    }
    gates
}

/// The gates that there are for what is asked about. A planner of the host's has no file, and a file
/// that discovery has not seen no place among others.
fn gates_of(subject: &Subject<'_>) -> Vec<GateKind> {
    use GateKind::{
        Allowlist, Breaker, Hold, Library, Lock, Manifest, Name, Path, Probe, Signature, Start,
        Unique, Version,
    };
    let all = [
        Name, Allowlist, Path, Library, Manifest, Lock, Signature, Version, Unique, Hold, Start,
        Breaker, Probe,
    ];
    let is_there = |gate: &GateKind| match gate {
        Path | Library | Lock | Signature | Version => !matches!(subject.code, Code::Builtin(_)),
        Unique | Start | Breaker => !subject.alone,
        Probe => subject
            .planner
            .is_some_and(|planner| planner.policy() == Isolation::Probe),
        _ => true,
    };
    all.into_iter().filter(is_there).collect()
}

/// Of a gate that could be judged, and was not.
fn unjudged(gate: GateKind) -> Verdict {
    match gate {
        GateKind::Probe => Verdict::NotYet,
        _ => Verdict::NotReached,
    }
}

/// What `gate` found; none if what it judges could not be read.
fn find(gate: GateKind, subject: &Subject<'_>, observed: &Observed<'_>) -> Option<Finding> {
    match gate {
        GateKind::Name => Some(Finding::passed(subject.name.as_ref()?.to_string())),
        GateKind::Allowlist => Some(trust::allowlist(subject.name.as_ref()?, observed)),
        GateKind::Path => Some(trust::path(subject, observed.policy)),
        GateKind::Library => trust::library(subject),
        GateKind::Manifest => trust::manifest(subject),
        GateKind::Lock => trust::locked(subject, observed),
        GateKind::Signature => trust::signature(subject, observed.policy),
        GateKind::Version => trust::version(subject, observed),
        GateKind::Unique => Some(trust::unique(subject, observed)),
        GateKind::Hold => Some(standing::hold(subject)),
        GateKind::Breaker => Some(
            subject
                .planner
                .map_or_else(standing::untroubled, standing::breaker),
        ),
        GateKind::Start => Some(
            subject
                .planner
                .map_or_else(standing::not_loaded, |planner| {
                    standing::start(planner, subject, observed)
                }),
        ),
        GateKind::Probe => subject.planner.and_then(standing::probe),
    }
}

impl Finding {
    fn of(evidence: String, judged: Result<(), Refusal>) -> Self {
        let problem = judged.err();
        let problem =
            problem.map(|refusal| Problem::new(refusal.code(), &refusal, refusal.remedy()));
        Self { evidence, problem }
    }

    fn passed(evidence: String) -> Self {
        Self {
            evidence,
            problem: None,
        }
    }

    fn refused(evidence: String, problem: Problem) -> Self {
        Self {
            evidence,
            problem: Some(problem),
        }
    }
}
