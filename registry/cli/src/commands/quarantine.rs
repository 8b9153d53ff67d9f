//! `registry quarantine NAME`: holds a planner back, or lifts the hold.

use registry::{Hold, Lifted, Quarantine};
use serde::Serialize;

use crate::arguments;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

#[derive(Serialize)]
struct Answer<'a> {
    quarantine: &'a Quarantine,
}

#[derive(Serialize)]
struct LiftedAnswer<'a> {
    planner: &'a str,
    lifted: Option<&'a Quarantine>,
    still_held: Option<&'a Quarantine>,
}

pub(super) fn run(
    wanted: &arguments::Quarantine,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let registry = session.registry_with_state()?;
    if wanted.lift {
        let lifted = registry.lift(&wanted.name);
        let lifted = lifted.map_err(|error| Failure::of_change(&error))?;
        return lift(&wanted.name, &lifted, output);
    }
    let mut hold = Hold::new(wanted.reason.clone().unwrap_or_default());
    if let Some(lasts) = wanted.lasts {
        hold = hold.lasting(lasts);
    }
    let quarantine = registry
        .quarantine(&wanted.name, hold)
        .map_err(|error| Failure::of_change(&error))?;
    let body = Answer {
        quarantine: &quarantine,
    };
    let text = format!("{} {quarantine}", quarantine.planner);
    output.answer(&body, |look| super::sentence(&text, look))?;
    Ok(())
}

fn lift(name: &str, lifted: &Lifted, output: &mut Output<'_>) -> Result<(), Stop> {
    let body = LiftedAnswer {
        planner: name,
        lifted: lifted.was.as_ref(),
        still_held: lifted.still.as_ref(),
    };
    let did = match lifted.was {
        Some(_) => "the hold is lifted",
        None => "there was no hold to lift",
    };
    let text = match &lifted.still {
        Some(still) => format!("{name}: {did}; still {still}"),
        None => format!("{name}: {did}"),
    };
    output.answer(&body, |look| super::sentence(&text, look))?;
    // It was to be free and is not.
    if lifted.still.is_some() {
        return Err(Stop::Unwell);
    }
    Ok(())
}
