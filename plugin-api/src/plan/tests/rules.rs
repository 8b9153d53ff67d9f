//! Every rule at its edges, with the exact issue.

use serde_json::{Map, Value, json};

use super::{build, issues, step};
use crate::plan::{Criticality, ObjectField, Plan, PlanIssue, RiskLevel, Task, TaskKind, limits};

fn name(text: &str) -> String {
    text.to_owned()
}

fn many(count: usize) -> Map<String, Value> {
    (0..count).map(|n| (format!("k{n}"), json!(n))).collect()
}

/// An object of exactly `bytes` bytes as JSON.
fn sized(bytes: usize) -> Map<String, Value> {
    Map::from_iter([(name("k"), json!("x".repeat(bytes - r#"{"k":""}"#.len())))])
}

/// An object of exactly `levels` nested levels.
fn nested(levels: usize) -> Map<String, Value> {
    let inner = (1..levels).fold(json!(1), |value, _| json!([value]));
    Map::from_iter([(name("k"), inner)])
}

#[test]
fn every_setter_reaches_its_field() {
    let task = Task::gate("go", "tests are green")
        .describe("Wait for green")
        .with_tool("ci")
        .after("a")
        .after_all(["b", "c"])
        .args(many(1))
        .arg("force", true)
        .priority(7)
        .criticality(Criticality::High)
        .risk(RiskLevel::Medium)
        .tag("late")
        .tag("early")
        .metadata("why", "habit");
    assert_eq!(
        serde_json::to_value(task).unwrap(),
        json!({
            "task_id": "go", "description": "Wait for green", "type": "GATE", "tool_name": "ci",
            "args": {"k0": 0, "force": true}, "dependencies": ["a", "b", "c"], "priority": 7,
            "criticality": "HIGH", "risk_level": "MEDIUM", "gate_condition": "tests are green",
            "tags": ["early", "late"], "metadata": {"why": "habit"},
        })
    );
}

#[test]
fn each_constructor_makes_its_kind() {
    let made = [
        Task::tool("a", "t"),
        Task::transform("a", "t"),
        Task::aggregate("a", "t"),
        Task::verify("a"),
        Task::gate("a", "c"),
    ];
    assert_eq!(made.each_ref().map(|task| task.kind), TaskKind::ALL);
    assert_eq!(
        made.map(|task| task.tool_name.is_some()),
        TaskKind::ALL.map(TaskKind::needs_tool)
    );
}

#[test]
fn every_value_at_the_edge_of_its_range_is_accepted() {
    let id = "aZ_-09".repeat(11)[..limits::ID_CHARS_MAX].to_owned();
    let plan = Plan::builder("é".repeat(limits::OBJECTIVE_CHARS_MAX))
        .plan_id("p")
        .revision(u32::MAX)
        .allow_high_risk()
        .tasks([
            step(&id)
                .describe("é".repeat(600))
                .with_tool("t".repeat(100))
                .priority(0)
                .risk(RiskLevel::High)
                .args(many(40)),
            step("b")
                .describe(" abc ")
                .priority(1000)
                .args(sized(24_000)),
            step("c").args(nested(32)),
            Task::gate("d", "é".repeat(600)).describe("Wait"),
            Task {
                tags: (0..20).map(|n| format!("{n:040}")).collect(),
                metadata: many(30),
                ..step("e")
            },
        ])
        .build()
        .unwrap();
    assert_eq!(plan.tasks().len(), 5);
    assert!(plan.allows_high_risk());
}

#[test]
fn every_value_past_the_edge_of_its_range_is_named_at_once() {
    let plan = Plan::builder("x".repeat(8_001))
        .plan_id("no/slash")
        .meta("allow_high_risk", "yes")
        .tasks([
            step("").describe("ab").priority(-1),
            step(&"x".repeat(65))
                .describe("x".repeat(601))
                .priority(1001),
            step("a b").with_tool(" "),
            step("tool").with_tool("a\u{202e}b"),
            step("long").with_tool("x".repeat(101)),
            Task {
                tool_name: None,
                ..step("none")
            },
            step("risky").risk(RiskLevel::High),
            Task::gate("blank", "  ").describe("Wait for it"),
            Task::gate("wordy", "x".repeat(601)).describe("Wait for it"),
            Task {
                gate_condition: None,
                ..Task::gate("open", "").describe("Wait for it")
            },
            Task {
                gate_condition: Some(name("x")),
                ..step("misplaced")
            },
            Task {
                tags: (0..21).map(|n| n.to_string()).collect(),
                ..step("tagged")
            },
            step("tag").tag(" ").tag("x".repeat(41)),
        ])
        .build();
    let expected = vec![
        PlanIssue::ObjectiveLength { chars: 8_001 },
        PlanIssue::PlanIdForm {
            plan_id: name("no/slash"),
        },
        PlanIssue::HighRiskSwitchForm,
        PlanIssue::TaskIdForm {
            task: name(""),
            position: 1,
        },
        PlanIssue::DescriptionLength {
            task: name(""),
            chars: 2,
        },
        PlanIssue::PriorityRange {
            task: name(""),
            priority: -1,
        },
        PlanIssue::TaskIdForm {
            task: "x".repeat(64) + "…",
            position: 2,
        },
        PlanIssue::DescriptionLength {
            task: "x".repeat(64) + "…",
            chars: 601,
        },
        PlanIssue::PriorityRange {
            task: "x".repeat(64) + "…",
            priority: 1001,
        },
        PlanIssue::TaskIdForm {
            task: name("a b"),
            position: 3,
        },
        PlanIssue::ToolNameForm { task: name("a b") },
        PlanIssue::ToolNameForm { task: name("tool") },
        PlanIssue::ToolNameForm { task: name("long") },
        PlanIssue::ToolNameMissing { task: name("none") },
        PlanIssue::HighRiskNotAllowed {
            task: name("risky"),
        },
        PlanIssue::GateConditionLength {
            task: name("blank"),
            chars: 0,
        },
        PlanIssue::GateConditionLength {
            task: name("wordy"),
            chars: 601,
        },
        PlanIssue::GateConditionMissing { task: name("open") },
        PlanIssue::GateConditionMisplaced {
            task: name("misplaced"),
        },
        PlanIssue::TooManyTags {
            task: name("tagged"),
            count: 21,
        },
        PlanIssue::TagForm {
            task: name("tag"),
            tag: name(" "),
        },
        PlanIssue::TagForm {
            task: name("tag"),
            tag: "x".repeat(41),
        },
    ];
    assert_eq!(issues(plan), expected);
}

#[test]
fn objects_are_bounded_in_keys_bytes_and_nesting() {
    let plan = Plan::builder("Test the rules")
        .tasks([
            step("keys").args(many(41)),
            step("bytes").args(sized(24_001)),
            step("deep").args(nested(33)),
            Task {
                metadata: many(31),
                ..step("meta")
            },
        ])
        .meta("k", "x".repeat(24_000))
        .build();
    let task = |text: &str| Some(name(text));
    let args = ObjectField::Args;
    let expected = vec![
        PlanIssue::ObjectSize {
            task: None,
            field: ObjectField::Meta,
            bytes: 24_008,
        },
        PlanIssue::TooManyKeys {
            task: task("keys"),
            field: args,
            count: 41,
        },
        PlanIssue::ObjectSize {
            task: task("bytes"),
            field: args,
            bytes: 24_001,
        },
        PlanIssue::ObjectNesting {
            task: task("deep"),
            field: args,
        },
        PlanIssue::TooManyKeys {
            task: task("meta"),
            field: ObjectField::Metadata,
            count: 31,
        },
    ];
    assert_eq!(issues(plan), expected);
}

#[test]
fn blank_objectives_and_empty_plans_are_refused() {
    let expected = vec![PlanIssue::ObjectiveLength { chars: 0 }, PlanIssue::NoTasks];
    assert_eq!(issues(Plan::builder(" \n").build()), expected);
}

#[test]
fn high_risk_is_refused_when_the_switch_says_no() {
    let risky = step("a").risk(RiskLevel::High);
    let plan = Plan::builder("Test")
        .meta("allow_high_risk", false)
        .task(risky)
        .build();
    assert_eq!(
        issues(plan),
        [PlanIssue::HighRiskNotAllowed { task: name("a") }]
    );
}

#[test]
fn eight_hundred_tasks_are_accepted_and_one_more_is_not() {
    let tasks = |count: usize| (0..count).map(|n| step(&format!("t{n}")));
    assert_eq!(build(tasks(800)).unwrap().tasks().len(), 800);
    assert_eq!(
        issues(build(tasks(801))),
        [PlanIssue::TooManyTasks { count: 801 }]
    );
}

#[test]
fn a_plan_whose_parts_fit_can_still_be_too_large() {
    let tasks = (0..450).map(|n| step(&format!("t{n}")).args(sized(24_000)));
    let issues = issues(build(tasks));
    let [PlanIssue::PlanSize { bytes }] = issues.as_slice() else {
        panic!("{issues:?}");
    };
    assert!((10_800_000..10_900_000).contains(bytes), "{bytes}");
}

#[test]
fn issues_past_the_bound_are_counted() {
    let error = build((0..700).map(|n| Task::verify(format!("t{n}")))).unwrap_err();
    assert_eq!(error.issues().len(), 200);
    assert_eq!(error.issues_omitted(), 500);
    assert_eq!(error.message(), "700 rules are broken");
    assert!(error.to_string().ends_with("; and 695 more"), "{error}");
}

#[test]
fn codes_are_the_tags_in_json_and_sentences_name_the_task() {
    let samples = [
        PlanIssue::ObjectiveLength { chars: 0 },
        PlanIssue::PlanIdForm { plan_id: name("p") },
        PlanIssue::NoTasks,
        PlanIssue::TooManyTasks { count: 801 },
        PlanIssue::PlanSize { bytes: 1 },
        PlanIssue::PlanParts { parts: 1 },
        PlanIssue::Depth {
            task: name("a"),
            depth: 61,
        },
        PlanIssue::OutDegree {
            task: name("a"),
            dependents: 81,
        },
        PlanIssue::Cycle {
            path: vec![name("a"), name("b"), name("a")],
        },
        PlanIssue::DuplicateTaskId {
            task: name("a"),
            count: 2,
        },
        PlanIssue::SelfDependency { task: name("a") },
        PlanIssue::MissingDependency {
            task: name("a"),
            dependency: name("b"),
        },
        PlanIssue::DuplicateDependency {
            task: name("a"),
            dependency: name("b"),
        },
        PlanIssue::TaskIdForm {
            task: name("a"),
            position: 1,
        },
        PlanIssue::DescriptionLength {
            task: name("a"),
            chars: 2,
        },
        PlanIssue::ToolNameMissing { task: name("a") },
        PlanIssue::ToolNameForm { task: name("a") },
        PlanIssue::PriorityRange {
            task: name("a"),
            priority: -1,
        },
        PlanIssue::GateConditionMissing { task: name("a") },
        PlanIssue::GateConditionMisplaced { task: name("a") },
        PlanIssue::GateConditionLength {
            task: name("a"),
            chars: 0,
        },
        PlanIssue::HighRiskNotAllowed { task: name("a") },
        PlanIssue::TooManyTags {
            task: name("a"),
            count: 21,
        },
        PlanIssue::TagForm {
            task: name("a"),
            tag: name(" "),
        },
        PlanIssue::TooManyKeys {
            task: Some(name("a")),
            field: ObjectField::Args,
            count: 41,
        },
        PlanIssue::ObjectSize {
            task: Some(name("a")),
            field: ObjectField::Args,
            bytes: 24_001,
        },
        PlanIssue::ObjectNesting {
            task: Some(name("a")),
            field: ObjectField::Metadata,
        },
        PlanIssue::HighRiskSwitchForm,
        PlanIssue::Unknown,
    ];
    for issue in samples {
        let value = serde_json::to_value(&issue).unwrap();
        assert_eq!(value["code"], issue.code());
        if value.get("task").is_some() {
            assert!(issue.to_string().contains("\"a\""), "{issue}");
        }
        assert_eq!(serde_json::from_value::<PlanIssue>(value).unwrap(), issue);
    }
}

#[test]
fn hostile_ids_cannot_forge_lines_in_a_sentence() {
    let issue = issues(build([step("a\n\u{1b}[2Kok\u{202e}")])).remove(0);
    assert_eq!(
        issue.to_string(),
        r#"task 1 has the id "a\n\u{1b}[2Kok\u{202e}", which is not 1 to 64 of A-Z, a-z, 0-9, '_' and '-'"#
    );
}
