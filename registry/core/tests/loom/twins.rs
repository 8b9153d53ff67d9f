//! Proof that the models can fail: each deliberate defect must be rejected, for its own reason.
//!
//! A rejection may abort the process, so each runs in a child, which is this very program asked
//! for one model with one fault switched on.
//!
//! A shutdown during a call has no twin, because it does not compile: dropping the instance takes
//! exclusive access to its cell.

use std::process::Command;

/// Runs `model` with `fault` in a child and asserts that it fails saying `reason`.
fn rejected(fault: &str, model: &str, reason: &str) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", model, "--nocapture"])
        .env("REGISTRY_FAULT", fault)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("running 1 test\n"), "no model {model}");
    assert!(!output.status.success(), "{model} accepts {fault}");
    assert!(
        said.contains(reason),
        "{model} rejects {fault}, but:\n{said}"
    );
}

macro_rules! twins {
    ($($name:ident: $fault:literal in $model:literal because $reason:literal;)*) => {$(
        #[test]
        fn $name() {
            rejected($fault, $model, $reason);
        }
    )*};
}

twins! {
    no_second_look: "slot.no_recheck" in "slots::two_callers_build_once" because "BuiltTwice";
    a_gap_between_look_and_claim:
        "slot.lock_gap" in "slots::two_callers_build_once" because "BuiltTwice";
    waiters_not_woken: "slot.no_notify" in "slots::three_callers_build_once" because "deadlock";
    a_place_not_given_back: "slot.no_guard"
        in "slots::a_panic_in_the_constructor_leaves_the_slot_to_the_other_caller"
        because "deadlock";
    an_error_not_shared: "slot.own_error"
        in "slots::callers_that_wait_get_the_error_of_the_attempt_they_waited_for"
        because "outcomes reached and wanted differ";
    no_backoff: "slot.no_backoff"
        in "slots::within_the_backoff_there_is_one_attempt_and_one_error"
        because "attempts and sameness of errors";
    a_retry_by_both: "slot.lock_gap"
        in "slots::after_a_failure_and_its_backoff_one_caller_tries_again"
        because "attempts after the backoff";
    no_owner: "slot.no_owner"
        in "slots::a_constructor_that_asks_for_its_own_result_gets_an_error"
        because "deadlock";
    a_lost_shutdown: "slot.ignore_closed"
        in "instances::what_is_built_while_it_is_retired_is_shut_down_exactly_once"
        because "shutdowns and constructions";
    no_drain: "instance.no_drain"
        in "instances::a_drain_waits_for_the_call_and_shuts_down_once"
        because "Leaked";
    a_drain_inside_a_call: "instance.no_inside_check"
        in "instances::a_drain_from_inside_a_call_is_refused_while_another_drains"
        because "deadlock";
    a_number_before_its_generation: "catalog.number_first"
        in "generations::a_reader_finds_the_old_or_the_new_and_after_the_old_was_retired_the_new"
        because "a generation lacks its planner";
    a_relaxed_publication: "catalog.relaxed_publish"
        in "generations::a_reader_finds_the_old_or_the_new_and_after_the_old_was_retired_the_new"
        because "a generation lacks its planner";
    a_relaxed_word_that_it_is_ready: "catalog.relaxed_ready"
        in "generations::a_header_that_another_thread_found_ready_has_its_instance"
        because "ready without its instance";
    a_relaxed_retirement: "instance.relaxed_retire"
        in "generations::a_reader_finds_the_old_or_the_new_and_after_the_old_was_retired_the_new"
        because "no successor behind a retired instance";
    a_missing_fence: "instance.no_fence"
        in "generations::a_reader_finds_the_old_or_the_new_and_after_the_old_was_retired_the_new"
        because "no successor behind a retired instance";
    a_retirement_before_the_successor: "reload.retire_first"
        in "generations::a_reader_finds_the_old_or_the_new_and_after_the_old_was_retired_the_new"
        because "no successor behind a retired instance";
    publishers_that_overtake: "catalog.no_base_check"
        in "generations::of_two_reloads_from_one_base_one_is_refused"
        because "E_BUG";
    a_turn_given_back_in_silence: "exclusive.no_notify"
        in "bookkeeping::a_turn_is_one_threads_at_a_time_and_whoever_waits_is_woken"
        because "deadlock";
    an_archiving_in_two_steps: "failure_log.archive_gap"
        in "bookkeeping::a_failure_is_live_or_archived_whenever_somebody_looks"
        because "failures in exactly one place";
    a_stale_capacity: "ring.stale_capacity"
        in "bookkeeping::a_push_respects_the_capacity_it_races_with"
        because "samples held with a capacity of one";
    a_torn_copy: "ring.torn_read"
        in "bookkeeping::a_copy_of_the_ring_is_of_one_moment"
        because "a copy of no moment";
    two_trials: "breaker.check_gap"
        in "bookkeeping::a_half_open_breaker_admits_exactly_one"
        because "admitted on trial";
    an_old_outcome_that_counts: "breaker.any_epoch"
        in "bookkeeping::a_call_from_before_the_breaker_opened_does_not_decide_the_trial"
        because "left: Open";
    a_frame_behind_its_count: "mailbox.relaxed_post"
        in "mailboxes::a_frame_is_taken_as_it_was_posted_and_no_wake_up_is_lost"
        because "the frame behind the count";
    a_sleeper_not_looked_for: "mailbox.no_fence"
        in "mailboxes::a_frame_is_taken_as_it_was_posted_and_no_wake_up_is_lost"
        because "deadlock";
    a_sleeper_not_woken: "mailbox.no_wake"
        in "mailboxes::a_frame_is_taken_as_it_was_posted_and_no_wake_up_is_lost"
        because "deadlock";
    a_count_without_its_mark: "mark.relaxed_count"
        in "marks::whoever_knows_of_a_mark_finds_it"
        because "a mark that this thread set";
    a_count_left_to_another: "mark.trusts_others"
        in "marks::whoever_knows_of_a_mark_finds_it"
        because "a mark that this thread set";
    said_twice: "warn_once.check_gap"
        in "bookkeeping::a_warning_is_first_for_one_thread"
        because "said first";
}
