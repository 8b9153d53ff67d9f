//! What can go wrong with a worker.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::crash::{Crash, Limit};
use crate::event::Call;
use crate::load::{CallFailure, LoadError};

/// How far a worker has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// It has not been heard of.
    Spawn,
    /// It maps the library.
    Map,
    /// It makes the planner.
    Construct,
    /// It runs the self-test.
    SelfTest,
    /// It answers calls.
    Serve,
}

impl Stage {
    const ALL: [Self; 5] = [
        Self::Spawn,
        Self::Map,
        Self::Construct,
        Self::SelfTest,
        Self::Serve,
    ];

    /// What the planner was doing, for people.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Spawn => "start of its process",
            Self::Map => "load of its library",
            Self::Construct => "construction",
            Self::SelfTest => "self-test",
            Self::Serve => "work",
        }
    }

    /// The number that stands in shared memory.
    pub(super) fn number(self) -> u32 {
        self as u32
    }

    /// The stage behind a number that a worker wrote.
    pub(super) fn of(number: u64) -> Option<Self> {
        let known = |stage: &Self| u64::from(stage.number()) == number;
        Self::ALL.into_iter().find(known)
    }
}

/// Why a call into a worker gave no answer.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// The planner failed, as it could have in process.
    Call(CallFailure),
    /// The time was up.
    Late,
    /// The caller gave up.
    Cancelled,
    /// The worker failed.
    Worker(WorkerFault),
    /// The worker that should have answered could not be started anew.
    NotStarted {
        /// Why.
        cause: Arc<StartFault>,
        /// Failures in a row.
        failures: u32,
        /// Time until the next attempt may be made.
        retry_after: Duration,
    },
    /// Another thread is still starting it.
    StartTimedOut {
        /// How long this caller waited.
        waited: Duration,
    },
    /// A promise of this crate was broken.
    Bug,
}

impl From<CallFailure> for Failure {
    fn from(failure: CallFailure) -> Self {
        Self::Call(failure)
    }
}

impl Failure {
    /// The same, found by this call.
    pub(super) fn during(mut self, call: u64) -> Self {
        if let Self::Worker(WorkerFault::Crashed(crash) | WorkerFault::Limit { crash, .. }) =
            &mut self
        {
            crash.call = Some(call);
            crash.call_id = Call::current().map(|id| id.to_string());
        }
        self
    }
}

/// Why a worker was not started.
#[derive(Clone, Debug)]
pub(crate) enum StartFault {
    /// The library could not be turned into a module.
    Load(LoadError),
    /// What failed, and in which stage.
    At(Stage, Failure),
}

/// How a worker failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerFault {
    /// It ended without an answer.
    #[error("its worker ended without an answer: {0}")]
    Crashed(Box<Crash>),
    /// It used more than it may, and was ended.
    #[error("its worker used more than {limit} and was ended")]
    Limit {
        /// The limit.
        limit: Limit,
        /// What is known of its end.
        crash: Box<Crash>,
    },
    /// It broke the rules by which a host and a worker talk, and was ended.
    #[error("its worker broke the rules of the exchange and was ended: {what}")]
    Protocol {
        /// The broken rule.
        what: &'static str,
    },
    /// Its sandbox could not be had as demanded. The planner has no part in that.
    #[error("its worker is not sandboxed as demanded: {reason}")]
    Sandbox {
        /// Which layer is missing, and why.
        reason: String,
    },
    /// It could not be started. The planner has no part in that.
    #[error("its worker could not be started: {reason}")]
    Start {
        /// Why.
        reason: String,
    },
}

impl WorkerFault {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Crashed(_) => "E_WORKER_CRASH",
            Self::Limit { .. } => "E_WORKER_LIMIT",
            Self::Protocol { .. } => "E_WORKER_PROTOCOL",
            Self::Sandbox { .. } => "E_WORKER_SANDBOX",
            Self::Start { .. } => "E_WORKER_START",
        }
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Crashed(_) => {
                "Report it to the plugin's author, with what it last wrote to stderr."
            }
            Self::Limit {
                limit: Limit::ProcessorTime { .. },
                ..
            } => "Ask for less in one call, or raise FACTORY_WORKER_CPU_TIME.",
            Self::Limit {
                limit: Limit::Memory { .. },
                ..
            } => "Ask for less in one call, or raise FACTORY_WORKER_MEMORY_MIB.",
            Self::Protocol { .. } => "Take the plugin out of service, and ask its author why.",
            Self::Sandbox { .. } => {
                "See `registry doctor`, or set FACTORY_SANDBOX=best-effort to go on without it."
            }
            Self::Start { .. } => {
                "Check `isolation.worker_program`, the system's limits of processes and memory, and `registry doctor`."
            }
        }
    }
}
