//! Threads pinned to cores: unpinned ones often do not overlap at all.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// How long `work` takes on the first core this process may use.
pub fn on_one_core(work: impl Fn() + Sync) -> Duration {
    on_cores(1, &work)
}

/// The mean of how long `work` takes on two cores at once.
pub fn on_two_cores(work: impl Fn() + Sync) -> Duration {
    on_cores(2, &work)
}

fn on_cores(count: usize, work: &(impl Fn() + Sync)) -> Duration {
    let cores = cores();
    let start = Barrier::new(count);
    let times: Vec<Duration> = thread::scope(|scope| {
        let run = |core: usize| {
            let start = &start;
            scope.spawn(move || {
                pin(core);
                start.wait();
                let begun = Instant::now();
                work();
                begun.elapsed()
            })
        };
        let threads: Vec<_> = cores.iter().cycle().take(count).map(|c| run(*c)).collect();
        threads.into_iter().filter_map(|t| t.join().ok()).collect()
    });
    times.iter().sum::<Duration>() / u32::try_from(times.len().max(1)).unwrap_or(1)
}

/// The cores this process may use.
fn cores() -> Vec<usize> {
    let allowed = sched_getaffinity(None).unwrap_or_default();
    (0..CpuSet::MAX_CPU)
        .filter(|core| allowed.is_set(*core))
        .collect()
}

fn pin(core: usize) {
    let mut only = CpuSet::new();
    only.set(core);
    // A core that was taken away meanwhile leaves the thread where it is, and the figure noisier.
    let _unpinned = sched_setaffinity(None, &only);
}
