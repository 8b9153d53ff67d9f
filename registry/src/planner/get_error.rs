//! Why a planner could not be had.

use super::call_error::CallError;
use super::discover_error::DiscoverError;
use super::hold::Quarantine;
use super::start_error::StartError;
use crate::name::{NameError, PlannerName};
use crate::scrub;
use crate::trust::Refusal;

/// Why a planner could not be had.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GetError {
    /// What was asked for is no name.
    #[error(transparent)]
    BadName(#[from] NameError),
    /// No planner of this name was found.
    #[error("no planner named {name:?}")]
    Unknown {
        /// The name.
        name: String,
        /// A known name that is much like it.
        nearest: Option<PlannerName>,
    },
    /// The name is allowed, but no file declares it.
    #[error("planner {planner:?} is allowed, but no file in the plugin folders declares it", planner = planner.as_str())]
    Absent {
        /// Which planner.
        planner: PlannerName,
    },
    /// A file of this name was found, and turned away.
    #[error("planner {planner:?} was refused", planner = planner.as_str())]
    Refused {
        /// Which planner.
        planner: PlannerName,
        /// Why.
        #[source]
        refusal: Refusal,
    },
    /// Somebody holds the planner back.
    #[error("planner {planner:?} is {0}", planner = .0.planner.as_str())]
    Quarantined(Box<Quarantine>),
    /// The planner could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The first discovery failed.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
}

impl GetError {
    pub(super) fn unknown(name: &str, nearest: Option<&str>) -> Self {
        match PlannerName::parse(name) {
            Err(error) => Self::BadName(error),
            Ok(_) => Self::Unknown {
                name: scrub::shorten(name).into_owned(),
                nearest: nearest.and_then(|name| PlannerName::parse(name).ok()),
            },
        }
    }

    /// A known name that is much like the unknown one.
    pub fn nearest(&self) -> Option<&str> {
        match self {
            Self::Unknown { nearest, .. } => nearest.as_ref().map(PlannerName::as_str),
            _ => None,
        }
    }

    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadName(error) => error.code(),
            Self::Unknown { .. } => "E_UNKNOWN_PLANNER",
            Self::Absent { .. } => "E_ABSENT",
            Self::Refused { refusal, .. } => refusal.code(),
            Self::Quarantined(quarantine) => quarantine.code(),
            Self::Start(error) => error.code(),
            Self::Discover(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::BadName(_) | Self::Unknown { .. } => {
                "See which planners there are, with `registry list`.".to_owned()
            }
            Self::Absent { .. } => {
                "Put its library into one of the plugin folders; see `registry diagnose`."
                    .to_owned()
            }
            Self::Refused { refusal, .. } => refusal.remedy(),
            Self::Quarantined(quarantine) => quarantine.remedy(),
            Self::Start(error) => error.remedy(),
            Self::Discover(error) => error.remedy(),
        }
    }
}

/// Why there is no plan: there was no planner, or its call failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanFailure {
    /// There was no planner to call.
    #[error(transparent)]
    Get(#[from] GetError),
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl PlanFailure {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Get(error) => error.code(),
            Self::Call(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Get(error) => error.remedy(),
            Self::Call(error) => error.remedy(),
        }
    }
}
