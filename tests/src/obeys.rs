//! What the planner `obeys` tells of the process that it runs in.

use plugin_api::PlanRequest;
use registry::Registry;

/// The number of the process that `obeys` runs in, which starts now if it has not yet.
pub fn pid_of_obeys(registry: &Registry) -> u32 {
    let plan = registry.plan("obeys", &PlanRequest::new("pid")).unwrap();
    plan.tasks()[0].description.parse().unwrap()
}
