//! A whole plugin: plans releases.

use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner, Task, export_planner};

#[derive(Default)]
struct ReleasePlanner;

impl Planner for ReleasePlanner {
    fn plan(&self, request: &PlanRequest, cx: &Context) -> Result<Plan, PlanError> {
        cx.info("planning a release");
        Plan::builder(request.objective())
            .task(Task::tool("build", "cargo").describe("Build every target"))
            .task(
                Task::verify("smoke")
                    .describe("Run the smoke tests")
                    .after("build"),
            )
            .build()
    }
}

export_planner! {
    planner: ReleasePlanner,
    name: "release_planner",
    capabilities: ["release", "verify"],
    tier: "beta",
}
