//! From candidates to catalog entries: who is admitted, and who is not and why.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use registry_core::catalog::Snapshot;

use super::supervised::{Options, Planner, Source, Supervision};
use crate::config::Config;
use crate::discovery::{Candidate, Resolution, Scan, plain_name, resolve};
use crate::name::PlannerName;
use crate::trust::{self, Policy, Refusal, Standing};

/// A candidate that a trust gate turned away.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rejected {
    /// The planner's name.
    pub name: PlannerName,
    /// Its file.
    pub path: PathBuf,
    /// Why.
    pub refusal: Refusal,
}

/// What became of the candidates of one scan.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(crate) planners: Vec<Arc<Planner>>,
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) resolution: Resolution,
}

/// Judges candidates by name and interface version, and settles which file of a name counts: one that
/// fails trust never shadows one that passes. A planner of `keep` whose file is unchanged stays the
/// very same object, with its instance and its history.
pub(crate) fn admit(
    scan: &Scan,
    keep: Option<&Snapshot<Planner>>,
    builtins: &[Arc<Planner>],
    config: &Config,
    supervision: &Arc<Supervision>,
) -> Admission {
    let (resolution, rejected) = sort_out(scan, keep, builtins, &supervision.policy);
    let planners = resolution.chosen.iter().filter_map(|candidate| {
        let known = keep.and_then(|keep| keep.get(candidate.name()));
        let known = known.filter(|known| known.is_of(candidate));
        known
            .cloned()
            .or_else(|| planner_of(candidate, config, supervision))
    });
    Admission {
        planners: planners.collect(),
        rejected,
        resolution,
    }
}

/// Which files count by `policy`, and which candidates it turns away.
pub(super) fn sort_out(
    scan: &Scan,
    keep: Option<&Snapshot<Planner>>,
    builtins: &[Arc<Planner>],
    policy: &Policy,
) -> (Resolution, Vec<Rejected>) {
    let mut rejected = Vec::new();
    let mut passed = Vec::new();
    let contested = contested(scan, policy);
    // Asked of the system once for all files.
    let user = trust::effective_user();
    for candidate in &scan.candidates {
        // Discovery gives candidates with valid names only; `planner_of` looks again.
        let Ok(name) = PlannerName::parse(candidate.name()) else {
            passed.push(Arc::clone(candidate));
            continue;
        };
        let verdict = judge(candidate, &name, builtins, user, policy);
        let is_contested = contested.contains(&plain_name(candidate.name()));
        match verdict.and_then(|()| judge_proof(candidate, &name, keep, is_contested, policy)) {
            Ok(()) => passed.push(Arc::clone(candidate)),
            Err(refusal) => rejected.push(Rejected {
                name,
                path: candidate.path().to_owned(),
                refusal,
            }),
        }
    }
    (resolve(&passed), rejected)
}

/// Names that several files claim of which a lock tells the right one by its digest, where discovery hashed
/// none: one that the lock refuses must not stand in the way of one that it accepts.
fn contested<'a>(scan: &'a Scan, policy: &Policy) -> HashSet<Cow<'a, str>> {
    let is_locked = matches!(policy.guards.current().standing(), Standing::InForce { .. });
    let is_hashed = |candidate: &Arc<Candidate>| candidate.digest().is_some();
    if !is_locked || scan.candidates.iter().all(is_hashed) {
        return HashSet::new();
    }
    let mut seen = HashSet::new();
    let names = scan.candidates.iter();
    let names = names.map(|candidate| plain_name(candidate.name()));
    names.filter(|name| !seen.insert(name.clone())).collect()
}

fn judge(
    candidate: &Candidate,
    name: &PlannerName,
    builtins: &[Arc<Planner>],
    user: u32,
    policy: &Policy,
) -> Result<(), Refusal> {
    if builtins.iter().any(|builtin| builtin.name() == name) {
        Err(Refusal::BuiltIn { name: name.clone() })
    } else {
        trust::admit(name, candidate.manifest(), candidate.access(), user, policy)
    }
}

/// What is known of the bytes without loading them. Which bytes are loaded, and whether those may be,
/// is judged anew. A file whose signature does not hold must not stand in the way of another one's
/// that does.
fn judge_proof(
    candidate: &Candidate,
    name: &PlannerName,
    keep: Option<&Snapshot<Planner>>,
    is_contested: bool,
    policy: &Policy,
) -> Result<(), Refusal> {
    let of_file = || is_contested.then(|| trust::digest_now(candidate, policy))?;
    let running = || {
        let known = keep?.get(candidate.name())?;
        let digest = known.is_of(candidate).then(|| known.digest())??;
        blake3::Hash::from_hex(digest).ok()
    };
    let known = candidate.digest().copied();
    let digest = known.or_else(running).or_else(of_file);
    let guard = policy.guards.current();
    guard.judge_lock(name, candidate.manifest(), digest.as_ref())?;
    if policy.signatures.are_wanted() {
        trust::judge_listed_signature(candidate, name, policy)?;
    }
    guard.judge_version(name, candidate.manifest())
}

fn planner_of(
    candidate: &Arc<Candidate>,
    config: &Config,
    supervision: &Arc<Supervision>,
) -> Option<Arc<Planner>> {
    let name = PlannerName::parse(candidate.name()).ok()?;
    let options = Options::of(config, &name);
    let manifest = candidate.shared_manifest();
    let source = Source::Library(Arc::clone(candidate));
    let planner = Planner::new(name, manifest, source, options, Arc::clone(supervision));
    Some(Arc::new(planner))
}
