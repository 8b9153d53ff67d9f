//! A panic in a plugin is an error that carries its text, and the host plans on.

use plugin_api::PlanRequest;
use registry::{GetError, PlanFailure, Registry};
use tests::{PluginFolder, fixture};

const PANICKING: [&str; 3] = [
    "panics_in_constructor",
    "panics_in_plan",
    "panics_in_self_test",
];

fn registry(folder: &PluginFolder) -> Registry {
    Registry::builder()
        .plugin_dir(folder.path())
        .allow(
            PANICKING
                .into_iter()
                .chain(["well_behaved", "fails_self_test"]),
        )
        .build()
        .unwrap()
}

/// The error's code, and its text with those of its causes.
fn told(failure: &PlanFailure) -> (&'static str, String) {
    let mut text = failure.to_string();
    let mut cause = std::error::Error::source(failure);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    (failure.code(), text)
}

#[test]
fn a_panic_in_each_stage_is_its_own_error_and_another_planner_plans_afterwards() {
    let folder = PANICKING
        .iter()
        .fold(PluginFolder::new(), |folder, name| {
            folder.with(&fixture(name))
        })
        .with(&fixture("well_behaved"));
    let registry = registry(&folder);
    let request = PlanRequest::new("Split the billing module");

    let failures = PANICKING.map(|name| told(&registry.plan(name, &request).unwrap_err()));
    assert_eq!(
        failures,
        [
            (
                "E_CONSTRUCT_PANIC",
                "planner \"panics_in_constructor\" could not be started: \
                 its construction failed: it panicked: no planner today"
                    .to_owned()
            ),
            (
                "E_PLAN_PANIC",
                "planner \"panics_in_plan\" gave no plan: it panicked: cannot plan \"Split the billing module\""
                    .to_owned()
            ),
            (
                "E_SELF_TEST_PANIC",
                "planner \"panics_in_self_test\" could not be started: \
                 its self-test failed: it panicked: not feeling well"
                    .to_owned()
            ),
        ]
    );

    let plan = registry.plan("well_behaved", &request).unwrap();
    let order: Vec<_> = plan.order().map(|task| task.task_id.as_str()).collect();
    assert_eq!(order, ["greet", "check"]);
}

#[test]
fn a_planner_that_panicked_in_a_call_can_be_called_again() {
    let folder = PluginFolder::new().with(&fixture("panics_in_plan"));
    let registry = registry(&folder);
    for _ in 0..3 {
        let failure = registry
            .plan("panics_in_plan", &PlanRequest::new("again"))
            .unwrap_err();
        assert_eq!(failure.code(), "E_PLAN_PANIC");
    }
    let counts = registry.get("panics_in_plan").unwrap().call_counts();
    assert_eq!((counts.succeeded, counts.failed), (0, 3));
}

#[test]
fn a_failed_self_test_is_told_with_its_cause_and_shared_until_the_next_attempt() {
    let folder = PluginFolder::new().with(&fixture("fails_self_test"));
    let registry = registry(&folder);
    let failures = [0, 1].map(|_| match registry.get("fails_self_test") {
        Err(GetError::Start(error)) => (error.code(), error),
        other => panic!("{other:?}"),
    });
    assert_eq!(failures[0].0, "E_SELF_TEST_FAILED");
    let counted = failures.map(|(_, error)| match error {
        registry::StartError::Failed {
            cause, failures, ..
        } => (cause.to_string(), failures),
        other => panic!("{other:?}"),
    });
    assert_eq!(
        counted,
        [0, 1].map(|_| ("its self-test failed".to_owned(), 1)),
        "the second call must not have tried again"
    );
}
