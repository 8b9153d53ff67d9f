//! The outcome of a selection.

use std::sync::Arc;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::error::SelectError;
use super::exclusion::{Excluded, excluded};
use super::formula::{Breakdown, Terms};
use super::pool::Pool;
use super::rank::{Rated, Rating, best};
use crate::name::PlannerName;
use crate::planner::DiscoveryReport;

/// The planners that suit a query, the best first, and why the others are not among them.
///
/// It is a view of one moment, and keeps what it needs of it: what happens to planners later changes
/// nothing here. Only the best one is found at once; the order of the others is made when it is asked
/// for.
#[derive(Clone, Debug)]
pub struct Selection {
    pool: Arc<Pool>,
    terms: Terms,
    best: Rated,
    rating: Rating,
    report: Arc<DiscoveryReport>,
}

/// A planner in a ranking.
#[derive(Clone, Copy, Debug)]
pub struct Ranked<'a> {
    selection: &'a Selection,
    rated: Rated,
}

impl Selection {
    pub(super) fn new(
        pool: Arc<Pool>,
        terms: Terms,
        rating: Rating,
        report: Arc<DiscoveryReport>,
    ) -> Result<Self, SelectError> {
        let Some(best) = best(&rating.rated) else {
            let excluded = excluded(&pool, &terms, &rating, &report);
            return Err(SelectError::nothing(pool.is_empty(), excluded));
        };
        Ok(Self {
            pool,
            terms,
            best,
            rating,
            report,
        })
    }

    /// The planner that suits best.
    pub fn best(&self) -> Ranked<'_> {
        self.ranked(self.best)
    }

    /// The `count` planners that suit best, or all if there are fewer; the best first.
    pub fn top(&self, count: usize) -> Vec<Ranked<'_>> {
        let mut rated = self.rating.rated.clone();
        if count < rated.len() {
            rated.select_nth_unstable_by(count, Rated::order);
            rated.truncate(count);
        }
        rated.sort_unstable_by(Rated::order);
        rated.into_iter().map(|own| self.ranked(own)).collect()
    }

    /// All planners that can be selected, the best first.
    pub fn ranking(&self) -> Vec<Ranked<'_>> {
        self.top(self.len())
    }

    /// How many planners can be selected.
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.rating.rated.len()
    }

    /// Everyone who is not ranked, by name, with the reason.
    pub fn excluded(&self) -> Vec<Excluded> {
        excluded(&self.pool, &self.terms, &self.rating, &self.report)
    }

    /// Why the best planner is the best:
    /// `structural_planner 0.93 = match 0.60 + reliability 0.28 + stable 0.05`.
    pub fn explain(&self) -> String {
        self.best().explain()
    }

    /// What the query and the settings made of the formula.
    pub(super) fn terms(&self) -> &Terms {
        &self.terms
    }

    fn ranked(&self, rated: Rated) -> Ranked<'_> {
        Ranked {
            selection: self,
            rated,
        }
    }
}

impl<'a> Ranked<'a> {
    /// The planner's name.
    pub fn name(&self) -> &'a PlannerName {
        self.selection.pool.name(self.rated.planner)
    }

    /// What decided its place.
    pub fn score(&self) -> f64 {
        self.rated.score
    }

    /// How its score came about.
    pub fn breakdown(&self) -> Breakdown {
        let Rated {
            matched,
            reliability,
            planner,
            ..
        } = self.rated;
        let facts = self.selection.pool.facts(planner);
        self.selection.terms.breakdown(facts, matched, reliability)
    }

    /// Its name and what its score is made of, rounded.
    pub fn explain(&self) -> String {
        format!("{} {}", self.name(), self.reasons())
    }

    /// What its score is made of, rounded: `0.93 = match 0.60 + reliability 0.28 + stable 0.05`.
    pub fn reasons(&self) -> String {
        let facts = self.selection.pool.facts(self.rated.planner);
        self.breakdown().explain(facts)
    }
}

impl Serialize for Ranked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let breakdown = self.breakdown();
        let mut ranked = serializer.serialize_struct("Ranked", 9)?;
        ranked.serialize_field("name", self.name())?;
        ranked.serialize_field("score", &breakdown.score)?;
        ranked.serialize_field("base", &breakdown.base)?;
        ranked.serialize_field("match", &breakdown.matched)?;
        ranked.serialize_field("reliability", &breakdown.reliability)?;
        ranked.serialize_field("adjusted", &breakdown.adjusted)?;
        ranked.serialize_field("tier", &breakdown.tier)?;
        ranked.serialize_field("deep_boost", &breakdown.deep_boost)?;
        ranked.serialize_field("hotspot_boost", &breakdown.hotspot_boost)?;
        ranked.end()
    }
}
