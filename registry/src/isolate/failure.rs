//! What can go wrong with a worker.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::load::{CallFailure, LoadError};
use crate::scrub;

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
                "Check `isolation.worker_program`, and the system's limits of processes and memory."
            }
        }
    }
}

/// What a worker may use no more of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "limit", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Limit {
    /// Processor time for one call, or after it, of all its threads together.
    ProcessorTime {
        /// How much, in milliseconds.
        max_ms: u64,
    },
    /// Memory, where it has a control group that bounds it.
    Memory {
        /// How much.
        bytes_max: u64,
    },
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ProcessorTime { max_ms } => {
                let max = Duration::from_millis(*max_ms);
                write!(f, "{max:?} of processor time for one call")
            }
            Self::Memory { bytes_max } => write!(f, "{} MiB of memory", bytes_max >> 20),
        }
    }
}

/// What is known of a worker's end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Crash {
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The code that it exited with. Exiting is no answer: code 0 is a crash as well.
    pub exit_code: Option<i32>,
    /// The limit for which it was ended.
    pub limit: Option<Limit>,
    /// Where it faulted, as it says itself. A plugin can keep a worker from saying so.
    pub fault: Option<Box<Fault>>,
    /// The digest of its library, `blake3:…`.
    pub digest: String,
    /// The number of the call that found it ended, among those of its process.
    pub call: Option<u64>,
    /// The end of what it wrote to stderr, up to 4 KiB, with secrets and folders masked and escaped.
    pub stderr: String,
}

/// Where a worker faulted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Fault {
    /// The address that could not be reached; without a meaning where the signal was sent.
    pub address: u64,
    /// The address of the instruction.
    pub instruction: u64,
    /// What holds the instruction: `plugin`, `program` or a library's name.
    pub module: Option<String>,
    /// Where in the module, as tools count that read its file.
    pub offset: Option<u64>,
}

/// How the line begins that a worker writes when it faults.
pub(super) const FAULT_MARK: &str = "registry: fault ";

impl Fault {
    /// Takes the line of a fault out of what a worker wrote.
    pub(super) fn taken_from(stderr: &mut String) -> Option<Self> {
        let begin = stderr.rfind(FAULT_MARK)?;
        let end = stderr[begin..].find('\n');
        let end = end.map_or(stderr.len(), |length| begin + length);
        let fault = Self::parse(&stderr[begin + FAULT_MARK.len()..end])?;
        let before = stderr[..begin].trim_end_matches('\n').len();
        stderr.replace_range(before..end, "");
        Some(fault)
    }

    fn parse(line: &str) -> Option<Self> {
        let number = |word: &str| u64::from_str_radix(word.strip_prefix("0x")?, 16).ok();
        let mut words = line.split(' ').skip(1);
        Some(Self {
            address: number(words.next()?)?,
            instruction: number(words.next()?)?,
            module: words.next().map(|word| scrub::escape(word).into_owned()),
            offset: words.next().and_then(number),
        })
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.module, self.offset) {
            (Some(module), Some(offset)) => write!(f, "{module}+{offset:#x}"),
            _ => write!(f, "{:#x}", self.instruction),
        }
    }
}

/// One line; what was written to stderr stands in the field alone.
impl std::fmt::Display for Crash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.signal, self.exit_code) {
            (Some(signal), _) => {
                match signal_name(signal) {
                    Some(name) => write!(f, "signal {signal} ({name})")?,
                    None => write!(f, "signal {signal}")?,
                }
                if let Some(fault) = &self.fault {
                    write!(f, " at {fault}")?;
                }
                match &self.limit {
                    Some(limit) => write!(f, ", for using more than {limit}"),
                    None => Ok(()),
                }
            }
            (None, Some(code)) => write!(f, "exit code {code}"),
            (None, None) => f.write_str("nobody knows how"),
        }
    }
}

fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        libc::SIGHUP => "SIGHUP",
        libc::SIGINT => "SIGINT",
        libc::SIGQUIT => "SIGQUIT",
        libc::SIGILL => "SIGILL",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGUSR1 => "SIGUSR1",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGUSR2 => "SIGUSR2",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGALRM => "SIGALRM",
        libc::SIGTERM => "SIGTERM",
        libc::SIGXCPU => "SIGXCPU",
        libc::SIGXFSZ => "SIGXFSZ",
        libc::SIGSYS => "SIGSYS",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_fault_is_taken_out_of_what_was_written() {
        let mut stderr =
            "said\n\nregistry: fault 11 0x10 0x7f00a139 plugin 0x1139\nby another thread"
                .to_owned();
        let fault = Fault::taken_from(&mut stderr).unwrap();
        assert_eq!(fault.to_string(), "plugin+0x1139");
        assert_eq!((fault.address, fault.instruction), (0x10, 0x7f00_a139));
        assert_eq!(stderr, "said\nby another thread");
        let mut nowhere = "registry: fault 6 0x1 0x2".to_owned();
        let fault = Fault::taken_from(&mut nowhere).unwrap();
        assert_eq!((fault.to_string().as_str(), nowhere.as_str()), ("0x2", ""));
        for forged in ["registry: fault ", "registry: fault 11 ten 0x1", "nothing"] {
            let mut stderr = forged.to_owned();
            assert_eq!(Fault::taken_from(&mut stderr), None);
            assert_eq!(stderr, forged);
        }
    }
}
