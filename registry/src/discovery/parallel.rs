//! Work over a list in two threads.

use std::thread;

/// Below this many jobs, starting a thread costs more than it saves.
const JOBS_MIN: usize = 128;

/// Does `work` over both halves of `jobs` at once; the results keep the order of the jobs.
///
/// `work` gets the first half and the second half once each, so it can hold buffers of its own. A
/// thread that cannot be started costs time, not results.
pub(super) fn in_halves<J: Sync, R: Send>(
    jobs: &[J],
    work: impl Fn(&[J]) -> Vec<R> + Sync,
) -> Vec<R> {
    if jobs.len() < JOBS_MIN {
        return work(jobs);
    }
    let (front, back) = jobs.split_at(jobs.len() / 2);
    thread::scope(|scope| {
        let other = thread::Builder::new().spawn_scoped(scope, || work(back));
        let mut results = work(front);
        match other.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(more)) => results.extend(more),
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => results.extend(work(back)),
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
            let results = in_halves(&jobs, |half| half.iter().map(|job| job * 2).collect());
            let expected: Vec<usize> = (0..count).map(|job| job * 2).collect();
            assert_eq!(results, expected);
        }
    }
}
