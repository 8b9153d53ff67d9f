//! `registry events [--since D]`: what changed lately.

use std::time::SystemTime;

use registry::Event;
use registry::diagnose::text;
use serde::Serialize;

use crate::arguments::Events;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

#[derive(Serialize)]
struct Answer {
    events: Vec<Event>,
}

pub(super) fn run(
    asked: &Events,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let since = asked.since;
    let since = since.and_then(|since| SystemTime::now().checked_sub(since));
    let events = session
        .registry()?
        .events(since)
        .map_err(|error| Failure::new(error.code(), &error).remedy(error.remedy().to_owned()))?;
    let answer = Answer { events };
    output.answer(&answer, |look| text::events(&answer.events, look))?;
    Ok(())
}
