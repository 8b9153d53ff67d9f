//! Puts files where they belong: whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::failure::Failure;

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceError {
    #[error("{} exists, and no file is overwritten", .path.display())]
    Exists { path: PathBuf },
    #[error("{} cannot be written", .path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl PlaceError {
    fn of(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            _ => Self::Write { path, source },
        }
    }
}

impl From<PlaceError> for Failure {
    fn from(error: PlaceError) -> Self {
        match &error {
            PlaceError::Exists { .. } => Self::new("E_EXISTS", &error)
                .remedy("Give another path, or take the file away yourself.".to_owned()),
            PlaceError::Write { .. } => Self::new("E_WRITE", &error)
                .remedy("Check the folder, its rights and its space.".to_owned()),
        }
    }
}

/// Writes a new file of this mode. What was begun is taken away again if it cannot be finished.
pub(crate) fn create(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), PlaceError> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path);
    let mut file = file.map_err(|error| PlaceError::of(path, error))?;
    let written = file
        .set_permissions(fs::Permissions::from_mode(mode))
        .and_then(|()| file.write_all(bytes))
        .and_then(|()| file.sync_all());
    written.map_err(|error| {
        // What stands there is ours, and incomplete.
        let _ = fs::remove_file(path);
        PlaceError::of(path, error)
    })
}

/// Writes a file of this mode, in place of the one that is there: whoever looks finds the old one or the
/// new one.
pub(crate) fn replace(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), PlaceError> {
    move_in(path, mode, bytes, RenameFlags::empty())
}

/// Writes a new file of this mode: whoever looks finds none or the whole.
pub(crate) fn add(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), PlaceError> {
    move_in(path, mode, bytes, RenameFlags::NOREPLACE)
}

fn move_in(path: &Path, mode: u32, bytes: &[u8], flags: RenameFlags) -> Result<(), PlaceError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    create(&beside, mode, bytes)?;
    let moved = if flags.is_empty() {
        // Every file system knows how to do that.
        fs::rename(&beside, path)
    } else {
        renameat_with(CWD, &beside, CWD, path, flags).map_err(io::Error::from)
    };
    moved.map_err(|error| {
        let _ = fs::remove_file(&beside);
        PlaceError::of(path, error)
    })
}
