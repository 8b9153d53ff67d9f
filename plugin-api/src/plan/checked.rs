//! A plan that passed the check.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::builder::PlanDraft;
use super::check::{allows_high_risk, check, check_size};
use super::graph::{Graph, Layout};
use super::{JsonSize, PlanBuilder, PlanHash, PlanStats, Task, hash, limits, mermaid, stats};
use crate::error::PlanError;

/// A checked graph of tasks: no cycle, nothing missing, every limit kept.
///
/// ```
/// use plugin_api::{Plan, Task};
///
/// let plan = Plan::builder("Release 1.4")
///     .task(Task::verify("smoke").describe("Run the smoke tests").after("build"))
///     .task(Task::tool("build", "cargo").describe("Build every target"))
///     .build()?;
/// let order: Vec<_> = plan.order().map(|task| task.task_id.as_str()).collect();
/// assert_eq!(order, ["build", "smoke"]);
/// assert_eq!(Plan::from_json(&plan.to_json()?)?, plan);
/// # Ok::<(), plugin_api::PlanError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PlanDraft")]
#[expect(
    clippy::struct_field_names,
    reason = "the fields are named as they stand in JSON"
)]
pub struct Plan {
    plan_id: String,
    revision: u32,
    objective: String,
    tasks: Vec<Task>,
    meta: Map<String, Value>,
    #[serde(skip)]
    graph: Graph,
    #[serde(skip)]
    layout: Layout,
}

impl Plan {
    /// Starts a plan for `objective`.
    pub fn builder(objective: impl Into<String>) -> PlanBuilder {
        PlanBuilder::new(objective.into())
    }

    /// Reads and checks a plan.
    ///
    /// Only `type` is required of a task by the reader itself; whatever else is missing is reported
    /// among the issues. Unknown fields are refused, for a misspelt one would be lost.
    ///
    /// # Errors
    /// A [`PlanErrorKind::InvalidPlan`](crate::PlanErrorKind::InvalidPlan): without issues if `json`
    /// is too large or no plan at all, else with every issue found.
    pub fn from_json(json: &[u8]) -> Result<Plan, PlanError> {
        if let Some(complaint) = JsonSize::complaint(json, limits::PLAN_BYTES_MAX) {
            return Err(PlanError::not_a_plan(format!("the plan {complaint}")));
        }
        let draft: PlanDraft = serde_json::from_slice(json)
            .map_err(|error| PlanError::not_a_plan(format!("not a plan: {error}")))?;
        Plan::try_from(draft)
    }

    /// The plan as compact JSON, at most [`limits::PLAN_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// Only by a bug of ours.
    pub fn to_json(&self) -> Result<Vec<u8>, PlanError> {
        serde_json::to_vec(self)
            .map_err(|error| PlanError::failed(format!("our bug: a plan is no JSON: {error}")))
    }

    /// Its name: as set, else `plan-` and the first 16 digits of the content hash.
    pub fn plan_id(&self) -> &str {
        &self.plan_id
    }

    /// Which version of the plan this is.
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// What it is meant to achieve.
    pub fn objective(&self) -> &str {
        &self.objective
    }

    /// The tasks as they were given; [`order`](Plan::order) says in which order to run them.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// The task of this id.
    pub fn task(&self, task_id: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.task_id == task_id)
    }

    /// Whatever else was said of the plan.
    pub fn meta(&self) -> &Map<String, Value> {
        &self.meta
    }

    /// Whether tasks of high risk are allowed in it.
    pub fn allows_high_risk(&self) -> bool {
        allows_high_risk(&self.meta)
    }

    /// The tasks in the order to run them one by one: each after its dependencies; among those free to
    /// run, the lower priority number first, then the lesser id.
    pub fn order(&self) -> impl ExactSizeIterator<Item = &Task> {
        self.layout.order.iter().map(|&task| &self.tasks[task])
    }

    /// Its measures.
    pub fn stats(&self) -> PlanStats {
        stats::measure(&self.tasks, &self.graph, &self.layout)
    }

    /// A hash of all it says: the objective, the meta and every field of every task.
    ///
    /// It does not depend on the plan's id and revision, nor on the order in which tasks, dependencies,
    /// tags and keys are listed.
    pub fn content_hash(&self) -> PlanHash {
        hash::content(&self.objective, &self.tasks, &self.meta)
    }

    /// A hash of its shape alone: the kinds of its tasks and who waits for whom.
    ///
    /// Plans that differ only in ids, texts and other fields have the same one. Different shapes have
    /// different ones, except for rare graphs that look alike from each of their tasks.
    pub fn structural_hash(&self) -> PlanHash {
        hash::structure(&self.tasks, &self.graph, &self.layout.order)
    }

    /// The plan as a Mermaid flowchart. No text in the plan can add, close or restyle anything in it.
    pub fn to_mermaid(&self) -> String {
        mermaid::render(&self.tasks, &self.graph, &self.layout.order)
    }
}

impl TryFrom<PlanDraft> for Plan {
    type Error = PlanError;

    fn try_from(draft: PlanDraft) -> Result<Plan, PlanError> {
        let (graph, layout) = check(&draft)?;
        let plan_id = draft.plan_id.unwrap_or_else(|| {
            let hash = hash::content(&draft.objective, &draft.tasks, &draft.meta).to_string();
            format!("plan-{}", &hash[..16])
        });
        let plan = Plan {
            plan_id,
            revision: draft.revision,
            objective: draft.objective,
            tasks: draft.tasks,
            meta: draft.meta,
            graph,
            layout,
        };
        check_size(&plan)?;
        Ok(plan)
    }
}
