//! What crosses between a planner and its host during a call: log lines, settings, cancellation,
//! environment, descriptors.

use std::thread;
use std::time::Duration;

use plugin_api::{PlanErrorKind, PlanRequest};
use registry::config::Config;
use registry::{CallProblem, CancelToken, PlanFailure};
use tests::{Log, PluginFolder, fixture};

use super::{in_workers, obedient, pid_of_obeys, said, tell};

#[test]
fn log_lines_of_start_and_call_arrive_in_the_hosts_tracing_escaped() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let registry = in_workers(&folder, &["well_behaved"]).build().unwrap();
    let (plan, events) = Log::of(|| registry.plan("well_behaved", &PlanRequest::new("Log")));
    plan.unwrap();
    let lines: Vec<_> = events
        .iter()
        .filter(|event| event["target"] == "registry::plugin")
        .map(|event| {
            let fields = &event["fields"];
            (&fields["planner"], &event["level"], &fields["message"])
        })
        .map(|(planner, level, text)| format!("{planner} {level} {text}"))
        .collect();
    assert_eq!(
        lines,
        [
            r#""well_behaved" "DEBUG" "testing myself""#,
            r#""well_behaved" "INFO" "planning\\u{1b}[2J with care""#
        ]
    );
}

#[test]
fn a_planner_that_logs_too_fast_is_cut_off_and_the_dropped_lines_are_counted() {
    let folder = PluginFolder::new().with(&fixture("chatty"));
    let registry = in_workers(&folder, &["chatty"]).build().unwrap();
    let (plan, events) = Log::of(|| registry.plan("chatty", &PlanRequest::new("Talk")));
    plan.unwrap();
    let (mut written, mut dropped) = (0, 0);
    for event in &events {
        let fields = &event["fields"];
        let text = fields["message"].as_str().unwrap_or_default();
        written += u64::from(text.starts_with("line "));
        dropped += fields["dropped"].as_u64().unwrap_or_default();
    }
    assert!((200..10_000).contains(&written), "{written}");
    assert!(written + dropped <= 10_000, "{written} {dropped}");
}

#[test]
fn settings_of_the_operator_reach_the_planner() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let file = folder.file("registry.toml");
    let text = "[planners.well_behaved.config]\ngreeting = \"good day\"\n";
    let folder = folder.with_file("registry.toml", text.as_bytes());
    let sources = Config::loader().file(&file);
    let registry = in_workers(&folder, &["well_behaved"]).sources(sources);
    let registry = registry.build().unwrap();
    let plan = registry.plan("well_behaved", &PlanRequest::new("Greet"));
    assert_eq!(said(&plan.unwrap()), "good day");
}

#[test]
fn a_caller_who_gives_up_gets_the_planners_own_answer_to_that() {
    let (_folder, registry) = obedient();
    let pid = pid_of_obeys(&registry);
    let cancel = CancelToken::new();
    let planner = registry.get("obeys").unwrap();
    let error = thread::scope(|scope| {
        let call =
            scope.spawn(|| planner.plan_unless(&PlanRequest::new("until_cancelled"), &cancel));
        // Whether the call has begun or not, it ends the same way; in most runs it has.
        thread::sleep(Duration::from_millis(50));
        cancel.cancel();
        call.join().unwrap().unwrap_err()
    });
    let (CallProblem::Planner(cause) | CallProblem::NotCalled(cause)) = &error.problem else {
        panic!("{error:?}");
    };
    assert_eq!(cause.kind(), PlanErrorKind::Cancelled);
    assert_eq!(pid_of_obeys(&registry), pid);
}

#[test]
fn a_planner_that_ignores_its_caller_is_left_and_its_worker_ended_after_the_deadline() {
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let registry = in_workers(&folder, &["obeys"]);
    let registry = registry.set("isolation.plan_timeout", "2").build().unwrap();
    let pid = pid_of_obeys(&registry);
    let cancel = CancelToken::new();
    let planner = registry.get("obeys").unwrap();
    let error = thread::scope(|scope| {
        let call = scope.spawn(|| planner.plan_unless(&PlanRequest::new("hang"), &cancel));
        thread::sleep(Duration::from_millis(50));
        cancel.cancel();
        call.join().unwrap().unwrap_err()
    });
    assert!(
        matches!(&error.problem, CallProblem::Planner(cause) if cause.kind() == PlanErrorKind::Cancelled),
        "{error:?}"
    );
    // The worker goes on answering others until then.
    assert_eq!(pid_of_obeys(&registry), pid);
    super::await_that("the worker ends", || !super::exists(pid));
}

#[test]
fn a_worker_has_the_granted_variables_and_no_other() {
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let file = folder.file("registry.toml");
    let text = "[planners.obeys]\nenv = [\"PATH\", \"NO_SUCH_VARIABLE\"]\n";
    let folder = folder.with_file("registry.toml", text.as_bytes());
    let sources = Config::loader().file(&file);
    let granted = in_workers(&folder, &["obeys"]).sources(sources);
    let granted = granted.build().unwrap();
    assert_eq!(tell(&granted, "environment").unwrap(), "variables: PATH");
    let (_folder, registry) = obedient();
    assert_eq!(tell(&registry, "environment").unwrap(), "variables: ");
}

#[test]
fn a_worker_holds_its_own_descriptors_although_the_host_holds_an_inheritable_one() {
    let (_folder, registry) = obedient();
    let secret = std::fs::File::open("/etc/passwd").unwrap();
    rustix::io::fcntl_setfd(&secret, rustix::io::FdFlags::empty()).unwrap();
    let seen = tell(&registry, "descriptors").unwrap();
    drop(secret);
    // The null device as stdin, two pipes, the control socket, the library.
    assert_eq!(seen, "/dev/null /memfd pipe pipe socket");
}

#[test]
fn a_worker_maps_a_sealed_copy_where_libraries_are_mapped_from_their_files() {
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let registry = in_workers(&folder, &["obeys"]).set("trust.bytes", "file");
    let seen = tell(&registry.build().unwrap(), "descriptors").unwrap();
    assert_eq!(seen, "/dev/null /memfd pipe pipe socket");
}

#[test]
fn what_a_worker_prints_holds_nobody_up() {
    let (_folder, registry) = obedient();
    assert_eq!(tell(&registry, "print").unwrap(), "printed");
}

#[test]
fn a_planner_that_answers_too_late_is_told_of_as_late_and_its_worker_stays() {
    let (_folder, registry) = obedient();
    let pid = pid_of_obeys(&registry);
    let request = PlanRequest::new("late").with_deadline(Duration::from_millis(50));
    let error = registry.plan("obeys", &request).unwrap_err();
    assert_eq!(error.code(), "E_DEADLINE", "{error:?}");
    assert!(matches!(error, PlanFailure::Call(_)));
    // The late answer takes the place of none that is asked for now.
    assert_eq!(pid_of_obeys(&registry), pid);
}
