//! Everything known before first use comes from the file's bytes: no plugin code runs.

use std::path::Path;

use plugin_api::API_VERSION;
use registry::diagnose::{GateKind, PlannerState};
use registry::{Query, Registry};
use tests::{PluginFolder, RegistryCommand, manifest_source};

/// A library whose constructor ends whatever process opens it.
fn aborting() -> String {
    let manifest = manifest_source("aborting_planner", API_VERSION.major, API_VERSION.minor);
    format!(
        "{manifest}#include <stdlib.h>\n__attribute__((constructor)) static void end(void) {{ abort(); }}\n"
    )
}

#[test]
fn listing_describing_and_diagnosing_do_not_open_a_library_that_would_abort() {
    let folder = PluginFolder::new().with_c("aborting.so", &aborting());
    let builder = Registry::builder().plugin_dir(folder.path());
    let registry = builder.allow(["aborting_planner"]).build().unwrap();
    for _ in 0..100 {
        registry.discover().unwrap();
        assert_eq!(registry.list().unwrap()[0].state, PlannerState::NotLoaded);
        assert_eq!(
            registry.describe("aborting_planner").unwrap().name.as_str(),
            "aborting_planner"
        );
        assert_eq!(registry.diagnose().unwrap().files.refused.len(), 0);
    }
}

#[test]
fn inspect_prints_the_manifest_of_a_library_that_would_abort() {
    let folder = PluginFolder::new().with_c("aborting.so", &aborting());
    let file = folder.file("aborting.so");
    let answer = RegistryCommand::new(&["inspect", &file.to_string_lossy(), "--json"]).run();
    assert_eq!(answer.code, 0, "{answer:#?}");
    let json = answer.json();
    assert_eq!(json["schema"], 1);
    assert_eq!(json["manifest"]["name"], "aborting_planner");
    assert_eq!(json["manifest"]["build"]["rustc"], "none");
}

#[test]
fn the_library_does_abort_a_process_that_opens_it() {
    let folder = PluginFolder::new().with_c("aborting.so", &aborting());
    let answer = RegistryCommand::new(&["plan", "aborting_planner", "anything"])
        .env("FACTORY_ALLOWED_PLANNERS", "aborting_planner")
        .env("FACTORY_ISOLATION", "in-process")
        .plugin_dir(folder.path())
        .run();
    assert_eq!(answer.code, 255, "a signal must have ended it: {answer:#?}");
}

/// A library whose constructor leaves a file at `marker`.
fn marking(name: &str, marker: &Path) -> String {
    let manifest = manifest_source(name, API_VERSION.major, API_VERSION.minor);
    format!(
        "{manifest}#include <fcntl.h>\n__attribute__((constructor)) static void mark(void) \
         {{ open(\"{}\", O_CREAT | O_WRONLY, 0644); }}\n",
        marker.display()
    )
}

#[test]
fn no_question_about_a_planner_or_its_file_runs_its_constructor_and_using_it_does() {
    let elsewhere = PluginFolder::new();
    let marker = elsewhere.file("marker");
    let folder = PluginFolder::new()
        .with_c("marking.so", &marking("marking_planner", &marker))
        .with_c("other.so", &marking("other_planner", &marker));
    let outside = PluginFolder::new().with_c("far.so", &marking("far_planner", &marker));
    let builder = Registry::builder().plugin_dir(folder.path());
    let builder = builder.allow(["marking_planner"]);
    // Its author says nothing of how reliable it is.
    let registry = builder.set("select.min_reliability", "0").build().unwrap();
    for _ in 0..100 {
        registry.discover().unwrap();
        assert_eq!(registry.list().unwrap()[0].state, PlannerState::NotLoaded);
        let status = registry.describe("marking_planner").unwrap();
        assert_eq!(status.state, PlannerState::NotLoaded);
        let explained = [
            registry.explain("marking_planner"),
            registry.explain("other_planner"),
            registry.explain_file(folder.file("marking.so")),
            registry.explain_file(outside.file("far.so")),
        ]
        .map(|explanation| explanation.unwrap().refused_by);
        let at_allowlist = Some(GateKind::Allowlist);
        assert_eq!(explained, [None, at_allowlist, None, at_allowlist]);
        assert_eq!(registry.diagnose().unwrap().found(), 1);
        assert_eq!(registry.health(1).active, 1);
        let selection = registry.select(Query::new("anything")).unwrap();
        assert_eq!(selection.best().name().as_str(), "marking_planner");
        assert_eq!(selection.ranking().len(), 1);
    }
    assert!(!marker.exists(), "a constructor ran");
    assert_eq!(
        registry.get("marking_planner").unwrap_err().code(),
        "E_NO_ROOT"
    );
    assert!(
        marker.exists(),
        "the constructor leaves no mark, so nothing was shown"
    );
}

#[test]
fn no_question_to_the_command_runs_a_constructor() {
    let elsewhere = PluginFolder::new();
    let marker = elsewhere.file("marker");
    let folder = PluginFolder::new().with_c("marking.so", &marking("marking_planner", &marker));
    let file = folder.file("marking.so");
    let file = file.to_string_lossy();
    for arguments in [
        &["list"][..],
        &["describe", "marking_planner"],
        &["explain", "marking_planner"],
        &["explain", &file],
        &["inspect", &file],
        &["diagnose", "--verbose"],
        &["health"],
        &["select", "--objective", "anything"],
        &["doctor"],
    ] {
        let answer = RegistryCommand::new(arguments)
            .env("FACTORY_ALLOWED_PLANNERS", "marking_planner")
            .env("FACTORY_MIN_RELIABILITY", "0")
            .plugin_dir(folder.path())
            .run();
        assert_eq!(answer.code, 0, "{answer:#?}");
    }
    assert!(!marker.exists(), "a constructor ran");
}
