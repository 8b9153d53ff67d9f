//! What is recorded of selections, newest kept.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use registry_core::clock::Clock;
use registry_core::ring::Ring;

use super::formula::Breakdown;
use super::query::Query;
use super::selection::Selection;
use crate::config::Config;
use crate::meter;
use crate::name::PlannerName;

/// One selection that found a planner.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SelectionSample {
    /// When it began: the system's time when the registry was built, and what has passed since.
    pub at: SystemTime,
    /// How long it took.
    pub took: Duration,
    /// Characters of the objective, which itself is not kept.
    pub objective_chars: usize,
    /// The required capabilities, in lower case.
    pub required: Arc<BTreeSet<String>>,
    /// The planner that suited best.
    pub best: PlannerName,
    /// Its score.
    pub score: f64,
    /// How that came about.
    pub breakdown: Breakdown,
    /// How many planners could be selected.
    pub candidates: usize,
    /// Whether the context had a summary of a deep index.
    pub deep_index: bool,
    /// The hotspots that the context told of; what is no number counts as 0.
    pub hotspots: i64,
    /// The settings of the boosts.
    pub boosts: Boosts,
}

/// The settings of the boosts that a selection was made with.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Boosts {
    /// `select.deep_index_boost`.
    pub deep_index: f64,
    /// `select.hotspot_boost`.
    pub hotspot: f64,
    /// `select.hotspot_threshold`.
    pub hotspot_threshold: u32,
}

/// The newest selections.
#[derive(Debug)]
pub(crate) struct Selections {
    clock: Clock,
    /// The system's time when the clock read zero.
    origin: SystemTime,
    boosts: Boosts,
    kept: Ring<Kept>,
}

/// A sample as it is kept: small, because a full ring is run through again and again, and without a
/// text of its own, so that recording one allocates nothing.
#[derive(Clone, Debug)]
struct Kept {
    begun: Duration,
    took: Duration,
    required: Arc<BTreeSet<String>>,
    best: PlannerName,
    breakdown: Breakdown,
    hotspots: i64,
    objective_chars: u32,
    candidates: u32,
    deep_index: bool,
}

impl Selections {
    /// No selection yet; room for as many as `config` says.
    pub(crate) fn of(config: &Config) -> Self {
        let (profiles, settings) = (config.profiles(), config.select());
        let capacity = if profiles.selection { profiles.max } else { 0 };
        Self {
            clock: Clock::monotonic(),
            origin: SystemTime::now(),
            boosts: Boosts {
                deep_index: settings.deep_index_boost,
                hotspot: settings.hotspot_boost,
                hotspot_threshold: settings.hotspot_threshold,
            },
            kept: Ring::new(usize::try_from(capacity).unwrap_or(usize::MAX)),
        }
    }

    /// When a selection begins; nothing if none is recorded.
    #[inline]
    pub(crate) fn begin(&self) -> Option<Duration> {
        (self.kept.capacity() > 0).then(|| self.clock.now())
    }

    /// Records a selection that began at `begun`.
    pub(crate) fn record(&self, begun: Option<Duration>, query: &Query, selection: &Selection) {
        let Some(begun) = begun else {
            return;
        };
        let now = self.clock.now();
        let (best, terms) = (selection.best(), selection.terms());
        let bounded = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let kept = Kept {
            begun,
            took: now.saturating_sub(begun),
            required: Arc::clone(query.shared_required()),
            best: best.name().clone(),
            breakdown: best.breakdown(),
            hotspots: terms.hotspots,
            objective_chars: bounded(query.objective().chars().count()),
            candidates: bounded(selection.len()),
            deep_index: terms.has_deep_index,
        };
        if self.kept.push(now, kept) {
            meter::dropped(meter::Ring::Selections);
        }
    }

    /// The newest selections, oldest first.
    pub(crate) fn samples(&self) -> Vec<SelectionSample> {
        let kept = self.kept.snapshot().into_iter();
        kept.map(|kept| self.sample(kept)).collect()
    }

    fn sample(&self, kept: Kept) -> SelectionSample {
        let at = self.origin.checked_add(kept.begun);
        let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        SelectionSample {
            at: at.unwrap_or(self.origin),
            took: kept.took,
            objective_chars: count(kept.objective_chars),
            required: kept.required,
            best: kept.best,
            score: kept.breakdown.score,
            breakdown: kept.breakdown,
            candidates: count(kept.candidates),
            deep_index: kept.deep_index,
            hotspots: kept.hotspots,
            boosts: self.boosts,
        }
    }
}
