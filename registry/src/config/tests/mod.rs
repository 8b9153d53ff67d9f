//! The configuration as a whole, through its public boundary.

mod any_input;
mod files;
mod guarding;
mod sources;
mod variables;

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use tempfile::TempDir;

use super::*;

fn with_variables<const N: usize>(pairs: [(&str, &str); N]) -> Loader {
    Config::loader().env(Environment::from_pairs(pairs))
}

/// The problems as lines, without the heading.
fn problems_of(loader: &Loader) -> Vec<String> {
    let error = loader.load().unwrap_err();
    assert_eq!(error.code(), "E_CONFIG");
    error.problems().iter().map(ToString::to_string).collect()
}

fn name(text: &str) -> PlannerName {
    PlannerName::parse(text).unwrap()
}

/// A folder for configuration files, which are written as nobody else can change them.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(file);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        path
    }
}
