//! The ranking a second time, written from its description with sets of strings and nothing shared
//! with the first.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::Value;

use crate::catalog::Declared;

/// What is asked, and the settings.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) required: Vec<String>,
    pub(crate) prefer_production: bool,
    pub(crate) deep_index_summary: Option<Value>,
    pub(crate) hotspots_count: Option<Value>,
    pub(crate) reliability_min: f64,
    pub(crate) deep_index_boost: f64,
    pub(crate) hotspot_boost: f64,
    pub(crate) hotspot_threshold: u32,
}

/// A line of the ranking.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) score: f64,
    pub(crate) base: f64,
    pub(crate) matched: f64,
    pub(crate) reliability: f64,
    pub(crate) adjusted: f64,
    pub(crate) tier: f64,
    pub(crate) deep_boost: f64,
    pub(crate) hotspot_boost: f64,
}

/// The ranking, and the names that are not in it with the reason.
pub(crate) fn rank(
    planners: &[Declared],
    asked: &Asked,
) -> (Vec<Line>, Vec<(String, &'static str)>) {
    let mut ranking = Vec::new();
    let mut excluded = Vec::new();
    for planner in planners {
        if planner.quarantined {
            excluded.push((planner.name.clone(), "quarantined"));
        } else if planner.reliability.unwrap_or(0.1) < asked.reliability_min {
            excluded.push((planner.name.clone(), "below_reliability"));
        } else {
            ranking.push(line(planner, asked));
        }
    }
    ranking.sort_by(|a, b| {
        let scores = b.score.partial_cmp(&a.score).unwrap();
        let reliabilities = b.reliability.partial_cmp(&a.reliability).unwrap();
        if scores != Ordering::Equal {
            scores
        } else if reliabilities != Ordering::Equal {
            reliabilities
        } else {
            a.name.cmp(&b.name)
        }
    });
    excluded.sort();
    (ranking, excluded)
}

fn lower(words: &[String]) -> HashSet<String> {
    words.iter().map(|word| word.to_lowercase()).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a handful of capabilities")]
fn line(planner: &Declared, asked: &Asked) -> Line {
    let required = lower(&asked.required);
    let offered = lower(&planner.capabilities);
    let matched = if required.is_empty() {
        1.0
    } else if offered.is_empty() {
        0.0
    } else {
        required.intersection(&offered).count() as f64 / required.len() as f64
    };
    let reliability = planner.reliability.unwrap_or(0.1);
    let mut adjusted = reliability;
    if asked.prefer_production && !planner.production_ready && !required.is_empty() {
        adjusted = reliability * 0.97;
    }
    let tier = match planner.tier.to_lowercase().as_str() {
        "alpha" => -0.05,
        "stable" => 0.05,
        "gold" => 0.07,
        "vip" => 0.08,
        _ => 0.0,
    };
    let mut base = matched * 0.6 + adjusted * 0.35;
    if planner.production_ready {
        base += 0.04;
    }
    base += tier;
    let mut deep_boost = 0.0;
    if !is_empty(asked.deep_index_summary.as_ref()) && offered.contains("deep_index") {
        deep_boost = f64::max(asked.deep_index_boost, 0.0);
    }
    let mut hotspot_boost = 0.0;
    let many = count(asked.hotspots_count.as_ref()) > f64::from(asked.hotspot_threshold);
    if many
        && ["refactor", "risk", "structural"]
            .iter()
            .any(|&word| offered.contains(word))
    {
        hotspot_boost = f64::max(asked.hotspot_boost, 0.0);
    }
    Line {
        name: planner.name.clone(),
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

/// A whole number, whatever it is wrapped in; junk is 0.
fn count(value: Option<&Value>) -> f64 {
    let number: f64 = match value {
        Some(Value::Number(number)) => number.as_f64().unwrap(),
        Some(Value::String(text)) => text.trim().parse().unwrap_or(0.0),
        _ => 0.0,
    };
    if number.is_finite() {
        number.trunc()
    } else {
        0.0
    }
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::Bool(true)) => false,
        Some(Value::Number(number)) => number.as_f64() == Some(0.0),
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(entries)) => entries.is_empty(),
    }
}
