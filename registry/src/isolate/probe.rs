//! The first load of exact bytes, in a child that is ended afterwards.
//!
//! The child is a worker: it maps the library, makes the planner and runs its self-test under the
//! planner's sandbox, within the time of a start. What it found is remembered ([`verdicts`]), and only
//! then is the library mapped into the host. A plugin that failed is told from a child that could not be
//! started, for which the plugin has no part.
//!
//! A crash is tried a second time, in what is left of the time, to tell a flaky plugin from a broken one;
//! neither is mapped. A hang is not tried again.
//!
//! [`verdicts`]: super::verdicts

use std::fs;
use std::time::Instant;

use blake3::Hash;
use registry_core::sync::{Condvar, Mutex};

use super::failure::{Failure, Limit, Stage, StartFault, WorkerFault};
use super::sandbox::{Enforced, Spec};
use super::supervise::{Launch, Program};
use super::verdicts::{ProbeFault, Verdict, Verdicts, now_s};
use crate::load::{CallState, LoadError, host_build, identity};
use crate::state::StateFolder;

/// Raised with every change of what a probe does.
const PROBER: u32 = 1;

/// Probes that run at once.
const PROBES_MAX: usize = 4;

/// Runs probes and remembers what they found.
#[derive(Debug)]
pub(crate) struct Prober {
    verdicts: Verdicts,
    running: Mutex<usize>,
    over: Condvar,
}

/// Why a probe gave no good verdict.
#[derive(Debug)]
pub(crate) enum Unproven {
    /// The plugin failed it.
    Failed(Box<StartFault>, Verdict),
    /// The prober failed. The plugin has no part in that.
    NotProbed(StartFault),
}

/// What a verdict stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProbeKey(Option<String>);

impl ProbeKey {
    /// The bytes with this digest, tried by this build of the host in `program` under `sandbox` with these
    /// variables. Where the host cannot be told from others, nothing is recalled.
    pub(crate) fn new(
        digest: Hash,
        program: &Program,
        sandbox: &Spec,
        variables: &[String],
    ) -> Self {
        let key = || {
            let sandbox = serde_json::to_string(sandbox).ok()?;
            let program = program.identity()?;
            let (host, rights) = (host_build()?, rights()?);
            let all = format!("{host} {program} {rights} {sandbox} {variables:?} {PROBER}");
            Some(format!("{digest}:{}", blake3::hash(all.as_bytes())))
        };
        Self(key())
    }
}

impl Prober {
    /// One that remembers in `state`.
    pub(crate) fn new(state: StateFolder) -> Self {
        Self {
            verdicts: Verdicts::new(state),
            running: Mutex::new(0),
            over: Condvar::new(),
        }
    }

    /// What is known already.
    pub(crate) fn recall(&self, key: &ProbeKey) -> Option<Verdict> {
        self.verdicts.recall(key.0.as_deref()?)
    }

    /// Has what failed be tried anew.
    pub(crate) fn forget_faults(&self) {
        self.verdicts.forget_faults();
    }

    /// Tries what `launch` says, and remembers what is found of the plugin. `tell` puts a failure into
    /// words: its code, and a line.
    pub(crate) fn probe(
        &self,
        key: ProbeKey,
        launch: &mut Launch,
        state: &CallState<'_>,
        tell: impl Fn(&StartFault) -> (&'static str, String),
    ) -> Result<Verdict, Unproven> {
        let begun = Instant::now();
        let until = begun + launch.within;
        let _turn = self.turn(until).ok_or_else(busy)?;
        let tried = Self::attempt(launch, until, state);
        let (outcome, flaky) = match tried {
            Err(fault) if is_crash(&fault) => match Self::attempt(launch, until, state) {
                Ok(enforced) => (Err((fault, Some(enforced))), true),
                Err(_) => (Err((fault, None)), false),
            },
            Err(fault) => (Err((fault, None)), false),
            Ok(enforced) => (Ok(enforced), false),
        };
        let found = |fault, enforced| Verdict {
            at_s: now_s(),
            took_us: u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
            fault,
            enforced,
        };
        let (verdict, fault) = match outcome {
            Ok(enforced) => (found(None, Some(enforced)), None),
            Err((fault, enforced)) => {
                let Some(reached) = blamed(&fault) else {
                    return Err(Unproven::NotProbed(fault));
                };
                let (code, reason) = tell(&fault);
                let mut told = ProbeFault::new(reached, code, reason);
                told.flaky = flaky;
                (found(Some(told), enforced), Some(fault))
            }
        };
        if let Some(key) = key.0 {
            self.verdicts.remember(key, verdict.clone());
        }
        match fault {
            None => Ok(verdict),
            Some(fault) => Err(Unproven::Failed(Box::new(fault), verdict)),
        }
    }

    /// One process, started and ended.
    fn attempt(
        launch: &mut Launch,
        until: Instant,
        state: &CallState<'_>,
    ) -> Result<Enforced, StartFault> {
        launch.within = until.saturating_duration_since(Instant::now());
        launch.try_once(state)
    }

    /// A place among those that probe at once; none if none is free in time.
    fn turn(&self, until: Instant) -> Option<Turn<'_>> {
        let mut running = self.running.lock();
        while *running >= PROBES_MAX {
            let timed_out;
            (running, timed_out) = self.over.wait_until(running, until);
            if timed_out && *running >= PROBES_MAX {
                return None;
            }
        }
        *running += 1;
        Some(Turn(self))
    }
}

/// A place among those that probe at once.
#[derive(Debug)]
struct Turn<'a>(&'a Prober);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.running.lock() -= 1;
        self.0.over.notify_one();
    }
}

fn busy() -> Unproven {
    let reason = "too many probes were under way".to_owned();
    let fault = Failure::Worker(WorkerFault::Start { reason });
    Unproven::NotProbed(StartFault::At(Stage::Spawn, fault))
}

/// The stage in which the plugin failed; none where it has no part in the failure. What is said after the
/// library was reached is the plugin's doing, even where it looks like a worker that cannot work.
fn blamed(fault: &StartFault) -> Option<Stage> {
    match fault {
        StartFault::Load(LoadError::Proc { .. }) => None,
        StartFault::Load(_) => Some(Stage::Map),
        StartFault::At(Stage::Spawn, _) | StartFault::At(_, Failure::Cancelled | Failure::Bug) => {
            None
        }
        StartFault::At(stage, _) => Some(*stage),
    }
}

fn is_crash(fault: &StartFault) -> bool {
    let StartFault::At(_, Failure::Worker(fault_of_worker)) = fault else {
        return false;
    };
    // What works for too long does so again.
    let crashed = !matches!(
        fault_of_worker,
        WorkerFault::Limit {
            limit: Limit::ProcessorTime { .. },
            ..
        }
    );
    crashed && blamed(fault).is_some()
}

impl Program {
    /// What tells its file from others.
    fn identity(&self) -> Option<String> {
        self.image().metadata().ok().map(|image| identity(&image))
    }
}

/// What decides which layers of a sandbox can be had: the kernel, and what this process may do.
fn rights() -> Option<String> {
    const LINES: [&str; 5] = ["Uid:", "CapEff:", "CapBnd:", "NoNewPrivs:", "Seccomp:"];
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let lines = status.lines();
    let rights: Vec<_> = lines
        .filter(|line| LINES.iter().any(|start| line.starts_with(start)))
        .collect();
    let kernel = rustix::system::uname();
    let (release, version) = (kernel.release(), kernel.version());
    Some(format!("{release:?} {version:?} {rights:?}"))
}
