//! Why the catalog was not brought up to date.

use std::sync::Arc;
use std::time::Duration;

use registry_core::catalog::PublishError;
use registry_core::instance::InsideCall;

/// Why the catalog was not brought up to date.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoverError {
    /// A planner asked for it from inside a call, which it would have to wait for.
    #[error("discovery was asked for from inside a planner's call")]
    InsideCall,
    /// Another thread is still discovering.
    #[error("another discovery did not finish within {waited:?}")]
    TimedOut {
        /// How long this caller waited.
        waited: Duration,
    },
    /// The registry was shut down.
    #[error("the registry is shut down")]
    ShuttingDown,
    /// The catalog could not take the planners that were found.
    #[error("the catalog could not take what was found")]
    Catalog(#[source] Arc<PublishError>),
    /// A promise of this crate was broken.
    #[error("our bug: a turn to discover came without its memory")]
    Bug,
}

impl DiscoverError {
    pub(super) fn inside_call(_: InsideCall) -> Self {
        Self::InsideCall
    }

    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InsideCall => "E_INSIDE_CALL",
            Self::TimedOut { .. } => "E_DISCOVERY_TIMEOUT",
            Self::ShuttingDown => "E_SHUTTING_DOWN",
            Self::Catalog(error) => error.code(),
            Self::Bug => "E_BUG",
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::InsideCall => "Discover and reload outside of planners.".to_owned(),
            Self::TimedOut { .. } => {
                "Check whether the plugin folders answer, then try again.".to_owned()
            }
            Self::ShuttingDown => "Build a new registry, or run the command again.".to_owned(),
            Self::Bug => "Report it to the maintainers of registry.".to_owned(),
            Self::Catalog(error) => match **error {
                PublishError::Superseded { .. } => "Discover again.".to_owned(),
                PublishError::Exhausted => "Compact the registry, or restart the host.".to_owned(),
                _ => "Report it to the maintainers of registry.".to_owned(),
            },
        }
    }
}

impl From<PublishError> for DiscoverError {
    fn from(error: PublishError) -> Self {
        Self::Catalog(Arc::new(error))
    }
}
