//! `registry explain NAME|FILE`: every gate with verdict and evidence, and the next command to try.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use registry::PlannerName;
use registry::diagnose::text;

use crate::arguments::Explain;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

pub(super) fn run(
    explain: &Explain,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let registry = session.registry()?;
    let explanation = if is_file(&explain.subject) {
        registry.explain_file(&explain.subject)
    } else {
        registry.explain(&explain.subject.to_string_lossy())
    };
    let explanation = explanation.map_err(|error| Failure::of_get(&error))?;
    output.answer(&explanation, |look| text::explain(&explanation, look))?;
    match explanation.refused_by {
        Some(_) => Err(Stop::Unwell),
        None => Ok(()),
    }
}

/// Whether a file is meant: no name holds a slash or a dot.
pub(super) fn is_file(subject: &OsStr) -> bool {
    let path = Path::new(subject);
    let is_name = subject
        .to_str()
        .is_some_and(|text| PlannerName::parse(text).is_ok());
    let looks_like_a_file = subject.as_bytes().contains(&b'/') || path.extension().is_some();
    !is_name && (looks_like_a_file || path.exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_a_name_is_one_and_a_path_is_a_file() {
        let files = [
            "risk_planner",
            " Risk_Planner",
            "a b",
            "x.so",
            "./risk_planner",
            "/",
        ];
        let files = files.map(|text| is_file(OsStr::new(text)));
        assert_eq!(files, [false, false, false, true, true, true]);
    }
}
