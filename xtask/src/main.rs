//! Developer commands, run through the aliases in `.cargo/config.toml`.

use std::error::Error;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo demo | cargo loom | cargo reference";

#[expect(
    clippy::print_stderr,
    reason = "the command's report of its own failure"
)]
fn main() -> ExitCode {
    let outcome = match std::env::args().nth(1).as_deref() {
        Some("demo") => xtask::demo::run(),
        Some("loom") => xtask::loom::run(),
        Some("reference") => xtask::reference::run(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}
