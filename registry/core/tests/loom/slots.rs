//! One construction, one result, one error, whatever the constructor does.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use loom::thread;
use registry_core::backoff::Backoff;
use registry_core::clock::ManualClock;
use registry_core::slot::{Slot, SlotError, SlotPolicy};

use crate::check::{Counter, Outcomes, check};

const SECOND: Duration = Duration::from_secs(1);

type TestSlot = Slot<usize, usize>;

fn policy(backoff: Backoff) -> (SlotPolicy, ManualClock) {
    let hand = ManualClock::new();
    let policy = SlotPolicy {
        clock: hand.clock(),
        wait_max: SECOND,
        backoff,
    };
    (policy, hand)
}

/// Lets `callers` threads ask one slot at once, and gives their answers in order.
fn ask_at_once<R: 'static>(
    callers: usize,
    ask: impl Fn(usize) -> R + Send + Sync + 'static,
) -> Vec<R> {
    let ask = Arc::new(ask);
    let others: Vec<_> = (1..callers)
        .map(|caller| {
            let ask = Arc::clone(&ask);
            thread::spawn(move || ask(caller))
        })
        .collect();
    let mut answers = vec![ask(0)];
    answers.extend(others.into_iter().map(|other| other.join().unwrap()));
    answers
}

fn build_once(callers: usize, reached: &Arc<Outcomes>) {
    let slot = Arc::new(TestSlot::new());
    let builds = Counter::default();
    let (policy, _hand) = policy(Backoff::NONE);
    let asked = Arc::clone(&slot);
    let (built, reached) = (builds.clone(), Arc::clone(reached));
    let answers = ask_at_once(callers, move |caller| {
        let early = asked.get().is_none();
        let mut mine = false;
        let value = asked.get_or_build(&policy, || {
            mine = true;
            built.add();
            Ok(caller)
        });
        reached.reach(match (mine, early) {
            (true, _) => "built it",
            (false, true) => "came early and got what another built",
            (false, false) => "found it ready",
        });
        std::ptr::from_ref(value.unwrap()).addr()
    });
    assert_eq!(builds.get(), 1, "constructions");
    let one = std::ptr::from_ref(slot.get().unwrap()).addr();
    assert_eq!(answers, vec![one; callers], "all callers get one instance");
}

const BUILD_ONCE: [&str; 3] = [
    "built it",
    "came early and got what another built",
    "found it ready",
];

#[test]
fn two_callers_build_once() {
    check(&BUILD_ONCE, |reached| build_once(2, reached));
}

#[test]
fn three_callers_build_once() {
    check(&BUILD_ONCE, |reached| build_once(3, reached));
}

/// Two callers of a failing constructor: attempts made, and whether both hold one error.
fn fail_twice(backoff: Backoff) -> (usize, bool) {
    let slot = TestSlot::new();
    let attempts = Counter::default();
    let (policy, _hand) = policy(backoff);
    let attempted = attempts.clone();
    let errors = ask_at_once(2, move |_| {
        match slot.get_or_build(&policy, || Err(attempted.add())) {
            Err(SlotError::Failed { error, .. }) => error,
            other => panic!("expected a failure, got {other:?}"),
        }
    });
    (attempts.get(), Arc::ptr_eq(&errors[0], &errors[1]))
}

#[test]
fn callers_that_wait_get_the_error_of_the_attempt_they_waited_for() {
    check(
        &["shared one error", "tried one after the other"],
        |reached| {
            reached.reach(match fail_twice(Backoff::NONE) {
                (1, true) => "shared one error",
                (2, false) => "tried one after the other",
                odd => panic!("attempts and sameness of errors: {odd:?}"),
            });
        },
    );
}

#[test]
fn within_the_backoff_there_is_one_attempt_and_one_error() {
    check(&["one attempt"], |reached| {
        let outcome = fail_twice(Backoff::new(SECOND, SECOND));
        assert_eq!(outcome, (1, true), "attempts and sameness of errors");
        reached.reach("one attempt");
    });
}

#[test]
fn a_panic_in_the_constructor_leaves_the_slot_to_the_other_caller() {
    check(&["panicked first", "came second and found it"], |reached| {
        let slot = TestSlot::new();
        let (policy, _hand) = policy(Backoff::NONE);
        let reached = Arc::clone(reached);
        let answers = ask_at_once(2, move |caller| {
            if caller == 0 {
                return slot.get_or_build(&policy, || Ok(7)).ok().copied();
            }
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                // Unlike a panic this prints nothing, and unwinds all the same.
                let build = || resume_unwind(Box::new("in the constructor"));
                slot.get_or_build(&policy, build).ok().copied()
            }));
            reached.reach(match outcome {
                Ok(_) => "came second and found it",
                Err(_) => "panicked first",
            });
            outcome.unwrap_or(Some(7))
        });
        assert_eq!(answers, [Some(7), Some(7)]);
    });
}

#[test]
fn after_a_failure_and_its_backoff_one_caller_tries_again() {
    check(&["first retried", "second retried"], |reached| {
        let slot = TestSlot::new();
        let (policy, hand) = policy(Backoff::new(SECOND, SECOND));
        slot.get_or_build(&policy, || Err(0)).unwrap_err();
        hand.advance(SECOND);
        let attempts = Counter::default();
        let attempted = attempts.clone();
        let answers = ask_at_once(2, move |caller| {
            let build = || {
                attempted.add();
                Ok(caller)
            };
            slot.get_or_build(&policy, build).ok().copied()
        });
        assert_eq!(attempts.get(), 1, "attempts after the backoff");
        reached.reach(match answers[..] {
            [Some(0), Some(0)] => "first retried",
            [Some(1), Some(1)] => "second retried",
            _ => panic!("answers {answers:?}"),
        });
    });
}

#[test]
fn a_constructor_that_asks_for_its_own_result_gets_an_error() {
    check(
        &["refused inside", "found what the other built"],
        |reached| {
            let slot = TestSlot::new();
            let (policy, _hand) = policy(Backoff::NONE);
            let reached = Arc::clone(reached);
            let answers = ask_at_once(2, move |caller| {
                let mut outcome = "found what the other built";
                let build = || {
                    if caller == 1 {
                        let inner = slot.get_or_build(&policy, || Ok(9));
                        assert_eq!(inner.unwrap_err().code(), "E_REENTERED");
                        outcome = "refused inside";
                    }
                    Ok(7)
                };
                let answer = slot.get_or_build(&policy, build).ok().copied();
                if caller == 1 {
                    reached.reach(outcome);
                }
                answer
            });
            assert_eq!(answers, [Some(7), Some(7)]);
        },
    );
}
