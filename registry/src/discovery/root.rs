//! A configured directory, held open, so that every path below it is resolved beneath it.

use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, Statx};
use rustix::io::Errno;

use super::access::FolderAccess;
use super::identity::{FileIdentity, WANTED};
use super::refusal::Refusal;

/// How often an opening is tried again when a rename elsewhere disturbs its resolution.
const TRIES_MAX: u32 = 64;

const BENEATH: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);

/// An open directory and the path it was configured by.
#[derive(Debug)]
pub(super) struct Root {
    path: PathBuf,
    label: Arc<Path>,
    fd: OwnedFd,
}

impl Root {
    /// Opens a directory; the path to it may go through links, since the operator gave it.
    ///
    /// `label` is what was configured: this directory, or a single file in it.
    pub(super) fn open(path: &Path, label: &Path) -> Result<Self, Refusal> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::openat(CWD, path, flags, Mode::empty()) {
            Ok(fd) => Ok(Self {
                path: path.to_owned(),
                label: label.into(),
                fd,
            }),
            Err(Errno::NOENT) => Err(Refusal::Missing),
            Err(Errno::NOTDIR) => Err(Refusal::NotADirectory),
            Err(error) => Err(Refusal::UnreadableDirectory(error.into())),
        }
    }

    /// The path it was configured by.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What was configured, shared among all candidates found through it.
    pub(super) fn shared_label(&self) -> Arc<Path> {
        Arc::clone(&self.label)
    }

    /// Opens a folder for listing; no link is followed.
    pub(super) fn open_folder(&self, relative: &CStr) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(self.open_beneath(relative, flags)?)
    }

    /// Opens a regular file for reading and says what it is.
    ///
    /// A link is followed as long as it stays beneath this directory. Neither a FIFO nor a device
    /// can block the opening.
    pub(super) fn open_file(&self, relative: &CStr) -> Result<(OwnedFd, Statx), Refusal> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = match self.open_here(relative, flags) {
            Err(Errno::LOOP | Errno::INTR) => self.open_beneath(relative, flags),
            opened => opened,
        };
        let fd = opened.map_err(|error| self.explain(relative, error))?;
        let stat = stat(fd.as_fd())?;
        check_regular(FileType::from_raw_mode(stat.stx_mode.into()))?;
        Ok((fd, stat))
    }

    /// What stands at `relative` itself, following no link.
    pub(super) fn stat(&self, relative: &CStr) -> Result<Statx, Errno> {
        let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::STATX_DONT_SYNC;
        rustix::fs::statx(&self.fd, relative, flags, WANTED)
    }

    /// Opens a name of this very directory, unless it is a link: then there is nothing on the way that
    /// could lead out, and the kernel need not look for it. [`Errno::LOOP`] is for all other paths.
    fn open_here(&self, relative: &CStr, flags: OFlags) -> Result<OwnedFd, Errno> {
        let name = relative.to_bytes();
        if name.contains(&b'/') || name == b"." || name == b".." {
            return Err(Errno::LOOP);
        }
        rustix::fs::openat(&self.fd, relative, flags | OFlags::NOFOLLOW, Mode::empty())
    }

    /// Opens a regular file, if there is one. No link is followed, and neither a FIFO nor a device
    /// can block the opening.
    pub(super) fn open_linkless(&self, relative: &CStr) -> io::Result<Option<File>> {
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let linkless = BENEATH.union(ResolveFlags::NO_SYMLINKS);
        let file = match self.open_resolved(relative, flags, linkless) {
            Ok(fd) => File::from(fd),
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
            Err(Errno::LOOP) => return Err(io::Error::other("it is a symbolic link")),
            Err(error) => return Err(error.into()),
        };
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        Ok(Some(file))
    }

    /// The plugin directory itself, as the first of the folders that lead to a file.
    pub(super) fn access(&self) -> Result<FolderAccess, Refusal> {
        let fd = self.fd.as_fd();
        Ok(FolderAccess::of(&self.path, &stat(fd)?, fd))
    }

    /// Whether a link stands at `relative`.
    pub(super) fn is_link(&self, relative: &CStr) -> bool {
        self.stat(relative)
            .is_ok_and(|stat| FileType::from_raw_mode(stat.stx_mode.into()) == FileType::Symlink)
    }

    /// The folders that lead to `file`, which was opened at `relative` in the state `opened`.
    ///
    /// Where a link leads to it these are the folders that the file really lies in. Each is opened from
    /// the one before it, and the last must still hold the file under its name.
    pub(super) fn folders_to(
        &self,
        relative: &CStr,
        file: &OwnedFd,
        opened: &Statx,
    ) -> Result<Arc<[FolderAccess]>, Refusal> {
        let given = Path::new(OsStr::from_bytes(relative.to_bytes()));
        let real = self.is_link(relative).then(|| self.real_path(file));
        let way = real.transpose()?;
        let way = way.as_deref().unwrap_or(given);
        let (Some(above), Some(name)) = (way.parent(), way.file_name()) else {
            return Err(Refusal::Changing);
        };
        let mut folders = vec![self.access()?];
        let mut last: Option<OwnedFd> = None;
        let mut path = self.path.clone();
        for part in above {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let from = last.as_ref().unwrap_or(&self.fd);
            let folder = rustix::fs::openat(from, part, flags, Mode::empty())
                .map_err(|_| Refusal::Changing)?;
            path.push(part);
            let fd = folder.as_fd();
            folders.push(FolderAccess::of(&path, &stat(fd)?, fd));
            last = Some(folder);
        }
        let folder = last.as_ref().unwrap_or(&self.fd);
        let found = rustix::fs::statx(folder, name, AtFlags::SYMLINK_NOFOLLOW, WANTED);
        match found.map(|found| FileIdentity::of(&found).is_same_file(&FileIdentity::of(opened))) {
            Ok(true) => Ok(folders.into()),
            _ => Err(Refusal::Changing),
        }
    }

    /// The way from this directory to where `file` really lies, as the kernel knows it.
    fn real_path(&self, file: &OwnedFd) -> Result<PathBuf, Refusal> {
        let path_of = |fd: &OwnedFd| {
            std::fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd()))
                .map_err(Refusal::Unreadable)
        };
        let (file, directory) = (path_of(file)?, path_of(&self.fd)?);
        let below = file.strip_prefix(directory);
        below.map(Path::to_owned).map_err(|_| Refusal::LinkOutside)
    }

    fn open_beneath(&self, relative: &CStr, flags: OFlags) -> Result<OwnedFd, Errno> {
        self.open_resolved(relative, flags, BENEATH)
    }

    fn open_resolved(
        &self,
        relative: &CStr,
        flags: OFlags,
        resolve: ResolveFlags,
    ) -> Result<OwnedFd, Errno> {
        for _ in 0..TRIES_MAX {
            match rustix::fs::openat2(&self.fd, relative, flags, Mode::empty(), resolve) {
                Err(Errno::AGAIN | Errno::INTR) => {}
                // Old kernels and some containers lack the call; then no link is followed at all.
                Err(Errno::NOSYS | Errno::PERM) => {
                    let flags = flags | OFlags::NOFOLLOW;
                    return rustix::fs::openat(&self.fd, relative, flags, Mode::empty());
                }
                other => return other,
            }
        }
        Err(Errno::AGAIN)
    }

    /// Why a file could not be opened; what stands in its place decides what the error means.
    fn explain(&self, relative: &CStr, error: Errno) -> Refusal {
        let kind = match self.stat(relative) {
            Ok(stat) => FileType::from_raw_mode(stat.stx_mode.into()),
            Err(Errno::NOENT | Errno::NOTDIR) => return Refusal::Vanished,
            Err(_) => return Refusal::Unreadable(error.into()),
        };
        match (kind, error) {
            (FileType::Symlink, Errno::NOENT) => Refusal::DanglingLink,
            (FileType::Symlink, Errno::XDEV) => Refusal::LinkOutside,
            (FileType::Symlink, Errno::LOOP) if self.loops(relative) => Refusal::LinkLoop,
            (FileType::Symlink, Errno::LOOP) if self.can_follow() => Refusal::MagicLink,
            (FileType::Symlink, Errno::LOOP) => Refusal::LinkUnsupported,
            (kind, error) => match check_regular(kind) {
                Err(refusal) if kind != FileType::Symlink => refusal,
                _ => Refusal::Unreadable(error.into()),
            },
        }
    }

    /// Whether this system follows links beneath a directory, so that it is the link that cannot be.
    fn can_follow(&self) -> bool {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        rustix::fs::openat2(&self.fd, c".", flags, Mode::empty(), BENEATH).is_ok()
    }

    /// Whether following the link is an endless circle, rather than merely not done.
    fn loops(&self, relative: &CStr) -> bool {
        let followed = rustix::fs::statx(&self.fd, relative, AtFlags::empty(), WANTED);
        matches!(followed, Err(Errno::LOOP))
    }
}

/// What an open file is now.
pub(super) fn stat(fd: BorrowedFd<'_>) -> Result<Statx, Refusal> {
    rustix::fs::statx(fd, c"", AtFlags::EMPTY_PATH, WANTED)
        .map_err(|error| Refusal::Unreadable(error.into()))
}

/// Refuses what is known not to be a regular file; [`FileType::Unknown`] counts as one.
pub(super) fn check_regular(kind: FileType) -> Result<(), Refusal> {
    let kind = match kind {
        FileType::RegularFile | FileType::Unknown => return Ok(()),
        FileType::Directory => "directory",
        FileType::Symlink => "symbolic link",
        FileType::Fifo => "FIFO",
        FileType::Socket => "socket",
        FileType::CharacterDevice => "character device",
        FileType::BlockDevice => "block device",
    };
    Err(Refusal::NotRegular { kind })
}
