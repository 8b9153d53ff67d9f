//! Replacing planners under way: what changed is replaced, calls in flight end, each instance is shut
//! down once.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner, Task};
use registry::diagnose::PlannerState;
use registry::{Builtin, Registry};
use tests::{PluginFolder, fixture};

fn registry(folder: &PluginFolder) -> Registry {
    Registry::builder()
        .plugin_dir(folder.path())
        .allow(["well_behaved", "waits", "chatty", "panics_in_constructor"])
        .build()
        .unwrap()
}

fn request() -> PlanRequest {
    PlanRequest::new("Reload")
}

#[test]
fn discovering_an_unchanged_folder_changes_nothing_and_keeps_the_instance() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let registry = registry(&folder);
    let before: *const _ = registry.get("well_behaved").unwrap();
    let discovered = registry.discover().unwrap();
    assert!(!discovered.catalog_changed);
    assert_eq!(discovered.retired, registry::Retired::default());
    assert!(std::ptr::eq(before, registry.get("well_behaved").unwrap()));
}

#[test]
fn a_reload_replaces_every_planner_and_the_old_reference_is_turned_away() {
    let folder = PluginFolder::new()
        .with(&fixture("well_behaved"))
        .with(&fixture("waits"));
    let registry = registry(&folder);
    let old = registry.get("well_behaved").unwrap();
    let handle = registry.handle("well_behaved").unwrap();
    let reloaded = registry.reload().unwrap();
    assert!(reloaded.catalog_changed);
    let retired = (
        reloaded.retired.shut_down,
        reloaded.retired.leaked,
        reloaded.retired.never_started,
    );
    assert_eq!(retired, (1, 0, 1));
    assert_eq!(old.plan(&request()).unwrap_err().code(), "E_RETIRED");
    assert_eq!(handle.plan(&request()).unwrap().tasks().len(), 2);
    assert_eq!(
        registry
            .plan("well_behaved", &request())
            .unwrap()
            .tasks()
            .len(),
        2
    );
}

#[test]
fn a_planner_whose_file_is_gone_is_retired_and_absent() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let registry = registry(&folder);
    registry.get("well_behaved").unwrap();
    std::fs::remove_file(folder.file("libwell_behaved.so")).unwrap();
    let discovered = registry.discover().unwrap();
    assert_eq!(discovered.retired.shut_down, 1);
    assert_eq!(registry.get("well_behaved").unwrap_err().code(), "E_ABSENT");
    assert_eq!(
        registry.describe("well_behaved").unwrap().state,
        PlannerState::Absent
    );
}

#[test]
fn warming_up_starts_every_planner_and_reports_each_by_name() {
    let folder = ["well_behaved", "chatty", "panics_in_constructor"]
        .iter()
        .fold(PluginFolder::new(), |folder, name| {
            folder.with(&fixture(name))
        });
    let registry = registry(&folder);
    let report = registry.warm_up(NonZeroUsize::new(2).unwrap()).unwrap();
    let told: Vec<_> = report
        .iter()
        .map(|start| {
            (
                start.planner.as_str(),
                start
                    .outcome
                    .as_ref()
                    .map_err(registry::GetError::code)
                    .copied(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("chatty", Ok(())),
            ("panics_in_constructor", Err("E_CONSTRUCT_PANIC")),
            ("well_behaved", Ok(())),
        ]
    );
    let states: Vec<_> = registry
        .list()
        .unwrap()
        .iter()
        .map(|status| status.state)
        .collect();
    assert_eq!(
        states,
        [
            PlannerState::Ready,
            PlannerState::Failed,
            PlannerState::Absent,
            PlannerState::Ready
        ]
    );
}

/// Says when it is being called, ends when it is told to, and counts its shutdowns.
struct Gate {
    entered: Mutex<Sender<()>>,
    leave: Mutex<Receiver<()>>,
    shutdowns: Arc<AtomicUsize>,
}

impl Planner for Gate {
    fn plan(&self, request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        self.entered.lock().unwrap().send(()).unwrap();
        self.leave.lock().unwrap().recv().unwrap();
        Plan::builder(request.objective())
            .task(Task::verify("left").describe("The gate was opened"))
            .build()
    }

    fn shutdown(&self) {
        self.shutdowns.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_builtin_planner_outlives_reloads_and_is_shut_down_once_with_its_registry() {
    let shutdowns = Arc::new(AtomicUsize::new(0));
    let (entered, wait_entered) = channel();
    let (leave, wait_leave) = channel();
    let gate = Gate {
        entered: Mutex::new(entered),
        leave: Mutex::new(wait_leave),
        shutdowns: Arc::clone(&shutdowns),
    };
    let builder = Registry::builder().allow(["gate_planner"]);
    let registry = builder
        .builtin(Builtin::new("gate_planner", gate))
        .build()
        .unwrap();
    std::thread::scope(|scope| {
        let call = scope.spawn(|| registry.plan("gate_planner", &request()));
        wait_entered.recv().unwrap();
        assert!(!registry.reload().unwrap().catalog_changed);
        leave.send(()).unwrap();
        assert_eq!(call.join().unwrap().unwrap().tasks().len(), 1);
    });
    assert_eq!(shutdowns.load(Ordering::SeqCst), 0);
    drop(registry);
    assert_eq!(shutdowns.load(Ordering::SeqCst), 1);
}

#[test]
fn a_builtin_planner_that_is_not_allowed_or_given_twice_stops_the_build() {
    let idle = || Builtin::new("idle_planner", Idle);
    let refused = Registry::builder().builtin(idle()).build().unwrap_err();
    assert_eq!(refused.code(), "E_NOT_ALLOWED");
    assert_eq!(
        refused.remedy(),
        "If idle_planner may run, add it to FACTORY_ALLOWED_PLANNERS or [trust] allowed."
    );
    let builder = Registry::builder().allow(["idle_planner"]);
    let twice = builder.builtin(idle()).builtin(idle()).build().unwrap_err();
    assert_eq!(twice.code(), "E_BUILTIN_TWICE");
}

#[derive(Default)]
struct Idle;

impl Planner for Idle {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Err(PlanError::failed("idle"))
    }
}
