//! Developer commands, run through the aliases in `.cargo/config.toml`.

use std::error::Error;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo demo";

#[expect(
    clippy::print_stderr,
    reason = "the command's report of its own failure"
)]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["demo"] => xtask::demo::run(),
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
