//! Workers that use up processor time: in a call, beside it, after it, and before the first.

use plugin_api::{API_VERSION, PlanRequest};
use registry::{
    CallError, CallProblem, Crash, Event, EventKind, GetError, Limit, PlanFailure, Registry,
    StartError, StartFailure, WorkerFault,
};
use tests::{PluginFolder, fixture, manifest_source};

use super::{await_that, exists, in_workers, said};

/// A registry whose one planner burns, and may use `cpu_time` for a call.
fn burning(cpu_time: &str) -> (PluginFolder, Registry) {
    let folder = PluginFolder::new().with(&fixture("burns"));
    let registry = in_workers(&folder, &["burns"])
        .set("isolation.worker_cpu_time", cpu_time)
        .set("isolation.plan_timeout", "10m")
        .build()
        .unwrap();
    (folder, registry)
}

/// The number of the process that did what `order` says.
fn tell(registry: &Registry, order: &str) -> Result<u32, PlanFailure> {
    let plan = registry.plan("burns", &PlanRequest::new(order))?;
    Ok(said(&plan).parse().unwrap())
}

/// Tells the limit and the end of the worker apart from the rest of the error.
fn limit_of(failure: PlanFailure) -> (Limit, Crash) {
    assert_eq!(failure.code(), "E_WORKER_LIMIT", "{failure:?}");
    match failure {
        PlanFailure::Call(CallError {
            planner,
            problem: CallProblem::Worker(WorkerFault::Limit { limit, crash }),
            ..
        }) => {
            assert_eq!(planner.as_str(), "burns");
            (limit, *crash)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_planner_that_works_without_end_is_ended_at_its_processor_time_with_all_its_threads() {
    let (_folder, registry) = burning("150ms");
    let max = Limit::ProcessorTime { max_ms: 150 };
    let mut crashes = Vec::new();
    for threads in [0, 3] {
        let before = tell(&registry, "nothing").unwrap();
        let failure = tell(&registry, &format!("burn {threads}")).unwrap_err();
        let text = in_one_line(&failure);
        assert_eq!(
            text,
            "planner \"burns\" gave no plan: its worker used more than 150ms of processor time for one \
             call and was ended"
        );
        let (limit, crash) = limit_of(failure);
        assert_eq!((limit, crash.limit), (max, Some(max)));
        assert_eq!(crash.signal, Some(libc::SIGKILL));
        assert!(!exists(before));
        assert_eq!(
            registry.describe("burns").unwrap().last_crash,
            Some(crash.clone())
        );
        assert_eq!(
            crash.to_string(),
            "signal 9 (SIGKILL), for using more than 150ms of processor time for one call"
        );
        assert_ne!(tell(&registry, "nothing").unwrap(), before);
        crashes.push(crash);
        assert_eq!(recorded(&registry), crashes);
    }
}

#[test]
fn waiting_is_not_charged() {
    let (_folder, registry) = burning("100ms");
    let pid = tell(&registry, "wait 400").unwrap();
    assert_eq!(tell(&registry, "wait 1").unwrap(), pid);
}

#[test]
fn each_call_has_the_processor_time_for_itself_however_much_the_worker_used_before() {
    let (_folder, registry) = burning("250ms");
    let pids: Vec<_> = (0..8)
        .map(|_| tell(&registry, "work 50").unwrap())
        .collect();
    assert_eq!(pids, [pids[0]; 8]);
}

#[test]
fn threads_that_work_after_the_answer_are_ended_at_the_processor_time_of_a_call() {
    let (_folder, registry) = burning("150ms");
    let pid = tell(&registry, "burn_afterwards 2").unwrap();
    // The call did not fail, and no other one comes that could.
    await_that("the end is recorded", || !recorded(&registry).is_empty());
    assert!(!exists(pid));
    let max = Limit::ProcessorTime { max_ms: 150 };
    let crash = registry.describe("burns").unwrap().last_crash.unwrap();
    assert_eq!((crash.limit, crash.call), (Some(max), None));
    assert_ne!(tell(&registry, "nothing").unwrap(), pid);
    assert_eq!(recorded(&registry), [crash]);
}

/// The ends of workers that are recorded, all for a limit.
fn recorded(registry: &Registry) -> Vec<Crash> {
    let events = registry.events(None).unwrap().into_iter();
    let ends = events.filter(|event| event.kind == EventKind::Crashed);
    let crash = |event: Event| {
        assert_eq!(event.code.as_deref(), Some("E_WORKER_LIMIT"), "{event:?}");
        *event.crash.unwrap()
    };
    ends.map(crash).collect()
}

#[test]
fn what_a_constructor_uses_is_charged_to_the_start() {
    let source = format!(
        "{}__attribute__((constructor)) static void begin(void) {{ for (;;) {{ volatile int n = 0; n++; }} }}\n",
        manifest_source("bad_planner", API_VERSION.major, API_VERSION.minor),
    );
    let folder = PluginFolder::new().with_c("bad.so", &source);
    let registry = in_workers(&folder, &["bad_planner"])
        .set("isolation.worker_cpu_time", "100ms")
        .set("isolation.self_test_timeout", "10m")
        .build()
        .unwrap();
    let error = registry.get("bad_planner").unwrap_err();
    assert_eq!(error.code(), "E_WORKER_LIMIT");
    let GetError::Start(StartError::Failed { cause, .. }) = error else {
        panic!("{error:?}");
    };
    match &*cause {
        StartFailure::Map(CallProblem::Worker(WorkerFault::Limit { limit, .. })) => {
            assert_eq!(*limit, Limit::ProcessorTime { max_ms: 100 });
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn calls_that_work_without_end_at_once_all_fail_at_the_limit() {
    let (_folder, registry) = burning("150ms");
    let before = tell(&registry, "nothing").unwrap();
    let failures = std::thread::scope(|scope| {
        let calls = [(); 2].map(|()| scope.spawn(|| tell(&registry, "burn 0").unwrap_err()));
        calls.map(|call| call.join().unwrap())
    });
    for failure in failures {
        assert_eq!(failure.code(), "E_WORKER_LIMIT", "{failure:?}");
    }
    assert!(!exists(before));
    await_that("a new worker answers", || {
        tell(&registry, "nothing").is_ok()
    });
}

/// All of its causes on one line.
fn in_one_line(failure: &PlanFailure) -> String {
    let mut line = failure.to_string();
    let mut next = std::error::Error::source(failure);
    while let Some(cause) = next {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        next = cause.source();
    }
    line
}
