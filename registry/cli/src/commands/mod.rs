//! One file a command: what to ask the library, and how to show the answer.

mod ask;
mod bundle;
mod completions;
mod config;
mod context;
mod doctor;
mod inspect;
mod keygen;
mod lock;
mod plan;
mod ps;
mod question;
mod select;
mod serve;
mod sign;
mod subject;
#[cfg(test)]
mod tests;
mod verify;
pub(crate) mod version;

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use crate::arguments::{Arguments, Command, Config};
use crate::failure::{FAILED, Failure, Stop};
use crate::output::Output;
use crate::session::Session;
use crate::surroundings::Surroundings;

/// Exit code: answered.
const ANSWERED: u8 = 0;

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
    if let Some(question) = question::of(command) {
        return ask::run(&question, session, output);
    }
    if session.target().is_some() && !matches!(command, Command::Bundle(_)) {
        return Err(ask::unsupported().into());
    }
    match command {
        Command::Inspect(inspect) => inspect::run(inspect, session, output),
        Command::Select(select) => select::run(select, session, output),
        Command::Plan(plan) => plan::run(plan, session, output),
        Command::Lock(lock) => lock::run(lock, session, output),
        Command::Doctor => doctor::run(output),
        Command::Verify(verify) => verify::run(verify, session, output),
        Command::Sign(sign) => sign::run(sign, session, output),
        Command::Keygen(keygen) => keygen::run(keygen, output),
        Command::Serve(serve) => serve::run(serve, session, output),
        Command::Ps => ps::run(session, output),
        Command::Bundle(bundle) => bundle::run(bundle, session, output),
        Command::Version => version::run(output),
        Command::Config(Config::Show) => config::run(session, output),
        Command::Completions(completions) => completions::run(completions, output),
        // What can be put as a question was answered above.
        Command::List
        | Command::Describe(_)
        | Command::Explain(_)
        | Command::Diagnose(_)
        | Command::Health(_)
        | Command::Events(_)
        | Command::Heal
        | Command::Reload
        | Command::Quarantine(_)
        | Command::Breaker(_) => Ok(()),
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

/// Tells a failure as the one JSON document.
pub(crate) fn tell(failure: &Failure, output: &mut Output<'_>) -> io::Result<()> {
    #[derive(Serialize)]
    struct Body<'a> {
        error: &'a Failure,
    }
    output.answer(&Body { error: failure }, |_| String::new())
}
