//! A planner that fails while it is shut down is named in the log.

use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner, Task};
use registry::{Builtin, Registry};
use tests::Log;

struct Fragile;

impl Planner for Fragile {
    fn plan(&self, request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Plan::builder(request.objective())
            .task(Task::verify("last").describe("Planned for the last time"))
            .build()
    }

    fn shutdown(&self) {
        panic!("cannot let go\nof it")
    }
}

#[test]
fn a_planner_that_panics_in_its_shutdown_is_named_with_its_text() {
    let builder = Registry::builder().allow(["fragile_planner"]);
    let registry = builder
        .builtin(Builtin::new("fragile_planner", Fragile))
        .build()
        .unwrap();
    registry
        .plan("fragile_planner", &PlanRequest::new("Plan"))
        .unwrap();
    let ((), events) = Log::of(|| drop(registry));
    let told: Vec<_> = events
        .iter()
        .map(|event| (&event["level"], &event["fields"]))
        .collect();
    let fields = serde_json::json!({
        "message": "a planner failed while it was shut down",
        "planner": "fragile_planner",
        "failure": "it panicked: cannot let go\\nof it",
    });
    assert_eq!(told, [(&serde_json::json!("WARN"), &fields)]);
}
