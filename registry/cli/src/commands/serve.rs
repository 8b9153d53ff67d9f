//! `registry serve`: answers over HTTP and at the control socket until stopped.

use registry::diagnose::text::{Cell, Page};
use serde::Serialize;

use crate::arguments::Serve;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

#[derive(Serialize)]
struct Answer {
    listening: Option<String>,
    socket: Option<String>,
    takes_changes: bool,
}

pub(super) fn run(
    serve: &Serve,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let registry = session.registry()?;
    let server = registry.server().listen(serve.listen).expose();
    let running = server
        .start()
        .map_err(|error| Failure::new(error.code(), &error).remedy(error.remedy().to_owned()))?;
    let answer = Answer {
        listening: running.address().map(|address| address.to_string()),
        socket: running
            .socket()
            .map(|path| path.to_string_lossy().into_owned()),
        takes_changes: running.takes_changes(),
    };
    output.answer(&answer, |look| {
        let mut page = Page::new(look);
        for (what, where_to) in [
            ("listening at", &answer.listening),
            ("control socket", &answer.socket),
        ] {
            let where_to = where_to.as_deref().unwrap_or_default();
            page.sentence(0, Cell::new(what), Cell::new(where_to));
        }
        page.finish()
    })?;
    running.wait();
    Ok(())
}
