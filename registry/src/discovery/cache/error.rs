//! Why a cache was not used or not written.

use std::io;
use std::path::PathBuf;

/// Why a cache was not used or not written. Discovery goes on without it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// The folder or file cannot be read or written.
    #[error("discovery cache {}: {doing} failed", .path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The folder or file belongs to another user, or others may write it.
    #[error("discovery cache {}: {what}", .path.display())]
    NotOurs {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The file was written by another version, or is no cache.
    #[error("discovery cache {} was not written by this version", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("discovery cache {} is damaged", .path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
    },
}

impl CacheError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "E_CACHE_IO",
            Self::NotOurs { .. } => "E_CACHE_NOT_OURS",
            Self::Foreign { .. } => "E_CACHE_FOREIGN",
            Self::Corrupt { .. } => "E_CACHE_CORRUPT",
        }
    }

    /// What to do about it, in one sentence.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Io { .. } => "Make room, give this user the right, or set FACTORY_CACHE_DIR=off.",
            Self::NotOurs { .. } => "Set FACTORY_CACHE_DIR to a folder of this user, or to off.",
            Self::Foreign { .. } => "Nothing: it was set aside, and is made anew.",
            Self::Corrupt { .. } => {
                "Nothing: it was set aside, and is made anew; if it returns, check the disk."
            }
        }
    }
}
