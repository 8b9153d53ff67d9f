//! `registry select --objective TEXT`: which planner suits best, and why.

mod text;

use registry::plugin_api::PlanRequest;
use registry::{Excluded, Query, Ranked, SelectError};
use serde::Serialize;

use super::context;
use crate::arguments;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

#[derive(Serialize)]
struct Answer<'a> {
    ranking: &'a [Ranked<'a>],
    excluded: &'a [Excluded],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Failure>,
}

pub(super) fn run(
    select: &arguments::Select,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let query = query(select)?;
    let selection = match session.registry()?.select(query) {
        Ok(selection) => selection,
        Err(error) => return Err(nothing(&error, output)?),
    };
    let ranking = match select.top {
        Some(count) => selection.top(count.get()),
        None => selection.ranking(),
    };
    let answer = Answer {
        ranking: &ranking,
        excluded: &selection.excluded(),
        error: None,
    };
    output.answer(&answer, |look| {
        text::answer(&ranking, answer.excluded, look)
    })?;
    Ok(())
}

/// Tells who was left out and why; where people read it, the error follows on stderr.
fn nothing(error: &SelectError, output: &mut Output<'_>) -> Result<Stop, Stop> {
    let failure = Failure::of_select(error);
    if matches!(error, SelectError::Get(_)) {
        return Ok(failure.into());
    }
    let answer = Answer {
        ranking: &[],
        excluded: error.excluded(),
        error: Some(&failure),
    };
    output.answer(&answer, |look| text::answer(&[], answer.excluded, look))?;
    if output.is_json() {
        return Ok(Stop::Unwell);
    }
    Ok(failure.into())
}

/// The query, checked: an objective that no planner would take is a mistake in the arguments.
fn query(select: &arguments::Select) -> Result<Query, Stop> {
    PlanRequest::new(&select.objective)
        .check()
        .map_err(|error| {
            let failure = Failure::new(error.code(), &error).usage();
            failure.see("registry select --help")
        })?;
    let required = select.require.iter().map(|capability| capability.trim());
    let mut query = Query::new(&select.objective)
        .require_all(required.filter(|capability| !capability.is_empty()))
        .prefer_production(!select.no_prefer_production);
    if let Some(file) = &select.context {
        query = query.context(context::read(file)?);
    }
    Ok(query)
}
