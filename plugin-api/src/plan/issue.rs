//! What can be wrong with a plan, one variant for each rule.

use serde::{Deserialize, Serialize};

use super::limits;

/// One broken rule. Its text is a sentence that names the task; [`PlanIssue::code`] is for machines.
///
/// Ids that are quoted here are cut to 64 characters, so a valid one is always whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlanIssue {
    /// The objective is blank or too long.
    #[error(
        "the objective has {chars} characters; 1 to {} are allowed, not all blank",
        limits::OBJECTIVE_CHARS_MAX
    )]
    ObjectiveLength {
        /// Its length.
        chars: usize,
    },
    /// The plan's id has another form than a task's.
    #[error(
        "plan id {plan_id:?} is not 1 to {} of A-Z, a-z, 0-9, '_' and '-'",
        limits::ID_CHARS_MAX
    )]
    PlanIdForm {
        /// The id.
        plan_id: String,
    },
    /// There is nothing to do.
    #[error("the plan has no task")]
    NoTasks,
    /// There is too much to do.
    #[error(
        "the plan has {count} tasks; at most {} are allowed",
        limits::TASKS_MAX
    )]
    TooManyTasks {
        /// How many tasks there are.
        count: usize,
    },
    /// The whole plan is too large.
    #[error(
        "the plan takes {bytes} bytes as JSON; at most {} are allowed",
        limits::PLAN_BYTES_MAX
    )]
    PlanSize {
        /// Its size as JSON.
        bytes: usize,
    },
    /// The whole plan has too many values.
    #[error(
        "the plan has {parts} commas and opening brackets as JSON; at most {} are allowed",
        limits::JSON_PARTS_MAX
    )]
    PlanParts {
        /// Its commas and opening brackets as JSON.
        parts: usize,
    },
    /// A chain of dependencies is too long.
    #[error(
        "task {task:?} ends a chain of {depth} tasks; at most {} are allowed",
        limits::DEPTH_MAX
    )]
    Depth {
        /// The last task of the longest chain.
        task: String,
        /// How many tasks the chain has.
        depth: usize,
    },
    /// Too many tasks wait for one.
    #[error(
        "{dependents} tasks wait directly for task {task:?}; at most {} are allowed",
        limits::OUT_DEGREE_MAX
    )]
    OutDegree {
        /// The task they wait for.
        task: String,
        /// How many they are.
        dependents: usize,
    },
    /// Tasks wait for each other.
    #[error("tasks wait for each other in a cycle: {}", cycle_text(path))]
    Cycle {
        /// Each task waits for the next; the last is the first again.
        path: Vec<String>,
    },
    /// Two or more tasks share an id.
    #[error("{count} tasks have the id {task:?}")]
    DuplicateTaskId {
        /// The id.
        task: String,
        /// How many have it.
        count: usize,
    },
    /// A task waits for itself.
    #[error("task {task:?} waits for itself")]
    SelfDependency {
        /// The task.
        task: String,
    },
    /// A task waits for one that is not there.
    #[error("task {task:?} waits for {dependency:?}, which is no task of the plan")]
    MissingDependency {
        /// The task.
        task: String,
        /// What it waits for.
        dependency: String,
    },
    /// A task names a dependency more than once.
    #[error("task {task:?} names its dependency {dependency:?} more than once")]
    DuplicateDependency {
        /// The task.
        task: String,
        /// The dependency.
        dependency: String,
    },
    /// A task's id has the wrong form.
    #[error(
        "task {position} has the id {task:?}, which is not 1 to {} of A-Z, a-z, 0-9, '_' and '-'",
        limits::ID_CHARS_MAX
    )]
    TaskIdForm {
        /// The id.
        task: String,
        /// Where the task stands in the plan, counted from 1.
        position: usize,
    },
    /// A description is too short or too long.
    #[error(
        "the description of task {task:?} has {chars} characters; {} to {} are allowed, blank ends not counted",
        limits::DESCRIPTION_CHARS_MIN,
        limits::DESCRIPTION_CHARS_MAX
    )]
    DescriptionLength {
        /// The task.
        task: String,
        /// Its length.
        chars: usize,
    },
    /// A task that needs a tool names none.
    #[error("task {task:?} needs a tool name")]
    ToolNameMissing {
        /// The task.
        task: String,
    },
    /// A tool name is blank, too long, or holds characters that cannot be shown.
    #[error(
        "the tool name of task {task:?} is not 1 to {} visible characters",
        limits::TOOL_NAME_CHARS_MAX
    )]
    ToolNameForm {
        /// The task.
        task: String,
    },
    /// A priority is out of range.
    #[error(
        "task {task:?} has priority {priority}; 0 to {} are allowed",
        limits::PRIORITY_MAX
    )]
    PriorityRange {
        /// The task.
        task: String,
        /// Its priority.
        priority: i64,
    },
    /// A gate names no condition.
    #[error("gate {task:?} needs a condition")]
    GateConditionMissing {
        /// The gate.
        task: String,
    },
    /// A task that is no gate names a condition.
    #[error("task {task:?} is no gate, so it cannot have a gate condition")]
    GateConditionMisplaced {
        /// The task.
        task: String,
    },
    /// A gate's condition is blank or too long.
    #[error(
        "the condition of gate {task:?} has {chars} characters; 1 to {} are allowed, not all blank",
        limits::GATE_CONDITION_CHARS_MAX
    )]
    GateConditionLength {
        /// The gate.
        task: String,
        /// Its length.
        chars: usize,
    },
    /// A task is of high risk, and the plan does not allow that.
    #[error("task {task:?} is of high risk, which this plan does not allow")]
    HighRiskNotAllowed {
        /// The task.
        task: String,
    },
    /// A task has too many tags.
    #[error(
        "task {task:?} has {count} tags; at most {} are allowed",
        limits::TAGS_MAX
    )]
    TooManyTags {
        /// The task.
        task: String,
        /// How many it has.
        count: usize,
    },
    /// A tag is blank or too long.
    #[error(
        "tag {tag:?} of task {task:?} is not 1 to {} characters, not all blank",
        limits::TAG_CHARS_MAX
    )]
    TagForm {
        /// The task.
        task: String,
        /// The tag.
        tag: String,
    },
    /// An object has too many keys.
    #[error("{} has {count} keys; at most {} are allowed", field.of(task.as_deref()), field.keys_max())]
    TooManyKeys {
        /// The task; none for the plan's own metadata.
        task: Option<String>,
        /// Which object.
        field: ObjectField,
        /// How many keys it has.
        count: usize,
    },
    /// An object is too large.
    #[error("{} takes {bytes} bytes as JSON; at most {} are allowed", field.of(task.as_deref()), limits::OBJECT_BYTES_MAX)]
    ObjectSize {
        /// The task; none for the plan's own metadata.
        task: Option<String>,
        /// Which object.
        field: ObjectField,
        /// Its size as JSON.
        bytes: usize,
    },
    /// An object nests too deep.
    #[error("{} nests deeper than {} levels", field.of(task.as_deref()), limits::NESTING_MAX)]
    ObjectNesting {
        /// The task; none for the plan's own metadata.
        task: Option<String>,
        /// Which object.
        field: ObjectField,
    },
    /// `meta.allow_high_risk` is neither true nor false.
    #[error("the plan's meta.allow_high_risk is neither true nor false")]
    HighRiskSwitchForm,
    /// An issue that only a later version of this crate knows.
    #[error("a rule that this version does not know is broken")]
    #[serde(other)]
    Unknown,
}

/// The JSON objects of a plan that have bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ObjectField {
    /// A task's arguments.
    Args,
    /// A task's metadata.
    Metadata,
    /// The plan's own metadata.
    Meta,
}

impl PlanIssue {
    /// The stable name of the broken rule, the same that stands under `code` in JSON.
    pub fn code(&self) -> &'static str {
        match self {
            PlanIssue::ObjectiveLength { .. } => "objective_length",
            PlanIssue::PlanIdForm { .. } => "plan_id_form",
            PlanIssue::NoTasks => "no_tasks",
            PlanIssue::TooManyTasks { .. } => "too_many_tasks",
            PlanIssue::PlanSize { .. } => "plan_size",
            PlanIssue::PlanParts { .. } => "plan_parts",
            PlanIssue::Depth { .. } => "depth",
            PlanIssue::OutDegree { .. } => "out_degree",
            PlanIssue::Cycle { .. } => "cycle",
            PlanIssue::DuplicateTaskId { .. } => "duplicate_task_id",
            PlanIssue::SelfDependency { .. } => "self_dependency",
            PlanIssue::MissingDependency { .. } => "missing_dependency",
            PlanIssue::DuplicateDependency { .. } => "duplicate_dependency",
            PlanIssue::TaskIdForm { .. } => "task_id_form",
            PlanIssue::DescriptionLength { .. } => "description_length",
            PlanIssue::ToolNameMissing { .. } => "tool_name_missing",
            PlanIssue::ToolNameForm { .. } => "tool_name_form",
            PlanIssue::PriorityRange { .. } => "priority_range",
            PlanIssue::GateConditionMissing { .. } => "gate_condition_missing",
            PlanIssue::GateConditionMisplaced { .. } => "gate_condition_misplaced",
            PlanIssue::GateConditionLength { .. } => "gate_condition_length",
            PlanIssue::HighRiskNotAllowed { .. } => "high_risk_not_allowed",
            PlanIssue::TooManyTags { .. } => "too_many_tags",
            PlanIssue::TagForm { .. } => "tag_form",
            PlanIssue::TooManyKeys { .. } => "too_many_keys",
            PlanIssue::ObjectSize { .. } => "object_size",
            PlanIssue::ObjectNesting { .. } => "object_nesting",
            PlanIssue::HighRiskSwitchForm => "high_risk_switch_form",
            PlanIssue::Unknown => "unknown",
        }
    }
}

impl ObjectField {
    pub(super) const fn keys_max(self) -> usize {
        match self {
            ObjectField::Args => limits::ARGS_KEYS_MAX,
            ObjectField::Metadata | ObjectField::Meta => limits::METADATA_KEYS_MAX,
        }
    }

    fn of(self, task: Option<&str>) -> String {
        let name = match self {
            ObjectField::Args => "args",
            ObjectField::Metadata => "metadata",
            ObjectField::Meta => "meta",
        };
        match task {
            Some(task) => format!("{name} of task {task:?}"),
            None => format!("{name} of the plan"),
        }
    }
}

/// How many tasks of a cycle are shown in its sentence; the issue itself holds all.
const CYCLE_TASKS_SHOWN: usize = 12;

fn cycle_text(path: &[String]) -> String {
    let quoted: Vec<String> = path.iter().map(|task| format!("{task:?}")).collect();
    match quoted.as_slice() {
        [head @ .., last] if head.len() > CYCLE_TASKS_SHOWN => format!(
            "{} → … {} more … → {last}",
            head[..CYCLE_TASKS_SHOWN].join(" → "),
            head.len() - CYCLE_TASKS_SHOWN
        ),
        all => all.join(" → "),
    }
}
