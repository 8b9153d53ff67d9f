//! Scores and their order. Pure: what may change is handed in.

use std::cmp::Ordering;

use super::exclusion::Exclusion;
use super::formula::{Facts, Terms};
use super::offers::Offers;
use super::query::Query;

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

/// A planner that is not ranked.
#[derive(Clone, Debug)]
pub(super) struct Barred {
    pub(super) planner: u32,
    pub(super) reason: Exclusion,
}

/// Rates the planners, which are in the order of their names. `reliability` gives that of one, or why it
/// cannot be selected. The rated ones stay in the order of their names.
pub(super) fn rate(
    facts: &[Facts],
    offers: &Offers,
    query: &Query,
    terms: &Terms,
    reliability: impl Fn(usize, &Facts) -> Result<f64, Exclusion>,
) -> (Vec<Rated>, Vec<Barred>) {
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
    let mut barred = Vec::new();
    rated.retain_mut(|own| {
        let facts = &facts[own.planner as usize];
        let known = reliability(own.planner as usize, facts);
        match known.and_then(|known| enough(known, terms)) {
            Ok(known) => {
                own.reliability = known;
                own.score = terms.breakdown(facts, own.matched, known).score;
                true
            }
            Err(reason) => {
                let planner = own.planner;
                barred.push(Barred { planner, reason });
                false
            }
        }
    });
    (rated, barred)
}

fn enough(reliability: f64, terms: &Terms) -> Result<f64, Exclusion> {
    if reliability < terms.reliability_min {
        return Err(Exclusion::BelowReliability {
            reliability,
            reliability_min: terms.reliability_min,
        });
    }
    Ok(reliability)
}

impl Rated {
    /// The better planner is less: score descending, reliability descending, name ascending.
    #[inline]
    pub(super) fn order(&self, other: &Self) -> Ordering {
        descending(self.score, other.score)
            .then_with(|| descending(self.reliability, other.reliability))
            .then_with(|| self.planner.cmp(&other.planner))
    }
}

/// No score and no reliability is NaN.
#[inline]
fn descending(one: f64, other: f64) -> Ordering {
    other.partial_cmp(&one).unwrap_or(Ordering::Equal)
}
