//! What the operator allows.

use std::collections::BTreeSet;

use crate::config::Config;
use crate::discovery::Bounds;
use crate::name::PlannerName;

/// What the operator allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Names that may run.
    pub(crate) allowed: BTreeSet<PlannerName>,
    /// Names that may not, whatever `allowed` says.
    pub(crate) blocked: BTreeSet<PlannerName>,
    /// Largest library that may run.
    pub(crate) size_bytes_max: u64,
}

impl Policy {
    /// What `config` allows.
    pub(crate) fn of(config: &Config) -> Self {
        let trust = config.trust();
        Self {
            allowed: trust.allowed.iter().cloned().collect(),
            blocked: trust.blocked.iter().cloned().collect(),
            size_bytes_max: Bounds::default().file_bytes_max,
        }
    }
}
