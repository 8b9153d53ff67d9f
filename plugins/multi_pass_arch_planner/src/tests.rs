//! Whole plans: exact ones for small requests, promises for random ones, bounds for large ones.

use std::collections::HashMap;

use plugin_api::serde_json::{Value, json};
use plugin_api::{
    Context, FileFacts, Layer, Plan, PlanContext, PlanRequest, Planner, Task, TaskKind, limits,
};
use proptest::prelude::*;

use crate::MultiPassArchPlanner;

fn plan(objective: &str, context: PlanContext) -> Plan {
    let request = PlanRequest::new(objective).with_context(context);
    MultiPassArchPlanner
        .plan(&request, &Context::detached())
        .unwrap()
}

fn three_folders() -> PlanContext {
    PlanContext::new().with_files([
        FileFacts::new("src/api/http.rs").depends_on(["src/billing/invoice.rs"]),
        FileFacts::new("src/billing/invoice.rs").depends_on(["src/money/amount.rs"]),
        FileFacts::new("src/money/amount.rs"),
    ])
}

/// Each task in the order to run, as `id < dependencies: description`.
fn lines(plan: &Plan) -> Vec<String> {
    plan.order()
        .map(|task| {
            let after = task.dependencies.join(" ");
            format!("{} < {after}: {}", task.task_id, task.description)
        })
        .collect()
}

/// How many files a task names or counts.
fn listed(task: &Task) -> u64 {
    let omitted = task.args.get("files_omitted").and_then(Value::as_u64);
    task.args["files"].as_array().unwrap().len() as u64 + omitted.unwrap_or(0)
}

#[test]
fn goals_are_ordered_by_word_and_areas_by_use() {
    let objective = "Add tracing in money and billing, then split the billing module.";
    let plan = plan(objective, three_folders());
    assert_eq!(
        lines(&plan)[2..],
        [
            "s01-t01-money < design: Do this, in src/money: Add tracing in money and billing",
            "s01-verify < s01-t01-money: Check stage 1 of 3: everything in src/money still works, \
             as does what uses it: src/billing",
            "s02-t01-billing < s01-verify: Do this, in src/billing: Add tracing in money and billing",
            "s02-verify < s02-t01-billing: Check stage 2 of 3: everything in src/billing still \
             works, as does what uses it: src/api",
            "s03-t01-billing < s02-verify: Do this, in src/billing: split the billing module",
            "s03-verify < s03-t01-billing: Check stage 3 of 3: everything in src/billing still \
             works, as does what uses it: src/api; then compare the whole with the objective: Add tracing in \
             money and billing, then split the billing module.",
        ]
    );
    let step = plan.task("s01-t01-money").unwrap();
    assert_eq!(step.args["files"], json!(["src/money/amount.rs"]));
    assert_eq!(
        plan.task("survey").unwrap().args["areas"],
        json!([
            {"name": "src/api", "files": 1, "level": 2},
            {"name": "src/billing", "files": 1, "level": 1},
            {"name": "src/money", "files": 1, "level": 0},
        ])
    );
}

#[test]
fn without_a_context_the_goals_alone_are_planned() {
    let plan = plan(
        "Split billing, add docs, and finally run the tests",
        PlanContext::new(),
    );
    assert_eq!(
        lines(&plan),
        [
            "survey < : Find what this touches, and who relies on it: Split billing, add docs, and \
             finally run the tests",
            "design < survey: Settle the target structure, its seams, and what must not change: \
             Split billing, add docs, and finally run the tests",
            "s01-t01-split-billing < design: Do this: Split billing",
            "s01-t02-add-docs < design: Do this: add docs",
            "s02-t01-run-the-tests < s01-t01-split-billing s01-t02-add-docs: Do this: run the tests",
        ]
    );
}

#[test]
fn one_letter_is_an_objective_too() {
    let plan = plan("x", PlanContext::new());
    let ids: Vec<&str> = plan.order().map(|task| task.task_id.as_str()).collect();
    assert_eq!(ids, ["survey", "design", "s01-t01-x", "s01-verify"]);
}

#[test]
fn what_says_the_same_is_merged_between_the_passes() {
    let objective = "Add logging. Please add the logging! Add logging in the billing module. \
                     Verify it, then verify it.";
    let plan = plan(objective, three_folders());
    assert_eq!(
        plan.meta()["merged"],
        2,
        "one goal after the survey, one step after decomposing"
    );
    let kinds = plan.stats().by_type;
    assert_eq!(kinds[&TaskKind::Tool], 1 + 3);
    assert_eq!(
        kinds[&TaskKind::Verify],
        2 + 2,
        "a check asked for at two ranks is meant twice"
    );
}

#[test]
fn declared_layers_are_the_areas() {
    let layers = [
        Layer::new("domain", ["m.rs"]),
        Layer::new("web ui", Vec::<String>::new()),
    ];
    let plan = plan("Rename it", PlanContext::new().with_layers(layers));
    let ids: Vec<&str> = plan.order().map(|task| task.task_id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "survey",
            "design",
            "s01-t01-domain",
            "s01-verify",
            "s02-t01-web-ui",
            "s02-verify"
        ]
    );
}

#[test]
fn the_order_in_which_files_are_listed_changes_nothing() {
    let file = |number: usize| {
        let used = format!("{}/{}", number % 5, number / 2);
        FileFacts::new(format!("{}/{number}", number % 7)).depends_on([used])
    };
    let forwards = plan("Split 3", PlanContext::new().with_files((0..99).map(file)));
    let backwards = plan(
        "Split 3",
        PlanContext::new().with_files((0..99).rev().map(file)),
    );
    assert_eq!(forwards.to_json().unwrap(), backwards.to_json().unwrap());
}

#[test]
fn many_goals_in_many_areas_are_joined() {
    let demands: Vec<String> = (0..100)
        .map(|number| format!("{number}. Do {number}"))
        .collect();
    let objective = demands.join("\n");
    let layers = (0..40).map(|number| Layer::new(format!("l{number}"), Vec::<String>::new()));
    let plan = plan(&objective, PlanContext::new().with_layers(layers));
    assert_eq!(
        plan.meta()["grouping"],
        "a plan holds no more: a goal's areas share one task"
    );
    assert_eq!((plan.tasks().len(), plan.stats().depth), (2 + 2 * 24, 50));
    assert_eq!(
        plan.task("s02-t01-do-1").unwrap().description,
        "Do this, in this order: l0 + l1, l2 + l3, l4 + l5 and 17 more: Do 1"
    );
}

#[test]
fn a_repository_of_5_000_files_keeps_every_limit() {
    let path = |number: usize| format!("{}/{}/{number}.rs", number % 20, number % 400);
    let file = |number: usize| FileFacts::new(path(number)).depends_on([path(number / 2)]);
    let context = PlanContext::new().with_files((0..5_000).map(file));
    let plan = plan("Introduce tracing. Then remove the old logger", context);
    assert_eq!(plan.meta()["areas"], 20);
    let edits = plan
        .tasks()
        .iter()
        .filter(|task| task.tool_name.as_deref() == Some("edit"));
    assert_eq!(edits.map(listed).sum::<u64>(), 2 * 5_000);
}

#[test]
fn the_longest_and_oddest_names_keep_every_limit() {
    let odd = |number: usize| format!("{}\u{1}\"{number}", "\u{1f980} ".repeat(500));
    let layers = (0..300).map(|number| Layer::new(odd(number), [odd(number)]));
    let objective = "\u{1f980}, then \u{1} ".repeat(800);
    let plan = plan(&objective[..8_000], PlanContext::new().with_layers(layers));
    assert_eq!(plan.meta()["areas"], 24);
}

#[test]
fn a_chain_of_100_000_files_with_faults_is_planned() {
    // Every folder uses the one before, and the first the last.
    let path = |number: u32| format!("{}/{number}", char::from(b'a' + (number % 20) as u8));
    let file = |number: u32| {
        FileFacts::new(path(number)).depends_on([path(number), path(number + 1), "gone".to_owned()])
    };
    let mut files: Vec<FileFacts> = (0..100_000).map(file).collect();
    files.push(FileFacts::new(path(0)));
    let plan = plan("Introduce tracing", PlanContext::new().with_files(files));
    assert_eq!(plan.meta()["areas"], 20);
    assert_eq!(plan.meta()["stages"], 1, "all areas use each other");
    assert_eq!(listed(plan.task("s01-t01-a").unwrap()), 5_000);
}

#[test]
fn the_self_test_passes() {
    let tested = MultiPassArchPlanner.self_test(&Context::detached());
    assert_eq!(tested, Ok(()));
}

/// Where in the order each task stands.
fn positions(plan: &Plan) -> HashMap<&str, usize> {
    let ids = plan.order().map(|task| task.task_id.as_str());
    ids.enumerate()
        .map(|(position, id)| (id, position))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn every_request_gets_a_plan_in_which_work_is_checked(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "split a", "verify b", ", then ", ". ", " and add c", "\n1. ", "in d", "; ", "the e is",
                "if f then g", ":", "\n- ",
            ]),
            1..60,
        ),
        edges in prop::collection::vec((0..40_u8, 0..40_u8), 0..80),
    ) {
        let objective = format!("x{}", parts.join(" "));
        let path = |number: u8| format!("{}/{number}", char::from(b'a' + number % 9));
        let files = edges.iter().map(|&(user, used)| FileFacts::new(path(user)).depends_on([path(used)]));
        let plan = plan(&objective, PlanContext::new().with_files(files));

        let positions = positions(&plan);
        let last_check = plan.tasks().iter().filter(|task| task.kind == TaskKind::Verify);
        let last_check = last_check.map(|task| positions[task.task_id.as_str()]).max();
        let edits = plan.tasks().iter().filter(|task| task.tool_name.as_deref() == Some("edit"));
        for edit in edits {
            prop_assert!(Some(positions[edit.task_id.as_str()]) < last_check);
        }
        prop_assert!(plan.tasks().len() <= limits::TASKS_MAX);
        prop_assert!(plan.tasks().len() > 2);
    }
}
