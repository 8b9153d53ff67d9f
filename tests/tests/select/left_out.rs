//! Everyone who is not ranked is named with the reason, and none of it takes opening a library.

use plugin_api::API_VERSION;
use registry::{Excluded, Query, Registry};
use serde_json::json;
use tests::{PluginFolder, section_source};

/// A library of the planner `name` whose constructor ends whatever process opens it.
pub(crate) fn aborting(name: &str, reliability: f64, more: &[(&str, serde_json::Value)]) -> String {
    let mut manifest = json!({
        "schema": 1,
        "name": name,
        "version": "1.0.0",
        "api": {"major": API_VERSION.major, "minor": API_VERSION.minor},
        "build": {"rustc": "none", "profile": "release", "panic": "unwind"},
        "reliability": reliability,
    });
    for (key, value) in more {
        manifest[key] = value.clone();
    }
    let section = section_source(&manifest.to_string());
    format!(
        "{section}#include <stdlib.h>\n__attribute__((constructor)) static void end(void) {{ abort(); }}\n"
    )
}

fn texts(excluded: &[Excluded]) -> Vec<String> {
    let text = |own: &Excluded| format!("{} ({}): {}", own.name, own.reason.word(), own.reason);
    excluded.iter().map(text).collect()
}

#[test]
fn every_name_that_is_allowed_or_declared_is_ranked_or_has_its_reason() {
    let newer = json!({"major": API_VERSION.major, "minor": API_VERSION.minor + 1});
    let folder = PluginFolder::new()
        .with_c("good.so", &aborting("good_planner", 0.9, &[]))
        .with_c("fair.so", &aborting("fair_planner", 0.25, &[]))
        .with_c("poor.so", &aborting("poor_planner", 0.24, &[]))
        .with_c(
            "held.so",
            &aborting("held_planner", 0.9, &[("quarantined", json!(true))]),
        )
        .with_c(
            "newer.so",
            &aborting("newer_planner", 0.9, &[("api", newer)]),
        )
        .with_c("stranger.so", &aborting("stranger_planner", 0.9, &[]))
        .with_c("blocked.so", &aborting("blocked_planner", 0.9, &[]))
        .with_c("left.so", &aborting("left_planner", 0.9, &[]))
        .with_c("twin_1.so", &aborting("twin_planner", 0.9, &[]))
        .with_c(
            "twin_2.so",
            &aborting("twin_planner", 0.9, &[("tags", json!(["other"]))]),
        );
    let registry = Registry::builder()
        .plugin_dir(folder.path())
        .allow([
            "good_planner",
            "fair_planner",
            "poor_planner",
            "held_planner",
            "newer_planner",
            "blocked_planner",
            "left_planner",
            "twin_planner",
            "absent_planner",
        ])
        .set("trust.blocked", "blocked_planner")
        .set("discovery.exclude", "left_planner")
        .build()
        .unwrap();
    let selection = registry.select(Query::new("Split")).unwrap();
    let ranked: Vec<_> = selection
        .ranking()
        .iter()
        .map(|own| own.name().to_string())
        .collect();
    assert_eq!(ranked, ["good_planner", "fair_planner"]);
    let excluded = texts(&selection.excluded());
    let expected = [
        "absent_planner (absent): absent: no file in the plugin folders declares it",
        "blocked_planner (refused): refused: \"blocked_planner\" is on the block list",
        "held_planner (quarantined): quarantined: its author holds it back",
        "left_planner (excluded): the configuration excludes its name",
        "newer_planner (refused): refused: plugin interface ",
        "poor_planner (below_reliability): reliability 0.24 is below 0.25",
        "stranger_planner (not_allowed): its name is not on the allowlist",
        "twin_planner (refused): refused: ",
    ];
    assert_eq!(excluded.len(), expected.len(), "{excluded:#?}");
    for (own, expected) in excluded.iter().zip(expected) {
        assert!(own.starts_with(expected), "{own} is not {expected}");
    }
}

#[test]
fn who_is_too_unreliable_to_be_selected_is_told_so_by_an_explanation_and_passes_every_gate() {
    let folder = PluginFolder::new()
        .with_c("fair.so", &aborting("fair_planner", 0.25, &[]))
        .with_c("poor.so", &aborting("poor_planner", 0.24, &[]));
    let builder = Registry::builder().plugin_dir(folder.path());
    let registry = builder
        .allow(["fair_planner", "poor_planner"])
        .build()
        .unwrap();
    let notes = |name: &str| {
        let explanation = registry.explain(name).unwrap();
        assert_eq!(explanation.refused_by, None);
        explanation.notes
    };
    assert_eq!(notes("fair_planner"), Vec::<String>::new());
    let note = "reliability 0.24 is below 0.25: it is not selected, but can be asked by name";
    assert_eq!(notes("poor_planner"), [note]);
}

#[test]
fn what_discovery_changes_is_seen_by_the_next_selection() {
    let folder = PluginFolder::new().with_c("good.so", &aborting("good_planner", 0.5, &[]));
    let builder = Registry::builder().plugin_dir(folder.path());
    let registry = builder
        .allow(["good_planner", "late_planner"])
        .build()
        .unwrap();
    let best = || {
        registry
            .select_best_name(Query::new("x"))
            .unwrap()
            .to_string()
    };
    assert_eq!(best(), "good_planner");
    let before = registry.select(Query::new("x")).unwrap();
    let _folder = folder.with_c("late.so", &aborting("late_planner", 0.6, &[]));
    assert_eq!(best(), "good_planner");
    registry.discover().unwrap();
    assert_eq!(best(), "late_planner");
    assert_eq!(before.best().name().as_str(), "good_planner");
    assert_eq!(
        texts(&before.excluded()),
        ["late_planner (absent): absent: no file in the plugin folders declares it"]
    );
}
