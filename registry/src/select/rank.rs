//! Scores and their order. Pure: what may change is handed in.

use std::cmp::Ordering;
use std::sync::Arc;

use super::formula::{Facts, Terms};
use super::offers::Offers;
use super::query::Query;
use crate::planner::Obstacle;

/// A planner with its score.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rated {
    pub(super) score: f64,
    pub(super) reliability: f64,
    /// Its place among the planners by name.
    pub(super) planner: u32,
    /// How many of the required capabilities it offers.
    pub(super) matched: u32,
}

/// Who is rated, and who is not and why; each in the order of their names.
#[derive(Clone, Debug)]
pub(super) struct Rating {
    pub(super) rated: Vec<Rated>,
    /// Planners of which something was noted; of the others what they declare is all that is known.
    noted: Arc<[u32]>,
    /// Planners that cannot be called.
    pub(super) hindered: Vec<(u32, Obstacle)>,
    /// Noted planners that are less reliable than the settings ask for, with their reliability. Of the
    /// others [`unreliable`](Rating::unreliable) finds them again when somebody asks.
    unreliable: Vec<(u32, f64)>,
}

/// Rates the planners, which are in the order of their names. Of those that are `noted`, in the same order,
/// `reliability` gives it, or why one cannot be called; of the others what they declare counts.
pub(super) fn rate(
    facts: &[Facts],
    offers: &Offers,
    query: &Query,
    terms: &Terms,
    noted: Arc<[u32]>,
    reliability: impl Fn(u32, &Facts) -> Result<f64, Obstacle>,
) -> Rating {
    let unrated = |planner| Rated {
        score: 0.0,
        reliability: 0.0,
        planner,
        matched: 0,
    };
    let mut rated: Vec<_> = (0..).take(facts.len()).map(unrated).collect();
    offers.count(query.required(), |planner, more| {
        rated[planner as usize].matched += more;
    });
    let (mut hindered, mut unreliable) = (Vec::new(), Vec::new());
    let mut next_noted = noted.iter().copied().peekable();
    // Whole rows are written, over those of planners that were left out: cheaper than changing and
    // moving them, and all that a selection takes of memory.
    let mut kept = 0;
    for (planner, facts) in (0..).zip(facts) {
        let known = if next_noted.next_if_eq(&planner).is_none() {
            if !terms.is_reliable(facts.prior) {
                continue;
            }
            facts.prior
        } else {
            match reliability(planner, facts) {
                Ok(known) if terms.is_reliable(known) => known,
                Ok(known) => {
                    unreliable.push((planner, known));
                    continue;
                }
                Err(obstacle) => {
                    hindered.push((planner, obstacle));
                    continue;
                }
            }
        };
        let matched = rated[planner as usize].matched;
        rated[kept] = Rated {
            score: terms.breakdown(facts, matched, known).score,
            reliability: known,
            planner,
            matched,
        };
        kept += 1;
    }
    rated.truncate(kept);
    Rating {
        rated,
        noted,
        hindered,
        unreliable,
    }
}

impl Rating {
    /// Planners that are less reliable than the settings ask for, with their reliability; in no order.
    pub(super) fn unreliable(&self, facts: &[Facts], terms: &Terms) -> Vec<(u32, f64)> {
        let is_noted = |planner: &u32| self.noted.binary_search(planner).is_ok();
        let declared = (0..)
            .zip(facts)
            .map(|(planner, facts)| (planner, facts.prior));
        let declared =
            declared.filter(|(planner, prior)| !terms.is_reliable(*prior) && !is_noted(planner));
        self.unreliable.iter().copied().chain(declared).collect()
    }
}

/// The best of them.
pub(super) fn best(rated: &[Rated]) -> Option<Rated> {
    let (first, others) = rated.split_first()?;
    let best = others.iter().fold(first, |best, own| {
        // Most are decided by the score alone.
        if own.score >= best.score && own.order(best).is_lt() {
            own
        } else {
            best
        }
    });
    Some(*best)
}

impl Rated {
    /// The better planner is less: score descending, reliability descending, name ascending. Neither
    /// number is ever NaN or -0, for which the order of floating point would matter.
    #[inline]
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let scores = other.score.total_cmp(&self.score);
        scores
            .then_with(|| other.reliability.total_cmp(&self.reliability))
            .then_with(|| self.planner.cmp(&other.planner))
    }
}
