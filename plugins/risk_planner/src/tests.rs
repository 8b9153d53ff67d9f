//! Whole plans: exact ones for few files, promises for random ones, bounds for many.

use plugin_api::serde_json::{Value, json};
use plugin_api::{
    Context, FileFacts, Plan, PlanContext, PlanRequest, Planner, RiskLevel, Task, TaskKind, limits,
};
use proptest::prelude::*;

use crate::RiskPlanner;
use crate::units::{ALONE_MAX, SHARED_MAX};

fn plan(context: PlanContext) -> Plan {
    let request = PlanRequest::new("Split the billing module").with_context(context);
    RiskPlanner.plan(&request, &Context::detached()).unwrap()
}

fn two_hotspots() -> PlanContext {
    PlanContext::new().with_hotspots([
        FileFacts::new("src/calm.rs")
            .churn(1.0)
            .complexity(1.0)
            .fan_in(0.0),
        FileFacts::new("src/hot.rs")
            .churn(31.0)
            .complexity(12.5)
            .fan_in(4.0),
    ])
}

fn listed(task: &Task) -> u64 {
    let listed = task.args["files"].as_array().unwrap().len() as u64;
    listed
        + task
            .args
            .get("files_omitted")
            .and_then(Value::as_u64)
            .unwrap_or(0)
}

#[test]
fn a_risky_file_waits_behind_its_safety_net_and_gate() {
    let plan = plan(two_hotspots());
    let lines: Vec<String> = plan
        .order()
        .map(|task| {
            let after = task.dependencies.join(" ");
            format!("{} < {after}: {}", task.task_id, task.description)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "baseline < : Run every test and keep the results, before anything is changed",
            "r01-mitigate-hot < baseline: Pin down with tests what src/hot.rs now does, and prepare a \
             way back",
            "r01-gate-hot < r01-mitigate-hot: Hold the change of src/hot.rs until its safety net is \
             proven",
            "r01-change-hot < r01-gate-hot: Apply the objective to src/hot.rs, in steps that can each \
             be undone; its score is 1.00: churn 31, complexity 12.5, fan-in 4",
            "r01-verify-hot < r01-change-hot: Check src/hot.rs and whatever uses it against the \
             baseline and the new tests",
            "calm-change < baseline: Apply the objective to 1 file of low risk, the riskiest first",
            "verify-all < r01-verify-hot calm-change: Check the whole against the baseline, and \
             against the objective: Split the billing module",
        ]
    );
    assert_eq!(
        plan.task("r01-gate-hot").unwrap().gate_condition.as_deref(),
        Some("the tests of r01-mitigate-hot pass, and its way back was tried")
    );
}

#[test]
fn without_permission_high_is_lowered_and_the_plan_says_so() {
    let plan = plan(two_hotspots());
    let change = plan.task("r01-change-hot").unwrap();
    assert_eq!(change.risk_level, RiskLevel::Medium);
    assert_eq!(
        change.metadata["risk_lowered"],
        "HIGH marked MEDIUM: the context does not say allow_high_risk: true"
    );
    assert_eq!(
        plan.meta()["high_risk_lowered"],
        "1 file of high risk marked MEDIUM: the context does not say allow_high_risk: true"
    );
    assert!(!plan.allows_high_risk());
}

#[test]
fn with_permission_high_stays_high() {
    let plan = plan(two_hotspots().with("allow_high_risk", true));
    let change = plan.task("r01-change-hot").unwrap();
    assert_eq!(change.risk_level, RiskLevel::High);
    assert_eq!(change.metadata.get("risk_lowered"), None);
    assert_eq!(plan.meta().get("high_risk_lowered"), None);
    assert!(plan.allows_high_risk());
}

#[test]
fn permission_is_not_passed_on_where_nothing_is_high() {
    let context = PlanContext::new()
        .with("allow_high_risk", true)
        .with("hotspots", json!(["a"]));
    let plan = plan(context);
    assert_eq!(plan.stats().by_type[&TaskKind::Gate], 1);
    assert!(!plan.allows_high_risk());
}

#[test]
fn without_files_the_objective_alone_is_planned_with_a_gate() {
    let plan = plan(
        PlanContext::new()
            .with("hotspots_count", "12")
            .with("hotspots", json!({})),
    );
    let ids: Vec<&str> = plan.order().map(|task| task.task_id.as_str()).collect();
    assert_eq!(
        ids,
        ["survey", "rank", "mitigate", "gate", "change", "verify-all"]
    );
    let survey = &plan.task("survey").unwrap().description;
    assert!(survey.ends_with("(12 hotspots are said to exist): Split the billing module"));
}

#[test]
fn the_order_in_which_files_are_listed_changes_nothing() {
    let file = |number: u32| {
        let facts = FileFacts::new(format!("{number}.rs")).churn(f64::from(number % 7));
        facts.depends_on([format!("{}.rs", number % 5)])
    };
    let forwards = plan(PlanContext::new().with_files((0..99).map(file)));
    let backwards = plan(PlanContext::new().with_files((0..99).rev().map(file)));
    assert_eq!(forwards.to_json().unwrap(), backwards.to_json().unwrap());
}

#[test]
fn of_5_000_risky_files_the_riskiest_have_gates_of_their_own() {
    let file = |number: u32| FileFacts::new(format!("{number}.rs")).churn(f64::from(number));
    let plan = plan(PlanContext::new().with_hotspots((0..5_000).map(file)));
    let gates = plan.stats().by_type[&TaskKind::Gate];
    assert_eq!(gates, ALONE_MAX + SHARED_MAX);
    assert!(gates < limits::OUT_DEGREE_MAX);
    assert_eq!(
        plan.task("r01-change-4999").unwrap().args["files"],
        json!(["4999.rs"])
    );
    let edits = plan
        .tasks()
        .iter()
        .filter(|task| task.tool_name.as_deref() == Some("edit"));
    assert_eq!(edits.map(listed).sum::<u64>(), 5_000);
}

#[test]
fn the_longest_paths_and_numbers_keep_every_limit() {
    let path = |number: usize| format!("\u{1}\"{}{number}", "ü\n".repeat(500));
    let files = (0..340).map(|number| {
        let facts = FileFacts::new(path(number)).churn(f64::MAX);
        facts.complexity(1e-300).fan_in(1.0 / 3.0)
    });
    let plan = plan(
        PlanContext::new()
            .with_files(files)
            .with("allow_high_risk", true),
    );
    assert_eq!(plan.stats().high_risk, ALONE_MAX + SHARED_MAX);
}

#[test]
fn a_chain_of_100_000_files_with_faults_is_planned() {
    let file = |number: u32| {
        let uses = [number, number + 1, number + 1].map(|used| format!("{used}"));
        FileFacts::new(number.to_string()).depends_on(uses)
    };
    let mut files: Vec<FileFacts> = (0..100_000).map(file).collect();
    files.push(FileFacts::new("0").churn(9.0));
    let plan = plan(PlanContext::new().with_files(files));
    // Each but the first is used by one other, and nothing more is known: 0.5 * 0.5 * 1.
    assert_eq!(plan.meta()["files_of_high_risk"], 99_999);
    assert_eq!(plan.task("r01-change-1").unwrap().metadata["score"], 0.25);
    assert_eq!(
        plan.task("calm-change").unwrap().args["files"],
        json!(["0"])
    );
}

#[test]
fn the_self_test_passes() {
    let tested = RiskPlanner.self_test(&Context::detached());
    assert_eq!(tested, Ok(()));
}

fn any_facts() -> impl Strategy<Value = (u8, [Option<f64>; 3], Vec<u8>)> {
    let measure = || prop::option::of(prop_oneof![Just(0.0), 0.0..1e3, Just(f64::MAX)]);
    (
        any::<u8>(),
        [measure(), measure(), measure()],
        prop::collection::vec(any::<u8>(), 0..4),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn every_file_is_planned_once_and_every_risky_one_behind_a_gate(
        files in prop::collection::vec(any_facts(), 1..200),
        allowed in any::<bool>(),
    ) {
        let facts = files.iter().map(|(name, [churn, complexity, fan_in], uses)| {
            let mut facts = FileFacts::new(name.to_string());
            facts.churn = *churn;
            facts.complexity = *complexity;
            facts.fan_in = *fan_in;
            facts.depends_on(uses.iter().map(u8::to_string))
        });
        let plan = plan(PlanContext::new().with_files(facts).with("allow_high_risk", allowed));

        let mut names: Vec<u8> = files.iter().map(|file| file.0).collect();
        names.sort_unstable();
        names.dedup();
        let edits: Vec<&Task> = plan
            .tasks()
            .iter()
            .filter(|task| task.tool_name.as_deref() == Some("edit"))
            .collect();
        prop_assert_eq!(edits.iter().map(|task| listed(task)).sum::<u64>(), names.len() as u64);
        for task in edits {
            let before = plan.task(&task.dependencies[0]).unwrap();
            let is_risky = task.risk_level > RiskLevel::Low;
            prop_assert_eq!(is_risky, before.kind == TaskKind::Gate);
        }
        prop_assert!(allowed || plan.stats().high_risk == 0);
    }
}
