//! `cargo loom`: runs the concurrency core under its model checkers.
//!
//! First loom, every schedule of small models and the twins that it must reject; then shuttle,
//! random schedules of large ones. Each has its own target folder, because the flag that selects a
//! checker goes to every crate and would otherwise rebuild the world back and forth.

use std::process::Command;
use std::time::Instant;

use crate::{XtaskError, cargo, run_visibly, workspace_root};

/// A checker is also the name of its test target and of its target folder.
const CHECKERS: [&str; 2] = ["loom", "shuttle"];

/// Runs all checkers and says how long it took.
#[expect(clippy::print_stdout, reason = "the command's own output")]
pub fn run() -> Result<(), XtaskError> {
    let started = Instant::now();
    for checker in CHECKERS {
        run_visibly(&mut check(checker))?;
    }
    println!(
        "model checks passed in {:.1} s",
        started.elapsed().as_secs_f32()
    );
    Ok(())
}

fn check(checker: &str) -> Command {
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    let mut command = cargo();
    command
        .args([
            "test",
            "--release",
            "--locked",
            "--package",
            "registry-core",
        ])
        .args(["--test", checker, "--target-dir"])
        .arg(workspace_root().join("target").join(checker))
        .env("RUSTFLAGS", format!("{flags} --cfg registry_{checker}"));
    command
}
