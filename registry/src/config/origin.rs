//! Where a value came from.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use crate::scrub;

/// The source of one setting's value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A configuration file.
    File {
        /// The file, as it was named.
        path: PathBuf,
        /// The key as the file has it, `section.name`.
        key: String,
    },
    /// An environment variable.
    Environment {
        /// The variable.
        variable: String,
    },
    /// The program that builds the registry, or the command line.
    Builder {
        /// The key, `section.name`.
        key: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, .. } => write!(f, "{} (file)", shown_path(path)),
            Self::Environment { variable } => {
                write!(f, "{} (environment)", scrub::escape(variable))
            }
            Self::Builder { .. } => f.write_str("builder"),
        }
    }
}

/// A path as it may stand in a message.
pub(crate) fn shown_path(path: &Path) -> String {
    scrub::escape(&path.to_string_lossy()).into_owned()
}
