//! A planner in a process of its own, started anew when it ended.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use registry_core::slot::{Slot, SlotError, SlotPolicy};
use registry_core::sync::atomic::{AtomicU32, Ordering};
use registry_core::sync::{Mutex, OnceLock};

use super::forked;
use super::launch::{Launch, failed};
use super::process::Process;
use crate::isolate::failure::{Failure, Stage, StartFault, WorkerFault};
use crate::isolate::sandbox::Enforced;
use crate::isolate::wire::Kind;
use crate::load::{ANSWER_SIZE_BYTES_MAX, CallState, Farewell};
use crate::meter;

/// Longest wait for a planner to shut itself down.
const SHUTDOWN_MAX: Duration = Duration::from_secs(2);

/// Most of a call's time that is kept for the way of its answer.
const ANSWER_TIME_MAX: Duration = Duration::from_millis(100);

/// Processes of one worker that may be started anew within [`BUDGET_TIME`].
const BUDGET: usize = 30;

/// Time after which a restart does not count any more.
const BUDGET_TIME: Duration = Duration::from_mins(1);

/// A planner in a process of its own. Dropping it shuts the planner down and ends the process.
#[derive(Debug)]
pub(crate) struct Worker {
    launch: Launch,
    policy: SlotPolicy,
    /// The process of now. One that ended is replaced by an empty slot.
    current: Mutex<Arc<Slot<Arc<Process>, StartFault>>>,
    /// Ends since the last answer.
    ends_in_a_row: AtomicU32,
    restarts: Mutex<Restarts>,
    /// By when it has to end, where that is known.
    farewell: OnceLock<Arc<Farewell>>,
}

#[derive(Debug, Default)]
struct Restarts {
    /// When processes were replaced, on the policy's clock.
    at: VecDeque<Duration>,
    /// When the next one may be started.
    not_before: Duration,
    /// How the last one ended.
    last: Option<WorkerFault>,
}

impl Worker {
    /// A worker whose planner is mapped, made and tested. Later processes are waited for and started
    /// again as `policy` says.
    pub(crate) fn start(
        launch: Launch,
        policy: SlotPolicy,
        state: &CallState<'_>,
    ) -> Result<Self, StartFault> {
        let process = started(&launch, state)?;
        let slot = Slot::new();
        let filled = slot.get_or_build(&policy, || Ok(process)).is_ok();
        debug_assert!(filled, "an empty slot takes what it is given");
        Ok(Self {
            launch,
            policy,
            current: Mutex::new(Arc::new(slot)),
            ends_in_a_row: AtomicU32::new(0),
            restarts: Mutex::default(),
            farewell: OnceLock::new(),
        })
    }

    /// Passes a request and returns the answer. What has ended since the last call is started anew.
    pub(crate) fn plan(&self, state: &CallState<'_>, request: &[u8]) -> Result<Vec<u8>, Failure> {
        let process = self.process(state)?;
        let left = time_of_planner(state.deadline);
        let message = process
            .call((Kind::Plan, left), request, state.deadline, Some(state))
            .inspect_err(|failure| self.launch.record(&process, failure))?;
        if self.ends_in_a_row.load(Ordering::Relaxed) != 0 {
            // Relaxed: the number only lengthens a wait.
            self.ends_in_a_row.store(0, Ordering::Relaxed);
        }
        match message.kind {
            Kind::Answer => Ok(message.bytes),
            kind => match failed(kind, &message.bytes, ANSWER_SIZE_BYTES_MAX) {
                Some(failure) => Err(Failure::Call(failure)),
                None => {
                    process.kill();
                    let what = "an answer of a kind that no request has";
                    Err(Failure::Worker(WorkerFault::Protocol { what }))
                }
            },
        }
    }

    /// Says by when it has to have ended once it is dropped.
    pub(crate) fn end_by(&self, farewell: &Arc<Farewell>) {
        let _first = self.farewell.set(Arc::clone(farewell));
    }

    /// What the process of now says of its sandbox.
    pub(crate) fn enforced(&self) -> Option<Enforced> {
        self.slot().get()?.enforced().cloned()
    }

    /// The process of now, or a new one. Of two looks the second finds a slot that was empty a moment ago.
    fn process(&self, state: &CallState<'_>) -> Result<Arc<Process>, Failure> {
        if forked::is_forked() {
            let reason = forked::REASON.to_owned();
            return Err(Failure::Worker(WorkerFault::Start { reason }));
        }
        let mut slot = self.slot();
        if let Some(process) = slot.get() {
            if process.is_alive() {
                return Ok(Arc::clone(process));
            }
            slot = self.replace(&slot, process);
        }
        if slot.get().is_none() {
            self.check_rest()?;
        }
        let process = slot.get_or_build(&self.policy, || started(&self.launch, state));
        process.map(Arc::clone).map_err(not_started)
    }

    fn slot(&self) -> Arc<Slot<Arc<Process>, StartFault>> {
        Arc::clone(&self.current.lock())
    }

    /// An empty slot in place of `slot`, whose process has ended or is about to.
    fn replace(
        &self,
        slot: &Arc<Slot<Arc<Process>, StartFault>>,
        process: &Process,
    ) -> Arc<Slot<Arc<Process>, StartFault>> {
        // Two processes of one planner are never at work at once.
        process.end_now();
        if let Some(fault) = process.fault() {
            self.launch.record(process, &Failure::Worker(fault));
        }
        let mut current = self.current.lock();
        if Arc::ptr_eq(&current, slot) {
            *current = Arc::new(Slot::new());
            self.record_end(process);
        }
        Arc::clone(&current)
    }

    fn record_end(&self, process: &Process) {
        meter::restarted(self.launch.verified.name());
        // Relaxed: the number only lengthens a wait.
        let ends = self.ends_in_a_row.fetch_add(1, Ordering::Relaxed) + 1;
        let now = self.policy.clock.now();
        let mut restarts = self.restarts.lock();
        restarts.last = process.fault();
        if let Some(fault) = &restarts.last {
            // It may have ended when nobody called it, and then no call tells of it.
            let planner = self.launch.verified.name().as_str();
            tracing::info!(planner, %fault, "a worker has ended and is replaced");
        }
        while restarts
            .at
            .front()
            .is_some_and(|at| now.saturating_sub(*at) >= BUDGET_TIME)
        {
            restarts.at.pop_front();
        }
        restarts.at.push_back(now);
        // The first one is replaced at once.
        let wait = match ends {
            0 | 1 => Duration::ZERO,
            ends => self.policy.backoff.delay(ends - 1, 0),
        };
        let spent = restarts.at.len() > BUDGET;
        let budget = restarts.at.front().filter(|_| spent);
        let budget = budget.map_or(Duration::ZERO, |oldest| *oldest + BUDGET_TIME);
        restarts.not_before = (now + wait).max(budget);
    }

    /// Whether a process may be started now.
    fn check_rest(&self) -> Result<(), Failure> {
        let restarts = self.restarts.lock();
        let retry_after = restarts.not_before.saturating_sub(self.policy.clock.now());
        if retry_after.is_zero() {
            return Ok(());
        }
        let fault = restarts.last.clone().ok_or(Failure::Bug)?;
        Err(Failure::NotStarted {
            cause: Arc::new(StartFault::At(Stage::Serve, Failure::Worker(fault))),
            failures: self.ends_in_a_row.load(Ordering::Relaxed),
            retry_after,
        })
    }
}

impl Worker {
    /// Whether the planner was told and came to its end.
    fn ask_to_shut_down(&self, process: &Process) -> bool {
        let farewell = self.farewell.get();
        let bound = farewell.map_or(SHUTDOWN_MAX, |farewell| farewell.at_most(SHUTDOWN_MAX));
        let until = Instant::now() + bound;
        let planner = self.launch.verified.name().as_str();
        process.record.note_dismissed();
        match process.call((Kind::Shutdown, 0), &[], Some(until), None) {
            Ok(message) => message.kind == Kind::Answer,
            // It ends by itself once it has answered, perhaps before the answer is looked at.
            Err(_)
                if process
                    .end()
                    .is_some_and(|end| end.exit_code == Some(0) || end.is_untold()) =>
            {
                true
            }
            Err(failure) => {
                self.launch.record(process, &failure);
                tracing::warn!(planner, ?failure, "a worker failed while it was shut down");
                false
            }
        }
    }
}

/// A process that is ready to answer. Its end is recorded from now on although nobody may call it again.
fn started(launch: &Launch, state: &CallState<'_>) -> Result<Arc<Process>, StartFault> {
    let process = launch.start(state)?;
    process.record.keep_in(&launch.ends);
    if let Some(crash) = process.end() {
        process.record.make(crash);
    }
    Ok(process)
}

/// What a planner is told of the time left, in nanoseconds: a little less than its caller waits, so that
/// one that keeps to its deadline can still say in its own words that it was reached.
fn time_of_planner(deadline: Option<Instant>) -> u64 {
    let Some(deadline) = deadline else {
        return u64::MAX;
    };
    let left = deadline.saturating_duration_since(Instant::now());
    let left = left.saturating_sub((left / 10).min(ANSWER_TIME_MAX));
    u64::try_from(left.as_nanos()).unwrap_or(u64::MAX - 1)
}

fn not_started(error: SlotError<StartFault>) -> Failure {
    match error {
        SlotError::Failed {
            error: cause,
            failures,
            retry_after,
        } => Failure::NotStarted {
            cause,
            failures,
            retry_after,
        },
        SlotError::TimedOut { waited } => Failure::StartTimedOut { waited },
        _ => Failure::Bug,
    }
}

/// The planner is told that no further call comes, and the process ended whatever it answers.
impl Drop for Worker {
    fn drop(&mut self) {
        if forked::is_forked() {
            return;
        }
        let slot = self.slot();
        let Some(process) = slot.get() else {
            return;
        };
        let farewell = self.farewell.get();
        if process.is_alive() && !self.ask_to_shut_down(process) {
            farewell.inspect(|farewell| farewell.note_killed());
        }
        if !process.end_now() {
            farewell.inspect(|farewell| farewell.note_left());
        }
        if process.record.is_made() {
            // Nobody may be left who saves it later.
            self.launch.ends.save();
        }
    }
}
