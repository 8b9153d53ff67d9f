//! `registry health`: whether enough planners can be used, in one line.

use registry::diagnose::text;

use crate::arguments::Health;
use crate::failure::Stop;
use crate::output::Output;
use crate::session::Session;

pub(super) fn run(
    health: &Health,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let health = session.registry()?.health(health.min);
    output.answer(&health, |look| text::health(&health, look))?;
    if health.ready {
        Ok(())
    } else {
        Err(Stop::Unwell)
    }
}
