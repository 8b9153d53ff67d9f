//! A planner that its user owns.

use std::sync::Arc;

use plugin_api::{Plan, PlanRequest};

use super::cancel::CancelToken;
use super::get_error::PlanFailure;
use super::roster::{LOOKUPS_MAX, Roster};
use super::supervised::Planner;
use crate::name::PlannerName;

/// A planner that its user owns: it can be stored, cloned and sent to other threads, and keeps the
/// registry's planners alive.
///
/// When its planner is replaced, it stands for the successor.
#[derive(Clone, Debug)]
pub struct Handle {
    roster: Arc<Roster>,
    planner: Arc<Planner>,
}

impl Handle {
    pub(crate) fn new(roster: &Arc<Roster>, planner: &Arc<Planner>) -> Self {
        Self {
            roster: Arc::clone(roster),
            planner: Arc::clone(planner),
        }
    }

    /// Its planner's name.
    pub fn name(&self) -> &PlannerName {
        self.planner.name()
    }

    /// The planner it stands for now: the one it was made for, or its successor in the catalog.
    #[inline]
    pub fn planner(&self) -> &Planner {
        if self.planner.is_retired() {
            self.roster
                .find(self.planner.name().as_str())
                .unwrap_or(&self.planner)
        } else {
            &self.planner
        }
    }

    /// Turns a request into a plan; see [`Planner::plan`]. Where the planner is replaced before it was
    /// called, its successor is.
    pub fn plan(&self, request: &PlanRequest) -> Result<Plan, PlanFailure> {
        self.plan_unless(request, &CancelToken::new())
    }

    /// Like [`plan`](Self::plan), and can be given up from another thread.
    pub fn plan_unless(
        &self,
        request: &PlanRequest,
        cancel: &CancelToken,
    ) -> Result<Plan, PlanFailure> {
        let mut planner = &self.planner;
        for _ in 0..LOOKUPS_MAX {
            if !planner.is_retired() {
                match planner.plan_unless(request, cancel) {
                    Err(error) if error.is_retired() => {}
                    outcome => return Ok(outcome?),
                }
            }
            // More than one generation may have come and gone while this thread did not run.
            planner = self.roster.started(self.planner.name().as_str())?;
        }
        Ok(planner.plan_unless(request, cancel)?)
    }
}
