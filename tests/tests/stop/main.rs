//! The end of a registry, and of the command when it is told to stop: what is finished, what is given up,
//! and that nothing is left.

mod command;
mod listener;
mod registry;
mod serve;

use std::path::Path;
use std::time::{Duration, Instant};

/// Whether a process is there that has not been reaped.
fn exists(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

/// Waits, without a bound of its own but far below the runner's, until `done`.
fn await_that(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_mins(1), "never: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
