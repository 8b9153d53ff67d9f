//! `registry serve`: answers over HTTP and at the control socket until stopped.

use std::sync::Arc;

use registry::diagnose::text::{Cell, Page};
use serde::Serialize;

use crate::arguments::Serve;
use crate::failure::{Failure, Stop};
use crate::metrics::{Metrics, UPKEEP_EVERY};
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
    let metrics = Metrics::install();
    let registry = session.registry()?;
    let mut server = registry.server().listen(serve.listen).expose();
    if let Some(metrics) = metrics.clone() {
        let registry = Arc::clone(&registry);
        server = server.metrics(move || {
            registry.record_metrics();
            metrics.render()
        });
    }
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
    while !session.signals().are_asked_within(UPKEEP_EVERY) {
        metrics.as_ref().inspect(|metrics| metrics.keep_up());
    }
    // The registry ends meanwhile, so that whoever is still being answered is told so.
    let stopped = running.stop(registry.config().isolation().stop_timeout / 2);
    if !stopped.all_answered {
        tracing::warn!("not all requests were answered");
    }
    Ok(())
}
