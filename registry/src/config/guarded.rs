//! Reading files that grant trust: only those that nobody else could have written or swapped.
//!
//! The file is opened without following a link or waiting on a pipe, judged by its descriptor, and
//! read within a bound. Every folder above it must be safe as well; a shared folder with the sticky
//! bit is, since nobody can rename another's file in it. No race remains for others: whoever may not
//! write any folder on the way can neither replace the file between two looks.

use std::{
    fs::{File, Metadata},
    io::{self, Read},
    os::{fd::AsFd, unix::fs::MetadataExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
};

use super::{access_list, origin::shown_path};

/// Why a file that grants trust was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileFault {
    /// It does not exist.
    #[error("no such file")]
    Missing,
    /// The file, or a folder on the way to it, is a symbolic link.
    #[error("{path} is a symbolic link; allowed: the path it stands for", path = shown_path(path))]
    SymbolicLink {
        /// The link.
        path: PathBuf,
    },
    /// A folder, device, pipe or socket.
    #[error("not a regular file")]
    NotAFile,
    /// Beyond the bound.
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    /// Somebody else owns the file or a folder above it.
    #[error(
        "{path} is owned by user {owner}; allowed: root and user {user}",
        path = shown_path(path)
    )]
    ForeignOwner {
        /// The file or folder.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// The effective user.
        user: u32,
    },
    /// Somebody else may change the file or a folder above it.
    #[error(
        "{path} can be changed by other users (mode {mode:04o}); try chmod go-w",
        path = shown_path(path)
    )]
    OpenToOthers {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A folder of secrets that others may look into.
    #[error(
        "{path} is not private (mode {mode:04o}); try chmod 700",
        path = shown_path(path)
    )]
    NotPrivate {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The system refused.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

/// The bytes of the file at `path`, if they can be trusted and are at most `size_max`.
pub(crate) fn read(path: &Path, size_max: u64) -> Result<Vec<u8>, FileFault> {
    let file = open_granting(path)?;
    let mut bytes = Vec::new();
    file.take(size_max + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|size| size <= size_max) {
        Ok(bytes)
    } else {
        Err(FileFault::TooLarge(size_max))
    }
}

/// The file at `path`, opened, if it can be trusted.
pub(crate) fn open_granting(path: &Path) -> Result<File, FileFault> {
    let file = open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(FileFault::NotAFile);
    }
    check_owner(path, &metadata)?;
    check_mode(path, &metadata, || access_list::is_on_open(file.as_fd()))?;
    check_folders(path)?;
    Ok(file)
}

/// Whether the folder is this user's alone, and reached through folders that nobody else can write.
pub(crate) fn check_private_folder(path: &Path) -> Result<(), FileFault> {
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(FileFault::Missing),
        Err(error) => return Err(error.into()),
    };
    let path = path.to_owned();
    if metadata.is_symlink() {
        return Err(FileFault::SymbolicLink { path });
    }
    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != user {
        return Err(FileFault::ForeignOwner { path, owner, user });
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(FileFault::NotPrivate { path, mode });
    }
    check_folders(&path)
}

fn open(path: &Path) -> Result<File, FileFault> {
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    rustix::fs::open(path, flags, Mode::empty())
        .map(File::from)
        .map_err(|errno| match errno {
            Errno::NOENT | Errno::NOTDIR => FileFault::Missing,
            Errno::LOOP => FileFault::SymbolicLink {
                path: path.to_owned(),
            },
            // A socket, or a device without a driver.
            Errno::NXIO => FileFault::NotAFile,
            other => FileFault::Unreadable(other.into()),
        })
}

/// Judges the folders above `path` from the root downwards, so that each was found through safe ones.
fn check_folders(path: &Path) -> Result<(), FileFault> {
    let absolute = std::path::absolute(path)?;
    let above: Vec<&Path> = absolute.ancestors().skip(1).collect();
    for folder in above.into_iter().rev() {
        let metadata = folder.symlink_metadata()?;
        if metadata.is_symlink() {
            return Err(FileFault::SymbolicLink {
                path: folder.to_owned(),
            });
        }
        check_owner(folder, &metadata)?;
        let sticky = metadata.mode() & 0o1000 != 0;
        if !sticky {
            check_mode(folder, &metadata, || access_list::is_on(folder))?;
        }
    }
    Ok(())
}

fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), FileFault> {
    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner == 0 || owner == user {
        return Ok(());
    }
    Err(FileFault::ForeignOwner {
        path: path.to_owned(),
        owner,
        user,
    })
}

/// Whether `group` is the private one of `owner`, in which nobody else is.
pub(crate) fn is_private_group(owner: u32, group: u32) -> bool {
    owner == group
}

/// Group-writable is fine where the group is the owner's private one, as umask 002 makes them, and no access
/// list says that the group's bits count for others.
fn check_mode(
    path: &Path,
    metadata: &Metadata,
    is_listed: impl FnOnce() -> bool,
) -> Result<(), FileFault> {
    let mode = metadata.mode() & 0o7777;
    let private = || is_private_group(metadata.uid(), metadata.gid()) && !is_listed();
    if mode & 0o002 == 0 && (mode & 0o020 == 0 || private()) {
        return Ok(());
    }
    Err(FileFault::OpenToOthers {
        path: path.to_owned(),
        mode,
    })
}
