//! Tests of plans, through what planners and hosts call.

mod graphs;
mod hashes;
mod json;
mod mermaid;
mod rules;

use super::{Plan, PlanIssue, Task};
use crate::error::{PlanError, PlanErrorKind};

/// A task that breaks no rule.
fn step(task_id: &str) -> Task {
    Task::tool(task_id, "cargo").describe("Do one step")
}

fn build(tasks: impl IntoIterator<Item = Task>) -> Result<Plan, PlanError> {
    Plan::builder("Test the rules").tasks(tasks).build()
}

/// The issues of a plan that must be refused for them.
fn issues(result: Result<Plan, PlanError>) -> Vec<PlanIssue> {
    let error = result.expect_err("the plan must be refused");
    assert_eq!(error.kind(), PlanErrorKind::InvalidPlan);
    assert_eq!(error.issues_omitted(), 0);
    error.issues().to_vec()
}

fn ids<'a>(tasks: impl IntoIterator<Item = &'a Task>) -> Vec<&'a str> {
    tasks
        .into_iter()
        .map(|task| task.task_id.as_str())
        .collect()
}
