//! Reads a diagnosis off what the lower layers know.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::{
    Diagnosis, DiscoveryStatus, ExcludedFile, Files, FolderStatus, GuardStatus, Health,
    LoadingStatus, LockStatus, PlannerState, PlannerStatus, Problem, RefusedFile, ShadowedFile,
    SignatureStatus, guard,
};
use crate::config::Config;
use crate::discovery::{Candidate, Refusal, Refused};
use crate::journal::Journal;
use crate::name::PlannerName;
use crate::planner::{DiscoveryReport, Phase, Planner, Rejected};
use crate::state::StateError;
use crate::trust::{Guard, Policy};

/// What a diagnosis is read off.
#[derive(Debug)]
pub(crate) struct Observed<'a> {
    pub(crate) config: &'a Config,
    pub(crate) policy: &'a Policy,
    pub(crate) planners: Vec<&'a Arc<Planner>>,
    pub(crate) discovered: &'a DiscoveryReport,
    /// The lock, and what was accepted before.
    pub(crate) guard: Arc<Guard>,
    /// What changed lately.
    pub(crate) journal: &'a Journal,
    /// Why later processes do not get to know what was learnt here, if they do not.
    pub(crate) unsaved: Option<Arc<StateError>>,
}

impl Observed<'_> {
    /// Everything, at this moment.
    pub(crate) fn diagnosis(&self) -> Diagnosis {
        let files = Files {
            folders: self.folders(),
            refused: self.refused(),
            shadowed: self.shadowed(),
            excluded: self.excluded(),
            left_out: self.discovered.scan.left_out.clone(),
            ignored: usize::try_from(self.discovered.scan.ignored).unwrap_or(usize::MAX),
            discovery: DiscoveryStatus::of(self.discovered, self.unsaved.as_deref()),
        };
        let is_found = |name: &_| self.planners.iter().any(|planner| planner.name() == name);
        Diagnosis::new(
            self.config,
            LockStatus::of(self.config, &self.guard, is_found),
            SignatureStatus::of(self.policy),
            LoadingStatus::of(self.policy),
            self.statuses(),
            files,
        )
    }

    /// How well the registry is, at this moment.
    pub(crate) fn health(&self, active_min: usize) -> Health {
        let (statuses, folders) = (self.statuses(), self.folders());
        Health::of_parts(
            &statuses,
            &folders,
            &self.discovered.scan.left_out,
            active_min,
        )
    }

    /// Planners in the catalog, and allowed ones that are not in it; by name.
    fn statuses(&self) -> Vec<PlannerStatus> {
        let found = self.planners.iter().map(|planner| planner.name());
        let found: BTreeSet<&PlannerName> = found.collect();
        let allowed = self.config.trust().allowed.iter();
        let without = allowed.filter(|name| !found.contains(name));
        // Sorting references first leaves next to nothing to move when the statuses are sorted.
        let mut planners = self.planners.clone();
        planners.sort_unstable_by_key(|planner| planner.name());
        let with = planners.into_iter().map(|planner| status(planner));
        let mut statuses: Vec<_> = with
            .chain(without.map(|name| self.without_planner(name)))
            .collect();
        statuses.sort_by(|a, b| a.name.cmp(&b.name));
        statuses
    }

    /// An allowed planner that is not in the catalog, with the file that could have been it.
    fn without_planner(&self, name: &PlannerName) -> PlannerStatus {
        let rejected = self
            .discovered
            .rejected
            .iter()
            .find(|rejected| rejected.name == *name);
        let rejected = rejected.map(|rejected| (rejected.path.clone(), rejection(rejected)));
        let clash = || {
            let clashes = &self.discovered.resolution.refused;
            let clash = clashes.iter().find(|file| is_clash_of(file, name))?;
            Some((clash.path().to_owned(), problem(clash)))
        };
        let excluded = || {
            let named = |candidate: &&Arc<Candidate>| candidate.name() == name.as_str();
            let candidate = self.discovered.scan.excluded.iter().find(named)?;
            Some((candidate.path().to_owned(), exclusion()))
        };
        match rejected.or_else(clash).or_else(excluded) {
            Some((path, problem)) => PlannerStatus {
                path: Some(path),
                problem: Some(problem),
                ..PlannerStatus::without_manifest(name.clone(), PlannerState::Refused)
            },
            None => PlannerStatus::without_manifest(name.clone(), PlannerState::Absent),
        }
    }

    /// Every file that is in no catalog; by path.
    fn refused(&self) -> Vec<RefusedFile> {
        let of_scan = self
            .discovered
            .scan
            .refused
            .iter()
            .chain(&self.discovered.resolution.refused);
        let of_scan = of_scan
            .filter(|refused| !self.is_folder(refused.path()))
            .map(|refused| RefusedFile {
                path: refused.path().to_owned(),
                problem: problem(refused),
            });
        let of_trust = self.discovered.rejected.iter().map(|rejected| RefusedFile {
            path: rejected.path.clone(),
            problem: rejection(rejected),
        });
        let mut refused: Vec<_> = of_scan.chain(of_trust).collect();
        refused.sort_by(|a, b| a.path.cmp(&b.path));
        refused
    }

    fn shadowed(&self) -> Vec<ShadowedFile> {
        let shadowed = self
            .discovered
            .resolution
            .shadowed
            .iter()
            .map(|shadowed| ShadowedFile {
                path: shadowed.path.clone(),
                planner: shadowed.name.clone(),
                by: shadowed.by.clone(),
            });
        shadowed.collect()
    }

    fn excluded(&self) -> Vec<ExcludedFile> {
        let excluded = self
            .discovered
            .scan
            .excluded
            .iter()
            .map(|candidate| ExcludedFile {
                path: candidate.path().to_owned(),
                planner: candidate.name().to_owned(),
            });
        excluded.collect()
    }

    fn folders(&self) -> Vec<FolderStatus> {
        let folders = self.config.discovery().plugin_dirs.iter().map(|path| {
            let refused = self
                .discovered
                .scan
                .refused
                .iter()
                .find(|refused| refused.path() == path);
            FolderStatus {
                path: path.clone(),
                problem: refused.map(problem),
            }
        });
        folders.collect()
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.config
            .discovery()
            .plugin_dirs
            .iter()
            .any(|folder| folder == path)
    }
}

fn status(planner: &Planner) -> PlannerStatus {
    let mut retry_in_ms = None;
    let (state, problem) = match planner.phase() {
        Phase::Ready => (PlannerState::Ready, None),
        Phase::Failed {
            cause, retry_after, ..
        } => {
            retry_in_ms = Some(guard::millis_up(retry_after));
            let problem = Problem::new(cause.code(), &*cause, cause.remedy(planner.name()));
            (PlannerState::Failed, Some(problem))
        }
        Phase::Starting { .. } => (PlannerState::Starting, None),
        Phase::NotLoaded | Phase::Retired => (PlannerState::NotLoaded, None),
    };
    let own = GuardStatus::of(planner);
    let (state, problem) = match own.verdict(planner) {
        // Of a planner that fails to start that is told: its breaker is of calls.
        Some((PlannerState::BreakerOpen, _)) if state == PlannerState::Failed => (state, problem),
        // The failure of its self-test says more than that it is held back for it.
        Some((state, verdict)) => (state, Some(problem.unwrap_or(verdict))),
        None => (state, problem),
    };
    let counts = planner.call_counts();
    let status = PlannerStatus::new(planner.name().clone(), state, planner.shared_manifest());
    PlannerStatus {
        path: planner.path().map(Path::to_owned),
        digest: planner.digest().map(|digest| format!("blake3:{digest}")),
        isolation: Some(planner.policy().into()),
        not_granted: planner.not_granted(),
        sandbox: planner.sandbox(),
        last_crash: planner.last_crash(),
        calls: counts.succeeded.saturating_add(counts.failed),
        failures: counts.failed,
        reliability: guard::reliability(planner).or(status.reliability),
        guard: Some(own),
        problem,
        retry_in_ms,
        ..status
    }
}

/// Whether the file was refused because another one claims the name `name` or one much like it.
fn is_clash_of(refused: &Refused, name: &PlannerName) -> bool {
    match refused.cause() {
        Refusal::SameName { name: own, .. } | Refusal::SimilarName { name: own, .. } => {
            own == name.as_str()
        }
        _ => false,
    }
}

pub(super) fn exclusion() -> Problem {
    Problem {
        code: "E_EXCLUDED",
        reason: "the configuration excludes its name".to_owned(),
        remedy: "Take its name off OVERMIND_PLANNER_EXCLUDE and [discovery] exclude.".to_owned(),
    }
}

pub(super) fn problem(refused: &Arc<Refused>) -> Problem {
    Problem {
        code: refused.code(),
        reason: refused.reason(),
        remedy: refused.remedy().to_owned(),
    }
}

pub(super) fn rejection(rejected: &Rejected) -> Problem {
    Problem::new(
        rejected.refusal.code(),
        &rejected.refusal,
        rejected.refusal.remedy(),
    )
}
