//! One file: opened safely, read, judged.

use std::ffi::{CStr, OsStr};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use rustix::fs::{FileType, Statx};
use std::sync::Arc;

use super::candidate::Candidate;
use super::elf::{Buffers, Library, Source};
use super::identity::FileIdentity;
use super::refusal::{Refusal, Refused};
use super::root::{Root, check_regular, stat};

/// What became of a file.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    Candidate(Arc<Candidate>),
    Refused(Arc<Refused>),
}

/// Where a file was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) root: &'a Root,
    /// The root's place in the order of precedence.
    pub(super) order: usize,
    pub(super) relative: &'a CStr,
    pub(super) kind: FileType,
}

impl Place<'_> {
    fn path(&self) -> PathBuf {
        let relative = OsStr::from_bytes(self.relative.to_bytes());
        self.root.path().join(relative)
    }
}

/// Reads and judges one file.
pub(super) fn examine(place: Place<'_>, bytes_max: u64, buffers: &mut Buffers) -> Verdict {
    let read = Opened::open(place, bytes_max).and_then(|opened| opened.read(buffers));
    match read {
        Ok((identity, library)) => Verdict::Candidate(Arc::new(Candidate {
            path: place.path(),
            root: place.order,
            identity,
            library,
        })),
        Err(cause) => Verdict::Refused(Arc::new(Refused::new(place.path(), cause))),
    }
}

/// A regular file of acceptable size, open.
struct Opened {
    fd: OwnedFd,
    stat: Statx,
}

impl Opened {
    fn open(place: Place<'_>, bytes_max: u64) -> Result<Self, Refusal> {
        if str::from_utf8(place.relative.to_bytes()).is_err() {
            return Err(Refusal::FileName);
        }
        if place.kind != FileType::Symlink {
            check_regular(place.kind)?;
        }
        let (fd, stat) = place.root.open_file(place.relative)?;
        let bytes = stat.stx_size;
        if bytes > bytes_max {
            return Err(Refusal::TooLarge { bytes, bytes_max });
        }
        Ok(Self { fd, stat })
    }

    /// Reads the file; whatever was read counts only if the file is still in the same state.
    fn read(self, buffers: &mut Buffers) -> Result<(FileIdentity, Library), Refusal> {
        let identity = FileIdentity::of(&self.stat);
        let source = Source::File(self.fd.as_fd(), identity.size);
        let library = Library::read(source, buffers);
        if FileIdentity::of(&stat(self.fd.as_fd())?) != identity {
            return Err(Refusal::Changing);
        }
        Ok((identity, library?))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::super::testing::{Image, MANIFEST};
    use super::*;

    #[test]
    fn a_file_written_to_while_it_is_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.so");
        std::fs::write(&path, Image::new(MANIFEST).bytes()).unwrap();
        let root = Root::open(folder.path()).unwrap();
        let place = Place {
            root: &root,
            order: 0,
            relative: c"x.so",
            kind: FileType::RegularFile,
        };
        let open = || Opened::open(place, u64::MAX).unwrap();
        let mut buffers = Buffers::default();
        let (_, library) = open().read(&mut buffers).unwrap();
        assert_eq!(library.manifest.name, "some_planner");

        let opened = open();
        let mut file = std::fs::File::options().append(true).open(&path).unwrap();
        file.write_all(b"more").unwrap();
        assert_eq!(opened.read(&mut buffers).unwrap_err().code(), "E_CHANGING");

        let opened = open();
        file.set_len(100).unwrap();
        assert_eq!(opened.read(&mut buffers).unwrap_err().code(), "E_CHANGING");
    }
}
