//! Planners that are told to stop, or that have no time left, on a large context.

use std::time::Duration;

use plugin_api::{FileFacts, PlanContext, PlanErrorKind, PlanRequest, limits};
use registry::{CallError, CallProblem, CancelToken};

use crate::{OFFLINE, configured, folder};

/// Files in the large context.
const FILES: usize = 3_000;

/// A request whose context alone takes far longer to read than the shortest deadline.
fn large_request() -> PlanRequest {
    let path = |number: usize| format!("src/module_{}/part_{number}.rs", number % 97);
    let files = (0..FILES).map(|number| {
        let uses = [2, 3, 5, 7].map(|step| path(number / step));
        #[expect(clippy::cast_precision_loss, reason = "the numbers are small")]
        let measure = (number % 100) as f64;
        FileFacts::new(path(number))
            .depends_on(uses)
            .churn(measure)
            .complexity(measure)
    });
    PlanRequest::new("Move everything").with_context(PlanContext::new().with_files(files))
}

/// The kind of the planner's own error, or of the one that spared it the call.
fn kind(error: &CallError) -> PlanErrorKind {
    match &error.problem {
        CallProblem::Planner(problem) | CallProblem::NotCalled(problem) => problem.kind(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_that_was_given_up_ends_without_a_plan() {
    let folder = folder();
    let registry = configured(&folder, "");
    let cancel = CancelToken::new();
    cancel.cancel();
    let request = large_request();
    for name in OFFLINE {
        let planner = registry.get(name).unwrap();
        let error = planner.plan_unless(&request, &cancel).unwrap_err();
        assert_eq!(
            (error.code(), kind(&error)),
            ("E_CANCELLED", PlanErrorKind::Cancelled),
            "{name}"
        );
        assert_eq!(planner.call_counts().failed, 0, "{name} was not called");
    }
}

#[test]
fn a_call_that_is_given_up_from_another_thread_ends_without_a_plan() {
    let folder = folder();
    let registry = configured(&folder, "");
    let request = large_request();
    for name in OFFLINE {
        let planner = registry.get(name).unwrap();
        let cancel = CancelToken::new();
        let error = std::thread::scope(|scope| {
            let call = scope.spawn(|| planner.plan_unless(&request, &cancel));
            cancel.cancel();
            call.join().unwrap().unwrap_err()
        });
        assert_eq!(error.code(), "E_CANCELLED", "{name}");
    }
}

#[test]
fn a_planner_without_time_is_not_called_or_says_so_itself() {
    let folder = folder();
    let registry = configured(&folder, "");
    let request = large_request().with_deadline(Duration::from_millis(1));
    for name in OFFLINE {
        let error = registry.get(name).unwrap().plan(&request).unwrap_err();
        assert_eq!(
            (error.code(), kind(&error)),
            ("E_DEADLINE", PlanErrorKind::Deadline),
            "{name}"
        );
    }
}

#[test]
fn with_time_enough_a_large_context_becomes_a_plan_within_the_limits() {
    let folder = folder();
    let registry = configured(&folder, "");
    for name in OFFLINE {
        let plan = registry.plan(name, &large_request()).unwrap();
        let stats = plan.stats();
        assert!(stats.tasks > 1, "{name}: {stats:?}");
        assert!(stats.tasks <= limits::TASKS_MAX, "{name}: {stats:?}");
        assert!(stats.depth <= limits::DEPTH_MAX, "{name}: {stats:?}");
        assert!(
            stats.out_degree <= limits::OUT_DEGREE_MAX,
            "{name}: {stats:?}"
        );
    }
}
