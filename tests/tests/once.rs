//! Exactly once: however many ask for a cold planner at once, it is constructed once, and all get the
//! same reference or the same error.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};

use plugin_api::{Plan, PlanRequest};
use registry::config::Config;
use registry::diagnose::PlannerState;
use registry::{GetError, Planner, Registry, Retired, StartError};
use tests::{PluginFolder, fixture, set_mode};

const NAME: &str = "counts_constructions";

const THREADS: usize = 16;

/// How often an onlooker looks.
const ROUNDS: usize = 20;

/// A folder with the counting plugin, whose count starts at 0 for each `mark`.
fn folder(mark: &str) -> PluginFolder {
    PluginFolder::new().with_own(&fixture(NAME), mark)
}

fn registry(folder: &PluginFolder) -> Registry {
    let builder = Registry::builder().plugin_dir(folder.path());
    builder.allow([NAME]).build().unwrap()
}

/// A registry whose operator tells the plugin to fail its self-test.
fn failing_registry(folder: &PluginFolder) -> Registry {
    let file = folder.file("registry.toml");
    std::fs::write(&file, format!("[planners.{NAME}.config]\nfail = true\n")).unwrap();
    set_mode(&file, 0o644);
    let builder = Registry::builder().sources(Config::loader().file(&file));
    let builder = builder.plugin_dir(folder.path());
    builder.allow([NAME]).build().unwrap()
}

/// What each of 16 numbered threads gave, all of which start `work` at the same moment.
fn at_once<T: Send>(work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(THREADS);
    let (barrier, work) = (&barrier, &work);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                scope.spawn(move || {
                    barrier.wait();
                    work(number)
                })
            })
            .collect();
        let results = threads.into_iter().map(|thread| thread.join().unwrap());
        results.collect()
    })
}

/// The construction that made `plan`, and how many there were until then.
fn counted(plan: &Plan) -> (u64, u64) {
    let meta = |key: &str| plan.meta()[key].as_u64().unwrap();
    (meta("number"), meta("constructions"))
}

fn count(planner: &Planner) -> (u64, u64) {
    counted(&planner.plan(&PlanRequest::new("Count")).unwrap())
}

#[test]
fn sixteen_threads_that_ask_for_a_cold_planner_get_one_reference_and_cause_one_construction() {
    let folder = folder("one reference");
    let registry = registry(&folder);
    let planners = at_once(|_| registry.get(NAME).unwrap());
    assert!(
        planners
            .iter()
            .all(|planner| std::ptr::eq(*planner, planners[0]))
    );
    assert_eq!(count(planners[0]), (1, 1));
}

#[test]
fn sixteen_threads_that_ask_for_a_plan_at_once_are_served_by_one_construction() {
    let folder = folder("one plan each");
    let registry = registry(&folder);
    let plans = at_once(|_| registry.plan(NAME, &PlanRequest::new("Count")).unwrap());
    let served: BTreeSet<_> = plans.iter().map(counted).collect();
    assert_eq!(served, BTreeSet::from([(1, 1)]));
    let counts = registry.get(NAME).unwrap().call_counts();
    assert_eq!((counts.succeeded, counts.failed), (16, 0));
}

#[test]
fn sixteen_threads_that_ask_for_a_failing_planner_share_one_error_of_one_attempt() {
    let folder = folder("one error");
    let failing = failing_registry(&folder);
    let causes: Vec<_> = at_once(|_| match failing.get(NAME) {
        Err(GetError::Start(StartError::Failed {
            cause, failures, ..
        })) => (cause, failures),
        other => panic!("{other:?}"),
    });
    let (first, _) = &causes[0];
    for (cause, failures) in &causes {
        assert!(Arc::ptr_eq(cause, first), "{cause:?}");
        assert_eq!(*failures, 1);
    }
    let problem = std::error::Error::source(&**first).unwrap().to_string();
    assert_eq!(problem, "planner failed: construction 1 was told to fail");
    // The very next construction is another registry's, so there was none in between.
    assert_eq!(count(registry(&folder).get(NAME).unwrap()), (2, 2));
}

#[test]
fn two_registries_share_the_mapped_library_and_construct_separately() {
    let folder = folder("two registries");
    let (left, right) = (registry(&folder), registry(&folder));
    let (one, other) = (left.get(NAME).unwrap(), right.get(NAME).unwrap());
    assert!(!std::ptr::eq(one, other));
    assert_eq!([count(one), count(other)], [(1, 2), (2, 2)]);
    drop(left);
    assert_eq!(count(right.get(NAME).unwrap()), (2, 2));
}

#[test]
fn sixteen_threads_over_two_registries_cause_one_construction_in_each() {
    let folder = folder("two crowds");
    let registries = [registry(&folder), registry(&folder)];
    at_once(|number| registries[number % 2].get(NAME).map(drop).unwrap());
    let mut counts = registries.each_ref().map(|it| count(it.get(NAME).unwrap()));
    counts.sort_unstable();
    assert_eq!(counts, [(1, 2), (2, 2)]);
}

#[test]
fn looking_while_others_ask_disturbs_neither() {
    let folder = folder("onlookers");
    let registry = registry(&folder);
    let states = at_once(|number| {
        let mut seen = BTreeSet::new();
        for _ in 0..ROUNDS {
            match number % 4 {
                0 => assert_eq!(registry.get(NAME).unwrap().name().as_str(), NAME),
                1 => assert_eq!(registry.discover().unwrap().retired, Retired::default()),
                2 => {
                    let list = registry.list().unwrap();
                    assert_eq!(list.len(), 1, "{list:?}");
                    seen.insert(list[0].state.label());
                }
                _ => {
                    seen.insert(registry.describe(NAME).unwrap().state.label());
                }
            }
        }
        seen
    });
    let seen: BTreeSet<_> = states.into_iter().flatten().collect();
    let possible = BTreeSet::from(["not loaded", "starting", "ready"]);
    assert!(seen.is_subset(&possible), "{seen:?}");
    assert_eq!(registry.list().unwrap()[0].state, PlannerState::Ready);
    assert_eq!(count(registry.get(NAME).unwrap()), (1, 1));
}
