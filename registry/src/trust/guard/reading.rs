//! Reads the lock and the record, once a discovery, and judges by them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use blake3::Hash;
use plugin_api::manifest::Manifest;

use super::record::Record;
use crate::config::Config;
use crate::name::PlannerName;
use crate::state::{StateError, StateFolder};
use crate::trust::lock::{Lock, LockError};
use crate::trust::{Refusal, RevokedKey, clock};

/// What holds for bytes beside lists of names.
#[derive(Debug)]
pub(crate) struct Guard {
    standing: Standing,
    record: Record,
    /// Why nothing is known of what was accepted before.
    record_problem: Option<Arc<StateError>>,
    /// Whether that refuses everything.
    record_needed: bool,
    downgradable: BTreeSet<PlannerName>,
    /// Whether the lock need not know a digest.
    any_digest: bool,
}

/// Whether there is a lock.
#[derive(Clone, Debug)]
pub(crate) enum Standing {
    /// None, and none is asked for.
    None,
    /// This one.
    InForce {
        /// Its file.
        path: PathBuf,
        /// What it says.
        lock: Lock,
    },
    /// None that can be used, so that everything is refused.
    Unusable(Arc<LockError>),
}

impl Guard {
    /// What stands before anything was read: everything is refused.
    pub(super) fn unread() -> Self {
        Self {
            standing: Standing::Unusable(Arc::new(LockError::Bug)),
            ..Self::without_lock()
        }
    }

    /// No lock and no record: what would be accepted if there were none.
    pub(crate) fn without_lock() -> Self {
        Self {
            standing: Standing::None,
            record: Record::default(),
            record_problem: None,
            record_needed: false,
            downgradable: BTreeSet::new(),
            any_digest: false,
        }
    }

    /// What `config` names, as it is now.
    pub(super) fn read(config: &Config, state: &StateFolder) -> Self {
        let trust = config.trust();
        let (mut record, mut record_problem) = match state.read::<Record>() {
            Ok(record) => (record, None),
            Err(error) => (Record::default(), Some(Arc::new(error))),
        };
        let standing = standing(config, &record);
        if let Standing::InForce { path, .. } = &standing
            && !record.knows_lock(path)
            && record_problem.is_none()
        {
            match state.update(|record: &mut Record| record.see_lock(path)) {
                Ok(newer) => record = newer,
                Err(error) => record_problem = Some(Arc::new(error)),
            }
        }
        Self {
            standing,
            record,
            record_problem,
            record_needed: is_proof_required(config),
            downgradable: trust.allow_downgrade.iter().cloned().collect(),
            any_digest: false,
        }
    }

    /// The same with a newer record.
    pub(super) fn with_record(&self, record: Record) -> Self {
        Self {
            standing: self.standing.clone(),
            record,
            record_problem: self.record_problem.clone(),
            record_needed: self.record_needed,
            downgradable: self.downgradable.clone(),
            any_digest: self.any_digest,
        }
    }

    /// The same, but that the lock need not know a digest. What it revokes stays refused.
    pub(super) fn without_digest_gate(&self) -> Self {
        Self {
            any_digest: true,
            ..self.with_record(self.record.clone())
        }
    }

    /// Whether the lock lets these bytes run; without a digest, whether it could.
    pub(crate) fn judge_lock(
        &self,
        name: &PlannerName,
        manifest: &Manifest,
        digest: Option<&Hash>,
    ) -> Result<(), Refusal> {
        match &self.standing {
            Standing::None => Ok(()),
            Standing::InForce { lock, .. } => match lock.judge(name, &manifest.version, digest) {
                Err(refusal) if !(self.any_digest && refusal.is_of_digest()) => Err(refusal.into()),
                _ => Ok(()),
            },
            // Which one is written now is what the question is about.
            Standing::Unusable(_) if self.any_digest => Ok(()),
            Standing::Unusable(error) => Err(Refusal::LockUnusable(Arc::clone(error))),
        }
    }

    /// Whether the version is at least as high as every one that was accepted before.
    pub(crate) fn judge_version(
        &self,
        name: &PlannerName,
        manifest: &Manifest,
    ) -> Result<(), Refusal> {
        if let Some(error) = self.record_problem.as_ref().filter(|_| self.record_needed) {
            return Err(Refusal::State(Arc::clone(error)));
        }
        match self.record.highest(name) {
            Some(highest)
                if manifest.version.cmp_precedence(highest).is_lt() && !self.may_go_back(name) =>
            {
                Err(Refusal::Downgrade {
                    name: name.clone(),
                    version: manifest.version.clone(),
                    highest: highest.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Whether the operator lets older versions of `name` run.
    pub(crate) fn may_go_back(&self, name: &PlannerName) -> bool {
        self.downgradable.contains(name)
    }

    /// The planners in the lock.
    pub(crate) fn locked(&self) -> impl Iterator<Item = &PlannerName> {
        let lock = match &self.standing {
            Standing::InForce { lock, .. } => Some(lock),
            Standing::None | Standing::Unusable(_) => None,
        };
        lock.into_iter()
            .flat_map(|lock| lock.planners().map(|(name, _)| name))
    }

    /// Keys that count no longer, although their file trusts them.
    pub(crate) fn revoked_keys(&self) -> &BTreeSet<RevokedKey> {
        static NONE: BTreeSet<RevokedKey> = BTreeSet::new();
        match &self.standing {
            Standing::InForce { lock, .. } => lock.revoked_keys(),
            Standing::None | Standing::Unusable(_) => &NONE,
        }
    }

    /// The lock.
    pub(crate) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// What was accepted before.
    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    /// Why nothing is known of what was accepted before.
    pub(crate) fn record_problem(&self) -> Option<&Arc<StateError>> {
        self.record_problem.as_ref()
    }

    /// Whether a record that cannot be used refuses everything.
    pub(super) fn needs_record(&self) -> bool {
        self.record_needed
    }

    /// The time by which keys are judged where the system's clock says `now`.
    pub(crate) fn time(&self, now: SystemTime) -> SystemTime {
        clock::now_not_before(now, self.record.newest())
    }
}

/// Where the lock is to be, as it is remembered.
pub(crate) fn place(config: &Config) -> Option<PathBuf> {
    let path = config.trust().lock_file.as_ref()?;
    Some(std::path::absolute(path).unwrap_or_else(|_| path.clone()))
}

/// Whether names alone are not enough for the operator.
fn is_proof_required(config: &Config) -> bool {
    config.trust().require_lock || config.trust().require_signature
}

fn standing(config: &Config, record: &Record) -> Standing {
    let required = config.trust().require_lock;
    let unusable = |error| Standing::Unusable(Arc::new(error));
    let Some(path) = place(config) else {
        return if required {
            unusable(LockError::Required { path: None })
        } else {
            Standing::None
        };
    };
    match Lock::read(&path) {
        Ok(Some(_)) if required && !config.vouches_for_lock() => {
            unusable(LockError::Unvouched { path })
        }
        Ok(Some(lock)) => Standing::InForce { path, lock },
        Ok(None) if record.knows_lock(&path) => unusable(LockError::Missing { path }),
        Ok(None) if required => unusable(LockError::Required { path: Some(path) }),
        Ok(None) => Standing::None,
        Err(error) => unusable(error),
    }
}
