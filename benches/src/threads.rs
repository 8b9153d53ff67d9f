//! Threads pinned to cores: unpinned ones often do not overlap at all.
//!
//! What is measured is the processor time of the threads, so that other work on the machine
//! distorts ratios less. Time that a thread spends asleep in a lock does not count, which makes
//! contended locks look cheaper than they are.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// The processor time that `work` takes on the first core this process may use.
pub fn on_one_core(work: impl Fn() + Sync) -> Duration {
    on_cores(1, &work)
}

/// The mean of the processor times that `work` takes on two cores at once.
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
                let begun = processor_time();
                work();
                processor_time().saturating_sub(begun)
            })
        };
        let threads: Vec<_> = cores.iter().cycle().take(count).map(|c| run(*c)).collect();
        threads.into_iter().filter_map(|t| t.join().ok()).collect()
    });
    times.iter().sum::<Duration>() / u32::try_from(times.len().max(1)).unwrap_or(1)
}

/// The processor time this thread has used.
pub fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_nanos(nanos)
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
