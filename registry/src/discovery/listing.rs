//! The names below a directory, folder by folder, breadth first.
//!
//! Names are kept in one block of memory of bounded size, each ending in NUL as system calls want
//! it: ten thousand of them cost a few allocations. Nothing is opened here but folders.

use std::collections::VecDeque;
use std::ffi::{CStr, CString, OsStr};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;

use rustix::fs::{FileType, RawDir};

use super::access::FolderAccess;
use super::refusal::{Refusal, Refused};
use super::request::Bounds;
use super::root::{Root, stat};

const BUFFER_BYTES: usize = 32 * 1024;

/// Most memory for the names below one directory.
const NAMES_BYTES_MAX: usize = 64 << 20;

/// The candidates by name below one directory, and what else there is.
#[derive(Debug, Default)]
pub(super) struct Listing {
    names: Vec<u8>,
    pub(super) entries: Vec<Entry>,
    /// The folders that lead to the files of each folder, the plugin directory first.
    ways: Vec<Arc<[FolderAccess]>>,
    /// Files not called `*.so`.
    pub(super) ignored: u64,
    /// Folders that could not be listed.
    pub(super) refused: Vec<Refused>,
    /// Folders that a bound left out.
    pub(super) folders_left_out: Vec<PathBuf>,
    /// Files for whose names there was no room.
    pub(super) files_left_out: u64,
}

/// A name in a listing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    start: usize,
    end: usize,
    way: usize,
    pub(super) kind: FileType,
}

impl Listing {
    /// Lists everything below `root`, until `is_stopped`. Names for which `first` holds are kept whatever
    /// their number.
    pub(super) fn read(
        root: &Root,
        bounds: &Bounds,
        is_stopped: impl Fn() -> bool,
        first: impl Fn(&[u8]) -> bool,
    ) -> Self {
        let mut listing = Self::default();
        let mut folders = VecDeque::from([(CString::from(c"."), 0, None)]);
        let mut entered = 0;
        while let Some((folder, depth, above)) = folders.pop_front() {
            if is_stopped() || depth > bounds.depth_max || entered > bounds.folders_max {
                listing
                    .folders_left_out
                    .push(absolute(root, folder.to_bytes()));
                continue;
            }
            entered += 1;
            let mut below = Vec::new();
            if let Err(cause) = listing.read_folder(root, &folder, above, &first, &mut below) {
                let path = absolute(root, folder.to_bytes());
                listing.refused.push(Refused::new(path, cause));
            }
            below.sort_unstable();
            let above = listing.ways.len().checked_sub(1);
            folders.extend(below.into_iter().map(|folder| (folder, depth + 1, above)));
        }
        listing
    }

    /// Lists one file of `root`, whatever it is called.
    pub(super) fn single(root: &Root, name: &[u8], kind: FileType) -> Result<Self, Refusal> {
        let mut listing = Self::default();
        listing.ways.push([root.access()?].into());
        listing.keep(b"", name, kind, |_| true);
        Ok(listing)
    }

    /// Orders the names, so that results depend on no file system's order.
    pub(super) fn sort(&mut self) {
        let names = &self.names;
        self.entries
            .sort_unstable_by(|a, b| names[a.start..a.end].cmp(&names[b.start..b.end]));
    }

    /// The way from the root to an entry.
    pub(super) fn name(&self, entry: Entry) -> &CStr {
        // The block holds a NUL after every name, put there by `keep`.
        CStr::from_bytes_with_nul(&self.names[entry.start..=entry.end]).unwrap_or(c"")
    }

    /// The folders that lead to an entry, the plugin directory first.
    pub(super) fn way(&self, entry: Entry) -> &Arc<[FolderAccess]> {
        // The index was taken from the list, which only grows.
        &self.ways[entry.way]
    }

    /// `above` is the place in `ways` of the folder that this one lies in.
    fn read_folder(
        &mut self,
        root: &Root,
        folder: &CStr,
        above: Option<usize>,
        first: impl Fn(&[u8]) -> bool,
        below: &mut Vec<CString>,
    ) -> Result<(), Refusal> {
        let fd = root
            .open_folder(folder)
            .map_err(Refusal::UnreadableDirectory)?;
        let above = above.map_or(&[][..], |above| &self.ways[above]);
        let path = absolute(root, folder.to_bytes());
        let own = FolderAccess::of(&path, &stat(fd.as_fd())?, fd.as_fd());
        let way = above.iter().cloned().chain([own]).collect();
        self.ways.push(way);
        let prefix = match folder.to_bytes() {
            b"." => Vec::new(),
            path => [path, b"/"].concat(),
        };
        let mut buffer = vec![MaybeUninit::uninit(); BUFFER_BYTES];
        let mut entries = RawDir::new(fd, &mut buffer);
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(|error| Refusal::UnreadableDirectory(error.into()))?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            if name.ends_with(b".so") {
                self.keep(&prefix, name, entry.file_type(), &first);
                continue;
            }
            let path = CString::new([&prefix, name].concat()).unwrap_or_default();
            if is_folder(root, &path, entry.file_type()) {
                below.push(path);
            } else {
                self.ignored += 1;
            }
        }
        Ok(())
    }

    fn keep(&mut self, prefix: &[u8], name: &[u8], kind: FileType, first: impl Fn(&[u8]) -> bool) {
        if self.names.len() > NAMES_BYTES_MAX && !first(name) {
            self.files_left_out += 1;
            return;
        }
        let start = self.names.len();
        self.names.extend_from_slice(prefix);
        self.names.extend_from_slice(name);
        let end = self.names.len();
        self.names.push(0);
        let way = self.ways.len().saturating_sub(1);
        self.entries.push(Entry {
            start,
            end,
            way,
            kind,
        });
    }
}

fn is_folder(root: &Root, path: &CStr, kind: FileType) -> bool {
    match kind {
        FileType::Directory => true,
        // Some file systems do not say what an entry is.
        FileType::Unknown => root
            .stat(path)
            .is_ok_and(|stat| FileType::from_raw_mode(stat.stx_mode.into()) == FileType::Directory),
        _ => false,
    }
}

fn absolute(root: &Root, relative: &[u8]) -> PathBuf {
    match relative {
        b"." => root.path().to_owned(),
        path => root.path().join(OsStr::from_bytes(path)),
    }
}
