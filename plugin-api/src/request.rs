//! What a planner is asked.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::context::PlanContext;
use crate::error::PlanError;
use crate::plan::limits;

/// What a planner is asked: an objective, what is known around it, and how long it may take.
///
/// ```
/// use std::time::Duration;
/// use plugin_api::{PlanContext, PlanRequest};
///
/// let request = PlanRequest::new("Split the billing module")
///     .with_context(PlanContext::new().with("team", "payments"))
///     .with_deadline(Duration::from_secs(5));
/// assert_eq!(request.objective(), "Split the billing module");
/// assert_eq!(PlanRequest::from_json(&request.to_json()?)?, request);
/// # Ok::<(), plugin_api::PlanError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRequest {
    objective: String,
    #[serde(default, skip_serializing_if = "PlanContext::is_empty")]
    context: PlanContext,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deadline_ms: Option<u64>,
}

impl PlanRequest {
    /// Asks for a plan that achieves `objective`: 1 to 8,000 characters, checked when sent.
    pub fn new(objective: impl Into<String>) -> PlanRequest {
        PlanRequest {
            objective: objective.into(),
            context: PlanContext::default(),
            deadline_ms: None,
        }
    }

    /// Says what is known around the objective.
    #[must_use]
    pub fn with_context(self, context: PlanContext) -> PlanRequest {
        PlanRequest { context, ..self }
    }

    /// Bounds the call. Kept in whole milliseconds, rounded up.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> PlanRequest {
        let millis = deadline.as_nanos().div_ceil(1_000_000);
        PlanRequest {
            deadline_ms: Some(u64::try_from(millis).unwrap_or(u64::MAX)),
            ..self
        }
    }

    /// What the plan is to achieve.
    pub fn objective(&self) -> &str {
        &self.objective
    }

    /// What is known around the objective.
    pub fn context(&self) -> &PlanContext {
        &self.context
    }

    /// How long the call may take from its start. It may be too long to be added to a clock.
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline_ms.map(Duration::from_millis)
    }

    /// Checks the objective's length and the context's nesting.
    ///
    /// # Errors
    /// A [`PlanErrorKind::InvalidInput`](crate::PlanErrorKind::InvalidInput) that names what is out of
    /// bounds.
    pub fn check(&self) -> Result<(), PlanError> {
        let chars = self.objective.chars().count();
        if chars > limits::OBJECTIVE_CHARS_MAX || self.objective.trim().is_empty() {
            return Err(PlanError::invalid_input(format!(
                "the objective has {chars} characters; 1 to {} are allowed, not all blank",
                limits::OBJECTIVE_CHARS_MAX
            )));
        }
        self.context.check()
    }

    /// The checked request as compact JSON.
    ///
    /// # Errors
    /// As [`check`](PlanRequest::check), and if it takes more than [`limits::REQUEST_BYTES_MAX`] bytes.
    pub fn to_json(&self) -> Result<Vec<u8>, PlanError> {
        self.check()?;
        let json = serde_json::to_vec(self).map_err(|error| {
            PlanError::failed(format!("our bug: a request is no JSON: {error}"))
        })?;
        check_size(json.len())?;
        Ok(json)
    }

    /// Reads and checks a request. Unknown fields are ignored, for the asker may be newer.
    ///
    /// # Errors
    /// As [`to_json`](PlanRequest::to_json), and if `json` is no request.
    pub fn from_json(json: &[u8]) -> Result<PlanRequest, PlanError> {
        check_size(json.len())?;
        let request: PlanRequest = serde_json::from_slice(json)
            .map_err(|error| PlanError::invalid_input(format!("not a request: {error}")))?;
        request.check()?;
        Ok(request)
    }
}

fn check_size(bytes: usize) -> Result<(), PlanError> {
    if bytes > limits::REQUEST_BYTES_MAX {
        return Err(PlanError::invalid_input(format!(
            "the request takes {bytes} bytes as JSON; at most {} are allowed",
            limits::REQUEST_BYTES_MAX
        )));
    }
    Ok(())
}
