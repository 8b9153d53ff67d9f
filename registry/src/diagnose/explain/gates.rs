//! The gates, one function each, in the order in which discovery and trust apply them.
//!
//! The first refusal ends the judging; the gates behind it are without a verdict.

use std::path::Path;
use std::time::Duration;

use plugin_api::API_VERSION;
use plugin_api::manifest::SCHEMA;
use registry_core::breaker::BreakerPhase;

use super::subject::{Code, Subject};
use super::{Gate, GateKind, Verdict};
use crate::config::Policy as Isolation;
use crate::diagnose::observe::{exclusion, problem, rejection};
use crate::diagnose::{Observed, Problem, guard};
use crate::discovery::{self, Candidate, ElfError, PLATFORM};
use crate::moment::Moment;
use crate::name::PlannerName;
use crate::planner::{Phase, Planner, StartFailure};
use crate::trust::{self, Policy, Standing, lock_place};

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
        GateKind::Allowlist => Some(allowlist(subject.name.as_ref()?, observed)),
        GateKind::Path => Some(path(subject, observed.policy)),
        GateKind::Library => library(subject),
        GateKind::Manifest => manifest(subject),
        GateKind::Lock => locked(subject, observed),
        GateKind::Signature => signature(subject, observed.policy),
        GateKind::Version => version(subject, observed),
        GateKind::Unique => Some(unique(subject, observed)),
        GateKind::Hold => Some(hold(subject)),
        GateKind::Breaker => Some(subject.planner.map_or_else(untroubled, breaker)),
        GateKind::Start => Some(subject.planner.map_or_else(not_loaded, start)),
        GateKind::Probe => subject.planner.and_then(probe),
    }
}

/// What is on each list, and who says so.
fn allowlist(name: &PlannerName, observed: &Observed<'_>) -> Finding {
    let config = observed.config;
    let from = |key: &str| match config.origin(key) {
        Some(origin) => format!("{key}, from {origin}"),
        None => key.to_owned(),
    };
    if config.discovery().exclude.contains(name) {
        return Finding::refused(format!("on {}", from("discovery.exclude")), exclusion());
    }
    let judged = trust::judge_name(name, observed.policy);
    match judged {
        Ok(()) => Finding::passed(format!(
            "on {}; not on trust.blocked",
            from("trust.allowed")
        )),
        Err(refusal) => {
            let evidence = match refusal {
                trust::Refusal::Blocked { .. } => format!("on {}", from("trust.blocked")),
                _ => format!("not on {}", from("trust.allowed")),
            };
            let problem = Problem::new(refusal.code(), &refusal, refusal.remedy());
            Finding::refused(evidence, problem)
        }
    }
}

fn path(subject: &Subject<'_>, policy: &Policy) -> Finding {
    match &subject.code {
        Code::Candidate(candidate) => access(candidate, policy),
        Code::Refused(refused) if gate_of(refused.cause()) == GateKind::Path => {
            let problem = match refused.cause() {
                // What discovery says of it is meant for what the configuration names.
                discovery::Refusal::Missing if subject.alone => Problem {
                    remedy: "Check the path.".to_owned(),
                    ..problem(refused)
                },
                _ => problem(refused),
            };
            Finding::refused(String::new(), problem)
        }
        Code::Refused(_) => Finding::passed("regular file".to_owned()),
        Code::Builtin(_) | Code::Absent => Finding::refused(String::new(), absence()),
    }
}

/// Where the file lies, and whether only the right people may change it.
fn access(candidate: &Candidate, policy: &Policy) -> Finding {
    let relaxed = policy.relaxed;
    let file = candidate.access().file;
    let settings: Vec<_> = relaxed.settings().collect();
    let relaxations = if settings.is_empty() {
        String::new()
    } else {
        format!("; relaxed by {}", settings.join(" "))
    };
    let evidence = format!(
        "{}, of user {}, mode {:04o}{relaxations}",
        place(candidate),
        file.owner,
        file.mode
    );
    match trust::judge_access(candidate.access(), relaxed, trust::effective_user()) {
        Ok(()) => Finding::passed(evidence),
        Err(refusal) => {
            let problem = Problem::new(refusal.code(), &refusal, refusal.remedy());
            Finding::refused(evidence, problem)
        }
    }
}

fn place(candidate: &Candidate) -> String {
    let size_bytes = candidate.identity().size;
    let folder = candidate.directory();
    if folder == candidate.path() {
        format!("regular file of {size_bytes} bytes, given by its own path")
    } else {
        format!(
            "regular file of {size_bytes} bytes, inside {}",
            folder.display()
        )
    }
}

fn library(subject: &Subject<'_>) -> Option<Finding> {
    match &subject.code {
        Code::Candidate(candidate) => {
            let needed = &candidate.library().needed;
            let needed = if needed.is_empty() {
                "no other library".to_owned()
            } else {
                needed.join(" ")
            };
            Some(Finding::passed(format!("{PLATFORM}, needs {needed}")))
        }
        Code::Refused(refused) => Some(match gate_of(refused.cause()) {
            GateKind::Library => Finding::refused(String::new(), problem(refused)),
            _ => Finding::passed(PLATFORM.to_owned()),
        }),
        Code::Builtin(_) | Code::Absent => None,
    }
}

fn manifest(subject: &Subject<'_>) -> Option<Finding> {
    if let Code::Refused(refused) = &subject.code {
        return Some(Finding::refused(String::new(), problem(refused)));
    }
    let manifest = subject.manifest()?;
    let evidence = format!(
        "schema {SCHEMA}, API {} (host {API_VERSION}), version {}",
        manifest.api, manifest.version
    );
    Some(match trust::judge_api(manifest.api, API_VERSION) {
        Ok(()) => Finding::passed(evidence),
        Err(refusal) => {
            let problem = Problem::new(refusal.code(), &refusal, refusal.remedy());
            Finding::refused(evidence, problem)
        }
    })
}

/// The signature as it is now. Of the verdict on the bytes that are loaded, the start tells.
fn signature(subject: &Subject<'_>, policy: &Policy) -> Option<Finding> {
    let Code::Candidate(candidate) = &subject.code else {
        return None;
    };
    let judged = trust::judge_signature(candidate, subject.name.as_ref()?, policy);
    Some(match judged {
        Ok(standing) => Finding::passed(standing.to_string()),
        Err(refusal) => Finding::of(String::new(), Err(refusal)),
    })
}

/// What the lock says of the bytes, as far as they are known.
fn locked(subject: &Subject<'_>, observed: &Observed<'_>) -> Option<Finding> {
    let (name, manifest) = (subject.name.as_ref()?, subject.manifest()?);
    let digest = subject.digest();
    let judged = observed.guard.judge_lock(name, manifest, digest.as_ref());
    let evidence = match observed.guard.standing() {
        Standing::None => match lock_place(observed.config) {
            Some(path) => format!("no lock at {}", path.display()),
            None => "no lock, and no place for one".to_owned(),
        },
        Standing::InForce { path, .. } => {
            let known = if digest.is_some() {
                "its digest is accepted"
            } else {
                "its digest is judged when it is loaded"
            };
            let entry = format!("{}: [planners.{name}.versions]", path.display());
            match judged {
                Ok(()) => format!("{entry} \"{}\", {known}", manifest.version),
                Err(_) => entry,
            }
        }
        Standing::Unusable(_) => String::new(),
    };
    Some(Finding::of(evidence, judged))
}

/// The version against the highest that was accepted before.
fn version(subject: &Subject<'_>, observed: &Observed<'_>) -> Option<Finding> {
    let (name, manifest) = (subject.name.as_ref()?, subject.manifest()?);
    let guard = &observed.guard;
    let before = match (guard.record_problem(), guard.record().highest(name)) {
        (Some(error), _) => format!("not known which was accepted before: {}", error.code()),
        (None, Some(highest)) if guard.may_go_back(name) => {
            format!("the highest accepted before is {highest}; older ones are allowed")
        }
        (None, Some(highest)) => format!("the highest accepted before is {highest}"),
        (None, None) if observed.config.trust().state_dir.path().is_none() => {
            "it is not remembered which was accepted before".to_owned()
        }
        (None, None) => "none was accepted before".to_owned(),
    };
    let evidence = format!("{}; {before}", manifest.version);
    Some(Finding::of(evidence, guard.judge_version(name, manifest)))
}

/// The place of a file among those of the same name.
fn unique(subject: &Subject<'_>, observed: &Observed<'_>) -> Finding {
    let Some(path) = subject.path() else {
        return Finding::passed("linked into the host, which comes before any file".to_owned());
    };
    let discovered = observed.discovered;
    let mut clashes = discovered.resolution.refused.iter();
    if let Some(clash) = clashes.find(|clash| clash.path() == path) {
        return Finding::refused(String::new(), problem(clash));
    }
    let mut rejected = discovered.rejected.iter();
    if let Some(rejected) = rejected.find(|rejected| rejected.path == path) {
        return Finding::refused(String::new(), rejection(rejected));
    }
    // A file that is configured twice lies behind itself.
    let shadowed = &discovered.resolution.shadowed;
    let mut others = shadowed
        .iter()
        .filter(|shadowed| shadowed.path != shadowed.by);
    if let Some(shadowed) = others.clone().find(|shadowed| shadowed.path == path) {
        return Finding::refused(String::new(), shadow(&shadowed.by));
    }
    match others.find(|shadowed| shadowed.by == path) {
        Some(behind) => Finding::passed(format!("comes before {}", behind.path.display())),
        None => Finding::passed("no other file of this name".to_owned()),
    }
}

/// Whoever holds it back for good or for a time. A failed self-test is the start's affair.
fn hold(subject: &Subject<'_>) -> Finding {
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

fn breaker(planner: &Planner) -> Finding {
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

fn untroubled() -> Finding {
    Finding::passed("closed".to_owned())
}

fn start(planner: &Planner) -> Finding {
    match planner.phase() {
        Phase::Ready => Finding::passed("ready".to_owned()),
        Phase::Starting { elapsed } => {
            Finding::passed(format!("starting for {} s", elapsed.as_secs()))
        }
        Phase::NotLoaded | Phase::Retired => not_loaded(),
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

/// What a probe found of the bytes; none if none was made.
fn probe(planner: &Planner) -> Option<Finding> {
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
            format!("failed during the {}, {made}", fault.stage.label()),
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

fn not_loaded() -> Finding {
    Finding::passed("not loaded: nobody has asked for it yet".to_owned())
}

fn absence() -> Problem {
    Problem {
        code: "E_ABSENT",
        reason: "no file in the plugin folders declares this name".to_owned(),
        remedy: "Copy its library into a plugin folder, or take its name off the allowlist."
            .to_owned(),
    }
}

fn shadow(by: &Path) -> Problem {
    Problem {
        code: "E_SHADOWED",
        reason: format!(
            "an earlier plugin folder has this planner in {}",
            by.display()
        ),
        remedy: "Remove the earlier file, or put the folder of this one first.".to_owned(),
    }
}

/// The gate that a refusal of discovery's belongs to.
fn gate_of(cause: &discovery::Refusal) -> GateKind {
    match cause {
        discovery::Refusal::Library(
            ElfError::NoManifest | ElfError::TwoManifests | ElfError::Manifest(_),
        ) => GateKind::Manifest,
        discovery::Refusal::Library(_) => GateKind::Library,
        _ => GateKind::Path,
    }
}

impl Finding {
    fn of(evidence: String, judged: Result<(), trust::Refusal>) -> Self {
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
