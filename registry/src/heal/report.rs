//! What a heal did.

use serde::Serialize;

use crate::name::PlannerName;
use crate::problem::Problem;

/// What a heal did, and what it led to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HealReport {
    /// What it came to.
    pub outcome: HealOutcome,
    /// How many planners were active before it.
    pub active_before: usize,
    /// How often the folders were read and planners tried.
    pub attempts: u32,
    /// How many planners are active after it.
    pub active_after: usize,
    /// Time until a heal would do something; none unless the latest one was too short a time ago.
    pub cooldown_ms: Option<u64>,
    /// The planners that it did something for, and those that are still out; by name.
    pub planners: Vec<Treated>,
    /// Why the last attempt could not read the folders.
    pub problem: Option<Problem>,
}

/// What a heal came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HealOutcome {
    /// Planners were active, so nothing was done.
    NotNeeded,
    /// The latest heal was too short a time ago, so nothing was done.
    CoolingDown,
    /// Planners are active now.
    Healed,
    /// No planner is active.
    NotHealed,
    /// It was given up.
    Cancelled,
}

/// What was done for one planner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Treated {
    /// Which planner.
    pub planner: PlannerName,
    /// Whether its file is new, or changed.
    pub rediscovered: bool,
    /// Whether something that kept it from being called was taken away.
    pub released: bool,
    /// Whether it was started, or tried to be.
    pub retried: bool,
    /// Why it still cannot be called; none if it can.
    pub still: Option<Problem>,
}

impl HealReport {
    /// Nothing was done.
    pub(super) fn idle(outcome: HealOutcome, active: usize) -> Self {
        Self {
            outcome,
            active_before: active,
            attempts: 0,
            active_after: active,
            cooldown_ms: None,
            planners: Vec::new(),
            problem: None,
        }
    }

    /// Whether any planner can be called now.
    pub fn is_any_active(&self) -> bool {
        self.active_after > 0
    }
}

impl HealOutcome {
    /// The words of the text rendering.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotNeeded => "not needed",
            Self::CoolingDown => "skipped",
            Self::Healed => "healed",
            Self::NotHealed => "not healed",
            Self::Cancelled => "cancelled",
        }
    }
}
