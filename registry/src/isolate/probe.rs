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

use std::time::Instant;

use registry_core::sync::{Condvar, Mutex};

use super::failure::{Failure, Stage, StartFault, WorkerFault};
use super::probe_key::ProbeKey;
use super::sandbox::Enforced;
use super::supervise::Launch;
use super::verdicts::{Kept, ProbeFault, Verdict, Verdicts};
use crate::crash::Limit;
use crate::load::CallState;
use crate::state::{StateError, StateFolder, now_s};

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
        self.verdicts.recall(key.as_deref()?)
    }

    /// Whether what other processes left can be used; if not, probes are made anew.
    pub(crate) fn check(&self) -> Result<(), StateError> {
        self.verdicts.check()
    }

    /// What is kept of all that this process and others found.
    pub(crate) fn kept(&self) -> Kept {
        self.verdicts.kept()
    }

    /// Has the bytes behind this key be tried anew.
    pub(crate) fn forget(&self, key: &ProbeKey) {
        if let Some(key) = key.as_deref() {
            self.verdicts.forget(key);
        }
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
        let within = launch.within;
        let _turn = self.turn(Instant::now() + within).ok_or_else(busy)?;
        // All of its time is the plugin's: waiting for others is not held against it.
        let begun = Instant::now();
        let until = begun + within;
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
        if let Some(key) = key.into_inner() {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::load::{CallFailure, LoadError};

    #[test]
    fn so_many_probe_at_once_and_whoever_comes_later_waits_for_one_to_end() {
        let prober = Prober::new(StateFolder::off());
        let mut turns: Vec<_> = std::iter::repeat_with(|| prober.turn(Instant::now()))
            .take(PROBES_MAX)
            .collect();
        assert!(turns.iter().all(Option::is_some));
        assert!(prober.turn(Instant::now()).is_none());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let until = Instant::now() + Duration::from_mins(1);
                prober.turn(until).is_some()
            });
            turns.pop();
            assert!(waiting.join().unwrap());
        });
        assert!(prober.turn(Instant::now()).is_some());
    }

    #[test]
    fn who_came_to_its_library_is_blamed_for_whatever_it_says() {
        let faults = || {
            let reason = String::new();
            [
                Failure::Late,
                Failure::Call(CallFailure::Panic(String::new())),
                Failure::Worker(WorkerFault::Crashed(Box::default())),
                Failure::Worker(WorkerFault::Protocol { what: "" }),
                Failure::Worker(WorkerFault::Start {
                    reason: reason.clone(),
                }),
                Failure::Worker(WorkerFault::Sandbox { reason }),
            ]
        };
        for failure in faults() {
            assert_eq!(blamed(&StartFault::At(Stage::Spawn, failure)), None);
        }
        for stage in [Stage::Map, Stage::Construct, Stage::SelfTest, Stage::Serve] {
            for failure in faults() {
                assert_eq!(blamed(&StartFault::At(stage, failure)), Some(stage));
            }
        }
        for error in [LoadError::NoRoot, LoadError::AlreadyMapped] {
            assert_eq!(blamed(&StartFault::Load(error)), Some(Stage::Map));
        }
    }
}
