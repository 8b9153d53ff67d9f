//! `registry heal`: tries to bring planners back if none is active.

use registry::diagnose::text;

use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

pub(super) fn run(session: &mut Session<'_>, output: &mut Output<'_>) -> Result<(), Stop> {
    let report = session
        .registry()?
        .heal()
        .map_err(|error| Failure::new(error.code(), &error).remedy(error.remedy()))?;
    output.answer(&*report, |look| text::heal(&report, look))?;
    if report.is_any_active() {
        Ok(())
    } else {
        Err(Stop::Unwell)
    }
}
