//! What it costs to select a planner, beside sets of strings.
//!
//! Groups are `select/PLANNERS`; every planner offers 5 capabilities, the query requires 3. The
//! `_select` and `_sets` contenders find the best planner, the `_ranking` ones the order of all.
//! Ours looks at the state of every planner, too, and keeps what it takes to explain every score.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::hint::black_box;
use std::time::Duration;

use benches::name;
use criterion::{Criterion, criterion_group, criterion_main};
use plugin_api::manifest::{Manifest, Tier};
use plugin_api::{Context, Plan, PlanContext, PlanError, PlanRequest, Planner};
use registry::{Builtin, Query, Registry};

const WORDS: [&str; 24] = [
    "structural",
    "deep_index",
    "risk",
    "refactor",
    "llm",
    "offline",
    "release",
    "verify",
    "security",
    "migration",
    "database",
    "frontend",
    "backend",
    "testing",
    "docs",
    "performance",
    "observability",
    "infrastructure",
    "compliance",
    "billing",
    "search",
    "mobile",
    "data",
    "api",
];

const REQUIRED: [&str; 3] = ["Structural", "verify", "billing"];

const MIN_RELIABILITY: f64 = 0.25;

/// A planner that is never called: only choosing it is measured.
struct Idle;

impl Planner for Idle {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Err(PlanError::failed("idle"))
    }
}

/// What a planner declares.
#[derive(Clone)]
struct Declared {
    name: String,
    capabilities: Vec<String>,
    reliability: f64,
    tier: Tier,
    production_ready: bool,
}

/// Planners that differ in all that is weighed, the same in every run.
fn declared(planners: usize) -> Vec<Declared> {
    let tiers = [Tier::Alpha, Tier::Beta, Tier::Stable, Tier::Gold, Tier::Vip];
    let of = |number: usize| {
        let mut state = number as u64;
        let mut random = |below: usize| {
            state = (state + 1).wrapping_mul(6_364_136_223_846_793_005);
            usize::try_from(state >> 33).unwrap_or(0) % below
        };
        let first = random(WORDS.len());
        let step = [1, 5, 7, 11][random(4)];
        let word = |turn: usize| WORDS[(first + turn * step) % WORDS.len()];
        Declared {
            name: name(number),
            capabilities: (0..5).map(|turn| word(turn).to_owned()).collect(),
            reliability: f64::from(u32::try_from(random(1_000_000)).unwrap_or(0)) / 1e6,
            tier: tiers[random(tiers.len())],
            production_ready: random(2) == 0,
        }
    };
    (0..planners).map(of).collect()
}

fn builtin(own: &Declared) -> Builtin {
    Builtin::new(&own.name, Idle).manifest(|manifest: &mut Manifest| {
        manifest.capabilities.clone_from(&own.capabilities);
        manifest.reliability = Some(own.reliability);
        manifest.tier = own.tier;
        manifest.production_ready = own.production_ready;
    })
}

#[expect(
    clippy::expect_used,
    reason = "a bench that cannot be set up must stop"
)]
fn registry(planners: &[Declared]) -> Registry {
    let builder = Registry::builder().allow(planners.iter().map(|own| &own.name));
    let builder = planners
        .iter()
        .fold(builder, |builder, own| builder.builtin(builtin(own)));
    builder.build().expect("the registry is built")
}

/// A score as sets of strings give it, with what settles ties.
fn naive_score(own: &Declared, required: &HashSet<String>, context: &PlanContext) -> f64 {
    let offered: HashSet<String> = own
        .capabilities
        .iter()
        .map(|word| word.to_lowercase())
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "a handful of capabilities")]
    let matched = required.intersection(&offered).count() as f64 / required.len() as f64;
    let mut adjusted = own.reliability;
    if !own.production_ready {
        adjusted *= 0.97;
    }
    let mut base = matched * 0.6 + adjusted * 0.35;
    if own.production_ready {
        base += 0.04;
    }
    base += match own.tier {
        Tier::Alpha => -0.05,
        Tier::Beta => 0.0,
        Tier::Stable => 0.05,
        Tier::Gold => 0.07,
        Tier::Vip => 0.08,
    };
    let index = context.deep_index_summary().is_some() && offered.contains("deep_index");
    let work = ["refactor", "risk", "structural"];
    let hotspots = context.hotspots_count() > 8 && work.iter().any(|word| offered.contains(*word));
    base + (if index { 0.05 } else { 0.0 } + if hotspots { 0.03 } else { 0.0 })
}

type Scored<'a> = (f64, &'a Declared);

fn naive<'a>(
    planners: &'a [Declared],
    required: &[&str],
    context: &PlanContext,
) -> impl Iterator<Item = Scored<'a>> {
    let reliable = planners
        .iter()
        .filter(|own| own.reliability >= MIN_RELIABILITY);
    let required: HashSet<String> = required.iter().map(|word| word.to_lowercase()).collect();
    reliable.map(move |own| (naive_score(own, &required, context), own))
}

fn naive_order((one, own): &Scored<'_>, (other, their): &Scored<'_>) -> Ordering {
    other
        .total_cmp(one)
        .then_with(|| their.reliability.total_cmp(&own.reliability))
        .then_with(|| own.name.cmp(&their.name))
}

fn select(criterion: &mut Criterion) {
    let context = PlanContext::new()
        .with("hotspots_count", "12")
        .with("deep_index_summary", "indexed");
    let query = Query::new("Split the billing module")
        .require_all(REQUIRED)
        .context(context.clone());
    for size in [100, 1_000, 10_000] {
        let planners = declared(size);
        let registry = registry(&planners);
        check(&planners, &registry, &query, &context);
        let mut group = criterion.benchmark_group(format!("select/{size}"));
        group
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(2));
        group.bench_function("registry_select", |bencher| {
            bencher.iter(|| {
                registry
                    .select(black_box(&query))
                    .map(|own| own.best().score())
            });
        });
        group.bench_function("naive_sets", |bencher| {
            bencher.iter(|| {
                let best = naive(&planners, black_box(&REQUIRED), &context).min_by(naive_order);
                best.map(|(score, _)| score)
            });
        });
        group.bench_function("registry_ranking", |bencher| {
            bencher.iter(|| {
                registry
                    .select(black_box(&query))
                    .map(|own| black_box(own.ranking()).len())
            });
        });
        group.bench_function("naive_ranking", |bencher| {
            bencher.iter(|| {
                let mut all: Vec<_> = naive(&planners, black_box(&REQUIRED), &context).collect();
                all.sort_by(naive_order);
                black_box(all).len()
            });
        });
        group.finish();
    }
}

/// Contenders that disagree would not do the same work.
#[expect(
    clippy::expect_used,
    reason = "a bench that cannot be set up must stop"
)]
fn check(planners: &[Declared], registry: &Registry, query: &Query, context: &PlanContext) {
    let selection = registry
        .select(query)
        .expect("there are planners to select");
    let ours: Vec<_> = selection
        .ranking()
        .into_iter()
        .map(|ranked| (ranked.name().as_str(), ranked.score().to_bits()))
        .collect();
    let mut naive: Vec<_> = naive(planners, &REQUIRED, context).collect();
    naive.sort_by(naive_order);
    let theirs: Vec<_> = naive
        .into_iter()
        .map(|(score, own)| (own.name.as_str(), score.to_bits()))
        .collect();
    assert_eq!(ours, theirs, "contenders must agree");
}

criterion_group!(benches, select);
criterion_main!(benches);
