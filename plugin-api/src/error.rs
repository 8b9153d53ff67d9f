//! What a planner returns instead of a plan. It crosses to the host as JSON.

use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::plan::text::clip;
use crate::plan::{PlanIssue, limits};

/// Why there is no plan.
///
/// ```
/// use plugin_api::{PlanError, PlanErrorKind};
///
/// let error = PlanError::config("LLM_PLANNER_MODEL", "is not set");
/// assert_eq!(error.kind(), PlanErrorKind::Config);
/// assert_eq!(error.to_string(), "configuration: LLM_PLANNER_MODEL is not set");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Wire")]
pub struct PlanError {
    kind: PlanErrorKind,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    setting: Option<Box<str>>,
    transient: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    issues: Vec<PlanIssue>,
    #[serde(skip_serializing_if = "is_zero")]
    issues_omitted: usize,
}

/// What sort of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlanErrorKind {
    /// The request cannot be planned as it is.
    InvalidInput,
    /// What was planned breaks the rules for plans.
    InvalidPlan,
    /// A setting is missing or wrong.
    Config,
    /// Something the planner needs cannot be reached now.
    Unavailable,
    /// The caller gave up.
    Cancelled,
    /// Time ran out.
    Deadline,
    /// Anything else, and every kind that only a later version knows.
    #[serde(other)]
    Failed,
}

impl PlanError {
    /// The planner failed.
    pub fn failed(message: impl Into<String>) -> PlanError {
        PlanError::new(PlanErrorKind::Failed, message)
    }

    /// The request cannot be planned as it is.
    pub fn invalid_input(message: impl Into<String>) -> PlanError {
        PlanError::new(PlanErrorKind::InvalidInput, message)
    }

    /// `setting` is missing or wrong; the message goes on from its name.
    pub fn config(setting: impl Into<String>, message: impl Into<String>) -> PlanError {
        PlanError {
            setting: Some(clip(&setting.into(), limits::ID_CHARS_MAX).into()),
            ..PlanError::new(PlanErrorKind::Config, message)
        }
    }

    /// Something the planner needs cannot be reached now. Transient.
    pub fn unavailable(message: impl Into<String>) -> PlanError {
        PlanError::new(PlanErrorKind::Unavailable, message).transient()
    }

    /// The caller gave up.
    pub fn cancelled() -> PlanError {
        PlanError::new(PlanErrorKind::Cancelled, "the call was given up")
    }

    /// Time ran out.
    pub fn deadline() -> PlanError {
        PlanError::new(PlanErrorKind::Deadline, "no plan in time")
    }

    pub(crate) fn invalid_plan(issues: Vec<PlanIssue>, issues_omitted: usize) -> PlanError {
        let message = match issues.len() + issues_omitted {
            1 => "1 rule is broken".to_owned(),
            count => format!("{count} rules are broken"),
        };
        PlanError {
            issues,
            issues_omitted,
            ..PlanError::new(PlanErrorKind::InvalidPlan, message)
        }
    }

    /// What should be a plan is none at all, in a way that no [`PlanIssue`] can say.
    pub fn not_a_plan(message: impl Into<String>) -> PlanError {
        PlanError::new(PlanErrorKind::InvalidPlan, message)
    }

    fn new(kind: PlanErrorKind, message: impl Into<String>) -> PlanError {
        PlanError {
            kind,
            message: clip(&message.into(), limits::ERROR_MESSAGE_CHARS_MAX),
            setting: None,
            transient: false,
            issues: Vec::new(),
            issues_omitted: 0,
        }
    }

    /// Says that the same call may succeed later.
    #[must_use]
    pub fn transient(self) -> PlanError {
        PlanError {
            transient: true,
            ..self
        }
    }

    /// What sort of failure it was.
    pub fn kind(&self) -> PlanErrorKind {
        self.kind
    }

    /// The stable code of its kind.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// What happened, cut to [`limits::ERROR_MESSAGE_CHARS_MAX`] characters.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The setting that is missing or wrong.
    pub fn setting(&self) -> Option<&str> {
        self.setting.as_deref()
    }

    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        self.transient
    }

    /// The broken rules, at most [`limits::ISSUES_MAX`] of them.
    pub fn issues(&self) -> &[PlanIssue] {
        &self.issues
    }

    /// How many more broken rules there were.
    pub fn issues_omitted(&self) -> usize {
        self.issues_omitted
    }
}

impl PlanErrorKind {
    /// The stable code, the same in every report.
    pub const fn code(self) -> &'static str {
        match self {
            PlanErrorKind::InvalidInput => "E_INVALID_INPUT",
            PlanErrorKind::InvalidPlan => "E_INVALID_PLAN",
            PlanErrorKind::Config => "E_PLANNER_CONFIG",
            PlanErrorKind::Unavailable => "E_UNAVAILABLE",
            PlanErrorKind::Cancelled => "E_CANCELLED",
            PlanErrorKind::Deadline => "E_DEADLINE",
            PlanErrorKind::Failed => "E_PLAN_FAILED",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            PlanErrorKind::InvalidInput => "invalid input",
            PlanErrorKind::InvalidPlan => "invalid plan",
            PlanErrorKind::Config => "configuration",
            PlanErrorKind::Unavailable => "unavailable",
            PlanErrorKind::Cancelled => "cancelled",
            PlanErrorKind::Deadline => "deadline",
            PlanErrorKind::Failed => "planner failed",
        }
    }
}

/// How many issues the one-line text of an error shows.
const ISSUES_SHOWN: usize = 5;

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.kind.words())?;
        if let Some(setting) = &self.setting {
            write!(f, "{setting} ")?;
        }
        f.write_str(&self.message)?;
        for (number, issue) in self.issues.iter().take(ISSUES_SHOWN).enumerate() {
            write!(f, "{} {issue}", if number == 0 { ":" } else { ";" })?;
        }
        match (self.issues.len() + self.issues_omitted).saturating_sub(ISSUES_SHOWN) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl Error for PlanError {}

/// An error as it arrives, from a plugin that may be newer or hostile.
#[derive(Deserialize)]
#[serde(default)]
struct Wire {
    kind: PlanErrorKind,
    message: String,
    setting: Option<String>,
    transient: bool,
    issues: Vec<PlanIssue>,
    issues_omitted: usize,
}

impl Default for Wire {
    fn default() -> Wire {
        Wire {
            kind: PlanErrorKind::Failed,
            message: String::new(),
            setting: None,
            transient: false,
            issues: Vec::new(),
            issues_omitted: 0,
        }
    }
}

impl From<Wire> for PlanError {
    fn from(mut wire: Wire) -> PlanError {
        let surplus = wire.issues.len().saturating_sub(limits::ISSUES_MAX);
        wire.issues.truncate(limits::ISSUES_MAX);
        PlanError {
            setting: wire
                .setting
                .map(|setting| clip(&setting, limits::ID_CHARS_MAX).into()),
            transient: wire.transient,
            issues: wire.issues,
            issues_omitted: wire.issues_omitted.saturating_add(surplus),
            ..PlanError::new(wire.kind, wire.message)
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> PlanError {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn each_kind_has_its_code_text_and_json() {
        let cases = [
            (
                PlanError::invalid_input("no"),
                "E_INVALID_INPUT",
                "invalid input: no",
                "invalid_input",
            ),
            (
                PlanError::config("X", "is not set"),
                "E_PLANNER_CONFIG",
                "configuration: X is not set",
                "config",
            ),
            (
                PlanError::unavailable("no"),
                "E_UNAVAILABLE",
                "unavailable: no",
                "unavailable",
            ),
            (
                PlanError::cancelled(),
                "E_CANCELLED",
                "cancelled: the call was given up",
                "cancelled",
            ),
            (
                PlanError::deadline(),
                "E_DEADLINE",
                "deadline: no plan in time",
                "deadline",
            ),
            (
                PlanError::failed("no"),
                "E_PLAN_FAILED",
                "planner failed: no",
                "failed",
            ),
            (
                PlanError::invalid_plan(vec![PlanIssue::NoTasks], 0),
                "E_INVALID_PLAN",
                "invalid plan: 1 rule is broken: the plan has no task",
                "invalid_plan",
            ),
        ];
        for (error, code, text, kind) in cases {
            assert_eq!(error.code(), code);
            assert_eq!(error.to_string(), text);
            let json = serde_json::to_value(&error).unwrap();
            assert_eq!(json["kind"], kind);
            assert_eq!(serde_json::from_value::<PlanError>(json).unwrap(), error);
        }
    }

    #[test]
    fn only_what_is_said_to_be_transient_is() {
        assert!(PlanError::unavailable("no").is_transient());
        assert!(!PlanError::failed("no").is_transient());
        assert!(PlanError::failed("no").transient().is_transient());
    }

    #[test]
    fn the_setting_at_fault_is_kept() {
        assert_eq!(PlanError::config("X", "is not set").setting(), Some("X"));
        assert_eq!(PlanError::failed("no").setting(), None);
    }

    #[test]
    fn kinds_issues_and_fields_of_a_newer_plugin_are_tolerated() {
        let error = read(
            r#"{"kind":"moon_phase","message":"m","new":1,"issues":[{"code":"too_blue","hue":3}]}"#,
        );
        assert_eq!(error.kind(), PlanErrorKind::Failed);
        assert_eq!(error.message(), "m");
        assert_eq!(error.issues(), [PlanIssue::Unknown]);
        assert_eq!(read("{}"), PlanError::failed(""));
    }

    #[test]
    fn an_error_is_bounded_wherever_it_comes_from() {
        let message = "é".repeat(limits::ERROR_MESSAGE_CHARS_MAX + 1);
        let cut = "é".repeat(limits::ERROR_MESSAGE_CHARS_MAX) + "…";
        assert_eq!(PlanError::failed(message.clone()).message(), cut);
        let issues = vec![serde_json::json!({"code": "no_tasks"}); 203];
        let json = serde_json::json!({"message": message, "issues": issues, "issues_omitted": 2});
        let error: PlanError = serde_json::from_value(json).unwrap();
        assert_eq!(error.message(), cut);
        assert_eq!((error.issues().len(), error.issues_omitted()), (200, 5));
    }
}
