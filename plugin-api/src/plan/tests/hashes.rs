//! What each hash depends on, and what not.

use proptest::prelude::*;
use serde_json::json;

use super::{build, step};
use crate::plan::{Criticality, Plan, PlanBuilder, RiskLevel, Task};

/// build → (lint, test) → ship
fn release() -> [Task; 4] {
    [
        step("build"),
        step("lint").after("build").tag("fast").tag("cheap"),
        step("test")
            .after("build")
            .arg("jobs", 4)
            .arg("env", json!({"b": 1, "a": 2})),
        Task::verify("ship")
            .describe("Ship the release")
            .after("lint")
            .after("test"),
    ]
}

fn base() -> PlanBuilder {
    Plan::builder("Release 1.4").allow_high_risk()
}

#[test]
fn the_hashes_of_a_known_plan_never_change() {
    let plan = base().tasks(release()).build().unwrap();
    assert_eq!(
        plan.content_hash().to_string(),
        "6a69a95a54403633b3975e30485aad13a17fa00d8df4113e165105208fab2a4e"
    );
    assert_eq!(
        plan.structural_hash().to_string(),
        "f2951b834061e80945ce9e49039b685090f832329e17bcab9254b09ae0b76d34"
    );
    assert_eq!(plan.plan_id(), "plan-6a69a95a54403633");
}

#[test]
fn order_of_mention_id_and_revision_do_not_matter() {
    let plan = base().tasks(release()).build().unwrap();
    let [build, lint, test, ship] = release();
    let ship = Task {
        dependencies: vec!["test".to_owned(), "lint".to_owned()],
        ..ship
    };
    let lint = Task {
        tags: ["cheap".to_owned(), "fast".to_owned()].into(),
        ..lint
    };
    let other = base()
        .plan_id("another")
        .revision(9)
        .tasks([ship, test, lint, build])
        .build()
        .unwrap();
    assert_eq!(other.content_hash(), plan.content_hash());
    assert_eq!(other.structural_hash(), plan.structural_hash());
}

#[test]
fn every_field_but_the_shape_changes_the_content_alone() {
    let plan = base().tasks(release()).build().unwrap();
    let variants: [fn(Task) -> Task; 9] = [
        |task| task.describe("Build some targets"),
        |task| task.with_tool("make"),
        |task| task.arg("x", 1),
        |task| task.arg("x", "1"),
        |task| task.arg("x", json!([1])),
        |task| task.priority(3),
        |task| task.criticality(Criticality::High),
        |task| task.risk(RiskLevel::High),
        |task| task.tag("x"),
    ];
    let mut hashes = vec![plan.content_hash()];
    for variant in variants {
        let [build, lint, test, ship] = release();
        let other = base()
            .tasks([variant(build), lint, test, ship])
            .build()
            .unwrap();
        assert_eq!(other.structural_hash(), plan.structural_hash());
        hashes.push(other.content_hash());
    }
    for builder in [
        Plan::builder("Release 1.4"),
        base().meta("a", 1),
        Plan::builder("Release 1.5").allow_high_risk(),
    ] {
        let other = builder.tasks(release()).build().unwrap();
        assert_eq!(other.structural_hash(), plan.structural_hash());
        hashes.push(other.content_hash());
    }
    let count = hashes.len();
    hashes.sort_by_key(ToString::to_string);
    hashes.dedup();
    assert_eq!((hashes.len(), count), (13, 13));
}

#[test]
fn a_text_moved_to_its_neighbour_field_changes_the_content() {
    let hash = |task: Task| build([task]).unwrap().content_hash();
    assert_ne!(
        hash(step("ab").describe("cdef")),
        hash(step("abc").describe("def"))
    );
    assert_ne!(hash(step("a").tag("x").tag("y")), hash(step("a").tag("xy")));
    assert_ne!(
        hash(step("a").arg("k", "v")),
        hash(step("a").metadata("k", "v"))
    );
}

#[test]
fn kinds_and_edges_change_the_shape() {
    let shape = |tasks: Vec<Task>| build(tasks).unwrap().structural_hash();
    let verify = |id: &str| Task::verify(id).describe("Check it");
    let mut shapes = vec![
        shape(vec![step("a")]),
        shape(vec![verify("a")]),
        shape(vec![step("a"), step("b")]),
        shape(vec![step("a"), step("b").after("a")]),
        shape(vec![verify("a"), step("b").after("a")]),
        shape(vec![step("a"), verify("b").after("a")]),
        // Two pairs and a fork: the same tasks as seen from their dependencies alone.
        shape(vec![
            step("a"),
            step("b"),
            step("c").after("a"),
            step("d").after("a"),
        ]),
        shape(vec![
            step("a"),
            step("b"),
            step("c").after("a"),
            step("d").after("b"),
        ]),
    ];
    shapes.sort_by_key(ToString::to_string);
    shapes.dedup();
    assert_eq!(shapes.len(), 8);
}

proptest! {
    #[test]
    fn renaming_and_shuffling_keep_the_shape(
        edges in prop::collection::vec((0_usize..12, 0_usize..12), 0..24),
        names in Just((0..12).collect::<Vec<usize>>()).prop_shuffle(),
        places in Just((0..12).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let mut edges: Vec<_> = edges.into_iter().filter(|(a, b)| a < b).collect();
        edges.sort_unstable();
        edges.dedup();
        let plan = |name: &dyn Fn(usize) -> usize, places: &[usize]| {
            let tasks = places.iter().map(|&n| {
                let from = edges.iter().filter(|edge| edge.1 == n);
                let task = if n % 3 == 0 {
                    Task::verify(format!("t{}", name(n))).describe(format!("Check {}", name(n)))
                } else {
                    step(&format!("t{}", name(n)))
                };
                task.after_all(from.map(|edge| format!("t{}", name(edge.0))))
            });
            build(tasks).unwrap()
        };
        let identity: Vec<usize> = (0..12).collect();
        let original = plan(&|n| n, &identity);
        let shuffled = plan(&|n| n, &places);
        let renamed = plan(&|n| names[n] + 100, &places);
        prop_assert_eq!(shuffled.content_hash(), original.content_hash());
        prop_assert_eq!(renamed.structural_hash(), original.structural_hash());
        prop_assert_ne!(renamed.content_hash(), original.content_hash());
    }
}
