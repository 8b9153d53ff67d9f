//! What scrubbing costs, and that the cost grows with the text and not faster: texts of 1 KiB to
//! 1 MiB, ordinary and built to make every recogniser look ahead. The peer is the plainest pass there
//! is over the same bytes, counting its control characters.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use registry::scrub;

const KINDS: [(&str, &str); 7] = [
    ("prose", "The planner answered after 40 ms with 12 tasks. "),
    ("names", "key=\"key=\"key:"),
    ("beginnings", "ghp_/sk-/eyJ/"),
    ("words", "a/a/a/"),
    ("urls", "://@"),
    ("keys", "-----BEGIN PRIVATE KEY-----BEGIN "),
    ("passwords", "password=hunter2 "),
];

const SIZES: [usize; 3] = [1 << 10, 1 << 15, 1 << 20];

fn scrubbing(criterion: &mut Criterion) {
    for (kind, piece) in KINDS {
        let mut group = criterion.benchmark_group(format!("scrub/{kind}"));
        for size in SIZES {
            let text = piece.repeat(size / piece.len());
            group.throughput(Throughput::Bytes(text.len() as u64));
            group.bench_function(BenchmarkId::new("text", size), |bencher| {
                bencher.iter(|| scrub::text(black_box(&text)).len());
            });
            group.bench_function(BenchmarkId::new("one_pass", size), |bencher| {
                bencher.iter(|| black_box(&text).chars().filter(|c| c.is_control()).count());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, scrubbing);
criterion_main!(benches);
