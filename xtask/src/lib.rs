//! Developer commands, and the parts of them that the test suites use too.

pub mod artifacts;
pub mod demo;
mod error;
pub mod loom;
pub mod module_graph;
pub mod reference;

use std::path::PathBuf;
use std::process::Command;

pub use error::XtaskError;

/// The root of the workspace.
pub fn workspace_root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}

/// The cargo that runs us, at the root of the workspace.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace_root());
    command
}

/// Runs a command whose output goes where ours does.
fn run_visibly(command: &mut Command) -> Result<(), XtaskError> {
    let program = PathBuf::from(command.get_program());
    let status = command.status().map_err(XtaskError::io(&program))?;
    if status.success() {
        return Ok(());
    }
    Err(XtaskError::Failed {
        command: format!("{command:?}"),
        status: status.to_string(),
    })
}
