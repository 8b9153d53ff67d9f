//! One file: opened safely, read, judged.

use std::ffi::{CStr, OsStr};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blake3::Hash;
use rustix::fs::FileType;

use super::access::{Access, FolderAccess, Ownership};
use super::candidate::Candidate;
use super::elf::{Buffers, ElfError, Library, Source};
use super::identity::{FileIdentity, Timestamp};
use super::refusal::{Refusal, Refused};
use super::root::{Root, check_regular, stat};

/// Files up to this size are read whole when they are hashed anyway; larger ones part by part.
const WHOLE_BYTES_MAX: usize = 1 << 20;

/// What became of a file, as of one of its states.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) verdict: Verdict,
    /// Whether a later change of content must show in the identity.
    pub(super) settled: bool,
}

/// Candidate or not.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    Candidate(Arc<Candidate>),
    Refused(Arc<Refused>),
}

impl Verdict {
    /// The state that was judged; `None` if the file must be judged anew each time.
    pub(super) fn identity(&self) -> Option<&FileIdentity> {
        match self {
            Self::Candidate(candidate) => Some(&candidate.identity),
            Self::Refused(refused) => refused.identity.as_ref(),
        }
    }

    /// The digest of the content, if it was read whole.
    pub(super) fn digest(&self) -> Option<&Hash> {
        match self {
            Self::Candidate(candidate) => candidate.digest.as_ref(),
            Self::Refused(refused) => refused.digest.as_ref(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Candidate(candidate) => candidate.path(),
            Self::Refused(refused) => refused.path(),
        }
    }

    /// Whether this was told of a file in that very state, found on that very way.
    pub(super) fn is_of(&self, state: &FileIdentity, way: &Arc<[FolderAccess]>) -> bool {
        let same_way = match self {
            Self::Candidate(candidate) => {
                let known = &candidate.access.folders;
                Arc::ptr_eq(known, way) || known == way
            }
            Self::Refused(_) => true,
        };
        same_way && self.identity() == Some(state)
    }

    /// Who could change the file when it was judged.
    fn access(&self) -> Option<&Access> {
        match self {
            Self::Candidate(candidate) => Some(&candidate.access),
            Self::Refused(_) => None,
        }
    }

    /// Whether nothing can be told from `other` that this does not say.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.identity() == other.identity()
            && self.access() == other.access()
            && self.digest() == other.digest()
            && self.is_same_content(other)
    }

    /// Whether both judge the same content alike; where it was not read whole, a file in the same
    /// state has the same content.
    pub(super) fn is_same_content(&self, other: &Self) -> bool {
        let same_bytes = match (self.digest(), other.digest()) {
            (Some(this), Some(that)) => this == that,
            _ => self.identity() == other.identity(),
        };
        let same_judgement = match (self, other) {
            (Self::Candidate(_), Self::Candidate(_)) => true,
            (Self::Refused(this), Self::Refused(that)) => this.reason() == that.reason(),
            _ => false,
        };
        same_bytes && same_judgement
    }

    pub(super) fn is_candidate(&self) -> bool {
        matches!(self, Self::Candidate(_))
    }
}

/// Where a file was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) root: &'a Root,
    pub(super) relative: &'a CStr,
    /// The folders that lead there.
    pub(super) way: &'a Arc<[FolderAccess]>,
    pub(super) kind: FileType,
}

impl Place<'_> {
    /// Some file systems do not say what an entry is.
    fn is_link(&self) -> bool {
        match self.kind {
            FileType::Unknown => self.root.is_link(self.relative),
            kind => kind == FileType::Symlink,
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        let relative = Path::new(OsStr::from_bytes(self.relative.to_bytes()));
        let root = self.root.path();
        // One path is kept for every file: neither more room than it needs, nor a move to get it.
        let mut path =
            PathBuf::with_capacity(root.as_os_str().len() + 1 + relative.as_os_str().len());
        path.push(root);
        path.push(relative);
        path
    }
}

/// How files are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) bytes_max: u64,
    /// Whether the whole content is read and hashed.
    pub(super) deep: bool,
    pub(super) clock: fn() -> Timestamp,
}

/// Reads and judges one file, unless its state is the one `known`, which gives `None`.
pub(super) fn examine(
    place: Place<'_>,
    known: Option<&Seen>,
    reading: Reading,
    buffers: &mut Buffers,
) -> Option<Seen> {
    let opened = match Opened::open(place, reading) {
        Ok(opened) if known.is_some_and(|seen| opened.is_as(seen)) => return None,
        Ok(opened) => opened,
        Err(cause) => return Some(refused(Refused::new(place.path(), cause))),
    };
    let read_at = (reading.clock)();
    let (identity, access) = (opened.identity, opened.access.clone());
    let settled = identity.is_settled(read_at);
    let judged = opened.read(reading.deep, buffers);
    let verdict = match judged {
        Err(cause) => return Some(refused(Refused::new(place.path(), cause))),
        Ok((Ok(library), digest)) => Verdict::Candidate(Arc::new(Candidate {
            path: place.path().into_boxed_path(),
            directory: place.root.shared_label(),
            identity,
            access,
            digest,
            library,
        })),
        Ok((Err(error), digest)) => {
            let refused = Refused::new(place.path(), error.into());
            Verdict::Refused(Arc::new(refused.judged(identity, digest)))
        }
    };
    Some(Seen { verdict, settled })
}

fn refused(refused: Refused) -> Seen {
    Seen {
        verdict: Verdict::Refused(Arc::new(refused)),
        settled: false,
    }
}

/// A regular file of acceptable size, open.
struct Opened {
    fd: OwnedFd,
    identity: FileIdentity,
    access: Access,
}

/// What the reader made of a file, and the digest of its content if that was asked for.
type Judged = (Result<Library, ElfError>, Option<Hash>);

impl Opened {
    fn open(place: Place<'_>, reading: Reading) -> Result<Self, Refusal> {
        if str::from_utf8(place.relative.to_bytes()).is_err() {
            return Err(Refusal::FileName);
        }
        if place.kind != FileType::Symlink {
            check_regular(place.kind)?;
        }
        let (fd, stat) = place.root.open_file(place.relative)?;
        let identity = FileIdentity::of(&stat);
        let (bytes, bytes_max) = (identity.size, reading.bytes_max);
        if bytes > bytes_max {
            return Err(Refusal::TooLarge { bytes, bytes_max });
        }
        let folders = if place.is_link() {
            place.root.folders_to(place.relative, &fd, &stat)?
        } else {
            Arc::clone(place.way)
        };
        let access = Access {
            file: Ownership::of(&stat, fd.as_fd()),
            folders,
        };
        Ok(Self {
            fd,
            identity,
            access,
        })
    }

    fn is_as(&self, seen: &Seen) -> bool {
        seen.verdict.is_of(&self.identity, &self.access.folders)
    }

    /// Reads the file; whatever was read counts only if the file is still in the same state.
    fn read(self, deep: bool, buffers: &mut Buffers) -> Result<Judged, Refusal> {
        let judged = if deep {
            self.read_deep(buffers)
        } else {
            (Library::read(self.source(), buffers), None)
        };
        if FileIdentity::of(&stat(self.fd.as_fd())?) != self.identity {
            return Err(Refusal::Changing);
        }
        match judged {
            (Err(ElfError::Read(error)), _) => Err(Refusal::Unreadable(error)),
            judged => Ok(judged),
        }
    }

    fn read_deep(&self, buffers: &mut Buffers) -> Judged {
        let whole = usize::try_from(self.identity.size).ok();
        if let Some(len) = whole.filter(|&len| len <= WHOLE_BYTES_MAX) {
            return match buffers.part(self.fd.as_fd(), 0, len) {
                Ok(bytes) => (Library::from_bytes(bytes), Some(blake3::hash(bytes))),
                Err(error) => (Err(error), None),
            };
        }
        let library = Library::read(self.source(), buffers);
        let mut hasher = blake3::Hasher::new();
        let parts = (0..self.identity.size).step_by(WHOLE_BYTES_MAX);
        for at in parts {
            let rest = self.identity.size - at;
            let len = usize::try_from(rest).map_or(WHOLE_BYTES_MAX, |len| len.min(WHOLE_BYTES_MAX));
            match buffers.part(self.fd.as_fd(), at, len) {
                Ok(part) => hasher.update(part),
                Err(error) => return (Err(error), None),
            };
        }
        (library, Some(hasher.finalize()))
    }

    fn source(&self) -> Source<'_> {
        Source::File(self.fd.as_fd(), self.identity.size)
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
        let root = Root::open(folder.path(), folder.path()).unwrap();
        let place = Place {
            root: &root,
            relative: c"x.so",
            way: &[root.access().unwrap()].into(),
            kind: FileType::RegularFile,
        };
        let reading = Reading {
            bytes_max: u64::MAX,
            deep: false,
            clock: Timestamp::now,
        };
        let open = || Opened::open(place, reading).unwrap();
        let mut buffers = Buffers::default();
        for deep in [false, true] {
            let (library, digest) = open().read(deep, &mut buffers).unwrap();
            assert_eq!(library.unwrap().manifest.name, "some_planner");
            assert_eq!(digest.is_some(), deep);

            let opened = open();
            let mut file = std::fs::File::options().append(true).open(&path).unwrap();
            file.write_all(b"more").unwrap();
            let error = opened.read(deep, &mut buffers).unwrap_err();
            assert_eq!(error.code(), "E_CHANGING");

            let opened = open();
            file.set_len(opened.identity.size - 4).unwrap();
            let error = opened.read(deep, &mut buffers).unwrap_err();
            assert_eq!(error.code(), "E_CHANGING");
        }
    }
}
