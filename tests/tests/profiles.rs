//! What is recorded of selections and starts, and what is told of it.

use std::time::{Duration, Instant};

use plugin_api::{Context, Plan, PlanContext, PlanError, PlanRequest, Planner};
use registry::diagnose::ExportFormat;
use registry::{Builder, Builtin, Include, Query, Registry};
use serde_json::Value;
use tests::{PluginFolder, RegistryCommand, manifest_source, set_mode};

const NAME: &str = "risk_planner";

struct Idle;

impl Planner for Idle {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Err(PlanError::failed("idle"))
    }
}

fn builder() -> Builder {
    let builtin = Builtin::new(NAME, Idle).manifest(|manifest| {
        manifest.reliability = Some(0.5);
        manifest.capabilities = vec!["Risk".to_owned()];
    });
    Registry::builder().allow([NAME]).builtin(builtin)
}

#[test]
fn a_selection_leaves_a_sample_with_all_that_was_weighed() {
    let registry = builder()
        .set("select.hotspot_boost", "0.125")
        .set("select.hotspot_threshold", "3")
        .build()
        .unwrap();
    let context = PlanContext::new()
        .with("hotspots_count", "junk")
        .with("deep_index_summary", "indexed");
    let query = Query::new("Größe").require("RISK").require("x");
    let score = {
        let selection = registry.select(query.context(context)).unwrap();
        selection.best().score()
    };
    let samples = registry.selection_profiles(usize::MAX);
    assert_eq!(samples.len(), 1);
    let sample = &samples[0];
    assert_eq!(
        (
            sample.objective_chars,
            sample.best.as_str(),
            sample.candidates
        ),
        (5, NAME, 1)
    );
    assert!(sample.required.iter().eq(["risk", "x"]));
    assert_eq!(
        (sample.score.to_bits(), sample.breakdown.score.to_bits()),
        (score.to_bits(), score.to_bits())
    );
    assert_eq!((sample.deep_index, sample.hotspots), (true, 0));
    assert_eq!(
        (
            sample.boosts.hotspot.to_bits(),
            sample.boosts.hotspot_threshold
        ),
        (0.125_f64.to_bits(), 3)
    );
    assert!(sample.at <= std::time::SystemTime::now());
}

#[test]
fn the_newest_samples_are_kept_and_a_limit_takes_the_newest_of_them() {
    let registry = builder().set("profiles.max", "3").build().unwrap();
    for objective in ["a", "bb", "ccc", "dddd", "eeeee"] {
        registry.select(Query::new(objective)).unwrap();
    }
    let lengths = |limit| -> Vec<_> {
        let samples = registry.selection_profiles(limit);
        samples
            .iter()
            .map(|sample| sample.objective_chars)
            .collect()
    };
    assert_eq!(lengths(usize::MAX), [3, 4, 5]);
    assert_eq!(lengths(2), [4, 5]);
    assert_eq!(lengths(0), [0; 0]);
}

#[test]
fn each_profile_can_be_turned_off() {
    for (off, counts) in [("selection", (0, 1)), ("instantiation", (1, 0))] {
        let registry = builder()
            .set(&format!("profiles.{off}"), "0")
            .build()
            .unwrap();
        registry.select_best(Query::new("x")).unwrap();
        let counted = (
            registry.selection_profiles(9).len(),
            registry.instantiation_profiles(9).len(),
        );
        assert_eq!(counted, counts, "{off}");
    }
}

#[test]
fn numbers_and_percentiles_tell_of_the_samples() {
    let registry = builder().build().unwrap();
    for _ in 0..4 {
        registry.select_best(Query::new("x")).unwrap();
    }
    registry.plan(NAME, &PlanRequest::new("Split")).unwrap_err();
    let stats = registry.stats().unwrap();
    assert_eq!(
        (stats.found, stats.active, stats.calls, stats.failures),
        (1, 1, 1, 1)
    );
    let profiles = &stats.profiles;
    assert_eq!(
        (profiles.selection.samples, profiles.instantiation.samples),
        (4, 1)
    );
    assert!(profiles.selection.p50_ns <= profiles.selection.p99_ns);
    let counted = profiles.selection.histogram.iter().map(|own| own.count);
    assert_eq!(counted.sum::<usize>(), 4);
}

#[test]
fn refreshing_reads_every_file_anew_and_keeps_planners_that_did_not_change() {
    let folder = PluginFolder::new().with_c("risk.so", &manifest_source(NAME, 1, 0));
    let registry = Registry::builder()
        .plugin_dir(folder.path())
        .allow([NAME])
        .build()
        .unwrap();
    // A file that changed a moment ago is read again by any discovery.
    let begun = Instant::now();
    while registry.discover().unwrap().files_read > 0 {
        assert!(begun.elapsed() < Duration::from_mins(1), "it never settles");
        std::thread::yield_now();
    }
    let report = registry.refresh_metadata().unwrap();
    assert_eq!((report.files_read, report.catalog_changed), (1, false));
}

#[test]
fn an_export_is_the_whole_document_in_place_of_the_old_one_or_an_error_that_leaves_it() {
    let folder = PluginFolder::new();
    let file = folder.file("diagnosis");
    let registry = builder().build().unwrap();
    registry
        .export_diagnostics(&file, ExportFormat::Text)
        .unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("\nCONFIGURATION\n"), "{text}");
    registry
        .export_diagnostics(&file, ExportFormat::Json)
        .unwrap();
    let json: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(
        (&json["schema"], &json["planners"][0]["name"]),
        (&1.into(), &NAME.into())
    );
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["diagnosis"]);

    for bad in [folder.file("none/diagnosis"), folder.path().join("..")] {
        let error = registry
            .export_diagnostics(&bad, ExportFormat::Json)
            .unwrap_err();
        assert_eq!(error.code(), "E_EXPORT", "{error}");
    }
    // A folder cannot be replaced by a file; nothing is left beside it.
    let occupied = folder.file("occupied");
    std::fs::create_dir(&occupied).unwrap();
    set_mode(&occupied, 0o755);
    let error = registry
        .export_diagnostics(&occupied, ExportFormat::Text)
        .unwrap_err();
    assert_eq!(error.code(), "E_EXPORT");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn planners_that_are_held_back_are_listed() {
    let held = Builtin::new("held_planner", Idle);
    let held = held.manifest(|manifest| manifest.quarantined = true);
    let builder = builder().allow([NAME, "held_planner"]).builtin(held);
    let registry = builder.build().unwrap();
    let names: Vec<_> = registry
        .list_quarantined()
        .unwrap()
        .into_iter()
        .map(|quarantine| quarantine.planner.to_string())
        .collect();
    assert_eq!(names, ["held_planner"]);
}

#[test]
fn names_are_of_who_can_be_called_and_of_others_where_that_is_wanted() {
    let held = Builtin::new("held_planner", Idle);
    let held = held.manifest(|manifest| manifest.quarantined = true);
    let registry = builder()
        .allow([NAME, "held_planner", "good_planner", "absent_planner"])
        .builtin(held)
        .builtin(Builtin::new("good_planner", Idle))
        .set("isolation.breaker_failures", "1")
        .build()
        .unwrap();
    registry.plan(NAME, &PlanRequest::new("Split")).unwrap_err();
    let names = |include| -> Vec<_> {
        let names = registry.names(include).unwrap().into_iter();
        names.map(|name| name.to_string()).collect()
    };
    let active = Include::active();
    assert_eq!(names(active), ["good_planner"]);
    assert_eq!(
        names(active.quarantined()),
        ["good_planner", "held_planner"]
    );
    assert_eq!(names(active.failing()), ["good_planner", NAME]);
    let all = active.quarantined().failing();
    assert_eq!(names(all), ["good_planner", "held_planner", NAME]);
}

#[test]
fn the_document_of_the_command_has_the_profiles() {
    let answer = RegistryCommand::new(&["diagnose", "--json"])
        .plugin_dir(PluginFolder::new().path())
        .run();
    let json = answer.json();
    assert_eq!(json["profiles"]["selection"]["samples"], 0);
    assert_eq!(json["profiles"]["instantiation"]["p50_ns"], Value::Null);
}
