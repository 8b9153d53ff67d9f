//! How the memory of workers is bounded: exactly where control groups are delegated, else approximately.

use std::fs;
use std::path::{Path, PathBuf};

use plugin_api::PlanRequest;
use registry::sandbox::{LayerName, LayerState};
use registry::{CallError, CallProblem, Limit, PlanFailure, Registry, WorkerFault};
use tests::{PluginFolder, fixture};

use super::{in_workers, said};

const BOUND: u64 = 64 << 20;

/// A registry whose one planner may use as much memory in its worker.
fn bounded() -> (PluginFolder, Registry) {
    let folder = PluginFolder::new().with(&fixture("burns"));
    let registry = in_workers(&folder, &["burns"])
        .set("isolation.worker_memory_mib", "64")
        .build()
        .unwrap();
    (folder, registry)
}

fn tell(registry: &Registry, order: &str) -> Result<u32, PlanFailure> {
    let plan = registry.plan("burns", &PlanRequest::new(order))?;
    Ok(said(&plan).parse().unwrap())
}

/// Whether groups are delegated here, as `registry doctor` says.
fn is_delegated() -> bool {
    let doctor = registry::doctor().unwrap();
    let groups = doctor
        .facts
        .iter()
        .find(|fact| fact.name == "memory groups");
    serde_json::to_value(groups.unwrap().state).unwrap() == "available"
}

fn layer(registry: &Registry) -> LayerState {
    let sandbox = registry.describe("burns").unwrap().sandbox.unwrap();
    sandbox.state(LayerName::Memory).unwrap().clone()
}

/// The group that bounds the memory of a process: its folder, and the file with the bound.
fn group_of(pid: u32) -> (PathBuf, &'static str) {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let mut places = groups.lines().filter_map(|line| {
        let (own, mount, bound) = match line.splitn(3, ':').collect::<Vec<_>>()[..] {
            [_, "memory", own] => (own, "/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            ["0", "", own] => (own, "/sys/fs/cgroup", "memory.max"),
            _ => return None,
        };
        let folder = Path::new(mount).join(own.trim_start_matches('/'));
        folder.join(bound).exists().then_some((folder, bound))
    });
    places.next().unwrap()
}

#[test]
fn a_worker_has_a_group_of_its_own_where_the_doctor_says_so_and_it_goes_with_the_worker() {
    let (_folder, registry) = bounded();
    let pid = tell(&registry, "nothing").unwrap();
    if !is_delegated() {
        let LayerState::Approximate { reason } = layer(&registry) else {
            panic!("{:?}", layer(&registry));
        };
        assert_eq!(
            reason,
            "private memory is bounded by the limit of data, shared memory cannot be made"
        );
        return;
    }
    assert_eq!(layer(&registry), LayerState::On);
    let (folder, bound) = group_of(pid);
    let name = folder.file_name().unwrap().to_str().unwrap();
    let ours = format!("registry-worker-{}-", std::process::id());
    assert!(name.starts_with(&ours), "{name}");
    let read = |file| fs::read_to_string(folder.join(file)).unwrap();
    assert_eq!(read(bound).trim(), BOUND.to_string());
    assert_eq!(read("cgroup.procs"), format!("{pid}\n"));
    drop(registry);
    assert!(!folder.exists());
}

#[test]
fn a_planner_that_takes_more_memory_than_it_may_fails_alone() {
    let (_folder, registry) = bounded();
    assert!(tell(&registry, "memory 32").is_ok());
    let pid = tell(&registry, "nothing").unwrap();
    let groups = is_delegated().then(|| group_of(pid).0);
    let failure = tell(&registry, "memory 256").unwrap_err();
    match (failure, &groups) {
        (
            PlanFailure::Call(CallError {
                problem: CallProblem::Worker(WorkerFault::Limit { limit, crash }),
                ..
            }),
            Some(folder),
        ) => {
            assert_eq!(limit, Limit::Memory { bytes_max: BOUND });
            assert_eq!(crash.signal, Some(libc::SIGKILL));
            assert_eq!(
                crash.to_string(),
                "signal 9 (SIGKILL), for using more than 64 MiB of memory"
            );
            assert!(!folder.exists());
        }
        (failure, None) => {
            assert_eq!(failure.code(), "E_WORKER_CRASH", "{failure:?}");
        }
        (failure, _) => panic!("{failure:?}"),
    }
    assert_ne!(tell(&registry, "nothing").unwrap(), pid);
}
