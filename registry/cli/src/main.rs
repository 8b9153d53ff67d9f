//! The `registry` command: parses its arguments, asks the library, writes the answer.
//!
//! ```text
//! arguments → commands/NAME → library → Output (text or JSON) → exit code
//! ```
//!
//! Answers go to stdout, logs and errors to stderr; with `--json`, stdout carries exactly one JSON
//! document, whether it is an answer or an error. Exit codes: 0 answered, 1 refused or failed, 2 wrong
//! usage or configuration.

mod arguments;
mod commands;
mod deadline;
mod failure;
mod logging;
mod metrics;
mod output;
mod place;
mod progress;
mod secret;
mod session;
mod signals;
mod stdout;
mod surroundings;
mod terminal;
mod usage;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use registry::diagnose::text::Look;

use arguments::Arguments;
use failure::Failure;
use output::Output;
use signals::Signals;
use surroundings::Surroundings;

fn main() -> ExitCode {
    registry::worker::serve_if_requested();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return without_command(&error),
    };
    // Where no signal can be handled, they do what they do to every process.
    let signals = Signals::handle(arguments.command.code_of_stopped()).unwrap_or_default();
    let surroundings = Surroundings::of_process(signals.clone());
    let code = match stdout::reserve() {
        Ok(mut stdout) => commands::run(&arguments, &surroundings, &mut stdout, &mut io::stderr()),
        Err(error) => {
            let failure = Failure::new("E_OUTPUT", &error);
            let text = failure.text(surroundings.stderr);
            let _ = io::stderr().write_all(text.as_bytes());
            failure.exit_code()
        }
    };
    ExitCode::from(signals.exit_code(code))
}

/// Help and version are answers, anything else is a usage error. Nobody is left to tell if neither can
/// be written.
fn without_command(error: &clap::Error) -> ExitCode {
    if error.kind() == ErrorKind::DisplayVersion {
        let line = commands::version::Built::own().line();
        let _ = io::stdout().write_all(line.as_bytes());
        return ExitCode::SUCCESS;
    }
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let failure = usage::failure(error);
    if usage::is_json_asked(env::args_os()) {
        let mut stdout = io::stdout();
        let _ = commands::tell(&failure, &mut Output::new(&mut stdout, true, Look::PLAIN));
    } else {
        let _ = error.print();
    }
    ExitCode::from(failure.exit_code())
}
