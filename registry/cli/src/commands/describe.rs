//! `registry describe NAME`: everything known of one planner, without loading it.

use registry::diagnose::text;

use crate::arguments::Describe;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

pub(super) fn run(
    describe: &Describe,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let status = session
        .registry()?
        .describe(&describe.name)
        .map_err(|error| Failure::of_get(&error))?;
    output.answer(&status, |look| text::describe(&status, look))?;
    Ok(())
}
