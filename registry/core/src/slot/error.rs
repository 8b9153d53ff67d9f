//! Why a slot gave no value.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

/// Why a slot gave no value.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SlotError<E> {
    /// The attempt failed; everyone who waited for it gets this same error.
    #[error("construction failed, next attempt in {retry_after:?}")]
    Failed {
        /// The constructor's error.
        #[source]
        error: Arc<E>,
        /// Failures in a row.
        failures: u32,
        /// Time until the next attempt may be made; zero when it may be made now.
        retry_after: Duration,
    },
    /// Somebody else is still building.
    #[error("construction did not finish within {waited:?}")]
    TimedOut {
        /// How long this caller waited.
        waited: Duration,
    },
    /// The constructor asked for the thing it is constructing.
    #[error("construction asked for its own result")]
    Reentered,
    /// The slot was closed.
    #[error("retired before it was constructed")]
    Closed,
    /// Two attempts ended in a value.
    #[error("bug in registry-core: two constructions of one slot succeeded")]
    BuiltTwice,
}

impl<E> SlotError<E> {
    /// The stable code of this kind of error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Failed { .. } => "E_LOAD_FAILED",
            Self::TimedOut { .. } => "E_LOAD_TIMEOUT",
            Self::Reentered => "E_REENTERED",
            Self::Closed => "E_RETIRED",
            Self::BuiltTwice => "E_BUG",
        }
    }
}
