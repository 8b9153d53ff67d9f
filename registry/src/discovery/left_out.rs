//! What the bounds of a scan left out: counted, and the first of it listed.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

/// How many paths are listed of those a bound left out; the rest are counted.
const LISTED_MAX: usize = 100;

/// What the bounds left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LeftOut {
    /// How many files were not examined.
    pub files: u64,
    /// How many folders were not entered.
    pub folders: u64,
    /// The first of them.
    pub listed: Vec<LeftOutPath>,
}

/// A file or folder that a bound left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LeftOutPath {
    /// The file or folder.
    #[serde(serialize_with = "lossy")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub path: PathBuf,
    /// The bound.
    pub by: LeftOutBy,
}

/// A bound of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LeftOutBy {
    /// The number of files.
    Files,
    /// The number of folders, or their depth.
    Folders,
    /// The total time.
    Time,
}

impl LeftOut {
    /// Whether nothing was left out.
    pub fn is_empty(&self) -> bool {
        self.files == 0 && self.folders == 0
    }

    pub(super) fn file(&mut self, by: LeftOutBy, path: PathBuf) {
        self.files += 1;
        self.list(by, path);
    }

    pub(super) fn folder(&mut self, path: PathBuf) {
        self.folders += 1;
        self.list(LeftOutBy::Folders, path);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.files += other.files;
        self.folders += other.folders;
        for left_out in &other.listed {
            self.list(left_out.by, left_out.path.clone());
        }
    }

    fn list(&mut self, by: LeftOutBy, path: PathBuf) {
        if self.listed.len() < LISTED_MAX {
            self.listed.push(LeftOutPath { path, by });
        }
    }
}

/// A path as text. What is no UTF-8 becomes U+FFFD: the answer is for reading, not for opening.
pub(super) fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}
