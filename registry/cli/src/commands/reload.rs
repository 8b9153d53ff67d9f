//! `registry reload`: reads the plugin folders anew and says what changed.

use registry::diagnose::DiscoveryStatus;
use registry::diagnose::text;
use serde::Serialize;

use super::VIEW;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

#[derive(Serialize)]
struct Answer<'a> {
    discovery: &'a DiscoveryStatus,
    active: usize,
    refused_files: usize,
}

pub(super) fn run(session: &mut Session<'_>, output: &mut Output<'_>) -> Result<(), Stop> {
    let registry = session.registry()?;
    registry
        .reload()
        .map_err(|error| Failure::new(error.code(), &error).remedy(error.remedy()))?;
    let diagnosis = registry
        .diagnose()
        .map_err(|error| Failure::of_get(&error))?;
    let answer = Answer {
        discovery: &diagnosis.files.discovery,
        active: registry.health(0).active,
        refused_files: diagnosis.files.refused.len(),
    };
    output.answer(&answer, |look| {
        format!("{VIEW}{}", text::list(&diagnosis, look))
    })?;
    Ok(())
}
