//! Starts, and workers that nobody calls.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use registry::Registry;
use rustix::process::{Signal, kill_process};

use crate::measure::{Sample, ratio, show};
use crate::peers::Pipe;
use crate::subject::{call, registry, worker_of};

/// Starts, of a bare child, of a worker anew, and of a planner that is verified as well.
pub(crate) fn run(folder: &Path, rounds: usize) {
    let (mut bare, mut again, mut first) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let begun = Instant::now();
        let mut pipe = Pipe::start_anywhere();
        pipe.ask();
        bare.push(begun.elapsed());
        drop(pipe);
        let registry = registry(folder, "worker");
        registry.ensure_discovered().expect("the folder is read");
        let begun = Instant::now();
        call(&registry);
        first.push(begun.elapsed());
        let pid = worker_of(&registry);
        kill_process(pid, Signal::KILL).expect("the worker is killed");
        while Path::new(&format!("/proc/{}", pid.as_raw_nonzero())).exists() {
            thread::yield_now();
        }
        let begun = Instant::now();
        call(&registry);
        again.push(begun.elapsed());
    }
    let samples = [bare, again, first].map(Sample::of);
    println!();
    show(
        "cold, to the first answer",
        &[
            "bare child",
            "worker, started anew",
            "worker, its planner verified and sealed before",
        ],
        &samples,
    );
    println!(
        "\ncold: worker / bare child {:.2}",
        ratio(samples[1].median, samples[0].median)
    );
}

/// Processor time of a worker that nobody calls.
pub(crate) fn idle_cost(workers: &Registry) {
    let pid = worker_of(workers).as_raw_nonzero();
    let used = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap_or_default();
        let first = stat.split(' ').next().unwrap_or_default();
        Duration::from_nanos(first.parse().unwrap_or_default())
    };
    thread::sleep(Duration::from_millis(100));
    let before = used();
    thread::sleep(Duration::from_secs(5));
    println!(
        "\nan idle worker used {:.2?} in 5 s",
        used().saturating_sub(before)
    );
}
