//! `registry completions SHELL`: a completion script.

use clap::CommandFactory;

use crate::arguments::{Arguments, Completions};
use crate::failure::Stop;
use crate::output::Output;

pub(super) fn run(completions: &Completions, output: &mut Output<'_>) -> Result<(), Stop> {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(completions.shell, &mut command, "registry", &mut script);
    output.raw(&script)?;
    Ok(())
}
