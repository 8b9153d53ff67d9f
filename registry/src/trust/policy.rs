//! What the operator allows.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::Signatures;
use super::signature::KeyId;
use crate::config::Config;
use crate::discovery::Bounds;
use crate::name::PlannerName;

/// What the operator allows.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// Names that may run.
    pub(crate) allowed: BTreeSet<PlannerName>,
    /// Names that may not, whatever `allowed` says.
    pub(crate) blocked: BTreeSet<PlannerName>,
    /// Largest library that may run.
    pub(crate) size_bytes_max: u64,
    /// What is wanted of signatures.
    pub(crate) signatures: Signatures,
    /// Keys that count no longer, although they are trusted by their file.
    pub(crate) revoked_keys: BTreeSet<KeyId>,
    /// The system's clock, or a test's.
    pub(crate) clock: fn() -> SystemTime,
}

impl Policy {
    /// What `config` allows.
    pub(crate) fn of(config: &Config, signatures: Signatures) -> Self {
        let trust = config.trust();
        Self {
            allowed: trust.allowed.iter().cloned().collect(),
            blocked: trust.blocked.iter().cloned().collect(),
            size_bytes_max: Bounds::default().file_bytes_max,
            signatures,
            revoked_keys: BTreeSet::new(),
            clock: SystemTime::now,
        }
    }

    /// The time by which keys are judged.
    pub(crate) fn now(&self) -> SystemTime {
        (self.clock)()
    }
}
