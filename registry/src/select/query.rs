//! What a planner is wanted for.

use std::collections::BTreeSet;
use std::sync::Arc;

use plugin_api::PlanContext;

/// What a planner is wanted for.
///
/// ```
/// use registry::Query;
/// use registry::plugin_api::PlanContext;
///
/// let query = Query::new("Split the billing module")
///     .require("structural")
///     .require_all(["deep_index", "Structural"])
///     .context(PlanContext::new().with("hotspots_count", 12));
/// assert!(query.required().eq(["deep_index", "structural"]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Query {
    objective: String,
    required: Arc<BTreeSet<String>>,
    prefers_production: bool,
    context: PlanContext,
}

impl Query {
    /// Wants a planner for `objective`. Nothing is required, production is preferred.
    pub fn new(objective: impl Into<String>) -> Self {
        Self {
            objective: objective.into(),
            required: Arc::default(),
            prefers_production: true,
            context: PlanContext::new(),
        }
    }

    /// Requires a capability, whatever its case. A planner without it ranks lower; it is not left out.
    pub fn require(mut self, capability: impl AsRef<str>) -> Self {
        Arc::make_mut(&mut self.required).insert(fold(capability.as_ref()));
        self
    }

    /// Requires several capabilities.
    pub fn require_all(self, capabilities: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        capabilities.into_iter().fold(self, Self::require)
    }

    /// Whether planners that are not fit for production rank lower; only where something is required.
    pub fn prefer_production(self, prefers_production: bool) -> Self {
        Self {
            prefers_production,
            ..self
        }
    }

    /// Says what is known around the objective.
    pub fn context(self, context: PlanContext) -> Self {
        Self { context, ..self }
    }

    /// What the planner is wanted for. It does not weigh in the ranking.
    pub fn objective(&self) -> &str {
        &self.objective
    }

    /// The required capabilities in lower case, each once, in alphabetical order.
    pub fn required(&self) -> impl ExactSizeIterator<Item = &str> {
        self.required.iter().map(String::as_str)
    }

    pub(super) fn shared_required(&self) -> &Arc<BTreeSet<String>> {
        &self.required
    }

    pub(super) fn prefers_production(&self) -> bool {
        self.prefers_production
    }

    pub(super) fn known(&self) -> &PlanContext {
        &self.context
    }
}

/// The form in which capabilities are compared.
pub(super) fn fold(capability: &str) -> String {
    capability.to_lowercase()
}
