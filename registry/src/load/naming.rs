//! Under which path the dynamic loader is told to open a library.
//!
//! No path is ever used twice, since the loader takes a library whose path it knows for the one it has. And
//! no path may come to lead elsewhere while its library is mapped, for that is where a debugger or the
//! printing of a backtrace looks for the library's file. The first libraries are named by descriptors that
//! stay open for good, so that backtraces show their functions. Those after them are named by a link in a
//! folder of their own: both are gone once the library is mapped, and the descriptor can be closed.

use std::path::{Path, PathBuf};

use crate::trust::{PrivateFolder, Sealed};

/// How many libraries keep a descriptor open.
pub(super) const DESCRIPTORS_MAX: usize = 64;

/// A path for the dynamic loader.
#[derive(Debug)]
pub(super) struct Naming {
    path: PathBuf,
    /// Where the link stands; dropping it removes the link.
    folder: Option<PrivateFolder>,
}

impl Naming {
    /// A path for `sealed`, when `descriptors` are kept open already.
    ///
    /// Where no folder can be made, as in a sandbox, one more descriptor is kept: rather that than a path
    /// which comes to lead elsewhere.
    pub(super) fn of(sealed: &Sealed, planner: &str, descriptors: usize) -> Self {
        let path = sealed.path();
        let folder = if descriptors < DESCRIPTORS_MAX {
            None
        } else {
            PrivateFolder::with_link(planner, &path).ok()
        };
        Self {
            path: folder.as_ref().map_or(path, PrivateFolder::inside),
            folder,
        }
    }

    /// The path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the path leads to the library only as long as its descriptor is open.
    pub(super) fn needs_descriptor(&self) -> bool {
        self.folder.is_none()
    }
}
