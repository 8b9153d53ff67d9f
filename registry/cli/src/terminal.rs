//! What the place that text goes to can show.

use std::env;
use std::io::IsTerminal;
use std::os::fd::AsFd;

use registry::diagnose::text::Look;

/// Columns of a terminal that does not tell.
const COLUMNS_DEFAULT: usize = 80;

/// How text is to look on `stream`.
pub(crate) fn look(stream: &(impl AsFd + IsTerminal)) -> Look {
    if !stream.is_terminal() {
        return Look::PLAIN;
    }
    let columns = rustix::termios::tcgetwinsize(stream)
        .ok()
        .map(|size| usize::from(size.ws_col))
        .filter(|&columns| columns > 0);
    let is_refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
    Look {
        colour: !is_refused && !is_dumb,
        columns: Some(columns.unwrap_or(COLUMNS_DEFAULT)),
    }
}
