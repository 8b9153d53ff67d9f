//! Why a lock cannot be used.

use std::io;
use std::path::PathBuf;

use crate::config::FileFault;

/// Why a lock cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// A lock is required, and there is none.
    #[error("a lock is required, and {}", place(.path.as_ref()))]
    Required {
        /// Where it would be, if that is known.
        path: Option<PathBuf>,
    },
    /// A lock is required, and the only one lies in the working directory, which vouches for nothing.
    #[error("a lock is required, and {} lies in the working directory, where anybody could have put it", .path.display())]
    Unvouched {
        /// The lock.
        path: PathBuf,
    },
    /// The lock was there once.
    #[error("the lock {} was in force once, and is gone", .path.display())]
    Missing {
        /// Where it was.
        path: PathBuf,
    },
    /// The file could have been changed by others, or cannot be read.
    #[error("the lock {} is not used", .path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        fault: FileFault,
    },
    /// The file is no lock.
    #[error("the lock {} is malformed", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        fault: LockFault,
    },
    /// Somebody else changed the lock while another one was made from it.
    #[error("the lock {} was changed meanwhile, and is left as it is", .path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The lock could not be written.
    #[error("the lock {} cannot be written", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A promise of this crate was broken.
    #[error("our bug: a file was judged before the lock was read")]
    Bug,
}

/// What is wrong with the text of a lock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{key}{what}", line_text(*.line))]
pub struct LockFault {
    /// The line, from 1; 0 where it is not known.
    pub line: usize,
    /// The key and a colon, or nothing.
    pub(super) key: String,
    /// What is wrong there.
    pub(super) what: String,
}

impl LockError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Required { .. } | Self::Unvouched { .. } => "E_LOCK_REQUIRED",
            Self::Missing { .. } => "E_LOCK_MISSING",
            Self::NotOurs { .. } => "E_LOCK_NOT_OURS",
            Self::Malformed { .. } => "E_LOCK_MALFORMED",
            Self::Changed { .. } => "E_LOCK_CHANGED",
            Self::Write { .. } => "E_LOCK_WRITE",
            Self::Bug => "E_BUG",
        }
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Required { .. } => {
                "Write one with `registry lock` and look it through, or do not set FACTORY_REQUIRE_LOCK."
            }
            Self::Unvouched { .. } => {
                "Look it through, then name it with FACTORY_LOCK_FILE or [trust] lock_file."
            }
            Self::Missing { .. } => {
                "Put it back, write a new one with `registry lock`, or do without with `registry lock --forget`."
            }
            Self::NotOurs { .. } => {
                "Make sure of what it holds, then give it to this user or root, and let nobody else write it or a folder above it."
            }
            Self::Malformed { .. } => "Mend the line, or restore the file from version control.",
            Self::Changed { .. } => "Try again: it begins with the lock as it is then.",
            Self::Write { .. } => "Give this user the right to write the folder, and make room.",
            Self::Bug => "Report it to the maintainers of registry.",
        }
    }
}

fn place(path: Option<&PathBuf>) -> String {
    path.map_or_else(
        || "no place for one is configured".to_owned(),
        |path| format!("there is none at {}", path.display()),
    )
}

fn line_text(line: usize) -> String {
    if line == 0 {
        String::new()
    } else {
        format!("line {line}: ")
    }
}
