//! The planners of one catalog generation, prepared for ranking.

use std::collections::BTreeSet;
use std::sync::Arc;

use registry_core::catalog::Snapshot;
use registry_core::mark::View;
use registry_core::sync::Mutex;

use super::error::SelectError;
use super::formula::{Facts, Terms};
use super::offers::Offers;
use super::query::{Query, fold};
use super::rank::{Rating, rate};
use super::selection::Selection;
use crate::config::Config;
use crate::name::PlannerName;
use crate::planner::{DiscoveryReport, Obstacle, Planner, Record};

/// The planners of one catalog generation, prepared for ranking. A planner's number is its place here.
#[derive(Debug)]
pub(crate) struct Pool {
    generation: u64,
    /// By name.
    planners: Box<[Arc<Planner>]>,
    /// Of the same planners.
    records: Box<[Arc<Record>]>,
    /// Those of which something was noted.
    noted: View,
    facts: Box<[Facts]>,
    offers: Offers,
    /// Names that are allowed and not among the planners.
    unfilled: Box<[PlannerName]>,
}

/// The pool of the generation that was current when it was last asked for.
#[derive(Debug, Default)]
pub(crate) struct PoolOfGeneration(Mutex<Option<Arc<Pool>>>);

impl PoolOfGeneration {
    /// The pool of `snapshot`, made now if the one at hand is of another generation.
    pub(crate) fn of(&self, snapshot: &Snapshot<Planner>, config: &Config) -> Arc<Pool> {
        let known = self.0.lock().clone();
        if let Some(known) = known.filter(|known| known.generation == snapshot.number()) {
            return known;
        }
        // Made outside of the lock: who comes meanwhile makes one of his own.
        let pool = Arc::new(Pool::new(snapshot, &config.trust().allowed));
        let previous = self.0.lock().replace(Arc::clone(&pool));
        drop(previous);
        pool
    }

    /// Lets go of the pool.
    pub(crate) fn clear(&self) {
        let previous = self.0.lock().take();
        drop(previous);
    }
}

impl Pool {
    fn new(snapshot: &Snapshot<Planner>, allowed: &[PlannerName]) -> Self {
        let mut planners: Vec<_> = snapshot.iter().map(|(_, own)| Arc::clone(own)).collect();
        planners.sort_by(|a, b| a.name().cmp(b.name()));
        let manifests = planners.iter().map(|planner| planner.manifest());
        let offered: Vec<BTreeSet<_>> = manifests
            .clone()
            .map(|manifest| manifest.capabilities.iter().map(|own| fold(own)).collect())
            .collect();
        let unfilled = allowed
            .iter()
            .filter(|name| snapshot.get(name.as_str()).is_none());
        Self {
            generation: snapshot.number(),
            facts: manifests.map(Facts::of).collect(),
            offers: Offers::new(&offered),
            unfilled: unfilled.cloned().collect(),
            records: planners
                .iter()
                .map(|own| Arc::clone(own.record()))
                .collect(),
            noted: View::default(),
            planners: planners.into(),
        }
    }

    /// Ranks the planners for `query`. `report` tells of those that are not in the pool.
    pub(crate) fn select(
        self: Arc<Self>,
        query: &Query,
        config: &Config,
        report: Arc<DiscoveryReport>,
    ) -> Result<Selection, SelectError> {
        let terms = Terms::new(query, config.select());
        let rating = self.rate(query, &terms);
        Selection::new(self, terms, rating, report)
    }

    fn rate(&self, query: &Query, terms: &Terms) -> Rating {
        let reliability = |number, facts: &Facts| self.reliability(number, facts);
        let (facts, offers) = (&self.facts, &self.offers);
        rate(facts, offers, query, terms, self.noted(), reliability)
    }

    /// The planners of which something was noted. All records are of one ledger, which counts them.
    fn noted(&self) -> Arc<[u32]> {
        let Some(first) = self.records.first() else {
            return Arc::default();
        };
        let marks = self.records.iter().map(|record| record.noted());
        self.noted.look(first.noted().marks(), marks)
    }

    /// The reliability of a planner of which something was noted, or why it cannot be called.
    fn reliability(&self, number: u32, facts: &Facts) -> Result<f64, Obstacle> {
        let planner = &self.planners[number as usize];
        match planner.obstacle() {
            Some(obstacle) => Err(obstacle),
            None => Ok(planner.reliability().unwrap_or(facts.prior)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.planners.is_empty()
    }

    pub(super) fn name(&self, number: u32) -> &PlannerName {
        self.planners[number as usize].name()
    }

    pub(super) fn facts(&self, number: u32) -> &Facts {
        &self.facts[number as usize]
    }

    pub(super) fn all_facts(&self) -> &[Facts] {
        &self.facts
    }

    pub(super) fn unfilled(&self) -> &[PlannerName] {
        &self.unfilled
    }

    pub(super) fn holds(&self, name: &PlannerName) -> bool {
        let found = self.planners.binary_search_by(|own| own.name().cmp(name));
        found.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use registry_core::catalog::Catalog;
    use registry_core::clock::ManualClock;

    use super::*;
    use crate::planner::testing::broken;

    #[test]
    fn a_pool_serves_its_generation_and_sees_what_becomes_of_its_planners() {
        let (hand, config) = (ManualClock::new(), Config::loader().load().unwrap());
        let catalog = Catalog::new();
        let pools = PoolOfGeneration::default();
        let planner = Arc::new(broken(&hand, false));
        let publish = || {
            let entry = ("broken_planner", Arc::clone(&planner));
            catalog.publish(catalog.current(), [entry]).unwrap();
            pools.of(catalog.current(), &config)
        };
        let empty = pools.of(catalog.current(), &config);
        let pool = publish();
        assert!(!Arc::ptr_eq(&empty, &pool));
        assert!(Arc::ptr_eq(&pool, &publish()));

        let select = || {
            let report = Arc::new(DiscoveryReport::default());
            Arc::clone(&pool).select(&Query::new("x"), &config, report)
        };
        let best = |selection: &Selection| selection.best().name().to_string();
        assert_eq!(best(&select().unwrap()), "broken_planner");
        assert!(planner.start_if_allowed().is_err());
        let error = select().unwrap_err();
        let reasons: Vec<_> = error
            .excluded()
            .iter()
            .map(|own| own.reason.word())
            .collect();
        // The other four are those that the default allowlist names.
        assert_eq!(
            reasons,
            ["quarantined", "absent", "absent", "absent", "absent"]
        );
        assert_eq!(error.code(), "E_NONE_SELECTABLE");
        let text = error.excluded()[0].reason.to_string();
        let whole =
            "quarantined: its self-test failed since 1970-01-01T00:00:00Z, to be tried again at ";
        assert!(text.starts_with(whole), "{text}");
        hand.advance(Duration::from_mins(1));
        assert_eq!(best(&select().unwrap()), "broken_planner");
    }
}
