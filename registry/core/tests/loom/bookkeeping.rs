//! Turns, failure log, ring, breaker and warn-once under threads.

use std::sync::Arc;
use std::time::Duration;

use loom::thread;
use registry_core::breaker::{Breaker, BreakerPhase, BreakerPolicy};
use registry_core::clock::ManualClock;
use registry_core::exclusive::Exclusive;
use registry_core::failure_log::{FailureLog, FailureLogLimits};
use registry_core::ring::Ring;
use registry_core::warn_once::WarnOnce;

use crate::check::check;

const COOLDOWN: Duration = Duration::from_mins(1);

#[test]
fn a_turn_is_one_threads_at_a_time_and_whoever_waits_is_woken() {
    check(&["first", "second"], |reached| {
        let turns = Arc::new(Exclusive::new(0));
        let take = |turns: &Exclusive<i32>| {
            let mut turn = turns.take(COOLDOWN).unwrap();
            turn.with(|count| {
                *count += 1;
                *count
            })
            .unwrap()
        };
        let shared = Arc::clone(&turns);
        let other = thread::spawn(move || take(&shared));
        let mine = take(&turns);
        assert_eq!(mine + other.join().unwrap(), 3, "turns taken");
        reached.reach(if mine == 1 { "first" } else { "second" });
    });
}

#[test]
fn a_failure_is_live_or_archived_whenever_somebody_looks() {
    check(&["archived", "live", "archived later"], |reached| {
        let log = Arc::new(FailureLog::new(FailureLogLimits {
            live_max: 4,
            archived_max: 4,
            names_max: 4,
        }));
        log.record("early", ());
        let recording = Arc::clone(&log);
        let recorder = thread::spawn(move || recording.record("late", ()));
        let archiving = Arc::clone(&log);
        let archiver = thread::spawn(move || archiving.archive());
        let seen = log.snapshot();
        let places = (seen.live.len() + seen.archived.len()) as u64;
        assert_eq!(places, seen.recorded, "failures in exactly one place");
        recorder.join().unwrap();
        reached.reach(match (archiver.join().unwrap(), seen.archived.len()) {
            (_, 0) if seen.live.len() == 2 => "live",
            (2, 2) => "archived",
            _ => "archived later",
        });
        let end = log.snapshot();
        assert_eq!((end.live.len() + end.archived.len(), end.dropped), (2, 0));
    });
}

#[test]
fn a_push_respects_the_capacity_it_races_with() {
    check(&["kept the first", "kept the second"], |reached| {
        let ring = Arc::new(Ring::new(2));
        let shared = Arc::clone(&ring);
        let pusher = thread::spawn(move || {
            shared.push(Duration::from_secs(1), 1);
            shared.push(Duration::from_secs(2), 2);
        });
        ring.set_capacity(1);
        let between = ring.snapshot();
        pusher.join().unwrap();
        assert_eq!(ring.held(), 1, "samples held with a capacity of one");
        assert_eq!(ring.snapshot(), [2]);
        match between[..] {
            [1] => reached.reach("kept the first"),
            [2] => reached.reach("kept the second"),
            _ => assert_eq!(between, []),
        }
    });
}

#[test]
fn a_copy_of_the_ring_is_of_one_moment() {
    check(&["nothing", "first", "both"], |reached| {
        let ring = Arc::new(Ring::new(2));
        let shared = Arc::clone(&ring);
        let pusher = thread::spawn(move || {
            shared.push(Duration::from_secs(1), 1);
            let shared = Arc::clone(&shared);
            let after = thread::spawn(move || shared.push(Duration::from_secs(2), 2));
            after.join().unwrap();
        });
        reached.reach(match ring.snapshot()[..] {
            [] => "nothing",
            [1] => "first",
            [1, 2] => "both",
            ref torn => panic!("a copy of no moment: {torn:?}"),
        });
        pusher.join().unwrap();
    });
}

fn open_breaker() -> (Arc<Breaker>, Arc<BreakerPolicy>, ManualClock) {
    let hand = ManualClock::new();
    let policy = BreakerPolicy {
        clock: hand.clock(),
        failures_max: 1,
        cooldown: COOLDOWN,
    };
    (Arc::new(Breaker::new()), Arc::new(policy), hand)
}

#[test]
fn a_half_open_breaker_admits_exactly_one() {
    check(&["first", "second"], |reached| {
        let (breaker, policy, hand) = open_breaker();
        breaker.admit(&policy).unwrap().failed();
        hand.advance(COOLDOWN);
        // An admission forgotten is a trial that lasts.
        let admitted = |breaker: &Breaker, policy: &BreakerPolicy| {
            breaker.admit(policy).map(std::mem::forget).is_ok()
        };
        let (shared, by) = (Arc::clone(&breaker), Arc::clone(&policy));
        let other = thread::spawn(move || admitted(&shared, &by));
        let mine = admitted(&breaker, &policy);
        reached.reach(match (mine, other.join().unwrap()) {
            (true, false) => "first",
            (false, true) => "second",
            odd => panic!("admitted on trial: {odd:?}"),
        });
    });
}

#[test]
fn a_call_from_before_the_breaker_opened_does_not_decide_the_trial() {
    check(&["closed"], |reached| {
        let (breaker, policy, hand) = open_breaker();
        let (shared, by) = (Arc::clone(&breaker), Arc::clone(&policy));
        let (tell_admitted, admitted) = loom::sync::mpsc::channel();
        let (tell_opened, opened) = loom::sync::mpsc::channel();
        let slow = thread::spawn(move || {
            let slow = shared.admit(&by).unwrap();
            tell_admitted.send(()).unwrap();
            opened.recv().unwrap();
            slow.failed();
        });
        admitted.recv().unwrap();
        breaker.admit(&policy).unwrap().failed();
        hand.advance(COOLDOWN);
        tell_opened.send(()).unwrap();
        breaker.admit(&policy).unwrap().succeeded();
        slow.join().unwrap();
        let phase = breaker.phase(&policy);
        assert_eq!(phase, BreakerPhase::Closed { failures: 0 });
        reached.reach("closed");
    });
}

#[test]
fn a_warning_is_first_for_one_thread() {
    check(&["first", "second"], |reached| {
        let once = Arc::new(WarnOnce::new(4));
        let shared = Arc::clone(&once);
        let other = thread::spawn(move || shared.first("key"));
        let mine = once.first("key");
        reached.reach(match (mine, other.join().unwrap()) {
            (true, false) => "first",
            (false, true) => "second",
            odd => panic!("said first: {odd:?}"),
        });
    });
}
