//! Everything a scan saw, sorted into lists.

use std::path::Path;
use std::sync::Arc;

use super::candidate::Candidate;
use super::examine::Verdict;
use super::left_out::LeftOut;
use super::refusal::{Refusal, Refused};
use super::request::{Bounds, ScanRequest};
use super::state::Discovery;
use super::sweep::Found;

/// Everything a scan saw. Each file is in exactly one of the lists, or counted as ignored or left
/// out.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Scan {
    /// Well-formed plugins in order of precedence: single files first, then directory by directory,
    /// each by path. Several may have the same name; see [`resolve`](super::resolve).
    pub candidates: Vec<Arc<Candidate>>,
    /// Files and directories that were refused.
    pub refused: Vec<Arc<Refused>>,
    /// Well-formed plugins whose names are excluded.
    pub excluded: Vec<Arc<Candidate>>,
    /// How many files are not called `*.so`.
    pub ignored: u64,
    /// What the bounds left out.
    pub left_out: LeftOut,
}

/// Scans the directories and files of `request` once, remembering nothing.
///
/// No failure stops the rest: it is in the result.
pub fn scan(request: &ScanRequest) -> Arc<Scan> {
    Discovery::default().discover(request).scan
}

/// Reads a single file of at most 64 MiB, whatever it is called. Runs nothing.
pub fn inspect(file: &Path) -> Result<Arc<Candidate>, Arc<Refused>> {
    inspect_within(file, Bounds::default().file_bytes_max)
}

/// The same for a file of at most so many bytes.
pub fn inspect_within(file: &Path, file_bytes_max: u64) -> Result<Arc<Candidate>, Arc<Refused>> {
    let scan = scan(&ScanRequest {
        manual: vec![file.to_owned()],
        bounds: Bounds {
            file_bytes_max,
            ..Bounds::default()
        },
        ..ScanRequest::default()
    });
    if let Some(candidate) = scan.candidates.first() {
        return Ok(Arc::clone(candidate));
    }
    let refused = scan.refused.first().cloned();
    Err(refused.unwrap_or_else(|| Arc::new(Refused::new(file.to_owned(), Refusal::Missing))))
}

impl Scan {
    /// Takes in what a pass found beside files.
    pub(super) fn take_found(&mut self, found: &Found) {
        self.refused.extend(found.refused.iter().cloned());
        self.ignored += found.ignored;
        self.left_out.merge(&found.left_out);
    }

    /// Puts a verdict in its list.
    pub(super) fn take(&mut self, verdict: &Verdict, request: &ScanRequest) {
        match verdict {
            Verdict::Refused(refused) => self.refused.push(Arc::clone(refused)),
            Verdict::Candidate(candidate) if request.excluded.contains(candidate.name()) => {
                self.excluded.push(Arc::clone(candidate));
            }
            Verdict::Candidate(candidate) => self.candidates.push(Arc::clone(candidate)),
        }
    }

    /// Whether both say the same; meant for scans that hold no candidates.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let same = |(a, b): (&Arc<Refused>, &Arc<Refused>)| {
            a.path() == b.path() && a.reason() == b.reason()
        };
        self.ignored == other.ignored
            && self.left_out == other.left_out
            && self.refused.len() == other.refused.len()
            && self.refused.iter().zip(&other.refused).all(same)
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
