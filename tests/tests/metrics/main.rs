//! What is counted and timed: by the names and labels that the document says, and in a form that a parser
//! of Prometheus accepts.

use std::collections::{BTreeMap, BTreeSet};

use metrics_exporter_prometheus::PrometheusBuilder;
use openmetrics_parser::prometheus::parse_prometheus;
use openmetrics_parser::{PrometheusType, PrometheusValue};
use plugin_api::PlanRequest;
use registry::Registry;
use registry::metrics::{METRICS, MetricKind};
use tests::{PluginFolder, fixture, program};
use xtask::workspace_root;

/// Name, kind and labels of a metric.
type Shape = (String, &'static str, BTreeSet<String>);

/// What was told: the shapes, and each sample by its metric's name and the values of its labels.
#[derive(Debug, Default)]
struct Told {
    shapes: BTreeSet<Shape>,
    values: BTreeMap<(String, Vec<String>), f64>,
    labels: BTreeMap<String, BTreeSet<String>>,
}

impl Told {
    fn parse(text: &str) -> Self {
        let parsed = parse_prometheus(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let mut told = Self::default();
        for (name, family) in &parsed.families {
            let kind = match family.family_type {
                PrometheusType::Counter => "counter",
                PrometheusType::Gauge => "gauge",
                PrometheusType::Histogram => "histogram",
                ref other => panic!("{name} is {other:?}"),
            };
            assert!(!family.help.is_empty(), "{name} says nothing of itself");
            let labels: BTreeSet<_> = family.get_label_names().iter().cloned().collect();
            told.shapes.insert((name.clone(), kind, labels));
            for sample in family.iter_samples() {
                let mut values = Vec::new();
                for (label, value) in sample.get_labelset().unwrap().iter() {
                    let known = told.labels.entry(label.clone()).or_default();
                    known.insert(value.clone());
                    values.push(value.clone());
                }
                values.sort();
                let value = match &sample.value {
                    PrometheusValue::Counter(counter) => counter.value.as_f64(),
                    PrometheusValue::Gauge(gauge) => gauge.as_f64(),
                    _ => continue,
                };
                told.values.insert((name.clone(), values), value);
            }
        }
        told
    }

    fn value(&self, name: &str, labels: &[&str]) -> Option<f64> {
        let mut labels: Vec<_> = labels.iter().map(|&label| label.to_owned()).collect();
        labels.sort();
        self.values.get(&(name.to_owned(), labels)).copied()
    }
}

fn in_workers(folder: &PluginFolder) -> Registry {
    Registry::builder()
        .plugin_dir(folder.path())
        .allow(["obeys", "fails_self_test"])
        .set("isolation.policy", "worker")
        .set("isolation.worker_program", program())
        .set("isolation.breaker_failures", "2")
        .set("profiles.max", "1")
        .set("heal.blocking", "0")
        .build()
        .unwrap()
}

/// The code that `obeys` answers to `order` with.
fn tell(registry: &Registry, order: &str) -> &'static str {
    let answer = registry.plan("obeys", &PlanRequest::new(order));
    answer.err().map_or("ok", |failure| failure.code())
}

/// Has everything happen that is counted.
fn live() -> Registry {
    let empty = PluginFolder::new();
    in_workers(&empty).heal().unwrap();
    let folder = PluginFolder::new()
        .with(&fixture("obeys"))
        .with(&fixture("fails_self_test"));
    let registry = in_workers(&folder);
    registry.discover().unwrap();
    registry.discover().unwrap();
    let failed = registry.get("fails_self_test").unwrap_err();
    assert_eq!(failed.code(), "E_SELF_TEST_FAILED");
    let orders = ["pid", "exit", "pid", "exit", "exit", "pid"];
    let codes = orders.map(|order| tell(&registry, order));
    let crash = "E_WORKER_CRASH";
    assert_eq!(codes, ["ok", crash, "ok", crash, crash, "E_BREAKER_OPEN"]);
    registry.reload().unwrap();
    registry
}

/// The rows of the document's table.
fn documented() -> BTreeSet<Shape> {
    let text = std::fs::read_to_string(workspace_root().join("docs/metrics.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `registry_"));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let kind = KINDS.into_iter().find(|kind| *kind == cells[1]).unwrap();
        let labels = cells[2]
            .split(',')
            .map(|label| label.trim().trim_matches('`'));
        let labels = labels.filter(|label| !label.is_empty()).map(str::to_owned);
        (
            cells[0].trim_matches('`').to_owned(),
            kind,
            labels.collect(),
        )
    })
    .collect()
}

const KINDS: [&str; 3] = ["counter", "gauge", "histogram"];

fn declared() -> BTreeSet<Shape> {
    let shapes = METRICS.iter().map(|metric| {
        let kind = match metric.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
            _ => panic!("a kind that no document knows"),
        };
        let labels = metric.labels.iter().map(|&label| label.to_owned());
        (metric.name.to_owned(), kind, labels.collect())
    });
    shapes.collect()
}

#[test]
fn what_is_emitted_is_what_the_document_says_and_a_parser_accepts_it() {
    // Without a recorder nothing is counted, and the library brings none.
    let folder = PluginFolder::new();
    in_workers(&folder).discover().unwrap();
    let builder = PrometheusBuilder::new().set_buckets(&[0.1, 1.0]).unwrap();
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    assert!(
        metrics::set_global_recorder(recorder).is_ok(),
        "the library installed a recorder"
    );
    assert!(
        !tracing::dispatcher::has_been_set(),
        "the library installed a subscriber"
    );
    registry::metrics::describe();
    let registry = live();
    registry.record_metrics();
    let told = Told::parse(&handle.render());
    assert_eq!(told.shapes, declared());
    assert_eq!(documented(), declared());
    for (name, labels, value) in [
        ("registry_discoveries_total", &["changed"][..], 2.0),
        ("registry_loads_total", &["ok", "obeys"], 1.0),
        (
            "registry_loads_total",
            &["E_SELF_TEST_FAILED", "fails_self_test"],
            1.0,
        ),
        ("registry_plans_total", &["ok", "obeys"], 2.0),
        ("registry_plans_total", &["E_WORKER_CRASH", "obeys"], 3.0),
        ("registry_plans_total", &["E_BREAKER_OPEN", "obeys"], 1.0),
        ("registry_worker_restarts_total", &["obeys"], 2.0),
        ("registry_breaker_state", &["obeys"], 2.0),
        ("registry_breaker_state", &["fails_self_test"], 0.0),
        ("registry_planners", &["breaker_open"], 1.0),
        ("registry_planners", &["absent"], 0.0),
        ("registry_heals_total", &["not_healed"], 1.0),
        ("registry_generations_retired_total", &[], 1.0),
        ("registry_ring_drops_total", &["starts"], 1.0),
    ] {
        assert_eq!(
            told.value(name, labels),
            Some(value),
            "{name} {labels:?} {told:#?}"
        );
    }
    bounded(&told);
}

/// No label has a value that a plugin could have chosen.
fn bounded(told: &Told) {
    let errors = std::fs::read_to_string(workspace_root().join("docs/errors.md")).unwrap();
    for code in &told.labels["code"] {
        let row = format!("| `{code}` |");
        assert!(code == "ok" || errors.contains(&row), "{code}");
    }
    let planners: Vec<_> = told.labels["planner"].iter().map(String::as_str).collect();
    assert_eq!(planners, ["fails_self_test", "obeys"]);
}
