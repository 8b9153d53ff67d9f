//! Why a question has no answer, for people and machines.

use std::error::Error;

use serde::{Deserialize, Serialize};

use crate::heal::HealError;
use crate::planner::{ChangeError, DiscoverError, GetError};
use crate::problem::causes;
use crate::state::StateError;

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Failure {
    /// The stable machine code.
    pub code: Box<str>,
    /// What happened.
    pub message: Box<str>,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// What was probably meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Box<str>>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Box<str>>,
    /// The command that leads on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub see: Option<Box<str>>,
}

impl Failure {
    /// The failure that `error` tells of.
    pub fn new(code: &str, error: &(dyn Error + 'static)) -> Self {
        let mut texts = causes(error).into_iter();
        Self {
            code: code.into(),
            message: texts.next().unwrap_or_default().into(),
            causes: texts.collect(),
            nearest: None,
            remedy: None,
            see: None,
        }
    }

    fn remedy(self, remedy: impl Into<Box<str>>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..self
        }
    }

    fn see(self, command: &str) -> Self {
        Self {
            see: Some(command.into()),
            ..self
        }
    }
}

impl From<&GetError> for Failure {
    fn from(error: &GetError) -> Self {
        let failure = Self::new(error.code(), error);
        match error {
            GetError::Unknown { .. } | GetError::BadName(_) => Self {
                nearest: error.nearest().map(Into::into),
                ..failure.see("registry list")
            },
            // Another run of the command cannot see what failed in this one.
            GetError::Start(_) => failure.remedy(error.remedy()),
            _ => failure.remedy(error.remedy()).see("registry diagnose"),
        }
    }
}

impl From<&ChangeError> for Failure {
    fn from(error: &ChangeError) -> Self {
        match error {
            ChangeError::Get(error) => Self::from(error),
            error => Self::new(error.code(), error).remedy(error.remedy()),
        }
    }
}

impl From<&HealError> for Failure {
    fn from(error: &HealError) -> Self {
        Self::new(error.code(), error).remedy(error.remedy())
    }
}

impl From<&DiscoverError> for Failure {
    fn from(error: &DiscoverError) -> Self {
        Self::new(error.code(), error).remedy(error.remedy())
    }
}

impl From<&StateError> for Failure {
    fn from(error: &StateError) -> Self {
        Self::new(error.code(), error).remedy(error.remedy())
    }
}

/// A document cannot be made of an answer: our bug.
impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new("E_BUG", &error).remedy("Report it with what was asked.")
    }
}
