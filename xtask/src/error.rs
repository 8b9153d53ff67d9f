//! Why a developer command failed.

use std::path::{Path, PathBuf};

/// Why a developer command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum XtaskError {
    /// A file or folder could not be read or written.
    #[error("{path}")]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program ended with another status than success.
    #[error("`{command}` failed with {status}")]
    Failed {
        /// The program and its arguments.
        command: String,
        /// How it ended.
        status: String,
    },
    /// A model checker passed without checking anything.
    #[error(
        "{checker} ran no model: its test target was compiled without `--cfg registry_{checker}`"
    )]
    NoModel {
        /// The checker.
        checker: String,
    },
    /// A build succeeded without the artifact that was asked for.
    #[error("the build gave no {what}")]
    NoArtifact {
        /// The missing artifact.
        what: String,
    },
}

impl XtaskError {
    /// Names the file in a system error.
    pub fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
