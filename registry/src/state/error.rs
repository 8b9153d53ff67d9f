//! Why something could not be remembered or recalled.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::FileFault;

/// Why something could not be remembered or recalled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The folder or the file could have been changed by others.
    #[error("the state in {path} is not used", path = path.display())]
    NotOurs {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        fault: FileFault,
    },
    /// The file was written by a newer version.
    #[error(
        "{path} was written by a newer version (form {version}; this one knows up to {known})",
        path = path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its form.
        version: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// The file does not hold what is written there, and forgetting what it held is not for a program to decide.
    #[error("{path} is damaged", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// Another process kept its turn for too long.
    #[error("another process has been changing the state in {path} for {waited:?}", path = path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
        /// For how long it was awaited.
        waited: Duration,
    },
    /// The system refused.
    #[error("{doing} {path} failed", path = path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl StateError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotOurs { .. } => "E_STATE_NOT_OURS",
            Self::Newer { .. } => "E_STATE_NEWER",
            Self::Damaged { .. } => "E_STATE_DAMAGED",
            Self::Busy { .. } => "E_STATE_BUSY",
            Self::Io { .. } => "E_STATE_IO",
        }
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NotOurs { .. } => {
                "Set FACTORY_STATE_DIR to a folder of this user with mode 0700, or to off."
            }
            Self::Newer { .. } => {
                "Update this program, or set FACTORY_STATE_DIR to another folder."
            }
            Self::Damaged { .. } => {
                "Put a copy of it back; or remove it, which forgets all that was accepted before."
            }
            Self::Busy { .. } => "Try again; if it stays so, end the process that hangs.",
            Self::Io { .. } => "Make room or give rights, or set FACTORY_STATE_DIR=off.",
        }
    }
}
