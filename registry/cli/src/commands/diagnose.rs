//! `registry diagnose`: what is loaded, what is not and why, and what to do next.

use registry::diagnose::text::{self, Detail};

use super::VIEW;
use crate::arguments::Diagnose;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

pub(super) fn run(
    diagnose: &Diagnose,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let registry = session.registry()?;
    let diagnosis = registry
        .diagnose()
        .map_err(|error| Failure::of_get(&error))?;
    let detail = if diagnose.verbose {
        Detail::Full
    } else {
        Detail::Short
    };
    output.answer(&diagnosis, |look| {
        format!("{VIEW}{}", text::report(&diagnosis, detail, look))
    })?;
    Ok(())
}
