//! Where endpoint, key and model come from, and how what is missing or wrong is named.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use plugin_api::{PlanError, PlanErrorKind};
use serde_json::{Value, json};

use super::host::TestHost;
use super::server::{Server, says};
use super::{GOOD, KEY, plan_with};
use crate::settings::Settings;

fn error(host: &TestHost) -> PlanError {
    let error = Settings::read(host).unwrap_err();
    assert_eq!(error.kind(), PlanErrorKind::Config);
    error
}

#[test]
fn all_that_is_missing_is_named_at_once() {
    let error = error(&TestHost::bare());
    assert_eq!(error.setting(), Some("LLM_PLANNER_BASE_URL"));
    assert_eq!(
        error.to_string(),
        "configuration: LLM_PLANNER_BASE_URL is not set (setting base_url or variable LLM_PLANNER_BASE_URL); \
         LLM_PLANNER_API_KEY is not set (setting api_key or variable LLM_PLANNER_API_KEY); \
         LLM_PLANNER_MODEL is not set (setting model or variable LLM_PLANNER_MODEL)"
    );
}

#[test]
fn one_that_is_missing_or_blank_is_named_alone() {
    for (name, key) in [
        ("LLM_PLANNER_BASE_URL", "base_url"),
        ("LLM_PLANNER_API_KEY", "api_key"),
        ("LLM_PLANNER_MODEL", "model"),
    ] {
        let expected =
            format!("configuration: {name} is not set (setting {key} or variable {name})");
        let mut host = TestHost::at("https://api.example");
        host.variables.insert(name, " \t".into());
        assert_eq!(error(&host).to_string(), expected);
        host.variables.remove(name);
        assert_eq!(error(&host).to_string(), expected);
        assert_eq!(error(&host).setting(), Some(name));
    }
}

#[test]
fn a_missing_setting_is_the_error_of_the_call_and_nothing_is_asked() {
    let server = Server::new([]);
    let mut host = TestHost::of(&server);
    host.variables.remove("LLM_PLANNER_MODEL");
    assert_eq!(
        plan_with(&host).unwrap_err().setting(),
        Some("LLM_PLANNER_MODEL")
    );
    assert_eq!(server.count(), 0);
}

#[test]
fn a_setting_of_the_planner_comes_before_the_variable() {
    let server = Server::new([says(GOOD)]);
    let mut host = TestHost::at("http://127.0.0.1:1/elsewhere");
    host.settings
        .insert("base_url", json!(format!("{}/own", server.url())));
    host.settings.insert("api_key", json!("sk-own-key"));
    host.settings.insert("model", json!("own-model"));
    plan_with(&host).unwrap();
    let seen = &server.seen()[0];
    assert_eq!(seen.line, "POST /own/chat/completions HTTP/1.1");
    assert!(
        seen.headers
            .contains(&"authorization: Bearer sk-own-key".to_owned())
    );
    assert_eq!(seen.json()["model"], "own-model");
}

#[test]
fn all_that_is_wrong_is_named_at_once_and_nothing_is_quoted() {
    let mut host = TestHost::at(&format!("https://user:{KEY}@api.example"));
    host.variables
        .insert("LLM_PLANNER_API_KEY", format!("{KEY}\n").into());
    host.variables
        .insert("LLM_PLANNER_MODEL", OsString::from_vec(vec![b'm', 0xff]));
    host.settings.insert("allow_plain_http", json!("yes"));
    let error = error(&host);
    assert_eq!(
        error.to_string(),
        "configuration: allow_plain_http is neither true nor false; LLM_PLANNER_MODEL is not UTF-8; \
         LLM_PLANNER_BASE_URL holds a user name or password, which belongs into the key; \
         LLM_PLANNER_API_KEY is not 1 to 8192 visible ASCII characters"
    );
}

#[test]
fn a_setting_of_another_type_is_named_but_not_quoted() {
    let mut host = TestHost::at("https://api.example");
    host.settings.insert("api_key", json!([KEY]));
    host.settings.insert("model", json!("m\u{7}"));
    assert_eq!(
        error(&host).to_string(),
        "configuration: api_key is no text; model is not 1 to 256 characters without control characters"
    );
}

#[test]
fn plain_http_to_another_machine_needs_a_setting_to_allow_it() {
    let mut host = TestHost::at("http://10.0.0.1/v1");
    assert_eq!(
        error(&host).to_string(),
        "configuration: LLM_PLANNER_BASE_URL would send the key unencrypted to another machine; use \
         https, or set allow_plain_http"
    );
    host.settings.insert("allow_plain_http", json!(true));
    assert_eq!(
        Settings::read(&host).unwrap().endpoint.to_string(),
        "http://10.0.0.1"
    );
}

#[test]
fn the_schema_describes_the_settings_that_are_read() {
    let schema: Value = serde_json::from_str(include_str!("../config_schema.json")).unwrap();
    let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["allow_plain_http", "api_key", "base_url", "model"]);
    assert_eq!(schema["additionalProperties"], false);
}
