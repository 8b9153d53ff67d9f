//! Meters the processor time of one process of a worker.
//!
//! The clock is read when a call comes to wait, when it is over, and by the keeper in between. A call that
//! is answered before anybody had to sleep for it is not looked at: it costs nothing, and its time
//! counts as time after it.
//!
//! There is no limit by `setrlimit` behind it. That one counts over a whole life, so a healthy worker would
//! die of it; only root could raise it again; and the signal that warns of it can be blocked. What it
//! would help against is a host that does not look, and a host that has ended takes its workers with it.

use std::thread;
use std::time::Duration;

use registry_core::sync::{Mutex, OnceLock};
use rustix::process::Pid;

use super::account::Account;
use super::processor::ProcessorClock;

/// Shortest time between two looks.
const LOOK_MIN: Duration = Duration::from_millis(20);

/// Longest time between two looks: how many processors there are can change.
const LOOK_MAX: Duration = Duration::from_mins(5);

/// The processor time of one process, and how much of it a call may use.
#[derive(Debug)]
pub(super) struct Meter {
    clock: Option<ProcessorClock>,
    max: Duration,
    account: Mutex<Account>,
}

/// What a look at a meter found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// The limit was passed.
    Exceeded,
    /// It cannot be passed before this time is over.
    Within(Duration),
}

/// A call that is charged as long as this lives.
#[derive(Debug)]
pub(super) struct Charge<'a> {
    meter: &'a Meter,
    call: u64,
}

impl Meter {
    /// For the process `pid`, which may use `max` for a call.
    pub(super) fn of(pid: Pid, max: Duration) -> Self {
        Self {
            clock: ProcessorClock::of(pid),
            max,
            account: Mutex::default(),
        }
    }

    /// How much a call may use.
    pub(super) fn max(&self) -> Duration {
        self.max
    }

    /// Charges a call from now on.
    pub(super) fn charge(&self, call: u64) -> Charge<'_> {
        if let Some(used) = self.used() {
            self.account.lock().begin(call, used);
        }
        Charge { meter: self, call }
    }

    /// Looks whether the limit was passed; `calls` have been made so far.
    pub(super) fn look(&self, calls: u64) -> Reading {
        let Some(used) = self.used() else {
            return Reading::Within(LOOK_MAX);
        };
        let charged = self.account.lock().charged(calls, used);
        match self.max.checked_sub(charged) {
            // Nothing uses more than every processor for all of the time.
            Some(left) => Reading::Within((left / processors()).clamp(LOOK_MIN, LOOK_MAX)),
            None => Reading::Exceeded,
        }
    }

    /// What the process used so far. Of one that was reaped meanwhile it does not matter any more.
    fn used(&self) -> Option<Duration> {
        self.clock.and_then(ProcessorClock::read)
    }
}

impl Drop for Charge<'_> {
    fn drop(&mut self) {
        let mut account = self.meter.account.lock();
        // What cannot be read any more was not used.
        account.end(self.call, self.meter.used().unwrap_or_default());
    }
}

fn processors() -> u32 {
    static PROCESSORS: OnceLock<u32> = OnceLock::new();
    *PROCESSORS.get_or_init(|| {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        u32::try_from(processors).unwrap_or(u32::MAX)
    })
}

#[cfg(test)]
mod tests {
    use rustix::process::getpid;

    use super::*;

    #[test]
    fn it_looks_again_before_the_limit_can_be_passed() {
        let meter = Meter::of(getpid(), Duration::from_hours(1));
        let Reading::Within(next) = meter.look(0) else {
            panic!("this process used an hour of processor time");
        };
        assert!(next <= Duration::from_hours(1) / processors());
        assert!(next >= LOOK_MIN);
    }

    #[test]
    fn what_was_used_before_a_call_is_not_charged_and_what_it_uses_is() {
        let meter = Meter::of(getpid(), Duration::from_millis(5));
        let charge = meter.charge(1);
        while meter.look(1) != Reading::Exceeded {}
        drop(charge);
        let _next = meter.charge(2);
        assert!(matches!(meter.look(2), Reading::Within(_)));
    }
}
