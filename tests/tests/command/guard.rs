//! What one run of the command leaves for the next: outcomes, breakers and holds.

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Answer, PluginFolder, RegistryCommand, fixture, set_mode};

/// A plugin folder, and a state folder that all runs share.
struct Ground {
    plugins: PluginFolder,
    state: TempDir,
    allowed: String,
}

impl Ground {
    fn new(fixtures: &[&str]) -> Self {
        let state = tempfile::tempdir().unwrap();
        set_mode(state.path(), 0o700);
        let plugins = fixtures.iter().fold(PluginFolder::new(), |folder, name| {
            folder.with(&fixture(name))
        });
        Self {
            plugins,
            state,
            allowed: fixtures.join(","),
        }
    }

    fn command(&self, arguments: &[&str]) -> RegistryCommand {
        RegistryCommand::new(arguments)
            .plugin_dir(self.plugins.path())
            .env("FACTORY_ALLOWED_PLANNERS", &self.allowed)
            .env("FACTORY_LOG_LEVEL", "OFF")
            .env("FACTORY_STATE_DIR", &self.state.path().to_string_lossy())
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        self.command(arguments).run()
    }

    fn planner(&self, name: &str) -> Value {
        self.run(&["describe", name, "--json"]).json()
    }
}

#[test]
fn outcomes_add_up_over_runs_and_the_breaker_stays_open_until_it_is_reset() {
    let ground = Ground::new(&["well_behaved", "panics_in_plan"]);
    for _ in 0..2 {
        assert_eq!(ground.run(&["plan", "well_behaved", "Split"]).code, 0);
    }
    let known = ground.planner("well_behaved");
    assert_eq!(
        (&known["calls"], &known["reliability"]["samples"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(known["reliability"]["source"], "live");
    let fail = || {
        let answer = ground.run(&["plan", "panics_in_plan", "Split", "--json"]);
        assert_eq!(answer.code, 1);
        answer.json()["error"]["code"].clone()
    };
    let codes = [(); 4].map(|()| fail());
    assert_eq!(
        codes,
        [
            "E_PLAN_PANIC",
            "E_PLAN_PANIC",
            "E_PLAN_PANIC",
            "E_BREAKER_OPEN"
        ]
    );
    let explained = ground.run(&["explain", "panics_in_plan"]);
    assert_eq!(explained.code, 1);
    for text in [
        "REFUSED at gate 12 of 12, breaker",
        "E_BREAKER_OPEN: breaker open since ",
        " after 3 failures in a row; next try in ",
        "registry breaker reset panics_in_plan",
    ] {
        assert!(explained.stdout.contains(text), "{text}: {explained:#?}");
    }
    let ranked = ground.run(&["select", "--objective", "x", "--json"]).json();
    assert_eq!(ranked["excluded"][0]["reason"], "breaker_open", "{ranked}");
    assert_eq!(
        ground.run(&["breaker", "reset", "panics_in_plan"]).report(),
        "breaker closed: panics_in_plan\n"
    );
    assert_eq!(
        ground.run(&["breaker", "reset", "--all"]).report(),
        "nothing was held against anybody\n"
    );
    assert_eq!(fail(), "E_PLAN_PANIC");
    assert_eq!(ground.run(&["breaker", "reset"]).code, 2);
}

#[test]
fn a_crash_is_known_with_its_evidence_to_later_runs() {
    let ground = Ground::new(&["obeys"]);
    let failed = ground.run(&["plan", "obeys", "abort", "--json"]);
    assert_eq!(failed.code, 1);
    let error = &failed.json()["error"];
    assert_eq!(error["code"], "E_WORKER_CRASH", "{error:#}");
    let explained = ground.run(&["explain", "obeys", "--json"]).json();
    let crash = &explained["last_crash"];
    assert_eq!((&crash["signal"], &crash["call"]), (&json!(6), &json!(3)));
    assert_eq!(crash["stderr"], "about to abort\\u{1b}[2J");
    assert!(crash["fault"]["offset"].is_u64(), "{crash:#}");
    let events = ground.run(&["events", "--json"]).json();
    let events = events["events"].as_array().unwrap().iter();
    let of_kind = |kind: &str| {
        let mut found = events.clone().filter(|event| event["kind"] == kind);
        let first = found.next().unwrap();
        assert_eq!(found.next(), None, "{kind}");
        first
    };
    let [crashed, failed] = ["crashed", "call_failed"].map(of_kind);
    assert_eq!(&crashed["crash"], crash);
    assert_eq!(failed["code"], "E_WORKER_CRASH");
    for id in [&crashed["call_id"], &failed["call_id"]] {
        assert_eq!(id, &crash["call_id"]);
    }
    let text = ground.run(&["explain", "obeys"]).stdout;
    let (signal, call) = (
        "last crash  signal 6 (SIGABRT) at libc.so.6+0x",
        &crash["call_id"],
    );
    for line in [
        signal,
        &format!(", call {}\n", call.as_str().unwrap()),
        "  crashed as  blake3:",
        "  stderr      about to abort\\u{1b}[2J\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let text = ground.run(&["events"]).stdout;
    assert!(text.contains("it said: about to abort"), "{text}");
}

#[test]
fn a_hold_binds_later_runs_until_it_is_lifted() {
    let ground = Ground::new(&["well_behaved"]);
    let held = ground.run(&[
        "quarantine",
        "well_behaved",
        "--for",
        "2h",
        "--reason",
        "slow\u{1b}[2J",
    ]);
    let text = held.report();
    assert!(
        text.starts_with("well_behaved quarantined: an operator holds it back since 2"),
        "{text}"
    );
    assert!(text.ends_with("Z: slow\\u{1b}[2J\n"), "{text}");
    let answer = ground.run(&["plan", "well_behaved", "Split"]);
    assert_eq!(answer.code, 1);
    assert!(
        answer
            .stderr
            .contains("next: Lift it with `registry quarantine well_behaved --lift`."),
        "{answer:#?}"
    );
    assert_eq!(ground.planner("well_behaved")["state"], "quarantined");
    assert_eq!(
        ground
            .run(&["quarantine", "well_behaved", "--lift"])
            .report(),
        "well_behaved: the hold is lifted\n"
    );
    assert_eq!(ground.run(&["plan", "well_behaved", "Split"]).code, 0);
    let lifted = ground.run(&["quarantine", "well_behaved", "--lift", "--json"]);
    assert_eq!(
        lifted.json(),
        json!({"schema": 1, "planner": "well_behaved", "lifted": null, "still_held": null})
    );
    let unknown = ground.run(&["quarantine", "well_behavd"]);
    assert!(
        unknown.stderr.contains("did you mean \"well_behaved\"?"),
        "{unknown:#?}"
    );
    let off = ground
        .command(&["quarantine", "well_behaved", "--json"])
        .env("FACTORY_STATE_DIR", "off")
        .run();
    assert_eq!(
        (off.code, &off.json()["error"]["code"]),
        (1, &json!("E_STATE_OFF"))
    );
}
