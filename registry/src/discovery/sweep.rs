//! One pass over one configured directory or file, against what is remembered of it.
//!
//! A file whose identity is the remembered one costs one `statx` and is not opened. Looking and
//! reading happen in two threads; taking in what they found is sequential.

use std::ffi::CString;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use registry_core::parallel::map_chunks;
use rustix::fs::FileType;
use rustix::io::Errno;

use super::changes::Changes;
use super::elf::Buffers;
use super::examine::{Place, Reading, Seen, examine};
use super::first::First;
use super::identity::FileIdentity;
use super::left_out::{LeftOut, LeftOutBy};
use super::listing::{Entry, Listing};
use super::memory::{Memory, Remembered};
use super::progress::Counter;
use super::refusal::{Refusal, Refused};
use super::request::{ScanRequest, Target};
use super::root::Root;

/// How many threads look at files.
pub(super) const THREADS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// How many files a thread takes at a time. Starting a thread for fewer costs more than it saves.
pub(super) const CHUNK_LEN: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// What a pass is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Orders<'a> {
    pub(super) request: &'a ScanRequest,
    /// Names whose files are examined before any bound applies.
    pub(super) first: &'a First,
    pub(super) reading: Reading,
    pub(super) deadline: Option<Instant>,
    /// Whether remembered identities count for nothing.
    pub(super) afresh: bool,
    /// Told of every file.
    pub(super) counter: &'a Counter,
}

/// What a pass found beside files.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Directories that were refused.
    pub(super) refused: Vec<Arc<Refused>>,
    /// Files not called `*.so`.
    pub(super) ignored: u64,
    pub(super) left_out: LeftOut,
    pub(super) changes: Changes,
    /// How many files were opened and read.
    pub(super) read: usize,
}

impl Found {
    /// A directory or file that could not be looked at: all that was known of it is gone.
    fn refused(path: &Path, cause: Refusal, memory: &mut Memory) -> Self {
        let mut found = Self::default();
        found
            .refused
            .push(Arc::new(Refused::new(path.to_owned(), cause)));
        let gone = memory.files().iter().map(|file| file.seen.verdict.path());
        found.changes.removed.extend(gone.map(Path::to_owned));
        *memory = Memory::default();
        found
    }
}

/// Looks at a single file, or at a directory and everything below it.
pub(super) fn pass(target: &Target, memory: &mut Memory, orders: Orders<'_>) -> Found {
    let (path, opened) = match target {
        Target::File(path) => (path, open_single(path)),
        Target::Directory(path) => (path, open_directory(path, orders)),
    };
    match opened {
        Ok((root, listing)) => sweep(&root, listing, memory, orders),
        Err(cause) => Found::refused(path, cause, memory),
    }
}

fn open_directory(path: &Path, orders: Orders<'_>) -> Result<(Root, Listing), Refusal> {
    let root = Root::open(path, path)?;
    let bounds = &orders.request.bounds;
    let is_stopped = || orders.counter.is_stopped();
    let listing = Listing::read(&root, bounds, is_stopped, |name| orders.first.holds(name));
    Ok((root, listing))
}

fn open_single(path: &Path) -> Result<(Root, Listing), Refusal> {
    let Some((parent, name)) = path.parent().zip(path.file_name()) else {
        // What ends in `..` or is the root can be nothing else.
        return Err(Refusal::NotRegular { kind: "directory" });
    };
    let here = Path::new(".");
    let parent = Some(parent).filter(|parent| !parent.as_os_str().is_empty());
    let root = Root::open(parent.unwrap_or(here), path)?;
    let file = CString::new(name.as_bytes()).map_err(|_| Refusal::FileName)?;
    let kind = match root.stat(&file) {
        Ok(stat) => FileType::from_raw_mode(stat.stx_mode.into()),
        Err(Errno::NOENT) => return Err(Refusal::Missing),
        // Opening it tells why.
        Err(_) => FileType::Unknown,
    };
    let listing = Listing::single(&root, name.as_bytes(), kind)?;
    Ok((root, listing))
}

fn sweep(root: &Root, mut listing: Listing, memory: &mut Memory, orders: Orders<'_>) -> Found {
    let mut found = Found {
        refused: listing.refused.drain(..).map(Arc::new).collect(),
        ignored: listing.ignored,
        ..Found::default()
    };
    found.left_out.files += listing.files_left_out;
    for folder in listing.folders_left_out.drain(..) {
        found.left_out.folder(folder);
    }
    if listing.entries.len() > orders.request.bounds.files_max {
        listing.sort();
    }
    let pass = Pass {
        root,
        listing: &listing,
        orders,
    };
    let entries = pass.within_bounds(&mut found.left_out);
    orders.counter.listed(entries.len());
    let known = &*memory;
    let look = |buffers: &mut Buffers, entries: &[Entry], outcomes: &mut Vec<Outcome>| {
        pass.look_at_all(entries, known, buffers, outcomes);
    };
    let outcomes = map_chunks(&entries, CHUNK_LEN, THREADS, Buffers::default, look);
    pass.take_in(entries.iter().copied().zip(outcomes), memory, &mut found);
    found
}

/// A pass over the listed files of one root.
#[derive(Clone, Copy)]
struct Pass<'a> {
    root: &'a Root,
    listing: &'a Listing,
    orders: Orders<'a>,
}

/// What looking at a file gave.
enum Outcome {
    /// It is the one remembered at this place.
    Same(usize),
    /// It was read; the place is that of the state remembered before.
    Read(Option<usize>, Seen),
    /// There was no time for it; the place is that of the state remembered before.
    NoTime(Option<usize>),
}

impl Pass<'_> {
    /// The files to examine: all, or as many as the bound allows beside those that come first.
    fn within_bounds(&self, left_out: &mut LeftOut) -> Vec<Entry> {
        let entries = &self.listing.entries;
        let files_max = self.orders.request.bounds.files_max;
        if entries.len() <= files_max {
            return entries.clone();
        }
        let mut others = 0;
        let mut within = Vec::with_capacity(files_max);
        for &entry in entries {
            let first = self.is_first(entry);
            others += usize::from(!first);
            if first || others <= files_max {
                within.push(entry);
            } else {
                left_out.file(LeftOutBy::Files, self.place(entry).path());
            }
        }
        within
    }

    /// Looks at files one by one, and counts them: those that are read at once, as that may take long,
    /// and the others together, as two threads that count get in each other's way.
    fn look_at_all(
        &self,
        entries: &[Entry],
        memory: &Memory,
        buffers: &mut Buffers,
        outcomes: &mut Vec<Outcome>,
    ) {
        let mut uncounted = 0;
        for &entry in entries {
            let outcome = self.look(entry, memory, buffers);
            uncounted += 1;
            if matches!(outcome, Outcome::Read(..)) {
                self.orders.counter.examined(std::mem::take(&mut uncounted));
            }
            outcomes.push(outcome);
        }
        self.orders.counter.examined(uncounted);
    }

    fn look(&self, entry: Entry, memory: &Memory, buffers: &mut Buffers) -> Outcome {
        let relative = self.listing.name(entry);
        let known = memory.get(relative.to_bytes());
        let trusted = known.map(|(_, seen)| seen);
        let trusted = trusted.filter(|seen| self.orders.trusts(seen));
        let before = known.map(|(index, _)| index);
        if self.orders.counter.is_stopped() {
            return Outcome::NoTime(before);
        }
        if let Some((index, seen)) = before.zip(trusted) {
            let stat = self.root.stat(relative);
            let way = self.listing.way(entry);
            if stat.is_ok_and(|stat| seen.verdict.is_of(&FileIdentity::of(&stat), way)) {
                return Outcome::Same(index);
            }
        }
        let deadline = self.orders.deadline;
        if deadline.is_some_and(|deadline| Instant::now() > deadline) && !self.is_first(entry) {
            return Outcome::NoTime(before);
        }
        let seen = examine(self.place(entry), trusted, self.orders.reading, buffers);
        match (seen, before) {
            (Some(seen), before) => Outcome::Read(before, seen),
            (None, Some(index)) => Outcome::Same(index),
            (None, None) => Outcome::NoTime(None),
        }
    }

    fn is_first(&self, entry: Entry) -> bool {
        let path = self.listing.name(entry).to_bytes();
        let name = path.rsplit(|&byte| byte == b'/').next();
        name.is_some_and(|name| self.orders.first.holds(name))
    }

    fn place(&self, entry: Entry) -> Place<'_> {
        Place {
            root: self.root,
            relative: self.listing.name(entry),
            way: self.listing.way(entry),
            kind: entry.kind,
        }
    }

    /// Brings the memory up to date and notes what changed.
    fn take_in(
        &self,
        outcomes: impl Iterator<Item = (Entry, Outcome)>,
        memory: &mut Memory,
        found: &mut Found,
    ) {
        let mut kept = vec![false; memory.files().len()];
        // What was known of these may be wrong by now: it is forgotten, but they are not gone.
        let mut late = vec![false; memory.files().len()];
        let mut added = Vec::new();
        for (entry, outcome) in outcomes {
            match outcome {
                Outcome::Same(index) => kept[index] = true,
                Outcome::Read(Some(index), seen) => {
                    kept[index] = true;
                    found.read += 1;
                    renew(memory, index, seen, &mut found.changes);
                }
                Outcome::Read(None, seen) => {
                    found.read += 1;
                    let path = seen.verdict.path().to_owned();
                    found.changes.added.push(path);
                    found.changes.of_candidates += usize::from(seen.verdict.is_candidate());
                    let name = self.listing.name(entry).to_bytes().into();
                    added.push(Remembered { name, seen });
                }
                Outcome::NoTime(before) => {
                    if let Some(index) = before {
                        late[index] = true;
                    }
                    let path = self.place(entry).path();
                    found.left_out.file(LeftOutBy::Time, path);
                }
            }
        }
        for (index, file) in memory.files().iter().enumerate() {
            if kept[index] || late[index] {
                continue;
            }
            let verdict = &file.seen.verdict;
            found.changes.removed.push(verdict.path().to_owned());
            found.changes.of_candidates += usize::from(verdict.is_candidate());
        }
        if kept.contains(&false) || !added.is_empty() {
            memory.renew(&kept, added);
        }
    }
}

impl Orders<'_> {
    /// Whether a file in the state that was seen need not be read again.
    fn trusts(&self, seen: &Seen) -> bool {
        let enough = !self.reading.deep || (seen.settled && seen.verdict.digest().is_some());
        let within = |state: &FileIdentity| state.size <= self.reading.bytes_max;
        enough && !self.afresh && seen.verdict.identity().is_some_and(within)
    }
}

/// Replaces what is remembered of a file that was read again, unless it says the same.
fn renew(memory: &mut Memory, index: usize, mut seen: Seen, changes: &mut Changes) {
    let Some(file) = memory.files().get(index) else {
        return;
    };
    let old = &file.seen.verdict;
    if !seen.verdict.is_same_content(old) {
        changes.changed.push(seen.verdict.path().to_owned());
    } else if seen.verdict.is_same(old) {
        seen.verdict = old.clone();
    } else {
        changes.touched += 1;
    }
    let settles = seen.settled && !file.seen.settled;
    let differs = !seen.verdict.is_same(old);
    if (settles || differs) && (seen.verdict.is_candidate() || old.is_candidate()) {
        changes.of_candidates += 1;
    }
    memory.replace(index, seen);
}
