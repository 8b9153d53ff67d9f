//! Where the sockets of one user's hosts lie.

use std::env;
use std::ffi::OsStr;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::config::FileFault;
use crate::config::SocketFolder;
use crate::config::guarded::check_private_folder;

/// What names of sockets end in; the id of the process stands before it.
const ENDING: &str = ".sock";

/// Why the folder is not used.
#[derive(Debug, thiserror::Error)]
#[error("{} is no folder for control sockets", .path.display())]
pub struct FolderError {
    path: PathBuf,
    source: FileFault,
}

impl FolderError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        "E_SOCKET_FOLDER"
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        "Set FACTORY_CONTROL_SOCKET to a folder of this user with mode 0700."
    }
}

/// A folder that only this user can enter, reached through folders that nobody else can write.
#[derive(Debug)]
pub(in crate::ops) struct Place(PathBuf);

impl Place {
    /// The folder at `path`, made if it is not there.
    pub(in crate::ops) fn open(path: &Path) -> Result<Self, FolderError> {
        let of = |source| FolderError {
            path: path.to_owned(),
            source,
        };
        match DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(of(error.into()));
            }
            _ => {}
        }
        check_private_folder(path).map_err(of)?;
        Ok(Self(path.to_owned()))
    }

    /// The folder at `path`, if it is there.
    pub(in crate::ops) fn find(path: &Path) -> Result<Option<Self>, FolderError> {
        match check_private_folder(path) {
            Ok(()) => Ok(Some(Self(path.to_owned()))),
            Err(FileFault::Missing) => Ok(None),
            Err(source) => Err(FolderError {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Where it is.
    pub(in crate::ops) fn path(&self) -> &Path {
        &self.0
    }

    /// The socket of the process `pid`.
    pub(in crate::ops) fn socket_of(&self, pid: u32) -> PathBuf {
        self.0.join(format!("{pid}{ENDING}"))
    }
}

/// The id of the process whose socket has this name.
pub(in crate::ops) fn pid_of(name: &OsStr) -> Option<u32> {
    let digits = name.to_str()?.strip_suffix(ENDING)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| plain)
}

/// The folder of the setting, else one below the folder that the system keeps for what this user runs.
pub(in crate::ops) fn folder_of(setting: &SocketFolder) -> PathBuf {
    if let Some(path) = setting.path() {
        return path.to_owned();
    }
    let user = rustix::process::geteuid().as_raw();
    let given = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let given = given.filter(|path| path.is_absolute());
    let usual = PathBuf::from(format!("/run/user/{user}"));
    match given.or_else(|| usual.is_dir().then_some(usual)) {
        Some(runtime) => runtime.join("registry"),
        None => PathBuf::from(format!("/tmp/registry-{user}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_named_by_the_id_of_its_process_and_nothing_else() {
        let names = [
            "12.sock",
            "0.sock",
            "012.sock",
            "+1.sock",
            ".sock",
            "a.sock",
            "12",
            "12.sock.new",
        ];
        let found = names.map(|name| pid_of(OsStr::new(name)));
        assert_eq!(found, [Some(12), None, None, None, None, None, None, None]);
    }
}
