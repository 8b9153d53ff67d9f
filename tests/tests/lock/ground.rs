//! A plugin folder with one planner, and a place for a lock and a state that only this user can write.

use std::path::{Path, PathBuf};

use registry::{Builder, GetError, Lock, LockRefusal, Refusal, Registry, StartError, StartFailure};
use tempfile::TempDir;
use tests::{PluginFolder, fixture, set_mode};

/// The planner in the folder.
pub(crate) const NAME: &str = "well_behaved";

/// Its file.
pub(crate) const FILE: &str = "libwell_behaved.so";

/// Its version, that of the package of fixtures.
pub(crate) const VERSION: &str = "0.3.0";

pub(crate) struct Ground {
    pub(crate) plugins: PluginFolder,
    home: TempDir,
}

impl Ground {
    /// The planner, and neither lock nor state.
    pub(crate) fn new() -> Self {
        Self::with(PluginFolder::new().with(&fixture(NAME)))
    }

    pub(crate) fn with(plugins: PluginFolder) -> Self {
        let home = tempfile::tempdir().unwrap();
        set_mode(home.path(), 0o700);
        Self { plugins, home }
    }

    /// The same with a lock that accepts what is there.
    pub(crate) fn locked() -> Self {
        let ground = Self::new();
        ground.accept_found();
        ground
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.plugins.file(FILE)
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.home.path().join("plugins.lock")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    pub(crate) fn builder(&self) -> Builder {
        Registry::builder()
            .plugin_dir(self.plugins.path())
            .allow([NAME])
            .set("trust.lock_file", self.lock())
            .set("trust.state_dir", self.state())
    }

    pub(crate) fn registry(&self) -> Registry {
        self.builder().build().unwrap()
    }

    /// Writes a lock that accepts what is found.
    pub(crate) fn accept_found(&self) {
        let proposal = self.registry().propose_lock().unwrap();
        proposal.found.write(&self.lock()).unwrap();
    }

    pub(crate) fn write_lock(&self, text: &str) {
        std::fs::write(self.lock(), text).unwrap();
        set_mode(&self.lock(), 0o644);
    }

    pub(crate) fn read_lock(&self) -> Lock {
        Lock::read(&self.lock()).unwrap().unwrap()
    }

    /// Replaces the planner's file as an installer does: by renaming a finished one.
    pub(crate) fn install(&self, bytes: &[u8]) {
        let staged = self.home.path().join("staged");
        std::fs::write(&staged, bytes).unwrap();
        set_mode(&staged, 0o644);
        std::fs::rename(&staged, self.file()).unwrap();
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.file()).unwrap()
    }
}

/// What comes of asking a new process's registry for the planner.
pub(crate) fn outcome(registry: &Registry) -> &'static str {
    match registry.get(NAME) {
        Ok(_) => "ready",
        Err(error) => error.code(),
    }
}

/// Why a gate before the dynamic loader turned the planner away.
pub(crate) fn refusal(registry: &Registry) -> Refusal {
    match registry.get(NAME).unwrap_err() {
        GetError::Refused { refusal, .. } => refusal,
        GetError::Start(StartError::Failed { cause, .. }) => match &*cause {
            StartFailure::Refused(refusal) => refusal.clone(),
            other => panic!("not refused, but {other}"),
        },
        other => panic!("not refused, but {other}"),
    }
}

/// Why the lock turned the planner away.
pub(crate) fn lock_refusal(registry: &Registry) -> LockRefusal {
    match refusal(registry) {
        Refusal::Lock(refusal) => refusal,
        other => panic!("not refused by the lock, but {other}"),
    }
}

/// The library with another version in its manifest, of the same length.
pub(crate) fn with_version(bytes: &[u8], version: &str) -> Vec<u8> {
    let text = |version: &str| format!("\"version\":\"{version}\"").into_bytes();
    let (from, to) = (text(VERSION), text(version));
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let places: Vec<_> = (0..bytes.len() - from.len())
        .filter(|at| bytes[*at] == from[0] && bytes[*at..].starts_with(&from))
        .collect();
    assert!(!places.is_empty(), "the manifest is written otherwise");
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(&to);
    }
    bytes
}
