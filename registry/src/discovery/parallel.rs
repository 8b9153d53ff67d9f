//! Work over a list in two threads.

use std::thread;

/// Below this many jobs, starting a thread costs more than it saves.
const JOBS_MIN: usize = 128;

/// Does `work` over both halves of `jobs` at once; the results keep the order of the jobs.
///
/// `work` gets each half once, so it can hold buffers of its own, and something to call after each
/// job. Of the half done in this thread, that is `progress`, told how many of all jobs may be done.
/// A thread that cannot be started costs time, not results.
pub(super) fn in_halves<J: Sync, R: Send>(
    jobs: &[J],
    progress: &mut dyn FnMut(usize),
    work: impl Fn(&[J], &mut dyn FnMut()) -> Vec<R> + Sync,
) -> Vec<R> {
    let alone = jobs.len() < JOBS_MIN;
    let (front, back) = jobs.split_at(if alone { jobs.len() } else { jobs.len() / 2 });
    let mut done = 0;
    let mut tell = || {
        done += if alone { 1 } else { 2 };
        progress(jobs.len().min(done));
    };
    if alone {
        return work(front, &mut tell);
    }
    thread::scope(|scope| {
        let other = thread::Builder::new().spawn_scoped(scope, || work(back, &mut || ()));
        let mut results = work(front, &mut tell);
        match other.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(more)) => results.extend(more),
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => results.extend(work(back, &mut tell)),
        }
        results
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_jobs() {
        for count in [0, 1, JOBS_MIN - 1, JOBS_MIN, JOBS_MIN + 1, 1001] {
            let jobs: Vec<usize> = (0..count).collect();
            let mut told = Vec::new();
            let results = in_halves(&jobs, &mut |done| told.push(done), |half, tell| {
                let double = |job: &usize| {
                    tell();
                    job * 2
                };
                half.iter().map(double).collect()
            });
            let expected: Vec<usize> = (0..count).map(|job| job * 2).collect();
            assert_eq!(results, expected);
            assert!(told.is_sorted() && told.iter().all(|done| (1..=count).contains(done)));
            assert!(told.len() >= count / 2);
        }
    }
}
