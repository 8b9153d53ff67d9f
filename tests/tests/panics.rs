//! A panic in a plugin is an error that carries its text, and the host plans on.

use std::sync::atomic::{AtomicUsize, Ordering};

use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner};
use registry::{Builder, Builtin, GetError, PlanFailure, Registry};
use tests::{PluginFolder, RegistryCommand, fixture};

const PANICKING: [&str; 3] = [
    "panics_in_constructor",
    "panics_in_plan",
    "panics_in_self_test",
];

fn registry_of(folder: &PluginFolder) -> Builder {
    let others = ["well_behaved", "fails_self_test", "panics_too"];
    Registry::builder()
        .plugin_dir(folder.path())
        .allow(PANICKING.into_iter().chain(others))
}

fn registry(folder: &PluginFolder) -> Registry {
    registry_of(folder).build().unwrap()
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
                 its construction failed: it panicked: no planner today \
                 (at tests/fixtures/plugins/examples/panics_in_constructor.rs:10:9)"
                    .to_owned()
            ),
            (
                "E_PLAN_PANIC",
                "planner \"panics_in_plan\" gave no plan: it panicked: cannot plan \"Split the billing module\" \
                 (at tests/fixtures/plugins/examples/panics_in_plan.rs:11:9)"
                    .to_owned()
            ),
            (
                "E_SELF_TEST_PANIC",
                "planner \"panics_in_self_test\" could not be started: \
                 its self-test failed: it panicked: not feeling well \
                 (at tests/fixtures/plugins/examples/panics_in_self_test.rs:15:9)"
                    .to_owned()
            ),
        ]
    );

    let plan = registry.plan("well_behaved", &request).unwrap();
    let order: Vec<_> = plan.order().map(|task| task.task_id.as_str()).collect();
    assert_eq!(order, ["greet", "check"]);
}

#[test]
fn a_panicking_plugin_writes_nothing_to_stderr_itself() {
    let folder = PluginFolder::new().with(&fixture("panics_in_plan"));
    let answer = RegistryCommand::new(&["plan", "panics_in_plan", "Split"])
        .env("FACTORY_ALLOWED_PLANNERS", "panics_in_plan")
        .env("RUST_BACKTRACE", "1")
        .plugin_dir(folder.path())
        .run();
    assert_eq!(answer.code, 1, "{answer:#?}");
    assert!(answer.stderr.contains("it panicked: cannot plan"));
    for word in ["thread '", "stack backtrace"] {
        assert!(!answer.stderr.contains(word), "{answer:#?}");
    }
}

#[test]
fn a_plugin_leaves_the_hosts_panic_hook_alone() {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    std::panic::set_hook(Box::new(|_| {
        PANICS.fetch_add(1, Ordering::SeqCst);
    }));
    let folder = PluginFolder::new().with(&fixture("panics_in_plan"));
    let builder = registry_of(&folder).builtin(Builtin::new("panics_too", PanicsToo));
    let registry = builder.build().unwrap();
    let texts = ["panics_in_plan", "panics_too"].map(|name| {
        let failure = registry.plan(name, &PlanRequest::new("Panic")).unwrap_err();
        told(&failure).1
    });
    let seen = PANICS.load(Ordering::SeqCst);
    drop(std::panic::take_hook());
    assert_eq!(seen, 1, "the host's hook sees the host's own panic alone");
    assert!(texts[0].ends_with(".rs:11:9)"), "{texts:?}");
    assert!(texts[1].ends_with("it panicked: in the host"), "{texts:?}");
}

struct PanicsToo;

impl Planner for PanicsToo {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        panic!("in the host")
    }
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
