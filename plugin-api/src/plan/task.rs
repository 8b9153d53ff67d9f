//! One step of a plan, not yet checked.
//!
//! A task is open data: it is checked, together with all others, when the plan is built.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::limits;

/// One step of a plan.
///
/// ```
/// use plugin_api::Task;
///
/// let task = Task::tool("build", "cargo")
///     .describe("Build every target")
///     .after("fetch")
///     .arg("profile", "release");
/// assert_eq!(task.dependencies, ["fetch"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Task {
    /// Unique in the plan; 1 to 64 of `A-Z a-z 0-9 _ -`.
    #[serde(default)]
    pub task_id: String,
    /// What to do, for a person; 3 to 600 characters.
    #[serde(default)]
    pub description: String,
    /// What sort of step it is.
    #[serde(rename = "type")]
    pub kind: TaskKind,
    /// The tool that does it; required for `TOOL`, `TRANSFORM` and `AGGREGATE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<String>,
    /// What the tool is given; at most 40 keys and 24,000 bytes of JSON.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub args: Map<String, Value>,
    /// Ids of the tasks that must be done before this one.
    #[serde(default)]
    pub dependencies: Vec<String>,
    /// 0 to 1000, lower first, among tasks that are free to run; 100 unless set.
    #[serde(default = "default_priority")]
    pub priority: i64,
    /// How much the plan depends on its success; medium unless set.
    #[serde(default)]
    pub criticality: Criticality,
    /// What it may break; low unless set.
    #[serde(default)]
    pub risk_level: RiskLevel,
    /// What must hold for the tasks behind a `GATE` to run; required there, forbidden elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate_condition: Option<String>,
    /// Words to find it by; at most 20, of 1 to 40 characters.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// Anything else; at most 30 keys and 24,000 bytes of JSON.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

/// What sort of step a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TaskKind {
    /// Runs a tool.
    Tool,
    /// Turns one result into another.
    Transform,
    /// Joins several results into one.
    Aggregate,
    /// Checks what others did.
    Verify,
    /// Lets the tasks behind it run only if a condition holds.
    Gate,
}

/// How much a plan depends on a task's success.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Criticality {
    /// The plan is worth running without it.
    Low,
    /// Its failure costs part of the objective.
    #[default]
    Medium,
    /// Its failure fails the objective.
    High,
}

/// What a task may break.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum RiskLevel {
    /// Nothing that cannot be undone at once.
    #[default]
    Low,
    /// Something that takes work to undo.
    Medium,
    /// Something that may not be undone; allowed only in plans that say so.
    High,
}

impl Task {
    /// A step that runs `tool`.
    pub fn tool(task_id: impl Into<String>, tool: impl Into<String>) -> Task {
        Task::new(TaskKind::Tool, task_id).with_tool(tool)
    }

    /// A step that turns one result into another with `tool`.
    pub fn transform(task_id: impl Into<String>, tool: impl Into<String>) -> Task {
        Task::new(TaskKind::Transform, task_id).with_tool(tool)
    }

    /// A step that joins several results into one with `tool`.
    pub fn aggregate(task_id: impl Into<String>, tool: impl Into<String>) -> Task {
        Task::new(TaskKind::Aggregate, task_id).with_tool(tool)
    }

    /// A step that checks what others did.
    pub fn verify(task_id: impl Into<String>) -> Task {
        Task::new(TaskKind::Verify, task_id)
    }

    /// A step that lets the tasks behind it run only if `condition` holds.
    pub fn gate(task_id: impl Into<String>, condition: impl Into<String>) -> Task {
        Task {
            gate_condition: Some(condition.into()),
            ..Task::new(TaskKind::Gate, task_id)
        }
    }

    fn new(kind: TaskKind, task_id: impl Into<String>) -> Task {
        Task {
            task_id: task_id.into(),
            description: String::new(),
            kind,
            tool_name: None,
            args: Map::new(),
            dependencies: Vec::new(),
            priority: limits::PRIORITY_DEFAULT,
            criticality: Criticality::default(),
            risk_level: RiskLevel::default(),
            gate_condition: None,
            tags: BTreeSet::new(),
            metadata: Map::new(),
        }
    }

    /// Says what to do, for a person.
    #[must_use]
    pub fn describe(self, description: impl Into<String>) -> Task {
        Task {
            description: description.into(),
            ..self
        }
    }

    /// Names the tool, also for a kind that does not require one.
    #[must_use]
    pub fn with_tool(self, tool: impl Into<String>) -> Task {
        Task {
            tool_name: Some(tool.into()),
            ..self
        }
    }

    /// Waits for one more task.
    #[must_use]
    pub fn after(mut self, task_id: impl Into<String>) -> Task {
        self.dependencies.push(task_id.into());
        self
    }

    /// Waits for each of `task_ids` as well.
    #[must_use]
    pub fn after_all<I>(mut self, task_ids: I) -> Task
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.dependencies
            .extend(task_ids.into_iter().map(Into::into));
        self
    }

    /// Gives the tool one more argument.
    #[must_use]
    pub fn arg(mut self, key: impl Into<String>, value: impl Into<Value>) -> Task {
        self.args.insert(key.into(), value.into());
        self
    }

    /// Replaces all arguments.
    #[must_use]
    pub fn args(self, args: Map<String, Value>) -> Task {
        Task { args, ..self }
    }

    /// Sets the priority: 0 to 1000, lower first.
    #[must_use]
    pub fn priority(self, priority: i64) -> Task {
        Task { priority, ..self }
    }

    /// Sets how much the plan depends on its success.
    #[must_use]
    pub fn criticality(self, criticality: Criticality) -> Task {
        Task {
            criticality,
            ..self
        }
    }

    /// Sets what it may break.
    #[must_use]
    pub fn risk(self, risk_level: RiskLevel) -> Task {
        Task { risk_level, ..self }
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Task {
        self.tags.insert(tag.into());
        self
    }

    /// Adds an entry to the metadata.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Task {
        self.metadata.insert(key.into(), value.into());
        self
    }
}

impl TaskKind {
    /// Every kind, in the order of the reports.
    pub const ALL: [TaskKind; 5] = [
        TaskKind::Tool,
        TaskKind::Transform,
        TaskKind::Aggregate,
        TaskKind::Verify,
        TaskKind::Gate,
    ];

    /// The name that stands in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            TaskKind::Tool => "TOOL",
            TaskKind::Transform => "TRANSFORM",
            TaskKind::Aggregate => "AGGREGATE",
            TaskKind::Verify => "VERIFY",
            TaskKind::Gate => "GATE",
        }
    }

    /// Whether a task of this kind must name a tool.
    pub const fn needs_tool(self) -> bool {
        matches!(
            self,
            TaskKind::Tool | TaskKind::Transform | TaskKind::Aggregate
        )
    }
}

impl fmt::Display for TaskKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn default_priority() -> i64 {
    limits::PRIORITY_DEFAULT
}
