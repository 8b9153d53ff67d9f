//! What a host lends to a planner during a call: log lines, deadline, cancellation, settings.

use std::time::Duration;

use plugin_api::{Context, Plan, PlanError, PlanErrorKind, PlanRequest, Planner, Task};
use registry::config::Config;
use registry::{Builtin, CallProblem, CancelToken, Registry};
use tests::{Log, PluginFolder, fixture};

fn registry(folder: &PluginFolder) -> Registry {
    Registry::builder()
        .plugin_dir(folder.path())
        .allow(["well_behaved", "chatty", "waits"])
        .build()
        .unwrap()
}

/// Lines that planners wrote, as (planner, level, text).
fn plugin_lines(events: &[serde_json::Value]) -> Vec<(String, String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    events
        .iter()
        .filter(|event| event["target"] == "registry::plugin")
        .map(|event| {
            let fields = &event["fields"];
            (
                text(&fields["planner"]),
                text(&event["level"]),
                text(&fields["message"]),
            )
        })
        .collect()
}

#[test]
fn log_lines_arrive_in_the_hosts_tracing_under_the_name_the_host_knows_and_escaped() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let registry = registry(&folder);
    let (plan, events) = Log::of(|| registry.plan("well_behaved", &PlanRequest::new("Log")));
    assert_eq!(plan.unwrap().tasks().len(), 2);
    let line =
        |level: &str, text: &str| ("well_behaved".to_owned(), level.to_owned(), text.to_owned());
    assert_eq!(
        plugin_lines(&events),
        [
            line("DEBUG", "testing myself"),
            line("INFO", "planning\\u{1b}[2J with care")
        ]
    );
}

#[test]
fn a_planner_that_logs_too_fast_is_cut_off_and_the_dropped_lines_are_counted() {
    let folder = PluginFolder::new().with(&fixture("chatty"));
    let registry = registry(&folder);
    let (plan, events) = Log::of(|| registry.plan("chatty", &PlanRequest::new("Talk")));
    plan.unwrap();
    let written = plugin_lines(&events)
        .iter()
        .filter(|(_, _, text)| text.starts_with("line "))
        .count();
    let dropped: u64 = events
        .iter()
        .filter_map(|event| event["fields"]["dropped"].as_u64())
        .sum();
    assert!(
        (200..10_000).contains(&written),
        "{written} lines were written"
    );
    assert!(written as u64 + dropped <= 10_000);
}

#[test]
fn a_planner_reads_the_settings_that_the_operator_wrote_for_it() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let settings = folder.path().join("registry.toml");
    std::fs::write(
        &settings,
        "[planners.well_behaved.config]\ngreeting = \"Good evening\"\n",
    )
    .unwrap();
    tests::set_mode(&settings, 0o644);
    let registry = Registry::builder()
        .sources(Config::loader().file(&settings))
        .plugin_dir(folder.path())
        .allow(["well_behaved"])
        .build()
        .unwrap();
    let plan = registry
        .plan("well_behaved", &PlanRequest::new("Greet"))
        .unwrap();
    let texts: Vec<_> = plan.order().map(|task| task.description.as_str()).collect();
    assert_eq!(texts, ["Good evening", "There is a deadline"]);
}

#[test]
fn a_planner_that_polls_ends_at_its_deadline() {
    let folder = PluginFolder::new().with(&fixture("waits"));
    let registry = registry(&folder);
    let request = PlanRequest::new("Wait").with_deadline(Duration::from_millis(20));
    let error = registry.get("waits").unwrap().plan(&request).unwrap_err();
    assert_eq!(error.code(), "E_DEADLINE");
    let CallProblem::Planner(problem) = &error.problem else {
        panic!("{error:?}");
    };
    assert_eq!(problem.kind(), PlanErrorKind::Deadline);
}

/// Works until it is told that its answer is no longer wanted, and answers nevertheless.
struct Late;

impl Planner for Late {
    fn plan(&self, request: &PlanRequest, cx: &Context) -> Result<Plan, PlanError> {
        loop {
            let is_over = cx.remaining() == Some(Duration::ZERO);
            if cx.is_cancelled() {
                break;
            }
            if is_over {
                return Err(PlanError::failed("nobody told it"));
            }
            std::thread::yield_now();
        }
        let plan = Plan::builder(request.objective());
        plan.task(Task::verify("done").describe("Done")).build()
    }
}

#[test]
fn at_the_deadline_a_planner_is_asked_to_cancel_and_its_late_plan_is_refused() {
    let builder = Registry::builder().allow(["late_planner"]);
    let registry = builder
        .builtin(Builtin::new("late_planner", Late))
        .build()
        .unwrap();
    let request = PlanRequest::new("Wait").with_deadline(Duration::from_millis(20));
    let planner = registry.get("late_planner").unwrap();
    let error = planner.plan(&request).unwrap_err();
    assert_eq!(error.code(), "E_DEADLINE", "{error:?}");
    assert!(
        matches!(error.problem, CallProblem::Late { deadline_ms: 20 }),
        "{error:?}"
    );
    let failures = registry.describe("late_planner").unwrap().failures;
    assert_eq!(failures, 1);
}

#[test]
fn a_call_can_be_given_up_from_another_thread() {
    let folder = PluginFolder::new().with(&fixture("waits"));
    let registry = registry(&folder);
    let planner = registry.get("waits").unwrap();
    let cancel = CancelToken::new();
    let error = std::thread::scope(|scope| {
        let call = scope.spawn(|| planner.plan_unless(&PlanRequest::new("Wait"), &cancel));
        cancel.cancel();
        call.join().unwrap().unwrap_err()
    });
    assert_eq!(error.code(), "E_CANCELLED");
}

#[test]
fn a_call_by_name_can_be_given_up_and_the_token_tells() {
    let folder = PluginFolder::new().with(&fixture("waits"));
    let registry = registry(&folder);
    let cancel = CancelToken::new();
    assert!(!cancel.is_cancelled());
    cancel.clone().cancel();
    assert!(cancel.is_cancelled());
    let request = PlanRequest::new("Wait");
    let error = registry
        .plan_unless("waits", &request, &cancel)
        .unwrap_err();
    assert_eq!(error.code(), "E_CANCELLED");
}
