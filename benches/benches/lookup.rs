//! What it costs to get a planner by its name, beside what else could be used for it.
//!
//! Groups are `lookup/PLANNERS/THREADS`. Every contender answers with a reference to, or a share
//! of, the same kind of header; ours also looks whether its instance is there, as a host's call
//! does. Maps use the same fast hash, except `dashmap` and `dashmap_guard`, which come as shipped.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use benches::{Names, name, on_one_core, on_two_cores};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, criterion_group, criterion_main};
use foldhash::fast::RandomState;
use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner};
use registry::{Builtin, Handle, Registry};
use registry_core::backoff::Backoff;
use registry_core::clock::Clock;
use registry_core::resident::Resident;
use registry_core::slot::SlotPolicy;

type Header = Resident<u64, std::fmt::Error>;
type Map = HashMap<Box<str>, Arc<Header>, RandomState>;

/// How many threads look up at once.
#[derive(Clone, Copy)]
enum Threads {
    One,
    Two,
}

fn policy() -> SlotPolicy {
    SlotPolicy {
        clock: Clock::monotonic(),
        wait_max: Duration::from_secs(1),
        backoff: Backoff::NONE,
    }
}

fn built(answer: u64) -> Arc<Header> {
    let header = Header::new();
    let built = header.get_or_build(&policy(), || Ok(answer));
    assert!(built.is_ok(), "the header must be built");
    Arc::new(header)
}

fn headers(planners: usize) -> impl Iterator<Item = (Box<str>, Arc<Header>)> {
    (0..planners as u64)
        .zip(0..planners)
        .map(|(answer, number)| (name(number).into(), built(answer)))
}

/// A planner that is never called: only finding it is measured.
struct Idle;

impl Planner for Idle {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Err(PlanError::failed("idle"))
    }
}

/// A registry whose planners are all started.
#[expect(
    clippy::expect_used,
    reason = "a bench that cannot be set up must stop"
)]
fn registry(planners: usize) -> Registry {
    let names = (0..planners).map(name);
    let builder = Registry::builder().allow(names.clone());
    let builder = names.clone().fold(builder, |builder, name| {
        builder.builtin(Builtin::new(&name, Idle))
    });
    let registry = builder.build().expect("the registry is built");
    for name in names {
        registry.get(&name).expect("the planner starts");
    }
    registry
}

/// Measures `lookup`, with a reader of its own for each thread.
fn contend<R>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    (id, threads, names): (&str, Threads, &Names),
    reader: impl Fn() -> R + Sync,
    lookup: impl Fn(&mut R, &str) + Sync,
) {
    group.bench_function(id, |bencher| {
        bencher.iter_custom(|count| {
            let work = || {
                let mut reader = reader();
                names.visit(count, |name| lookup(&mut reader, name));
            };
            match threads {
                Threads::One => on_one_core(work),
                Threads::Two => on_two_cores(work),
            }
        });
    });
}

fn lookup(criterion: &mut Criterion) {
    for planners in [4, 100, 10_000] {
        for (threads, count) in [(Threads::One, 1), (Threads::Two, 2)] {
            let names = Names::new(planners);
            let mut group = criterion.benchmark_group(format!("lookup/{planners}/{count}"));
            // Rounds of 30 ms: shorter ones on two cores hardly overlap.
            group
                .sampling_mode(SamplingMode::Flat)
                .sample_size(40)
                .warm_up_time(Duration::from_millis(300))
                .measurement_time(Duration::from_millis(1200));
            ours(&mut group, planners, threads, &names);
            maps(&mut group, planners, threads, &names);
            shared_maps(&mut group, planners, threads, &names);
            swapped_maps(&mut group, planners, threads, &names);
            group.finish();
        }
    }
}

fn ours(
    group: &mut BenchmarkGroup<'_, WallTime>,
    planners: usize,
    threads: Threads,
    names: &Names,
) {
    let registry = registry(planners);
    contend(
        group,
        ("registry_get", threads, names),
        || (),
        |(), name| {
            let _found = black_box(registry.get(name));
        },
    );
    let handle = registry.handle(&name(0));
    contend(
        group,
        ("resolved_handle", threads, names),
        || handle.clone(),
        |handle, _| {
            let _planner = black_box(black_box(handle).as_ref().map(Handle::planner).ok());
        },
    );
    let once = OnceLock::from(7_u64);
    contend(
        group,
        ("once_lock", threads, names),
        || (),
        |(), _| {
            black_box(black_box(&once).get());
        },
    );
}

fn maps(
    group: &mut BenchmarkGroup<'_, WallTime>,
    planners: usize,
    threads: Threads,
    names: &Names,
) {
    let map: Map = headers(planners).collect();
    contend(
        group,
        ("plain_map", threads, names),
        || (),
        |(), name| {
            black_box(black_box(&map).get(name));
        },
    );
    let std_lock = std::sync::RwLock::new(map.clone());
    contend(
        group,
        ("rwlock_std", threads, names),
        || (),
        |(), name| {
            black_box(std_lock.read().ok().and_then(|map| map.get(name).cloned()));
        },
    );
    let lock = parking_lot::RwLock::new(map);
    contend(
        group,
        ("rwlock_parking_lot", threads, names),
        || (),
        |(), name| {
            black_box(lock.read().get(name).cloned());
        },
    );
}

fn shared_maps(
    group: &mut BenchmarkGroup<'_, WallTime>,
    planners: usize,
    threads: Threads,
    names: &Names,
) {
    let dashmap: dashmap::DashMap<Box<str>, _> = headers(planners).collect();
    contend(
        group,
        ("dashmap", threads, names),
        || (),
        |(), name| {
            black_box(dashmap.get(name).map(|header| Arc::clone(&header)));
        },
    );
    contend(
        group,
        ("dashmap_guard", threads, names),
        || (),
        |(), name| {
            black_box(dashmap.get(name));
        },
    );
    let fast = dashmap::DashMap::<Box<str>, _, RandomState>::default();
    for (name, header) in headers(planners) {
        fast.insert(name, header);
    }
    contend(
        group,
        ("dashmap_foldhash", threads, names),
        || (),
        |(), name| {
            black_box(fast.get(name).map(|header| Arc::clone(&header)));
        },
    );
    let papaya: papaya::HashMap<Box<str>, _, RandomState> = headers(planners).collect();
    contend(
        group,
        ("papaya", threads, names),
        || (),
        |(), name| {
            black_box(papaya.pin().get(name).map(Arc::as_ptr));
        },
    );
}

fn swapped_maps(
    group: &mut BenchmarkGroup<'_, WallTime>,
    planners: usize,
    threads: Threads,
    names: &Names,
) {
    let swap = arc_swap::ArcSwap::from_pointee(headers(planners).collect::<Map>());
    contend(
        group,
        ("arc_swap", threads, names),
        || (),
        |(), name| {
            black_box(swap.load().get(name).map(Arc::as_ptr));
        },
    );
    contend(
        group,
        ("arc_swap_cache", threads, names),
        || arc_swap::Cache::new(&swap),
        |cache, name| {
            black_box(cache.load().get(name).map(Arc::as_ptr));
        },
    );
}

criterion_group!(benches, lookup);
criterion_main!(benches);
