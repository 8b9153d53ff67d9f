//! What one heal does, and the account of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::report::{HealOutcome, HealReport, Treated};
use crate::name::PlannerName;
use crate::planner::{DiscoverError, Replace, Roster};
use crate::problem::Problem;

/// Most planners that one heal tries to start.
const RETRIES_MAX: usize = 64;

/// One heal in the making.
pub(super) struct Treatment<'a> {
    roster: &'a Roster,
    is_given_up: &'a dyn Fn() -> bool,
    attempts: u32,
    active: usize,
    retries: usize,
    planners: BTreeMap<PlannerName, Treated>,
    problem: Option<DiscoverError>,
}

impl<'a> Treatment<'a> {
    pub(super) fn of(roster: &'a Roster, is_given_up: &'a dyn Fn() -> bool) -> Self {
        Self {
            roster,
            is_given_up,
            attempts: 0,
            active: 0,
            retries: 0,
            planners: BTreeMap::new(),
            problem: None,
        }
    }

    /// Reads the folders anew and, if that is not enough, tries what failed; true once a planner is
    /// active.
    pub(super) fn attempt(&mut self) -> bool {
        self.attempts += 1;
        self.rediscover();
        if self.roster.active() == 0 {
            self.retry();
        }
        self.active = self.roster.active();
        self.active > 0
    }

    fn rediscover(&mut self) {
        let before = self.roster.known();
        self.problem = self.roster.discover(Replace::ChangedReadAnew).err();
        for planner in self.roster.known() {
            let old = before.binary_search_by(|old| old.name().cmp(planner.name()));
            if !old.is_ok_and(|old| Arc::ptr_eq(before[old], planner)) {
                self.treated(planner.name()).rediscovered = true;
            }
        }
    }

    /// Lets go of every failed start, and tries each planner once.
    fn retry(&mut self) {
        for planner in self.roster.known() {
            if (self.is_given_up)() {
                return;
            }
            let tried = self.planners.get(planner.name());
            if tried.is_some_and(|treated| treated.retried) || planner.release().is_none() {
                continue;
            }
            self.treated(planner.name()).released = true;
            if self.retries < RETRIES_MAX {
                self.retries += 1;
                self.treated(planner.name()).retried = true;
                // Why it fails is read off the planner at the end.
                let _ = planner.start_if_allowed();
            }
        }
    }

    fn treated(&mut self, planner: &PlannerName) -> &mut Treated {
        self.planners
            .entry(planner.clone())
            .or_insert_with(|| Treated {
                planner: planner.clone(),
                rediscovered: false,
                released: false,
                retried: false,
                still: None,
            })
    }

    pub(super) fn report(mut self) -> HealReport {
        let roster = self.roster;
        for planner in roster.known() {
            if let Some(obstacle) = planner.obstacle() {
                let problem = obstacle.problem(planner.name());
                self.treated(planner.name()).still = Some(problem);
            }
        }
        for name in &roster.config().trust().allowed {
            if roster.find_known(name.as_str()).is_none() {
                let error = roster.unknown(name.as_str());
                let problem = Problem::new(error.code(), &error, error.remedy());
                self.treated(name).still = Some(problem);
            }
        }
        let outcome = match (self.active, (self.is_given_up)()) {
            (1.., _) => HealOutcome::Healed,
            (0, true) => HealOutcome::Cancelled,
            (0, false) => HealOutcome::NotHealed,
        };
        let problem = |error: DiscoverError| Problem::new(error.code(), &error, error.remedy());
        HealReport {
            outcome,
            active_before: 0,
            attempts: self.attempts,
            active_after: self.active,
            cooldown_ms: None,
            planners: self.planners.into_values().collect(),
            problem: self.problem.map(problem),
        }
    }
}
