//! A file that may become a planner once it is trusted.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::sync::Arc;

use blake3::Hash;
use plugin_api::manifest::Manifest;
use rustix::io::Errno;

use super::access::{Access, Ownership};
use super::elf::Library;
use super::identity::FileIdentity;
use super::refusal::Refusal;
use super::root::{Root, stat};

/// A candidate's file, opened once more.
#[derive(Debug)]
pub(crate) struct Reopened {
    /// The file, of which nothing is read yet.
    file: File,
    /// The state that it was opened in.
    identity: FileIdentity,
    /// Who may change it now.
    access: Access,
}

impl Reopened {
    /// The state that it was opened in.
    pub(crate) fn identity(&self) -> FileIdentity {
        self.identity
    }

    /// The file, its access, and a check whether the file is still in the state it was opened in.
    pub(crate) fn into_parts(self) -> (File, Access, impl Fn(&File) -> Result<(), Refusal>) {
        let identity = self.identity;
        let unchanged = move |file: &File| {
            if FileIdentity::of(&stat(file.as_fd())?) == identity {
                Ok(())
            } else {
                Err(Refusal::Changing)
            }
        };
        (self.file, self.access, unchanged)
    }
}

/// A well-formed library with a well-formed manifest. Nothing is said about trust.
#[derive(Debug)]
pub struct Candidate {
    /// No longer than it is: there may be ten thousand of them.
    pub(super) path: Box<Path>,
    pub(super) directory: Arc<Path>,
    pub(super) identity: FileIdentity,
    pub(super) access: Access,
    pub(super) digest: Option<Hash>,
    pub(super) library: Library,
}

impl Candidate {
    /// Where the file was found: its directory as configured, then the way from there.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The configured directory it was found in, or its own path if that was configured.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The BLAKE3 digest of its content, if the scan was a deep one. It says what was found, and
    /// grants nothing: what is loaded is judged by its own bytes.
    pub fn digest(&self) -> Option<&Hash> {
        self.digest.as_ref()
    }

    /// The state of the file that was read.
    pub fn identity(&self) -> &FileIdentity {
        &self.identity
    }

    /// Who could change the file when it was read.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// What the plugin says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.library.manifest
    }

    /// The same, to be kept.
    pub(crate) fn shared_manifest(&self) -> Arc<Manifest> {
        Arc::clone(&self.library.manifest)
    }

    /// The planner's name, from the manifest.
    pub fn name(&self) -> &str {
        &self.library.manifest.name
    }

    /// What the library says of itself.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Opens the file once more the way it was opened to be read: beneath its directory, and only if
    /// it is a regular file of at most so many bytes. What it holds may have changed, and may grow.
    pub(crate) fn reopen(&self, bytes_max: u64) -> Result<Reopened, Refusal> {
        let (folder, below) = self.place().ok_or(Refusal::Missing)?;
        let below = CString::new(below.as_os_str().as_bytes()).map_err(|_| Refusal::FileName)?;
        let root = Root::open(folder, folder)?;
        let (fd, stat) = root.open_file(&below)?;
        if stat.stx_size > bytes_max {
            let bytes = stat.stx_size;
            return Err(Refusal::TooLarge { bytes, bytes_max });
        }
        let folders = root.folders_to(&below, &fd, &stat)?;
        let access = Access {
            file: Ownership::of(&stat, fd.as_fd()),
            folders,
        };
        Ok(Reopened {
            file: File::from(fd),
            identity: FileIdentity::of(&stat),
            access,
        })
    }

    /// Opens the file that has `suffix` behind this one's name, if there is one: only a regular file,
    /// and by no link.
    pub(crate) fn open_beside(&self, suffix: &str) -> io::Result<Option<File>> {
        let (root, beside) = self.beside(suffix)?;
        root.open_linkless(&beside)
    }

    /// The state of what has `suffix` behind this one's name, if there is anything; no link is followed.
    pub(crate) fn state_beside(&self, suffix: &str) -> io::Result<Option<FileIdentity>> {
        let (root, beside) = self.beside(suffix)?;
        match root.stat(&beside) {
            Ok(stat) => Ok(Some(FileIdentity::of(&stat))),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn beside(&self, suffix: &str) -> io::Result<(Root, CString)> {
        let (folder, below) = self.place().ok_or(io::ErrorKind::InvalidFilename)?;
        let mut beside = below.as_os_str().to_owned();
        beside.push(suffix);
        let root = Root::open(folder, folder).map_err(io::Error::other)?;
        Ok((root, CString::new(beside.into_vec())?))
    }

    /// The folder that the file is resolved beneath, and the way from there.
    fn place(&self) -> Option<(&Path, &Path)> {
        match self.path.strip_prefix(&self.directory) {
            Ok(below) if !below.as_os_str().is_empty() => Some((&*self.directory, below)),
            // A file that was configured by its own path.
            _ => split(&self.path),
        }
    }

    pub(super) fn is_same_file(&self, other: &Self) -> bool {
        self.identity.is_same_file(&other.identity)
    }
}

/// A file's folder and its name there.
fn split(path: &Path) -> Option<(&Path, &Path)> {
    let name = Path::new(path.file_name()?);
    let folder = path.parent()?;
    let here = folder.as_os_str().is_empty();
    Some((if here { Path::new(".") } else { folder }, name))
}
