//! Plans around risk: a safety net and a gate before every change to a risky file.
//!
//! ```text
//! context → hotspots → score → units → tasks          permission ┐
//!    └ no files → outline                                 tasks ←┘
//! ```
//!
//! Hotspots are the context's `hotspots`, else its `files`. Each is scored from 0 to 1:
//!
//! ```text
//! score = n(churn) × n(complexity) × n(fan-in)
//! n(x)  = 0.1 + 0.9 × x / (the greatest x of the request);  0.5 where x is not known
//! HIGH from 0.25, MEDIUM from 0.05, LOW below
//! ```
//!
//! A score is relative to the request, for measures have no unit. The 0.1 keeps one small measure from
//! hiding two large ones. A fan-in that is not given is counted from what the `files` depend on.
//!
//! A task is marked HIGH only if the asker says `allow_high_risk: true` in the context and the
//! operator's setting `allow_high_risk` does not forbid it. Else it is marked MEDIUM, and the task and
//! the plan say so. It keeps its gate either way.

mod hotspots;
mod outline;
mod permission;
mod score;
mod tasks;
mod text;
mod units;

#[cfg(test)]
mod tests;

use plugin_api::{
    Context, FileFacts, Plan, PlanContext, PlanError, PlanRequest, Planner, RiskLevel,
    export_planner,
};

use permission::Permission;

#[derive(Debug, Default)]
struct RiskPlanner;

impl Planner for RiskPlanner {
    fn plan(&self, request: &PlanRequest, cx: &Context) -> Result<Plan, PlanError> {
        let hotspots = hotspots::gather(request.context(), cx)?;
        if hotspots.is_empty() {
            cx.info("the context holds no files: planning from the objective alone");
            return outline::plan(request);
        }
        let permission = Permission::of(request.context(), cx)?;
        let scored = score::rank(hotspots, cx)?;
        let units = units::divide(scored);
        tasks::plan(request, &units, permission, cx)
    }

    /// Plans one risky file, which must end up behind its gate and below high risk.
    ///
    /// The sample is nobody's request: it is judged without the operator's settings, and logs nothing.
    fn self_test(&self, cx: &Context) -> Result<(), PlanError> {
        cx.check()?;
        let hotspot = FileFacts::new("a").churn(9.0).complexity(9.0).fan_in(9.0);
        let context = PlanContext::new().with_hotspots([hotspot]);
        let request = PlanRequest::new("Test").with_context(context);
        let plan = self.plan(&request, &Context::detached())?;
        match plan.task("r01-change-a") {
            Some(change)
                if change.dependencies == ["r01-gate-a"]
                    && change.risk_level == RiskLevel::Medium =>
            {
                Ok(())
            }
            other => Err(PlanError::failed(format!(
                "our bug: a risky file is planned as {other:?}"
            ))),
        }
    }
}

export_planner! {
    planner: RiskPlanner,
    name: "risk_planner",
    capabilities: ["risk", "refactor"],
    tags: ["offline"],
    tier: "stable",
    production_ready: true,
    reliability: 0.8,
    risk_rating: "medium",
    self_test: true,
    config_schema: r#"{"type":"object","properties":{"allow_high_risk":{"type":"boolean","description":"false: no task is marked HIGH, whatever the context allows"}}}"#,
}
