//! Which lock is in force, and whether it is remembered what was accepted before.

use std::path::PathBuf;

use serde::Serialize;

use super::{Problem, json};
use crate::config::Config;
use crate::name::PlannerName;
use crate::trust::{Guard, Standing, lock_place};

/// Which lock is in force, and whether it is remembered what was accepted before.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct LockStatus {
    /// Whether nothing is admitted without a lock.
    pub required: bool,
    /// Where it is, or would be; none if no place is configured.
    #[serde(serialize_with = "json::optional_path")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub path: Option<PathBuf>,
    /// Whether there is one.
    pub state: LockState,
    /// How many planners it knows.
    pub planners: usize,
    /// How many digests it revokes.
    pub revoked_digests: usize,
    /// How many signing keys it revokes.
    pub revoked_keys: usize,
    /// Planners in it that are not in the catalog.
    pub absent: Vec<PlannerName>,
    /// Why it cannot be used.
    pub problem: Option<Problem>,
    /// Why it is not known what was accepted before.
    pub record_problem: Option<Problem>,
    /// Planners of which an older version may be admitted.
    pub downgradable: Vec<PlannerName>,
}

/// Whether there is a lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LockState {
    /// None, and none is asked for.
    #[default]
    None,
    /// It decides which bytes may run.
    InForce,
    /// It cannot be used, so that nothing from a file may run.
    Unusable,
}

impl LockState {
    pub(super) fn of(standing: &Standing) -> Self {
        match standing {
            Standing::None => Self::None,
            Standing::InForce { .. } => Self::InForce,
            Standing::Unusable(_) => Self::Unusable,
        }
    }
}

impl LockStatus {
    /// What `guard` tells; `is_found` says which planners are in the catalog.
    pub(super) fn of(
        config: &Config,
        guard: &Guard,
        is_found: impl Fn(&PlannerName) -> bool,
    ) -> Self {
        let trust = config.trust();
        let record = guard.record_problem();
        let status = Self {
            state: LockState::of(guard.standing()),
            required: trust.require_lock,
            path: lock_place(config),
            record_problem: record
                .map(|error| Problem::new(error.code(), &**error, error.remedy().to_owned())),
            downgradable: trust.allow_downgrade.clone(),
            ..Self::default()
        };
        match guard.standing() {
            Standing::None => status,
            Standing::InForce { lock, .. } => Self {
                planners: lock.planners().len(),
                revoked_digests: lock.revoked_digests().len(),
                revoked_keys: lock.revoked_keys().len(),
                absent: guard
                    .locked()
                    .filter(|name| !is_found(name))
                    .cloned()
                    .collect(),
                ..status
            },
            Standing::Unusable(error) => Self {
                problem: Some(Problem::new(
                    error.code(),
                    &**error,
                    error.remedy().to_owned(),
                )),
                ..status
            },
        }
    }
}
