//! Why there is no answer, and what to do about it.

use std::error::Error;
use std::io;

use registry::diagnose::causes;
use registry::diagnose::text::{Cell, Ink, Look, Page};
use registry::discovery::{Refusal, Refused};
use registry::ops::{self, AttachError};
use registry::{GetError, LockingError, PlanFailure, SelectError};
use serde::Serialize;

/// Exit code: refused or failed.
pub(crate) const FAILED: u8 = 1;

/// Exit code: wrong usage or configuration.
pub(crate) const USAGE: u8 = 2;

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Failure {
    code: String,
    message: String,
    causes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    see: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call_id: Option<String>,
    #[serde(skip)]
    exit_code: u8,
}

/// What ends a command early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// There is no answer.
    #[error("no answer")]
    Failed(Box<Failure>),
    /// The answer is written, and what was asked about is not fine.
    #[error("answered: refused or not ready")]
    Unwell,
    /// The answer cannot be written.
    #[error("the answer cannot be written")]
    Output(#[from] io::Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<ops::Failure> for Failure {
    fn from(failure: ops::Failure) -> Self {
        Self {
            code: failure.code.into(),
            message: failure.message.into(),
            causes: failure.causes,
            nearest: failure.nearest.map(Into::into),
            remedy: failure.remedy.map(Into::into),
            see: failure.see.map(Into::into),
            call_id: None,
            exit_code: FAILED,
        }
    }
}

impl From<AttachError> for Failure {
    fn from(error: AttachError) -> Self {
        Self::new(error.code(), &error).remedy(error.remedy().to_owned())
    }
}

impl Failure {
    /// The failure that `error` tells of, with its causes.
    pub(crate) fn new(code: &str, error: &(dyn Error + 'static)) -> Self {
        let mut texts = causes(error).into_iter();
        Self {
            code: code.to_owned(),
            message: texts.next().unwrap_or_default(),
            causes: texts.collect(),
            nearest: None,
            remedy: None,
            see: None,
            call_id: None,
            exit_code: FAILED,
        }
    }

    /// There is no such planner, or it cannot be used.
    pub(crate) fn of_get(error: &GetError) -> Self {
        ops::Failure::from(error).into()
    }

    /// A planner gave no plan.
    pub(crate) fn of_plan(error: &PlanFailure) -> Self {
        match error {
            PlanFailure::Get(error) => Self::of_get(error),
            PlanFailure::Call(call) => Self {
                call_id: Some(call.call_id.to_string()),
                ..Self::new(error.code(), error).remedy(error.remedy())
            },
            error => Self::new(error.code(), error).remedy(error.remedy()),
        }
    }

    /// No planner could be selected.
    pub(crate) fn of_select(error: &SelectError) -> Self {
        match error {
            SelectError::Get(error) => Self::of_get(error),
            error => Self::new(error.code(), error)
                .remedy(error.remedy())
                .see("registry diagnose"),
        }
    }

    /// No lock could be made or read.
    pub(crate) fn of_locking(error: &LockingError) -> Self {
        match error {
            LockingError::Get(error) => Self::of_get(error),
            LockingError::File(refused) => Self::of_file(refused),
            error => Self::new(error.code(), error).remedy(error.remedy()),
        }
    }

    /// A file is no plugin.
    pub(crate) fn of_file(refused: &Refused) -> Self {
        let remedy = match refused.cause() {
            // What discovery says of it is meant for a configured folder.
            Refusal::Missing => "Check the path.",
            _ => refused.remedy(),
        };
        let failure = Self::new(refused.code(), refused.cause()).remedy(remedy.to_owned());
        let path = refused.path().display();
        let message = format!("{path}: {}", failure.message);
        Self { message, ..failure }
    }

    /// A mistake in what the command was given.
    pub(crate) fn usage(self) -> Self {
        Self {
            exit_code: USAGE,
            ..self
        }
    }

    /// Says what was probably meant.
    pub(crate) fn nearest(self, nearest: Option<&str>) -> Self {
        Self {
            nearest: nearest.map(str::to_owned),
            ..self
        }
    }

    /// Adds what was said on the way to it.
    pub(crate) fn also(mut self, said: impl IntoIterator<Item = String>) -> Self {
        self.causes.extend(said);
        self
    }

    /// Says what to do about it.
    pub(crate) fn remedy(self, remedy: String) -> Self {
        Self {
            remedy: Some(remedy),
            ..self
        }
    }

    /// Names the command that leads on.
    pub(crate) fn see(self, command: &str) -> Self {
        Self {
            see: Some(command.to_owned()),
            ..self
        }
    }

    /// Replaces message and causes, for an error that holds several of equal rank.
    pub(crate) fn list(self, message: String, causes: Vec<String>) -> Self {
        Self {
            message,
            causes,
            ..self
        }
    }

    /// The exit code that tells of it.
    pub(crate) fn exit_code(&self) -> u8 {
        self.exit_code
    }

    /// The failure for people.
    pub(crate) fn text(&self, look: Look) -> String {
        let mut page = Page::new(look);
        let word = Cell::new(format!("error[{}]:", self.code)).ink(Ink::Bad);
        page.sentence(0, word, Cell::new(&self.message));
        for cause in &self.causes {
            page.sentence(2, Cell::new("because:"), Cell::new(cause));
        }
        if let Some(nearest) = &self.nearest {
            page.sentence(
                2,
                Cell::new("did you mean"),
                Cell::new(format!("\"{nearest}\"?")),
            );
        }
        if let Some(remedy) = &self.remedy {
            page.sentence(2, Cell::new("next:"), Cell::new(remedy));
        }
        if let Some(see) = &self.see {
            page.sentence(2, Cell::new("see:"), Cell::new(see));
        }
        page.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no planner named \"{0}\"")]
    struct Unknown(&'static str, #[source] Option<io::Error>);

    #[test]
    fn a_failure_says_what_was_meant_and_where_to_look() {
        let failure = Failure::new("E_UNKNOWN_PLANNER", &Unknown("risk_planer", None))
            .nearest(Some("risk_planner"))
            .see("registry list");
        assert_eq!(
            failure.text(Look::PLAIN),
            "error[E_UNKNOWN_PLANNER]: no planner named \"risk_planer\"\n  \
             did you mean \"risk_planner\"?\n  \
             see: registry list\n"
        );
        assert_eq!(failure.exit_code(), 1);
    }

    #[test]
    fn the_whole_chain_is_told_on_lines_of_its_own_and_escaped() {
        let error = Unknown(
            "a\nerror[E_FORGED]: b",
            Some(io::Error::other("disk\u{1b}[2J full")),
        );
        let failure = Failure::new("E_X", &error)
            .remedy("Free some.".to_owned())
            .usage();
        assert_eq!(
            failure.text(Look::PLAIN),
            "error[E_X]: no planner named \"a\\nerror[E_FORGED]: b\"\n  \
             because: disk\\u{1b}[2J full\n  \
             next: Free some.\n"
        );
        assert_eq!(failure.exit_code(), 2);
    }

    #[test]
    fn machines_get_the_same() {
        let failure = Failure::new("E_X", &Unknown("x", Some(io::Error::other("disk full"))))
            .remedy("Free some.".to_owned());
        assert_eq!(
            serde_json::to_string(&failure).unwrap(),
            r#"{"code":"E_X","message":"no planner named \"x\"","causes":["disk full"],"remedy":"Free some."}"#
        );
    }
}
