//! A planner in a worker answers as it does in process.

use std::sync::Barrier;
use std::thread;

use plugin_api::{PlanContext, PlanRequest};
use registry::Registry;
use tests::{PluginFolder, fixture};

use super::{in_workers, obedient, pid_of_obeys, tell};

#[test]
fn a_worker_gives_the_answer_that_the_same_planner_gives_in_process() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let in_process = Registry::builder()
        .plugin_dir(folder.path())
        .allow(["well_behaved"])
        .build()
        .unwrap();
    let workers = in_workers(&folder, &["well_behaved"]).build().unwrap();
    let request = PlanRequest::new("Compare");
    let [one, other] = [in_process, workers].map(|registry| {
        let plan = registry.plan("well_behaved", &request).unwrap();
        plan.to_json().unwrap()
    });
    assert_eq!(one, other);
}

#[test]
fn failures_have_the_codes_and_texts_that_they_have_in_process() {
    let names = [
        "panics_in_constructor",
        "panics_in_self_test",
        "fails_self_test",
        "panics_in_plan",
    ];
    let folder = names.iter().fold(PluginFolder::new(), |folder, name| {
        folder.with(&fixture(name))
    });
    let in_process = Registry::builder()
        .plugin_dir(folder.path())
        .allow(names)
        .build()
        .unwrap();
    let workers = in_workers(&folder, &names).build().unwrap();
    for name in names {
        let [one, other] = [&in_process, &workers].map(|registry| {
            let error = registry.plan(name, &PlanRequest::new("Fail")).unwrap_err();
            let mut texts = vec![error.code().to_owned(), error.remedy()];
            let mut cause: Option<&dyn std::error::Error> = Some(&error);
            while let Some(error) = cause {
                texts.push(error.to_string());
                cause = error.source();
            }
            texts
        });
        assert_eq!(one, other);
    }
}

#[test]
fn the_planner_runs_in_another_process_and_the_same_one_for_every_call() {
    let (_folder, registry) = obedient();
    let pid = pid_of_obeys(&registry);
    assert_ne!(pid, std::process::id());
    assert_eq!(pid_of_obeys(&registry), pid);
}

#[test]
fn fifty_calls_are_in_flight_at_once_in_one_worker() {
    let (_folder, registry) = obedient();
    let pid = tell(&registry, "pid").unwrap();
    let together = Barrier::new(50);
    thread::scope(|scope| {
        let ask = || {
            together.wait();
            tell(&registry, "pid").unwrap()
        };
        let calls: Vec<_> = (0..50).map(|_| scope.spawn(ask)).collect();
        for call in calls {
            assert_eq!(call.join().unwrap(), pid);
        }
    });
    assert_eq!(registry.get("obeys").unwrap().call_counts().succeeded, 51);
}

#[test]
fn an_answer_of_mebibytes_comes_whole() {
    let (_folder, registry) = obedient();
    let plan = registry.plan("obeys", &PlanRequest::new("fill")).unwrap();
    assert_eq!(plan.tasks().len(), 400);
    assert!(plan.to_json().unwrap().len() > 8_000_000);
}

#[test]
fn a_request_of_mebibytes_arrives_whole() {
    let (_folder, registry) = obedient();
    let big: Vec<_> = (0..7_000).map(|_| "y".repeat(1_000)).collect();
    let request = PlanRequest::new("big").with_context(PlanContext::new().with("notes", big));
    let plan = registry.plan("obeys", &request).unwrap();
    assert_eq!(super::said(&plan), "nothing to do");
}
