//! Metrics, rendered by whoever counts them.

use std::fmt;
use std::sync::Arc;

/// What writes the metrics.
#[derive(Clone)]
pub(in crate::ops) struct Metrics(Arc<dyn Fn() -> String + Send + Sync>);

impl Metrics {
    pub(super) fn new(render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(render))
    }

    pub(in crate::ops) fn render(&self) -> String {
        (self.0)()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}
