//! A hundred workers at once: what they hold, and how long calls into them take.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use registry::Registry;
use rustix::process::Pid;

use crate::measure::{Sample, show, timed};
use crate::subject::{call, registry, worker_of};

const WORKERS: usize = 100;

/// Calls of each worker, in each way of calling them.
const CALLS: usize = 50;

/// Starts the workers, calls them and weighs them.
pub(crate) fn run(folder: &Path) {
    let before = Pss::of_this_process();
    let begun = Instant::now();
    let workers: Vec<Registry> = (0..WORKERS)
        .map(|_| {
            let registry = registry(folder, "worker");
            call(&registry);
            registry
        })
        .collect();
    println!(
        "{WORKERS} workers, started one after the other in {:.2?}\n",
        begun.elapsed()
    );
    let in_turn = timed_in_turn(&workers);
    let at_once = timed_at_once(&workers);
    show(
        "calls into a hundred workers",
        &[
            "one caller, each worker in its turn",
            "a caller a worker, all at once",
        ],
        &[Sample::of(in_turn), Sample::of(at_once)],
    );
    let mut each: Vec<u64> = workers
        .iter()
        .map(|worker| Pss::of(worker_of(worker)).kib)
        .collect();
    each.sort_unstable();
    let [least, median, most] = [0, each.len() / 2, each.len() - 1].map(|place| each[place]);
    let host = Pss::of_this_process();
    println!(
        "\nproportional memory (PSS): a worker {median} KiB, {least} to {most}; all {} MiB; \
         the host {} MiB, {} MiB before",
        each.iter().sum::<u64>() >> 10,
        host.kib >> 10,
        before.kib >> 10
    );
}

/// Every call comes to a worker that has been idle for the calls of all others.
fn timed_in_turn(workers: &[Registry]) -> Vec<Duration> {
    let turns = (0..CALLS).flat_map(|_| workers);
    turns
        .flat_map(|worker| timed(1, None, || call(worker)))
        .collect()
}

fn timed_at_once(workers: &[Registry]) -> Vec<Duration> {
    thread::scope(|scope| {
        let callers: Vec<_> = workers
            .iter()
            .map(|worker| scope.spawn(|| timed(CALLS, None, || call(worker))))
            .collect();
        let times = callers
            .into_iter()
            .map(|caller| caller.join().expect("a caller that is answered"));
        times.flatten().collect()
    })
}

/// Memory of a process, what it shares with others divided among them.
struct Pss {
    kib: u64,
}

impl Pss {
    fn of(process: Pid) -> Self {
        Self::read(&process.as_raw_nonzero().to_string())
    }

    fn of_this_process() -> Self {
        Self::read("self")
    }

    fn read(process: &str) -> Self {
        let path = format!("/proc/{process}/smaps_rollup");
        let text = fs::read_to_string(path).expect("memory that may be looked at");
        let line = text.lines().find(|line| line.starts_with("Pss:"));
        let words = line.and_then(|line| line.split_whitespace().nth(1));
        let kib = words.and_then(|word| word.parse().ok());
        Self {
            kib: kib.expect("a number"),
        }
    }
}
