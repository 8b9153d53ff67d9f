//! Discovery beside what it is measured against, over the same files in the same run.
//!
//! Criterion gives each contender its own figure; because machines drift, the ratios that are
//! promised are taken from rounds in which the contenders take turns, and printed at the end.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark may stop at the first failure and talks to a person"
)]

mod command;
mod ground;
mod peers;

use std::cell::RefCell;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};
use ground::Ground;
use registry::discovery::{Discovery, ScanRequest, resolve};

/// Rounds from which the median is taken.
const ROUNDS: usize = 11;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .configure_from_args();
    let small = Ground::new(1_000);
    let large = Ground::new(10_000);
    // First of all, while no memory lies ready for use.
    memory(&large);
    for ground in [&small, &large] {
        bench(&mut criterion, ground);
    }
    // Loading runs constructors and keeps every library: a thousand are enough to see the price.
    criterion.bench_function("dlopen/1000", |bencher| {
        bencher.iter(|| black_box(peers::load(&small)));
    });
    ratios(&large);
    new_process(&small);
    criterion.final_summary();
}

fn request(ground: &Ground, deep: bool) -> ScanRequest {
    ScanRequest {
        directories: vec![ground.path().to_owned()],
        deep,
        ..ScanRequest::default()
    }
}

fn first(ground: &Ground, deep: bool) -> Discovery {
    let mut discovery = Discovery::default();
    let discovered = discovery.discover(&request(ground, deep));
    assert_eq!(discovered.scan.candidates.len(), ground.files());
    discovery
}

fn again(discovery: &mut Discovery, ground: &Ground, deep: bool, read: usize) {
    let discovered = discovery.discover(&request(ground, deep));
    assert_eq!(discovered.read, read);
}

fn bench(criterion: &mut Criterion, ground: &Ground) {
    let mut group = criterion.benchmark_group("discovery");
    let mut add = |name: &str, work: &mut dyn FnMut()| {
        let id = BenchmarkId::new(name, ground.files());
        group.bench_function(id, |bencher| bencher.iter(&mut *work));
    };
    add("peer: getdents + statx", &mut || {
        run(|| peers::walk(ground));
    });
    add("peer: walkdir + metadata", &mut || {
        run(|| peers::walkdir(ground));
    });
    add("peer: open + 4 KiB + close", &mut || {
        run(|| peers::read_heads(ground));
    });
    add("peer: object over mmap", &mut || {
        run(|| peers::object(ground));
    });
    add("peer: BLAKE3, two threads", &mut || {
        run(|| peers::hash(ground));
    });
    add("first", &mut || run(|| first(ground, false)));
    add("first, deep", &mut || run(|| first(ground, true)));
    let mut known = first(ground, false);
    add("unchanged", &mut || again(&mut known, ground, false, 0));
    let mut known = first(ground, true);
    // Files made a moment ago are read once more.
    known.discover(&request(ground, true));
    add("unchanged, deep", &mut || {
        again(&mut known, ground, true, 0);
    });
    let all = first(ground, false).discover(&request(ground, false)).scan;
    add("resolve", &mut || run(|| resolve(&all.candidates)));
}

fn run<T>(work: impl FnOnce() -> T) {
    black_box(work());
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let result = black_box(work());
    let took = start.elapsed();
    drop(result);
    took
}

/// Runs the contenders in turn and gives the median time of each.
fn medians<const N: usize>(mut contenders: [&mut dyn FnMut() -> Duration; N]) -> [Duration; N] {
    let mut times = [const { Vec::new() }; N];
    for _ in 0..ROUNDS {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            times.push(contender());
        }
    }
    times.map(|mut times| {
        times.sort();
        times[ROUNDS / 2]
    })
}

fn report(what: &str, ours: Duration, peer: Duration, bound: f64) {
    let ratio = ours.as_secs_f64() / peer.as_secs_f64();
    let verdict = if ratio <= bound { "within" } else { "OVER" };
    println!("{what:<58} {ours:>9.2?} / {peer:>9.2?} = {ratio:.2}, {verdict} {bound:.1}");
}

fn ratios(ground: &Ground) {
    println!(
        "\n{} files, medians of {ROUNDS} rounds; ours uses two threads",
        ground.files()
    );
    let known = RefCell::new(first(ground, false));
    let [walk, unchanged, changed] = medians([
        &mut || timed(|| peers::walk(ground)),
        &mut || timed(|| again(&mut known.borrow_mut(), ground, false, 0)),
        &mut || {
            ground.replace_one();
            timed(|| again(&mut known.borrow_mut(), ground, false, 1))
        },
    ]);
    report("unchanged / getdents + statx", unchanged, walk, 1.3);
    report("one changed / unchanged", changed, unchanged, 1.1);
    let [heads, shallow] = medians([&mut || timed(|| peers::read_heads(ground)), &mut || {
        timed(|| first(ground, false))
    }]);
    report(
        "first / open + 4 KiB + close, one thread",
        shallow,
        heads,
        2.0,
    );
    let [hash, deep] = medians([&mut || timed(|| peers::hash(ground)), &mut || {
        timed(|| first(ground, true))
    }]);
    report("first, deep / BLAKE3 in two threads", deep, hash, 1.2);
}

/// The command in a new process, with a warm cache.
fn new_process(ground: &Ground) {
    let list = command::List::new(ground);
    println!("\n{} files, medians of {ROUNDS} processes", ground.files());
    let [find, ours] = medians([&mut || command::find(ground), &mut || list.run()]);
    report("registry list / find -printf", ours, find, 3.0);
}

/// What is kept for each plugin, by the growth of the process.
fn memory(ground: &Ground) {
    let before = resident_bytes();
    let discovery = first(ground, false);
    let after = resident_bytes();
    let manifest = ground::MANIFEST.len();
    let each = after.saturating_sub(before) / ground.files();
    println!("memory: {each} bytes a plugin, whose manifest is {manifest} bytes long");
    drop(discovery);
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}
