//! The documents against the code: the error codes, paths, links and commands that they name.
//!
//! Each check turns texts into complaints, so that it can also be shown to find something.

mod claims;
mod codes;
mod commands;
mod links;
mod paths;
mod remedies;
mod text;
