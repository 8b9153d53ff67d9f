//! Time, its summaries, and where threads run.

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// What is told of many times.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
}

impl Sample {
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self {
            median: times[times.len() / 2],
            p99: times[times.len() * 99 / 100],
        }
    }
}

/// A table of samples, in the order of their names.
pub(crate) fn show(title: &str, names: &[&str], samples: &[Sample]) {
    println!("| {title} | median | p99 |\n|---|---|---|");
    for (name, Sample { median, p99 }) in names.iter().zip(samples) {
        println!("| {name} | {median:.2?} | {p99:.2?} |");
    }
}

pub(crate) fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

/// How long each of `count` calls took, each after a pause.
pub(crate) fn timed(
    count: usize,
    pause: Option<Duration>,
    mut call: impl FnMut(),
) -> Vec<Duration> {
    (0..count)
        .map(|_| {
            if let Some(pause) = pause {
                thread::sleep(pause);
            }
            let begun = Instant::now();
            call();
            begun.elapsed()
        })
        .collect()
}

/// The cores that this process may use.
pub(crate) fn cores() -> Vec<usize> {
    let allowed = sched_getaffinity(None).unwrap_or_default();
    (0..CpuSet::MAX_CPU)
        .filter(|core| allowed.is_set(*core))
        .collect()
}

/// Pins a process, or this thread.
pub(crate) fn pin(process: Option<Pid>, core: usize) {
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(process, &only).expect("it is pinned");
}

/// Lets this thread go.
pub(crate) fn unpin(cores: &[usize]) {
    let mut all = CpuSet::new();
    for core in cores {
        all.set(*core);
    }
    sched_setaffinity(None, &all).expect("it is let go");
}
