//! What a lock would have to say so that what is found may run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blake3::Hash;
use semver::Version;

use super::admission::{Rejected, sort_out};
use super::get_error::GetError;
use super::roster::Roster;
use crate::discovery::{Refused, inspect_within};
use crate::name::PlannerName;
use crate::state::StateError;
use crate::trust::{self, Lock, LockError, Refusal};

/// What discovery found, as a lock, beside the lock that there is.
#[derive(Debug)]
#[non_exhaustive]
pub struct LockProposal {
    /// Where the lock is, or is to be.
    pub path: PathBuf,
    /// What it says now; none if there is no such file.
    pub current: Option<Lock>,
    /// Every planner that was found and passes all other gates, with its digest.
    pub found: Lock,
    /// Files that another gate turns away.
    pub rejected: Vec<Rejected>,
}

/// A file that passes all gates but that of its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lockable {
    /// The planner's name.
    pub name: PlannerName,
    /// Its version.
    pub version: Version,
    /// BLAKE3 of its bytes.
    pub digest: Hash,
}

/// Why no lock can be proposed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockingError {
    /// Nothing could be discovered.
    #[error(transparent)]
    Get(#[from] GetError),
    /// The lock that there is cannot be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The file is no plugin.
    #[error("{}: {}", .0.path().display(), .0.reason())]
    File(Arc<Refused>),
    /// Another gate turns the file away.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What was remembered of a lock could not be changed.
    #[error(transparent)]
    State(#[from] StateError),
}

impl LockingError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Get(error) => error.code(),
            Self::Lock(error) => error.code(),
            Self::File(refused) => refused.code(),
            Self::Refused(refusal) => refusal.code(),
            Self::State(error) => error.code(),
        }
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Get(error) => error.remedy(),
            Self::Lock(error) => error.remedy().to_owned(),
            Self::File(refused) => refused.remedy().to_owned(),
            Self::Refused(refusal) => refusal.remedy(),
            Self::State(error) => error.remedy().to_owned(),
        }
    }
}

impl LockProposal {
    /// Planners in the lock that were not found: other machines may have them.
    pub fn absent(&self) -> Vec<PlannerName> {
        let locked = self.current.iter().flat_map(Lock::planners);
        let absent = locked.filter(|(name, _)| self.found.entry(name).is_none());
        absent.map(|(name, _)| name.clone()).collect()
    }

    /// Puts `lock` in the place of the one that there was, if it still is: what somebody revoked meanwhile
    /// would be accepted again.
    pub fn write(&self, lock: &Lock) -> Result<(), LockError> {
        if Lock::read(&self.path)? == self.current {
            return lock.write(&self.path);
        }
        let path = self.path.clone();
        Err(LockError::Changed { path })
    }

    /// The lock that also accepts what was found. Planners that it accepts as they are stay untouched,
    /// with all their digests; of the others nothing but what was found is accepted.
    pub fn updated(&self) -> Lock {
        let mut lock = self.current.clone().unwrap_or_default();
        let is_accepted = |name: &PlannerName| {
            let found = self.found.entry(name)?.versions();
            let mut digests = found.flat_map(|(version, digests)| {
                digests.into_iter().map(move |digest| (version, digest))
            });
            Some(digests.all(|(version, digest)| lock.accepts(name, version, digest)))
        };
        let differing: BTreeSet<PlannerName> = self
            .found
            .planners()
            .map(|(name, _)| name)
            .filter(|name| is_accepted(name) == Some(false))
            .cloned()
            .collect();
        for name in &differing {
            lock.replace(name, &self.found);
        }
        lock
    }
}

impl Roster {
    /// What discovery found, as a lock.
    pub(crate) fn propose_lock(&self) -> Result<LockProposal, LockingError> {
        let path = trust::lock_place(self.config()).ok_or(LockError::Required { path: None })?;
        self.ensure_discovered()?;
        let current = Lock::read(&path)?;
        let policy = self.policy().without_digest_gate();
        let (resolution, mut rejected) =
            sort_out(&self.latest().scan, None, self.builtins(), &policy);
        let mut found = Lock::default();
        for candidate in &resolution.chosen {
            // Discovery gives candidates with valid names only.
            let Ok(name) = PlannerName::parse(candidate.name()) else {
                continue;
            };
            match trust::verify(candidate, &name, &policy) {
                Ok(verified) => {
                    found.add(&name, &verified.manifest().version, verified.digest());
                }
                Err(refusal) => rejected.push(Rejected {
                    name,
                    path: candidate.path().to_owned(),
                    refusal,
                }),
            }
        }
        Ok(LockProposal {
            path,
            current,
            found,
            rejected,
        })
    }

    /// What a lock would have to accept for the file at `path` to run.
    pub(crate) fn lockable(&self, path: &Path) -> Result<Lockable, LockingError> {
        self.ensure_discovered()?;
        let policy = self.policy().without_digest_gate();
        let candidate = inspect_within(path, policy.size_bytes_max).map_err(LockingError::File)?;
        let name = PlannerName::parse(candidate.name()).map_err(GetError::BadName)?;
        let verified = trust::verify(&candidate, &name, &policy)?;
        Ok(Lockable {
            version: verified.manifest().version.clone(),
            digest: verified.digest(),
            name,
        })
    }

    /// Forgets that a lock was in force at the configured place; whether one was.
    pub(crate) fn forget_lock(&self) -> Result<bool, StateError> {
        self.policy().guards.forget_lock(self.config())
    }
}
