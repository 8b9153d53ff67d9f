//! The end of a registry, within a bound.
//!
//! ```text
//! closed   nothing begins any more; starts and discoveries under way are given up
//!    │     planners without calls are shut down at once, each on a thread of its own
//!    ▼     calls in flight may end by themselves
//! halted   calls in flight are given up, some time before the bound
//!    ▼     their planners are shut down, workers that do not answer are killed
//! written  what later processes have to know
//! ```
//!
//! An instance is ended by dropping it, here as after a reload and with the registry itself; here it is
//! told beforehand how long it has. What has not ended at the bound is left behind, and named.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use registry_core::instance::InsideCall;
use registry_core::sync::{Condvar, Mutex};

use super::roster::Roster;
use super::shutdown_report::{ShutdownError, ShutdownReport};
use super::supervised::{Planner, Source, Supervision};
use crate::load::Farewell;
use crate::name::PlannerName;
use crate::state::StateError;

/// The longest bound that makes a difference.
const LONGEST: Duration = Duration::from_hours(24);

/// Most of the time that is kept for what comes after the calls, and no more than half of all.
const RESERVE_MAX: Duration = Duration::from_secs(3);

/// Planners that are shut down at once.
const THREADS_MAX: usize = 16;

/// Time to write what is to be remembered, however late it has become.
const WRITE_MIN: Duration = Duration::from_millis(500);

/// Who ends a registry, and how that went.
#[derive(Debug, Default)]
pub(super) struct Ending {
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    NotAsked,
    /// Some thread is at it, and has given up by this moment.
    UnderWay(Instant),
    Done(Arc<ShutdownReport>),
}

/// Until when what is awaited.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    begun: Instant,
    /// Calls in flight, to end by themselves.
    calls: Instant,
    /// Planners, starts and discoveries.
    planners: Instant,
    /// All of it.
    all: Instant,
}

impl Bounds {
    fn of(within: Duration) -> Self {
        let begun = Instant::now();
        let within = within.min(LONGEST);
        let reserve = RESERVE_MAX.min(within / 2);
        Self {
            begun,
            calls: begun + within.saturating_sub(reserve),
            planners: begun + within.saturating_sub(reserve / 4),
            all: begun + within,
        }
    }
}

impl Roster {
    /// Ends everything, by the bound at the latest. Who asks while it is under way, or later, gets the
    /// report of the first.
    pub(crate) fn shut_down(&self, within: Duration) -> Result<Arc<ShutdownReport>, ShutdownError> {
        InsideCall::check().map_err(ShutdownError::inside_call)?;
        let bounds = Bounds::of(within);
        if let Some(report) = self.ending.join(bounds.all + WRITE_MIN) {
            return Ok(report);
        }
        let report = Arc::new(self.end(bounds));
        self.ending.finish(&report);
        Ok(report)
    }

    fn end(&self, bounds: Bounds) -> ShutdownReport {
        let closing = &self.supervision().closing;
        closing.close();
        self.stop_discovering();
        let planners = self.ever_known();
        let calls = under_way(&planners);
        tracing::info!(calls, "shutting down");
        let mut report = ShutdownReport {
            calls,
            ..ShutdownReport::default()
        };
        let endings = Arc::new(Endings::of(&planners, bounds.planners));
        Endings::begin(&endings);
        if !endings.are_over(bounds.calls) {
            report.calls_given_up = under_way(&planners);
            closing.halt();
            endings.are_over(bounds.planners);
        }
        report.starts_left = closing.await_starts(bounds.planners);
        report.discovery_left = !self.has_stopped_discovering(bounds.planners);
        // What a discovery made known in the last moment was not started, but it could have been.
        let late = Arc::new(Endings::of(&self.ever_known(), bounds.planners));
        Endings::begin(&late);
        late.are_over(bounds.planners);
        for endings in [endings, late] {
            endings.tell(&mut report);
        }
        report.calls_left = under_way(&planners);
        self.write(bounds, &mut report);
        report.took = bounds.begun.elapsed();
        told(&report);
        report
    }

    /// Writes what later processes have to know, on a thread of its own: a disk may not answer.
    fn write(&self, bounds: Bounds, report: &mut ShutdownReport) {
        let outcome = Arc::new((
            Mutex::<Option<Result<(), StateError>>>::new(None),
            Condvar::new(),
        ));
        let (supervision, written) = (Arc::clone(self.shared_supervision()), Arc::clone(&outcome));
        let work = move || {
            let result = supervision.write_state();
            *written.0.lock() = Some(result);
            written.1.notify_all();
        };
        let thread = thread::Builder::new().name("registry-state".to_owned());
        if thread.spawn(work).is_err() {
            report.state_problem = self.supervision().write_state().err().map(Arc::new);
            return;
        }
        let until = bounds.all.max(Instant::now() + WRITE_MIN);
        let (result, changed) = &*outcome;
        let mut result = result.lock();
        let mut timed_out = false;
        while result.is_none() && !timed_out {
            (result, timed_out) = changed.wait_until(result, until);
        }
        match result.take() {
            Some(result) => report.state_problem = result.err().map(Arc::new),
            None => report.state_left = true,
        }
    }
}

impl Supervision {
    fn write_state(&self) -> Result<(), StateError> {
        self.ledger.journal.save();
        self.ledger.flush()
    }
}

impl Ending {
    /// The report, if there is one or somebody is making it; otherwise it is for the caller to end all.
    /// Whoever waits here, waits for the first one's bound.
    fn join(&self, all: Instant) -> Option<Arc<ShutdownReport>> {
        let mut state = self.state.lock();
        loop {
            let until = match &*state {
                State::Done(report) => return Some(Arc::clone(report)),
                // Whoever was to end it has not come back: the next one tries.
                State::UnderWay(until) if *until > Instant::now() => *until,
                _ => {
                    *state = State::UnderWay(all + WRITE_MIN);
                    return None;
                }
            };
            (state, _) = self.done.wait_until(state, until);
        }
    }

    fn finish(&self, report: &Arc<ShutdownReport>) {
        *self.state.lock() = State::Done(Arc::clone(report));
        self.done.notify_all();
    }
}

/// Planners that are being ended, by threads of their own: one that never comes back costs its thread, and
/// holds up nobody else.
#[derive(Debug)]
struct Endings {
    until: Instant,
    waiting: Mutex<VecDeque<Arc<Planner>>>,
    /// How each ended; nothing of those that have not.
    outcomes: Mutex<BTreeMap<PlannerName, Vec<Option<End>>>>,
    ended: Condvar,
}

/// How a planner ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// There was nothing to end.
    Absent,
    ShutDown,
    Killed,
    LeftBehind,
}

impl Endings {
    fn of(planners: &[Arc<Planner>], until: Instant) -> Self {
        let (made, others): (Vec<_>, Vec<_>) = planners
            .iter()
            .cloned()
            .partition(|planner| planner.is_made());
        for planner in others {
            // Nothing is waited for: what is being made is dropped by its maker.
            let _nothing = planner.resident().retire(Duration::ZERO);
        }
        let mut outcomes = BTreeMap::<_, Vec<_>>::new();
        for planner in &made {
            outcomes
                .entry(planner.name().clone())
                .or_default()
                .push(None);
        }
        Self {
            until,
            waiting: Mutex::new(made.into()),
            outcomes: Mutex::new(outcomes),
            ended: Condvar::new(),
        }
    }

    /// Ends them on threads of their own; on this one if the system has none to give.
    fn begin(this: &Arc<Self>) {
        let threads = this.waiting.lock().len().min(THREADS_MAX);
        let begun = (0..threads).map_while(|_| {
            let endings = Arc::clone(this);
            let log = tracing::dispatcher::get_default(tracing::Dispatch::clone);
            let work = move || tracing::dispatcher::with_default(&log, || endings.work());
            let thread = thread::Builder::new().name("registry-end".to_owned());
            thread.spawn(work).ok()
        });
        if begun.count() == 0 {
            this.work();
        }
    }

    fn work(&self) {
        loop {
            let Some(planner) = self.waiting.lock().pop_front() else {
                return;
            };
            let end = planner.end(self.until);
            let mut outcomes = self.outcomes.lock();
            let own = outcomes.get_mut(planner.name());
            if let Some(place) = own.and_then(|own| own.iter_mut().find(|end| end.is_none())) {
                *place = Some(end);
            }
            self.ended.notify_all();
        }
    }

    /// Waits until all have ended, at most until `until`; whether they have.
    fn are_over(&self, until: Instant) -> bool {
        let mut outcomes = self.outcomes.lock();
        let mut timed_out = false;
        loop {
            if outcomes.values().flatten().all(Option::is_some) {
                return true;
            }
            if timed_out {
                return false;
            }
            (outcomes, timed_out) = self.ended.wait_until(outcomes, until);
        }
    }

    /// Enters the planners into the report, each under the worst that came of it.
    fn tell(&self, report: &mut ShutdownReport) {
        for (planner, ends) in &*self.outcomes.lock() {
            let is = |wanted: End| ends.contains(&Some(wanted));
            let list = if ends.contains(&None) || is(End::LeftBehind) {
                &mut report.left_behind
            } else if is(End::Killed) {
                &mut report.killed
            } else if is(End::ShutDown) {
                &mut report.shut_down
            } else {
                continue;
            };
            if let Err(place) = list.binary_search(planner) {
                list.insert(place, planner.clone());
            }
        }
    }
}

impl Planner {
    /// Whether there is something to end.
    fn is_made(&self) -> bool {
        self.is_started() || matches!(self.source, Source::Builtin(_))
    }

    /// Turns calls away, awaits those in flight and shuts the planner down, all of it until `until`.
    fn end(&self, until: Instant) -> End {
        let farewell = Arc::new(Farewell::by(until));
        if let Some(instance) = self.resident.get() {
            // One that was retired before is given the time that it always has.
            let _retired = instance.call(|started| started.end_by(&farewell));
        }
        let was_started = self.is_started();
        let left = || until.saturating_duration_since(Instant::now());
        let retired = self.resident.retire(left());
        let is_leaked = retired.is_ok_and(|retired| retired.leaked > 0);
        if let Source::Builtin(instance) = &self.source
            && !is_leaked
        {
            let _ended = instance.drain(left());
        }
        if is_leaked || farewell.is_left() {
            End::LeftBehind
        } else if farewell.was_killed() {
            End::Killed
        } else if was_started && retired.is_ok_and(|retired| retired.shut_down > 0) {
            End::ShutDown
        } else {
            End::Absent
        }
    }
}

/// Calls in flight. Planners of one name share their record.
fn under_way(planners: &[Arc<Planner>]) -> usize {
    let records: BTreeMap<_, _> = planners
        .iter()
        .map(|planner| (planner.name(), &planner.record))
        .collect();
    records
        .values()
        .map(|record| record.under_way.count())
        .sum()
}

fn told(report: &ShutdownReport) {
    let (shut_down, killed) = (report.shut_down.len(), report.killed.len());
    let (left_behind, calls_given_up) = (report.left_behind.len(), report.calls_given_up);
    let duration_us = u64::try_from(report.took.as_micros()).unwrap_or(u64::MAX);
    if report.is_complete() {
        tracing::info!(
            shut_down,
            killed,
            left_behind,
            calls_given_up,
            duration_us,
            "shut down"
        );
    } else {
        tracing::warn!(
            shut_down,
            killed,
            left_behind,
            calls_given_up,
            duration_us,
            "shut down, and not all came to an end"
        );
    }
}
