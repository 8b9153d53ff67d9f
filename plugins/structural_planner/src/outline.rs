//! The plan for an objective around which nothing is known: first find the structure, then follow it.

use plugin_api::serde_json::Value;
use plugin_api::{Criticality, Plan, PlanError, PlanRequest, Task};

use crate::text::head;

/// Longest part of the objective in a description.
const OBJECTIVE_CHARS_MAX: usize = 200;

/// Longest deep index that is handed on as text.
const DEEP_INDEX_CHARS_MAX: usize = 4_000;

/// Plans from the objective alone.
pub(crate) fn plan(request: &PlanRequest) -> Result<Plan, PlanError> {
    let objective = head(request.objective(), OBJECTIVE_CHARS_MAX);
    let mut survey = Task::tool("survey", "read").describe(format!(
        "List the files that this touches, and which of them uses which: {objective}"
    ));
    if let Some(summary) = request.context().deep_index_summary() {
        let text = summary
            .as_str()
            .map_or_else(|| summary.to_string(), str::to_owned);
        survey = survey.arg("deep_index_summary", head(&text, DEEP_INDEX_CHARS_MAX));
    }
    let tasks = [
        survey,
        Task::transform("layers", "order")
            .describe("Order what was found in layers, the files that use no other first; name every cycle")
            .after("survey"),
        Task::tool("foundations", "edit")
            .describe(format!("Start with the lowest layer, on which the rest builds: {objective}"))
            .after("layers"),
        Task::verify("foundations-verify")
            .describe("Check the lowest layer before anything that builds on it is touched")
            .criticality(Criticality::High)
            .after("foundations"),
        Task::tool("upper-layers", "edit")
            .describe("Go on layer by layer upwards, and check each before the next")
            .after("foundations-verify"),
        Task::verify("upper-layers-verify")
            .describe(format!("Check the whole from the lowest layer up: {objective}"))
            .criticality(Criticality::High)
            .after("upper-layers"),
    ];
    Plan::builder(request.objective())
        .tasks(tasks)
        .meta("files", 0)
        .meta(
            "note",
            Value::from("the context holds no files; with `files`, every file is ordered"),
        )
        .build()
}
