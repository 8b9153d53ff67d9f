//! The planner that is called, in process and in a worker.

use std::hint::black_box;
use std::path::Path;

use registry::Registry;
use registry::plugin_api::PlanRequest;
use rustix::process::Pid;
use xtask::artifacts::{self, Build};
use xtask::workspace_root;

/// What it is asked.
pub(crate) const OBJECTIVE: &str = "idle";

pub(crate) fn registry(folder: &Path, policy: &str) -> Registry {
    Registry::builder()
        .plugin_dir(folder)
        .allow(["obeys"])
        .set("isolation.policy", policy)
        .build()
        .expect("the registry is built")
}

pub(crate) fn call(registry: &Registry) {
    let planner = registry.get("obeys").expect("the planner starts");
    let plan = planner.plan(&PlanRequest::new(OBJECTIVE));
    black_box(plan.expect("the planner answers"));
}

pub(crate) fn worker_of(registry: &Registry) -> Pid {
    let planner = registry.get("obeys").expect("the planner starts");
    let plan = planner.plan(&PlanRequest::new("pid")).expect("it answers");
    let pid = plan.tasks()[0].description.parse().expect("a number");
    Pid::from_raw(pid).expect("a process")
}

/// The planner, optimised: one that plans for longer than both sides spin is never hot.
pub(crate) fn plugin_folder() -> tempfile::TempDir {
    let built = Build::new(&["--release", "--package", "fixture-plugins", "--examples"])
        .target_dir(&workspace_root().join("target"))
        .run()
        .expect("the fixtures build");
    let library = artifacts::find(&built, "obeys", "example").expect("it was built");
    let folder = tempfile::tempdir().expect("a folder");
    xtask::demo::stage(&library.path, folder.path()).expect("the library is copied");
    folder
}
