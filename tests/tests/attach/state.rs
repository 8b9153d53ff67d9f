//! What is told and changed is the host's state, not the command's.

use serde_json::json;
use tests::OWN_VIEW;

use crate::ground::{Host, NAME};

pub(crate) fn tells_and_changes_the_hosts() {
    let mut host = Host::start();
    let view = format!("process {} (", host.pid());
    let state = |host: &Host| host.ask(&["describe", NAME, "--json"]).json()["state"].clone();
    assert_eq!(state(&host), "not_loaded");
    let worker = host.plan("pid");
    assert_eq!(state(&host), "ready");
    let listed = host.ask(&["list"]);
    assert!(listed.text().starts_with(&view), "{listed:#?}");
    assert!(listed.stdout.contains("obeys  "), "{listed:#?}");

    // Its planner crashes, and that is seen.
    assert_eq!(host.plan("abort"), "E_WORKER_CRASH");
    let report = host.ask(&["diagnose"]);
    assert!(report.text().starts_with(&view), "{report:#?}");
    assert!(report.stdout.contains("breaker open"), "{report:#?}");
    let explained = host.ask(&["explain", NAME]);
    assert_eq!(explained.code, 1, "{explained:#?}");
    assert!(explained.stdout.starts_with(&view), "{explained:#?}");
    for part in ["REFUSED at gate 12 of 12, breaker", "E_BREAKER_OPEN"] {
        assert!(explained.stdout.contains(part), "{part}: {explained:#?}");
    }
    let events = host.ask(&["events", "--json"]).json();
    let opened = events["events"].as_array().unwrap().iter();
    let opened: Vec<_> = opened
        .filter(|event| event["kind"] == "breaker_moved")
        .collect();
    assert_eq!(opened.len(), 1, "{events}");
    assert_eq!(opened[0]["planner"], NAME);
    let health = host.ask(&["health"]);
    assert_eq!(
        (health.code, health.stdout.lines().count()),
        (1, 1),
        "{health:#?}"
    );
    assert!(health.stdout.starts_with("not ready: "), "{health:#?}");
    assert!(health.stdout.contains(&view), "{health:#?}");
    assert_eq!(host.plan("pid"), "E_BREAKER_OPEN");

    // What is changed is changed there.
    let reset = host.ask(&["breaker", "reset", NAME]);
    assert!(
        reset.text().ends_with("breaker closed: obeys\n"),
        "{reset:#?}"
    );
    assert_ne!(host.plan("pid"), worker, "another worker");
    assert_eq!(host.ask(&["health"]).code, 0);
    let held = host.ask(&[
        "quarantine",
        NAME,
        "--for",
        "1h",
        "--reason",
        "it crashes",
        "--json",
    ]);
    assert_eq!(held.json()["quarantine"]["reason"], "it crashes");
    assert_eq!(host.plan("pid"), "E_QUARANTINED");
    let explained = host.ask(&["explain", NAME]);
    assert!(explained.stdout.contains("it crashes"), "{explained:#?}");
    assert_eq!(explained.code, 1);
    let let_go = host.ask(&["quarantine", NAME, "--lift"]);
    assert!(
        let_go.text().ends_with("obeys: the hold is lifted\n"),
        "{let_go:#?}"
    );
    assert!(host.plan("pid").parse::<u32>().is_ok());

    let before = host.plan("pid");
    let reloaded = host.ask(&["reload", "--json"]);
    assert_eq!((reloaded.code, &reloaded.json()["active"]), (0, &json!(1)));
    assert_ne!(host.plan("pid"), before, "the worker of before is retired");
    let healed = host.ask(&["heal"]);
    assert!(
        healed.text().ends_with("not needed: 1 active planner\n"),
        "{healed:#?}"
    );

    // A mistake is answered as it would be here.
    let unknown = host.ask(&["describe", "obeyz"]);
    assert_eq!(
        unknown.refusal(),
        (
            1,
            "error[E_UNKNOWN_PLANNER]: no planner named \"obeyz\"\n  \
             did you mean \"obeys\"?\n  see: registry list\n"
        )
    );
    host.end();
    assert!(!host.socket().exists(), "a host takes its socket away");
}

pub(crate) fn without_attach_the_command_says_so() {
    let host = Host::start();
    let state = host.sockets().parent().unwrap().join("state");
    for arguments in [
        &["list"][..],
        &["describe", NAME],
        &["explain", NAME],
        &["diagnose"],
        &["events"],
        &["heal"],
        &["reload"],
        &["quarantine", NAME],
        &["quarantine", NAME, "--lift"],
        &["breaker", "reset", "--all"],
    ] {
        let answer = host
            .command(arguments)
            .plugin_dir(host.plugins.path())
            .env("FACTORY_ALLOWED_PLANNERS", NAME)
            .env("FACTORY_STATE_DIR", state.to_str().unwrap())
            .run();
        assert!(
            answer.stdout.starts_with(OWN_VIEW),
            "{arguments:?}: {answer:#?}"
        );
    }
    let health = host
        .command(&["health"])
        .plugin_dir(host.plugins.path())
        .run();
    assert_eq!(health.stdout.lines().count(), 1);
    assert!(
        health.stdout.ends_with(&format!(" · {OWN_VIEW}")),
        "{health:#?}"
    );
}

pub(crate) fn a_file_is_explained_from_where_the_command_stands() {
    let host = Host::start();
    let command = host.command(&["explain", "./stray.so", "--attach", &host.pid(), "--json"]);
    let folder = command.folder().canonicalize().unwrap();
    let answer = command.working_file("stray.so", "no library").run();
    assert_eq!(answer.code, 1, "{answer:#?}");
    let json = answer.json();
    assert_eq!(json["path"], folder.join("stray.so").to_str().unwrap());
}
