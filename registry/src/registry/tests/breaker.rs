//! What opens a breaker, who is let through, and what closes it.

use super::*;

#[test]
fn the_breaker_opens_after_three_failures_and_one_call_after_a_minute_decides() {
    let ground = Ground::new();
    ground.fails();
    let codes = [(); 4].map(|()| ground.plan().unwrap());
    assert_eq!(
        codes,
        [
            "E_PLAN_FAILED",
            "E_PLAN_FAILED",
            "E_PLAN_FAILED",
            "E_BREAKER_OPEN"
        ]
    );
    assert_eq!(
        (ground.calls(), ground.breaker()),
        (3, (BreakerState::Open, 3))
    );
    ground.hand.advance(Duration::from_secs(18));
    let error = ground
        .registry
        .plan(NAME, &PlanRequest::new("x"))
        .unwrap_err();
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "breaker open since 1970-01-01T00:00:00Z after 3 failures in a row; next try in 42 s; \
         last: E_PLAN_FAILED: planner failed: broken"
    );
    assert_eq!(
        error.remedy(),
        format!("Wait for 42 s, or close it now with `registry breaker reset {NAME}`.")
    );
    assert_eq!(ground.status().state, PlannerState::BreakerOpen);
    ground.hand.advance(Duration::from_secs(42));
    assert_eq!(
        ground.status().state,
        PlannerState::Ready,
        "a call may be tried"
    );
    assert_eq!(ground.plan(), Some("E_PLAN_FAILED"));
    assert_eq!(
        (ground.calls(), ground.breaker()),
        (4, (BreakerState::Open, 4))
    );
    ground.hand.advance(RESET);
    ground.does(|_| Ok(()));
    assert_eq!(
        (ground.plan(), ground.breaker()),
        (None, (BreakerState::Closed, 0))
    );
}

#[test]
fn of_eight_threads_exactly_one_is_let_through_on_trial_and_its_outcome_decides() {
    for succeeds in [true, false] {
        let ground = Ground::new();
        ground.fails();
        for _ in 0..3 {
            ground.plan();
        }
        ground.hand.advance(RESET);
        let others_done = Arc::new(std::sync::Barrier::new(8));
        let inside = Arc::clone(&others_done);
        // The trial ends after all others were refused.
        ground.does(move |_| {
            inside.wait();
            if succeeds {
                Ok(())
            } else {
                Err(PlanError::failed("broken"))
            }
        });
        let mut codes: Vec<_> = std::thread::scope(|scope| {
            let threads = [(); 8].map(|()| {
                scope.spawn(|| {
                    let code = ground.plan();
                    if code == Some("E_BREAKER_OPEN") {
                        others_done.wait();
                    }
                    code
                })
            });
            threads.map(|thread| thread.join().unwrap()).into()
        });
        codes.sort_unstable();
        let trial = (!succeeds).then_some("E_PLAN_FAILED");
        let mut expected = vec![Some("E_BREAKER_OPEN"); 7];
        expected.push(trial);
        expected.sort_unstable();
        assert_eq!((codes, ground.calls()), (expected, 4));
        let after = if succeeds {
            (BreakerState::Closed, 0)
        } else {
            (BreakerState::Open, 4)
        };
        assert_eq!(ground.breaker(), after);
    }
}

#[test]
fn a_reset_under_load_closes_it_and_calls_from_before_no_longer_count() {
    let ground = Ground::new();
    ground.fails();
    let begun = Arc::new(std::sync::Barrier::new(9));
    let go = Arc::new(std::sync::Barrier::new(9));
    let (inside, leave) = (Arc::clone(&begun), Arc::clone(&go));
    ground.does(move |_| {
        inside.wait();
        leave.wait();
        Err(PlanError::failed("broken"))
    });
    std::thread::scope(|scope| {
        let threads = [(); 8].map(|()| scope.spawn(|| ground.plan()));
        begun.wait();
        // Nothing was held against it yet, and yet the calls under way belong to the time before.
        assert!(!ground.registry.reset_breaker(NAME).unwrap());
        go.wait();
        let codes = threads.map(|thread| thread.join().unwrap());
        assert_eq!(codes, [Some("E_PLAN_FAILED"); 8]);
    });
    assert_eq!(ground.breaker(), (BreakerState::Closed, 0));
    ground.fails();
    for _ in 0..3 {
        ground.plan();
    }
    assert_eq!(ground.breaker(), (BreakerState::Open, 3));
    let reset = ground.registry.reset_breakers().unwrap();
    assert_eq!(
        reset.iter().map(PlannerName::as_str).collect::<Vec<_>>(),
        [NAME]
    );
    assert_eq!(ground.breaker(), (BreakerState::Closed, 0));
    assert!(ground.registry.reset_breakers().unwrap().is_empty());
}

#[test]
fn only_what_the_planner_is_to_blame_for_counts() {
    let ground = Ground::new();
    ground.does(|_| Err(PlanError::invalid_input("no such module")));
    assert_eq!(
        [(); 3].map(|()| ground.plan()),
        [Some("E_INVALID_INPUT"); 3]
    );
    let cancel = CancelToken::new();
    let given_up = cancel.clone();
    ground.does(move |_| {
        given_up.cancel();
        Err(PlanError::cancelled())
    });
    let request = PlanRequest::new("x");
    let error = ground
        .registry
        .plan_unless(NAME, &request, &cancel)
        .unwrap_err();
    assert_eq!(error.code(), "E_CANCELLED");
    assert_eq!(
        ground
            .registry
            .plan(NAME, &PlanRequest::new(" "))
            .unwrap_err()
            .code(),
        "E_INVALID_INPUT"
    );
    let status = ground.status();
    assert_eq!((status.calls, status.failures), (0, 0));
    assert_eq!(status.reliability.unwrap().source, ReliabilitySource::Prior);
    ground.does(|_| Err(PlanError::cancelled()));
    ground.plan();
    ground.does(|_| panic!("on purpose"));
    ground.plan();
    ground.does(|_| Err(PlanError::unavailable("no network")));
    ground.plan();
    assert_eq!(
        (ground.status().failures, ground.breaker()),
        (3, (BreakerState::Open, 3))
    );
}

#[test]
fn a_trial_that_its_caller_gives_up_leaves_the_next_one_free() {
    let ground = Ground::new();
    ground.fails();
    for _ in 0..3 {
        ground.plan();
    }
    ground.hand.advance(RESET);
    ground.does(|_| Err(PlanError::invalid_input("no such module")));
    assert_eq!(ground.plan(), Some("E_INVALID_INPUT"));
    ground.does(|_| Ok(()));
    assert_eq!(
        (ground.plan(), ground.breaker()),
        (None, (BreakerState::Closed, 0))
    );
}

#[test]
fn a_heal_leaves_an_open_breaker_as_it_is() {
    let ground = Ground::new();
    ground.fails();
    for _ in 0..3 {
        ground.plan();
    }
    let still = |report: Arc<HealReport>| report.planners[0].still.clone().unwrap().code;
    let report = ground.registry.heal().unwrap();
    assert_eq!(report.outcome, HealOutcome::NotHealed);
    assert_eq!(still(report), "E_BREAKER_OPEN");
    assert_eq!(ground.plan(), Some("E_BREAKER_OPEN"));
}

#[test]
fn the_breaker_is_a_gate_of_its_own() {
    let ground = Ground::new();
    ground.does(|_| Err(PlanError::deadline()));
    for _ in 0..3 {
        ground.plan();
    }
    let explanation = ground.registry.explain(NAME).unwrap();
    let (_, gate) = explanation.refusal().unwrap();
    let problem = gate.problem.as_ref().unwrap();
    assert_eq!(
        (gate.gate.label(), problem.code),
        ("breaker", "E_BREAKER_OPEN")
    );
    let commands: Vec<_> = explanation
        .next
        .iter()
        .map(|step| step.command.as_str())
        .collect();
    assert_eq!(
        commands,
        [
            "registry plan guarded_planner \"Split the billing module\" --deadline 90s",
            "registry breaker reset guarded_planner",
        ]
    );
    ground.registry.quarantine(NAME, Hold::new("")).unwrap();
    let explanation = ground.registry.explain(NAME).unwrap();
    assert_eq!(explanation.refusal().unwrap().1.gate.label(), "hold");
    assert_eq!(
        explanation.next[0].command,
        "registry quarantine guarded_planner --lift"
    );
}
