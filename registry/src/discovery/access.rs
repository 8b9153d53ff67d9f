//! Who may change a file: evidence that discovery gathers and trust judges.

use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::Statx;

use crate::config::access_list;

/// Who owns a file or folder, and what its permission bits say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ownership {
    /// The owner's number.
    pub owner: u32,
    /// The group's number.
    pub group: u32,
    /// The permission bits.
    pub mode: u32,
    /// Whether an access list says for whom the group's bits count; looked for where they let write.
    pub access_list: bool,
}

/// A folder on the way to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderAccess {
    /// Where it is.
    pub path: Box<Path>,
    /// Who may change it.
    pub ownership: Ownership,
}

/// Who may change a file, or put another in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Of the file itself.
    pub file: Ownership,
    /// Of the plugin directory and each folder below it that leads to the file.
    pub folders: Arc<[FolderAccess]>,
}

impl Ownership {
    /// Of what `fd` is open on, in the state `stat`.
    pub(super) fn of(stat: &Statx, fd: BorrowedFd<'_>) -> Self {
        let mode = u32::from(stat.stx_mode) & 0o7777;
        Self {
            owner: stat.stx_uid,
            group: stat.stx_gid,
            mode,
            access_list: mode & 0o020 != 0 && access_list::is_on_open(fd),
        }
    }
}

impl FolderAccess {
    pub(super) fn of(path: &Path, stat: &Statx, fd: BorrowedFd<'_>) -> Self {
        Self {
            path: path.into(),
            ownership: Ownership::of(stat, fd),
        }
    }
}
