//! What can be asked of a registry, and in which form it is answered.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::diagnose::text::Look;

/// What can be asked of a registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Question {
    /// Where does every planner stand?
    List,
    /// What is known of one planner?
    Describe {
        /// Which.
        name: String,
    },
    /// Why is a planner or a file used or not?
    Explain {
        /// Which.
        subject: Subject,
    },
    /// What is loaded, what is not and why?
    Diagnose {
        /// With a record for each planner and the configuration.
        verbose: bool,
    },
    /// Can enough planners be used?
    Health {
        /// How many are enough.
        active_min: usize,
    },
    /// What changed?
    Events {
        /// In how long a time up to now; in all that is known if none is said.
        since: Option<Duration>,
    },
    /// Bring planners back if none is active.
    Heal,
    /// Read the plugin folders anew.
    Reload,
    /// Hold a planner back.
    Quarantine {
        /// Which.
        name: String,
        /// For how long; until it is lifted if nobody says.
        lasts: Option<Duration>,
        /// Why.
        reason: Option<String>,
    },
    /// End an operator's hold.
    Lift {
        /// Of which planner.
        name: String,
    },
    /// Close breakers.
    BreakerReset {
        /// Of which planner; of all if none is named.
        name: Option<String>,
    },
}

/// What is to be explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A planner by its name.
    Planner(String),
    /// A file.
    File(PathBuf),
}

/// In which form a question is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// One JSON document.
    Json,
    /// Text for people.
    Text(Look),
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// Whether what was asked about is fine.
    pub well: bool,
    /// What there is to say, in the form that was asked for.
    pub text: String,
}

impl Question {
    /// Whether its answer changes something.
    pub fn changes(&self) -> bool {
        match self {
            Self::List
            | Self::Describe { .. }
            | Self::Explain { .. }
            | Self::Diagnose { .. }
            | Self::Health { .. }
            | Self::Events { .. } => false,
            Self::Heal
            | Self::Reload
            | Self::Quarantine { .. }
            | Self::Lift { .. }
            | Self::BreakerReset { .. } => true,
        }
    }
}
