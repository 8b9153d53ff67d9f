//! What surrounds the lookup: warming up, reloading under load, and recording samples.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use benches::{Names, name, on_one_core, on_two_cores};
use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use registry_core::backoff::Backoff;
use registry_core::catalog::Catalog;
use registry_core::clock::Clock;
use registry_core::parallel;
use registry_core::resident::{Resident, retire_all};
use registry_core::ring::Ring;
use registry_core::slot::SlotPolicy;

type Header = Resident<u64, std::fmt::Error>;

const PLANNERS: usize = 100;

fn policy() -> SlotPolicy {
    SlotPolicy {
        clock: Clock::monotonic(),
        wait_max: Duration::from_secs(10),
        backoff: Backoff::NONE,
    }
}

/// Work that takes the processor a while, whoever else runs.
fn burn(rounds: u64) -> u64 {
    (0..rounds).fold(1, |state: u64, round| {
        black_box(state.wrapping_mul(6_364_136_223_846_793_005) ^ round)
    })
}

/// How many rounds of [`burn`] take 2 ms here, undisturbed.
fn rounds_of_two_milliseconds() -> u64 {
    const ROUNDS: u64 = 1_000_000;
    let fastest = (0..20).map(|_| {
        let begun = Instant::now();
        black_box(burn(ROUNDS));
        begun.elapsed()
    });
    let nanos = fastest.min().unwrap_or_default().as_nanos().max(1);
    u64::try_from(u128::from(ROUNDS) * 2_000_000 / nanos).unwrap_or(ROUNDS)
}

fn warm_up(criterion: &mut Criterion) {
    let rounds = rounds_of_two_milliseconds();
    let policy = policy();
    let mut group = criterion.benchmark_group("warm_up/100");
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(10)
        .measurement_time(Duration::from_secs(4));
    for (id, threads) in [("serial", 1), ("two_threads", 2)] {
        let threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                let headers: Vec<_> = (0..PLANNERS).map(|_| Header::new()).collect();
                let ready = parallel::map(&headers, threads, |header| {
                    header.get_or_build(&policy, || Ok(burn(rounds))).is_ok()
                });
                assert_eq!(ready, [true; PLANNERS], "planners ready");
            });
        });
    }
    group.finish();
}

/// A sample of the size of a real one.
#[derive(Clone, Copy)]
struct Sample([u64; 6]);

fn ring_push(criterion: &mut Criterion) {
    for threads in [1, 2] {
        let mut group = criterion.benchmark_group(format!("ring_push/{threads}"));
        group
            .sampling_mode(SamplingMode::Flat)
            .sample_size(40)
            .measurement_time(Duration::from_millis(1200));
        let run = |work: &(dyn Fn() + Sync)| match threads {
            1 => on_one_core(work),
            _ => on_two_cores(work),
        };
        for (id, capacity) in [("ring", 1000), ("ring_off", 0)] {
            let ring = Ring::new(capacity);
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|count| {
                    run(&|| {
                        for n in 0..count {
                            ring.push(Duration::from_nanos(n), black_box(Sample([n; 6])));
                        }
                    })
                });
            });
            black_box(ring.snapshot().last().map(|sample| sample.0));
        }
        let deque = Mutex::new(VecDeque::with_capacity(1000));
        group.bench_function("mutex_vec_deque", |bencher| {
            bencher.iter_custom(|count| {
                run(&|| {
                    for n in 0..count {
                        let Ok(mut deque) = deque.lock() else { return };
                        if deque.len() == 1000 {
                            deque.pop_front();
                        }
                        deque.push_back((Duration::from_nanos(n), black_box(Sample([n; 6]))));
                    }
                })
            });
        });
        group.finish();
    }
}

/// Replaces all planners by new ones that are ready, and shuts the old ones down.
fn reload(catalog: &Catalog<Header>, policy: &SlotPolicy) -> Duration {
    let ready = || {
        let header = Header::new();
        let built = header.get_or_build(policy, || Ok(7)).is_ok();
        assert!(built, "the header must be built");
        Arc::new(header)
    };
    let entries: Vec<_> = (0..PLANNERS).map(|n| (name(n), ready())).collect();
    let base = catalog.current();
    let begun = Instant::now();
    let published = catalog.publish(base, entries);
    assert!(published.is_ok(), "the catalog must be published");
    let old = base.iter().map(|(_, header)| &**header);
    let retirement = retire_all(old, policy.wait_max);
    let took = begun.elapsed();
    assert_eq!(
        retirement.map(|r| (r.shut_down, r.leaked)),
        Ok((base.len(), 0))
    );
    took
}

/// Calls planners one after the other until told to stop.
fn call_all_along(catalog: &Catalog<Header>, names: &Names, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        names.visit(1000, |name| {
            let instance = catalog.get(name).and_then(Resident::get);
            black_box(instance.map(|instance| instance.call(|answer| black_box(*answer))));
        });
    }
}

#[expect(clippy::print_stdout, reason = "criterion does not report a p99")]
fn reload_under_load(criterion: &mut Criterion) {
    let policy = policy();
    let names = Names::new(PLANNERS);
    let taken = RefCell::new(Vec::new());
    let mut group = criterion.benchmark_group("reload/100");
    group.sampling_mode(SamplingMode::Flat).sample_size(20);
    group.bench_function("under_load", |bencher| {
        bencher.iter_custom(|count| {
            // A new catalog for each batch, because generations are kept.
            let catalog = Catalog::new();
            reload(&catalog, &policy);
            let stop = AtomicBool::new(false);
            thread::scope(|scope| {
                scope.spawn(|| call_all_along(&catalog, &names, &stop));
                let times: Vec<_> = (0..count).map(|_| reload(&catalog, &policy)).collect();
                stop.store(true, Ordering::Relaxed);
                taken.borrow_mut().extend_from_slice(&times);
                times.iter().sum()
            })
        });
    });
    group.finish();
    let mut taken = taken.into_inner();
    taken.sort_unstable();
    let at = |percent: usize| {
        taken
            .get(taken.len() * percent / 100)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "reload/100/under_load: median {:?}, p99 {:?}",
        at(50),
        at(99)
    );
}

criterion_group!(benches, warm_up, ring_push, reload_under_load);
criterion_main!(benches);
