//! What the operator allows.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use super::{Guards, Relaxed, Signatures};
use crate::config::{self, BytesFrom, Config, SandboxMode};
use crate::name::PlannerName;

/// What the operator allows.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// Names that may run.
    pub(crate) allowed: BTreeSet<PlannerName>,
    /// Names that may not, whatever `allowed` says.
    pub(crate) blocked: BTreeSet<PlannerName>,
    /// Planners whose end would not be the host's.
    pub(crate) contained: Contained,
    /// Largest library that may run.
    pub(crate) size_bytes_max: u64,
    /// The lock, and what was accepted before.
    pub(crate) guards: Arc<Guards>,
    /// What is wanted of signatures.
    pub(crate) signatures: Signatures,
    /// The system's clock, or a test's.
    pub(crate) clock: fn() -> SystemTime,
    /// Which rules on owners and modes do not hold.
    pub(crate) relaxed: Relaxed,
    /// What libraries are mapped from.
    pub(crate) bytes: BytesFrom,
    /// Whether nothing is loaded with variables that change what loading means.
    pub(crate) refuse_loader_variables: bool,
}

/// Which planners run in a process of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contained {
    by_default: bool,
    otherwise: BTreeSet<PlannerName>,
}

impl Contained {
    fn of(config: &Config) -> Self {
        let is_worker = |policy| policy == config::Policy::Worker;
        let by_default = is_worker(config.isolation().policy);
        let names = config.planners().keys();
        let otherwise = names.filter(|name| is_worker(config.policy(name)) != by_default);
        Self {
            by_default,
            otherwise: otherwise.cloned().collect(),
        }
    }

    /// Whether `name` runs in a process of its own.
    pub(crate) fn contains(&self, name: &PlannerName) -> bool {
        self.by_default != self.otherwise.contains(name)
    }
}

impl Policy {
    /// What `config` allows.
    pub(crate) fn of(config: &Config, signatures: Signatures) -> Self {
        let trust = config.trust();
        Self {
            allowed: trust.allowed.iter().cloned().collect(),
            blocked: trust.blocked.iter().cloned().collect(),
            contained: Contained::of(config),
            size_bytes_max: config.file_bytes_max(),
            guards: Arc::new(Guards::of(config)),
            signatures,
            clock: SystemTime::now,
            relaxed: Relaxed::of(trust),
            bytes: trust.bytes,
            refuse_loader_variables: trust.refuse_loader_variables
                || config.isolation().sandbox == SandboxMode::Strict,
        }
    }

    /// The same, but that the lock need not know a digest.
    pub(crate) fn without_digest_gate(&self) -> Self {
        Self {
            guards: Arc::new(self.guards.without_digest_gate()),
            ..self.clone()
        }
    }

    /// Remembers what time it is where keys are judged by it: one whose time is over stays refused when the
    /// clock is set back, be it that nothing was accepted since.
    pub(crate) fn note_time(&self) {
        if self.signatures.keys.is_some() {
            self.guards.note_time((self.clock)());
        }
    }

    /// The time by which keys are judged: the clock's, unless a later one was seen.
    pub(crate) fn now(&self) -> SystemTime {
        self.guards.current().time((self.clock)())
    }
}
