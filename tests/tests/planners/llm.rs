//! The planner that asks a language model, against an endpoint on loopback.

use plugin_api::{PlanErrorKind, PlanRequest};
use registry::{CallProblem, PlanFailure, Registry};
use serde_json::json;
use tests::{Answer, Log, PluginFolder, RegistryCommand, shipped};

use crate::server::{Asked, Endpoint, says};
use crate::{configured, folder, small_context};

const KEY: &str = "sk-a-key-that-nobody-may-see";

/// A plan as a model should say it.
const GOOD: &str = r#"{"tasks":[
    {"task_id":"build","description":"Build it","type":"TOOL","tool_name":"cargo"},
    {"task_id":"check","description":"Check it","type":"VERIFY","dependencies":["build"]}]}"#;

/// What an operator writes to have `endpoint` asked.
fn config(endpoint: &Endpoint) -> String {
    format!(
        "[planners.llm_planner.config]\nbase_url = \"{}\"\napi_key = \"{KEY}\"\nmodel = \"m-1\"\n",
        endpoint.url()
    )
}

fn registry(folder: &PluginFolder, endpoint: &Endpoint) -> Registry {
    configured(folder, &config(endpoint))
}

fn request() -> PlanRequest {
    PlanRequest::new("Ship it").with_context(small_context())
}

/// A complaint of an endpoint that repeats the key.
fn complaint(status: u16) -> (u16, String) {
    let text = format!("busy, {KEY}");
    (status, json!({"error": {"message": text}}).to_string())
}

#[test]
fn an_answer_of_the_endpoint_becomes_a_plan() {
    let folder = folder();
    let (plan, asked) = Endpoint::with(&[says(GOOD)], |endpoint| {
        registry(&folder, endpoint).plan("llm_planner", &request())
    });
    let plan = plan.unwrap();
    let order: Vec<_> = plan.order().map(|task| task.task_id.as_str()).collect();
    assert_eq!(order, ["build", "check"]);
    assert_eq!(plan.objective(), "Ship it");
    let [Asked { head, body }] = asked.as_slice() else {
        panic!("{asked:#?}");
    };
    assert!(
        head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(
        head.contains(&format!("authorization: Bearer {KEY}\r\n")),
        "{head}"
    );
    assert_eq!(body["model"], "m-1");
    let data = body["messages"][1]["content"].as_str().unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["objective"], "Ship it");
    assert_eq!(data["context"]["files"][3]["path"], "src/money.rs");
}

#[test]
fn an_answer_that_breaks_the_rules_is_asked_for_once_more() {
    let folder = folder();
    let bad = GOOD.replace(
        "\"dependencies\":[\"build\"]",
        "\"dependencies\":[\"ghost\"]",
    );
    let (plan, asked) = Endpoint::with(&[says(&bad), says(GOOD)], |endpoint| {
        registry(&folder, endpoint).plan("llm_planner", &request())
    });
    assert_eq!(plan.unwrap().tasks().len(), 2);
    assert_eq!(asked.len(), 2);
    let again = asked[1].body["messages"][3]["content"].as_str().unwrap();
    assert!(again.contains("\"ghost\""), "{again}");

    let (failure, asked) = Endpoint::with(&[says(&bad), says(&bad)], |endpoint| {
        registry(&folder, endpoint).plan("llm_planner", &request())
    });
    assert_eq!(
        (failure.unwrap_err().code(), asked.len()),
        ("E_INVALID_PLAN", 2)
    );
}

#[test]
fn an_endpoint_that_fails_three_times_is_unavailable_for_now() {
    let folder = folder();
    let ((failure, events), asked) = Endpoint::with(&[500, 502, 503].map(complaint), |endpoint| {
        let registry = registry(&folder, endpoint);
        let (failure, events) = Log::of(|| registry.plan("llm_planner", &request()));
        let text = format!("{failure:?}").replace(&endpoint.url(), "URL");
        ((failure.unwrap_err(), text), events)
    });
    let (failure, debug) = failure;
    assert_eq!(asked.len(), 3);
    assert_eq!(failure.code(), "E_UNAVAILABLE");
    assert_eq!(failure.remedy(), "Try again later.");
    let PlanFailure::Call(error) = failure else {
        panic!("{failure:?}");
    };
    assert!(error.is_transient());
    let CallProblem::Planner(problem) = &error.problem else {
        panic!("{error:?}");
    };
    assert_eq!(problem.kind(), PlanErrorKind::Unavailable);
    assert!(
        problem
            .to_string()
            .ends_with(" failed 3 of 3 tries: answered 503, saying \"busy, ***\""),
        "{problem}"
    );
    let logged: Vec<_> = events
        .iter()
        .filter(|it| it["target"] == "registry::plugin")
        .collect();
    assert_eq!(logged.len(), 2, "{events:#?}");
    let told = format!("{debug}{events:?}");
    assert!(!told.contains(KEY), "{told}");
}

/// The command's answers, in text and as JSON, with everything logged.
fn answers(endpoint: &Endpoint, folder: &PluginFolder, by_variable: bool) -> Vec<Answer> {
    let plan = ["plan", "llm_planner", "Ship it"];
    let runs = [
        &plan[..],
        &[
            "plan",
            "llm_planner",
            "Ship it",
            "--json",
            "--log-format",
            "json",
        ],
    ];
    let asked = runs.map(|arguments| {
        let command = RegistryCommand::new(arguments)
            .plugin_dir(folder.path())
            .env("FACTORY_ISOLATION", "in-process")
            .env("FACTORY_LOG_LEVEL", "TRACE");
        if by_variable {
            command
                .env("LLM_PLANNER_BASE_URL", &endpoint.url())
                .env("LLM_PLANNER_API_KEY", KEY)
                .env("LLM_PLANNER_MODEL", "m-1")
                .run()
        } else {
            command.config(&config(endpoint)).run()
        }
    });
    asked.into_iter().collect()
}

fn assert_without_key(answers: &[Answer]) {
    for answer in answers {
        let told = format!("{}{}", answer.stdout, answer.stderr);
        assert!(!told.contains(KEY), "{answer:#?}");
        assert!(told.contains("llm_planner"), "{answer:#?}");
    }
}

#[test]
fn the_key_is_in_no_output_of_the_command_whatever_the_endpoint_says() {
    let folder = PluginFolder::new().with(&shipped("llm_planner"));
    for by_variable in [true, false] {
        let spoken = GOOD.replace("Build it", &format!("Build it with {KEY}"));
        let (planned, asked) = Endpoint::with(&[says(&spoken), says(&spoken)], |endpoint| {
            answers(endpoint, &folder, by_variable)
        });
        assert_without_key(&planned);
        assert_eq!((planned[0].code, asked.len()), (0, 2), "{planned:#?}");
        let tasks = &planned[1].json()["plan"]["tasks"];
        assert_eq!(tasks[0]["description"], "Build it with ***");

        let (refused, asked) = Endpoint::with(&[401, 400].map(complaint), |endpoint| {
            answers(endpoint, &folder, by_variable)
        });
        assert_without_key(&refused);
        assert_eq!((refused[0].code, asked.len()), (1, 2), "{refused:#?}");
        assert!(
            refused[0]
                .stderr
                .contains("refuses the key with status 401, saying \"busy, ***\"")
        );
        assert_eq!(refused[1].json()["error"]["code"], "E_PLAN_FAILED");
    }
}

#[test]
fn the_command_names_what_is_missing_and_how_to_set_it() {
    let folder = PluginFolder::new().with(&shipped("llm_planner"));
    let answer = RegistryCommand::new(&["plan", "llm_planner", "Ship it"])
        .plugin_dir(folder.path())
        .env("FACTORY_ISOLATION", "in-process")
        .env("FACTORY_LOG_LEVEL", "OFF")
        .env("LLM_PLANNER_MODEL", "m-1")
        .run();
    assert_eq!(
        answer.refusal(),
        (
            1,
            "error[E_PLANNER_CONFIG]: planner \"llm_planner\" gave no plan\n  \
             because: configuration: LLM_PLANNER_BASE_URL is not set (setting base_url or variable \
             LLM_PLANNER_BASE_URL); LLM_PLANNER_API_KEY is not set (setting api_key or variable \
             LLM_PLANNER_API_KEY)\n  \
             next: Mend LLM_PLANNER_BASE_URL: a variable, or a value in `[planners.llm_planner.config]`.\n"
        )
    );
}
