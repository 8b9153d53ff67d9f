//! The guard around calls, through the registry, with clocks that are moved by hand.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use plugin_api::{Context, Plan, PlanError, PlanRequest, Task};
use registry_core::clock::ManualClock;
use registry_core::sync::Mutex;
use registry_core::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::diagnose::{self, BreakerState, PlannerState, PlannerStatus, ReliabilitySource};
use crate::event::EventKind;
use crate::heal::HealOutcome;
use crate::planner::{Builtin, Holder};
use crate::select::Query;

const NAME: &str = "guarded_planner";
const RESET: Duration = Duration::from_mins(1);

/// What the planner does when it is called.
type Act = dyn Fn(&Context) -> Result<(), PlanError> + Send + Sync;

struct Acting {
    act: Arc<Mutex<Arc<Act>>>,
    calls: Arc<AtomicUsize>,
}

impl plugin_api::Planner for Acting {
    fn plan(&self, request: &PlanRequest, cx: &Context) -> Result<Plan, PlanError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let act = Arc::clone(&self.act.lock());
        act(cx)?;
        Plan::builder(request.objective())
            .task(Task::verify("check").describe("Look at the result"))
            .build()
    }
}

/// A registry of one planner, whose clocks and conduct are the test's.
struct Ground {
    registry: Registry,
    hand: ManualClock,
    act: Arc<Mutex<Arc<Act>>>,
    calls: Arc<AtomicUsize>,
}

impl Ground {
    fn new() -> Self {
        Self::with(&ManualClock::new(), |builder| builder)
    }

    fn with(hand: &ManualClock, change: impl FnOnce(Builder) -> Builder) -> Self {
        let act: Arc<Mutex<Arc<Act>>> = Arc::new(Mutex::new(Arc::new(|_: &Context| Ok(()))));
        let calls = Arc::new(AtomicUsize::new(0));
        let acting = Acting {
            act: Arc::clone(&act),
            calls: Arc::clone(&calls),
        };
        let builtin =
            Builtin::new(NAME, acting).manifest(|manifest| manifest.reliability = Some(0.8));
        let builder = change(Registry::builder().allow([NAME]).builtin(builtin));
        let registry = builder.build_at(&hand.clock(), &hand.clock()).unwrap();
        Self {
            registry,
            hand: hand.clone(),
            act,
            calls,
        }
    }

    fn does(&self, act: impl Fn(&Context) -> Result<(), PlanError> + Send + Sync + 'static) {
        *self.act.lock() = Arc::new(act);
    }

    fn fails(&self) {
        self.does(|_| Err(PlanError::failed("broken")));
    }

    /// The code of a call's error; none if it gave a plan.
    fn plan(&self) -> Option<&'static str> {
        let outcome = self.registry.plan(NAME, &PlanRequest::new("Split"));
        outcome.err().map(|error| error.code())
    }

    fn status(&self) -> PlannerStatus {
        self.registry.describe(NAME).unwrap()
    }

    fn breaker(&self) -> (BreakerState, u32) {
        let breaker = self.status().guard.unwrap().breaker;
        (breaker.state, breaker.failures)
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

fn state_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    folder
}

fn remembering(hand: &ManualClock, folder: &Path) -> Ground {
    Ground::with(hand, |builder| builder.set("trust.state_dir", folder))
}

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
fn outcomes_make_the_reliability_that_the_next_selection_uses() {
    let ground = Ground::new();
    let score = || {
        ground
            .registry
            .select(Query::new("x"))
            .map(|own| own.best().breakdown().reliability)
    };
    assert_eq!(score().unwrap().to_bits(), 0.8_f64.to_bits());
    ground.plan();
    assert_eq!(score().unwrap().to_bits(), (2.0_f64 / 3.0).to_bits());
    ground.hand.advance(Duration::from_mins(15));
    assert_eq!(score().unwrap().to_bits(), (1.5_f64 / 2.5).to_bits());
    let text = diagnose::text::list(
        &ground.registry.diagnose().unwrap(),
        diagnose::text::Look::PLAIN,
    );
    assert!(text.contains(" 0.60 (1) "), "{text}");
    ground.registry.reload().unwrap();
    assert_eq!(ground.status().calls, 1);
    ground.fails();
    for _ in 0..2 {
        ground.plan();
        ground.registry.reset_breakers().unwrap();
    }
    let reliability = ground.status().reliability.unwrap();
    assert_eq!(reliability.score.to_bits(), (1.5_f64 / 4.5).to_bits());
    for _ in 0..4 {
        ground.plan();
        ground.registry.reset_breakers().unwrap();
    }
    let error = score().unwrap_err();
    assert_eq!(error.excluded()[0].reason.word(), "below_reliability");
    for _ in 0..3 {
        ground.plan();
    }
    assert_eq!(
        score().unwrap_err().excluded()[0].reason.word(),
        "breaker_open"
    );
    ground.hand.set(Duration::ZERO);
    let score = ground.status().reliability.unwrap().score;
    assert!((0.0..=1.0).contains(&score), "{score}");
}

#[test]
fn an_operators_hold_turns_calls_and_selections_away_until_it_ends_by_itself() {
    let ground = Ground::new();
    assert_eq!(ground.plan(), None);
    let slow = Hold::new("slow today").lasting(RESET);
    ground
        .registry
        .quarantine(" Guarded_Planner ", slow)
        .unwrap();
    assert_eq!(ground.plan(), Some("E_QUARANTINED"));
    assert_eq!(ground.calls(), 1);
    let error = ground.registry.select(Query::new("x")).unwrap_err();
    assert_eq!(
        error.excluded()[0].reason.to_string(),
        "quarantined: an operator holds it back since 1970-01-01T00:00:00Z, until \
         1970-01-01T00:01:00Z: slow today"
    );
    let held = ground.registry.list_quarantined().unwrap();
    assert_eq!((held.len(), held[0].by), (1, Holder::Operator));
    assert_eq!(ground.status().state, PlannerState::Quarantined);
    ground.hand.advance(RESET);
    assert_eq!(ground.plan(), None);
    assert_eq!(ground.registry.list_quarantined().unwrap(), []);
    ground.registry.quarantine(NAME, Hold::new("")).unwrap();
    ground.hand.advance(RESET * 1000);
    assert_eq!(ground.plan(), Some("E_QUARANTINED"));
    let lifted = ground.registry.lift(NAME).unwrap();
    assert_eq!(
        (lifted.was.unwrap().by, lifted.still),
        (Holder::Operator, None)
    );
    assert_eq!(ground.plan(), None);
    let error = ground
        .registry
        .quarantine("guarded_planer", Hold::new(""))
        .unwrap_err();
    assert_eq!(error.code(), "E_UNKNOWN_PLANNER");
}

#[test]
fn what_a_breaker_and_an_operator_did_is_among_the_events() {
    let ground = Ground::new();
    ground.fails();
    for _ in 0..3 {
        ground.plan();
    }
    ground.hand.advance(RESET);
    ground.does(|_| Ok(()));
    assert_eq!(ground.plan(), None);
    let hold = Hold::new("slow").lasting(RESET);
    ground.registry.quarantine(NAME, hold).unwrap();
    ground.hand.advance(RESET);
    assert_eq!(ground.plan(), None);
    let events = ground.registry.events(None).unwrap();
    let moves = events.iter().filter(|event| {
        let kinds = [EventKind::BreakerMoved, EventKind::Quarantined];
        kinds.contains(&event.kind) && event.planner.as_deref() == Some(NAME)
    });
    let moves: Vec<_> = moves
        .map(|event| (event.code.as_deref(), event.detail.as_deref().unwrap()))
        .collect();
    let account = "an operator holds it back since 1970-01-01T00:01:00Z, until \
                1970-01-01T00:02:00Z: slow";
    assert_eq!(
        moves,
        [
            (Some("E_BREAKER_OPEN"), "open"),
            (None, "half-open: one call may try"),
            (None, "closed"),
            (Some("E_QUARANTINED"), account),
            (None, "released: the hold has ended"),
        ]
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
fn what_the_configuration_holds_back_stays_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("held.toml");
    std::fs::write(&file, format!("[planners.{NAME}]\nhold = true\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let ground = Ground::with(&ManualClock::new(), |builder| {
        builder.sources(Config::loader().file(&file))
    });
    assert_eq!(ground.plan(), Some("E_QUARANTINED"));
    let lifted = ground.registry.lift(NAME).unwrap();
    assert_eq!(lifted.was, None);
    assert_eq!(lifted.still.unwrap().by, Holder::Configuration);
    assert_eq!((ground.plan(), ground.calls()), (Some("E_QUARANTINED"), 0));
}

#[test]
fn a_later_process_knows_outcomes_breakers_and_holds() {
    let (folder, hand) = (state_folder(), ManualClock::new());
    hand.advance(RESET * 1000);
    let first = remembering(&hand, folder.path());
    first.plan();
    first.fails();
    for _ in 0..3 {
        first.plan();
    }
    drop(first.registry);
    hand.advance(Duration::from_secs(20));
    let second = remembering(&hand, folder.path());
    assert_eq!(second.plan(), Some("E_BREAKER_OPEN"));
    let status = second.status();
    let guard = status.guard.unwrap();
    assert_eq!((status.calls, status.failures), (4, 3));
    assert_eq!(guard.breaker.retry_in_ms, Some(40_000));
    assert_eq!(
        guard.last_error.as_deref(),
        Some("E_PLAN_FAILED: planner failed: broken")
    );
    assert!(second.registry.reset_breaker(NAME).unwrap());
    second
        .registry
        .quarantine(NAME, Hold::new("why").lasting(RESET))
        .unwrap();
    drop(second.registry);
    let third = remembering(&hand, folder.path());
    assert_eq!(third.plan(), Some("E_QUARANTINED"));
    // The date was set back by hours: the hold begins now, and lasts its minute.
    hand.set(RESET * 100);
    let fourth = remembering(&hand, folder.path());
    assert_eq!(fourth.plan(), Some("E_QUARANTINED"));
    hand.advance(RESET);
    assert_eq!(fourth.plan(), None);
    let status = fourth.status();
    assert_eq!((status.calls, status.failures), (5, 3));
    assert_eq!(fourth.breaker(), (BreakerState::Closed, 0));
}

#[test]
fn two_processes_add_to_one_account() {
    let (folder, hand) = (state_folder(), ManualClock::new());
    let grounds = [(); 2].map(|()| remembering(&hand, folder.path()));
    for ground in &grounds {
        assert_eq!(ground.plan(), None);
        assert_eq!(ground.plan(), None);
        ground.registry.save_state().unwrap();
    }
    let later = remembering(&hand, folder.path());
    let reliability = later.status().reliability.unwrap();
    assert_eq!(
        (reliability.samples, reliability.score.to_bits()),
        (4, (5.0_f64 / 6.0).to_bits())
    );
    // What was saved is not saved again.
    drop(grounds);
    drop(later.registry);
    assert_eq!(remembering(&hand, folder.path()).status().calls, 4);
}

#[test]
fn the_end_of_a_hold_is_told_once_however_long_it_is_remembered() {
    let (folder, hand) = (state_folder(), ManualClock::new());
    let host = remembering(&hand, folder.path());
    let command = remembering(&hand, folder.path());
    let brief = || Hold::new("brief").lasting(RESET);
    host.registry.quarantine(NAME, brief()).unwrap();
    hand.advance(RESET);
    for _ in 0..2 {
        host.registry.discover().unwrap();
        assert_eq!(host.plan(), None);
    }
    // A hold that ended meanwhile took the place of one without an end.
    host.registry.quarantine(NAME, Hold::new("")).unwrap();
    command.registry.quarantine(NAME, brief()).unwrap();
    hand.advance(RESET);
    for ground in [&host, &remembering(&hand, folder.path()), &host] {
        ground.registry.discover().unwrap();
        assert_eq!(ground.plan(), None);
    }
    drop(command.registry);
    let told = host.registry.events(None).unwrap();
    let mut told: Vec<_> = told
        .iter()
        .filter_map(|own| own.detail.as_deref())
        .collect();
    told.retain(|detail| detail.starts_with("released"));
    assert_eq!(told, ["released: the hold has ended"; 2]);
}

#[test]
fn a_running_host_learns_of_a_hold_at_its_next_discovery() {
    let (folder, hand) = (state_folder(), ManualClock::new());
    let host = remembering(&hand, folder.path());
    assert_eq!(host.plan(), None);
    let command = remembering(&hand, folder.path());
    command.registry.quarantine(NAME, Hold::new("")).unwrap();
    assert_eq!(host.plan(), None);
    host.registry.discover().unwrap();
    assert_eq!(host.plan(), Some("E_QUARANTINED"));
    command.registry.lift(NAME).unwrap();
    host.registry.discover().unwrap();
    assert_eq!(host.plan(), None);
}

#[test]
fn a_lost_or_damaged_file_lifts_no_hold_of_a_running_host() {
    let (folder, hand) = (state_folder(), ManualClock::new());
    let host = remembering(&hand, folder.path());
    host.registry.quarantine(NAME, Hold::new("")).unwrap();
    let file = folder.path().join("holds.json");
    std::fs::write(&file, "{").unwrap();
    host.registry.discover().unwrap();
    assert_eq!(host.plan(), Some("E_QUARANTINED"));
    assert!(!file.exists(), "it was set aside");
    host.registry.discover().unwrap();
    assert_eq!(host.plan(), Some("E_QUARANTINED"));
}

#[test]
fn damaged_state_is_set_aside_and_state_that_others_may_write_is_not_used() {
    let (folder, hand) = (state_folder(), ManualClock::new());
    std::fs::write(folder.path().join("reliability.json"), "{").unwrap();
    let ground = remembering(&hand, folder.path());
    assert_eq!(ground.plan(), None);
    let kept = std::fs::read_dir(folder.path()).unwrap();
    let aside = kept.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with("reliability.damaged-")
    });
    assert_eq!(aside.count(), 1);
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let other = remembering(&hand, folder.path());
    assert_eq!(other.plan(), None);
    let diagnosis = other.registry.diagnose().unwrap();
    let problem = diagnosis.files.discovery.state_problem.unwrap();
    assert_eq!(problem.code, "E_STATE_NOT_OURS");
    let error = other.registry.quarantine(NAME, Hold::new("")).unwrap_err();
    assert_eq!(error.code(), "E_STATE_NOT_OURS");
    assert_eq!(
        other.plan(),
        Some("E_QUARANTINED"),
        "it holds here nevertheless"
    );
}

#[test]
fn a_call_that_should_have_returned_is_named_until_it_does() {
    let ground = Ground::new();
    let inside = Arc::new(std::sync::Barrier::new(2));
    let leave = Arc::new(std::sync::Barrier::new(2));
    let (entered, left) = (Arc::clone(&inside), Arc::clone(&leave));
    ground.does(move |_| {
        entered.wait();
        left.wait();
        Ok(())
    });
    let overdue = || ground.status().guard.unwrap().overdue;
    std::thread::scope(|scope| {
        scope.spawn(|| ground.plan());
        inside.wait();
        assert_eq!(overdue(), []);
        ground.hand.advance(Duration::from_secs(41));
        let calls = overdue();
        assert_eq!(
            (calls.len(), calls[0].call, calls[0].running_ms),
            (1, 1, 41_000)
        );
        assert!(calls[0].overdue_ms >= 1_000, "{calls:?}");
        leave.wait();
    });
    assert_eq!(overdue(), []);
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

#[test]
fn a_transient_error_is_tried_again_as_often_as_is_configured_and_nothing_else_is() {
    let ground = Ground::with(&ManualClock::new(), |builder| {
        builder.set("isolation.plan_retries", "2")
    });
    let calls = Arc::clone(&ground.calls);
    ground.does(move |_| {
        if calls.load(Ordering::SeqCst) < 3 {
            Err(PlanError::unavailable("busy"))
        } else {
            Ok(())
        }
    });
    assert_eq!((ground.plan(), ground.calls()), (None, 3));
    let counts = ground.status();
    assert_eq!((counts.calls, counts.failures), (3, 2));
    ground.fails();
    assert_eq!((ground.plan(), ground.calls()), (Some("E_PLAN_FAILED"), 4));
    ground.does(|_| Err(PlanError::unavailable("busy")));
    // Its third failure in a row opens the breaker, which ends the attempts.
    assert_eq!((ground.plan(), ground.calls()), (Some("E_UNAVAILABLE"), 6));
    assert_eq!(ground.breaker(), (BreakerState::Open, 3));
    assert_eq!(ground.plan(), Some("E_BREAKER_OPEN"));
}
