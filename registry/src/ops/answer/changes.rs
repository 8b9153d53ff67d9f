//! Questions that change something.

use std::time::Duration;

use serde::Serialize;

use super::{sentence, told};
use crate::diagnose::{DiscoveryStatus, text};
use crate::name::PlannerName;
use crate::ops::{Answer, Control, Failure, Form};
use crate::planner::{Hold, Quarantine};

#[derive(Serialize)]
struct Reloaded<'a> {
    discovery: &'a DiscoveryStatus,
    active: usize,
    refused_files: usize,
}

#[derive(Serialize)]
struct HeldBack<'a> {
    quarantine: &'a Quarantine,
}

#[derive(Serialize)]
struct LetGo<'a> {
    planner: &'a str,
    lifted: Option<&'a Quarantine>,
    still_held: Option<&'a Quarantine>,
}

#[derive(Serialize)]
struct Closed<'a> {
    /// Those that something was held against.
    reset: &'a [String],
}

pub(super) fn heal(control: &dyn Control, form: Form) -> Result<Answer, Failure> {
    let report = control.heal().map_err(|error| Failure::from(&error))?;
    told(form, report.is_any_active(), &*report, |look| {
        text::heal(&report, look)
    })
}

pub(super) fn reload(control: &dyn Control, form: Form) -> Result<Answer, Failure> {
    control.reload().map_err(|error| Failure::from(&error))?;
    let diagnosis = control.diagnose().map_err(|error| Failure::from(&error))?;
    let body = Reloaded {
        discovery: &diagnosis.files.discovery,
        active: control.health(0).active,
        refused_files: diagnosis.files.refused.len(),
    };
    told(form, true, &body, |look| text::list(&diagnosis, look))
}

pub(super) fn quarantine(
    control: &dyn Control,
    name: &str,
    lasts: Option<Duration>,
    reason: Option<&str>,
    form: Form,
) -> Result<Answer, Failure> {
    let mut hold = Hold::new(reason.unwrap_or_default());
    if let Some(lasts) = lasts {
        hold = hold.lasting(lasts);
    }
    let quarantine = control.quarantine(name, hold);
    let quarantine = quarantine.map_err(|error| Failure::from(&error))?;
    let body = HeldBack {
        quarantine: &quarantine,
    };
    let said = format!("{} {quarantine}", quarantine.planner);
    told(form, true, &body, |look| sentence(&said, look))
}

pub(super) fn lift(control: &dyn Control, name: &str, form: Form) -> Result<Answer, Failure> {
    let lifted = control.lift(name).map_err(|error| Failure::from(&error))?;
    let body = LetGo {
        planner: name,
        lifted: lifted.was.as_ref(),
        still_held: lifted.still.as_ref(),
    };
    let did = match lifted.was {
        Some(_) => "the hold is lifted",
        None => "there was no hold to lift",
    };
    let said = match &lifted.still {
        Some(still) => format!("{name}: {did}; still {still}"),
        None => format!("{name}: {did}"),
    };
    // It was to be free; where it is not, that is not fine.
    let well = lifted.still.is_none();
    told(form, well, &body, |look| sentence(&said, look))
}

pub(super) fn breaker_reset(
    control: &dyn Control,
    name: Option<&str>,
    form: Form,
) -> Result<Answer, Failure> {
    let reset: Vec<String> = match name {
        Some(name) => {
            let troubled = control.reset_breaker(name);
            let troubled = troubled.map_err(|error| Failure::from(&error))?;
            troubled.then(|| name.to_owned()).into_iter().collect()
        }
        None => {
            let reset = control.reset_breakers();
            let reset = reset.map_err(|error| Failure::from(&error))?;
            reset.iter().map(PlannerName::to_string).collect()
        }
    };
    let said = if reset.is_empty() {
        "nothing was held against anybody".to_owned()
    } else {
        format!("breaker closed: {}", reset.join(", "))
    };
    let body = Closed { reset: &reset };
    told(form, true, &body, |look| sentence(&said, look))
}
