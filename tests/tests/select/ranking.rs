//! The ranking: the same order and the same bits as the naive one gives.

use std::collections::BTreeMap;

use plugin_api::{PlanContext, PlanRequest};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use registry::{Excluded, Exclusion, Query, Ranked, Registry, SelectError, Selection};
use serde_json::{Value, json};

use crate::catalog::{Declared, SUCCEED, registry};
use crate::naive::{Asked, Line, rank};

/// Capabilities in any case, some of which weigh in boosts and some of which differ in case alone.
fn capability() -> impl Strategy<Value = String> {
    let words = vec![
        "structural",
        "Structural",
        "DEEP_INDEX",
        "deep_index",
        "Refactor",
        "risk",
        "llm",
        "LLM",
        "größe",
        "GRÖSSE",
        "GRÖẞE",
        " risk",
        "e\u{301}",
        "é",
        "ΣΑΣ",
        "σας",
    ];
    prop_oneof![select(words).prop_map(str::to_owned), "[a-c]"]
}

/// Mostly the values that make ties and stand on bounds.
fn reliability() -> impl Strategy<Value = Option<f64>> {
    let marked = select(vec![0.0, 0.1, 0.25, 0.5, 0.8, 1.0]);
    option::of(prop_oneof![4 => marked, 1 => 0.0..=1.0])
}

fn tier() -> impl Strategy<Value = String> {
    let words = vec![
        "alpha", "beta", "Stable", "GOLD", "vip", "ViP", "betta", "", "platinum",
    ];
    select(words).prop_map(str::to_owned)
}

fn planners() -> impl Strategy<Value = Vec<Declared>> {
    let rarely = prop::bool::weighted(0.1);
    let declared = (
        vec(capability(), 0..6),
        reliability(),
        tier(),
        any::<bool>(),
        rarely,
    );
    let names = "[a-c][a-c_][0-1]";
    btree_map(names, declared, 0..9).prop_map(|planners| {
        let planners = planners.into_iter();
        planners
            .map(
                |(name, (capabilities, reliability, tier, production_ready, quarantined))| {
                    Declared {
                        name,
                        capabilities,
                        reliability,
                        tier,
                        production_ready,
                        quarantined,
                    }
                },
            )
            .collect()
    })
}

fn junk() -> impl Strategy<Value = Value> {
    let marked = vec![
        json!(null),
        json!(true),
        json!(false),
        json!([]),
        json!([9]),
        json!({}),
        json!({"n": 9}),
        json!(""),
        json!("many"),
        json!("nan"),
        json!("inf"),
        json!("-9"),
        json!(" 9.5 "),
        json!("1e3"),
        json!("9"),
        json!(8),
        json!(8.9),
        json!(9),
        json!(-1),
        json!(0),
        json!(u64::MAX),
        json!(1e300),
    ];
    prop_oneof![
        4 => select(marked),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => ".{0,5}".prop_map(Value::from),
    ]
}

prop_compose! {
    fn asked()(
        required in vec(capability(), 0..5),
        prefer_production in any::<bool>(),
        deep_index_summary in option::of(junk()),
        hotspots_count in option::of(junk()),
        reliability_min in select(vec![0.0, 0.1, 0.25, 0.25, 0.8, 1.0]),
        deep_index_boost in prop_oneof![Just(0.05), -1.0..=1.0],
        hotspot_boost in prop_oneof![Just(0.03), -1.0..=1.0],
        hotspot_threshold in select(vec![0, 8, 8, 9, 1_000_000]),
    ) -> Asked {
        Asked {
            required, prefer_production, deep_index_summary, hotspots_count,
            reliability_min, deep_index_boost, hotspot_boost, hotspot_threshold,
        }
    }
}

fn registry_of(planners: &[Declared], asked: &Asked) -> Registry {
    let settings = [
        ("min_reliability", asked.reliability_min.to_string()),
        ("deep_index_boost", asked.deep_index_boost.to_string()),
        ("hotspot_boost", asked.hotspot_boost.to_string()),
        ("hotspot_threshold", asked.hotspot_threshold.to_string()),
        // As good as no decay.
        ("decay_half_life", "8760h".to_owned()),
    ];
    registry(planners, &settings)
}

fn query_of(asked: &Asked) -> Query {
    let mut context = PlanContext::new();
    if let Some(summary) = &asked.deep_index_summary {
        context = context.with("deep_index_summary", summary.clone());
    }
    if let Some(count) = &asked.hotspots_count {
        context = context.with("hotspots_count", count.clone());
    }
    Query::new("Split the billing module")
        .require_all(&asked.required)
        .prefer_production(asked.prefer_production)
        .context(context)
}

fn line_of(ranked: &Ranked<'_>) -> Line {
    let breakdown = ranked.breakdown();
    assert_eq!(ranked.score().to_bits(), breakdown.score.to_bits());
    Line {
        name: ranked.name().to_string(),
        score: breakdown.score,
        base: breakdown.base,
        matched: breakdown.matched,
        reliability: breakdown.reliability,
        adjusted: breakdown.adjusted,
        tier: breakdown.tier,
        deep_boost: breakdown.deep_boost,
        hotspot_boost: breakdown.hotspot_boost,
    }
}

/// Bits, because equal numbers can differ in them.
fn bits(line: &Line) -> (&str, [u64; 8]) {
    let numbers = [
        line.score,
        line.base,
        line.matched,
        line.reliability,
        line.adjusted,
        line.tier,
        line.deep_boost,
        line.hotspot_boost,
    ];
    (&line.name, numbers.map(f64::to_bits))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn order_scores_and_reasons_are_those_of_the_naive_ranking(
        planners in planners(),
        asked in asked(),
        count in 0_usize..10,
    ) {
        let (expected, left_out) = rank(&planners, &asked);
        let registry = registry_of(&planners, &asked);
        match registry.select(query_of(&asked)) {
            Ok(selection) => {
                let lines: Vec<_> = selection.ranking().iter().map(line_of).collect();
                let (ours, theirs): (Vec<_>, Vec<_>) =
                    (lines.iter().map(bits).collect(), expected.iter().map(bits).collect());
                prop_assert_eq!(&ours, &theirs);
                prop_assert_eq!(line_of(&selection.best()), expected[0].clone());
                let top: Vec<_> = selection.top(count).iter().map(line_of).collect();
                prop_assert_eq!(&top[..], &expected[..count.min(expected.len())]);
                prop_assert_eq!(reasons(&selection.excluded()), left_out);
            }
            Err(error) => {
                let code = if planners.is_empty() { "E_NO_PLANNERS" } else { "E_NONE_SELECTABLE" };
                prop_assert_eq!((error.code(), expected.len()), (code, 0));
                prop_assert_eq!(reasons(error.excluded()), left_out);
            }
        }
    }
}

/// Names and words of who is not ranked.
fn reasons(excluded: &[Excluded]) -> Vec<(String, &'static str)> {
    let reason = |own: &Excluded| (own.name.to_string(), own.reason.word());
    excluded.iter().map(reason).collect()
}

/// The reliability that each planner was judged by, as far as it was.
fn judged(outcome: &Result<Selection, SelectError>) -> BTreeMap<String, f64> {
    let (ranking, excluded) = match outcome {
        Ok(selection) => (selection.ranking(), selection.excluded()),
        Err(error) => (Vec::new(), error.excluded().to_vec()),
    };
    let ranked = ranking.iter().map(line_of);
    let ranked = ranked.map(|line| (line.name, line.reliability));
    let poor = excluded.iter().filter_map(|own| match own.reason {
        Exclusion::BelowReliability { reliability, .. } => {
            Some((own.name.to_string(), reliability))
        }
        _ => None,
    });
    ranked.chain(poor).collect()
}

/// `(S + 1) / (S + F + 2)`.
fn score_of(outcomes: &[bool]) -> f64 {
    let count = |wanted| {
        outcomes
            .iter()
            .filter(|own| **own == wanted)
            .map(|_| 1.0)
            .sum::<f64>()
    };
    (count(true) + 1.0) / (count(true) + count(false) + 2.0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_live_score_counts_in_place_of_what_is_declared(
        planners in planners(),
        outcomes in vec(vec(any::<bool>(), 0..5), 9),
        asked in asked(),
    ) {
        let registry = registry_of(&planners, &asked);
        for (planner, outcomes) in planners.iter().zip(&outcomes) {
            for success in outcomes {
                let request = PlanRequest::new(if *success { SUCCEED } else { "fail" });
                let called = registry.plan(&planner.name, &request).is_ok();
                prop_assert_eq!(called, *success && !planner.quarantined);
            }
        }
        let outcome = registry.select(query_of(&asked));
        let judged = judged(&outcome);
        let mut live = planners.clone();
        for (planner, outcomes) in live.iter_mut().zip(&outcomes) {
            let Some(reliability) = judged.get(&planner.name) else {
                prop_assert!(planner.quarantined);
                continue;
            };
            if outcomes.is_empty() {
                let declared = planner.reliability.unwrap_or(0.1);
                prop_assert_eq!(reliability.to_bits(), declared.to_bits());
            } else {
                prop_assert!((reliability - score_of(outcomes)).abs() < 1e-3);
            }
            planner.reliability = Some(*reliability);
        }
        let (expected, left_out) = rank(&live, &asked);
        let (lines, excluded): (Vec<_>, _) = match &outcome {
            Ok(own) => (own.ranking().iter().map(line_of).collect(), own.excluded()),
            Err(error) => (Vec::new(), error.excluded().to_vec()),
        };
        let (ours, theirs): (Vec<_>, Vec<_>) =
            (lines.iter().map(bits).collect(), expected.iter().map(bits).collect());
        prop_assert_eq!(ours, theirs);
        prop_assert_eq!(reasons(&excluded), left_out);
    }
}

#[test]
fn the_winner_says_what_its_score_is_made_of() {
    let stable = Declared {
        tier: "stable".to_owned(),
        ..Declared::new("structural_planner", &["structural"], 0.8)
    };
    let alpha = Declared {
        tier: "alpha".to_owned(),
        production_ready: true,
        ..Declared::new("risk_planner", &["Risk", "deep_index"], 0.5)
    };
    let registry = registry(&[stable, alpha], &[]);
    let query = Query::new("Split the billing module")
        .require("structural")
        .prefer_production(false);
    assert_eq!(
        registry.select(&query).unwrap().explain(),
        "structural_planner 0.93 = match 0.60 + reliability 0.28 + stable 0.05"
    );
    let context = PlanContext::new()
        .with("hotspots_count", "9")
        .with("deep_index_summary", "indexed");
    let selection = registry.select(query.context(context)).unwrap();
    let texts: Vec<_> = selection.ranking().iter().map(Ranked::explain).collect();
    assert_eq!(
        texts,
        [
            "structural_planner 0.96 = match 0.60 + reliability 0.28 + stable 0.05 + hotspots 0.03",
            "risk_planner 0.24 = match 0.00 + reliability 0.17 + production 0.04 - alpha 0.05 \
             + deep index 0.05 + hotspots 0.03",
        ]
    );
}

#[test]
fn no_planner_and_none_that_can_be_selected_are_told_apart() {
    let none = registry(&[], &[]).select(Query::new("x")).unwrap_err();
    assert!(matches!(none, SelectError::NoPlanners { .. }), "{none:?}");
    let poor = [Declared::new("poor_planner", &[], 0.2)];
    let error = registry(&poor, &[]).select(Query::new("x")).unwrap_err();
    assert_eq!(error.code(), "E_NONE_SELECTABLE");
    let texts: Vec<_> = error
        .excluded()
        .iter()
        .map(|own| format!("{}: {}", own.name, own.reason))
        .collect();
    assert_eq!(texts, ["poor_planner: reliability 0.2 is below 0.25"]);
}

#[test]
fn the_remedy_names_a_command_for_each_cause_that_there_is() {
    let held = Declared {
        quarantined: true,
        ..Declared::new("held_planner", &[], 0.8)
    };
    let poor = Declared::new("poor_planner", &[], 0.2);
    let remedy = |planners: &[Declared]| {
        let error = registry(planners, &[]).select(Query::new("x"));
        error.unwrap_err().remedy()
    };
    let explain =
        "See what keeps held_planner out and what ends it, with `registry explain held_planner`.";
    let lower = "Lower `FACTORY_MIN_RELIABILITY` if planners that are less reliable will do; \
                 `registry config show` tells where it was set.";
    assert_eq!(remedy(std::slice::from_ref(&held)), explain);
    assert_eq!(remedy(std::slice::from_ref(&poor)), lower);
    assert_eq!(remedy(&[poor, held]), format!("{explain} {lower}"));
}
