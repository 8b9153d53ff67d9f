//! Workers that end before they have answered, and what is left of them.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use plugin_api::PlanRequest;
use registry::{
    CallError, CallProblem, CancelToken, Crash, EventKind, PlanFailure, Registry, WorkerFault,
};
use rustix::process::{Pid, Signal, kill_process};
use tests::{PluginFolder, fixture, set_mode};

use super::{await_that, exists, in_workers, obedient, pid_of_obeys, tell};

/// How the worker ended while it did what `order` says.
fn crash(registry: &Registry, order: &str) -> Crash {
    let error = tell(registry, order).unwrap_err();
    assert_eq!(error.code(), "E_WORKER_CRASH", "{error:?}");
    match error {
        PlanFailure::Call(CallError {
            problem: CallProblem::Worker(WorkerFault::Crashed(crash)),
            ..
        }) => *crash,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_exit_with_code_zero_is_a_crash_and_the_next_call_is_answered_by_a_new_worker() {
    let (_folder, registry) = obedient();
    let pid = pid_of_obeys(&registry);
    let crash = crash(&registry, "exit");
    assert_eq!((crash.signal, crash.exit_code), (None, Some(0)));
    let next = pid_of_obeys(&registry);
    assert_ne!(next, pid);
    assert!(!exists(pid));
}

#[test]
fn a_crash_counts_as_a_failure_and_moves_the_breaker() {
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let registry = in_workers(&folder, &["obeys"])
        .set("isolation.breaker_failures", "1")
        .build()
        .unwrap();
    crash(&registry, "exit");
    let status = registry.describe("obeys").unwrap();
    assert_eq!((status.calls, status.failures), (1, 1));
    let error = tell(&registry, "pid").unwrap_err();
    assert_eq!(error.code(), "E_BREAKER_OPEN", "{error:?}");
}

#[test]
fn an_abort_is_told_with_its_signal_and_what_was_last_written_to_stderr() {
    let (_folder, registry) = obedient();
    let crash = crash(&registry, "abort");
    assert!(
        crash
            .to_string()
            .starts_with("signal 6 (SIGABRT) at libc.so"),
        "{crash}"
    );
    assert_eq!(
        crash.digest,
        registry
            .get("obeys")
            .unwrap()
            .digest()
            .map(|it| format!("blake3:{it}"))
            .unwrap()
    );
    assert_eq!(crash.stderr, "about to abort\\u{1b}[2J");
    let explained = registry.explain("obeys").unwrap().last_crash;
    assert_eq!(explained.as_ref(), Some(&crash));
    let status = registry.describe("obeys").unwrap();
    assert_eq!(status.last_crash, Some(crash));
}

/// The ends of workers that are recorded, with the numbers of the calls that found them.
fn recorded(registry: &Registry) -> Vec<(Option<i32>, Option<u64>)> {
    let events = registry.events(None).unwrap().into_iter();
    let crashes = events.filter_map(|event| event.crash);
    crashes.map(|crash| (crash.signal, crash.call)).collect()
}

/// Has a call last beyond its deadline, and waits for the end of the worker; gives its number.
fn hangs_until_its_end(registry: &Registry) -> u32 {
    let pid = pid_of_obeys(registry);
    let request = PlanRequest::new("hang").with_deadline(Duration::from_millis(100));
    let error = registry.plan("obeys", &request).unwrap_err();
    assert_eq!(error.code(), "E_DEADLINE", "{error:?}");
    await_that("the worker ends", || !exists(pid));
    pid
}

#[test]
fn each_end_is_recorded_once_but_not_those_that_the_host_brought_about() {
    let (_folder, registry) = obedient();
    hangs_until_its_end(&registry);
    let next = pid_of_obeys(&registry);
    assert_eq!(recorded(&registry), []);
    // Between two calls: the next one finds it, and is answered by another worker.
    kill(next);
    await_that("the worker ends", || !exists(next));
    assert_ne!(pid_of_obeys(&registry), next);
    assert_eq!(recorded(&registry), [(Some(9), None)]);
    let crash = crash(&registry, "abort");
    assert_eq!(crash.signal, Some(6));
    assert_eq!(
        recorded(&registry),
        [(Some(9), None), (Some(6), crash.call)]
    );
    let events = registry.events(None).unwrap();
    let failed: Vec<_> = events
        .iter()
        .filter(|event| event.kind == EventKind::CallFailed)
        .map(|event| event.code.as_deref().unwrap())
        .collect();
    assert_eq!(failed, ["E_DEADLINE", "E_WORKER_CRASH"]);
}

#[test]
fn an_end_that_no_call_finds_is_recorded_once_and_stays_known_when_the_registry_is_gone() {
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let state = tempfile::tempdir().unwrap();
    set_mode(state.path(), 0o700);
    let builder = || in_workers(&folder, &["obeys"]).set("trust.state_dir", state.path());
    let registry = builder().build().unwrap();
    kill(pid_of_obeys(&registry));
    await_that("the end is recorded", || {
        registry.describe("obeys").unwrap().last_crash.is_some()
    });
    let crash = registry.describe("obeys").unwrap().last_crash.unwrap();
    assert_eq!(
        (crash.signal, crash.call, crash.call_id.as_deref()),
        (Some(9), None, None)
    );
    assert_eq!(recorded(&registry), [(Some(9), None)]);
    drop(registry);
    let other = builder().build().unwrap();
    assert_eq!(recorded(&other), [(Some(9), None)]);
    assert_eq!(other.explain("obeys").unwrap().last_crash, Some(crash));
    // One that is shut down ends by itself as well, and that is no news.
    let pid = pid_of_obeys(&other);
    drop(other);
    assert!(!exists(pid));
    assert_eq!(recorded(&builder().build().unwrap()), [(Some(9), None)]);
}

#[test]
fn an_end_just_before_the_registrys_own_is_recorded() {
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let state = tempfile::tempdir().unwrap();
    set_mode(state.path(), 0o700);
    let builder = || in_workers(&folder, &["obeys"]).set("trust.state_dir", state.path());
    let registry = builder().build().unwrap();
    kill(pid_of_obeys(&registry));
    drop(registry);
    // The last call, which asks the planner to shut itself down, may have found it.
    let signals = recorded(&builder().build().unwrap());
    let signals: Vec<_> = signals.into_iter().map(|(signal, _)| signal).collect();
    assert_eq!(signals, [Some(9)]);
}

/// Says that something was logged.
struct Bell(Sender<()>);

impl Write for Bell {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _nobody_listens = self.0.send(());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_call_goes_on_when_its_registry_is_dropped_and_the_worker_goes_with_the_last_handle() {
    let (_folder, registry) = obedient();
    let pid = pid_of_obeys(&registry);
    let handle = registry.handle("obeys").unwrap();
    let (order, cancel) = (PlanRequest::new("until_cancelled"), CancelToken::new());
    let (rings, rung) = mpsc::channel();
    let log = tracing_subscriber::fmt().with_writer(move || Bell(rings.clone()));
    let plan = || handle.plan_unless(&order, &cancel).unwrap_err();
    thread::scope(|scope| {
        let call = scope.spawn(|| tracing::subscriber::with_default(log.finish(), plan));
        // The planner's line says that the call is under way.
        rung.recv().unwrap();
        drop(registry);
        cancel.cancel();
        assert_eq!(call.join().unwrap().code(), "E_CANCELLED");
    });
    let plan = handle.plan(&PlanRequest::new("pid")).unwrap();
    assert_eq!(plan.tasks()[0].description, format!("{pid:05}"));
    drop(handle);
    assert!(!exists(pid));
}

#[test]
fn a_worker_that_is_killed_during_a_call_fails_that_call_alone() {
    let (_folder, registry) = obedient();
    let pid = pid_of_obeys(&registry);
    let error = thread::scope(|scope| {
        let call = scope.spawn(|| tell(&registry, "hang"));
        // Its log line says that the call is under way; another slot of the same worker answers.
        assert_eq!(pid_of_obeys(&registry), pid);
        thread::sleep(Duration::from_millis(20));
        kill(pid);
        call.join().unwrap().unwrap_err()
    });
    assert_eq!(error.code(), "E_WORKER_CRASH", "{error:?}");
    assert_ne!(pid_of_obeys(&registry), pid);
}

#[test]
fn a_planner_that_never_ends_is_late_at_its_deadline_and_its_worker_is_ended() {
    let (_folder, registry) = obedient();
    let pid = hangs_until_its_end(&registry);
    assert_ne!(pid_of_obeys(&registry), pid);
}

#[test]
fn a_worker_that_ends_again_and_again_is_waited_for_longer_and_longer() {
    let (_folder, registry) = obedient();
    pid_of_obeys(&registry);
    crash(&registry, "exit");
    // The first one is replaced at once, the second one is not.
    crash(&registry, "exit");
    let error = tell(&registry, "pid").unwrap_err();
    assert_eq!(error.code(), "E_WORKER_CRASH", "{error:?}");
    let text = format!("{error:?}");
    assert!(text.contains("retry_after"), "{text}");
    await_that("a new worker answers", || tell(&registry, "pid").is_ok());
}

#[test]
fn nothing_is_left_of_workers_that_crashed_hung_or_were_shut_down() {
    // Threads and descriptors of the library itself are made by the first worker.
    let (folder, registry) = obedient();
    pid_of_obeys(&registry);
    drop(registry);
    let pids = thread::spawn(move || {
        let before = descriptors();
        let mut pids = BTreeSet::new();
        for _ in 0..5 {
            let registry = in_workers(&folder, &["obeys"]).build().unwrap();
            pids.insert(pid_of_obeys(&registry));
            crash(&registry, "abort");
            pids.insert(pid_of_obeys(&registry));
            let request = PlanRequest::new("hang").with_deadline(Duration::from_millis(10));
            let error = registry.plan("obeys", &request).unwrap_err();
            assert_eq!(error.code(), "E_DEADLINE", "{error:?}");
            drop(registry);
        }
        // Other tests of this process open and close their own meanwhile.
        let ours = |names: &[String]| names.iter().filter(|name| name.contains("obeys")).count();
        await_that("descriptors are closed", || {
            ours(&descriptors()) <= ours(&before) + 50
        });
        pids
    });
    let pids = pids.join().unwrap();
    assert_eq!(pids.len(), 10);
    for pid in pids {
        await_that("the process is reaped", || !exists(pid));
    }
}

fn descriptors() -> Vec<String> {
    let list = std::fs::read_dir("/proc/self/fd").unwrap();
    list.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .map(|target| target.to_string_lossy().into_owned())
        .collect()
}

fn kill(pid: u32) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
}
