//! `registry verify NAME|FILE`: every trust gate over the bytes that the file holds now.

use registry::diagnose::text::{Cell, Ink, Look, Page, Table};
use registry::{SignatureStanding, Verification, VerifyError};
use serde::Serialize;

use super::subject::is_file;
use crate::arguments::Verify;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

#[derive(Serialize)]
struct Answer<'a> {
    planner: &'a str,
    version: &'a str,
    path: String,
    digest: &'a str,
    signature: &'a SignatureStanding,
}

pub(super) fn run(
    verify: &Verify,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let registry = session.registry()?;
    let verified = if is_file(&verify.subject) {
        registry.verify_file(&verify.subject)
    } else {
        registry.verify(&verify.subject.to_string_lossy())
    };
    let verified = verified.map_err(|error| failure(&error))?;
    let answer = Answer::new(&verified);
    output.answer(&answer, |look| text(&answer, look))?;
    Ok(())
}

fn failure(error: &VerifyError) -> Failure {
    match error {
        VerifyError::Get(error) => Failure::of_get(error),
        VerifyError::File(refused) => Failure::of_file(refused),
        error => Failure::new(error.code(), error).remedy(error.remedy()),
    }
}

impl<'a> Answer<'a> {
    fn new(verified: &'a Verification) -> Self {
        Self {
            planner: verified.planner.as_str(),
            version: &verified.version,
            path: verified.path.to_string_lossy().into_owned(),
            digest: &verified.digest,
            signature: &verified.signature,
        }
    }
}

fn text(answer: &Answer<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    page.line(
        0,
        [
            Cell::new(answer.planner).ink(Ink::Strong),
            Cell::new("passes every trust gate").ink(Ink::Good),
        ],
    );
    let mut table = Table::headless().wrapped();
    let label = |label: &'static str| Cell::new(label).ink(Ink::Faint);
    table.row([label("file"), Cell::new(&answer.path)]);
    table.row([label("version"), Cell::new(answer.version)]);
    table.row([label("digest"), Cell::new(answer.digest)]);
    table.row([label("signature"), Cell::new(answer.signature.to_string())]);
    page.table(2, &table);
    page.finish()
}
