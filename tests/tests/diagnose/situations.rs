//! Registries in which something is the matter.

use std::time::Duration;

use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner, Task};
use registry::diagnose::{BreakerState, Diagnosis};
use registry::{Builtin, Registry};
use tests::{PluginFolder, fixture, program};

/// A registry, and the folder it found its planners in.
pub(crate) type Situation = (PluginFolder, Registry);

/// Names a limit of time, and takes most of it.
struct Slow;

/// How long the slow planner may take.
const LIMIT: Duration = Duration::from_millis(400);

impl Planner for Slow {
    fn plan(&self, request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        std::thread::sleep(LIMIT / 2);
        let plan = Plan::builder(request.objective());
        plan.task(Task::verify("done").describe("Done")).build()
    }
}

/// What an operator finds at night: a planner whose worker crashed and whose breaker is open, a slow one,
/// one whose file is refused, and one that nobody has asked for yet.
pub(crate) fn evening() -> Situation {
    let folder = PluginFolder::new()
        .with(&fixture("obeys"))
        .with(&fixture("well_behaved"))
        .with_file("libother_planner.so", b"some notes, and no library at all");
    let slow = format!("{}ms", LIMIT.as_millis());
    let registry = Registry::builder()
        .plugin_dir(folder.path())
        .allow(["obeys", "well_behaved", "other_planner", "slow_planner"])
        .builtin(Builtin::new("slow_planner", Slow))
        .set("isolation.policy", "worker")
        .set("isolation.worker_program", program())
        .set("isolation.breaker_failures", "1")
        .set("isolation.plan_timeout", slow)
        .build()
        .unwrap();
    registry
        .plan("obeys", &PlanRequest::new("abort"))
        .unwrap_err();
    // A machine that stands still may make it late, which is as slow as it gets.
    let _ = registry.plan("slow_planner", &PlanRequest::new("x"));
    (folder, registry)
}

/// A planner whose constructor panics.
pub(crate) fn failed() -> Situation {
    let folder = PluginFolder::new().with(&fixture("panics_in_constructor"));
    let builder = Registry::builder().plugin_dir(folder.path());
    let registry = builder.allow(["panics_in_constructor"]).build().unwrap();
    registry.get("panics_in_constructor").unwrap_err();
    (folder, registry)
}

/// How a planner's breaker stands.
pub(crate) fn breaker(diagnosis: &Diagnosis, name: &str) -> BreakerState {
    let mut planners = diagnosis.planners.iter();
    let planner = planners.find(|planner| planner.name.as_str() == name);
    planner.unwrap().guard.as_ref().unwrap().breaker.state
}
