//! Files that are no candidates, each with code, reason and remedy.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use blake3::Hash;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::elf::ElfError;
use super::identity::FileIdentity;

/// A file or directory that was refused.
#[derive(Debug)]
pub struct Refused {
    path: PathBuf,
    cause: Refusal,
    /// The state of the file, if its content was judged.
    pub(super) identity: Option<FileIdentity>,
    /// The digest of its content, if that was read whole.
    pub(super) digest: Option<Hash>,
}

impl Refused {
    pub(super) fn new(path: PathBuf, cause: Refusal) -> Self {
        Self {
            path,
            cause,
            identity: None,
            digest: None,
        }
    }

    /// The same, on the ground of content that was read.
    pub(super) fn judged(self, identity: FileIdentity, digest: Option<Hash>) -> Self {
        Self {
            identity: Some(identity),
            digest,
            ..self
        }
    }

    /// What was refused.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why.
    pub fn cause(&self) -> &Refusal {
        &self.cause
    }

    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        self.cause.code()
    }

    /// Why, with the evidence, in one line.
    pub fn reason(&self) -> String {
        let mut reason = self.cause.to_string();
        let mut source = self.cause.source();
        while let Some(error) = source {
            // Writing to a string cannot fail.
            let _ = write!(reason, ": {error}");
            source = error.source();
        }
        reason
    }

    /// What to do about it, in one sentence.
    pub fn remedy(&self) -> &'static str {
        self.cause.remedy()
    }
}

impl Serialize for Refused {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut refused = serializer.serialize_struct("Refused", 4)?;
        refused.serialize_field("path", &self.path.to_string_lossy())?;
        refused.serialize_field("code", self.code())?;
        refused.serialize_field("reason", &self.reason())?;
        refused.serialize_field("remedy", self.remedy())?;
        refused.end()
    }
}

/// Why a file or directory was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A configured directory or file does not exist.
    #[error("does not exist")]
    Missing,
    /// A configured directory is something else.
    #[error("is not a directory")]
    NotADirectory,
    /// A directory that cannot be read.
    #[error("the directory cannot be read")]
    UnreadableDirectory(#[source] io::Error),
    /// A file that cannot be opened.
    #[error("the file cannot be opened")]
    Unreadable(#[source] io::Error),
    /// Something that is no regular file.
    #[error("is a {kind}, not a regular file")]
    NotRegular {
        /// What it is instead.
        kind: &'static str,
    },
    /// A file whose name is not UTF-8.
    #[error("its name is not UTF-8")]
    FileName,
    /// A symbolic link to nothing.
    #[error("is a symbolic link to a file that does not exist")]
    DanglingLink,
    /// A symbolic link that leads in a circle.
    #[error("is a symbolic link that leads in a circle")]
    LinkLoop,
    /// A symbolic link to a file elsewhere.
    #[error("is a symbolic link that leads out of its plugin directory")]
    LinkOutside,
    /// A link of the kernel's own, which leads to whatever a process has open.
    #[error("is a link that the kernel makes up, which leads to no fixed file")]
    MagicLink,
    /// A symbolic link on a system that cannot follow it safely.
    #[error("is a symbolic link, and this system cannot follow it without leaving the directory")]
    LinkUnsupported,
    /// A file that was listed and then gone.
    #[error("was listed, but gone when it was opened")]
    Vanished,
    /// A file that was written to while it was read.
    #[error("was written to while it was read")]
    Changing,
    /// A file over the bound.
    #[error("is {bytes} bytes long; at most {bytes_max} are read")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The bound.
        bytes_max: u64,
    },
    /// Two files of one directory with the same planner name.
    #[error("planner {name:?} is also in {}", .other.display())]
    SameName {
        /// The planner's name.
        name: String,
        /// The other file.
        other: PathBuf,
    },
    /// Two files of one directory whose planner names differ only in `-` and `_`.
    #[error("planner {name:?} is too like {other_name:?} in {}", .other.display())]
    SimilarName {
        /// The planner's name.
        name: String,
        /// The other planner's name.
        other_name: String,
        /// The other file.
        other: PathBuf,
    },
    /// Not a well-formed library with a manifest.
    #[error(transparent)]
    Library(#[from] ElfError),
}

impl Refusal {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "E_MISSING",
            Self::NotADirectory => "E_NOT_A_DIRECTORY",
            Self::UnreadableDirectory(_) => "E_UNREADABLE_DIRECTORY",
            Self::Unreadable(_) => "E_UNREADABLE",
            Self::NotRegular { .. } => "E_NOT_REGULAR",
            Self::FileName => "E_FILE_NAME",
            Self::DanglingLink => "E_DANGLING_LINK",
            Self::LinkLoop => "E_LINK_LOOP",
            Self::LinkOutside => "E_LINK_OUTSIDE",
            Self::MagicLink => "E_MAGIC_LINK",
            Self::LinkUnsupported => "E_LINK_UNSUPPORTED",
            Self::Vanished => "E_VANISHED",
            Self::Changing => "E_CHANGING",
            Self::TooLarge { .. } => "E_TOO_LARGE",
            Self::SameName { .. } => "E_SAME_NAME",
            Self::SimilarName { .. } => "E_SIMILAR_NAME",
            Self::Library(error) => error.code(),
        }
    }

    /// What to do about it, in one sentence.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Missing => "Create it, or take it out of the configuration.",
            Self::NotADirectory => "Configure the directory that holds the plugins.",
            Self::UnreadableDirectory(_) => "Give this user the right to list and search it.",
            Self::Unreadable(_) => "Give this user the right to read the file.",
            Self::NotRegular { .. } => "Remove it, or put the plugin's library in its place.",
            Self::FileName => "Rename the file.",
            Self::DanglingLink | Self::LinkLoop => "Remove the link, or correct what it leads to.",
            Self::LinkOutside => {
                "Copy the file into the directory, or configure the directory it lies in."
            }
            Self::MagicLink => "Configure the file itself.",
            Self::LinkUnsupported => "Replace the link by the file it leads to.",
            Self::Vanished | Self::Changing => {
                "Discover again; put new versions in place by renaming a finished file."
            }
            Self::TooLarge { .. } => {
                "Strip the library of debug information, or raise FACTORY_FILE_MIB_MAX."
            }
            Self::SameName { .. } => "Keep one of the two files.",
            Self::SimilarName { .. } => "Rename one of the two planners.",
            Self::Library(error) => error.remedy(),
        }
    }
}
