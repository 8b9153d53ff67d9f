//! The one check that turns a draft into a plan, or into every issue it has.

use serde_json::{Map, Value};

use super::builder::PlanDraft;
use super::cycles::find_cycles;
use super::graph::{Graph, Layout};
use super::text::{clip, is_plain};
use super::{
    JsonSize, ObjectField, Plan, PlanIssue, RiskLevel, Task, TaskKind, limits, nesting_exceeds,
};
use crate::error::PlanError;

/// The key of a plan's meta that allows tasks of high risk.
pub(super) const HIGH_RISK_SWITCH: &str = "allow_high_risk";

/// Issues found so far: the first [`limits::ISSUES_MAX`] of them, and how many more there were.
#[derive(Debug, Default)]
pub(super) struct Issues {
    kept: Vec<PlanIssue>,
    omitted: usize,
}

impl Issues {
    pub(super) fn push(&mut self, issue: PlanIssue) {
        if self.kept.len() < limits::ISSUES_MAX {
            self.kept.push(issue);
        } else {
            self.omitted += 1;
        }
    }

    fn into_result(self) -> Result<(), PlanError> {
        if self.kept.is_empty() {
            return Ok(());
        }
        Err(PlanError::invalid_plan(self.kept, self.omitted))
    }
}

/// Checks every rule but that for the size of the whole. Issues come plan first, then graph, then task by task.
pub(super) fn check(draft: &PlanDraft) -> Result<(Graph, Layout), PlanError> {
    let mut issues = Issues::default();
    check_plan(draft, &mut issues);
    let graph = Graph::link(&draft.tasks, &mut issues);
    let layout = check_graph(&draft.tasks, &graph, &mut issues);
    let high_risk_allowed = allows_high_risk(&draft.meta);
    for (position, task) in draft.tasks.iter().enumerate() {
        check_task(task, position, high_risk_allowed, &mut issues);
    }
    issues.into_result()?;
    Ok((graph, layout))
}

/// The last check, on a plan whose every part is within its bounds: only their sum can be too large.
pub(super) fn check_size(plan: &Plan) -> Result<(), PlanError> {
    let Some(JsonSize { bytes, parts, .. }) = JsonSize::of(plan) else {
        return Err(PlanError::failed("our bug: a plan is no JSON"));
    };
    let mut issues = Issues::default();
    if bytes > limits::PLAN_BYTES_MAX {
        issues.push(PlanIssue::PlanSize { bytes });
    }
    if parts > limits::JSON_PARTS_MAX {
        issues.push(PlanIssue::PlanParts { parts });
    }
    issues.into_result()
}

pub(super) fn allows_high_risk(meta: &Map<String, Value>) -> bool {
    meta.get(HIGH_RISK_SWITCH) == Some(&Value::Bool(true))
}

/// An id of unknown origin, fit to be named in an issue.
pub(super) fn quoted(id: &str) -> String {
    clip(id, limits::ID_CHARS_MAX)
}

fn check_plan(draft: &PlanDraft, issues: &mut Issues) {
    if let Err(chars) = check_text(&draft.objective, 1, limits::OBJECTIVE_CHARS_MAX) {
        issues.push(PlanIssue::ObjectiveLength { chars });
    }
    if let Some(plan_id) = &draft.plan_id
        && !is_id(plan_id)
    {
        issues.push(PlanIssue::PlanIdForm {
            plan_id: quoted(plan_id),
        });
    }
    check_object(&draft.meta, None, ObjectField::Meta, issues);
    if !matches!(
        draft.meta.get(HIGH_RISK_SWITCH),
        None | Some(Value::Bool(_))
    ) {
        issues.push(PlanIssue::HighRiskSwitchForm);
    }
    match draft.tasks.len() {
        0 => issues.push(PlanIssue::NoTasks),
        count if count > limits::TASKS_MAX => issues.push(PlanIssue::TooManyTasks { count }),
        _ => {}
    }
}

fn check_graph(tasks: &[Task], graph: &Graph, issues: &mut Issues) -> Layout {
    let layout = graph.sort(tasks);
    if layout.order.len() < tasks.len() {
        for cycle in find_cycles(graph, |task| (&tasks[task].task_id, task)) {
            let closed = cycle.iter().chain(cycle.first());
            issues.push(PlanIssue::Cycle {
                path: closed.map(|&task| quoted(&tasks[task].task_id)).collect(),
            });
        }
    }
    // The first of the deepest, so that the task named does not depend on how the tasks were listed.
    let deepest = layout
        .order
        .iter()
        .copied()
        .rev()
        .max_by_key(|&task| layout.level[task]);
    if let Some(task) = deepest
        && layout.level[task] > limits::DEPTH_MAX
    {
        issues.push(PlanIssue::Depth {
            task: quoted(&tasks[task].task_id),
            depth: layout.level[task],
        });
    }
    for (task, dependents) in tasks.iter().zip(&graph.dependents) {
        if dependents.len() > limits::OUT_DEGREE_MAX {
            issues.push(PlanIssue::OutDegree {
                task: quoted(&task.task_id),
                dependents: dependents.len(),
            });
        }
    }
    layout
}

fn check_task(task: &Task, position: usize, high_risk_allowed: bool, issues: &mut Issues) {
    let name = || quoted(&task.task_id);
    if !is_id(&task.task_id) {
        issues.push(PlanIssue::TaskIdForm {
            task: name(),
            position: position + 1,
        });
    }
    let description = check_text(
        &task.description,
        limits::DESCRIPTION_CHARS_MIN,
        limits::DESCRIPTION_CHARS_MAX,
    );
    if let Err(chars) = description {
        issues.push(PlanIssue::DescriptionLength {
            task: name(),
            chars,
        });
    }
    if !(0..=limits::PRIORITY_MAX).contains(&task.priority) {
        issues.push(PlanIssue::PriorityRange {
            task: name(),
            priority: task.priority,
        });
    }
    if task.risk_level == RiskLevel::High && !high_risk_allowed {
        issues.push(PlanIssue::HighRiskNotAllowed { task: name() });
    }
    check_tool(task, issues);
    check_gate(task, issues);
    check_tags(task, issues);
    check_object(&task.args, Some(task), ObjectField::Args, issues);
    check_object(&task.metadata, Some(task), ObjectField::Metadata, issues);
}

fn check_tool(task: &Task, issues: &mut Issues) {
    let name = || quoted(&task.task_id);
    match &task.tool_name {
        None if task.kind.needs_tool() => issues.push(PlanIssue::ToolNameMissing { task: name() }),
        Some(tool)
            if check_text(tool, 1, limits::TOOL_NAME_CHARS_MAX).is_err()
                || !tool.chars().all(is_plain) =>
        {
            issues.push(PlanIssue::ToolNameForm { task: name() });
        }
        _ => {}
    }
}

fn check_gate(task: &Task, issues: &mut Issues) {
    let name = || quoted(&task.task_id);
    match (&task.gate_condition, task.kind) {
        (None, TaskKind::Gate) => issues.push(PlanIssue::GateConditionMissing { task: name() }),
        (Some(condition), TaskKind::Gate) => {
            if let Err(chars) = check_text(condition, 1, limits::GATE_CONDITION_CHARS_MAX) {
                issues.push(PlanIssue::GateConditionLength {
                    task: name(),
                    chars,
                });
            }
        }
        (Some(_), _) => issues.push(PlanIssue::GateConditionMisplaced { task: name() }),
        (None, _) => {}
    }
}

fn check_tags(task: &Task, issues: &mut Issues) {
    if task.tags.len() > limits::TAGS_MAX {
        issues.push(PlanIssue::TooManyTags {
            task: quoted(&task.task_id),
            count: task.tags.len(),
        });
    }
    for tag in &task.tags {
        if check_text(tag, 1, limits::TAG_CHARS_MAX).is_err() {
            issues.push(PlanIssue::TagForm {
                task: quoted(&task.task_id),
                tag: quoted(tag),
            });
        }
    }
}

fn check_object(
    object: &Map<String, Value>,
    task: Option<&Task>,
    field: ObjectField,
    issues: &mut Issues,
) {
    let task = || task.map(|task| quoted(&task.task_id));
    if object.len() > field.keys_max() {
        issues.push(PlanIssue::TooManyKeys {
            task: task(),
            field,
            count: object.len(),
        });
    }
    if nesting_exceeds(object) {
        issues.push(PlanIssue::ObjectNesting {
            task: task(),
            field,
        });
        return;
    }
    let bytes = JsonSize::of(object).map_or(usize::MAX, |size| size.bytes);
    if bytes > limits::OBJECT_BYTES_MAX {
        issues.push(PlanIssue::ObjectSize {
            task: task(),
            field,
            bytes,
        });
    }
}

/// Whether `text` is not too short without its blank ends nor too long as it is; else its length.
fn check_text(text: &str, chars_min: usize, chars_max: usize) -> Result<(), usize> {
    let chars = text.chars().count();
    if chars > chars_max {
        return Err(chars);
    }
    let inner = text.trim().chars().count();
    if inner < chars_min {
        return Err(inner);
    }
    Ok(())
}

fn is_id(id: &str) -> bool {
    (1..=limits::ID_CHARS_MAX).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
