//! Scores and their order. Pure: what may change is handed in.

use std::cmp::Ordering;

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
#[derive(Clone, Debug, Default)]
pub(super) struct Rating {
    pub(super) rated: Vec<Rated>,
    /// Planners that cannot be called.
    pub(super) hindered: Vec<(u32, Obstacle)>,
    /// Planners that are less reliable than the settings ask for, with their reliability.
    pub(super) unreliable: Vec<(u32, f64)>,
}

/// Rates the planners, which are in the order of their names. `reliability` gives that of one, or why it
/// cannot be called.
pub(super) fn rate(
    facts: &[Facts],
    offers: &Offers,
    query: &Query,
    terms: &Terms,
    reliability: impl Fn(usize, &Facts) -> Result<f64, Obstacle>,
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
    let mut rating = Rating::default();
    // Whole rows are written, over those of planners that were left out: cheaper than changing and
    // moving them.
    let mut kept = 0;
    for (planner, facts) in (0..).zip(facts) {
        let matched = rated[planner as usize].matched;
        match reliability(planner as usize, facts) {
            Ok(known) if known >= terms.reliability_min => {
                rated[kept] = Rated {
                    score: terms.breakdown(facts, matched, known).score,
                    reliability: known,
                    planner,
                    matched,
                };
                kept += 1;
            }
            Ok(known) => rating.unreliable.push((planner, known)),
            Err(obstacle) => rating.hindered.push((planner, obstacle)),
        }
    }
    rated.truncate(kept);
    Rating { rated, ..rating }
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
