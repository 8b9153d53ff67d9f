//! Gathers the parts of a plan before they are checked together.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::check::HIGH_RISK_SWITCH;
use super::{Plan, Task};
use crate::error::PlanError;

/// Gathers the parts of a plan; made by [`Plan::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder makes no plan until `build` is called"]
pub struct PlanBuilder {
    draft: PlanDraft,
}

/// A plan that nobody has checked: what the builder gathers and what JSON holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanDraft {
    pub(super) plan_id: Option<String>,
    #[serde(default = "first_revision")]
    pub(super) revision: u32,
    #[serde(default)]
    pub(super) objective: String,
    #[serde(default)]
    pub(super) tasks: Vec<Task>,
    #[serde(default)]
    pub(super) meta: Map<String, Value>,
}

impl PlanBuilder {
    pub(super) fn new(objective: String) -> PlanBuilder {
        PlanBuilder {
            draft: PlanDraft {
                plan_id: None,
                revision: first_revision(),
                objective,
                tasks: Vec::new(),
                meta: Map::new(),
            },
        }
    }

    /// Names the plan; without it, the name follows from the content.
    pub fn plan_id(mut self, plan_id: impl Into<String>) -> PlanBuilder {
        self.draft.plan_id = Some(plan_id.into());
        self
    }

    /// Sets the revision, which is 1 otherwise.
    pub fn revision(mut self, revision: u32) -> PlanBuilder {
        self.draft.revision = revision;
        self
    }

    /// Adds a task. The order of calls carries no meaning.
    pub fn task(mut self, task: Task) -> PlanBuilder {
        self.draft.tasks.push(task);
        self
    }

    /// Adds several tasks.
    pub fn tasks(mut self, tasks: impl IntoIterator<Item = Task>) -> PlanBuilder {
        self.draft.tasks.extend(tasks);
        self
    }

    /// Adds an entry to the plan's own metadata: at most 30 keys and 24,000 bytes of JSON.
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> PlanBuilder {
        self.draft.meta.insert(key.into(), value.into());
        self
    }

    /// Allows tasks of high risk. The plan carries this as `meta.allow_high_risk`, for every reader
    /// to see.
    pub fn allow_high_risk(self) -> PlanBuilder {
        self.meta(HIGH_RISK_SWITCH, true)
    }

    /// Checks everything at once.
    ///
    /// # Errors
    /// A [`PlanErrorKind::InvalidPlan`](crate::PlanErrorKind::InvalidPlan) that carries every issue
    /// found, not only the first.
    pub fn build(self) -> Result<Plan, PlanError> {
        Plan::try_from(self.draft)
    }
}

fn first_revision() -> u32 {
    1
}
