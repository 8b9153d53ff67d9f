//! What `diagnose --json` and an exported diagnosis say is what the published schema says.

use jsonschema::Validator;
use registry::Registry;
use registry::diagnose::{BreakerState, ExportFormat, schema};
use serde_json::{Value, json};
use tests::{PluginFolder, RegistryCommand, fixture, manifest_source};

use crate::situations::{self, breaker};

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).unwrap()
}

#[track_caller]
fn assert_valid(document: &Value) {
    let validator = validator();
    let errors = validator.iter_errors(document);
    let errors: Vec<String> = errors
        .map(|error| format!("{}: {error:.300}", error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}

/// The document that a running registry writes.
fn exported(registry: &Registry) -> Value {
    let folder = PluginFolder::new();
    let path = folder.file("diagnosis.json");
    registry
        .export_diagnostics(&path, ExportFormat::Json)
        .unwrap();
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn planner<'a>(document: &'a Value, name: &str) -> &'a Value {
    let mut planners = document["planners"].as_array().unwrap().iter();
    planners.find(|planner| planner["name"] == name).unwrap()
}

#[test]
fn the_command_answers_by_the_schema_with_and_without_plugins() {
    let nothing = RegistryCommand::new(&["diagnose", "--json"]).run().json();
    assert_valid(&nothing);
    assert_eq!(nothing["planners"][0]["state"], "absent");

    let folder = PluginFolder::new()
        .with(&fixture("well_behaved"))
        .with_c("future.so", &manifest_source("future_planner", 2, 0))
        .with_file("notes.so", b"some notes, and no library at all, but long")
        .with_file("a\u{1b}\n\u{202e}.so", b"");
    let mixed = RegistryCommand::new(&["diagnose", "--json"])
        .plugin_dir(folder.path())
        .plugin_dir(&folder.file("missing"))
        .env("FACTORY_ALLOWED_PLANNERS", "well_behaved,future_planner")
        .run()
        .json();
    assert_valid(&mixed);
    assert_eq!(planner(&mixed, "well_behaved")["state"], "not_loaded");
    assert_eq!(planner(&mixed, "future_planner")["state"], "refused");
    assert_eq!(mixed["refused"].as_array().unwrap().len(), 3);
    assert!(mixed["folders"][1]["problem"].is_object(), "{mixed:#}");
}

#[test]
fn a_running_registry_writes_by_the_schema_whatever_is_the_matter() {
    let (_folder, registry) = situations::evening();
    assert_eq!(
        breaker(&registry.diagnose().unwrap(), "obeys"),
        BreakerState::Open
    );
    let document = exported(&registry);
    assert_valid(&document);
    let crashed = planner(&document, "obeys");
    assert_eq!(crashed["state"], "breaker_open");
    assert_eq!(crashed["last_crash"]["signal"], 6);
    assert_eq!(document["slow"][0]["planner"], "slow_planner");

    // The next worker tells of its sandbox, and an operator holds its planner back.
    registry.reset_breakers().unwrap();
    registry
        .plan("obeys", &plugin_api::PlanRequest::new("pid"))
        .unwrap();
    let hold = registry::Hold::new("for a test").lasting(std::time::Duration::from_hours(1));
    registry.quarantine("obeys", hold).unwrap();
    let document = exported(&registry);
    assert_valid(&document);
    let obeys = planner(&document, "obeys");
    assert_eq!(obeys["guard"]["quarantine"]["by"], "operator");
    assert!(obeys["sandbox"]["layers"].is_array(), "{obeys:#}");

    let (_folder, registry) = situations::failed();
    let document = exported(&registry);
    assert_valid(&document);
    assert_eq!(document["failures"][0]["code"], "E_CONSTRUCT_PANIC");
}

#[test]
fn a_field_that_the_schema_does_not_know_is_refused_but_in_a_manifest() {
    let (_folder, registry) = situations::failed();
    let good = exported(&registry);
    let validator = validator();
    let is_valid = |change: &dyn Fn(&mut Value)| {
        let mut document = good.clone();
        change(&mut document);
        validator.is_valid(&document)
    };
    assert!(is_valid(&|_| {}));
    for pointer in [
        "",
        "/planners/0",
        "/planners/0/guard",
        "/failures/0",
        "/lock",
    ] {
        let added = |document: &mut Value| {
            document.pointer_mut(pointer).unwrap()["unheard_of"] = json!(1);
        };
        assert!(!is_valid(&added), "{pointer}");
    }
    assert!(is_valid(&|document| {
        document["planners"][0]["manifest"]["unheard_of"] = json!({"of": 1});
    }));
    for (pointer, wrong) in [
        ("/schema", json!(2)),
        ("/planners/0/state", json!("unwell")),
        ("/planners/0/calls", json!(-1)),
        ("/planners/0/manifest/tier", json!("bronze")),
        ("/failures/0/reason", json!(null)),
    ] {
        let changed =
            |document: &mut Value| *document.pointer_mut(pointer).unwrap() = wrong.clone();
        assert!(!is_valid(&changed), "{pointer}");
    }
    assert!(!is_valid(&|document| {
        document.as_object_mut().unwrap().remove("version");
    }));
}
