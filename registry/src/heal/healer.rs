//! Whether there is a heal, and who runs it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use registry_core::clock::Clock;
use registry_core::sync::{Condvar, Mutex, MutexGuard, thread_ordinal};

use super::error::HealError;
use super::pause::Pause;
use super::report::{HealOutcome, HealReport};
use super::treatment::Treatment;
use crate::event::{Call, Event, EventKind};
use crate::meter;
use crate::planner::{CancelToken, Roster};

/// Shortest time between the end of a heal and the next one.
const COOLDOWN: Duration = Duration::from_secs(5);

/// Attempts of one heal that may block.
const ATTEMPTS_MAX: u32 = 3;

/// The pause after the first attempt; it doubles with each further one.
const PAUSE_FIRST: Duration = Duration::from_millis(200);

/// Longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Longest time that another thread's heal is awaited.
const JOIN_WAIT_MAX: Duration = Duration::from_mins(2);

/// How often who waits looks whether he is given up.
const JOIN_STEP: Duration = Duration::from_millis(20);

/// Sees to it that one heal runs at a time, and not too often.
#[derive(Debug)]
pub(crate) struct Healer {
    clock: Clock,
    pause: Pause,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The thread that heals now.
    thread: Option<usize>,
    /// How many wait for it.
    waiting: usize,
    /// How many heals have ended.
    heals: u64,
    latest: Option<Latest>,
}

#[derive(Debug)]
struct Latest {
    /// When it ended.
    at: Duration,
    report: Arc<HealReport>,
}

/// The right to heal. However it is let go of, the next one may.
struct Turn<'a>(&'a Healer);

enum Role<'a> {
    Heals(Turn<'a>),
    Gets(Arc<HealReport>),
}

impl Healer {
    /// A healer that has not healed yet.
    pub(crate) fn new() -> Self {
        Self::with(Clock::monotonic(), Pause::Sleep)
    }

    pub(super) fn with(clock: Clock, pause: Pause) -> Self {
        Self {
            clock,
            pause,
            state: Mutex::new(State::default()),
            ended: Condvar::new(),
        }
    }

    /// Heals `roster`, unless a planner is active or the latest heal was a short time ago. Joins a heal
    /// that is under way. `cancel` gives it up between two steps.
    pub(crate) fn heal(
        &self,
        roster: &Roster,
        cancel: &CancelToken,
    ) -> Result<Arc<HealReport>, HealError> {
        if roster.is_closed() {
            return Err(HealError::ShuttingDown);
        }
        // Why the folders could not be read is told by the attempts.
        let _ = roster.ensure_discovered();
        let active = roster.active();
        if active > 0 {
            let report = HealReport::idle(HealOutcome::NotNeeded, active);
            return Ok(Arc::new(report));
        }
        let is_given_up = || cancel.is_cancelled() || roster.is_closed();
        match self.take_turn(&is_given_up)? {
            Role::Gets(report) => Ok(report),
            Role::Heals(turn) => {
                let _call = Call::begin();
                let report = Arc::new(self.treat(roster, &is_given_up));
                record(roster, &report);
                turn.end(&report, self.clock.now());
                Ok(report)
            }
        }
    }

    fn treat(&self, roster: &Roster, is_given_up: &dyn Fn() -> bool) -> HealReport {
        let attempts_max = if roster.config().heal().blocking {
            ATTEMPTS_MAX
        } else {
            1
        };
        let mut treatment = Treatment::of(roster, is_given_up);
        for attempt in 0..attempts_max {
            if attempt > 0 {
                self.pause.pause(pause_after(attempt), is_given_up);
            }
            if is_given_up() || treatment.attempt() {
                break;
            }
        }
        treatment.report()
    }

    /// Waits while another thread heals; then there is its report, or the turn.
    fn take_turn(&self, is_given_up: &dyn Fn() -> bool) -> Result<Role<'_>, HealError> {
        let begun = Instant::now();
        let me = thread_ordinal();
        let mut state = self.state.lock();
        let heals = state.heals;
        loop {
            let done = state.latest.as_ref().filter(|_| state.heals != heals);
            if let Some(latest) = done {
                return Ok(Role::Gets(Arc::clone(&latest.report)));
            }
            match state.thread {
                None => return Ok(self.begin(state, me)),
                Some(thread) if thread == me => return Err(HealError::Reentered),
                Some(_) if is_given_up() => {
                    let report = HealReport::idle(HealOutcome::Cancelled, 0);
                    return Ok(Role::Gets(Arc::new(report)));
                }
                Some(_) if begun.elapsed() >= JOIN_WAIT_MAX => {
                    let waited = JOIN_WAIT_MAX;
                    return Err(HealError::TimedOut { waited });
                }
                Some(_) => {
                    state.waiting += 1;
                    (state, _) = self.ended.wait_until(state, Instant::now() + JOIN_STEP);
                    state.waiting -= 1;
                }
            }
        }
    }

    /// Takes the turn, unless the latest heal was too short a time ago.
    fn begin(&self, mut state: MutexGuard<'_, State>, thread: usize) -> Role<'_> {
        let now = self.clock.now();
        let since = state
            .latest
            .as_ref()
            .map(|latest| now.saturating_sub(latest.at));
        let left = since.map_or(Duration::ZERO, |since| COOLDOWN.saturating_sub(since));
        if !left.is_zero() {
            let left_ms = left.as_micros().div_ceil(1000);
            return Role::Gets(Arc::new(HealReport {
                cooldown_ms: Some(u64::try_from(left_ms).unwrap_or(u64::MAX)),
                ..HealReport::idle(HealOutcome::CoolingDown, 0)
            }));
        }
        state.thread = Some(thread);
        Role::Heals(Turn(self))
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.state.lock().waiting
    }

    #[cfg(test)]
    pub(super) fn heals(&self) -> u64 {
        self.state.lock().heals
    }
}

impl Turn<'_> {
    /// Leaves `report` to those who wait for it.
    fn end(self, report: &Arc<HealReport>, at: Duration) {
        let mut state = self.0.state.lock();
        state.heals += 1;
        let previous = state.latest.replace(Latest {
            at,
            report: Arc::clone(report),
        });
        drop(state);
        drop(previous);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state.lock().thread = None;
        self.0.ended.notify_all();
    }
}

fn record(roster: &Roster, report: &HealReport) {
    meter::healed(match report.outcome {
        HealOutcome::Healed => "healed",
        HealOutcome::Cancelled => "cancelled",
        _ => "not_healed",
    });
    let (attempts, active) = (report.attempts, report.active_after);
    let outcome = report.outcome.label();
    let detail = format_args!("{outcome}: attempts {attempts}, active planners {active}");
    roster
        .journal()
        .record(Event::now(EventKind::Healed).detail(detail));
    roster.journal().save();
}

/// The pause before attempt number `attempt`, counted from 0.
fn pause_after(attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    PAUSE_FIRST.saturating_mul(1 << doublings).min(PAUSE_MAX)
}
