//! Logs, written to stderr.

use std::io;

use registry::config::{Config, LogFormat};
use registry::diagnose::text::Look;

/// Starts logging as `config` says. A second start in one process, as in tests, changes nothing.
pub(crate) fn start(config: &Config, look: Look) {
    let log = config.log();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(log.level)
        .with_writer(io::stderr);
    let started = match log.format {
        LogFormat::Json => subscriber.json().try_init(),
        _ => subscriber.with_ansi(look.colour).try_init(),
    };
    // Only a subscriber that is already there can stand in the way, and then logs have a place.
    drop(started);
}
