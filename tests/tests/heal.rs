//! Healing through the public interface: the library, a selection that heals, and the command.

use registry::{HealOutcome, Query, Registry};
use serde_json::json;
use tests::{PluginFolder, RegistryCommand, section_source};

const NAME: &str = "late_planner";

fn registry(folder: &PluginFolder, on_empty: &str) -> Registry {
    Registry::builder()
        .plugin_dir(folder.path())
        .allow([NAME])
        .set("heal.on_empty", on_empty)
        .set("heal.blocking", "0")
        .build()
        .unwrap()
}

fn with_planner(folder: PluginFolder) -> PluginFolder {
    let manifest = json!({
        "schema": 1,
        "name": NAME,
        "version": "1.0.0",
        "api": {"major": 1, "minor": 0},
        "build": {"rustc": "none", "profile": "release", "panic": "unwind"},
        "reliability": 0.8,
    });
    folder.with_c("late.so", &section_source(&manifest.to_string()))
}

#[test]
fn a_selection_heals_where_that_is_wanted_and_ranks_what_came_back() {
    for (on_empty, found) in [("0", false), ("1", true)] {
        let folder = PluginFolder::new();
        let registry = registry(&folder, on_empty);
        registry.discover().unwrap();
        let folder = with_planner(folder);
        let best = registry.select_best_name(Query::new("Split billing"));
        match best {
            Ok(best) => assert_eq!((best.as_str(), found), (NAME, true)),
            Err(error) => assert_eq!((error.code(), found), ("E_NO_PLANNERS", false)),
        }
        drop(folder);
    }
}

#[test]
fn a_second_heal_cools_down_and_an_active_planner_needs_none() {
    let folder = PluginFolder::new();
    let registry = registry(&folder, "0");
    let outcomes = [(); 2].map(|()| registry.heal().unwrap().outcome);
    assert_eq!(outcomes, [HealOutcome::NotHealed, HealOutcome::CoolingDown]);
    let _folder = with_planner(folder);
    registry.discover().unwrap();
    let report = registry.heal().unwrap();
    assert_eq!(
        (report.outcome, report.active_before, report.active_after),
        (HealOutcome::NotNeeded, 1, 1)
    );
}

#[test]
fn the_command_ends_with_1_while_nothing_is_active() {
    let heal = |folder: &PluginFolder, more: &[&str]| {
        RegistryCommand::new(&[&["heal"], more].concat())
            .plugin_dir(folder.path())
            .env("FACTORY_ALLOWED_PLANNERS", NAME)
            .env("FACTORY_SELF_HEAL_BLOCKING", "0")
            .run()
    };
    let folder = PluginFolder::new();
    let answer = heal(&folder, &["--json"]);
    let json = answer.json();
    assert_eq!(answer.code, 1, "{answer:#?}");
    assert_eq!(
        (&json["outcome"], &json["attempts"], &json["active_after"]),
        (&json!("not_healed"), &json!(1), &json!(0))
    );
    assert_eq!(json["planners"][0]["planner"], NAME);
    assert_eq!(json["planners"][0]["still"]["code"], "E_ABSENT");
    let text = heal(&folder, &[]);
    let first = "this command's own view; no running host was asked\n\
                 not healed: 0 active planners · 1 attempt · next: registry diagnose\n";
    assert_eq!(text.code, 1);
    assert!(text.stdout.starts_with(first), "{text:#?}");
    let folder = with_planner(folder);
    let answer = heal(&folder, &[]);
    assert_eq!(answer.report(), "not needed: 1 active planner\n");
}
