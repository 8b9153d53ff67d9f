//! The JSON object itself, and its typed readers.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::facts::{FileFacts, Layer, number, read_files, read_layers};
use crate::error::PlanError;
use crate::plan::{JsonSize, limits, nesting_exceeds};

/// What is known around an objective: a JSON object, open to any key.
///
/// The keys that planners read are listed in the [module's description](super).
///
/// ```
/// use plugin_api::PlanContext;
///
/// let context = PlanContext::from_json(br#"{
///     "files": [{"path": "b.rs", "depends_on": ["a.rs"], "churn": "7"}, "a.rs", 3],
///     "hotspots_count": "9"
/// }"#)?;
/// assert_eq!(context.files().len(), 2);
/// assert_eq!(context.files()[0].churn, Some(7.0));
/// assert_eq!(context.hotspots_count(), 9);
/// # Ok::<(), plugin_api::PlanError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanContext(Map<String, Value>);

impl PlanContext {
    /// Nothing known.
    pub fn new() -> PlanContext {
        PlanContext::default()
    }

    /// Reads a context.
    ///
    /// # Errors
    /// A [`PlanErrorKind::InvalidInput`](crate::PlanErrorKind::InvalidInput) if `json` is no JSON
    /// object, larger than [`limits::CONTEXT_BYTES_MAX`] or [`limits::JSON_PARTS_MAX`], or nested deeper than [`limits::NESTING_MAX`].
    pub fn from_json(json: &[u8]) -> Result<PlanContext, PlanError> {
        if let Some(complaint) = JsonSize::complaint(json, limits::CONTEXT_BYTES_MAX) {
            return Err(PlanError::invalid_input(format!("the context {complaint}")));
        }
        let context: PlanContext = serde_json::from_slice(json).map_err(|error| {
            PlanError::invalid_input(format!("the context is no JSON object: {error}"))
        })?;
        context.check()?;
        Ok(context)
    }

    /// Sets any key.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> PlanContext {
        self.0.insert(key.into(), value.into());
        self
    }

    /// Sets `files`.
    #[must_use]
    pub fn with_files(self, files: impl IntoIterator<Item = FileFacts>) -> PlanContext {
        self.with("files", list(files))
    }

    /// Sets `hotspots`.
    #[must_use]
    pub fn with_hotspots(self, hotspots: impl IntoIterator<Item = FileFacts>) -> PlanContext {
        self.with("hotspots", list(hotspots))
    }

    /// Sets `layers`, the lowest first.
    #[must_use]
    pub fn with_layers(self, layers: impl IntoIterator<Item = Layer>) -> PlanContext {
        self.with("layers", list(layers))
    }

    /// The value of any key, as it came.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// The whole object, as it came.
    pub fn as_object(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The files and what they depend on. Entries without a usable path are skipped, and all but the
    /// first for the same path.
    pub fn files(&self) -> Vec<FileFacts> {
        read_files(self.get("files"))
    }

    /// The files that deserve care, read like [`files`](PlanContext::files).
    pub fn hotspots(&self) -> Vec<FileFacts> {
        read_files(self.get("hotspots"))
    }

    /// The layers, the lowest first. Entries without a usable name are skipped, and all but the first
    /// for the same name.
    pub fn layers(&self) -> Vec<Layer> {
        read_layers(self.get("layers"))
    }

    /// The summary of a deep index; none if it is missing or empty: `null`, `false`, `0`, `""`, `[]`,
    /// `{}`.
    pub fn deep_index_summary(&self) -> Option<&Value> {
        self.get("deep_index_summary").filter(|value| match value {
            Value::Null => false,
            Value::Bool(truth) => *truth,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Object(entries) => !entries.is_empty(),
        })
    }

    /// How many hotspots there are: a number or a string that holds one, its fraction dropped. Anything
    /// else counts as 0.
    pub fn hotspots_count(&self) -> i64 {
        let count = self.get("hotspots_count").and_then(number).unwrap_or(0.0);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the fraction is dropped, and what is too large saturates"
        )]
        let count = count as i64;
        count
    }

    /// Whether the asker allows tasks of high risk: `allow_high_risk` is `true`, not just any value.
    pub fn allows_high_risk(&self) -> bool {
        self.get("allow_high_risk") == Some(&Value::Bool(true))
    }

    pub(crate) fn check(&self) -> Result<(), PlanError> {
        if nesting_exceeds(&self.0) {
            return Err(PlanError::invalid_input(format!(
                "the context nests deeper than {} levels",
                limits::NESTING_MAX
            )));
        }
        Ok(())
    }
}

impl From<Map<String, Value>> for PlanContext {
    fn from(object: Map<String, Value>) -> PlanContext {
        PlanContext(object)
    }
}

fn list<T: Serialize>(items: impl IntoIterator<Item = T>) -> Value {
    items
        .into_iter()
        .filter_map(|item| serde_json::to_value(item).ok())
        .collect()
}
