//! The same work for many items, on a bounded number of threads.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::thread;

use crate::sync::atomic::{AtomicUsize, Ordering};

/// Applies `f` to each item, on this thread and up to `threads_max - 1` others, and gives the
/// results in the order of the items.
///
/// Threads take the next item as they become free, so slow items do not hold up the rest. When the
/// system has no thread to give, those that there are do the work. A panic in `f` is passed on.
pub fn map<T: Sync, R: Send>(
    items: &[T],
    threads_max: NonZeroUsize,
    f: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut results = Vec::new();
        loop {
            // Relaxed: a read-modify-write gives each item once; the results are published by
            // joining the threads.
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else {
                return results;
            };
            results.push((index, f(item)));
        }
    };
    let helpers_max = threads_max.get().min(items.len()).saturating_sub(1);
    let mut results = thread::scope(|scope| {
        let spawn = || thread::Builder::new().spawn_scoped(scope, work);
        let helpers: Vec<_> = (0..helpers_max).map_while(|_| spawn().ok()).collect();
        let mut results = work();
        for helper in helpers {
            results.extend(helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        results
    });
    results.sort_unstable_by_key(|&(index, _)| index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Barrier;

    use super::*;

    fn threads(n: usize) -> NonZeroUsize {
        NonZeroUsize::new(n).unwrap()
    }

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u32> = (0..100).collect();
        for n in [1, 3, 1000] {
            let squares = map(&items, threads(n), |item| item * item);
            assert_eq!(squares, items.iter().map(|i| i * i).collect::<Vec<_>>());
        }
        assert_eq!(map(&[] as &[u32], threads(4), |i| *i), Vec::<u32>::new());
    }

    #[test]
    fn as_many_threads_as_allowed_work_at_the_same_time() {
        let barrier = Barrier::new(3);
        let ids = map(&[(); 3], threads(3), |()| {
            barrier.wait();
            thread::current().id()
        });
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 3);
        assert!(ids.contains(&thread::current().id()));
    }

    #[test]
    #[should_panic(expected = "item 7")]
    fn a_panic_is_passed_on() {
        let items: Vec<u32> = (0..20).collect();
        let doubled = map(&items, threads(2), |&item| {
            assert!(item != 7, "item {item}");
            item * 2
        });
        assert_eq!(doubled, []);
    }
}
