//! Scores: how risky a file is beside the others of its request.

use plugin_api::{Context, PlanError, RiskLevel};

use crate::hotspots::{Hotspot, Measures, poll};

/// Share of each factor that no measure takes away.
const FLOOR: f64 = 0.1;

/// Factor of a measure that is not known.
const UNKNOWN: f64 = 0.5;

/// Lowest score of high risk.
const HIGH_MIN: f64 = 0.25;

/// Lowest score of medium risk: that of a file of which nothing is known lies above.
const MEDIUM_MIN: f64 = 0.05;

/// The formula, for readers of a plan.
pub(crate) const FORMULA: &str = "n(churn) * n(complexity) * n(fan-in), n(x) = 0.1 + 0.9 * x / max, \
                                  0.5 if not known; HIGH from 0.25, MEDIUM from 0.05";

/// A hotspot and its risk.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scored {
    pub(crate) hotspot: Hotspot,
    /// From 0 to 1.
    pub(crate) score: f64,
    pub(crate) level: RiskLevel,
}

/// Scores the hotspots and puts the riskiest first; among equals the lesser path.
pub(crate) fn rank(hotspots: Vec<Hotspot>, cx: &Context) -> Result<Vec<Scored>, PlanError> {
    let greatest = |measure: fn(&Measures) -> Option<f64>| {
        let known = hotspots
            .iter()
            .filter_map(|hotspot| measure(&hotspot.measures));
        known.fold(0.0, f64::max)
    };
    let churn_max = greatest(|measures| measures.churn);
    let complexity_max = greatest(|measures| measures.complexity);
    let fan_in_max = greatest(|measures| measures.fan_in);

    let mut scored = Vec::with_capacity(hotspots.len());
    for (step, hotspot) in hotspots.into_iter().enumerate() {
        poll(cx, step)?;
        let Measures {
            churn,
            complexity,
            fan_in,
        } = hotspot.measures;
        let score = factor(churn, churn_max)
            * factor(complexity, complexity_max)
            * factor(fan_in, fan_in_max);
        scored.push(Scored {
            hotspot,
            score,
            level: level(score),
        });
    }
    scored.sort_by(|a, b| {
        let by_score = b.score.total_cmp(&a.score);
        by_score.then_with(|| a.hotspot.path.cmp(&b.hotspot.path))
    });
    Ok(scored)
}

/// A measure beside the greatest of its kind.
fn factor(measure: Option<f64>, greatest: f64) -> f64 {
    match measure {
        None => UNKNOWN,
        Some(measure) if measure > 0.0 => FLOOR + (1.0 - FLOOR) * (measure / greatest),
        Some(_) => FLOOR,
    }
}

fn level(score: f64) -> RiskLevel {
    if score >= HIGH_MIN {
        RiskLevel::High
    } else if score >= MEDIUM_MIN {
        RiskLevel::Medium
    } else {
        RiskLevel::Low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(rows: &[(&str, [Option<f64>; 3])]) -> Vec<(String, f64, RiskLevel)> {
        let hotspot = |&(path, [churn, complexity, fan_in]): &(&str, [Option<f64>; 3])| Hotspot {
            path: path.to_owned(),
            measures: Measures {
                churn,
                complexity,
                fan_in,
            },
        };
        let scored = rank(rows.iter().map(hotspot).collect(), &Context::detached()).unwrap();
        let row = |it: Scored| (it.hotspot.path, (it.score * 1e6).round() / 1e6, it.level);
        scored.into_iter().map(row).collect()
    }

    #[test]
    fn a_score_is_the_product_of_three_factors_beside_the_greatest() {
        assert_eq!(
            ranked(&[
                ("calm", [Some(0.0), Some(0.0), Some(0.0)]),
                ("half", [Some(10.0), Some(2.0), Some(4.0)]),
                ("full", [Some(20.0), Some(4.0), Some(8.0)]),
            ]),
            [
                ("full".to_owned(), 1.0, RiskLevel::High),
                ("half".to_owned(), 0.166_375, RiskLevel::Medium),
                ("calm".to_owned(), 0.001, RiskLevel::Low),
            ]
        );
    }

    #[test]
    fn what_is_not_known_counts_as_half_and_the_lesser_path_comes_first() {
        assert_eq!(
            ranked(&[
                ("b", [None; 3]),
                ("a", [None; 3]),
                ("c", [Some(3.0), None, None])
            ]),
            [
                ("c".to_owned(), 0.25, RiskLevel::High),
                ("a".to_owned(), 0.125, RiskLevel::Medium),
                ("b".to_owned(), 0.125, RiskLevel::Medium),
            ]
        );
    }

    #[test]
    fn the_smallest_and_largest_numbers_give_scores_from_0_to_1() {
        let all = |number| [Some(number); 3];
        let scores = ranked(&[("a", all(f64::MAX)), ("b", all(5e-324)), ("c", all(-0.0))]);
        assert_eq!(
            scores.iter().map(|row| row.1).collect::<Vec<_>>(),
            [1.0, 0.001, 0.001]
        );
    }
}
