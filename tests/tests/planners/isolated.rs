//! The planner that asks a language model, in a worker: with exactly the grants that it needs, and
//! without each of them.

use tests::{Answer, PluginFolder, RegistryCommand, shipped};

use crate::server::{Asked, Endpoint, says};

const KEY: &str = "sk-a-key-that-nobody-may-see";

const GOOD: &str =
    r#"{"tasks":[{"task_id":"build","description":"Build it","type":"TOOL","tool_name":"cargo"}]}"#;

/// What the command answers under this sandbox, with these lines for the planner.
fn planned(sandbox: &str, grants: impl Fn(u16) -> String) -> (Answer, Vec<Asked>) {
    let folder = PluginFolder::new().with(&shipped("llm_planner"));
    Endpoint::with(&[says(GOOD)], |endpoint| {
        let lines = format!("[planners.llm_planner]\n{}", grants(endpoint.port()));
        RegistryCommand::new(&["plan", "llm_planner", "Ship it", "--json"])
            .plugin_dir(folder.path())
            .config(&lines)
            .env("FACTORY_ISOLATION", "worker")
            .env("FACTORY_SANDBOX", sandbox)
            .env("LLM_PLANNER_BASE_URL", &endpoint.url())
            .env("LLM_PLANNER_API_KEY", KEY)
            .env("LLM_PLANNER_MODEL", "m-1")
            .run()
    })
}

/// The variables of the planner.
const VARIABLES: &str =
    r#"env = ["LLM_PLANNER_BASE_URL", "LLM_PLANNER_API_KEY", "LLM_PLANNER_MODEL"]"#;

#[test]
fn it_plans_under_a_strict_sandbox_with_exactly_the_grants_it_needs() {
    let (answer, asked) = planned("strict", |port| format!("{VARIABLES}\nnet = [{port}]\n"));
    assert_eq!(answer.code, 0, "{answer:#?}");
    assert_eq!(answer.json()["plan"]["tasks"][0]["task_id"], "build");
    assert_eq!(asked.len(), 1);
    assert!(asked[0].head.contains(&format!("Bearer {KEY}\r\n")));
}

#[test]
fn the_word_that_it_asks_for_grants_it_the_network_and_its_manifest_does_not() {
    let word = |_| format!("{VARIABLES}\npermissions = [\"net\"]\n");
    let (answer, asked) = planned("best-effort", word);
    assert_eq!((answer.code, asked.len()), (0, 1), "{answer:#?}");
}

#[test]
fn without_its_variables_it_says_which_setting_is_missing() {
    let (answer, asked) = planned("strict", |port| format!("net = [{port}]\n"));
    assert_eq!((answer.code, asked.len()), (1, 0), "{answer:#?}");
    let error = &answer.json()["error"];
    assert_eq!(error["code"], "E_PLANNER_CONFIG", "{answer:#?}");
    assert!(
        answer.stdout.contains("LLM_PLANNER_BASE_URL"),
        "{answer:#?}"
    );
    assert!(!format!("{answer:?}").contains(KEY), "{answer:#?}");
}

#[test]
fn without_its_port_the_connection_is_denied_and_nothing_is_asked() {
    for grants in [
        "",
        "net = [1]",
        "net = []",
        "permissions = [\"net\"]\nnet = []",
        "permissions = [\"env\"]",
    ] {
        let (answer, asked) = planned("strict", |_| format!("{VARIABLES}\n{grants}\n"));
        assert_eq!((answer.code, asked.len()), (1, 0), "{grants}: {answer:#?}");
        let error = &answer.json()["error"];
        assert_eq!(error["code"], "E_PLAN_FAILED", "{grants}: {answer:#?}");
        let needed = r#"the planner needs the permission \"net\""#;
        assert!(answer.stdout.contains(needed), "{answer:#?}");
        let denied = ["Permission denied", "Operation not permitted"];
        assert!(
            denied.iter().any(|text| answer.stdout.contains(text)),
            "{grants}: {answer:#?}"
        );
        assert!(!format!("{answer:?}").contains(KEY), "{answer:#?}");
    }
}
