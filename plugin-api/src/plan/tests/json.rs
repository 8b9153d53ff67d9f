//! Plans as JSON: what is written is read back the same, and nothing unchecked gets in.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{build, issues, step};
use crate::error::PlanErrorKind;
use crate::plan::{Plan, PlanIssue, RiskLevel, Task, limits};

fn refused(json: &[u8]) -> String {
    let error = Plan::from_json(json).expect_err("the JSON must be refused");
    assert_eq!(error.kind(), PlanErrorKind::InvalidPlan);
    assert_eq!(error.issues(), []);
    error.to_string()
}

#[test]
fn the_json_of_a_known_plan_never_changes() {
    let plan = Plan::builder("Release 1.4")
        .plan_id("release-1-4")
        .allow_high_risk()
        .task(
            Task::tool("build", "cargo")
                .describe("Build every target")
                .arg("jobs", 4),
        )
        .task(
            Task::gate("go", "the build is green")
                .describe("Wait for the build")
                .after("build")
                .risk(RiskLevel::High),
        )
        .build()
        .unwrap();
    let expected = concat!(
        r#"{"plan_id":"release-1-4","revision":1,"objective":"Release 1.4","tasks":["#,
        r#"{"task_id":"build","description":"Build every target","type":"TOOL","tool_name":"cargo","#,
        r#""args":{"jobs":4},"dependencies":[],"priority":100,"criticality":"MEDIUM","risk_level":"LOW"},"#,
        r#"{"task_id":"go","description":"Wait for the build","type":"GATE","dependencies":["build"],"#,
        r#""priority":100,"criticality":"MEDIUM","risk_level":"HIGH","gate_condition":"the build is green"}"#,
        r#"],"meta":{"allow_high_risk":true}}"#,
    );
    assert_eq!(
        String::from_utf8(plan.to_json().unwrap()).unwrap(),
        expected
    );
    assert_eq!(Plan::from_json(expected.as_bytes()).unwrap(), plan);
}

#[test]
fn what_may_be_left_out_gets_its_default() {
    let json = json!({"objective": "Say it", "tasks": [
        {"task_id": "a", "type": "VERIFY", "description": "Look at it"},
    ]});
    let plan = Plan::from_json(json.to_string().as_bytes()).unwrap();
    let expected = Plan::builder("Say it")
        .task(Task::verify("a").describe("Look at it"))
        .build()
        .unwrap();
    assert_eq!(plan, expected);
    assert_eq!((plan.revision(), plan.tasks()[0].priority), (1, 100));
}

#[test]
fn json_goes_through_the_same_check_also_by_plain_serde() {
    let json = json!({"plan_id": null, "tasks": [
        {"type": "TOOL", "dependencies": ["ghost"]},
    ]});
    let found = issues(Plan::from_json(json.to_string().as_bytes()));
    let codes: Vec<&str> = found.iter().map(PlanIssue::code).collect();
    let expected = [
        "objective_length",
        "missing_dependency",
        "task_id_form",
        "description_length",
        "tool_name_missing",
    ];
    assert_eq!(codes, expected);
    let error = serde_json::from_value::<Plan>(json).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("invalid plan: 5 rules are broken: the objective"),
        "{error}"
    );
}

#[test]
fn what_is_no_plan_is_refused_with_its_place() {
    assert_eq!(
        refused(b"{"),
        "invalid plan: not a plan: EOF while parsing an object at line 1 column 1"
    );
    assert!(refused(b"[1]").starts_with("invalid plan: not a plan: "));
    assert!(refused(b"\xff").starts_with("invalid plan: not a plan: "));
    assert!(refused(br#"{"tasks":[{"depends_on":[]}]}"#).contains("unknown field `depends_on`"));
    assert!(refused(br#"{"tasks":[{"type":"LOOP"}]}"#).contains("unknown variant `LOOP`"));
    assert!(refused("[".repeat(100_000).as_bytes()).starts_with("invalid plan: not a plan: "));
    assert_eq!(
        refused(&vec![b' '; limits::PLAN_BYTES_MAX + 1]),
        "invalid plan: the plan takes 10485761 bytes as JSON; at most 10485760 are allowed"
    );
}

#[test]
fn a_plan_of_the_largest_size_is_read_back() {
    let filler = |bytes: usize| Map::from_iter([("k".to_owned(), json!("x".repeat(bytes)))]);
    let plan = |last: usize| {
        let tasks = (0..433).map(|n| step(&format!("t{n:03}")).args(filler(23_992)));
        build(tasks.chain([step("last").args(filler(last))]))
    };
    let spare = limits::PLAN_BYTES_MAX - plan(0).unwrap().to_json().unwrap().len();
    let largest = plan(spare).unwrap();
    let json = largest.to_json().unwrap();
    assert_eq!(json.len(), limits::PLAN_BYTES_MAX);
    assert_eq!(Plan::from_json(&json).unwrap(), largest);
    let expected = PlanIssue::PlanSize {
        bytes: limits::PLAN_BYTES_MAX + 1,
    };
    assert_eq!(issues(plan(spare + 1)), [expected]);
}

#[test]
fn json_of_many_tiny_values_is_refused_before_it_is_read() {
    let json = format!(r#"{{"meta":{{"k":[{}0]}}}}"#, r#"{"":0},"#.repeat(300_000));
    assert_eq!(
        refused(json.as_bytes()),
        "invalid plan: the plan has 600003 commas and opening brackets as JSON; at most 500000 are allowed"
    );
    let filler = |n: usize| Map::from_iter([(format!("k{n}"), json!(vec![0; 11_000]))]);
    let plan = |tasks: usize| build((0..tasks).map(|n| step(&format!("t{n}")).args(filler(n))));
    let largest = plan(45).unwrap();
    assert_eq!(
        Plan::from_json(&largest.to_json().unwrap()).unwrap(),
        largest
    );
    assert_eq!(issues(plan(46)), [PlanIssue::PlanParts { parts: 506_558 }]);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_plan_survives_the_way_through_json(
        objective in "[^ ].{0,40}",
        description in "[a-z]{3}.{0,40}",
        args in prop::collection::btree_map(".{0,6}", any_json(), 0..4),
        meta in any_json(),
        priority in 0_i64..=1000,
    ) {
        prop_assume!(!objective.trim().is_empty());
        let task = step("a").describe(description).args(args.into_iter().collect()).priority(priority);
        let plan = Plan::builder(objective).task(task).meta("any", meta).build().unwrap();
        let read = Plan::from_json(&plan.to_json().unwrap()).unwrap();
        prop_assert_eq!(read.content_hash(), plan.content_hash());
        prop_assert_eq!(read, plan);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Plan::from_json(&bytes);
    }

    #[test]
    fn a_known_plan_with_any_part_replaced_never_panics(part in any_json(), key in 0_usize..17) {
        let mut plan = serde_json::to_value(build([step("a")]).unwrap()).unwrap();
        let keys = ["task_id", "description", "type", "tool_name", "args", "dependencies", "priority",
            "criticality", "risk_level", "gate_condition", "tags", "metadata"];
        match keys.get(key) {
            Some(&key) => plan["tasks"][0][key] = part,
            None => plan[["plan_id", "revision", "objective", "tasks", "meta"][key - keys.len()]] = part,
        }
        let _ = Plan::from_json(plan.to_string().as_bytes());
    }
}
