//! What the doctor says beforehand is what a sandbox finds.

use registry::sandbox::LayerName::{self, Capabilities, NetworkNamespace, UserNamespace};
use registry::sandbox::LayerState;
use serde_json::{Value, json};
use tests::{RegistryCommand, program};

use crate::run::{Run, everything, is_root, only};

/// What the command says in a process that lacks what these layers take away.
fn says_under(layers: &[LayerName]) -> Value {
    let run = Run::new(&only(layers), &["doctor", program().to_str().unwrap()]);
    serde_json::from_str(&run.lines.join("\n")).unwrap_or_else(|error| panic!("{error}: {run:#?}"))
}

fn fact<'a>(doctor: &'a Value, name: &str) -> &'a Value {
    let facts = doctor["facts"].as_array().unwrap();
    facts.iter().find(|fact| fact["name"] == name).unwrap()
}

#[test]
fn it_foretells_whether_strict_works_and_which_namespaces_there_are() {
    let doctor = registry::doctor().unwrap();
    let run = Run::new(&everything(), &["none"]);
    assert_eq!(doctor.strict, run.status.success(), "{doctor:#?}\n{run:#?}");
    let enforced = run.enforced();
    for (name, layer) in [
        ("user namespaces", UserNamespace),
        ("network, IPC and mount namespaces", NetworkNamespace),
    ] {
        let fact = doctor.facts.iter().find(|fact| fact.name == name).unwrap();
        let available = fact.state == registry::diagnose::FactState::Available;
        let on = enforced.state(layer) == Some(&LayerState::On);
        assert_eq!(available, on, "{name}");
    }
}

#[test]
fn the_command_answers_the_same_in_both_forms_and_exits_with_0() {
    let text = RegistryCommand::new(&["doctor"]).run();
    let json = RegistryCommand::new(&["doctor", "--json"]).run().json();
    let text = text.text();
    assert_eq!(json["schema"], 1);
    for fact in json["facts"].as_array().unwrap() {
        for field in ["name", "found", "means", "change"] {
            assert!(
                text.contains(fact[field].as_str().unwrap_or_default()),
                "{fact}"
            );
        }
        let changes = fact["change"].is_string();
        assert!(!changes || fact["state"] != "available", "{fact}");
    }
    assert!(text.contains("Landlock knows no addresses"), "{text}");
    assert!(text.contains("Landlock knows no UDP"), "{text}");
}

#[test]
fn what_was_taken_away_is_missing_with_what_to_change() {
    if !is_root() {
        return;
    }
    let before = says_under(&[]);
    assert_eq!(fact(&before, "users of their own")["state"], "available");
    let doctor = says_under(&[Capabilities]);
    assert_eq!(doctor["strict"], false);
    assert_eq!(
        *fact(&doctor, "users of their own"),
        json!({
            "name": "users of their own",
            "state": "missing",
            "found": "Operation not permitted (os error 1)",
            "means": "a worker shares no user with the host",
            "demanded": true,
            "change": "Give the host CAP_SETUID and CAP_SETGID, and a user namespace with more than \
                       one user.",
        })
    );
}
