//! The gates that a file has to pass before its code may run.

use std::path::Path;

use plugin_api::API_VERSION;
use plugin_api::manifest::SCHEMA;

use super::Finding;
use crate::diagnose::explain::GateKind;
use crate::diagnose::explain::subject::{Code, Subject};
use crate::diagnose::observe::{exclusion, problem, rejection};
use crate::diagnose::{Observed, Problem};
use crate::discovery::{self, Candidate, ElfError, PLATFORM};
use crate::name::PlannerName;
use crate::trust::{self, Policy, Standing, lock_place};

/// What is on each list, and who says so.
pub(super) fn allowlist(name: &PlannerName, observed: &Observed<'_>) -> Finding {
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

pub(super) fn path(subject: &Subject<'_>, policy: &Policy) -> Finding {
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

pub(super) fn library(subject: &Subject<'_>) -> Option<Finding> {
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

pub(super) fn manifest(subject: &Subject<'_>) -> Option<Finding> {
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
pub(super) fn signature(subject: &Subject<'_>, policy: &Policy) -> Option<Finding> {
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
pub(super) fn locked(subject: &Subject<'_>, observed: &Observed<'_>) -> Option<Finding> {
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
pub(super) fn version(subject: &Subject<'_>, observed: &Observed<'_>) -> Option<Finding> {
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
pub(super) fn unique(subject: &Subject<'_>, observed: &Observed<'_>) -> Finding {
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
