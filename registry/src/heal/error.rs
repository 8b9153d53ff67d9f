//! Why there is no report of a heal.

use std::time::Duration;

/// Why there is no report of a heal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HealError {
    /// Another thread is still healing.
    #[error("another heal did not end within {waited:?}")]
    TimedOut {
        /// How long this caller waited.
        waited: Duration,
    },
    /// The registry was shut down.
    #[error("the registry is shut down")]
    ShuttingDown,
    /// A planner asked for it while a heal was starting that planner.
    #[error("a heal was asked for from inside a heal")]
    Reentered,
}

impl HealError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TimedOut { .. } => "E_HEAL_TIMEOUT",
            Self::ShuttingDown => "E_SHUTTING_DOWN",
            Self::Reentered => "E_REENTERED",
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::TimedOut { .. } => {
                "See which planner is still starting, with `registry diagnose`.".to_owned()
            }
            Self::ShuttingDown => "Build a new registry, or run the command again.".to_owned(),
            Self::Reentered => "Heal outside of planners.".to_owned(),
        }
    }
}
