use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;

use super::*;
use crate::clock::ManualClock;
use crate::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("no {0}")]
struct No(&'static str);

type TestSlot = Slot<u32, No>;

const SECOND: Duration = Duration::from_secs(1);

fn policy() -> (SlotPolicy, ManualClock) {
    let hand = ManualClock::new();
    let policy = SlotPolicy {
        clock: hand.clock(),
        wait_max: Duration::from_mins(1),
        backoff: Backoff::new(SECOND, SECOND * 4),
    };
    (policy, hand)
}

fn impatient() -> SlotPolicy {
    let (policy, _) = policy();
    SlotPolicy {
        wait_max: Duration::from_millis(1),
        ..policy
    }
}

fn failed(result: Result<&u32, SlotError<No>>) -> (&'static str, u32, Duration) {
    match result {
        Err(SlotError::Failed {
            error,
            failures,
            retry_after,
        }) => (error.0, failures, retry_after),
        other => panic!("expected a failure, got {other:?}"),
    }
}

/// Runs `during` while another thread is inside the slot's constructor, which then ends in `last`.
fn while_building(
    slot: &TestSlot,
    last: impl FnOnce() -> Result<u32, No> + Send,
    during: impl FnOnce(),
) {
    let (entered, wait_entered) = mpsc::channel();
    let (leave, wait_leave) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            let _outcome = catch_unwind(AssertUnwindSafe(|| {
                slot.get_or_build(&policy().0, || {
                    entered.send(()).unwrap();
                    wait_leave.recv().unwrap();
                    last()
                })
                .map(|_| ())
            }));
        });
        wait_entered.recv().unwrap();
        during();
        leave.send(()).unwrap();
    });
}

#[test]
fn many_callers_cause_one_construction_and_get_one_reference() {
    let slot = TestSlot::new();
    let built = AtomicUsize::new(0);
    let (policy, _hand) = policy();
    let addresses: Vec<usize> = thread::scope(|scope| {
        let callers: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| {
                    let value = slot.get_or_build(&policy, || {
                        built.fetch_add(1, Ordering::Relaxed);
                        Ok(7)
                    });
                    std::ptr::from_ref(value.unwrap()).addr()
                })
            })
            .collect();
        callers.into_iter().map(|c| c.join().unwrap()).collect()
    });
    assert_eq!(built.load(Ordering::Relaxed), 1);
    assert_eq!(addresses, vec![addresses[0]; 16]);
    assert_eq!(slot.get(), Some(&7));
    assert!(matches!(slot.phase(&policy), SlotPhase::Ready));
}

#[test]
fn a_failure_is_repeated_until_its_backoff_is_over_and_the_backoff_doubles() {
    let slot = TestSlot::new();
    let (policy, hand) = policy();
    let (text, failures, first) = failed(slot.get_or_build(&policy, || Err(No("memory"))));
    assert_eq!((text, failures), ("memory", 1));
    assert!((SECOND / 2..SECOND).contains(&first), "{first:?}");

    let nanosecond = Duration::from_nanos(1);
    hand.advance(first.saturating_sub(nanosecond));
    let early = failed(slot.get_or_build(&policy, || Ok(1)));
    assert_eq!(early, ("memory", 1, nanosecond));

    hand.advance(nanosecond);
    let (text, failures, second) = failed(slot.get_or_build(&policy, || Err(No("disk"))));
    assert_eq!((text, failures), ("disk", 2));
    assert!((SECOND..SECOND * 2).contains(&second), "{second:?}");

    hand.advance(second);
    assert_eq!(slot.get_or_build(&policy, || Ok(3)).unwrap(), &3);
}

#[test]
fn reset_allows_the_next_attempt_at_once_and_starts_the_backoff_anew() {
    let slot = TestSlot::new();
    let (policy, _hand) = policy();
    assert!(!slot.reset());
    failed(slot.get_or_build(&policy, || Err(No("luck"))));
    assert!(slot.reset());
    assert!(matches!(slot.phase(&policy), SlotPhase::Empty));
    let again = failed(slot.get_or_build(&policy, || Err(No("luck"))));
    assert_eq!((again.0, again.1), ("luck", 1));
}

#[test]
fn a_waiter_gives_up_after_its_bound_while_the_builder_goes_on() {
    let slot = TestSlot::new();
    let policy = impatient();
    while_building(
        &slot,
        || Ok(5),
        || {
            let error = slot.get_or_build(&policy, || Ok(6)).unwrap_err();
            assert_eq!(error.code(), "E_LOAD_TIMEOUT");
            let phase = slot.phase(&policy);
            assert!(matches!(phase, SlotPhase::Building { elapsed } if elapsed.is_zero()));
        },
    );
    assert_eq!(slot.get(), Some(&5));
}

#[test]
fn a_panicking_constructor_leaves_the_slot_as_it_was() {
    let slot = TestSlot::new();
    let (policy, _hand) = policy();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _never = slot.get_or_build(&policy, || panic!("broken plugin"));
    }));
    assert_eq!(
        *panicked.unwrap_err().downcast::<&str>().unwrap(),
        "broken plugin"
    );
    assert!(matches!(slot.phase(&policy), SlotPhase::Empty));
    assert_eq!(slot.get_or_build(&policy, || Ok(9)).unwrap(), &9);
}

#[test]
fn asking_from_inside_the_constructor_is_an_error_and_does_not_disturb_it() {
    let slot = TestSlot::new();
    let (policy, _hand) = policy();
    let value = slot.get_or_build(&policy, || {
        let inner = slot.get_or_build(&policy, || Ok(1)).unwrap_err();
        assert_eq!(inner.code(), "E_REENTERED");
        Ok(2)
    });
    assert_eq!(value.unwrap(), &2);
}

#[test]
fn a_closed_slot_builds_nothing_and_what_was_being_built_is_dropped() {
    let (policy, _hand) = policy();
    let empty = TestSlot::new();
    assert_eq!(empty.close(), None);
    let error = empty.get_or_build(&policy, || Ok(1)).unwrap_err();
    assert_eq!(error.code(), "E_RETIRED");

    let slot = TestSlot::new();
    while_building(&slot, || Ok(5), || assert_eq!(slot.close(), None));
    assert_eq!(slot.get(), None);
    assert!(matches!(slot.phase(&policy), SlotPhase::Closed));

    let ready = TestSlot::new();
    ready.get_or_build(&policy, || Ok(4)).unwrap();
    assert_eq!(ready.close(), Some(&4));
}

#[test]
fn the_error_keeps_its_source_and_its_words() {
    let slot = TestSlot::new();
    let (policy, _hand) = policy();
    let error = slot.get_or_build(&policy, || Err(No("way"))).unwrap_err();
    assert_eq!(error.code(), "E_LOAD_FAILED");
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "no way");
}
