//! The formula of the ranking, in the order of operations that gives the same bits everywhere.

use std::fmt::Write;

use plugin_api::manifest::{Manifest, Tier};
use serde::Serialize;

use super::query::{Query, fold};
use crate::config::Select;

/// Reliability of a planner of which nobody says anything.
pub(crate) const RELIABILITY_DEFAULT: f64 = 0.1;

/// How much of its reliability a planner keeps that is not fit for production where that is preferred.
const NOT_PRODUCTION: f64 = 0.97;

const MATCH_WEIGHT: f64 = 0.6;
const RELIABILITY_WEIGHT: f64 = 0.35;
const PRODUCTION_BONUS: f64 = 0.04;

/// What is weighed of a manifest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// Its reliability as long as nothing better is known.
    pub(super) prior: f64,
    pub(super) tier: Tier,
    pub(super) production_ready: bool,
    pub(super) offers_deep_index: bool,
    pub(super) offers_hotspot_work: bool,
}

/// What a query and the settings make of the formula.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    required: u32,
    prefers_production: bool,
    /// For planners that offer a deep index; 0 if the context has none.
    deep_boost: f64,
    /// For planners that work on hotspots; 0 if the context has few.
    hotspot_boost: f64,
    pub(super) reliability_min: f64,
    /// Whether the context has a summary of a deep index.
    pub(super) has_deep_index: bool,
    /// The hotspots that the context tells of.
    pub(super) hotspots: i64,
}

/// How a score came about; nothing is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Breakdown {
    /// `base + (deep_boost + hotspot_boost)`.
    pub score: f64,
    /// `match * 0.6 + adjusted * 0.35`, and 0.04 if the planner is fit for production, and `tier`.
    pub base: f64,
    /// The part of what is required that the planner offers; 1 if nothing is required.
    #[serde(rename = "match")]
    pub matched: f64,
    /// How far the planner is trusted to succeed, from 0 to 1.
    pub reliability: f64,
    /// `reliability`, 3 % less where production is preferred, something is required and the planner is
    /// not fit for production.
    pub adjusted: f64,
    /// From -0.05 for alpha to 0.08 for vip.
    pub tier: f64,
    /// For a planner that offers a deep index, where the context has a summary of one.
    pub deep_boost: f64,
    /// For a planner that works on hotspots, where the context has many.
    pub hotspot_boost: f64,
}

/// The reliability of a planner as long as nothing better is known. -0 is one, too, and counts as 0.
pub(super) fn prior(manifest: &Manifest) -> f64 {
    manifest.reliability.map_or(RELIABILITY_DEFAULT, f64::abs)
}

impl Facts {
    pub(super) fn of(manifest: &Manifest) -> Self {
        let offers = |wanted: &[&str]| {
            let mut own = manifest.capabilities.iter().map(|own| fold(own));
            own.any(|own| wanted.contains(&own.as_str()))
        };
        Self {
            prior: prior(manifest),
            tier: manifest.tier,
            production_ready: manifest.production_ready,
            offers_deep_index: offers(&["deep_index"]),
            offers_hotspot_work: offers(&["refactor", "risk", "structural"]),
        }
    }
}

impl Terms {
    pub(super) fn new(query: &Query, settings: &Select) -> Self {
        let context = query.known();
        let boost = |applies: bool, boost: f64| if applies { boost.max(0.0) } else { 0.0 };
        let has_index = context.deep_index_summary().is_some();
        let hotspots = context.hotspots_count();
        let has_hotspots = hotspots > i64::from(settings.hotspot_threshold);
        Self {
            required: u32::try_from(query.required().len()).unwrap_or(u32::MAX),
            prefers_production: query.prefers_production(),
            deep_boost: boost(has_index, settings.deep_index_boost),
            hotspot_boost: boost(has_hotspots, settings.hotspot_boost),
            reliability_min: settings.min_reliability,
            has_deep_index: has_index,
            hotspots,
        }
    }

    /// Whether a planner is reliable enough to be selected.
    #[inline]
    pub(super) fn is_reliable(&self, reliability: f64) -> bool {
        reliability >= self.reliability_min
    }

    /// The score of a planner that offers `matched` of the required capabilities.
    #[inline]
    pub(super) fn breakdown(&self, facts: &Facts, matched: u32, reliability: f64) -> Breakdown {
        let matched = if self.required == 0 {
            1.0
        } else {
            f64::from(matched) / f64::from(self.required)
        };
        let discounted = self.prefers_production && !facts.production_ready && self.required > 0;
        let adjusted = if discounted {
            reliability * NOT_PRODUCTION
        } else {
            reliability
        };
        let tier = tier_bonus(facts.tier);
        let mut base = matched * MATCH_WEIGHT + adjusted * RELIABILITY_WEIGHT;
        base += production_bonus(facts);
        base += tier;
        let deep_boost = if facts.offers_deep_index {
            self.deep_boost
        } else {
            0.0
        };
        let hotspot_boost = if facts.offers_hotspot_work {
            self.hotspot_boost
        } else {
            0.0
        };
        Breakdown {
            score: base + (deep_boost + hotspot_boost),
            base,
            matched,
            reliability,
            adjusted,
            tier,
            deep_boost,
            hotspot_boost,
        }
    }
}

impl Breakdown {
    /// `0.93 = match 0.60 + reliability 0.28 + stable 0.05`: the score and what it is made of.
    pub(super) fn explain(&self, facts: &Facts) -> String {
        let bonuses = [
            ("production", production_bonus(facts)),
            (facts.tier.as_str(), self.tier),
            ("deep index", self.deep_boost),
            ("hotspots", self.hotspot_boost),
        ];
        let mut text = format!(
            "{:.2} = match {:.2} + reliability {:.2}",
            self.score,
            self.matched * MATCH_WEIGHT,
            self.adjusted * RELIABILITY_WEIGHT,
        );
        for (name, bonus) in bonuses.into_iter().filter(|(_, bonus)| *bonus != 0.0) {
            let sign = if bonus < 0.0 { '-' } else { '+' };
            // Writing to a string cannot fail.
            let _ = write!(text, " {sign} {name} {:.2}", bonus.abs());
        }
        text
    }
}

/// Adding 0 changes no bit of a base, which is never -0.
fn production_bonus(facts: &Facts) -> f64 {
    if facts.production_ready {
        PRODUCTION_BONUS
    } else {
        0.0
    }
}

fn tier_bonus(tier: Tier) -> f64 {
    match tier {
        Tier::Alpha => -0.05,
        Tier::Beta => 0.0,
        Tier::Stable => 0.05,
        Tier::Gold => 0.07,
        Tier::Vip => 0.08,
    }
}
