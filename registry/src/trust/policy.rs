//! What the operator allows.

use std::collections::BTreeSet;

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
    /// Whether a planner of this name may run at all.
    pub(crate) fn permits(&self, name: &PlannerName) -> bool {
        self.allowed.contains(name) && !self.blocked.contains(name)
    }
}
