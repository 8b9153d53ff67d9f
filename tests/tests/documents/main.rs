//! The documents against the code: the error codes, paths, links and commands that they name, and what
//! their commands do when they are run.
//!
//! Each check turns texts into complaints, so that it can also be shown to find something.

mod blocks;
mod claims;
mod codes;
mod commands;
mod deploy;
mod events;
mod index;
mod links;
mod paths;
mod printed;
mod reference;
mod remedies;
mod run;
mod shell;
mod spans;
mod stage;
mod text;
