//! The report of a discovery: every file seen stands in it, or is counted.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::cache::CacheError;
use super::fingerprint::Fingerprint;
use super::left_out::LeftOut;
use super::refusal::Refused;
use super::resolve::{Resolution, Shadowed};
use super::state::Discovered;

/// What a discovery found, for people and machines.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct DiscoveryReport {
    /// The fingerprint of all directories, or `na`.
    pub fingerprint: Fingerprint,
    /// Whether every file is as it was at the last discovery.
    pub nothing_changed: bool,
    /// Files that were not there before.
    #[serde(serialize_with = "all_lossy")]
    pub added: Vec<PathBuf>,
    /// Files that changed.
    #[serde(serialize_with = "all_lossy")]
    pub changed: Vec<PathBuf>,
    /// Files that are gone.
    #[serde(serialize_with = "all_lossy")]
    pub removed: Vec<PathBuf>,
    /// How many files are as they were.
    pub unchanged: usize,
    /// Plugins behind another of their name.
    pub shadowed: Vec<Shadowed>,
    /// Plugins whose names are excluded.
    pub excluded: Vec<Excluded>,
    /// How many files are not called `*.so`.
    pub ignored: u64,
    /// Files and directories that were refused.
    #[serde(serialize_with = "refused")]
    pub refused: Vec<Arc<Refused>>,
    /// What the bounds left out.
    pub left_out: LeftOut,
    /// How many there are of everything.
    pub counts: Counts,
    /// How long it took.
    pub durations: Durations,
    /// Why the cache was not used or not written.
    #[serde(serialize_with = "problem")]
    pub cache_problem: Option<Arc<CacheError>>,
}

/// A plugin whose name is excluded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Excluded {
    /// The planner's name.
    pub name: String,
    /// The file.
    #[serde(serialize_with = "lossy")]
    pub path: PathBuf,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Planners: one file a name.
    pub planners: usize,
    /// Plugins behind another of their name.
    pub shadowed: usize,
    /// Plugins whose names are excluded.
    pub excluded: usize,
    /// Files and directories that were refused.
    pub refused: usize,
    /// Files not called `*.so`.
    pub ignored: u64,
    /// Files and folders that a bound left out.
    pub left_out: u64,
    /// Files that were opened and read.
    pub read: usize,
}

/// How long the phases of a discovery took, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Durations {
    /// Listing directories and reading files.
    pub reading_micros: u64,
    /// Sorting the findings and the fingerprint.
    pub sorting_micros: u64,
}

impl DiscoveryReport {
    /// The report on what was discovered and how names were resolved.
    pub fn new(discovered: &Discovered, resolution: &Resolution) -> Self {
        let scan = &discovered.scan;
        let changes = &discovered.changes;
        let excluded = scan.excluded.iter().map(|candidate| Excluded {
            name: candidate.name().to_owned(),
            path: candidate.path().to_owned(),
        });
        let refused = scan.refused.iter().chain(&resolution.refused);
        let refused: Vec<_> = refused.cloned().collect();
        Self {
            fingerprint: discovered.fingerprint,
            nothing_changed: changes.is_empty(),
            added: changes.added.clone(),
            changed: changes.changed.clone(),
            removed: changes.removed.clone(),
            unchanged: changes.unchanged,
            shadowed: resolution.shadowed.clone(),
            excluded: excluded.collect(),
            ignored: scan.ignored,
            counts: Counts {
                planners: resolution.chosen.len(),
                shadowed: resolution.shadowed.len(),
                excluded: scan.excluded.len(),
                refused: refused.len(),
                ignored: scan.ignored,
                left_out: scan.left_out.files + scan.left_out.folders,
                read: discovered.read,
            },
            refused,
            left_out: scan.left_out.clone(),
            durations: Durations {
                reading_micros: micros(discovered.reading_took),
                sorting_micros: micros(discovered.sorting_took),
            },
            cache_problem: discovered.cache_problem.clone(),
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Writes a path even if it is not UTF-8.
pub(super) fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

fn all_lossy<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().map(|path| path.to_string_lossy()))
}

fn refused<S: Serializer>(refused: &[Arc<Refused>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(refused.iter().map(|refused| &**refused))
}

#[expect(clippy::ref_option, reason = "the signature is the serialiser's")]
fn problem<S: Serializer>(
    problem: &Option<Arc<CacheError>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match problem {
        None => serializer.serialize_none(),
        Some(problem) => serializer.collect_str(&format_args!("{}: {problem}", problem.code())),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt as _;

    use serde_json::json;

    use super::super::testing::{Image, manifest};
    use super::super::{Discovery, ScanRequest, resolve};
    use super::*;

    #[test]
    fn a_report_accounts_for_every_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (file, name) in [
            ("one", "one"),
            ("out", "out"),
            ("twin", "dup"),
            ("twin2", "dup"),
        ] {
            let path = at(&format!("{file}.so"));
            fs::write(path, Image::new(&manifest(name)).bytes()).unwrap();
        }
        fs::write(at("README"), "").unwrap();
        fs::write(folder.path().join(OsStr::from_bytes(b"\xff.so")), "").unwrap();
        std::os::unix::fs::symlink("one.so", at("one_again.so")).unwrap();
        let request = ScanRequest {
            directories: vec![folder.path().to_owned()],
            excluded: ["out".to_owned()].into(),
            ..ScanRequest::default()
        };
        let mut discovery = Discovery::default();
        let discovered = discovery.discover(&request);
        let report = DiscoveryReport::new(&discovered, &resolve(&discovered.scan.candidates));
        let written = serde_json::to_value(&report).unwrap();
        assert_eq!(
            written["counts"],
            json!({
                "planners": 1, "shadowed": 1, "excluded": 1, "refused": 3, "ignored": 1,
                "left_out": 0, "read": 6,
            })
        );
        assert_eq!(written["shadowed"][0]["same_file"], json!(true));
        assert_eq!(written["excluded"][0]["name"], json!("out"));
        let codes = report.refused.iter().map(|refused| refused.code());
        let codes: Vec<_> = codes.collect();
        assert_eq!(codes, ["E_FILE_NAME", "E_SAME_NAME", "E_SAME_NAME"]);
        assert_eq!(written["added"].as_array().unwrap().len(), 6);
        assert_eq!(written["fingerprint"], json!("na"));

        let again = discovery.discover(&request);
        let report = DiscoveryReport::new(&again, &resolve(&again.scan.candidates));
        assert!(report.nothing_changed);
        assert_eq!((report.unchanged, report.added.len()), (6, 0));
    }
}
