//! What to scan, and how far.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// What a scan looks at. It knows nothing of configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanRequest {
    /// Directories, in order: an earlier one shadows a later one.
    pub directories: Vec<PathBuf>,
    /// Single files, which shadow all directories; in order among themselves.
    pub manual: Vec<PathBuf>,
    /// Names of planners that are left out.
    pub excluded: BTreeSet<String>,
    /// Names of planners whose files are examined before any bound applies: a file counts if it is
    /// called `NAME.so` or `libNAME.so`.
    pub first: BTreeSet<String>,
    /// How far a scan goes.
    pub bounds: Bounds,
    /// Read every file whole and fingerprint the content; else no more than the manifest and what
    /// leads to it.
    pub deep: bool,
    /// Read every file again, whatever is remembered of it.
    pub afresh: bool,
}

impl ScanRequest {
    /// What to look at, in order of precedence, each once.
    pub(super) fn targets(&self) -> impl Iterator<Item = Target> {
        let files = self.manual.iter().cloned().map(Target::File);
        let directories = self.directories.iter().cloned().map(Target::Directory);
        let mut seen = BTreeSet::new();
        files
            .chain(directories)
            .filter(move |target| seen.insert(target.clone()))
    }

    /// Whether both ask for the same, however it is found out.
    pub(super) fn asks_the_same(&self, other: &Self) -> bool {
        let asked = |request: &Self| Self {
            afresh: false,
            ..request.clone()
        };
        asked(self) == asked(other)
    }
}

/// Something a request names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Target {
    File(PathBuf),
    Directory(PathBuf),
}

/// How far a scan goes. What a bound leaves out is counted and listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Most files examined in each directory, its folders included.
    pub files_max: usize,
    /// Most folders entered in each directory.
    pub folders_max: usize,
    /// How many levels of folders are entered below each directory.
    pub depth_max: usize,
    /// Largest file.
    pub file_bytes_max: u64,
    /// Longest time before the rest is left out.
    pub time_max: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            files_max: 50_000,
            folders_max: 10_000,
            depth_max: 4,
            file_bytes_max: 64 << 20,
            time_max: Duration::from_mins(1),
        }
    }
}
