//! What it takes to start a worker, again and again.

use std::ffi::OsString;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::keeper;
use super::process::{Memory, Process};
use super::program::Program;
use crate::config::Table;
use crate::isolate::ends::Ends;
use crate::isolate::failure::{Failure, Stage, StartFault, WorkerFault};
use crate::isolate::groups::Group;
use crate::isolate::sandbox::{Enforced, Mode, Spec};
use crate::isolate::wire::{Access, Kind, Message, Region, send_hello};
use crate::isolate::worker::{self, StartOrder};
use crate::load::{CallFailure, CallState, FAILURE_SIZE_BYTES_MAX, RelayedError, shown};
use crate::trust::Verified;

/// Longest wait for the thread that starts processes.
const SPAWN_MAX: Duration = Duration::from_secs(5);

/// What it takes to start a worker, again and again.
#[derive(Debug)]
pub(crate) struct Launch {
    /// What it runs.
    pub(crate) program: Arc<Program>,
    /// What it maps.
    pub(crate) verified: Verified,
    /// The operator's settings for the planner.
    pub(crate) settings: Table,
    /// All of its environment.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// What the process takes away from itself before it maps the library.
    pub(crate) sandbox: Spec,
    /// Time to map, construct and self-test.
    pub(crate) within: Duration,
    /// Processor time for one call.
    pub(crate) processor_time: Duration,
    /// Where it is recorded how its processes ended.
    pub(crate) ends: Arc<Ends>,
}

impl Launch {
    /// A worker that is ready to answer. Log lines of the start go to `state`.
    pub(super) fn start(&self, state: &CallState<'_>) -> Result<Arc<Process>, StartFault> {
        let group = self.group();
        let order = self.order(group.as_ref());
        let order = serde_json::to_vec(&order).unwrap_or_default();
        let process = self.spawn(group).map_err(|error| {
            let reason = error.to_string();
            StartFault::At(Stage::Spawn, Failure::Worker(WorkerFault::Start { reason }))
        })?;
        let until = Instant::now() + self.within;
        let ask = |kind: Kind, bytes: &[u8]| {
            process
                .call((kind, 0), bytes, Some(until), Some(state))
                .map_err(|failure| unheard_of(process.stage(), failure))
        };
        let outcome = ask(Kind::Start, &order).and_then(|message| {
            process.record_enforced(sandboxed(&message)?);
            // From here on the worker may be its plugin's, and so may whatever it says.
            started(&ask(Kind::Load, &[])?, process.stage())
        });
        if let Err(fault) = &outcome {
            if let StartFault::At(_, failure) = fault {
                self.record(&process, failure);
            }
            process.end_now();
        }
        outcome.map(|()| process)
    }

    /// Records that `process` ended by itself or for a limit, where that is what `failure` says, or what was
    /// not seen in time.
    pub(super) fn record(&self, process: &Process, failure: &Failure) {
        let unseen = match failure {
            Failure::Worker(_) => None,
            _ => process.fault().map(Failure::Worker),
        };
        if let Failure::Worker(WorkerFault::Crashed(crash) | WorkerFault::Limit { crash, .. }) =
            unseen.as_ref().unwrap_or(failure)
            && process.record.is_due(crash)
        {
            self.ends.record(crash);
        }
    }

    /// Starts a worker and ends it again. What the process was sandboxed by.
    pub(in crate::isolate) fn try_once(
        &self,
        state: &CallState<'_>,
    ) -> Result<Enforced, StartFault> {
        let process = self.start(state)?;
        process.end_now();
        Ok(process.enforced().cloned().unwrap_or_default())
    }

    /// What bounds its memory, unless that is not to be bounded.
    fn group(&self) -> Option<Group> {
        let bounded = self.sandbox.mode != Mode::Off;
        bounded.then(|| Group::new(self.sandbox.limits.data_bytes))?
    }

    fn order(&self, group: Option<&Group>) -> StartOrder {
        let mut sandbox = self.sandbox.clone();
        sandbox.memory_group = group.map(|group| group.folder().to_owned());
        StartOrder {
            planner: self.verified.name().to_string(),
            manifest: serde_json::to_string(self.verified.manifest()).unwrap_or_default(),
            digest: self.verified.digest().to_hex().to_string(),
            settings: self.settings.as_map().clone(),
            sandbox,
            host: std::process::id(),
            within_ns: u64::try_from(self.within.as_nanos()).unwrap_or(u64::MAX),
        }
    }

    fn spawn(&self, group: Option<Group>) -> std::io::Result<Arc<Process>> {
        let (requests, requests_shared) = Region::create(Access::Read)?;
        let (answers, answers_shared) = Region::create(Access::Write)?;
        let (control, theirs) = socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )?;
        // The message waits in the socket until the worker is up.
        send_hello(
            control.as_fd(),
            [
                self.verified.sealed().descriptor(),
                requests_shared.as_fd(),
                answers_shared.as_fd(),
            ],
        )?;
        let memory = Memory {
            requests,
            answers,
            control,
            digest: self.verified.digest(),
            processor_time: self.processor_time,
            bytes_max: self.sandbox.limits.data_bytes,
        };
        keeper::spawn(self.command(theirs), memory, group, SPAWN_MAX)
    }

    /// Nothing is asked for that would make the library fork: that copies the tables of the host's whole
    /// memory.
    fn command(&self, control: OwnedFd) -> Command {
        let mut command = Command::new(self.program.path());
        command
            .arg0(worker::NAME)
            .args([worker::ARGUMENT, self.verified.name().as_str()])
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir("/")
            .stdin(Stdio::from(control))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// What the worker says of its sandbox, before it holds anything of its planner.
fn sandboxed(message: &Message) -> Result<Enforced, StartFault> {
    match message.kind {
        Kind::Answer => {
            serde_json::from_slice(&message.bytes).map_err(|_| misunderstood(Stage::Spawn))
        }
        Kind::NotSandboxed => {
            let reason = shown(&String::from_utf8_lossy(&message.bytes));
            let fault = Failure::Worker(WorkerFault::Sandbox { reason });
            Err(StartFault::At(Stage::Spawn, fault))
        }
        _ => Err(misunderstood(Stage::Spawn)),
    }
}

/// What the worker says of its planner; `reached` is the stage in which it says it.
fn started(message: &Message, reached: Stage) -> Result<(), StartFault> {
    let failure = match message.kind {
        Kind::Answer => return Ok(()),
        Kind::NotLoaded => {
            let error = serde_json::from_slice::<RelayedError>(&message.bytes).ok();
            let error = error.and_then(RelayedError::into_error);
            return Err(match error {
                Some(error) => StartFault::Load(error),
                None => misunderstood(reached),
            });
        }
        kind => failed(kind, &message.bytes, FAILURE_SIZE_BYTES_MAX),
    };
    let stage = Stage::of(message.extra);
    let stage = stage.filter(|stage| matches!(stage, Stage::Construct | Stage::SelfTest));
    Err(match (failure, stage) {
        (Some(failure), Some(stage)) => StartFault::At(stage, Failure::Call(failure)),
        _ => misunderstood(reached),
    })
}

/// A worker that was not heard of before it failed has not come to its planner: a planner that did not
/// run has not failed.
fn unheard_of(stage: Stage, failure: Failure) -> StartFault {
    let reason = match (stage, &failure) {
        (Stage::Spawn, Failure::Late) => "it was not heard of in time".to_owned(),
        (Stage::Spawn, Failure::Worker(WorkerFault::Crashed(crash))) => {
            format!("it ended before it served: {crash}")
        }
        _ => return StartFault::At(stage, failure),
    };
    StartFault::At(stage, Failure::Worker(WorkerFault::Start { reason }))
}

fn misunderstood(stage: Stage) -> StartFault {
    let what = "an answer to its start that is none";
    StartFault::At(stage, Failure::Worker(WorkerFault::Protocol { what }))
}

/// The failure of the planner that a message tells of, if it is of such a kind.
pub(super) fn failed(kind: Kind, bytes: &[u8], size_bytes_max: usize) -> Option<CallFailure> {
    Some(match kind {
        Kind::Error => CallFailure::error(bytes),
        Kind::Panic => CallFailure::panic(bytes),
        Kind::TooLarge => CallFailure::TooLarge { size_bytes_max },
        Kind::Misbehaved => CallFailure::misbehaved(bytes),
        _ => return None,
    })
}
