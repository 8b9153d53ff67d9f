//! A wrong declaration stops the author's build, with a message that says what is allowed.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;
use xtask::workspace_root;

/// Errors of every example that must not compile, by the example's name.
fn errors() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace_root())
        .args([
            "check",
            "--locked",
            "--keep-going",
            "--message-format",
            "json",
        ])
        .args(["--package", "fixture-compile-fail", "--examples"])
        .args([
            "--features",
            "compile-fail",
            "--target-dir",
            "target/fixtures",
        ])
        .output()
        .unwrap();
    assert!(!output.status.success(), "what must not compile compiled");
    let mut errors = BTreeMap::<String, Vec<String>>::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if event["reason"] == "compiler-message" && event["message"]["level"] == "error" {
            let example = event["target"]["name"].as_str().unwrap().to_owned();
            let text = event["message"]["message"].as_str().unwrap().to_owned();
            errors.entry(example).or_default().push(text);
        }
    }
    errors
}

#[test]
fn every_wrong_declaration_fails_with_what_is_allowed() {
    let expected = [
        (
            "bad_config_schema",
            "config_schema is the text of one JSON object that nests at most 31 deep",
        ),
        (
            "bad_name",
            "bad planner name \"Bad_Planner\": 3 to 64 characters: lower-case letters, digits, '_' and '-', \
             not starting with '-'",
        ),
        (
            "bad_reliability",
            "bad reliability 1.5; a number from 0 to 1, written like 0.8",
        ),
        (
            "bad_risk_rating",
            "unknown risk rating \"extreme\"; one of low, medium, high",
        ),
        (
            "bad_tier",
            "unknown tier \"betta\"; one of alpha, beta, stable, gold, vip",
        ),
        (
            "bad_version",
            "a version is a semantic version of at most 128 bytes, such as \"1.2.3\"",
        ),
        (
            "config_schema_of_two_values",
            "config_schema is the text of one JSON object that nests at most 31 deep",
        ),
        (
            "empty_capability",
            "capabilities are at most 64 texts of 1 to 128 bytes each",
        ),
        (
            "large_manifest",
            "a manifest has at most 65536 bytes; shorten its longest field",
        ),
        ("long_description", "a description has at most 4096 bytes"),
        (
            "long_tag",
            "tags are at most 64 texts of 1 to 128 bytes each",
        ),
        (
            "many_capabilities",
            "capabilities are at most 64 texts of 1 to 128 bytes each",
        ),
        (
            "negative_reliability",
            "bad reliability -0.5; a number from 0 to 1, written like 0.8",
        ),
        (
            "not_a_planner",
            "`Some` is not a planner: implement `plugin_api::Planner` for it",
        ),
        (
            "unknown_field",
            "unknown field \"colour\"; one of version, description, capabilities, tags, permissions, tier, \
             risk_rating, reliability, production_ready, quarantined, self_test, config_schema",
        ),
    ];
    let errors = errors();
    assert_eq!(
        errors.keys().map(String::as_str).collect::<Vec<_>>(),
        expected.map(|(example, _)| example)
    );
    for (example, message) in expected {
        let found = &errors[example];
        assert!(
            found.iter().any(|text| text.contains(message)),
            "{example}: {message:?} is not in {found:#?}"
        );
    }
}
