//! Questions that change nothing.

use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::told;
use crate::diagnose::text::{self, Detail};
use crate::diagnose::{DiscoveryStatus, Explanation, FolderStatus, PlannerStatus};
use crate::event::Event;
use crate::ops::{Answer, Control, Failure, Form};
use crate::planner::GetError;

#[derive(Serialize)]
struct Listed<'a> {
    planners: &'a [PlannerStatus],
    folders: &'a [FolderStatus],
    refused_files: usize,
    discovery: &'a DiscoveryStatus,
}

#[derive(Serialize)]
struct Happened<'a> {
    events: &'a [Event],
}

pub(super) fn list(control: &dyn Control, form: Form) -> Result<Answer, Failure> {
    let diagnosis = control.diagnose().map_err(|error| Failure::from(&error))?;
    let body = Listed {
        planners: &diagnosis.planners,
        folders: &diagnosis.files.folders,
        refused_files: diagnosis.files.refused.len(),
        discovery: &diagnosis.files.discovery,
    };
    told(form, true, &body, |look| text::list(&diagnosis, look))
}

pub(super) fn describe(control: &dyn Control, name: &str, form: Form) -> Result<Answer, Failure> {
    let status = control.describe(name);
    let status = status.map_err(|error| Failure::from(&error))?;
    told(form, true, &status, |look| text::describe(&status, look))
}

pub(super) fn explain(
    explained: Result<Explanation, GetError>,
    form: Form,
) -> Result<Answer, Failure> {
    let explanation = explained.map_err(|error| Failure::from(&error))?;
    let well = explanation.refused_by.is_none();
    told(form, well, &explanation, |look| {
        text::explain(&explanation, look)
    })
}

pub(super) fn diagnose(
    control: &dyn Control,
    verbose: bool,
    form: Form,
) -> Result<Answer, Failure> {
    let diagnosis = control.diagnose().map_err(|error| Failure::from(&error))?;
    let detail = if verbose { Detail::Full } else { Detail::Short };
    told(form, true, &diagnosis, |look| {
        text::report(&diagnosis, detail, look)
    })
}

pub(super) fn health(
    control: &dyn Control,
    active_min: usize,
    form: Form,
) -> Result<Answer, Failure> {
    let health = control.health(active_min);
    told(form, health.ready, &health, |look| {
        text::health(&health, look)
    })
}

pub(super) fn events(
    control: &dyn Control,
    since: Option<Duration>,
    form: Form,
) -> Result<Answer, Failure> {
    let since = since.and_then(|since| SystemTime::now().checked_sub(since));
    let events = control.events(since);
    let events = events.map_err(|error| Failure::from(&error))?;
    let body = Happened { events: &events };
    told(form, true, &body, |look| text::events(&events, look))
}
