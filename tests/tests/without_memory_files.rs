//! What becomes of planners where a host may make no memory files: in process they run from a private copy,
//! and a worker, which is spoken to through one, is refused with the reason.
//!
//! A host that gave the right up cannot get it back, so each is a process of its own. There is no harness, for
//! workers run this program, too.

use std::collections::BTreeMap;
use std::process::Command;

use plugin_api::PlanRequest;
use registry::Registry;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use tests::{PluginFolder, fixture};

const PLANNER: &str = "well_behaved";

/// The first argument of such a host; the policy and the plugin folder follow.
const HOST: &str = "--host-without-memory-files";

fn main() {
    registry::worker::serve_if_requested();
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, first, policy, folder] = arguments.as_slice()
        && first == HOST
    {
        forbid_memory_files();
        return println!("{}", outcome(policy, folder));
    }
    let folder = PluginFolder::new().with(&fixture(PLANNER));
    assert_eq!(
        told("in-process", &folder),
        "a plan from 1 private copy of 1 library"
    );
    let forbidden = "memory files, which workers are spoken to through, are forbidden: \
                     Operation not permitted (os error 1)";
    for policy in ["worker", "probe"] {
        let told = told(policy, &folder);
        assert!(
            told.starts_with("E_WORKER_START: ") && told.contains(forbidden),
            "{policy}: {told}"
        );
    }
    println!("a private copy runs in process, and no worker starts without a reason");
}

/// What a host of this policy tells.
fn told(policy: &str, folder: &PluginFolder) -> String {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program)
        .args([HOST, policy])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// From here on this process and all that come of it are told that they may not make one.
fn forbid_memory_files() {
    let forbidden = BTreeMap::from([(libc::SYS_memfd_create, Vec::new())]);
    let not_permitted = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let machine = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(forbidden, SeccompAction::Allow, not_permitted, machine);
    let program: BpfProgram = filter.unwrap().try_into().unwrap();
    seccompiler::apply_filter(&program).unwrap();
}

/// What comes of asking for a plan: where the code runs from, or the code and the whole chain of the failure.
fn outcome(policy: &str, folder: &str) -> String {
    let registry = Registry::builder()
        .plugin_dir(folder)
        .allow([PLANNER])
        .set("isolation.policy", policy)
        .build()
        .unwrap();
    if let Err(error) = registry.plan(PLANNER, &PlanRequest::new("objective")) {
        let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| {
            error.source()
        });
        let causes: Vec<_> = causes.map(ToString::to_string).collect();
        return format!("{}: {}", error.code(), causes.join(": "));
    }
    let mapped = registry.diagnose().unwrap().loading.mapped;
    format!(
        "a plan from {} private copy of {} library",
        mapped.private_copies, mapped.libraries
    )
}
