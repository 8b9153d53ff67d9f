//! Builds the plugins that the suites load, once a process and with cargo's own lock between
//! processes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use xtask::artifacts::{self, Artifact, Build};
use xtask::demo::PLANNERS;
use xtask::workspace_root;

/// A plugin from `tests/fixtures/plugins/examples`.
pub fn fixture(name: &str) -> PathBuf {
    static BUILT: OnceLock<Vec<Artifact>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        Build::new(&["--package", "fixture-plugins", "--examples"])
            .target_dir(&target("fixtures"))
            .run()
            .expect("the fixtures build")
    });
    path_of(built, name, "example")
}

/// A plugin that the workspace ships, built like the fixtures.
pub fn shipped(name: &str) -> PathBuf {
    static BUILT: OnceLock<Vec<Artifact>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let packages: Vec<_> = PLANNERS
            .into_iter()
            .flat_map(|planner| ["--package", planner])
            .collect();
        Build::new(&packages)
            .target_dir(&target("fixtures"))
            .run()
            .expect("the planners build")
    });
    path_of(built, name, "cdylib")
}

/// An example of the library or of the plugin interface.
pub fn example(name: &str) -> PathBuf {
    static BUILT: OnceLock<Vec<Artifact>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let packages = ["--package", "registry", "--package", "plugin-api"];
        Build::new(&[&packages[..], &["--examples"]].concat())
            .target_dir(&target("fixtures"))
            .run()
            .expect("the examples build")
    });
    path_of(built, name, "example")
}

/// A binary or library of the workspace, built with these arguments in a target folder of its own.
pub fn compiled(build: Build, folder: &str, target_name: &str, kind: &str) -> PathBuf {
    let made = build.target_dir(&target(folder)).run().expect("it builds");
    path_of(&made, target_name, kind)
}

/// Compiles C source into a shared library in `folder`.
pub fn c_library(folder: &Path, file_name: &str, source: &str, flags: &[&str]) -> PathBuf {
    let path = folder.join(file_name);
    let code = path.with_extension("c");
    std::fs::write(&code, source).expect("the source is written");
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&path)
        .arg(&code)
        .args(flags)
        .status()
        .expect("the C compiler runs");
    assert!(status.success(), "the C compiler refused {file_name}");
    std::fs::remove_file(&code).expect("the source is removed");
    path
}

fn path_of(built: &[Artifact], name: &str, kind: &str) -> PathBuf {
    let artifact = artifacts::find(built, name, kind).expect("it was built");
    artifact.path.clone()
}

fn target(folder: &str) -> PathBuf {
    workspace_root().join("target").join(folder)
}
