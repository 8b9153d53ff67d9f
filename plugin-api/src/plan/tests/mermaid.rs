//! The flowchart, and that no text can forge a part of it.

use proptest::prelude::*;

use super::{build, step};
use crate::plan::{Plan, RiskLevel, Task};

#[test]
fn each_kind_has_its_shape() {
    let chart = Plan::builder("Draw all")
        .allow_high_risk()
        .task(
            Task::gate("e", "all is well")
                .describe("Wait for it")
                .after("d"),
        )
        .task(Task::verify("d").describe("Check it").after("c").after("a"))
        .task(
            Task::aggregate("c", "join")
                .describe("Join them")
                .after("b")
                .risk(RiskLevel::High),
        )
        .task(Task::transform("b", "sed").describe("Turn it").after("a"))
        .task(
            Task::tool("a", "cargo")
                .describe("Build it")
                .risk(RiskLevel::High),
        )
        .build()
        .unwrap()
        .to_mermaid();
    let expected = r#"flowchart TD
    t0["a: Build it"]
    t1[/"b: Turn it"/]
    t2[["c: Join them"]]
    t3(["d: Check it"])
    t4{"e: Wait for it<br/>if all is well"}
    t0 --> t1
    t1 --> t2
    t0 --> t3
    t2 --> t3
    t3 --> t4
    classDef high stroke:#c00,stroke-width:3px
    class t0,t2 high
"#;
    assert_eq!(chart, expected);
}

#[test]
fn marks_become_entities_and_what_cannot_be_seen_is_replaced() {
    let text = "\"]\n%%{init}%% <b>&amp; `x` #35; $$ Grüße 日本 \u{202e}\u{200b}\u{7}\u{e0041}";
    let chart = build([step("end").describe(text)]).unwrap().to_mermaid();
    let expected = "flowchart TD\n    t0[\"end: #34;#93; #37;#37;#123;init#125;#37;#37; #60;b#62;#38;amp#59; \
        #96;x#96; #35;35#59; #36;#36; Grüße 日本 \u{fffd}\u{fffd}\u{fffd}\u{fffd}\"]\n";
    assert_eq!(chart, expected);
}

#[test]
fn long_texts_are_cut() {
    let chart = build([step("a").describe("x".repeat(600))])
        .unwrap()
        .to_mermaid();
    let expected = format!("flowchart TD\n    t0[\"a: {}…\"]\n", "x".repeat(80));
    assert_eq!(chart, expected);
}

proptest! {
    #[test]
    fn no_text_adds_a_line_a_quote_or_a_mark(description in any::<String>(), condition in any::<String>()) {
        prop_assume!(description.trim().chars().count() >= 3 && !condition.trim().is_empty());
        let gate = Task::gate("a", condition).describe(description);
        let chart = build([gate, step("b").after("a")]).unwrap().to_mermaid();
        let lines: Vec<&str> = chart.lines().collect();
        prop_assert_eq!(lines.len(), 4);
        let label = lines[1].strip_prefix("    t0{\"a: ").and_then(|rest| rest.strip_suffix("\"}")).unwrap();
        let (description, condition) = label.split_once("<br/>if ").unwrap();
        for c in description.chars().chain(condition.chars()) {
            prop_assert!(c.is_alphanumeric() || " ,.-_…#;\u{fffd}".contains(c), "{c:?}");
        }
        prop_assert_eq!(lines[2..].to_vec(), ["    t1[\"b: Do one step\"]", "    t0 --> t1"]);
    }
}
