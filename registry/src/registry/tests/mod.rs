//! The guard around calls, through the registry, with clocks that are moved by hand.

mod breaker;
mod memory;

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
