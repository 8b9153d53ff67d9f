//! Developer commands, and the parts of them that the test suites use too.

pub mod artifacts;
pub mod demo;
mod error;
pub mod module_graph;

pub use error::XtaskError;

use std::path::PathBuf;

/// The root of the workspace.
pub fn workspace_root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}
