//! `registry inspect FILE`: what a plugin file says of itself, without running it.

use registry::diagnose::text::{Cell, Ink, Look, Page, Table, manifest_rows};
use registry::discovery::Candidate;
use registry::inspect_within;
use registry::plugin_api::manifest::Manifest;
use serde::Serialize;

use crate::arguments::Inspect;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

#[derive(Serialize)]
struct Answer<'a> {
    path: String,
    size: u64,
    soname: Option<&'a str>,
    needed: &'a [&'static str],
    manifest: &'a Manifest,
}

pub(super) fn run(
    arguments: &Inspect,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let bytes_max = session.config()?.file_bytes_max();
    let candidate = inspect_within(&arguments.file, bytes_max);
    let candidate = candidate.map_err(|refused| Failure::of_file(&refused))?;
    let answer = Answer::new(&candidate);
    output.answer(&answer, |look| text(&answer, look))?;
    Ok(())
}

impl<'a> Answer<'a> {
    fn new(candidate: &'a Candidate) -> Self {
        let library = candidate.library();
        Self {
            path: candidate.path().to_string_lossy().into_owned(),
            size: candidate.identity().size,
            soname: library.soname.as_deref(),
            needed: &library.needed,
            manifest: candidate.manifest(),
        }
    }
}

fn text(answer: &Answer<'_>, look: Look) -> String {
    let mut table = Table::headless().wrapped();
    let label = |label: &'static str| Cell::new(label).ink(Ink::Faint);
    table.row([label("file"), Cell::new(&answer.path)]);
    table.row([label("size"), Cell::new(format!("{} bytes", answer.size))]);
    table.row([label("needs"), Cell::list(answer.needed)]);
    manifest_rows(answer.manifest, &mut table);
    let mut page = Page::new(look);
    page.line(0, [Cell::new(&answer.manifest.name).ink(Ink::Strong)]);
    page.table(2, &table);
    page.finish()
}
