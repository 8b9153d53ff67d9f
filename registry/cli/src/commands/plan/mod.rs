//! `registry plan NAME OBJECTIVE`: asks a planner, and shows what it answers.

mod text;

use registry::plugin_api::{Plan, PlanRequest, PlanStats};
use serde::Serialize;

use super::context;
use crate::arguments;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

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
    let answer = planner
        .plan(&request)
        .map_err(|error| Failure::of_plan(&error))?;
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
