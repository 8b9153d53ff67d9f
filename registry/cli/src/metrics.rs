//! What the library counts and times, in the text format of Prometheus.

use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// Upper bounds of the buckets of every histogram, in seconds: from a call into this process to a model's
/// answer.
const BUCKETS: [f64; 12] = [
    0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0,
];

/// How often what was timed is put into its buckets when nobody asks.
pub(crate) const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// What the recorder of this process holds.
#[derive(Clone)]
pub(crate) struct Metrics(PrometheusHandle);

impl Metrics {
    /// Counts and times from now on. None if another recorder is there already.
    pub(crate) fn install() -> Option<Self> {
        let builder = PrometheusBuilder::new().set_buckets(&BUCKETS).ok()?;
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).ok()?;
        registry::metrics::describe();
        Some(Self(handle))
    }

    /// All of it, for a scrape.
    pub(crate) fn render(&self) -> String {
        self.0.render()
    }

    /// Puts what was timed into its buckets. Without it, it would pile up until the next scrape.
    pub(crate) fn keep_up(&self) {
        self.0.run_upkeep();
    }
}
