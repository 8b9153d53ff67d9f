//! Tasks: what the passes found, written down.

use plugin_api::serde_json::{Value, json};
use plugin_api::{Criticality, Plan, PlanError, PlanRequest, Task};

use crate::areas::Area;
use crate::decompose::Step;
use crate::text::{bounded_list, count, enumerate, head, slug};
use crate::verify::{Check, Checked, Stage};

/// Longest list of files in a task, as JSON.
const FILES_BYTES_MAX: usize = 4_000;

/// Longest name of an area in a task.
const AREA_CHARS_MAX: usize = 48;

/// Most areas in a description.
const AREAS_SHOWN: usize = 3;

/// Longest demand in a description.
const DEMAND_CHARS_MAX: usize = 240;

/// Writes the plan; `merged` is how many goals and steps said the same as another.
pub(crate) fn plan(
    request: &PlanRequest,
    areas: &[Area],
    checked: &Checked,
    merged: usize,
) -> Result<Plan, PlanError> {
    let objective = head(request.objective(), DEMAND_CHARS_MAX);
    let writer = Writer { areas, objective };
    let mut tasks = vec![writer.survey(), writer.design()];
    let mut before = vec!["design".to_owned()];
    let stages = checked.stages.len();
    for (number, stage) in checked.stages.iter().enumerate() {
        let written = writer.stage(number + 1, stages, stage, &before);
        before = match (&stage.check, written.last()) {
            (Some(_), Some(check)) => vec![check.task_id.clone()],
            _ => written.iter().map(|task| task.task_id.clone()).collect(),
        };
        tasks.extend(written);
    }
    let mut plan = Plan::builder(request.objective())
        .tasks(tasks)
        .meta("areas", areas.len())
        .meta("stages", stages)
        .meta("merged", merged);
    if checked.is_joined {
        plan = plan.meta(
            "grouping",
            "a plan holds no more: a goal's areas share one task",
        );
    }
    plan.build()
}

struct Writer<'a> {
    areas: &'a [Area],
    objective: String,
}

impl Writer<'_> {
    fn survey(&self) -> Task {
        let files: usize = self.areas.iter().map(|area| area.files.len()).sum();
        let place = match self.areas.len() {
            0 => String::new(),
            areas => format!(" in {} ({})", count(areas, "area"), count(files, "file")),
        };
        let areas: Vec<Value> = self
            .areas
            .iter()
            .enumerate()
            .map(|(number, area)| {
                json!({"name": self.name(number), "files": area.files.len(), "level": area.level})
            })
            .collect();
        let task = Task::tool("survey", "read").describe(format!(
            "Find what this touches{place}, and who relies on it: {}",
            self.objective
        ));
        if areas.is_empty() {
            task
        } else {
            task.arg("areas", areas)
        }
    }

    fn design(&self) -> Task {
        Task::transform("design", "design")
            .describe(format!(
                "Settle the target structure, its seams, and what must not change: {}",
                self.objective
            ))
            .criticality(Criticality::High)
            .after("survey")
    }

    /// The stage's steps, and its check last if it has one.
    fn stage(&self, number: usize, stages: usize, stage: &Stage, before: &[String]) -> Vec<Task> {
        let mut tasks: Vec<Task> = stage
            .steps
            .iter()
            .enumerate()
            .map(|(step, it)| self.step(number, step + 1, it).after_all(before))
            .collect();
        if let Some(check) = &stage.check {
            let steps = tasks.iter().map(|task| task.task_id.clone());
            let check = self.check(number, stages, check).after_all(steps);
            tasks.push(check);
        }
        tasks
    }

    fn step(&self, stage: usize, number: usize, step: &Step) -> Task {
        let demand = head(&step.text, DEMAND_CHARS_MAX);
        let slug = match step.areas.as_slice() {
            &[area] => slug(self.last_folder(area)),
            _ => slug(&demand),
        };
        let id = format!("s{stage:02}-t{number:02}-{slug}");
        let id = id.trim_end_matches('-');
        let task = if step.is_check {
            Task::verify(id).criticality(Criticality::High)
        } else {
            self.with_files(Task::tool(id, "edit"), &step.areas)
        };
        let place = match step.areas.as_slice() {
            [] => String::new(),
            &[area] => format!(", in {}", self.name(area)),
            several => format!(", in this order: {}", self.names(several)),
        };
        task.describe(format!("Do this{place}: {demand}"))
    }

    fn check(&self, number: usize, stages: usize, check: &Check) -> Task {
        let place = match check.touched.as_slice() {
            [] => "what was asked is done".to_owned(),
            touched => format!("everything in {} still works", self.names(touched)),
        };
        let users = match check.affected.as_slice() {
            [] => String::new(),
            affected => format!(", as does what uses it: {}", self.names(affected)),
        };
        let end = if number == stages {
            format!(
                "; then compare the whole with the objective: {}",
                head(&self.objective, 100)
            )
        } else {
            String::new()
        };
        Task::verify(format!("s{number:02}-verify"))
            .describe(format!(
                "Check stage {number} of {stages}: {place}{users}{end}"
            ))
            .criticality(Criticality::High)
    }

    fn with_files(&self, task: Task, areas: &[usize]) -> Task {
        let files = areas.iter().flat_map(|&area| &self.areas[area].files);
        let (listed, omitted) = bounded_list(files.map(String::as_str), FILES_BYTES_MAX);
        match (listed.is_empty(), omitted) {
            (true, 0) => task,
            (_, 0) => task.arg("files", listed),
            _ => task.arg("files", listed).arg("files_omitted", omitted),
        }
    }

    fn names(&self, areas: &[usize]) -> String {
        let names: Vec<String> = areas.iter().map(|&area| self.name(area)).collect();
        enumerate(&names, AREAS_SHOWN)
    }

    fn name(&self, area: usize) -> String {
        head(&self.areas[area].name, AREA_CHARS_MAX)
    }

    fn last_folder(&self, area: usize) -> &str {
        let name = &self.areas[area].name;
        name.rsplit_once('/').map_or(name, |(_, last)| last)
    }
}
