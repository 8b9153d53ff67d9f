//! An instance is shut down once, after its calls, whoever asks and whenever.

use std::sync::Arc;
use std::time::Duration;

use loom::thread;
use registry_core::backoff::Backoff;
use registry_core::clock::ManualClock;
use registry_core::instance::{Drained, InsideCall, Instance, Retired};
use registry_core::resident::Resident;
use registry_core::slot::SlotPolicy;

use crate::check::{Counter, check};

/// Under the checker, any bound but zero means: until it is done.
const PATIENT: Duration = Duration::from_secs(1);

/// Counts its shutdowns.
pub(crate) struct Plugin(Counter);

impl Plugin {
    pub(crate) fn new(shutdowns: &Counter) -> Self {
        Self(shutdowns.clone())
    }

    /// What a call does: it takes a moment, and its plugin must be there all along.
    pub(crate) fn answer(&self) {
        assert_eq!(self.0.get(), 0, "called after its shutdown");
        thread::yield_now();
        assert_eq!(self.0.get(), 0, "shut down during a call");
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        self.0.add();
    }
}

pub(crate) fn policy() -> SlotPolicy {
    SlotPolicy {
        clock: ManualClock::new().clock(),
        wait_max: PATIENT,
        backoff: Backoff::NONE,
    }
}

#[test]
fn a_drain_waits_for_the_call_and_shuts_down_once() {
    check(&["answered", "turned away"], |reached| {
        let shutdowns = Counter::default();
        let instance = Arc::new(Instance::new(Plugin::new(&shutdowns)));
        let (shared, reached) = (Arc::clone(&instance), Arc::clone(reached));
        let caller = thread::spawn(move || {
            reached.reach(match shared.call(Plugin::answer) {
                Ok(()) => "answered",
                Err(Retired) => "turned away",
            });
        });
        assert_eq!(instance.drain(PATIENT), Ok(Drained::ShutDown));
        assert_eq!(shutdowns.get(), 1);
        caller.join().unwrap();
        assert_eq!(shutdowns.get(), 1);
    });
}

#[test]
fn a_drain_without_patience_leaks_what_is_being_called_and_a_later_one_gets_it() {
    check(&["drained at once", "leaked, drained later"], |reached| {
        let shutdowns = Counter::default();
        let instance = Arc::new(Instance::new(Plugin::new(&shutdowns)));
        let shared = Arc::clone(&instance);
        let caller = thread::spawn(move || shared.call(Plugin::answer).is_ok());
        let first = instance.drain(Duration::ZERO).unwrap();
        caller.join().unwrap();
        let second = instance.drain(Duration::ZERO).unwrap();
        reached.reach(match (first, second) {
            (Drained::ShutDown, Drained::Already) => "drained at once",
            (Drained::Leaked, Drained::ShutDown) => "leaked, drained later",
            odd => panic!("{odd:?}"),
        });
        assert_eq!(shutdowns.get(), 1);
    });
}

#[test]
fn of_two_drains_one_shuts_down() {
    check(&["first", "second"], |reached| {
        let shutdowns = Counter::default();
        let instance = Arc::new(Instance::new(Plugin::new(&shutdowns)));
        let shared = Arc::clone(&instance);
        let other = thread::spawn(move || shared.drain(PATIENT).unwrap());
        let mine = instance.drain(PATIENT).unwrap();
        reached.reach(match (mine, other.join().unwrap()) {
            (Drained::ShutDown, Drained::Already) => "first",
            (Drained::Already, Drained::ShutDown) => "second",
            odd => panic!("{odd:?}"),
        });
        assert_eq!(shutdowns.get(), 1);
    });
}

#[test]
fn a_drain_from_inside_a_call_is_refused_while_another_drains() {
    check(&["refused", "turned away"], |reached| {
        let shutdowns = Counter::default();
        let instance = Arc::new(Instance::new(Plugin::new(&shutdowns)));
        let shared = Arc::clone(&instance);
        let caller = thread::spawn(move || shared.call(|_| shared.drain(PATIENT)));
        assert_eq!(instance.drain(PATIENT), Ok(Drained::ShutDown));
        reached.reach(match caller.join().unwrap() {
            Ok(Err(InsideCall)) => "refused",
            Err(Retired) => "turned away",
            Ok(Ok(drained)) => panic!("{drained:?} from inside a call"),
        });
        assert_eq!(shutdowns.get(), 1);
    });
}

#[test]
fn what_is_built_while_it_is_retired_is_shut_down_exactly_once() {
    let outcomes = [
        "built, then retired",
        "retired while building",
        "retired before",
    ];
    check(&outcomes, |reached| {
        let (builds, shutdowns) = (Counter::default(), Counter::default());
        let resident = Arc::new(Resident::<Plugin, ()>::new());
        let built = Arc::clone(&resident);
        let (count, ends) = (builds.clone(), shutdowns.clone());
        let builder = thread::spawn(move || {
            let instance = built.get_or_build(&policy(), || {
                count.add();
                Ok(Plugin::new(&ends))
            });
            instance.map(|_| ()).map_err(|error| error.code())
        });
        let retirement = resident.retire(PATIENT).unwrap();
        let outcome = builder.join().unwrap();
        assert_eq!(shutdowns.get(), builds.get(), "shutdowns and constructions");
        reached.reach(match (outcome, retirement.shut_down, builds.get()) {
            (Ok(()), 1, 1) => "built, then retired",
            (Err("E_RETIRED"), 0, 1) => "retired while building",
            (Err("E_RETIRED"), 0, 0) => "retired before",
            odd => panic!("{odd:?}"),
        });
    });
}
