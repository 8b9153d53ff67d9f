//! `registry plan NAME OBJECTIVE`: asks a planner, and shows what it answers.

mod text;

use registry::Registry;
use registry::plugin_api::{Plan, PlanRequest, PlanStats};
use serde::Serialize;

use super::context;
use crate::arguments;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

/// How many lines of what a crashed worker wrote to stderr are shown; its record has all.
const LAST_LINES: usize = 5;

#[derive(Serialize)]
struct Answer<'a> {
    planner: &'a str,
    plan: &'a Plan,
    order: Vec<&'a str>,
    stats: PlanStats,
    content_hash: String,
    structural_hash: String,
}

pub(super) fn run(
    plan: &arguments::Plan,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let request = request(plan)?;
    let registry = session.registry()?;
    let planner = registry
        .handle(&plan.name)
        .map_err(|error| Failure::of_get(&error))?;
    let answer = planner.plan(&request).map_err(|error| {
        // Whoever asks later asks another process, which did not hear it.
        let said = last_words(&registry, &plan.name).filter(|_| error.code() == "E_WORKER_CRASH");
        Failure::of_plan(&error).also(said.into_iter().flatten())
    })?;
    if plan.mermaid {
        output.raw(answer.to_mermaid().as_bytes())?;
    } else {
        // As the planner is called, not as it was typed.
        let name = planner.name().as_str();
        let body = Answer::new(name, &answer);
        output.product(&body, |look| text::plan(name, &answer, look))?;
    }
    Ok(())
}

/// The end of what the planner's last worker wrote to stderr before it crashed.
fn last_words(registry: &Registry, planner: &str) -> Option<Vec<String>> {
    let crash = registry.describe(planner).ok()?.last_crash?;
    let lines: Vec<_> = crash.stderr.lines().collect();
    let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
    let words = last
        .iter()
        .map(|line| format!("it wrote to stderr: {line}"));
    Some(words.collect())
}

impl<'a> Answer<'a> {
    fn new(planner: &'a str, plan: &'a Plan) -> Self {
        Self {
            planner,
            plan,
            order: plan.order().map(|task| task.task_id.as_str()).collect(),
            stats: plan.stats(),
            content_hash: plan.content_hash().to_string(),
            structural_hash: plan.structural_hash().to_string(),
        }
    }
}

/// The request, checked: what is wrong with it is a mistake in the command's arguments.
fn request(plan: &arguments::Plan) -> Result<PlanRequest, Stop> {
    let mut request = PlanRequest::new(&plan.objective);
    if let Some(file) = &plan.context {
        request = request.with_context(context::read(file)?);
    }
    if let Some(deadline) = plan.deadline {
        request = request.with_deadline(deadline);
    }
    request.check().map_err(|error| {
        let failure = Failure::new(error.code(), &error).usage();
        failure.see("registry plan --help")
    })?;
    Ok(request)
}
