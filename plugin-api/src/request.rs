//! What a planner is asked.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::context::PlanContext;
use crate::error::PlanError;
use crate::plan::{JsonSize, limits};

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
    /// As [`check`](PlanRequest::check), and if it takes more than [`limits::REQUEST_BYTES_MAX`] bytes or
    /// [`limits::JSON_PARTS_MAX`] parts.
    pub fn to_json(&self) -> Result<Vec<u8>, PlanError> {
        self.check()?;
        let json = serde_json::to_vec(self).map_err(|error| {
            PlanError::failed(format!("our bug: a request is no JSON: {error}"))
        })?;
        check_size(&json)?;
        Ok(json)
    }

    /// Reads and checks a request. Unknown fields are ignored, for the asker may be newer.
    ///
    /// # Errors
    /// As [`to_json`](PlanRequest::to_json), and if `json` is no request.
    pub fn from_json(json: &[u8]) -> Result<PlanRequest, PlanError> {
        check_size(json)?;
        let request: PlanRequest = serde_json::from_slice(json)
            .map_err(|error| PlanError::invalid_input(format!("not a request: {error}")))?;
        request.check()?;
        Ok(request)
    }
}

fn check_size(json: &[u8]) -> Result<(), PlanError> {
    match JsonSize::complaint(json, limits::REQUEST_BYTES_MAX) {
        Some(complaint) => Err(PlanError::invalid_input(format!("the request {complaint}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::PlanErrorKind;

    fn refused<T>(result: Result<T, PlanError>) -> String {
        let error = result.err().expect("the request must be refused");
        assert_eq!(error.kind(), PlanErrorKind::InvalidInput);
        error.to_string()
    }

    #[test]
    fn the_json_of_a_request_is_stable_and_says_only_what_was_set() {
        let json = |request: PlanRequest| String::from_utf8(request.to_json().unwrap()).unwrap();
        assert_eq!(json(PlanRequest::new("Go")), r#"{"objective":"Go"}"#);
        let request = PlanRequest::new("Go")
            .with_context(PlanContext::new().with("a", 1))
            .with_deadline(Duration::from_secs(5));
        assert_eq!(
            json(request),
            r#"{"objective":"Go","context":{"a":1},"deadline_ms":5000}"#
        );
    }

    #[test]
    fn a_request_of_a_newer_asker_is_read() {
        let request = PlanRequest::from_json(br#"{"objective":"Go","later":1}"#).unwrap();
        assert_eq!(request, PlanRequest::new("Go"));
    }

    #[test]
    fn deadlines_are_kept_in_milliseconds_rounded_up() {
        let kept = |deadline| PlanRequest::new("Go").with_deadline(deadline).deadline();
        assert_eq!(
            kept(Duration::from_nanos(1)),
            Some(Duration::from_millis(1))
        );
        assert_eq!(
            kept(Duration::from_millis(7)),
            Some(Duration::from_millis(7))
        );
        assert_eq!(kept(Duration::ZERO), Some(Duration::ZERO));
        assert_eq!(kept(Duration::MAX), Some(Duration::from_millis(u64::MAX)));
        assert_eq!(PlanRequest::new("Go").deadline(), None);
    }

    #[test]
    fn objectives_are_bounded_on_both_ways() {
        let longest = PlanRequest::new("é".repeat(limits::OBJECTIVE_CHARS_MAX));
        assert_eq!(
            PlanRequest::from_json(&longest.to_json().unwrap()).unwrap(),
            longest
        );
        assert_eq!(
            refused(PlanRequest::new("x".repeat(8_001)).to_json()),
            "invalid input: the objective has 8001 characters; 1 to 8000 are allowed, not all blank"
        );
        assert_eq!(
            refused(PlanRequest::from_json(br#"{"objective":" "}"#)),
            "invalid input: the objective has 1 characters; 1 to 8000 are allowed, not all blank"
        );
    }

    #[test]
    fn requests_are_bounded_in_size_and_nesting() {
        let large = PlanContext::new().with("k", "x".repeat(limits::REQUEST_BYTES_MAX));
        assert_eq!(
            refused(PlanRequest::new("Go").with_context(large).to_json()),
            "invalid input: the request takes 10485797 bytes as JSON; at most 10485760 are allowed"
        );
        let deep = (0..40).fold(serde_json::json!(1), |value, _| serde_json::json!([value]));
        assert_eq!(
            refused(
                PlanRequest::new("Go")
                    .with_context(PlanContext::new().with("k", deep))
                    .check()
            ),
            "invalid input: the context nests deeper than 32 levels"
        );
        assert!(
            refused(PlanRequest::from_json(b"nonsense"))
                .starts_with("invalid input: not a request: ")
        );
    }
}
