//! Everything known before first use comes from the file's bytes: no plugin code runs.

use plugin_api::API_VERSION;
use registry::Registry;
use registry::diagnose::PlannerState;
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
        .plugin_dir(folder.path())
        .run();
    assert_eq!(answer.code, 255, "a signal must have ended it: {answer:#?}");
}
