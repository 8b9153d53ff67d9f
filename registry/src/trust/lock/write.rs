//! Reading a lock from its file, and putting another in its place.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use super::error::{LockError, LockFault};
use super::model::Lock;
use crate::config::{FileFault, guarded};

/// Largest lock.
const SIZE_BYTES_MAX: u64 = 4 << 20;

/// Whoever works with the planners may read the lock; its owner alone writes it.
const MODE: u32 = 0o644;

impl Lock {
    /// The lock in the file at `path`; none if there is no such file.
    ///
    /// # Errors
    /// [`LockError`] if others could have changed it, or it is malformed.
    pub fn read(path: &Path) -> Result<Option<Self>, LockError> {
        let bytes = match guarded::read(path, SIZE_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(FileFault::Missing) => return Ok(None),
            Err(fault) => {
                let path = path.to_owned();
                return Err(LockError::NotOurs { path, fault });
            }
        };
        let text = String::from_utf8(bytes).map_err(|error| LockFault {
            line: error.as_bytes()[..error.utf8_error().valid_up_to()]
                .split(|byte| *byte == b'\n')
                .count(),
            key: String::new(),
            what: "is not UTF-8".to_owned(),
        });
        text.and_then(|text| Self::parse(&text))
            .map(Some)
            .map_err(|fault| LockError::Malformed {
                path: path.to_owned(),
                fault,
            })
    }

    /// Puts this lock in the place of the file at `path`: whoever reads it meanwhile finds the old one
    /// or the new one.
    ///
    /// # Errors
    /// [`LockError::Write`] with what the system said.
    pub fn write(&self, path: &Path) -> Result<(), LockError> {
        replace(path, self.to_string().as_bytes()).map_err(|source| LockError::Write {
            path: path.to_owned(),
            source,
        })
    }
}

/// Writes beside the file and renames. A link in the file's place is replaced, not followed.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path
        .file_name()
        .ok_or(io::ErrorKind::InvalidInput)?
        .to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let staged = path.with_file_name(name);
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(&staged, flags, Mode::from_raw_mode(MODE))?);
    let written = file
        .set_permissions(fs::Permissions::from_mode(MODE))
        .and_then(|()| file.write_all(bytes))
        .and_then(|()| file.sync_data())
        .and_then(|()| fs::rename(&staged, path));
    if written.is_err() {
        // The error of the writing is the one to tell.
        let _ = fs::remove_file(&staged);
    }
    written
}
