//! A socket that is there as long as somebody listens at it.

use std::fs::{self, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::folder::Place;
use super::peer;

/// How often a dead socket is taken away before giving up.
const TRIES_MAX: u32 = 3;

/// How long a host may let somebody wait in line before it counts as living: it is, in any case.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// This process listens there already.
    #[error("{} is exposed already", .path.display())]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// The path is longer than the address of a socket can be.
    #[error("the path {} is too long for a socket", .path.display())]
    TooLong {
        /// The socket.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{} cannot be made", .path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl SocketError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "E_EXPOSED_ALREADY",
            Self::TooLong { .. } => "E_SOCKET_PATH",
            Self::Io { .. } => "E_SOCKET_IO",
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "Expose one registry a process, or each in a folder of its own.",
            Self::TooLong { .. } => "Set FACTORY_CONTROL_SOCKET to a folder with a shorter path.",
            Self::Io { .. } => "Make room or give rights in the folder of the socket.",
        }
    }
}

/// What stands under the path of a socket.
#[derive(Debug)]
pub(in crate::ops) enum State {
    /// Somebody listens.
    Living,
    /// Whoever listened is gone.
    Stale,
    /// Nothing.
    Missing,
    /// It cannot be told.
    Unknown,
}

/// What stands at `path`. The kernel refuses a connection to a plain file as it does one to a socket at
/// which nobody listens, so that a look at the file comes first.
pub(in crate::ops) fn state_of(path: &Path) -> State {
    match peer::peer_of(path) {
        Ok(Some(_)) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return State::Missing,
        Ok(None) | Err(_) => return State::Unknown,
    }
    match peer::connect(path, PATIENCE) {
        Ok(_) => State::Living,
        Err(error) => match Errno::from_io_error(&error) {
            Some(Errno::CONNREFUSED) => State::Stale,
            Some(Errno::NOENT) => State::Missing,
            Some(Errno::AGAIN) => State::Living,
            _ => State::Unknown,
        },
    }
}

/// A socket of this process, gone when this is dropped.
#[derive(Debug)]
pub(in crate::ops) struct Bound {
    path: PathBuf,
    /// Device and number of the file, by which another one in its place is told from it.
    file: (u64, u64),
    listener: Option<UnixListener>,
}

impl Bound {
    /// The socket of this process in `place`. That of a dead process of the same id is replaced, that of
    /// a living one never. It is reachable from the moment on that it has its name.
    pub(in crate::ops) fn in_folder(place: &Place) -> Result<Self, SocketError> {
        let path = place.socket_of(process::id());
        let own = beside(place.path(), "new");
        let made = bind(&own).and_then(|listener| {
            let metadata = own.symlink_metadata()?;
            Ok((listener, (metadata.dev(), metadata.ino())))
        });
        let named = made.and_then(|made| name(&own, &path, place.path()).map(|()| made));
        match named {
            Ok((listener, file)) => Ok(Self {
                path,
                file,
                listener: Some(listener),
            }),
            Err(error) => {
                // It may not have been made.
                let _ = fs::remove_file(&own);
                Err(match Errno::from_io_error(&error) {
                    Some(Errno::EXIST) => SocketError::InUse { path },
                    Some(Errno::NAMETOOLONG) => SocketError::TooLong { path },
                    _ if error.kind() == io::ErrorKind::InvalidInput => {
                        SocketError::TooLong { path }
                    }
                    _ => SocketError::Io {
                        path,
                        source: error,
                    },
                })
            }
        }
    }

    /// Where it is.
    pub(in crate::ops) fn path(&self) -> &Path {
        &self.path
    }

    /// What listens; the first time alone.
    pub(in crate::ops) fn take_listener(&mut self) -> Option<UnixListener> {
        self.listener.take()
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        let metadata = self.path.symlink_metadata();
        let is_own = metadata.is_ok_and(|found| (found.dev(), found.ino()) == self.file);
        if is_own {
            // Left behind, it is told from a living one all the same.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Gives the socket at `own` the name `path`, in place of a dead one.
fn name(own: &Path, path: &Path, folder: &Path) -> io::Result<()> {
    let mut tries = 0;
    loop {
        match renameat_with(CWD, own, CWD, path, RenameFlags::NOREPLACE) {
            Err(Errno::EXIST) if tries < TRIES_MAX => take_away(path, folder)?,
            named => return Ok(named?),
        }
        tries += 1;
    }
}

/// Takes a dead socket away. It is looked at again under a name that nobody else has, since it may have
/// been replaced by a living one meanwhile; that one gets its name back.
fn take_away(path: &Path, folder: &Path) -> io::Result<()> {
    match state_of(path) {
        State::Missing => return Ok(()),
        State::Stale => {}
        State::Living => return Err(Errno::EXIST.into()),
        State::Unknown => return Err(Errno::NOTSOCK.into()),
    }
    let aside = beside(folder, "old");
    match renameat_with(CWD, path, CWD, &aside, RenameFlags::NOREPLACE) {
        Err(Errno::NOENT) => return Ok(()),
        moved => moved?,
    }
    if let State::Stale = state_of(&aside) {
        return fs::remove_file(&aside);
    }
    renameat_with(CWD, &aside, CWD, path, RenameFlags::NOREPLACE)?;
    Err(Errno::EXIST.into())
}

/// A name in `folder` that nobody else has.
fn beside(folder: &Path, what: &str) -> PathBuf {
    let number = RandomState::new().hash_one(process::id());
    folder.join(format!(".{number:016x}.{what}"))
}
