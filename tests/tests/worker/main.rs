//! Planners in processes of their own: answers, ends, and what is left behind.

mod answers;
mod burning;
mod ends;
mod evidence;
mod exchange;
mod memory;
mod programs;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use plugin_api::{Plan, PlanRequest};
use registry::{Builder, PlanFailure, Registry};
use tests::{PluginFolder, fixture, pid_of_obeys, program};

/// A registry whose planners, all from `folder`, run in workers.
fn in_workers(folder: &PluginFolder, names: &[&str]) -> Builder {
    Registry::builder()
        .plugin_dir(folder.path())
        .allow(names)
        .set("isolation.policy", "worker")
        .set("isolation.worker_program", program())
}

/// A registry whose one planner does what it is told, in a worker.
fn obedient() -> (PluginFolder, Registry) {
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let registry = in_workers(&folder, &["obeys"]).build().unwrap();
    (folder, registry)
}

/// What the planner that obeys answers to `order`.
fn tell(registry: &Registry, order: &str) -> Result<String, PlanFailure> {
    let plan = registry.plan("obeys", &PlanRequest::new(order))?;
    Ok(said(&plan))
}

fn said(plan: &Plan) -> String {
    plan.tasks()[0].description.clone()
}

/// Whether a process is there that has not been reaped.
fn exists(pid: u32) -> bool {
    process_folder(pid).exists()
}

fn process_folder(pid: u32) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}

/// Waits, without a bound of its own but far below the runner's, until `done`.
fn await_that(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_mins(1), "never: {what}");
        std::thread::yield_now();
    }
}
