//! `registry breaker reset`: closes the breaker of one planner, or of all.

use registry::PlannerName;
use serde::Serialize;

use crate::arguments::BreakerReset;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

#[derive(Serialize)]
struct Answer<'a> {
    /// Those that something was held against.
    reset: &'a [String],
}

pub(super) fn reset(
    wanted: &BreakerReset,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let registry = session.registry_with_state()?;
    let reset: Vec<String> = match &wanted.name {
        Some(name) => {
            let troubled = registry.reset_breaker(name);
            let troubled = troubled.map_err(|error| Failure::of_change(&error))?;
            troubled.then(|| name.clone()).into_iter().collect()
        }
        None => {
            let reset = registry.reset_breakers();
            let reset = reset.map_err(|error| Failure::of_change(&error))?;
            reset.iter().map(PlannerName::to_string).collect()
        }
    };
    let text = if reset.is_empty() {
        "nothing was held against anybody".to_owned()
    } else {
        format!("breaker closed: {}", reset.join(", "))
    };
    let body = Answer { reset: &reset };
    output.answer(&body, |look| super::sentence(&text, look))?;
    Ok(())
}
