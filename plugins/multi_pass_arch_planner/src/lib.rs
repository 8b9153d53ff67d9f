//! Plans a change of architecture in four passes, each of which sees only what the one before made.
//!
//! ```text
//! objective ─┐
//! context  ──┴→ survey → goals, areas ──→ decompose → steps → order → stages → verify → tasks
//!                           └ merge                     └ merge
//! ```
//!
//! | pass | what it does |
//! |---|---|
//! | `survey` | reads goals from the sentences of the objective, and areas from the context's `layers` or the folders of its `files` |
//! | `decompose` | turns each goal into a step for each area that it names, or for all if it names none |
//! | `order` | puts steps into stages: first as the objective says ("then", numbered lists), then areas that others use first |
//! | `verify` | puts a check after each stage that the objective does not check itself |
//!
//! Between the passes, goals and steps that say the same are merged. Without a context the goals alone
//! are planned. What a plan cannot hold is joined, and the plan says so.

mod areas;
mod clauses;
mod decompose;
mod merge;
mod order;
mod survey;
mod tasks;
mod text;
mod verify;

#[cfg(test)]
mod tests;

use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner, export_planner};

#[derive(Debug, Default)]
struct MultiPassArchPlanner;

impl Planner for MultiPassArchPlanner {
    fn plan(&self, request: &PlanRequest, cx: &Context) -> Result<Plan, PlanError> {
        let survey = survey::survey(request, cx)?;
        let goals = merge::goals(survey.goals);
        let steps = decompose::decompose(&goals.kept, &survey.areas);
        cx.check()?;
        let steps = merge::steps(steps);
        let ordered = order::order(steps.kept, &survey.areas);
        let checked = verify::verify(ordered, &survey.areas);
        cx.check()?;
        let merged = goals.merged + steps.merged;
        tasks::plan(request, &survey.areas, &checked, merged)
    }

    /// Plans an objective of two goals, the second of which is a check.
    fn self_test(&self, cx: &Context) -> Result<(), PlanError> {
        let plan = self.plan(&PlanRequest::new("Split it, then verify it"), cx)?;
        let order: Vec<&str> = plan.order().map(|task| task.task_id.as_str()).collect();
        if order != ["survey", "design", "s01-t01-split-it", "s02-t01-verify-it"] {
            return Err(PlanError::failed(format!(
                "our bug: two goals are planned as {order:?}"
            )));
        }
        Ok(())
    }
}

export_planner! {
    planner: MultiPassArchPlanner,
    name: "multi_pass_arch_planner",
    capabilities: ["architecture", "multi_pass", "structural"],
    tags: ["offline"],
    tier: "stable",
    production_ready: true,
    reliability: 0.75,
    risk_rating: "low",
    self_test: true,
}
