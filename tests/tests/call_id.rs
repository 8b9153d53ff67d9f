//! One id leads from an error to the log, to what the planner said in its worker, and to the journal.

use std::time::Duration;

use plugin_api::PlanRequest;
use registry::{CallError, CallProblem, EventKind, PlanFailure, Registry, WorkerFault};
use serde_json::Value;
use tests::{Log, PluginFolder, fixture, program};

/// The failed call of `order`, and what was logged of it.
fn failed(registry: &Registry, order: &str) -> (CallError, Vec<Value>) {
    let request = PlanRequest::new(order).with_deadline(Duration::from_secs(1));
    match Log::of(|| registry.plan("obeys", &request)) {
        (Err(PlanFailure::Call(error)), events) => (error, events),
        (other, _) => panic!("{other:?}"),
    }
}

/// The messages of the events, all of which carry the id of `error`.
fn messages(error: &CallError, events: &[Value]) -> Vec<String> {
    let id = error.call_id.to_string();
    let messages = events.iter().map(|event| {
        assert_eq!(event["span"]["call_id"], id.as_str(), "{event}");
        event["fields"]["message"].as_str().unwrap().to_owned()
    });
    messages.collect()
}

#[test]
fn error_log_journal_and_worker_speak_of_one_call() {
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let registry = Registry::builder()
        .plugin_dir(folder.path())
        .allow(["obeys"])
        .set("isolation.policy", "worker")
        .set("isolation.worker_program", program())
        .set("isolation.breaker_failures", "2")
        .build()
        .unwrap();
    registry.get("obeys").unwrap();
    let (late, events) = failed(&registry, "hang");
    assert_eq!(messages(&late, &events), ["hanging", "call failed"]);
    let (crashed, events) = failed(&registry, "abort");
    assert_eq!(
        messages(&crashed, &events),
        [
            "a worker ended by itself or for a limit",
            "breaker opened",
            "call failed"
        ]
    );
    assert_ne!(late.call_id, crashed.call_id);
    let CallProblem::Worker(WorkerFault::Crashed(crash)) = &crashed.problem else {
        panic!("{crashed:?}");
    };
    assert_eq!(crash.stderr, "about to abort\\u{1b}[2J");
    let moved: Vec<_> = registry
        .events(None)
        .unwrap()
        .into_iter()
        .filter(|event| event.kind == EventKind::BreakerMoved)
        .map(|event| event.call_id)
        .collect();
    assert_eq!(moved, [crashed.call_id.to_string()]);
}
