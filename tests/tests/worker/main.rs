//! Planners in processes of their own.

mod answers;

use registry::Builder;
use registry::Registry;
use tests::{PluginFolder, program};

/// A registry whose planners, all from `folder`, run in workers.
fn in_workers(folder: &PluginFolder, names: &[&str]) -> Builder {
    Registry::builder()
        .plugin_dir(folder.path())
        .allow(names)
        .set("isolation.policy", "worker")
        .set("isolation.worker_program", program())
}
