//! What each command answers, for people and for machines.

use serde_json::{Value, json};
use tests::{PluginFolder, RegistryCommand, fixture};

use crate::{each, timeless, with_fixtures};

/// The compiler that built the fixtures, as their manifests have it.
fn compiler() -> String {
    let candidate = registry::inspect(&fixture("well_behaved")).unwrap();
    candidate.manifest().build.rustc.clone()
}

/// What the manifest of the fixture `well_behaved` says.
fn manifest() -> Value {
    json!({
        "schema": 1,
        "name": "well_behaved",
        "version": "0.3.0",
        "api": {"major": 1, "minor": 0},
        "build": {"rustc": compiler(), "profile": "debug", "panic": "unwind"},
        "description": "Says \"hello\" and plans\tcarefully \u{1b}[31m",
        "capabilities": ["greeting"],
        "tags": ["fixture"],
        "tier": "gold",
        "production_ready": true,
        "reliability": 0.75,
        "risk_rating": "low",
        "quarantined": false,
        "self_test": true,
        "permissions": ["net"],
        "config_schema": {"type": "object", "properties": {"greeting": {"type": "string"}}},
    })
}

/// The rows that show it.
fn manifest_rows() -> String {
    format!(
        "  description   Says \"hello\" and plans\\tcarefully \\u{{1b}}[31m\n  \
           version       0.3.0\n  \
           interface     1.0\n  \
           built with    {}, profile debug, panic unwind\n  \
           capabilities  greeting\n  \
           tags          fixture\n  \
           tier          gold\n  \
           production    yes\n  \
           risk          low\n  \
           self-test     yes\n  \
           asks for      net\n  \
           held back     no\n  \
           settings      {{\"type\":\"object\",\"properties\":{{\"greeting\":{{\"type\":\"string\"}}}}}}\n",
        compiler()
    )
}

#[test]
fn list_shows_every_allowed_planner_and_where_it_stands() {
    let folder = PluginFolder::new()
        .with(&fixture("well_behaved"))
        .with(&fixture("waits"))
        .with(&fixture("chatty"));
    let list = |arguments: &[&str]| {
        RegistryCommand::new(arguments)
            .plugin_dir(folder.path())
            .env("FACTORY_ALLOWED_PLANNERS", "well_behaved,waits,absent_one")
            .run()
    };
    assert_eq!(
        timeless(list(&["list"]).report()),
        "NAME          VERSION  STATE       ISOLATION  RELIABILITY   CAPABILITIES\n\
         absent_one    —        absent      —          —             —\n\
         waits         0.3.0    not loaded  worker     0.10 default  —\n\
         well_behaved  0.3.0    not loaded  worker     0.75 prior    greeting\n\
         2 of 3 allowed planners found in 1 folder · fingerprint PRINT (first look) · TIME\n\
         1 file was refused: registry diagnose\n"
    );
    let answer = list(&["list", "--json"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    let json = answer.json();
    assert_eq!(
        (&json["schema"], &json["refused_files"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        json["folders"],
        json!([{"path": folder.path(), "problem": null}])
    );
    assert_eq!(
        json["planners"][2],
        json!({
            "name": "well_behaved",
            "state": "not_loaded",
            "isolation": "worker",
            "not_granted": ["net"],
            "sandbox": null,
            "last_crash": null,
            "reliability": {"score": 0.75, "source": "prior", "samples": 0},
            "manifest": manifest(),
            "path": folder.file("libwell_behaved.so"),
            "digest": null,
            "calls": 0,
            "failures": 0,
            "guard": {
                "limit_ms": 40_000,
                "mean_ms": null,
                "last_success": null,
                "last_error": null,
                "breaker": {"state": "closed", "failures": 0, "since": null, "retry_in_ms": null},
                "quarantine": null,
                "overdue": [],
            },
            "problem": null,
            "retry_in_ms": null,
        })
    );
    let states = each(&json["planners"], "state");
    assert_eq!(states, ["absent", "not_loaded", "not_loaded"]);
}

#[test]
fn inspect_shows_what_a_file_says_of_itself_wherever_it_lies() {
    let file = fixture("well_behaved");
    let size = std::fs::metadata(&file).unwrap().len();
    let answer = RegistryCommand::new(&["inspect", &file.to_string_lossy()]).run();
    let needs = "libgcc_s.so.1, libc.so.6, ld-linux-x86-64.so.2";
    assert_eq!(
        answer.text(),
        format!(
            "well_behaved\n  \
               file          {}\n  \
               size          {size} bytes\n  \
               needs         {needs}\n\
             {}",
            file.display(),
            manifest_rows()
        )
    );
    let answer = RegistryCommand::new(&["inspect", "--json", &file.to_string_lossy()]).run();
    assert_eq!(
        answer.json(),
        json!({
            "schema": 1,
            "path": file,
            "size": size,
            "soname": null,
            "needed": needs.split(", ").collect::<Vec<_>>(),
            "manifest": manifest(),
        })
    );
}

#[test]
fn describe_shows_everything_known_of_one_planner() {
    let (folder, command) = with_fixtures(&["well_behaved"], &["describe", "Well_Behaved"]);
    assert_eq!(
        command.run().report(),
        format!(
            "well_behaved  not loaded\n  \
               file          {}\n\
             {}  \
               not granted   net\n  \
               reliability   0.75 prior\n  \
               isolation     worker\n  \
               calls         0, 0 without a plan\n  \
               time limit    40.0 s\n",
            folder.file("libwell_behaved.so").display(),
            manifest_rows()
        )
    );
    let (_folder, command) =
        with_fixtures(&["well_behaved"], &["describe", "well_behaved", "--json"]);
    let json = command.run().json();
    assert_eq!(
        (&json["schema"], &json["state"], &json["manifest"]),
        (&json!(1), &json!("not_loaded"), &manifest())
    );
    assert_eq!(json["not_granted"], json!(["net"]));
}

#[test]
fn what_a_planner_asks_for_is_granted_by_its_word_or_by_the_setting_that_says_more() {
    let lacking = |isolation: &str, grants: &str| {
        let (_folder, command) =
            with_fixtures(&["well_behaved"], &["describe", "well_behaved", "--json"]);
        let config = format!("[planners.well_behaved]\nisolation = {isolation:?}\n{grants}\n");
        command.config(&config).run().json()["not_granted"].clone()
    };
    for (grants, expected) in [
        ("permissions = [\"read\"]", json!(["net"])),
        ("permissions = [\"net\"]", json!([])),
        ("net = [443]", json!([])),
        ("permissions = [\"net\"]\nnet = []", json!(["net"])),
    ] {
        assert_eq!(lacking("worker", grants), expected, "{grants}");
    }
    assert_eq!(lacking("probe", ""), json!(["net"]));
    assert_eq!(lacking("in-process", ""), json!([]));
    let (_folder, command) = with_fixtures(&["well_behaved"], &["explain", "well_behaved"]);
    let told = command.run().stdout;
    let note =
        "note: it asks for net, which it is not granted; grants stand under `[planners.NAME]`";
    assert!(told.contains(note), "{told}");
}

#[test]
fn plan_shows_the_tasks_in_their_order_and_logs_beside_the_answer() {
    let arguments = ["plan", " Well_Behaved ", "Say hello", "--deadline", "30s"];
    let (_folder, command) = with_fixtures(&["well_behaved"], &arguments);
    let answer = command.env("FACTORY_LOG_LEVEL", "OFF").run();
    let json_arguments = [&arguments[..], &["--json"]].concat();
    let (_folder, command) = with_fixtures(&["well_behaved"], &json_arguments);
    let logged = command.run();
    let json = logged.json();
    let plan_id = json["plan"]["plan_id"].as_str().unwrap();
    let hash = |key: &str| json[key].as_str().unwrap();
    assert_eq!(plan_id, format!("plan-{}", &hash("content_hash")[..16]));
    assert_eq!(
        answer.text(),
        format!(
            "Say hello\n\
             {plan_id} revision 1 by well_behaved\n\
             \n\
             #  TASK   TYPE    TOOL  RISK  AFTER  DESCRIPTION\n\
             1  greet  TOOL    echo  low   —      no greeting was set\n\
             2  check  VERIFY  —     low   1      There is a deadline\n\
             \n\
             2 tasks · 1 dependency · depth 2 · width 1 · 0 of high risk\n\
             content    {}\n\
             structure  {}\n",
            hash("content_hash"),
            hash("structural_hash")
        )
    );
    assert_eq!(
        (&json["schema"], &json["planner"], &json["order"]),
        (
            &json!(1),
            &json!("well_behaved"),
            &json!(["greet", "check"])
        )
    );
    assert_eq!(json["plan"]["tasks"][0]["tool_name"], "echo");
    assert_eq!(
        (&json["stats"]["tasks"], &json["stats"]["edges"]),
        (&json!(2), &json!(1))
    );
    assert!(
        logged
            .stderr
            .contains("planning\\u{1b}[2J with care planner=\"well_behaved\""),
        "{logged:#?}"
    );
}

#[test]
fn a_plan_can_be_had_as_a_graph_for_mermaid() {
    let (_folder, command) = with_fixtures(
        &["well_behaved"],
        &["plan", "well_behaved", "Hi", "--mermaid"],
    );
    let answer = command.env("FACTORY_LOG_LEVEL", "OFF").run();
    let lines: Vec<_> = answer.text().lines().collect();
    assert_eq!(lines[0], "flowchart TD", "{lines:#?}");
    assert_eq!(lines.len(), 4, "{lines:#?}");
}

#[test]
fn logs_are_json_lines_on_stderr_where_that_is_asked_for() {
    let (_folder, command) = with_fixtures(
        &["well_behaved"],
        &[
            "plan",
            "well_behaved",
            "Hi",
            "--log-format",
            "json",
            "--json",
        ],
    );
    let answer = command.run();
    assert_eq!(answer.json()["plan"]["objective"], "Hi");
    let events: Vec<Value> = answer
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let last = &events[events.len() - 1];
    assert_eq!(last["target"], "registry::plugin");
    assert_eq!(last["fields"]["planner"], "well_behaved");
    assert_eq!(last["fields"]["message"], "planning\\u{1b}[2J with care");
}

#[test]
fn several_plugin_dirs_are_searched_and_replace_the_configured_ones() {
    let one = PluginFolder::new().with(&fixture("well_behaved"));
    let two = PluginFolder::new().with(&fixture("waits"));
    let three = PluginFolder::new().with(&fixture("chatty"));
    let answer = RegistryCommand::new(&["list", "--json"])
        .env("FACTORY_ALLOWED_PLANNERS", "well_behaved,waits,chatty")
        .env("FACTORY_PLUGIN_DIRS", &three.path().to_string_lossy())
        .plugin_dir(one.path())
        .plugin_dir(two.path())
        .run();
    let json = answer.json();
    let paths = [one.path(), two.path()].map(|path| path.to_str().unwrap());
    assert_eq!(each(&json["folders"], "path"), paths);
    assert_eq!(
        each(&json["planners"], "name"),
        ["chatty", "waits", "well_behaved"]
    );
    assert_eq!(
        each(&json["planners"], "state"),
        ["absent", "not_loaded", "not_loaded"]
    );
}
