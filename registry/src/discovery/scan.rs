//! One pass over all directories and single files.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use rustix::fs::FileType;

use super::candidate::Candidate;
use super::elf::Buffers;
use super::examine::{Place, Verdict, examine};
use super::listing::{Entry, Listing};
use super::parallel::in_halves;
use super::refusal::{Refusal, Refused};
use super::report::{LeftOut, LeftOutBy};
use super::request::ScanRequest;
use super::root::Root;

/// Everything a scan saw. Each file is in exactly one of the lists, or counted as ignored or left
/// out.
#[derive(Debug, Default)]
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

/// Scans the directories and files of `request`. No failure stops the rest: it is in the result.
pub fn scan(request: &ScanRequest) -> Scan {
    let deadline = Instant::now().checked_add(request.bounds.time_max);
    let mut scan = Scan::default();
    let mut verdicts = Vec::new();
    for (order, file) in request.manual.iter().enumerate() {
        verdicts.push(examine_single(file, order, request));
    }
    for (order, directory) in request.directories.iter().enumerate() {
        let order = request.manual.len() + order;
        match Root::open(directory) {
            Ok(root) => verdicts.extend(scan.directory(&root, order, request, deadline)),
            Err(cause) => scan.refuse(Refused::new(directory.clone(), cause)),
        }
    }
    scan.sort_out(verdicts, request);
    scan
}

/// Reads a single file, whatever it is called. Runs nothing.
pub fn inspect(file: &Path) -> Result<Arc<Candidate>, Arc<Refused>> {
    match examine_single(file, 0, &ScanRequest::default()) {
        Verdict::Candidate(candidate) => Ok(candidate),
        Verdict::Refused(refused) => Err(refused),
    }
}

impl Scan {
    fn directory(
        &mut self,
        root: &Root,
        order: usize,
        request: &ScanRequest,
        deadline: Option<Instant>,
    ) -> Vec<Verdict> {
        let first = |name: &[u8]| is_first(name, request);
        let mut listing = Listing::read(root, &request.bounds, first);
        listing.sort();
        self.ignored += listing.ignored;
        self.left_out.files += listing.files_left_out;
        for folder in listing.folders_left_out.drain(..) {
            self.left_out.folder(folder);
        }
        for refused in listing.refused.drain(..) {
            self.refuse(refused);
        }
        let jobs = self.jobs(&listing, root, request);
        let results = in_halves(&jobs, |jobs| {
            let mut buffers = Buffers::default();
            let judge = |job: &Job| job.run(root, order, &listing, request, deadline, &mut buffers);
            jobs.iter().map(judge).collect()
        });
        let mut verdicts = Vec::with_capacity(results.len());
        for (job, verdict) in jobs.iter().zip(results) {
            match verdict {
                Some(verdict) => verdicts.push(verdict),
                None => self
                    .left_out
                    .file(LeftOutBy::Time, job.path(root, &listing)),
            }
        }
        verdicts
    }

    /// The files to examine: all, or as many as the bound allows beside those that come first.
    fn jobs(&mut self, listing: &Listing, root: &Root, request: &ScanRequest) -> Vec<Job> {
        let mut others = 0;
        let mut jobs = Vec::with_capacity(listing.entries.len());
        for &entry in &listing.entries {
            let first = is_first(file_name(listing.name(entry).to_bytes()), request);
            let job = Job { entry, first };
            others += usize::from(!first);
            if first || others <= request.bounds.files_max {
                jobs.push(job);
            } else {
                self.left_out
                    .file(LeftOutBy::Files, job.path(root, listing));
            }
        }
        jobs
    }

    fn refuse(&mut self, refused: Refused) {
        self.refused.push(Arc::new(refused));
    }

    /// Puts every verdict in its list.
    fn sort_out(&mut self, verdicts: Vec<Verdict>, request: &ScanRequest) {
        for verdict in verdicts {
            match verdict {
                Verdict::Refused(refused) => self.refused.push(refused),
                Verdict::Candidate(candidate) if request.excluded.contains(candidate.name()) => {
                    self.excluded.push(candidate);
                }
                Verdict::Candidate(candidate) => self.candidates.push(candidate),
            }
        }
    }
}

/// One file to examine.
struct Job {
    entry: Entry,
    first: bool,
}

impl Job {
    /// The verdict, or `None` if there is no time left for it.
    fn run(
        &self,
        root: &Root,
        order: usize,
        listing: &Listing,
        request: &ScanRequest,
        deadline: Option<Instant>,
        buffers: &mut Buffers,
    ) -> Option<Verdict> {
        if !self.first && deadline.is_some_and(|deadline| Instant::now() > deadline) {
            return None;
        }
        let place = Place {
            root,
            order,
            relative: listing.name(self.entry),
            kind: self.entry.kind,
        };
        Some(examine(place, request.bounds.file_bytes_max, buffers))
    }

    fn path(&self, root: &Root, listing: &Listing) -> PathBuf {
        let name = listing.name(self.entry).to_bytes();
        root.path().join(OsStr::from_bytes(name))
    }
}

fn examine_single(file: &Path, order: usize, request: &ScanRequest) -> Verdict {
    let refuse = |cause| Verdict::Refused(Arc::new(Refused::new(file.to_owned(), cause)));
    let name = file.file_name().map(|name| CString::new(name.as_bytes()));
    let (Some(Ok(name)), Some(parent)) = (name, file.parent()) else {
        return refuse(Refusal::Missing);
    };
    let parent = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    let root = match Root::open(parent) {
        Ok(root) => root,
        Err(cause) => return refuse(cause),
    };
    let place = Place {
        root: &root,
        order,
        relative: &name,
        kind: FileType::Unknown,
    };
    match examine(
        place,
        request.bounds.file_bytes_max,
        &mut Buffers::default(),
    ) {
        Verdict::Refused(refused) if matches!(refused.cause(), Refusal::Vanished) => {
            refuse(Refusal::Missing)
        }
        verdict => verdict,
    }
}

fn file_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}

/// Whether a file of this name may hold a planner that is examined before any bound applies.
fn is_first(file: &[u8], request: &ScanRequest) -> bool {
    let Some(stem) = file
        .strip_suffix(b".so")
        .and_then(|stem| str::from_utf8(stem).ok())
    else {
        return false;
    };
    let bare = stem.strip_prefix("lib").unwrap_or(stem);
    request
        .first
        .iter()
        .any(|name| alike(name, stem) || alike(name, bare))
}

/// Compilers turn `-` into `_` in file names.
fn alike(name: &str, stem: &str) -> bool {
    let plain = |byte: u8| if byte == b'-' { b'_' } else { byte };
    name.len() == stem.len() && name.bytes().map(plain).eq(stem.bytes().map(plain))
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
