//! Workers that are killed again and again under load: every call ends in time, with its own answer or
//! a typed error, and nothing grows.
//!
//! It stands alone, so that what it counts of its process is its own.

use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use plugin_api::PlanRequest;
use registry::{PlanFailure, Registry};
use rustix::process::{Pid, Signal, kill_process};
use tests::{Held, PluginFolder, fixture, pid_of_obeys, program};

const WORKERS: usize = 4;
const CALLS: usize = 2_000;

/// Calls between two kills.
const KILL_EVERY: usize = 50;

/// What every call is given.
const DEADLINE: Duration = Duration::from_secs(20);

/// What a call may take beyond its deadline on a machine that does other work.
const GRACE: Duration = Duration::from_secs(5);

/// What the host's memory may grow by, in KiB: less than an answer's worth a call.
const GROWTH_MAX_KIB: u64 = 8 << 10;

#[derive(Debug, Default)]
struct Outcome {
    answered: usize,
    crashed: usize,
}

#[test]
fn calls_end_well_or_typed_while_workers_are_killed_and_nothing_grows() {
    let folder = PluginFolder::new().with(&fixture("obeys"));
    // Threads and descriptors of the library itself are made by the first worker.
    assert_ne!(pid_of_obeys(&registry(&folder)), std::process::id());
    let (before, resident_before) = (Held::now(), resident_kib());
    let registries: Vec<Registry> = (0..WORKERS).map(|_| registry(&folder)).collect();
    let pids: Vec<_> = registries
        .iter()
        .map(|registry| Mutex::new(pid_of_obeys(registry)))
        .collect();
    let next = AtomicUsize::new(0);
    let outcomes = thread::scope(|scope| {
        let callers: Vec<_> = (0..WORKERS)
            .map(|_| scope.spawn(|| call_until_done(&registries, &pids, &next)))
            .collect();
        let outcomes = callers.into_iter().map(|caller| caller.join().unwrap());
        outcomes.collect::<Vec<Outcome>>()
    });
    let answered: usize = outcomes.iter().map(|outcome| outcome.answered).sum();
    let crashed: usize = outcomes.iter().map(|outcome| outcome.crashed).sum();
    assert_eq!(answered + crashed, CALLS);
    assert!(answered > CALLS / 2, "{answered} of {CALLS} were answered");
    drop(registries);
    before.assert_left(|| resident_kib() <= resident_before + GROWTH_MAX_KIB);
}

/// Takes the next call until there is none left. Each goes to the worker of its turn; every fiftieth
/// call is preceded by the end of one.
fn call_until_done(registries: &[Registry], pids: &[Mutex<u32>], next: &AtomicUsize) -> Outcome {
    let mut outcome = Outcome::default();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= CALLS {
            return outcome;
        }
        let worker = number % registries.len();
        if number % KILL_EVERY == KILL_EVERY - 1 {
            // Which one is as good as random: the multiplier is prime to the number of workers.
            let doomed = (number * 7 / KILL_EVERY) % WORKERS;
            kill(&registries[doomed], &pids[doomed]);
        }
        let begun = Instant::now();
        let objective = format!("call {number}");
        let request = PlanRequest::new(&objective).with_deadline(DEADLINE);
        match registries[worker].plan("obeys", &request) {
            Ok(plan) => {
                assert_eq!(plan.objective(), objective, "an answer of another call");
                outcome.answered += 1;
            }
            Err(error) => {
                assert!(is_of_a_killed_worker(&error), "{error:?}");
                outcome.crashed += 1;
                thread::yield_now();
            }
        }
        assert!(begun.elapsed() < DEADLINE + GRACE, "{:?}", begun.elapsed());
    }
}

fn is_of_a_killed_worker(error: &PlanFailure) -> bool {
    error.code() == "E_WORKER_CRASH"
}

/// Kills the worker of now, if there is one.
fn kill(registry: &Registry, known: &Mutex<u32>) {
    let mut known = known.lock().unwrap();
    if let Ok(plan) = registry.plan("obeys", &PlanRequest::new("pid")) {
        *known = plan.tasks()[0].description.parse().unwrap();
        let pid = Pid::from_raw(i32::try_from(*known).unwrap()).unwrap();
        // Another thread may have been faster.
        let _gone = kill_process(pid, Signal::KILL);
    }
}

fn registry(folder: &PluginFolder) -> Registry {
    Registry::builder()
        .plugin_dir(folder.path())
        .allow(["obeys"])
        .set("isolation.policy", "worker")
        .set("isolation.worker_program", program())
        // A kill fails every call in the worker at once, and no breaker shall spare it the next ones.
        .set("isolation.breaker_failures", "1000")
        .build()
        .unwrap()
}

/// Resident memory of this process, in KiB.
fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mut lines = status.lines();
    let resident = lines.find(|line| line.starts_with("VmRSS:")).unwrap();
    resident.split_whitespace().nth(1).unwrap().parse().unwrap()
}
