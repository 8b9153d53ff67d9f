//! Which planner suits an objective best.

use std::borrow::Borrow;

use super::Registry;
use crate::name::PlannerName;
use crate::planner::Handle;
use crate::select::{Query, SelectError, Selection};

impl Registry {
    /// Ranks the planners for `query`, a [`Query`] or a reference to one. Starts none and opens no
    /// library.
    ///
    /// With the setting `heal.on_empty`, it heals first if no planner is active; see
    /// [`heal`](Self::heal). Healing may try planners whose start failed before.
    pub fn select(&self, query: impl Borrow<Query>) -> Result<Selection, SelectError> {
        let query = query.borrow();
        match self.rank(query) {
            Err(SelectError::NoPlanners { .. } | SelectError::NoneSelectable { .. })
                if self.config().heal().on_empty && self.roster.active() == 0 =>
            {
                if let Err(error) = self.heal() {
                    tracing::warn!(code = error.code(), "no heal before a selection: {error}");
                }
                self.rank(query)
            }
            ranked => ranked,
        }
    }

    fn rank(&self, query: &Query) -> Result<Selection, SelectError> {
        let begun = self.selections.begin();
        let (config, current) = (self.config(), self.roster.current()?);
        let pool = self.pool.of(current, config);
        let selection = pool.select(query, config, self.roster.latest())?;
        self.selections.record(begun, query, &selection);
        Ok(selection)
    }

    /// The planner that suits `query` best, started now if nobody has started it yet.
    ///
    /// One that cannot be started is the error; until its next attempt is due, it is not selected.
    pub fn select_best(&self, query: impl Borrow<Query>) -> Result<Handle, SelectError> {
        let selection = self.select(query)?;
        Ok(self.handle(selection.best().name().as_str())?)
    }

    /// The name of the planner that suits `query` best. Starts none.
    pub fn select_best_name(&self, query: impl Borrow<Query>) -> Result<PlannerName, SelectError> {
        Ok(self.select(query)?.best().name().clone())
    }

    /// The `count` planners that suit `query` best, or all if there are fewer, the best first. Each is
    /// started now if nobody has started it yet, and no other one is.
    pub fn select_top(
        &self,
        query: impl Borrow<Query>,
        count: usize,
    ) -> Result<Vec<Handle>, SelectError> {
        let selection = self.select(query)?;
        let names = selection.top(count).into_iter().map(|ranked| ranked.name());
        let handles = names.map(|name| Ok(self.handle(name.as_str())?));
        handles.collect()
    }
}
