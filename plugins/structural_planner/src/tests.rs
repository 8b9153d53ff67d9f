//! Whole plans: exact ones for small graphs, promises for random ones, bounds for hostile ones.

use std::collections::HashMap;

use plugin_api::serde_json::{Value, json};
use plugin_api::{
    Context, FileFacts, Layer, Plan, PlanContext, PlanRequest, Planner, Task, TaskKind, limits,
};
use proptest::prelude::*;

use crate::StructuralPlanner;

fn plan(context: PlanContext) -> Plan {
    let request = PlanRequest::new("Split the billing module").with_context(context);
    StructuralPlanner
        .plan(&request, &Context::detached())
        .unwrap()
}

fn plan_files(files: impl IntoIterator<Item = FileFacts>) -> Plan {
    plan(PlanContext::new().with_files(files))
}

fn file(path: &str, uses: &[&str]) -> FileFacts {
    FileFacts::new(path).depends_on(uses.iter().copied())
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

/// Where in the order the task of each listed file stands, and where in the task.
fn places(plan: &Plan) -> HashMap<String, (usize, usize)> {
    let mut places = HashMap::new();
    for (position, task) in plan.order().enumerate() {
        let files = task.args.get("files").and_then(Value::as_array);
        for (place, path) in files.into_iter().flatten().enumerate() {
            let path = path.as_str().unwrap().to_owned();
            assert_eq!(places.insert(path, (position, place)), None);
        }
    }
    places
}

fn omitted_files<'a>(tasks: impl IntoIterator<Item = &'a Task>) -> u64 {
    let omitted = tasks
        .into_iter()
        .filter_map(|task| task.args.get("files_omitted"));
    omitted.filter_map(Value::as_u64).sum()
}

fn checks(plan: &Plan) -> usize {
    plan.stats().by_type[&TaskKind::Verify]
}

#[test]
fn a_small_graph_is_planned_from_its_foundations_up() {
    let plan = plan_files([
        file("src/api.rs", &["src/billing.rs", "src/money.rs"]),
        file("src/billing.rs", &["src/money.rs"]),
        file("src/money.rs", &[]),
    ]);
    assert_eq!(
        lines(&plan),
        [
            "l01-w01-money < : Apply the objective to src/money.rs, which 2 files use",
            "l01-verify < l01-w01-money: Check layer 1 of 3 before the next one is touched: its 1 \
             file and all below still pass their tests, and nothing in it uses a layer above",
            "l02-w01-billing < l01-verify: Apply the objective to src/billing.rs, which 1 file uses",
            "l02-verify < l02-w01-billing: Check layer 2 of 3 before the next one is touched: its 1 \
             file and all below still pass their tests, and nothing in it uses a layer above",
            "l03-w01-api < l02-verify: Apply the objective to src/api.rs, which no listed file uses",
            "l03-verify < l03-w01-api: Check layer 3 of 3: its 1 file and all below still pass \
             their tests, and nothing in it uses a layer above",
        ]
    );
    assert_eq!(
        Value::Object(plan.meta().clone()),
        json!({
            "files": 3, "dependencies": 3, "layers": 3, "cycles": 0, "self_dependencies": 0,
            "missing_targets": 0, "deep_index": false,
        })
    );
}

#[test]
fn a_ring_is_one_task_that_names_it() {
    let plan = plan_files([
        file("a.rs", &["b.rs"]),
        file("b.rs", &["c.rs"]),
        file("c.rs", &["a.rs"]),
        file("main.rs", &["a.rs"]),
    ]);
    let task = plan.task("l01-w01-a").unwrap();
    assert_eq!(
        task.description,
        "Break or contain the cycle a.rs → b.rs → c.rs → a.rs; then apply the objective to its 3 files"
    );
    assert_eq!(task.args["cycles"], json!([["a.rs", "b.rs", "c.rs"]]));
    assert_eq!(task.args["files"], json!(["a.rs", "b.rs", "c.rs"]));
    assert_eq!(plan.meta()["cycles"], 1);
    assert_eq!(plan.tasks().len(), 4);
}

#[test]
fn what_a_graph_gets_wrong_is_counted_and_left_out() {
    let plan = plan_files([
        file("a.rs", &["a.rs", "gone.rs", "b.rs"]),
        file("b.rs", &["lost.rs"]),
        file("b.rs", &["a.rs"]),
    ]);
    assert_eq!(plan.meta()["self_dependencies"], 1);
    assert_eq!(plan.meta()["missing_targets"], 2);
    assert_eq!(plan.meta()["cycles"], 0);
    let ids: Vec<&str> = plan.order().map(|task| task.task_id.as_str()).collect();
    assert_eq!(ids, ["l01-w01-b", "l01-verify", "l02-w01-a", "l02-verify"]);
}

#[test]
fn declared_layers_order_files_of_which_nothing_else_is_known() {
    let plan = plan(PlanContext::new().with_layers([
        Layer::new("domain", ["money.rs", "billing.rs"]),
        Layer::new("service", Vec::<String>::new()),
    ]));
    let ids: Vec<&str> = plan.order().map(|task| task.task_id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "l01-w01-billing",
            "l01-w02-money",
            "l01-verify",
            "l02-w01-service",
            "l02-verify"
        ]
    );
}

#[test]
fn a_dependency_into_a_higher_declared_layer_is_named() {
    let context = PlanContext::new()
        .with_files([
            file("low.rs", &["high.rs"]),
            file("high.rs", &[]),
            file("undeclared.rs", &["high.rs", "low.rs"]),
        ])
        .with_layers([
            Layer::new("low", ["low.rs"]),
            Layer::new("high", ["high.rs", "low.rs"]),
        ]);
    let plan = plan(context);
    assert_eq!(plan.meta()["upward_dependencies"], 1);
    assert_eq!(
        plan.meta()["upward_dependencies_shown"],
        json!(["low.rs → high.rs"])
    );
    let places = places(&plan);
    assert!(places["high.rs"] < places["low.rs"]);
}

#[test]
fn without_files_the_objective_alone_is_planned() {
    for context in [
        PlanContext::new(),
        PlanContext::new().with("deep_index_summary", json!({"modules": 3})),
        PlanContext::new()
            .with("files", "none")
            .with("layers", json!([1, {}])),
    ] {
        let plan = plan(context);
        let ids: Vec<&str> = plan.order().map(|task| task.task_id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "survey",
                "layers",
                "foundations",
                "foundations-verify",
                "upper-layers",
                "upper-layers-verify"
            ]
        );
        let survey = plan.task("survey").unwrap();
        assert!(survey.description.ends_with(": Split the billing module"));
    }
}

#[test]
fn the_self_test_passes() {
    let tested = StructuralPlanner.self_test(&Context::detached());
    assert_eq!(tested, Ok(()));
}

#[test]
fn the_order_in_which_files_are_listed_changes_nothing() {
    let mut files: Vec<FileFacts> = (0..40)
        .map(|number| {
            let used = format!("{}/{}.rs", number % 3, (number * 7) % 40);
            FileFacts::new(format!("{}/{number}.rs", number % 3)).depends_on([used])
        })
        .collect();
    let forwards = plan_files(files.clone()).to_json().unwrap();
    files.reverse();
    assert_eq!(plan_files(files).to_json().unwrap(), forwards);
}

#[test]
fn a_flat_repository_of_5_000_files_is_grouped_by_folder() {
    let files = (0..5_000).map(|number| FileFacts::new(format!("src/{}/{number}.rs", number % 50)));
    let plan = plan_files(files);
    assert_eq!(plan.tasks().len(), limits::OUT_DEGREE_MAX + 1);
    assert_eq!(places(&plan).len(), 5_000);
    assert_eq!(
        plan.meta()["grouping"],
        "a plan holds no more: 5000 separate parts share 80 tasks"
    );
    let first = &plan.task("l01-w01-0").unwrap().description;
    assert!(
        first.starts_with("Apply the objective to 50 files in src/0, in the order listed: src/0/")
    );
    for task in plan
        .tasks()
        .iter()
        .filter(|task| task.kind == TaskKind::Tool)
    {
        let files = task.args["files"].as_array().unwrap();
        let folder = |path: &Value| {
            path.as_str()
                .unwrap()
                .rsplit_once('/')
                .unwrap()
                .0
                .to_owned()
        };
        assert!(files.iter().all(|path| folder(path) == folder(&files[0])));
    }
}

#[test]
fn a_layered_repository_of_5_000_files_fits_into_a_plan() {
    // 50 layers of 100 files, each of which uses three of the layer below.
    let path = |layer: usize, number: usize| format!("m{}/l{layer}/{number}.rs", number % 10);
    let files = (0..5_000).map(|file| {
        let (layer, number) = (file / 100, file % 100);
        let below = (0..3)
            .filter(|_| layer > 0)
            .map(|step| (number + step * 10) % 100);
        FileFacts::new(path(layer, number)).depends_on(below.map(|number| path(layer - 1, number)))
    });
    let plan = plan_files(files);
    let stats = plan.stats();
    assert_eq!((checks(&plan), stats.depth), (30, 60));
    assert_eq!(
        plan.meta()["grouping"],
        "a plan holds no more: 50 layers are joined into 30, 5000 separate parts share 770 tasks"
    );
    let places = places(&plan);
    assert_eq!(places.len(), 5_000);
    assert!(places[&path(0, 0)] < places[&path(1, 0)]);
    assert!(places[&path(48, 20)] < places[&path(49, 0)]);
}

#[test]
fn a_chain_of_100_000_files_is_a_plan_within_the_limits() {
    let files = (0..100_000).map(|number| {
        let used = (number > 0).then(|| format!("f{}", number - 1));
        FileFacts::new(format!("f{number}")).depends_on(used)
    });
    let plan = plan_files(files);
    assert_eq!((plan.tasks().len(), plan.stats().depth), (60, 60));
    let first = plan.task("l01-w01").unwrap();
    assert_eq!(first.args["files"][0], "f0");
    let listed = first.args["files"].as_array().unwrap().len();
    assert_eq!(listed as u64 + omitted_files([first]), 3_334);
}

#[test]
fn a_ring_of_100_000_files_is_one_task() {
    let files = (0..100_000).map(|number| {
        FileFacts::new(format!("f{number}")).depends_on([format!("f{}", (number + 1) % 100_000)])
    });
    let plan = plan_files(files);
    assert_eq!(plan.tasks().len(), 2);
    let task = plan.task("l01-w01-f0").unwrap();
    assert_eq!(task.args["cycles_omitted"], 1);
    assert_eq!(
        task.description,
        "Break or contain the cycle f0 → f1 → f2 → f3 → 99996 more → f0; then apply the objective to \
         its 100000 files"
    );
}

#[test]
fn the_longest_and_oddest_paths_keep_every_limit() {
    let odd = |number: usize| {
        format!(
            "{}\u{1}\n\"/{}{number}",
            "ü/".repeat(200),
            "\u{1f980}".repeat(500)
        )
    };
    let ring = |number: usize| 2 * (number / 2) + (number + 1) % 2;
    let files: Vec<FileFacts> = (0..2_000)
        .map(|number| FileFacts::new(odd(number)).depends_on([odd(ring(number))]))
        .collect();
    let plan = plan_files(files);
    assert_eq!(plan.meta()["cycles"], 1_000);
    assert_eq!(plan.tasks().len(), 81);
    assert_eq!(
        places(&plan).len() as u64 + omitted_files(plan.tasks()),
        2_000
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn whatever_a_file_uses_is_planned_before_it(
        folders in prop::collection::vec(0..6_u8, 1..150),
        edges in prop::collection::vec((0..150_usize, 0..170_usize), 0..400),
        upward in any::<bool>(),
    ) {
        let path = |number: usize| {
            format!("{}/{number}.rs", folders.get(number).copied().unwrap_or(9))
        };
        let mut uses = vec![Vec::new(); folders.len()];
        for &(user, used) in &edges {
            // Half of the graphs have no cycle, and so more layers.
            if user < folders.len() && (upward || used < user) {
                uses[user].push(path(used));
            }
        }
        let files = uses.iter().enumerate();
        let plan = plan_files(files.map(|(number, uses)| {
            FileFacts::new(path(number)).depends_on(uses.clone())
        }));

        let places = places(&plan);
        prop_assert_eq!(places.len(), folders.len());
        for (user, uses) in uses.iter().enumerate() {
            let user = places[&path(user)];
            for used in uses.iter().filter_map(|used| places.get(used)) {
                prop_assert!(used.0 <= user.0);
            }
        }
        let layers = plan.meta()["layers"].as_u64().unwrap();
        prop_assert_eq!(checks(&plan) as u64, layers.min(crate::bands::BANDS_MAX as u64));
        for task in plan.tasks() {
            let checked = plan.tasks().iter().filter(|check| {
                check.kind == TaskKind::Verify && check.dependencies.contains(&task.task_id)
            });
            prop_assert_eq!(checked.count(), usize::from(task.kind == TaskKind::Tool));
        }
    }
}
