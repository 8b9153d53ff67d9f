//! How long a verdict counts, and what it counts for.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use registry::diagnose::Verdict;
use registry::{Builder, EventKind};
use serde_json::Value;
use tests::{PluginFolder, RegistryCommand, fixture, program, set_mode};

use super::{builder, constructing, probing, state, verdict};

const NAME: &str = "obeys";

/// What is known to another process with these settings, before it tries anything.
fn known(builder: Builder) -> Verdict {
    let registry = builder.build().unwrap();
    registry.ensure_discovered().unwrap();
    verdict(&registry.explain(NAME).unwrap()).0
}

fn now_s() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// Changes the verdicts that are kept in a state folder, of which there is one.
fn change(state: &Path, change: impl FnOnce(&mut Value)) {
    let file = state.join("probes.json");
    let mut kept: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let verdicts = kept["content"]["verdicts"].as_object_mut().unwrap();
    assert_eq!(verdicts.len(), 1, "{verdicts:?}");
    change(verdicts.values_mut().next().unwrap());
    fs::write(&file, serde_json::to_vec(&kept).unwrap()).unwrap();
}

fn tried() -> (PluginFolder, tempfile::TempDir) {
    let (folder, state) = (PluginFolder::new().with(&fixture(NAME)), state());
    probing(&folder, NAME, state.path()).get(NAME).unwrap();
    (folder, state)
}

#[test]
fn a_verdict_counts_for_thirty_days_and_one_from_the_future_not_at_all() {
    const DAY: u64 = 24 * 60 * 60;
    let (folder, state) = tried();
    let builder = || builder(&folder, NAME, state.path());
    assert_eq!(known(builder()), Verdict::Passed);
    let now = now_s();
    for (at_s, expected) in [
        (now - 29 * DAY, Verdict::Passed),
        (now - 30 * DAY, Verdict::NotYet),
        (now + DAY, Verdict::NotYet),
    ] {
        change(state.path(), |verdict| verdict["at_s"] = at_s.into());
        assert_eq!(known(builder()), expected, "{at_s}");
    }
    // It is tried again, and known again.
    builder().build().unwrap().get(NAME).unwrap();
    assert_eq!(known(builder()), Verdict::Passed);
    change(state.path(), |verdict| {
        assert!(verdict["at_s"].as_u64().unwrap() >= now);
    });
}

#[test]
fn a_flaky_verdict_counts_for_an_hour() {
    let (folder, state) = tried();
    let builder = || builder(&folder, NAME, state.path());
    let now = now_s();
    for (age, flaky, expected) in [
        (3_599 - 60, true, Verdict::Refused),
        (3_600, true, Verdict::NotYet),
        (3_600, false, Verdict::Refused),
    ] {
        change(state.path(), |verdict| {
            verdict["at_s"] = (now - age).into();
            verdict["fault"] = serde_json::json!({
                "stage": "map", "code": "E_WORKER_CRASH", "reason": "it fell", "flaky": flaky,
            });
        });
        assert_eq!(known(builder()), expected, "{age} {flaky}");
    }
}

#[test]
fn a_verdict_says_nothing_of_other_bytes_another_sandbox_or_another_program() {
    let (folder, state) = tried();
    let same = || builder(&folder, NAME, state.path());
    assert_eq!(known(same()), Verdict::Passed);
    let others = [
        same().set("isolation.sandbox", "off"),
        same().set("isolation.sandbox", "strict"),
        same().set("planners.obeys.env", "LANG"),
        same().set("planners.obeys.net", "443"),
        same().set("planners.obeys.read", "/usr/share"),
        same().set("isolation.self_test_timeout", "7"),
        same().set("isolation.worker_cpu_time", "59"),
        same().set("isolation.worker_program", copied(state.path())),
    ];
    for (number, other) in others.into_iter().enumerate() {
        assert_eq!(known(other), Verdict::NotYet, "{number}");
    }
    let changed = PluginFolder::new().with_own(&fixture(NAME), "other bytes");
    let other = builder(&changed, NAME, state.path());
    assert_eq!(known(other), Verdict::NotYet);
    // The same bytes elsewhere are the same.
    let moved = PluginFolder::new().with(&fixture(NAME));
    assert_eq!(known(builder(&moved, NAME, state.path())), Verdict::Passed);
}

/// Another file with the same program.
fn copied(folder: &Path) -> PathBuf {
    let copy = folder.join("registry");
    fs::copy(program(), &copy).unwrap();
    set_mode(&copy, 0o755);
    copy
}

#[test]
fn a_plugin_that_failed_is_tried_anew_with_another_value_of_a_granted_variable() {
    let source = constructing("if (!getenv(\"TOKEN\")) abort();");
    let (folder, state) = (PluginFolder::new().with_c("bad.so", &source), state());
    let why = |token: &[&str]| {
        let command = RegistryCommand::new(&["plan", "bad_planner", "anything", "--json"])
            .plugin_dir(folder.path())
            .env("FACTORY_STATE_DIR", state.path().to_str().unwrap())
            .env("FACTORY_ALLOWED_PLANNERS", "bad_planner")
            .env("FACTORY_ISOLATION", "probe")
            .config("[planners.bad_planner]\nenv = [\"TOKEN\"]\n");
        let command = token
            .iter()
            .fold(command, |command, token| command.env("TOKEN", token));
        let answer = command.run().json();
        assert_eq!(answer["error"]["code"], "E_PROBE_FAILED", "{answer:#}");
        answer["error"].to_string()
    };
    let lacking = ["signal 6 (SIGABRT)", "E_WORKER_CRASH, remembered"];
    for words in lacking {
        let told = why(&[]);
        assert!(told.contains(words), "{told}");
    }
    // What hindered it is gone, and it comes as far as to what it lacks beside.
    let told = why(&["ask-me-for-it"]);
    assert!(told.contains("exports no plugin header"), "{told}");
    let kept = fs::read_to_string(state.path().join("probes.json")).unwrap();
    assert!(!kept.contains("ask-me-for-it"), "{kept}");
}

#[test]
fn what_was_enforced_is_kept_with_the_verdict_and_a_crash_in_the_history() {
    let (_folder, state) = tried();
    change(state.path(), |verdict| {
        assert_eq!(verdict["fault"], Value::Null);
        let layers = verdict["enforced"]["layers"].as_array().unwrap();
        let session = serde_json::json!({"name": "session", "state": {"state": "on"}});
        assert!(layers.contains(&session), "{layers:?}");
    });
    let folder = PluginFolder::new().with_c("bad.so", &constructing("abort();"));
    let first = probing(&folder, "bad_planner", state.path());
    first.get("bad_planner").unwrap_err();
    // Another process tries nothing, and knows how it ended.
    let other = probing(&folder, "bad_planner", state.path());
    other.get("bad_planner").unwrap_err();
    let crash = other.explain("bad_planner").unwrap().last_crash.unwrap();
    assert_eq!(crash.signal, Some(6));
    let events = other.events(None).unwrap();
    let crashes: Vec<_> = events
        .iter()
        .filter(|event| event.kind == EventKind::Crashed)
        .collect();
    assert_eq!(crashes.len(), 2);
    assert_eq!(crashes[1].crash.as_deref(), Some(&crash));
}
