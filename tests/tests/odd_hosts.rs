//! Hosts that do to their process what a library cannot forbid them: one that is forked, one that does not
//! want to know how its children end, one that has other children, and one that lowers its limit of open files
//! below what it holds.
//!
//! Each is a process of its own, since what it does holds for all of its process. There is no harness, which
//! would have threads of its own, and workers run this program, too.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use plugin_api::PlanRequest;
use registry::{EventKind, Registry};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tests::{PluginFolder, fixture, pid_of_obeys};

/// The first arguments of such hosts; the plugin folder follows.
const FORKING: &str = "--host-that-forks";
const IGNORING: &str = "--host-that-ignores-its-children";
const STARTING: &str = "--host-that-starts-others";
const LOWERING: &str = "--host-that-lowers-its-limit";

/// Longest time that something is awaited.
const MINUTE: Duration = Duration::from_mins(1);

/// No end of a worker.
const NONE: [&str; 0] = [];

/// Longest time that a refusal may take: far less than the wait for a thread that is not there.
const SOON: Duration = Duration::from_secs(3);

fn main() {
    registry::worker::serve_if_requested();
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.as_slice() {
        [_, first, folder] if first == FORKING => fork_and_go_on(Path::new(folder)),
        [_, first, folder] if first == IGNORING => ignore_children(Path::new(folder)),
        [_, first, folder] if first == STARTING => start_others(Path::new(folder)),
        [_, first, folder] if first == LOWERING => lower_the_limit(Path::new(folder)),
        _ => {
            let folder = PluginFolder::new().with(&fixture("obeys"));
            for kind in [FORKING, IGNORING, STARTING, LOWERING] {
                let program = std::env::current_exe().unwrap();
                let mut host = Command::new(program);
                let status = host.arg(kind).arg(folder.path()).status().unwrap();
                assert!(status.success(), "{kind}: {status}");
            }
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

/// A forked child is refused its parent's worker and one of its own, and does the parent's no harm.
fn fork_and_go_on(folder: &Path) {
    let registry = registry(folder);
    let pid = pid_of_obeys(&registry);
    #[expect(unsafe_code, reason = "a host that forks is what is tested")]
    // SAFETY: no other thread of this process holds a lock: the one that watches over workers sleeps.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let outcome = catch_unwind(AssertUnwindSafe(|| be_forked(folder, registry)));
        // What the parent registered for its end is not the child's to run.
        #[expect(unsafe_code, reason = "a forked child ends so")]
        // SAFETY: it does nothing but end the process.
        unsafe {
            libc::_exit(i32::from(outcome.is_err()))
        }
    }
    let mut status = -1;
    #[expect(unsafe_code, reason = "the child was started without the library")]
    // SAFETY: it writes one number, to where there is room for it.
    let reaped = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!((reaped, status), (child, 0));
    for _ in 0..100 {
        assert_eq!(pid_of_obeys(&registry), pid);
    }
    assert_eq!(crashes(&registry), NONE);
}

fn be_forked(folder: &Path, inherited: Registry) {
    let begun = Instant::now();
    let refused = |registry: &Registry| {
        let error = registry.plan("obeys", &PlanRequest::new("pid"));
        let error = error.unwrap_err();
        assert_eq!(error.code(), "E_WORKER_START", "{error:?}");
        let text = format!("{error:?}");
        assert!(
            text.contains("was forked from one that has workers"),
            "{text}"
        );
    };
    refused(&inherited);
    refused(&registry(folder));
    drop(inherited);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

/// Ends that nobody is told of: what crashed is a crash, and what the host ended is none.
fn ignore_children(folder: &Path) {
    #[expect(
        unsafe_code,
        reason = "a host that ignores its children is what is tested"
    )]
    // SAFETY: it runs no code of this process.
    unsafe {
        libc::signal(libc::SIGCHLD, libc::SIG_IGN)
    };
    let registry = registry(folder);
    let pid = pid_of_obeys(&registry);
    let hang = PlanRequest::new("hang").with_deadline(Duration::from_millis(100));
    let error = registry.plan("obeys", &hang).unwrap_err();
    assert_eq!(error.code(), "E_DEADLINE", "{error:?}");
    // A call that is under way when its worker is ended would fail with it.
    while exists(pid) {
        thread::yield_now();
    }
    let next = pid_of_obeys(&registry);
    assert_eq!(crashes(&registry), NONE);
    let error = registry.plan("obeys", &PlanRequest::new("abort"));
    let error = error.unwrap_err();
    assert_eq!(error.code(), "E_WORKER_CRASH", "{error:?}");
    let untold = "nobody was told how it ended";
    assert_eq!(crashes(&registry), [untold]);
    let last = pid_of_obeys(&registry);
    registry.shutdown(SOON).unwrap();
    assert_eq!(crashes(&registry), [untold]);
    assert!(![pid, next, last].into_iter().any(exists));
}

/// The descriptors that another child of this host holds.
fn inherited() -> String {
    let listed = Command::new("ls").arg("/proc/self/fd").output().unwrap();
    assert!(listed.status.success(), "{listed:?}");
    String::from_utf8(listed.stdout).unwrap()
}

/// What a host shares with a worker reaches none of its other children.
fn start_others(folder: &Path) {
    let before = inherited();
    let registry = registry(folder);
    let pid = pid_of_obeys(&registry);
    assert_eq!(inherited(), before);
    assert_eq!(pid_of_obeys(&registry), pid);
}

/// Workers are watched over although no call may ask the kernel about so many descriptors any more.
fn lower_the_limit(folder: &Path) {
    let registry = registry(folder);
    let pid = pid_of_obeys(&registry);
    let before = getrlimit(Resource::Nofile);
    let lowered = Rlimit {
        current: Some(1),
        ..before
    };
    setrlimit(Resource::Nofile, lowered).unwrap();
    let hang = PlanRequest::new("hang").with_deadline(Duration::from_millis(100));
    let error = registry.plan("obeys", &hang).unwrap_err();
    assert_eq!(error.code(), "E_DEADLINE", "{error:?}");
    let begun = Instant::now();
    while exists(pid) {
        assert!(begun.elapsed() < MINUTE, "it is never reaped");
        thread::yield_now();
    }
    setrlimit(Resource::Nofile, before).unwrap();
    assert_ne!(pid_of_obeys(&registry), pid);
}

/// Whether there is a process of this number.
fn exists(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

/// How the workers ended whose ends are recorded.
fn crashes(registry: &Registry) -> Vec<String> {
    let events = registry.events(None).unwrap().into_iter();
    let crashes = events.filter(|event| event.kind == EventKind::Crashed);
    crashes.map(|event| event.detail.unwrap()).collect()
}
