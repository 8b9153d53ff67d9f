//! `registry doctor`: what this machine and this user can enforce on workers.

use registry::diagnose::text;

use crate::failure::{Failure, Stop};
use crate::output::Output;

pub(super) fn run(output: &mut Output<'_>) -> Result<(), Stop> {
    let doctor = registry::doctor()
        .map_err(|error| Failure::new(error.code(), &error).remedy(error.remedy()))?;
    output.answer(&doctor, |look| text::doctor(&doctor, look))?;
    Ok(())
}
