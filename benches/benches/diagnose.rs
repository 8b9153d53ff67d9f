//! What it costs to say all that is known of 10,000 planners.
//!
//! `diagnose_json` makes the diagnosis and serialises it as `registry diagnose --json` does; `diagnose`
//! makes it alone, and `serialise` is `serde_json` on a diagnosis at hand, which is the least that the
//! whole can cost.

use std::hint::black_box;
use std::time::Duration;

use benches::name;
use criterion::{Criterion, criterion_group, criterion_main};
use plugin_api::manifest::Manifest;
use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner};
use registry::{Builtin, Registry};

const PLANNERS: usize = 10_000;

struct Idle;

impl Planner for Idle {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Err(PlanError::failed("idle"))
    }
}

#[expect(
    clippy::expect_used,
    reason = "a bench that cannot be set up must stop"
)]
fn registry() -> Registry {
    let names: Vec<_> = (0..PLANNERS).map(name).collect();
    let builder = Registry::builder().allow(&names);
    let builder = names.iter().fold(builder, |builder, name| {
        builder.builtin(
            Builtin::new(name, Idle).manifest(|manifest: &mut Manifest| {
                manifest.capabilities = ["structural", "risk", "verify", "billing", "docs"]
                    .map(str::to_owned)
                    .to_vec();
                manifest.reliability = Some(0.5);
            }),
        )
    });
    builder.build().expect("the registry is built")
}

#[expect(
    clippy::expect_used,
    reason = "a bench that cannot be set up must stop"
)]
fn diagnose(criterion: &mut Criterion) {
    let registry = registry();
    let diagnosis = registry.diagnose().expect("it can be diagnosed");
    assert_eq!(diagnosis.planners.len(), PLANNERS);
    let mut group = criterion.benchmark_group(format!("diagnose/{PLANNERS}"));
    group
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    group.bench_function("diagnose_json", |bencher| {
        bencher.iter(|| {
            let diagnosis = registry.diagnose().expect("it can be diagnosed");
            serde_json::to_string_pretty(&diagnosis).map(|json| json.len())
        });
    });
    group.bench_function("diagnose", |bencher| {
        bencher.iter(|| black_box(registry.diagnose()).map(|diagnosis| diagnosis.planners.len()));
    });
    group.bench_function("serialise", |bencher| {
        bencher.iter(|| serde_json::to_string_pretty(black_box(&diagnosis)).map(|json| json.len()));
    });
    group.finish();
}

criterion_group!(benches, diagnose);
criterion_main!(benches);
