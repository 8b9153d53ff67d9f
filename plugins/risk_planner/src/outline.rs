//! The plan for an objective around which no file is known: find the risks, then pass a gate.

use plugin_api::{Criticality, Plan, PlanError, PlanRequest, RiskLevel, Task};

use crate::text::head;

/// Longest part of the objective in a description.
const OBJECTIVE_CHARS_MAX: usize = 200;

/// Plans from the objective alone.
pub(crate) fn plan(request: &PlanRequest) -> Result<Plan, PlanError> {
    let objective = head(request.objective(), OBJECTIVE_CHARS_MAX);
    let told = match request.context().hotspots_count() {
        known @ 1.. => format!(" ({known} hotspots are said to exist)"),
        _ => String::new(),
    };
    let tasks = [
        Task::tool("survey", "read").describe(format!(
            "List the files that this touches, with how often they change, how complex they are and \
             how many others use them{told}: {objective}"
        )),
        Task::transform("rank", "score")
            .describe("Rank the files by churn, complexity and fan-in, the riskiest first")
            .after("survey"),
        Task::tool("mitigate", "test")
            .describe("Pin down with tests what the riskiest files now do, and prepare a way back")
            .after("rank"),
        Task::gate("gate", "the tests of mitigate pass, and its way back was tried")
            .describe("Hold every change until the safety net is proven")
            .criticality(Criticality::High)
            .after("mitigate"),
        Task::tool("change", "edit")
            .describe(format!("In steps that can each be undone: {objective}"))
            .risk(RiskLevel::Medium)
            .after("gate"),
        Task::verify("verify-all")
            .describe(format!("Check the whole, the riskiest files first: {objective}"))
            .criticality(Criticality::High)
            .after("change"),
    ];
    Plan::builder(request.objective())
        .tasks(tasks)
        .meta(
            "note",
            "the context holds no files; with `hotspots` or `files`, each is scored",
        )
        .build()
}
