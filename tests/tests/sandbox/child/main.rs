//! A process that sandboxes itself and then tries what it should not be able to do.
//!
//! ```text
//! sandboxed SPEC PROBE [ARGUMENT]     apply SPEC, then try PROBE
//! sandboxed under SPEC PROBE ...      the same in a child, of which this process is the parent
//! ```
//!
//! The first line that it writes is what the sandbox said of itself, as JSON; each further one is the
//! outcome of an attempt: `ok`, perhaps with something found, or the number of an error.
//!
//! Should the sandbox fail, bounds of its own end the process before it does harm.

#![expect(
    unsafe_code,
    reason = "it makes system calls that no safe binding offers"
)]

mod attempts;
mod calls;
mod raw;

use std::env;
use std::io::Write;
use std::process::{Command, ExitCode};

use registry::sandbox::{self, Pid, Spec};
use serde_json::json;

/// Seconds after which the process is ended, whatever it does.
const SECONDS_MAX: u32 = 30;

fn main() -> ExitCode {
    raw::seat_belt(SECONDS_MAX);
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("under") => parent(&arguments[1..]),
        Some(spec) => child(spec, &arguments[1..]),
        None => ExitCode::from(2),
    }
}

/// Starts the child and stays for as long as it does.
fn parent(arguments: &[String]) -> ExitCode {
    let program = env::current_exe().unwrap();
    let status = Command::new(program).args(arguments).status().unwrap();
    ExitCode::from(u8::try_from(status.code().unwrap_or(255)).unwrap())
}

fn child(spec: &str, probe: &[String]) -> ExitCode {
    let spec: Spec = serde_json::from_str(spec).unwrap();
    // A parent that is not the real one stands for one that has ended.
    let orphaned = probe.first().is_some_and(|probe| probe == "orphaned");
    let parent = if orphaned {
        rustix::process::getpid()
    } else {
        rustix::process::getppid().unwrap()
    };
    if probe.first().is_some_and(|probe| probe == "threaded") {
        std::thread::spawn(std::thread::park);
    }
    match apply(&spec, parent) {
        Ok(enforced) => {
            say(&serde_json::to_string(&enforced).unwrap());
            attempts::run(probe);
            ExitCode::SUCCESS
        }
        Err(error) => {
            let text = error.to_string();
            say(&json!({"code": error.code(), "error": text}).to_string());
            ExitCode::FAILURE
        }
    }
}

fn apply(spec: &Spec, parent: Pid) -> Result<sandbox::Enforced, sandbox::SandboxError> {
    // SAFETY: nothing was opened yet.
    unsafe { sandbox::apply(spec, parent) }
}

/// Writes a line at once, so that it is out before whatever comes next.
fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}").unwrap();
    stdout.flush().unwrap();
}
