//! A host whose workers run its own program, and what is left of them when it is killed.
//!
//! The suite is its own host: it calls `serve_if_requested` first in `main`, starts itself as a host,
//! and kills that one while fifty calls are under way. It has no harness, for a harness has a `main` of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use plugin_api::PlanRequest;
use registry::Registry;
use tests::{PluginFolder, fixture, pid_of_obeys};

/// Hosts that are killed one after another.
const HOSTS: usize = 20;

/// Workers of one host, and calls into each.
const WORKERS: usize = 5;
const CALLS: usize = 10;

/// The first argument of a host that is to be killed; its plugin folder follows.
const HOST: &str = "--host-to-be-killed";

/// What a worker logs when a call has begun that never ends.
const BUSY: &str = "hanging";

fn main() {
    registry::worker::serve_if_requested();
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.as_slice() {
        [_, first, folder] if first == HOST => be_killed(Path::new(folder)),
        _ => {
            let folder = PluginFolder::new().with(&fixture("obeys"));
            a_planner_runs_in_this_program_started_anew(folder.path());
            no_worker_outlives_a_host_that_is_killed(folder.path());
        }
    }
}

fn registry(folder: &Path) -> Registry {
    Registry::builder()
        .plugin_dir(folder)
        .allow(["obeys"])
        .set("isolation.policy", "worker")
        .build()
        .unwrap()
}

fn a_planner_runs_in_this_program_started_anew(folder: &Path) {
    let registry = registry(folder);
    let pid = pid_of_obeys(&registry);
    let program = |pid: u32| std::fs::read_link(format!("/proc/{pid}/exe")).unwrap();
    assert_ne!(pid, std::process::id());
    assert_eq!(program(pid), program(std::process::id()));
    let arguments = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
    assert_eq!(arguments, "registry-worker\0--serve-registry-host\0obeys\0");
    drop(registry);
    assert!(!is_alive(pid));
}

fn no_worker_outlives_a_host_that_is_killed(folder: &Path) {
    let mut longest = Duration::ZERO;
    for _ in 0..HOSTS {
        let program = std::env::current_exe().unwrap();
        let mut host = Command::new(program)
            .arg(HOST)
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(host.stdout.take().unwrap()).lines();
        let (mut pids, mut busy) = (Vec::new(), 0);
        for line in said.map(Result::unwrap) {
            match line.parse::<u32>() {
                Ok(pid) => pids.push(pid),
                Err(_) => busy += usize::from(line.contains(BUSY)),
            }
            if busy == WORKERS * CALLS {
                break;
            }
        }
        assert_eq!((pids.len(), busy), (WORKERS, WORKERS * CALLS));
        assert!(pids.iter().all(|pid| is_alive(*pid)));
        host.kill().unwrap();
        let killed = Instant::now();
        host.wait().unwrap();
        while pids.iter().any(|pid| is_alive(*pid)) {
            let since = killed.elapsed();
            assert!(since < Duration::from_secs(1), "alive after {since:?}");
            thread::yield_now();
        }
        longest = longest.max(killed.elapsed());
    }
    println!("{HOSTS} hosts killed, the last worker gone within {longest:?}");
}

/// Calls that never end, in workers whose numbers are printed, until somebody kills this process.
fn be_killed(folder: &Path) {
    tracing_subscriber::fmt().with_ansi(false).init();
    let registries: Vec<_> = (0..WORKERS).map(|_| registry(folder)).collect();
    for registry in &registries {
        println!("{}", pid_of_obeys(registry));
    }
    thread::scope(|scope| {
        for registry in registries.iter().cycle().take(WORKERS * CALLS) {
            scope.spawn(|| registry.plan("obeys", &PlanRequest::new("hang")));
        }
    });
}

/// Whether a process runs; one that only waits to be reaped does not.
fn is_alive(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    let (_, after_name) = stat.rsplit_once(") ").unwrap();
    !after_name.starts_with(['Z', 'X'])
}
