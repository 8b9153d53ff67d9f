//! A layout check that was good is remembered by digest and host, and stands for nothing else.

use serde_json::Value;
use tests::{RegistryCommand, set_mode};

use crate::ground::{Ground, NAME};

/// Whether a new process, which loads the planner, leaves the layout check out.
fn is_left_out(ground: &Ground) -> bool {
    let answer = RegistryCommand::new(&["plan", NAME, "Remember", "--log-format", "json"])
        .plugin_dir(ground.plugins.path())
        .env("FACTORY_ALLOWED_PLANNERS", NAME)
        .env("FACTORY_LOCK_FILE", &ground.lock().to_string_lossy())
        .env("FACTORY_STATE_DIR", &ground.state().to_string_lossy())
        .env("FACTORY_LOG_LEVEL", "DEBUG")
        .env("FACTORY_ISOLATION", "in-process")
        .run();
    assert_eq!(answer.code, 0, "{answer:#?}");
    let events = answer
        .stderr
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let known: Vec<bool> = events
        .filter_map(|event: Value| event["fields"]["layout_known"].as_bool())
        .collect();
    assert_eq!(known.len(), 1, "{answer:#?}");
    known[0]
}

#[test]
fn a_layout_check_is_remembered_for_the_same_bytes_and_left_out_for_nothing_else() {
    let ground = Ground::new();
    assert_eq!([0; 3].map(|_| is_left_out(&ground)), [false, true, true]);
    let file = ground.state().join("layouts.json");
    let read = || std::fs::read_to_string(&file).unwrap();
    let first = read();
    ground.install(&[ground.bytes().as_slice(), b"more"].concat());
    assert_eq!([0; 2].map(|_| is_left_out(&ground)), [false, true]);
    assert_ne!(read(), first);
    // A file that others could have written counts for nothing.
    set_mode(&file, 0o666);
    assert!(!is_left_out(&ground));
    set_mode(&file, 0o600);
    assert!(is_left_out(&ground));
    // Nor does an outcome that is too old.
    let mut old: Value = serde_json::from_str(&read()).unwrap();
    for at in old["content"]["good"].as_object_mut().unwrap().values_mut() {
        *at = 0.into();
    }
    std::fs::write(&file, old.to_string()).unwrap();
    assert!(!is_left_out(&ground));
}

#[test]
fn another_build_of_the_host_makes_the_check_itself() {
    let ground = Ground::new();
    // The host that the first outcome is of is this very test.
    ground.registry().get(NAME).unwrap();
    assert_eq!([0; 2].map(|_| is_left_out(&ground)), [false, true]);
}

/// What others could have written is made out anew, and that is told.
#[test]
fn a_verdict_that_others_could_have_written_is_reported() {
    let ground = Ground::new();
    ground.registry().get(NAME).unwrap();
    let layouts = ground.state().join("layouts.json");
    let probes = ground.state().join("probes.json");
    std::fs::copy(&layouts, &probes).unwrap();
    let problem = |isolation| {
        let answer = RegistryCommand::new(&["diagnose", "--json"])
            .plugin_dir(ground.plugins.path())
            .env("FACTORY_ALLOWED_PLANNERS", NAME)
            .env("FACTORY_LOCK_FILE", &ground.lock().to_string_lossy())
            .env("FACTORY_STATE_DIR", &ground.state().to_string_lossy())
            .env("FACTORY_ISOLATION", isolation)
            .run();
        answer.json()["discovery"]["state_problem"].clone()
    };
    set_mode(&layouts, 0o600);
    set_mode(&probes, 0o666);
    // Where nothing is probed, no verdict of a probe counts.
    assert_eq!(problem("in-process"), Value::Null);
    for (isolation, file) in [("probe", &probes), ("in-process", &layouts)] {
        set_mode(file, 0o666);
        let told = problem(isolation);
        assert_eq!(told["code"], "E_STATE_NOT_OURS");
        let reason = format!("the state in {} is not used", file.display());
        assert!(
            told["reason"].as_str().unwrap().starts_with(&reason),
            "{told}"
        );
        set_mode(file, 0o600);
    }
}
