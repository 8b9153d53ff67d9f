//! `registry bundle FILE`: everything that a colleague needs who is asked for help, in one archive.
//!
//! ```text
//! Session ─ members ─> [Member] (scrubbed, bounded) ─ archive ─> tar ─ place ─> FILE, 0600, whole
//! ```
//!
//! [`members`] asks the library as the other commands do and scrubs each answer; what could not be
//! answered stands in its place as an error. [`archive`] puts them under fixed names behind a list of
//! what there is.

mod archive;
mod members;

use registry::diagnose::text::{Cell, Ink, Look, Page, Table};
use serde::Serialize;

use crate::arguments::Bundle;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::place;
use crate::session::Session;
use members::Member;

/// Only its owner may read what tells so much.
const MODE: u32 = 0o600;

#[derive(Serialize)]
struct Answer<'a> {
    file: String,
    bytes: usize,
    replaced: bool,
    members: Vec<Listed<'a>>,
}

/// One member, for a list.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    about: &'a str,
    bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
}

impl<'a> Listed<'a> {
    fn of(member: &'a Member) -> Self {
        Self {
            name: &member.name,
            about: member.about,
            bytes: member.bytes.len(),
            problem: member.problem.as_deref(),
        }
    }
}

pub(super) fn run(
    asked: &Bundle,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let replaced = asked.file.symlink_metadata().is_ok();
    if replaced && !asked.force {
        let path = asked.file.clone();
        return Err(Failure::from(place::PlaceError::Exists { path }).into());
    }
    let members = members::all(asked, session)?;
    let bytes = archive::of(&members).map_err(|error| Failure::new("E_WRITE", &error))?;
    let placed = if asked.force {
        place::replace(&asked.file, MODE, &bytes)
    } else {
        place::add(&asked.file, MODE, &bytes)
    };
    placed.map_err(Failure::from)?;
    let answer = Answer {
        file: asked.file.to_string_lossy().into_owned(),
        bytes: bytes.len(),
        replaced,
        members: members.iter().map(Listed::of).collect(),
    };
    output.answer(&answer, |look| text(&answer, look))?;
    Ok(())
}

fn text(answer: &Answer<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    let file = format!("{}, {} bytes", answer.file, answer.bytes);
    page.line(0, [Cell::new(file).ink(Ink::Strong)]);
    if answer.replaced {
        page.line(
            0,
            [Cell::new("in place of the file that was there").ink(Ink::Warn)],
        );
    }
    let mut table = Table::headless().wrapped();
    for member in &answer.members {
        let (text, ink) = match member.problem {
            None => (member.about, Ink::Faint),
            Some(problem) => (problem, Ink::Warn),
        };
        table.row([
            Cell::new(member.name),
            Cell::new(member.bytes.to_string()),
            Cell::new(text).ink(ink),
        ]);
    }
    page.table(2, &table);
    page.finish()
}
