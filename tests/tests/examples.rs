//! The examples that people start from: short, and working as they stand.

use std::process::Command;

use registry::Registry;
use registry::plugin_api::PlanRequest;
use tests::{PluginFolder, example, shipped};
use xtask::workspace_root;

/// Most lines of an example.
const LINES_MAX: usize = 30;

/// Most lines of the complete planner that the documentation of `plugin-api` opens with.
const DOC_LINES_MAX: usize = 25;

fn text(path: &str) -> String {
    std::fs::read_to_string(workspace_root().join(path)).unwrap()
}

/// The lines of the first code block in a crate's documentation.
fn first_block(source: &str) -> Vec<&str> {
    let doc = source.lines().map_while(|line| line.strip_prefix("//!"));
    let lines: Vec<_> = doc
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    let begin = lines
        .iter()
        .position(|line| line.starts_with("```"))
        .unwrap();
    let length = lines[begin + 1..].iter().position(|line| *line == "```");
    lines[begin + 1..][..length.unwrap()].to_vec()
}

#[test]
fn both_examples_are_short() {
    for path in [
        "plugin-api/examples/release_planner.rs",
        "registry/examples/host.rs",
    ] {
        let lines = text(path).lines().count();
        assert!(lines < LINES_MAX, "{path} has {lines} lines");
    }
}

#[test]
fn the_planner_that_the_documentation_opens_with_is_short_and_whole() {
    let source = text("plugin-api/src/lib.rs");
    let block = first_block(&source);
    let test = block
        .iter()
        .position(|line| line.starts_with("// An author's own test"));
    let planner = &block[..test.unwrap()];
    assert!(planner.len() < DOC_LINES_MAX, "{planner:#?}");
    for part in ["impl Planner for", "export_planner! {", "Plan::builder("] {
        assert!(planner.iter().any(|line| line.contains(part)), "{part}");
    }
    // Nothing of it is hidden, and it is compiled and run with the other doctests.
    assert!(
        !planner.iter().any(|line| line.starts_with("# ")),
        "{planner:#?}"
    );
}

#[test]
fn the_host_example_prints_a_plan_of_the_shipped_planners() {
    let folder = PluginFolder::new()
        .with(&shipped("structural_planner"))
        .with(&shipped("risk_planner"));
    let output = Command::new(example("host"))
        .arg(folder.path())
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<_> = printed
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(task, description)| (task, description.trim_start()))
        .collect();
    let tasks: Vec<_> = rows.iter().map(|(task, _)| *task).collect();
    assert_eq!(
        tasks,
        [
            "survey",
            "layers",
            "foundations",
            "foundations-verify",
            "upper-layers",
            "upper-layers-verify"
        ]
    );
    assert!(
        rows[0].1.ends_with(": Split the billing module"),
        "{printed}"
    );
}

#[test]
fn the_host_example_says_what_is_missing_where_there_are_no_planners() {
    let folder = PluginFolder::new();
    let output = Command::new(example("host"))
        .arg(folder.path())
        .env_clear()
        .output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("structural_planner"), "{told}");
    assert_eq!(output.stdout, b"");
}

#[test]
fn the_plugin_example_is_a_whole_plugin() {
    let folder = PluginFolder::new().with(&example("release_planner"));
    let builder = Registry::builder().plugin_dir(folder.path());
    let registry = builder.allow(["release_planner"]).build().unwrap();
    let manifest = registry
        .describe("release_planner")
        .unwrap()
        .manifest
        .unwrap();
    assert_eq!(manifest.capabilities, ["release", "verify"]);
    let request = PlanRequest::new("Ship 2.0");
    let plan = registry.plan("release_planner", &request).unwrap();
    let order: Vec<_> = plan.order().map(|task| task.task_id.as_str()).collect();
    assert_eq!(order, ["build", "smoke"]);
}
