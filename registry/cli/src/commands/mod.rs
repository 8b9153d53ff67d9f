//! One file a command: what to ask the library, and how to show the answer.

mod breaker;
mod completions;
mod config;
mod context;
mod describe;
mod diagnose;
mod doctor;
mod events;
mod explain;
mod heal;
mod health;
mod inspect;
mod keygen;
mod list;
mod lock;
mod plan;
mod quarantine;
mod reload;
mod select;
mod sign;
#[cfg(test)]
mod tests;
mod verify;

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use crate::arguments::{Arguments, Breaker, Command, Config};
use crate::failure::{FAILED, Failure, Stop};
use crate::output::Output;
use crate::session::Session;
use crate::surroundings::Surroundings;
use registry::diagnose::text::{Cell, Look, Page};

/// Exit code: answered.
const ANSWERED: u8 = 0;

/// Says whose state it is that follows.
const VIEW: &str = "this command's own view; no running host was asked\n";

/// Runs what was asked for; gives the exit code.
pub(crate) fn run(
    arguments: &Arguments,
    surroundings: &Surroundings,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> u8 {
    let mut output = Output::new(stdout, arguments.global.json, surroundings.stdout);
    let mut session = Session::new(&arguments.global, surroundings, stderr);
    let answered = answer(&arguments.command, &mut session, &mut output);
    match answered {
        Ok(()) => ANSWERED,
        Err(Stop::Failed(failure)) => {
            // Nobody is left to tell if the failure cannot be written either.
            let _ = report(&failure, &mut output, surroundings, stderr);
            failure.exit_code()
        }
        Err(Stop::Unwell) => FAILED,
        // Whoever read the answer had enough of it.
        Err(Stop::Output(error)) if error.kind() == ErrorKind::BrokenPipe => ANSWERED,
        Err(error @ Stop::Output(_)) => {
            let text = Failure::new("E_OUTPUT", &error).text(surroundings.stderr);
            let _ = stderr.write_all(text.as_bytes());
            FAILED
        }
    }
}

fn answer(
    command: &Command,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    match command {
        Command::List => list::run(session, output),
        Command::Inspect(inspect) => inspect::run(inspect, output),
        Command::Describe(describe) => describe::run(describe, session, output),
        Command::Explain(explain) => explain::run(explain, session, output),
        Command::Select(select) => select::run(select, session, output),
        Command::Plan(plan) => plan::run(plan, session, output),
        Command::Diagnose(diagnose) => diagnose::run(diagnose, session, output),
        Command::Health(health) => health::run(health, session, output),
        Command::Lock(lock) => lock::run(lock, session, output),
        Command::Doctor => doctor::run(output),
        Command::Verify(verify) => verify::run(verify, session, output),
        Command::Sign(sign) => sign::run(sign, output),
        Command::Keygen(keygen) => keygen::run(keygen, output),
        Command::Quarantine(wanted) => quarantine::run(wanted, session, output),
        Command::Breaker(Breaker::Reset(wanted)) => breaker::reset(wanted, session, output),
        Command::Heal => heal::run(session, output),
        Command::Reload => reload::run(session, output),
        Command::Events(events) => events::run(events, session, output),
        Command::Config(Config::Show) => config::run(session, output),
        Command::Completions(completions) => completions::run(completions, output),
    }
}

/// Tells a failure: as the one JSON document on stdout if JSON was asked for, else on stderr.
fn report(
    failure: &Failure,
    output: &mut Output<'_>,
    surroundings: &Surroundings,
    stderr: &mut dyn Write,
) -> io::Result<()> {
    if output.is_json() {
        return tell(failure, output);
    }
    stderr.write_all(failure.text(surroundings.stderr).as_bytes())
}

/// One line of text.
fn sentence(text: &str, look: Look) -> String {
    let mut page = Page::new(look);
    page.line(0, [Cell::new(text)]);
    page.finish()
}

/// Tells a failure as the one JSON document.
pub(crate) fn tell(failure: &Failure, output: &mut Output<'_>) -> io::Result<()> {
    #[derive(Serialize)]
    struct Body<'a> {
        error: &'a Failure,
    }
    output.answer(&Body { error: failure }, |_| String::new())
}
