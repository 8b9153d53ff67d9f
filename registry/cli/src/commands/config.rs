//! `registry config show`: every setting with its value and its origin.

use registry::diagnose::Setting;
use registry::diagnose::text::{Page, settings};
use serde::Serialize;

use crate::failure::Stop;
use crate::output::Output;
use crate::session::Session;

#[derive(Serialize)]
struct Answer {
    settings: Vec<Setting>,
    files: Vec<String>,
    notes: Vec<String>,
}

pub(super) fn run(session: &mut Session<'_>, output: &mut Output<'_>) -> Result<(), Stop> {
    let config = session.config()?;
    let answer = Answer {
        settings: config.settings().iter().map(Setting::from).collect(),
        files: config
            .files()
            .iter()
            .map(|path| path.to_string_lossy().into_owned())
            .collect(),
        notes: config.notes().iter().map(ToString::to_string).collect(),
    };
    output.answer(&answer, |look| {
        let mut page = Page::new(look);
        page.table(0, &settings(&answer.settings));
        page.finish()
    })?;
    Ok(())
}
