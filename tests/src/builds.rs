//! Builds of one planner that differ in the name they give themselves, and in nothing else.

use std::process::Command;
use std::sync::OnceLock;

use plugin_api::PlanRequest;
use registry::Registry;
use xtask::artifacts::Build;

use crate::compiled;

/// The planner whose builds these are.
pub const NAMES_ITS_BUILD: &str = "names_its_build";

const UNNAMED: &[u8; 32] = b"this build has no name: ........";

/// The library of the planner, built for release and without debug information, calling itself `name`.
pub fn named_build(name: &str) -> Vec<u8> {
    static UNNAMED_BUILD: OnceLock<Vec<u8>> = OnceLock::new();
    let mut bytes = UNNAMED_BUILD.get_or_init(small_build).clone();
    let mut places = bytes.windows(UNNAMED.len());
    let at = places.position(|window| window == UNNAMED).unwrap();
    let own = format!("{name:32}");
    assert_eq!(own.len(), UNNAMED.len(), "the name is short");
    bytes[at..at + own.len()].copy_from_slice(own.as_bytes());
    assert!(!bytes.windows(UNNAMED.len()).any(|window| window == UNNAMED));
    bytes
}

/// What the build that `registry` runs calls itself.
pub fn name_of_build(registry: &Registry) -> String {
    let request = PlanRequest::new("Tell your name");
    let plan = registry.plan(NAMES_ITS_BUILD, &request).unwrap();
    plan.meta()["build"].as_str().unwrap().trim_end().to_owned()
}

fn small_build() -> Vec<u8> {
    let arguments = ["--package", "fixture-plugins", "--release"];
    let arguments = [&arguments[..], &["--example", NAMES_ITS_BUILD]].concat();
    let built = compiled(
        Build::new(&arguments),
        "fixtures-small",
        NAMES_ITS_BUILD,
        "example",
    );
    let folder = tempfile::tempdir().unwrap();
    let small = folder.path().join("small.so");
    let status = Command::new("strip")
        .arg("-o")
        .arg(&small)
        .arg(&built)
        .status();
    assert!(status.unwrap().success());
    std::fs::read(small).unwrap()
}
