//! Why the standing of a planner was not changed.

use super::get_error::GetError;
use crate::state::StateError;

/// Why the standing of a planner was not changed, or not for later processes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// There is no such planner.
    #[error(transparent)]
    Get(#[from] GetError),
    /// It was changed in this process, and cannot be remembered for others.
    #[error("changed in this process alone")]
    State(#[from] StateError),
}

impl ChangeError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Get(error) => error.code(),
            Self::State(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Get(error) => error.remedy(),
            Self::State(error) => error.remedy().to_owned(),
        }
    }
}
