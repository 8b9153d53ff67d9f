//! The history of what changed: in one process, between processes, and by the ids of calls.

use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner};
use registry::{Builtin, EventKind, PlanFailure, Registry};
use serde_json::Value;
use tests::{Log, PluginFolder, RegistryCommand, fixture, manifest_source, set_mode};

const NAME: &str = "risk_planner";

struct Failing {
    self_test: bool,
}

impl Planner for Failing {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Err(PlanError::failed("no plan today"))
    }

    fn self_test(&self, _cx: &Context) -> Result<(), PlanError> {
        if self.self_test {
            return Err(PlanError::failed("unwell"));
        }
        Ok(())
    }
}

fn registry(self_test: bool) -> Registry {
    let builtin = Builtin::new(NAME, Failing { self_test });
    let builtin = builtin.manifest(|manifest| manifest.self_test = true);
    let builder = Registry::builder().allow([NAME]).builtin(builtin);
    builder.build().unwrap()
}

fn kinds(registry: &Registry) -> Vec<EventKind> {
    let events = registry.events(None).unwrap();
    events.iter().map(|event| event.kind).collect()
}

#[test]
fn error_log_lines_and_events_of_a_call_share_one_id() {
    let registry = registry(false);
    registry.discover().unwrap();
    let (outcome, lines) = Log::of(|| registry.plan(NAME, &PlanRequest::new("Split billing")));
    let PlanFailure::Call(error) = outcome.unwrap_err() else {
        panic!("the planner was not called");
    };
    let failed = lines
        .iter()
        .find(|line| line["fields"]["message"] == "call failed");
    assert_eq!(
        failed.unwrap()["span"]["call_id"],
        error.call_id.to_string()
    );

    let PlanFailure::Call(next) = registry
        .plan(NAME, &PlanRequest::new("Split billing"))
        .unwrap_err()
    else {
        panic!("the planner was not called");
    };
    assert_ne!(next.call_id, error.call_id);
    // The second one is like the first, and no news.
    let expected = [
        EventKind::Discovered,
        EventKind::Loaded,
        EventKind::CallFailed,
    ];
    assert_eq!(kinds(&registry), expected);
    let events = registry.events(None).unwrap();
    let failed = events.last().unwrap();
    assert_eq!(failed.call_id, error.call_id.to_string());
    assert_eq!(
        (failed.code.as_deref(), failed.detail.as_deref()),
        (Some("E_PLAN_FAILED"), Some("planner failed: no plan today"))
    );
}

#[test]
fn a_failed_start_is_told_with_its_code_and_the_id_of_its_log_line() {
    let registry = registry(true);
    let (outcome, lines) = Log::of(|| registry.handle(NAME));
    assert_eq!(outcome.unwrap_err().code(), "E_SELF_TEST_FAILED");
    let events = registry.events(None).unwrap();
    let mut failed = events.iter().rev();
    let failed = failed
        .find(|event| event.kind == EventKind::Failed)
        .unwrap();
    assert_eq!(
        (
            failed.kind,
            failed.code.as_deref(),
            failed.planner.as_deref()
        ),
        (EventKind::Failed, Some("E_SELF_TEST_FAILED"), Some(NAME))
    );
    let line = lines
        .iter()
        .find(|line| line["fields"]["message"] == "planner did not start");
    assert_eq!(line.unwrap()["span"]["call_id"], failed.call_id);
}

#[test]
fn a_reload_and_a_heal_are_told() {
    let registry = Registry::builder()
        .allow([NAME])
        .set("heal.blocking", "0")
        .build()
        .unwrap();
    registry.reload().unwrap();
    registry.heal().unwrap();
    assert_eq!(kinds(&registry), [EventKind::Reloaded, EventKind::Healed]);
}

/// Kinds and planners of the events that the command tells of.
fn told(json: &Value) -> Vec<(String, String)> {
    let events = json["events"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    events
        .map(|event| (text(&event["kind"]), text(&event["planner"])))
        .collect()
}

#[test]
fn the_command_tells_what_earlier_processes_saw_and_repeats_nothing() {
    let state = tempfile::tempdir().unwrap();
    set_mode(state.path(), 0o700);
    let folder = PluginFolder::new()
        .with_c("risk.so", &manifest_source(NAME, 1, 0))
        .with_file("junk.so", b"junk");
    let run = |line: &[&str]| {
        let answer = RegistryCommand::new(line)
            .plugin_dir(folder.path())
            .env("FACTORY_ALLOWED_PLANNERS", NAME)
            .env("FACTORY_STATE_DIR", state.path().to_str().unwrap())
            .run();
        assert_eq!(
            (answer.code, answer.stderr.as_str()),
            (0, ""),
            "{answer:#?}"
        );
        answer
    };
    run(&["list"]);
    let pair = |kind: &str, planner: &str| (kind.to_owned(), planner.to_owned());
    let first = [pair("discovered", NAME), pair("refused", "-")];
    for _ in 0..2 {
        assert_eq!(told(&run(&["events", "--json"]).json()), first);
    }
    let changed = format!("{}\nint more;\n", manifest_source(NAME, 1, 0));
    std::fs::remove_file(folder.file("risk.so")).unwrap();
    let folder = folder.with_c("risk.so", &changed);
    let answer = RegistryCommand::new(&["events", "--since", "1h"])
        .plugin_dir(folder.path())
        .env("FACTORY_ALLOWED_PLANNERS", NAME)
        .env("FACTORY_STATE_DIR", state.path().to_str().unwrap())
        .run();
    let rows: Vec<_> = answer.report().lines().collect();
    assert_eq!(rows.len(), 4, "{rows:#?}");
    assert!(rows[0].starts_with("TIME "), "{rows:#?}");
    assert!(
        rows[3].contains("  digest changed  risk_planner  "),
        "{rows:#?}"
    );
}

#[test]
fn a_later_process_explains_a_start_that_failed_before_until_the_file_is_another_one() {
    let state = tempfile::tempdir().unwrap();
    set_mode(state.path(), 0o700);
    let (name, state) = ("panics_in_constructor", state.path().to_str().unwrap());
    let folder = PluginFolder::new().with(&fixture(name));
    let evidence = || {
        let answer = RegistryCommand::new(&["explain", name, "--json"])
            .plugin_dir(folder.path())
            .env("FACTORY_ALLOWED_PLANNERS", name)
            .env("FACTORY_STATE_DIR", state)
            .run();
        assert_eq!(answer.code, 0, "{answer:#?}");
        let json = answer.json();
        let mut gates = json["gates"].as_array().unwrap().iter();
        let start = gates.find(|gate| gate["gate"] == "start").unwrap();
        start["evidence"].as_str().unwrap().to_owned()
    };
    let nobody = "not loaded: nobody has asked for it yet";
    assert_eq!(evidence(), nobody);
    let registry = Registry::builder()
        .plugin_dir(folder.path())
        .allow([name])
        .set("trust.state_dir", state)
        .build()
        .unwrap();
    assert_eq!(registry.get(name).unwrap_err().code(), "E_CONSTRUCT_PANIC");
    let events = registry.events(None).unwrap();
    let failed = events.last().unwrap();
    assert_eq!(failed.kind, EventKind::Failed);
    let told = evidence();
    let (when, why) = told.split_once(", failed: ").unwrap();
    assert!(
        when.starts_with("not loaded: its last start, at 2"),
        "{told}"
    );
    let (code, detail) = why.split_once(": ").unwrap();
    assert_eq!(
        (Some(code), Some(detail)),
        (failed.code.as_deref(), failed.detail.as_deref())
    );
    // The same name in other bytes has not failed.
    let file = folder.file("libpanics_in_constructor.so");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.push(0);
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(evidence(), nobody);
}

#[test]
fn a_state_that_others_could_have_changed_is_an_error_and_hides_no_planner() {
    let state = tempfile::tempdir().unwrap();
    set_mode(state.path(), 0o755);
    let folder = PluginFolder::new().with_c("risk.so", &manifest_source(NAME, 1, 0));
    let run = |line: &[&str]| {
        RegistryCommand::new(line)
            .plugin_dir(folder.path())
            .env("FACTORY_ALLOWED_PLANNERS", NAME)
            .env("FACTORY_STATE_DIR", state.path().to_str().unwrap())
            .run()
    };
    let events = run(&["events", "--json"]);
    assert_eq!(
        (events.code, &events.json()["error"]["code"]),
        (1, &Value::from("E_STATE_NOT_OURS"))
    );
    let list = run(&["list", "--json"]);
    assert_eq!(list.code, 0);
    assert_eq!(list.json()["planners"][0]["state"], "not_loaded");
    assert_eq!(list.stderr.matches("events are not saved").count(), 1);
}

#[test]
fn a_reload_by_the_command_says_whose_view_it_is_and_what_there_is() {
    let folder = PluginFolder::new().with_c("risk.so", &manifest_source(NAME, 1, 0));
    let run = |more: &[&str]| {
        RegistryCommand::new(&[&["reload"], more].concat())
            .plugin_dir(folder.path())
            .env("FACTORY_ALLOWED_PLANNERS", NAME)
            .run()
    };
    let text = run(&[]);
    let first = "this command's own view; no running host was asked\n";
    assert!(text.text().starts_with(first), "{text:#?}");
    let json = run(&["--json"]).json();
    assert_eq!(json["active"], 1);
    assert_eq!(json["discovery"]["file_counts"]["read"], 1);
}

/// More than one discovery tells of: which of them it tells of may not depend on the process.
#[test]
fn what_many_planners_a_process_finds_again_is_no_news() {
    let state = tempfile::tempdir().unwrap();
    set_mode(state.path(), 0o700);
    let events = || {
        let names: Vec<_> = (0..300).map(|number| format!("planner_{number}")).collect();
        let builder = Registry::builder()
            .allow(&names)
            .set("trust.state_dir", state.path().to_str().unwrap());
        let builder = names.iter().fold(builder, |builder, name| {
            builder.builtin(Builtin::new(name, Failing { self_test: false }))
        });
        let registry = builder.build().unwrap();
        registry.discover().unwrap();
        registry.events(None).unwrap()
    };
    let first = events();
    assert_eq!(first.len(), 201);
    assert_eq!(events(), first);
}
