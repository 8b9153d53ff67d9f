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
    let each = |(): &mut (), item: &[T], results: &mut Vec<R>| results.extend(item.iter().map(&f));
    map_chunks(items, NonZeroUsize::MIN, threads_max, || (), each)
}

/// The same for items that are not worth a turn each: threads take the next `chunk_len` of them,
/// and each thread has a `state` of its own. `f` appends one result for each item of a chunk.
pub fn map_chunks<T: Sync, R: Send, S>(
    items: &[T],
    chunk_len: NonZeroUsize,
    threads_max: NonZeroUsize,
    state: impl Fn() -> S + Sync,
    f: impl Fn(&mut S, &[T], &mut Vec<R>) + Sync,
) -> Vec<R> {
    let chunks = items.len().div_ceil(chunk_len.get());
    let threads_max = threads_max.get().min(chunks).max(1);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut state = state();
        let mut taken = Taken {
            chunks: Vec::new(),
            results: Vec::with_capacity(items.len() / threads_max),
        };
        loop {
            // Relaxed: a read-modify-write gives each chunk once; the results are published by
            // joining the threads.
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= chunks {
                return taken;
            }
            let start = index * chunk_len.get();
            let end = items.len().min(start + chunk_len.get());
            let before = taken.results.len();
            f(&mut state, &items[start..end], &mut taken.results);
            taken.chunks.push((index, taken.results.len() - before));
        }
    };
    let taken = thread::scope(|scope| {
        let spawn = || thread::Builder::new().spawn_scoped(scope, work);
        let helpers: Vec<_> = (1..threads_max).map_while(|_| spawn().ok()).collect();
        let mut taken = vec![work()];
        for helper in helpers {
            taken.push(helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        taken
    });
    in_order(taken, items.len())
}

/// What one thread did.
struct Taken<R> {
    /// The chunks it took, in ascending order, and how many results each gave.
    chunks: Vec<(usize, usize)>,
    results: Vec<R>,
}

/// All results in the order of their chunks.
fn in_order<R>(mut taken: Vec<Taken<R>>, len: usize) -> Vec<R> {
    if let [only] = &mut *taken {
        return std::mem::take(&mut only.results);
    }
    let mut chunks = Vec::new();
    for (thread, taken) in taken.iter().enumerate() {
        chunks.extend(
            taken
                .chunks
                .iter()
                .map(|&(index, len)| (index, thread, len)),
        );
    }
    chunks.sort_unstable();
    let mut rests: Vec<_> = taken
        .into_iter()
        .map(|taken| taken.results.into_iter())
        .collect();
    let mut results = Vec::with_capacity(len);
    for (_, thread, len) in chunks {
        results.extend(rests[thread].by_ref().take(len));
    }
    results
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
    fn chunks_cover_all_items_once_and_share_the_state_of_their_thread() {
        let len = threads(7);
        for count in [0, 1, 6, 7, 8, 50] {
            let items: Vec<usize> = (0..count).collect();
            let number = |seen: &mut usize, chunk: &[usize], results: &mut Vec<usize>| {
                *seen += chunk.len();
                results.resize(results.len() + chunk.len(), *seen);
            };
            let numbered = map_chunks(&items, len, threads(1), || 0, number);
            let expected: Vec<_> = items.iter().map(|i| count.min((i / 7 + 1) * 7)).collect();
            assert_eq!(numbered, expected);
            let copy =
                |(): &mut (), chunk: &[usize], results: &mut Vec<usize>| results.extend(chunk);
            assert_eq!(map_chunks(&items, len, threads(3), || (), copy), items);
        }
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
