//! `registry select` as a process.

use serde_json::json;
use tests::{PluginFolder, RegistryCommand};

use crate::left_out::aborting;

const ALLOWED: &str = "structural_planner,risk_planner,llm_planner";

fn folder() -> PluginFolder {
    let structural = [
        ("capabilities", json!(["Structural", "deep_index"])),
        ("tier", json!("Stable")),
    ];
    let risk = [
        ("capabilities", json!(["risk"])),
        ("production_ready", json!(true)),
    ];
    PluginFolder::new()
        .with_c(
            "structural.so",
            &aborting("structural_planner", 0.8, &structural),
        )
        .with_c("risk.so", &aborting("risk_planner", 0.5, &risk))
}

fn select(folder: &PluginFolder, more: &[&str]) -> RegistryCommand {
    let line = [&["select", "--objective", "Split billing"], more].concat();
    RegistryCommand::new(&line)
        .plugin_dir(folder.path())
        .env("FACTORY_ALLOWED_PLANNERS", ALLOWED)
}

#[test]
fn the_table_says_what_each_score_is_made_of_and_who_is_not_ranked() {
    let folder = folder();
    let more = [
        "--require",
        "structural, ,deep_index",
        "--no-prefer-production",
    ];
    let answer = select(&folder, &more).run();
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    assert_eq!(
        answer.stdout,
        "#  NAME                SCORE\n\
         1  structural_planner  0.93 = match 0.60 + reliability 0.28 + stable 0.05\n\
         2  risk_planner        0.21 = match 0.00 + reliability 0.17 + production 0.04\n\
         \n\
         NOT RANKED   REASON\n\
         llm_planner  absent: no file in the plugin folders declares it\n"
    );
}

#[test]
fn the_document_holds_the_numbers_as_they_are() {
    let folder = folder();
    let context = r#"{"deep_index_summary": {"files": 3}, "hotspots_count": "junk"}"#;
    let more = [
        "--json",
        "--top",
        "1",
        "--require",
        "risk,structural,STRUCTURAL,x",
        "--context",
        "c.json",
    ];
    let answer = select(&folder, &more).working_file("c.json", context).run();
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    let adjusted = 0.8 * 0.97;
    let base = 1.0 / 3.0 * 0.6 + adjusted * 0.35 + 0.05;
    assert_eq!(
        answer.json(),
        json!({
            "schema": 1,
            "ranking": [{
                "name": "structural_planner",
                "score": base + 0.05,
                "base": base,
                "match": 1.0 / 3.0,
                "reliability": 0.8,
                "adjusted": adjusted,
                "tier": 0.05,
                "deep_boost": 0.05,
                "hotspot_boost": 0.0,
            }],
            "excluded": [{
                "name": "llm_planner",
                "reason": "absent",
                "detail": "absent: no file in the plugin folders declares it",
            }],
        })
    );
}

#[test]
fn nothing_to_select_ends_with_1_and_says_why_for_everyone() {
    let folder = folder();
    let command = |more: &[&str]| select(&folder, more).env("FACTORY_MIN_RELIABILITY", "0.9");
    let answer = command(&[]).run();
    assert_eq!(
        (answer.code, answer.stdout.as_str()),
        (
            1,
            "NOT RANKED          REASON\n\
             llm_planner         absent: no file in the plugin folders declares it\n\
             risk_planner        reliability 0.50 is below 0.90\n\
             structural_planner  reliability 0.80 is below 0.90\n"
        )
    );
    assert_eq!(
        answer.stderr,
        "error[E_NONE_SELECTABLE]: none of the planners can be selected\n  \
         next: Lower `FACTORY_MIN_RELIABILITY` if planners that are less reliable will do; \
         `registry config show` tells where it was set.\n  \
         see: registry diagnose\n"
    );
    let answer = command(&["--json"]).run();
    let json = answer.json();
    assert_eq!((answer.code, answer.stderr.as_str()), (1, ""));
    assert_eq!((&json["schema"], &json["ranking"]), (&json!(1), &json!([])));
    assert_eq!(json["error"]["code"], "E_NONE_SELECTABLE");
    let reasons = json["excluded"].as_array().unwrap().iter();
    let reasons: Vec<_> = reasons.map(|own| own["reason"].as_str().unwrap()).collect();
    assert_eq!(
        reasons,
        ["absent", "below_reliability", "below_reliability"]
    );
}

#[test]
fn no_planner_at_all_is_another_error() {
    let answer = select(&PluginFolder::new(), &["--json"]).run();
    let json = answer.json();
    assert_eq!((answer.code, &json["ranking"]), (1, &json!([])));
    assert_eq!(json["error"]["code"], "E_NO_PLANNERS");
    assert_eq!(json["excluded"].as_array().map(Vec::len), Some(3));
}

#[test]
fn an_objective_that_no_planner_takes_and_a_context_that_is_none_are_usage_errors() {
    let folder = folder();
    let blank = RegistryCommand::new(&["select", "--objective", " "]).plugin_dir(folder.path());
    let blank = blank.run();
    assert_eq!(blank.code, 2);
    assert!(
        blank.stderr.starts_with("error[E_INVALID_INPUT]: "),
        "{blank:#?}"
    );
    let context = select(&folder, &["--context", "c.json"])
        .working_file("c.json", "[1]")
        .run();
    assert_eq!(context.code, 2);
    assert!(
        context.stderr.starts_with("error[E_CONTEXT]: "),
        "{context:#?}"
    );
    assert_eq!(select(&folder, &["--top", "0"]).run().code, 2);
}
