//! A hundred workers at once: all of them answer, each its own callers, and nothing of them is left.
//!
//! It stands alone, so that what it counts of its process is its own. What it costs is measured by
//! `cargo bench -p benches --bench isolation`.

use std::collections::BTreeSet;
use std::thread;

use plugin_api::PlanRequest;
use registry::Registry;
use tests::{Held, PluginFolder, fixture, pid_of_obeys, program};

const WORKERS: usize = 100;

/// Calls of each caller, of which there is one a worker.
const CALLS: usize = 5;

#[test]
fn a_hundred_workers_answer_at_once_and_nothing_of_them_is_left() {
    let folder = PluginFolder::new().with(&fixture("obeys"));
    // Threads and descriptors of the library itself are made by the first worker.
    assert_ne!(pid_of_obeys(&registry(&folder)), std::process::id());
    let before = Held::now();
    assert_eq!((before.children, before.groups), (0, 0));
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let registry = registry(&folder);
            let pid = pid_of_obeys(&registry);
            (registry, pid)
        })
        .collect();
    let pids: BTreeSet<u32> = workers.iter().map(|(_, pid)| *pid).collect();
    assert_eq!((pids.len(), Held::now().children), (WORKERS, WORKERS));
    thread::scope(|scope| {
        for (number, (registry, pid)) in workers.iter().enumerate() {
            scope.spawn(move || call(registry, number, *pid));
        }
    });
    drop(workers);
    before.assert_left(|| true);
}

/// Asks the worker of this number again and again.
fn call(registry: &Registry, number: usize, pid: u32) {
    for call in 0..CALLS {
        let objective = format!("call {call} of {number}");
        let plan = registry
            .plan("obeys", &PlanRequest::new(&objective))
            .unwrap();
        assert_eq!(plan.objective(), objective, "an answer of another call");
    }
    // The same one to the end: none was started anew.
    assert_eq!(pid_of_obeys(registry), pid);
}

fn registry(folder: &PluginFolder) -> Registry {
    Registry::builder()
        .plugin_dir(folder.path())
        .allow(["obeys"])
        .set("isolation.policy", "worker")
        .set("isolation.worker_program", program())
        // Whatever else runs on the machine: that they are quick is not what is tested.
        .set("isolation.self_test_timeout", "10m")
        .set("isolation.plan_timeout", "10m")
        .build()
        .unwrap()
}
