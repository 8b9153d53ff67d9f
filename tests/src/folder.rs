//! A plugin folder with the modes that the trust rules want, whatever the umask.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::c_library;

/// A temporary plugin folder.
#[derive(Debug)]
pub struct PluginFolder {
    folder: TempDir,
}

impl Default for PluginFolder {
    fn default() -> Self {
        Self::new()
    }
}

impl PluginFolder {
    /// An empty folder.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        set_mode(folder.path(), 0o755);
        Self { folder }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Adds a copy of a library.
    #[must_use]
    pub fn with(self, library: &Path) -> Self {
        xtask::demo::stage(library, self.path()).unwrap();
        self
    }

    /// Adds a file.
    #[must_use]
    pub fn with_file(self, name: &str, bytes: &[u8]) -> Self {
        let path = self.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        set_mode(&path, 0o644);
        self
    }

    /// Adds a copy of a library with bytes of its own, so that nothing else in this process shares its
    /// mapping and its statics.
    #[must_use]
    pub fn with_own(self, library: &Path, mark: &str) -> Self {
        let mut bytes = std::fs::read(library).unwrap();
        bytes.extend_from_slice(mark.as_bytes());
        let name = library.file_name().unwrap().to_string_lossy();
        self.with_file(&name, &bytes)
    }

    /// Adds a library made from C source.
    #[must_use]
    pub fn with_c(self, name: &str, source: &str) -> Self {
        let path = c_library(self.path(), name, source, &[]);
        set_mode(&path, 0o644);
        self
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
}

/// Sets a file's mode.
pub fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}
