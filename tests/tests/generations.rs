//! Generations under threads: what is newer stays, what is replaced is found again, nobody is blamed
//! for a reload.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner, Task};
use registry::config::Config;
use registry::diagnose::PlannerState;
use registry::{Builtin, CancelToken, Phase, Registry};
use tests::{Log, PluginFolder, fixture, set_mode};

fn registry(folder: &PluginFolder) -> Registry {
    Registry::builder()
        .plugin_dir(folder.path())
        .allow(["well_behaved", "waits"])
        .build()
        .unwrap()
}

#[test]
fn a_removed_planner_does_not_come_back_while_others_discover() {
    let folder = PluginFolder::new();
    let registry = registry(&folder);
    for _ in 0..50 {
        let folder_file = xtask::demo::stage(&fixture("waits"), folder.path()).unwrap();
        registry.discover().unwrap();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| registry.discover().unwrap());
            }
            std::fs::remove_file(&folder_file).unwrap();
            registry.discover().unwrap();
            assert_eq!(
                registry.describe("waits").unwrap().state,
                PlannerState::Absent
            );
        });
        assert_eq!(
            registry.describe("waits").unwrap().state,
            PlannerState::Absent
        );
    }
}

#[test]
fn nobody_sees_a_retirement_while_planners_are_replaced() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let registry = registry(&folder);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut asked = 0;
            while !done.load(Ordering::Relaxed) {
                registry.get("well_behaved").unwrap();
                registry
                    .plan("well_behaved", &PlanRequest::new("Reload"))
                    .unwrap();
                asked += 1;
            }
            asked
        });
        for _ in 0..100 {
            registry.reload().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert!(asking.join().unwrap() > 0);
    });
}

#[test]
fn a_handle_stands_for_the_successor_and_its_calls_fail_nowhere() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let registry = registry(&folder);
    let handle = registry.handle("well_behaved").unwrap();
    let before = registry.get("well_behaved").unwrap();
    registry.reload().unwrap();
    assert!(matches!(before.phase(), Phase::Retired));
    let (plans, events) =
        Log::of(|| [0; 3].map(|_| handle.plan(&PlanRequest::new("Again")).is_ok()));
    assert_eq!(plans, [true; 3]);
    assert_eq!(before.call_counts().failed, 0);
    assert_eq!(handle.planner().call_counts().succeeded, 3);
    assert!(std::ptr::eq(
        handle.planner(),
        registry.get("well_behaved").unwrap()
    ));
    let warnings = events
        .iter()
        .filter(|event| event["level"] == "WARN")
        .count();
    assert_eq!(warnings, 0, "{events:#?}");
}

#[test]
fn a_discovery_of_the_host_is_the_first_one() {
    let folder = PluginFolder::new().with(&fixture("waits"));
    let registry = registry(&folder);
    assert_eq!(registry.discover().unwrap().changes.added.len(), 1);
    let again = registry.discover().unwrap();
    assert_eq!(
        (again.changes.added.len(), again.changes.unchanged,),
        (0, 1)
    );
    assert!(!again.catalog_changed);
}

#[test]
fn a_file_with_another_manifest_than_the_one_discovered_is_refused() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let registry = registry(&folder);
    registry.discover().unwrap();
    let other = tests::compiled(
        xtask::artifacts::Build::new(&[
            "--package",
            "fixture-plugins",
            "--example",
            "well_behaved",
            "--release",
        ]),
        "fixtures-small",
        "well_behaved",
        "example",
    );
    std::fs::copy(other, folder.file("libwell_behaved.so")).unwrap();
    assert_eq!(
        registry.get("well_behaved").unwrap_err().code(),
        "E_REPLACED"
    );
    registry.discover().unwrap();
    assert_eq!(
        registry
            .get("well_behaved")
            .unwrap()
            .manifest()
            .build
            .profile,
        "release"
    );
}

#[test]
fn the_operators_settings_for_a_planner_stand_in_no_debug_text() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let settings = folder.file("registry.toml");
    std::fs::write(
        &settings,
        "[planners.well_behaved.config]\napi_key = \"hunter2\"\n",
    )
    .unwrap();
    set_mode(&settings, 0o644);
    let registry = Registry::builder()
        .sources(Config::loader().file(&settings))
        .plugin_dir(folder.path())
        .allow(["well_behaved"])
        .build()
        .unwrap();
    let handle = registry.handle("well_behaved").unwrap();
    let told = format!("{registry:?} {handle:?} {:?}", handle.planner());
    assert!(told.contains("api_key"));
    assert!(!told.contains("hunter2"));
}

/// Starts slowly, and plans at once.
struct SlowToStart;

impl Planner for SlowToStart {
    fn plan(&self, request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Plan::builder(request.objective())
            .task(Task::verify("done").describe("It was late"))
            .build()
    }

    fn self_test(&self, _cx: &Context) -> Result<(), PlanError> {
        let begun = std::time::Instant::now();
        while begun.elapsed() < Duration::from_millis(50) {
            thread::yield_now();
        }
        Ok(())
    }
}

fn slow() -> Registry {
    let planner =
        Builtin::new("slow_planner", SlowToStart).manifest(|manifest| manifest.self_test = true);
    Registry::builder()
        .allow(["slow_planner"])
        .builtin(planner)
        .build()
        .unwrap()
}

#[test]
fn a_call_that_was_given_up_before_it_began_is_not_made_and_an_invalid_one_blames_nobody() {
    let registry = slow();
    let planner = registry.get("slow_planner").unwrap();
    let cancel = CancelToken::new();
    cancel.cancel();
    let error = planner
        .plan_unless(&PlanRequest::new("Too late"), &cancel)
        .unwrap_err();
    assert_eq!(error.code(), "E_CANCELLED");
    let before = planner.call_counts().failed;
    let error = planner.plan(&PlanRequest::new(" ")).unwrap_err();
    assert_eq!(error.code(), "E_INVALID_INPUT");
    assert_eq!(planner.call_counts().failed, before);
}

#[test]
fn failed_starts_are_kept_and_archived_by_a_discovery() {
    let folder = PluginFolder::new()
        .with(&fixture("panics_in_constructor"))
        .with(&fixture("well_behaved"));
    let registry = Registry::builder()
        .plugin_dir(folder.path())
        .allow(["panics_in_constructor", "well_behaved"])
        .build()
        .unwrap();
    registry.get("panics_in_constructor").unwrap_err();
    registry.get("well_behaved").unwrap();
    let told = |registry: &Registry| -> Vec<_> {
        let failures = registry.failures();
        failures
            .iter()
            .map(|f| (f.number, f.planner.clone(), f.failure.code(), f.archived))
            .collect()
    };
    let failure = |archived| {
        (
            0,
            "panics_in_constructor".to_owned(),
            "E_CONSTRUCT_PANIC",
            archived,
        )
    };
    assert_eq!(told(&registry), [failure(false)]);
    registry.discover().unwrap();
    assert_eq!(told(&registry), [failure(true)]);
    let starts: Vec<_> = registry
        .instantiation_profiles(usize::MAX)
        .into_iter()
        .map(|start| (start.planner.to_string(), start.failure))
        .collect();
    assert_eq!(
        starts,
        [
            (
                "panics_in_constructor".to_owned(),
                Some("E_CONSTRUCT_PANIC")
            ),
            ("well_behaved".to_owned(), None),
        ]
    );
}
