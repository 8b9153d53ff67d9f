//! `registry list`: every allowed planner and where it stands.

use registry::diagnose::text;
use registry::diagnose::{DiscoveryStatus, FolderStatus, PlannerStatus};
use serde::Serialize;

use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

#[derive(Serialize)]
struct Answer<'a> {
    planners: &'a [PlannerStatus],
    folders: &'a [FolderStatus],
    refused_files: usize,
    discovery: &'a DiscoveryStatus,
}

pub(super) fn run(session: &mut Session<'_>, output: &mut Output<'_>) -> Result<(), Stop> {
    let registry = session.registry()?;
    let diagnosis = registry
        .diagnose()
        .map_err(|error| Failure::of_get(&error))?;
    let answer = Answer {
        planners: &diagnosis.planners,
        folders: &diagnosis.files.folders,
        refused_files: diagnosis.files.refused.len(),
        discovery: &diagnosis.files.discovery,
    };
    output.answer(&answer, |look| text::list(&diagnosis, look))?;
    Ok(())
}
