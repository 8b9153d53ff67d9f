//! `Registry::shutdown`: one end for all who ask, within its bound.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use plugin_api::{API_VERSION, Context, Plan, PlanError, PlanRequest, Planner, Task};
use registry::diagnose::PlannerState;
use registry::{Builtin, PlanFailure, PlannerName, Registry, ShutdownReport};
use tests::{PluginFolder, fixture, manifest_source, program};

use super::listener::{await_line, listen};
use super::{await_that, exists};

const MINUTE: Duration = Duration::from_mins(1);

/// A planner linked into the host: tells when it is called, and answers when it is let.
struct Held {
    called: Mutex<Sender<()>>,
    let_go: Mutex<Receiver<()>>,
    shutdowns: Arc<AtomicUsize>,
}

impl Planner for Held {
    fn plan(&self, request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        self.called.lock().unwrap().send(()).unwrap();
        // Whoever lets it go by being gone is as good.
        let _ = self.let_go.lock().unwrap().recv();
        answer(request)
    }

    fn shutdown(&self) {
        self.shutdowns.fetch_add(1, Ordering::SeqCst);
    }
}

fn answer(request: &PlanRequest) -> Result<Plan, PlanError> {
    Plan::builder(request.objective())
        .task(Task::verify("done").describe("Held, and let go"))
        .build()
}

/// A registry with a planner that is held, and what holds it.
struct Ground {
    registry: Registry,
    called: Receiver<()>,
    let_go: Sender<()>,
    shutdowns: Arc<AtomicUsize>,
}

impl Ground {
    fn new() -> Self {
        let (call, called) = mpsc::channel();
        let (let_go, wait) = mpsc::channel();
        let shutdowns = Arc::new(AtomicUsize::new(0));
        let held = Held {
            called: Mutex::new(call),
            let_go: Mutex::new(wait),
            shutdowns: Arc::clone(&shutdowns),
        };
        let builder = Registry::builder().allow(["held_planner"]);
        let builder = builder.builtin(Builtin::new("held_planner", held));
        Self {
            registry: builder.build().unwrap(),
            called,
            let_go,
            shutdowns,
        }
    }
}

fn plan(registry: &Registry) -> Result<Plan, PlanFailure> {
    registry.plan("held_planner", &PlanRequest::new("Wait to be let go"))
}

fn names(planners: &[PlannerName]) -> Vec<&str> {
    planners.iter().map(PlannerName::as_str).collect()
}

/// Who was shut down, was killed, and was left behind.
fn ends(report: &ShutdownReport) -> [Vec<&str>; 3] {
    [&report.shut_down, &report.killed, &report.left_behind].map(|planners| names(planners))
}

fn in_workers(folder: &PluginFolder, name: &str) -> Registry {
    Registry::builder()
        .plugin_dir(folder.path())
        .allow([name])
        .set("isolation.policy", "worker")
        .set("isolation.worker_program", program())
        .set("isolation.self_test_timeout", "1h")
        .build()
        .unwrap()
}

#[test]
fn a_call_in_flight_may_end_and_what_comes_later_is_turned_away() {
    let ground = Ground::new();
    let registry = &ground.registry;
    thread::scope(|scope| {
        let call = scope.spawn(|| plan(registry));
        ground.called.recv().unwrap();
        let ending = scope.spawn(|| registry.shutdown(MINUTE).unwrap());
        await_that("it is shutting down", || registry.is_shut_down());
        assert_eq!(plan(registry).unwrap_err().code(), "E_SHUTTING_DOWN");
        ground.let_go.send(()).unwrap();
        assert_eq!(call.join().unwrap().unwrap().tasks().len(), 1);
        let report = ending.join().unwrap();
        assert!(report.is_complete(), "{report:?}");
        assert_eq!(ends(&report), [vec!["held_planner"], vec![], vec![]]);
        assert_eq!((report.calls, report.calls_given_up), (1, 0));
    });
    assert_eq!(ground.shutdowns.load(Ordering::SeqCst), 1);
    let status = registry.describe("held_planner").unwrap();
    assert_eq!((status.calls, status.failures), (1, 0));
    let health = registry.health(0);
    assert!(!health.ready, "{health:?}");
    assert_eq!(health.problem.unwrap().code, "E_SHUTTING_DOWN");
    assert_eq!(registry.heal().unwrap_err().code(), "E_SHUTTING_DOWN");
    assert_eq!(registry.reload().unwrap_err().code(), "E_SHUTTING_DOWN");
    drop(ground.registry);
    assert_eq!(ground.shutdowns.load(Ordering::SeqCst), 1);
}

#[test]
fn all_who_ask_get_one_report() {
    let registry = Ground::new().registry;
    let reports: Vec<_> = thread::scope(|scope| {
        let asking: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| registry.shutdown(MINUTE).unwrap()))
            .collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let later = registry.shutdown(Duration::ZERO).unwrap();
    assert!(reports.iter().all(|report| Arc::ptr_eq(report, &later)));
}

#[test]
fn before_the_first_discovery_there_is_nothing_to_end_and_nothing_begins() {
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let registry = in_workers(&folder, "obeys");
    let report = registry.shutdown(MINUTE).unwrap();
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(
        ends(&report),
        [[], [], []].map(|none: [&str; 0]| none.to_vec())
    );
    assert_eq!(registry.list().unwrap_err().code(), "E_SHUTTING_DOWN");
    assert_eq!(registry.get("obeys").unwrap_err().code(), "E_SHUTTING_DOWN");
}

#[test]
fn a_planner_that_was_not_started_is_not_started_any_more() {
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let registry = in_workers(&folder, "obeys");
    registry.discover().unwrap();
    registry.shutdown(MINUTE).unwrap();
    assert_eq!(registry.get("obeys").unwrap_err().code(), "E_SHUTTING_DOWN");
    assert_eq!(registry.list().unwrap().len(), 1);
}

#[test]
fn a_worker_at_rest_is_told_and_gone() {
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let registry = in_workers(&folder, "obeys");
    let plan = registry.plan("obeys", &PlanRequest::new("pid")).unwrap();
    let pid = plan.tasks()[0].description.parse().unwrap();
    assert!(exists(pid));
    let report = registry.shutdown(MINUTE).unwrap();
    assert_eq!(ends(&report), [vec!["obeys"], vec![], vec![]]);
    assert!(report.is_complete() && !exists(pid), "{report:?}");
    let error = registry.plan("obeys", &PlanRequest::new("pid"));
    assert_eq!(error.unwrap_err().code(), "E_SHUTTING_DOWN");
}

#[test]
fn a_call_that_heeds_its_context_is_given_up_and_nobody_is_blamed() {
    listen();
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let registry = in_workers(&folder, "obeys");
    thread::scope(|scope| {
        let call = scope.spawn(|| registry.plan("obeys", &PlanRequest::new("until_cancelled")));
        await_line("waiting planner=");
        let report = registry.shutdown(Duration::from_secs(2)).unwrap();
        assert_eq!(ends(&report), [vec!["obeys"], vec![], vec![]]);
        assert_eq!((report.calls, report.calls_given_up), (1, 1));
        assert!(report.is_complete(), "{report:?}");
        assert_eq!(call.join().unwrap().unwrap_err().code(), "E_SHUTTING_DOWN");
    });
    let status = registry.describe("obeys").unwrap();
    assert_eq!((status.calls, status.failures), (0, 0));
}

#[test]
fn a_worker_that_hangs_is_killed() {
    listen();
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let registry = in_workers(&folder, "obeys");
    let plan = registry.plan("obeys", &PlanRequest::new("pid")).unwrap();
    let pid = plan.tasks()[0].description.parse().unwrap();
    thread::scope(|scope| {
        let call = scope.spawn(|| registry.plan("obeys", &PlanRequest::new("hang")));
        await_line("hanging planner=");
        let report = registry.shutdown(Duration::from_secs(4)).unwrap();
        assert_eq!(ends(&report), [vec![], vec!["obeys"], vec![]]);
        assert_eq!((report.calls, report.calls_given_up), (1, 1));
        assert!(report.is_complete() && !exists(pid), "{report:?}");
        assert_eq!(call.join().unwrap().unwrap_err().code(), "E_SHUTTING_DOWN");
    });
}

#[test]
fn a_start_under_way_is_given_up_at_once() {
    let source = format!(
        "#include <unistd.h>\n{}\
         __attribute__((constructor)) static void hang(void) {{ for (;;) sleep(3600); }}\n",
        manifest_source("sleeping_planner", API_VERSION.major, API_VERSION.minor),
    );
    let folder = PluginFolder::new().with_c("sleeping.so", &source);
    let registry = in_workers(&folder, "sleeping_planner");
    thread::scope(|scope| {
        let start = scope.spawn(|| registry.get("sleeping_planner").map(drop));
        await_that("it is being started", || {
            let status = registry.describe("sleeping_planner");
            status.is_ok_and(|status| status.state == PlannerState::Starting)
        });
        let report = registry.shutdown(MINUTE).unwrap();
        assert!(report.is_complete(), "{report:?}");
        assert_eq!(start.join().unwrap().unwrap_err().code(), "E_SHUTTING_DOWN");
    });
}

#[test]
fn what_cannot_be_stopped_is_left_behind_and_named() {
    let ground = Ground::new();
    let registry = &ground.registry;
    thread::scope(|scope| {
        let call = scope.spawn(|| plan(registry));
        ground.called.recv().unwrap();
        let bound = Duration::from_millis(200);
        let report = registry.shutdown(bound).unwrap();
        assert_eq!(ends(&report), [vec![], vec![], vec!["held_planner"]]);
        assert_eq!((report.calls_given_up, report.calls_left), (1, 1));
        assert!(
            !report.is_complete() && report.took >= bound / 2,
            "{report:?}"
        );
        ground.let_go.send(()).unwrap();
        // It came after it had been given up.
        assert!(call.join().unwrap().is_ok());
    });
}

#[test]
fn a_planner_cannot_end_the_registry_that_waits_for_it() {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    struct Ends;
    impl Planner for Ends {
        fn plan(&self, request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
            let error = REGISTRY.get().unwrap().shutdown(MINUTE).unwrap_err();
            assert_eq!(error.code(), "E_INSIDE_CALL");
            answer(request)
        }
    }
    let builder = Registry::builder().allow(["ending_planner"]);
    let builder = builder.builtin(Builtin::new("ending_planner", Ends));
    let registry = REGISTRY.get_or_init(|| builder.build().unwrap());
    let request = PlanRequest::new("End it");
    assert!(registry.plan("ending_planner", &request).is_ok());
    assert!(!registry.is_shut_down());
}
